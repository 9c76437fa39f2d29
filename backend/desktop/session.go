package desktop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	// patience is for each step of signing in: when many come at once, a server has them
	// wait for up to a minute, to be greeted and to have their passwords checked.
	patience     = 70 * time.Second
	beat         = 10 * time.Second // between signs of life
	silence      = 25 * time.Second // of the server: then it is gone
	writeTimeout = 10 * time.Second
	farewell     = 2 * time.Second // for the answer to QUIT
)

// session is one connection, from its making to its end.
type session struct {
	*Client
	conn    net.Conn
	in      *bufio.Reader
	tell    func(News)
	pending []Command // sent and not answered, in order
	last    string    // the reason of the last line, if that was 101 KO
}

// session returns why the connection ended; it never returns nil, but the error means
// nothing when ctx is over.
func (c *Client) session(ctx context.Context, tell func(News)) error {
	conn, err := c.opts.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s := &session{Client: c, conn: conn, in: bufio.NewReaderSize(conn, maxLine+2), tell: tell}
	if err := s.signIn(ctx); err != nil {
		return err
	}
	tell(SignedIn{})
	if err := s.serve(ctx); err != nil {
		return &lostError{err, true}
	}
	return errors.New("signed out")
}

// signIn takes one step at a time: its refusals are of one step.
func (s *session) signIn(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	for _, step := range []string{"", "USER " + s.opts.User, "PASS " + s.opts.MD5Hex, "MAC " + s.opts.Seat} {
		if step != "" {
			if err := s.send(Command(step)); err != nil {
				return err
			}
		}
		l, err := s.read(patience)
		var late net.Error
		switch {
		case step == "" && errors.As(err, &late) && late.Timeout():
			return errors.New("the server does not greet: is that its port for TLS?")
		case err != nil:
			return s.ending(err)
		case l.Code == 101 && reasonIn(l) == "unknown seat": // whoever can add it needs to know which
			return &Refused{"unknown seat " + Show(s.opts.Seat)}
		case l.Code == 101:
			return verdict(reasonIn(l))
		case l.Code != 100 && l.Code != 102:
			return errors.New("that is no server of AsteriskCTI, or one that this client does not understand")
		}
	}
	return nil
}

// serve goes on until the connection ends, with nil for the answer to QUIT.
func (s *session) serve(ctx context.Context) error {
	for drained := false; !drained; { // nothing that was meant for another connection
		select {
		case command := <-s.commands:
			s.tell(Answered{Command: command, Text: "not connected"})
		default:
			drained = true
		}
	}
	s.pending = nil
	lines, fault, stop := make(chan Line), make(chan error, 1), make(chan struct{})
	var reader sync.WaitGroup
	defer reader.Wait()
	defer s.conn.Close()
	defer close(stop)
	reader.Go(func() { s.listen(lines, fault, stop) })
	alive := time.NewTicker(beat)
	defer alive.Stop()
	for _, ask := range []Command{reasons, contexts} {
		if err := s.send(ask); err != nil {
			return s.lastWords(err, lines, fault)
		}
	}
	leave := ctx.Done()
	var end <-chan time.Time
	for {
		var err error
		select {
		case l := <-lines:
			if l.Code == 900 {
				return nil
			}
			s.take(l)
		case err := <-fault:
			return s.ending(err)
		case command := <-s.commands:
			err = s.send(command)
		case <-alive.C:
			err = s.send(noop)
		case <-leave:
			leave, end = nil, time.After(farewell)
			err = s.send(quit)
		case <-end:
			return errors.New("no answer to QUIT")
		}
		if err != nil {
			return s.lastWords(err, lines, fault)
		}
	}
}

// listen reads until the connection ends.
func (s *session) listen(lines chan<- Line, fault chan<- error, stop <-chan struct{}) {
	for {
		l, err := s.read(silence)
		if bad := new(notUnderstood); errors.As(err, &bad) {
			l = Line{Text: Show(bad.Error())}
		} else if err != nil {
			fault <- err
			return
		}
		select {
		case lines <- l:
		case <-stop:
			return
		}
	}
}

// lastWords is for an error of writing: what the server had said before may tell why.
func (s *session) lastWords(err error, lines <-chan Line, fault <-chan error) error {
	s.conn.Close()
	for {
		select {
		case l := <-lines:
			s.take(l)
		case <-fault: //nolint:errcheck // it is of our closing
			return s.ending(err)
		}
	}
}

// take passes a line on: an answer with the command it answers.
func (s *session) take(l Line) {
	s.last = ""
	switch {
	case l.Event != nil:
		s.tell(l)
		if c := l.Event.Call; c != nil && c.Action != nil { // with Link, or while it rings
			s.tell(s.opts.Opener.came(c.Uniqueid, c.Action))
		}
	case len(s.pending) > 0 && (l.Code == 100 || l.Code == 101 || l.Code == 300 || l.Code == 302):
		if l.Code == 101 {
			s.last = reasonIn(l)
		}
		command := s.pending[0]
		s.pending = s.pending[1:]
		if command != noop {
			s.tell(Answered{command, l.Code == 100 || l.Code == 300, reasonIn(l)})
		}
	case l.Code == 101:
		s.last = reasonIn(l)
	default:
		s.tell(l)
	}
}

// ending makes an error of the connection say what the server has said last.
func (s *session) ending(err error) error {
	var late net.Error
	switch {
	case s.last != "":
		return verdict(s.last)
	case errors.As(err, &late) && late.Timeout():
		return errors.New("the server does not answer")
	case errors.Is(err, io.EOF):
		return errors.New("the server has closed the connection")
	}
	return fmt.Errorf("the connection broke: %w", err)
}

func (s *session) read(patience time.Duration) (Line, error) {
	s.conn.SetReadDeadline(time.Now().Add(patience))
	return readLine(s.in)
}

func (s *session) send(command Command) error {
	s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.conn.Write([]byte(command + "\n")); err != nil {
		return err
	}
	s.pending = append(s.pending, command)
	return nil
}

// reasonIn is what follows OK or KO.
func reasonIn(l Line) string {
	_, reason, _ := strings.Cut(l.Text, " ")
	return reason
}
