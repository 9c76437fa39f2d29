package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxLineStranger = 512  // bytes of a line before the password, without its end
	maxLine         = 4096 // and afterwards
)

// ServeLine serves one client of the line protocol, from the greeting on: it signs
// in, is told the events of its telephone, and is asked nothing. It returns when
// the client is over, with nil or *Ended, and its sign-in with it. conn is closed
// then, but for what is still on its way.
func (s *Server) ServeLine(ctx context.Context, conn Conn, from netip.Addr) error {
	s.clients.Add(1)
	defer s.clients.Add(-1)
	asks, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what ctx's end does is to end the client
	v := &conversation{client: client{srv: s, conn: conn, enc: line, cancel: cancel}, from: from, patience: s.opts.SignInTotal, pace: ofFrames()}
	defer context.AfterFunc(ctx, func() { v.leave(ReasonRestart) })()
	defer v.end()
	v.send([]byte("100 WELCOME"))
	v.listen(asks)
	return v.ended()
}

// conversation is a client of the line protocol. Signing in takes a name, its
// password and a seat; the seat may come first (D1).
type conversation struct {
	client
	from     netip.Addr
	patience time.Duration // left to wait for the client until it has signed in
	pace     pace
	faults   int // in a row

	name string // as USER gave it
	uid  string // once PASS was right: of the operator
	seat string // as MAC gave it, until signed in
	stop func() // of the watch, once signed in

	pending chan struct{} // closed when the command before is answered; nil: it is
}

// listen reads on while a command waits for Asterisk, so that the end of the connection is
// noticed. The line that it finds instead waits for its turn.
func (v *conversation) listen(ctx context.Context) {
	for v.why.Load() == nil {
		text, err := v.read()
		switch tooLong := errors.Is(err, ErrTooLong); {
		case err != nil && !tooLong:
			v.fail(err)
		case !v.answered(ctx):
		case tooLong:
			v.reply(v.fault(fmt.Sprintf("the line is longer than %d bytes", v.limit())))
		case len(bytes.TrimSpace(text)) > 0: // an empty line is nothing, and no answer
			v.answer(ctx, text)
		}
	}
}

// answered waits until the command before is answered; false when the client is over first.
func (v *conversation) answered(ctx context.Context) bool {
	if v.pending != nil {
		select {
		case <-v.pending:
			v.pending = nil
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// read waits for a line. What a stranger makes the server wait is counted, so that
// lines sent just often enough do not keep its place; the wait for the password
// gate is not (T32).
func (v *conversation) read() ([]byte, error) {
	if v.uid != "" {
		text, err := v.conn.ReadFrame(maxLine, v.srv.opts.Idle)
		v.pace.wait(time.Now())
		return text, err
	}
	began := time.Now()
	text, err := v.conn.ReadFrame(v.limit(), min(v.srv.opts.SignInSilence, v.patience))
	now := time.Now()
	if v.patience -= now.Sub(began); v.patience <= 0 && err == nil {
		return nil, ErrSilent
	}
	v.pace.wait(now)
	return text, err
}

func (v *conversation) limit() int {
	if v.uid == "" {
		return maxLineStranger
	}
	return maxLine
}

// answer carries one line out and answers it.
func (v *conversation) answer(ctx context.Context, text []byte) {
	cmd, args, refusal := v.command(text)
	switch {
	case cmd == nil:
		v.reply(refusal)
	case !waits[cmd.act]:
		v.reply(cmd.run(v, ctx, args))
	default:
		for i := range args { // text is valid until the next line is read
			args[i] = bytes.Clone(args[i])
		}
		pending := make(chan struct{})
		v.pending = pending
		v.ask(func() {
			defer close(pending)
			v.reply(cmd.run(v, ctx, args))
		})
	}
}

// command is what a line commands; nil and the answer when it is refused.
func (v *conversation) command(text []byte) (cmd *lineCommand, args [][]byte, refusal answer) {
	if i := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }); i >= 0 {
		return nil, nil, v.fault("the line holds a control character")
	}
	if !utf8.Valid(text) {
		return nil, nil, v.fault("the line is not UTF-8")
	}
	words := bytes.Fields(text)
	c, known := lineCommands[string(bytes.ToUpper(words[0]))]
	if !known {
		return nil, nil, v.fault("unknown command")
	}
	if err := authorise(c.act, v.who); err != nil {
		return nil, nil, answer{c.refusal, err.Error(), true}
	}
	if needsLink[c.act] {
		if err := v.srv.opts.Linked(); err != nil {
			return nil, nil, answer{token: c.refusal, text: err.Error()}
		}
	}
	args = words[1:]
	if len(args) != c.args && (!c.more || len(args) < c.args) {
		return nil, nil, answer{c.refusal, "usage: " + c.usage, true}
	}
	return &c, args, answer{}
}

// reply sends one answer, and ends a client that gives nothing but faults.
func (v *conversation) reply(a answer) {
	if a.token != "" {
		v.send([]byte(a.String()))
	}
	if !a.fault {
		v.faults = 0
		return
	}
	if v.faults++; v.faults == maxFaults {
		v.leave(Reason{CodeProtocol, fmt.Sprintf("%d errors in a row", maxFaults)})
	}
}

// end ends the sign-in with the connection, whatever it ended for.
func (v *conversation) end() {
	v.leave(ReasonLost) // unless there was a reason
	if v.stop != nil {
		v.stop()
	}
	if v.who != nil {
		v.who.End(*v.why.Load())
		v.who.detach(&v.client)
	}
}

// answer is one line back: NNN TOKEN text; the zero answer has been given already. A
// fault counts towards maxFaults.
type answer struct {
	token string
	text  string
	fault bool
}

func (a answer) String() string {
	if a.text == "" {
		return a.token
	}
	return a.token + " " + a.text
}

const (
	ok          = "100 OK"
	passwordOK  = "102 OK"
	refused     = "101 KO"
	pauseFailed = "302 KO"
	goodbye     = "900 OK"
)

func (v *conversation) fault(why string) answer { return answer{refused, why, true} }
