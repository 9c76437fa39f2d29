package asterisk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// classes are the classes of events that are asked for. Without user, so that no
// UserEvent of a dialplan comes, whose body is raw text; without system, reporting,
// dtmf, cdr and security, whose events mean nothing to us. 1.4 knows no dialplan: there
// its events are of class call.
var classes = []string{"call", "agent", "dialplan"}

// forged matches an event into whose values somebody put the beginning of another
// one. Asterisk's own filter (from 10 on) sees an event as one text, before it is cut
// into messages, so it knows better than we ever could. Tried on 16 and 22.
const forged = "[[:cntrl:]]Event:"

const (
	maxBatch   = 512 // events; a Batch of more would only grow the free list
	unanswered = 3   // pings
	maxPing    = 10 * time.Second
	quiet      = time.Second      // without an event after some: Asterisk is asked for the rest
	maxSilence = 18 * time.Second // row A8 allows 20 s
)

var errNoAnswer = errors.New("no answer to the login")

// conn is one connection of a Link, from login to loss. It belongs to the goroutine
// of Link.Run.
type conn struct {
	l       *Link
	s       *ami.Session
	version string
	batch   *pbx.Batch
	guard   guard
	sync    resync
	timer   *time.Timer   // of QueueWait
	due     time.Time     // of the next sweep; zero: none
	barred  bool          // the sweep may not ask for channels
	events  atomic.Uint64 // told by Asterisk so far
}

// connect makes one link and serves it until it is lost. stood says whether the
// login succeeded.
func (l *Link) connect(ctx context.Context) (stood bool, err error) {
	dial, cancel := context.WithTimeout(ctx, l.opt.LoginWait)
	defer cancel()
	nc, err := l.opt.Dial(dial)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	s := ami.NewSession(nc, min(unanswered*l.opt.Ping, maxSilence))
	var pings sync.WaitGroup
	defer pings.Wait()
	defer s.Close()
	defer context.AfterFunc(ctx, s.Close)()

	late := time.AfterFunc(l.opt.LoginWait, func() { _ = s.End(errNoAnswer) })
	version, err := s.Open(l.opt.Username, l.opt.Secret, l.opt.Auth != "secret")
	if !late.Stop() && err == nil {
		err = s.End(errNoAnswer)
	}
	if err != nil {
		return false, unopened(version, err)
	}
	l.n.logins.Add(1)
	l.n.guarded.Store(false)
	l.become(pbx.LinkStateSyncing, version, nil)
	l.opt.Log.Info("asterisk link up", "ami_version", version, "peer", nc.RemoteAddr().String())

	c := &conn{l: l, s: s, version: version, batch: pbx.NewBatch()}
	defer func() { c.batch.Release() }()
	c.timer = time.NewTimer(time.Hour)
	defer c.timer.Stop()
	l.session.Store(s)
	defer l.session.Store(nil)

	pings.Go(func() { c.ping(l.opt.Ping) })
	return true, classify(c.serve(ctx))
}

// unopened is classify for a session that was not let in.
func unopened(version string, err error) error {
	if version == "" && (errors.Is(err, errNoAnswer) || errors.Is(err, os.ErrDeadlineExceeded)) {
		err = &ami.NotAMIError{} // such as a web server, which waits to be asked
	}
	return classify(err)
}

// classify wraps what ended a session in the reason that people are told.
func classify(err error) error {
	var not *ami.NotAMIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrOverrun):
		return err
	case errors.As(err, &not):
		return fmt.Errorf("%w: %w", ErrNotAMI, err)
	case errors.Is(err, ami.ErrLoginRefused):
		return fmt.Errorf("%w: %w", ErrLoginRefused, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: nothing was heard of it any more", ErrLost)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it closed the connection: %w", ErrLost, err)
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// ping asks for a sign of life until the session ends, and once whenever events stop coming.
// Asterisk's thread for a session may miss that an event was queued for it while it went to
// sleep, and keeps it until there is another one or an action: a call's last events would
// otherwise come with the next ping only (asterisk/asterisk issue 2145; measured on 16).
func (c *conn) ping(every time.Duration) {
	tick := min(quiet, every)
	t := time.NewTicker(tick)
	defer t.Stop()
	var seen, asked uint64 // events by the last tick, and by the last ping
	last := time.Now()
	for {
		select {
		case <-c.s.Done():
			return
		case now := <-t.C:
			heard := c.events.Load()
			stopped := heard == seen && heard != asked
			seen = heard
			if !stopped && now.Sub(last) < every-tick/2 {
				continue
			}
			if _, err := c.s.Send(ami.Ping()); err != nil {
				return
			}
			asked, last = heard, now
		}
	}
}

// serve asks for events and a snapshot, and hands on what comes.
func (c *conn) serve(ctx context.Context) error {
	filter, err := c.s.Send(ami.Filter(forged))
	if err != nil {
		return err
	}
	if _, err = c.s.Send(ami.Events(classes...)); err != nil {
		return err
	}
	c.guard.legacy = major(c.version) < 2
	c.batch.Events = append(c.batch.Events, pbx.Event{Kind: pbx.LinkUp, Text: c.version})
	if err := c.sync.begin(c.s, c.version, c.l.started, c.l.wanted.Load(), c.l.opt.LoginWait); err != nil {
		return err
	}
	defer c.sync.stop()
	if c.sync.v14 {
		c.sync.start(&c.batch.Events)
	}
	for {
		m, err := c.s.Next()
		if err != nil {
			return err
		}
		if m != nil { // nil: what came before an answer must not wait for what comes after it
			c.l.n.messages.Add(1)
			if m.Event() != nil {
				c.events.Add(1)
			}
			if m.Event() == nil && filter != "" && string(m.Get(ami.ActionID)) == filter {
				filter = ""
				c.filtered(m)
			}
			if err := c.take(m); err != nil {
				return err
			}
		}
		if len(c.batch.Events) >= maxBatch || len(c.batch.Events) > 0 && !c.s.Buffered() {
			if err := c.flush(ctx); err != nil {
				return c.s.End(err)
			}
		}
	}
}

// filtered notes whether Asterisk took the filter. Until 1.8 there is none; later it is
// a right that the manager's user lacks (write = system).
func (c *conn) filtered(m *ami.Message) {
	if string(m.Response()) == "Success" {
		c.l.n.guarded.Store(true)
		return
	}
	log := c.l.opt.Log.Warn
	if c.version == "1.0" || c.version == "1.1" {
		log = c.l.opt.Log.Info
	}
	c.refused(log, "asterisk takes no event filter", m)
}

// refused logs that Asterisk refused what was asked, in its words.
func (c *conn) refused(log func(string, ...any), what string, m *ami.Message) {
	log(what, "version", c.version, "answer", strings.ToValidUTF8(m.String(ami.Text), "?"))
}

// take translates one message.
func (c *conn) take(m *ami.Message) error {
	more := c.guard.left > 0 // this is the rest of a message that was cut
	if !c.guard.admit(m, &c.sync) {
		if c.l.n.forged.Add(1) == 1 {
			c.l.opt.Log.Warn("asterisk sent what it did not write: some dialplan value holds a line break", "version", c.version)
		}
		if c.sync.running() {
			return c.sync.refused(m, more, c.guard.left == 0, &c.batch.Events)
		}
		return nil
	}
	was := len(c.batch.Events)
	if c.sync.running() {
		if mine, err := c.asked(m); mine || err != nil {
			return err
		}
	}
	c.batch.Events = Translate(m, c.l.wanted.Load(), c.batch.Events)
	if c.sync.running() {
		c.sync.live(m, c.batch.Events[was:])
		return nil
	}
	return c.sweep(m)
}

// asked takes m if it belongs to the answer to what was asked.
func (c *conn) asked(m *ami.Message) (mine bool, err error) {
	kind := c.sync.now.kind
	denied := c.sync.denied(m)
	switch {
	case denied && kind == askChannels:
		c.refused(c.l.opt.Log.Warn, "asterisk does not tell what calls there are: those of before are taken for ended", m)
	case denied && kind == askSweep:
		c.refused(c.l.opt.Log.Info, "asterisk does not tell what calls there are: they are not checked", m)
		c.barred = true
	case denied && kind == askQueues:
		c.refused(c.l.opt.Log.Warn, "asterisk has no queues: nobody can be put into one", m)
	}
	mine, err = c.sync.take(m, &c.batch.Events)
	if err == nil && mine && !c.sync.running() && !kind.sweeps() {
		c.l.become(pbx.LinkStateReady, c.version, nil)
		c.l.started = c.sync.started
		c.sweepLater()
	}
	return mine, err
}

// flush hands the batch over. When nobody takes it in time the link is given up:
// better a new picture than one with a hole.
func (c *conn) flush(ctx context.Context) error {
	n := len(c.batch.Events)
	select {
	case c.l.out <- c.batch:
	default:
		c.timer.Reset(c.l.opt.QueueWait)
		select {
		case c.l.out <- c.batch:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.timer.C:
			c.l.n.overruns.Add(1)
			return fmt.Errorf("%w: nobody took them for %v", ErrOverrun, c.l.opt.QueueWait)
		}
	}
	c.batch = pbx.NewBatch()
	c.l.n.batches.Add(1)
	c.l.n.events.Add(uint64(n))
	return nil
}

// major is the first number of a version: 1 until Asterisk 11, 2 for 12 and 13.
func major(version string) int {
	v, _, _ := strings.Cut(version, ".")
	return number([]byte(v))
}
