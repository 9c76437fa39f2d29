package session

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"time"
)

const (
	maxMessage = 32 << 10 // bytes of a WebSocket message
	maxID      = 64       // bytes of a command's id
	maxFaults  = 10       // in a row, then the client is closed (E11)
)

// The codes of a refused command.
const (
	refusedMalformed = "malformed"
	refusedUnknown   = "unknown-command"
	refusedSignIn    = "not-signed-in"
	refusedDenied    = "not-allowed"
	refusedNoLink    = "no-link"
)

// command is what a WebSocket client may ask; run fills the reply in.
type command struct {
	act act
	run func(c *client, r *reply)
}

// commands is all that a WebSocket client may ask.
var commands = map[string]command{
	"ping": {actPing, func(c *client, r *reply) { r.now = c.srv.opts.Clock() }},
	// The reply leaves before the sign-in ends: see answer.
	"sign-out": {actSignOut, func(*client, *reply) {}},
}

// ServeEvents serves one WebSocket of who, whom the door has identified: a snapshot,
// then events, each with the next number, and one reply to each command (F2). It
// returns when the client is over, with nil or *Ended; who lives on. conn is closed
// then, but for what is still on its way.
func (s *Server) ServeEvents(ctx context.Context, conn Conn, who *SignedIn, enc Encoding) error {
	s.clients.Add(1)
	defer s.clients.Add(-1)
	c := &client{srv: s, conn: conn, enc: enc, who: who, desk: s.deskOf(who)}
	if err := who.attach(c); err != nil {
		reason := who.Reason()
		if errors.Is(err, errTooManyPages) {
			reason = Reason{CodeBusy, err.Error()} // some may be dead and not known to be yet
		}
		c.leave(reason)
		return c.ended()
	}
	defer who.detach(c)
	conn.Known()
	defer context.AfterFunc(ctx, func() { c.leave(ReasonRestart) })()
	stop, err := c.watch(ctx)
	if err != nil {
		c.unwatched(err)
		return c.ended()
	}
	defer stop()
	c.listen()
	return c.ended()
}

// listen answers commands until the client is over.
func (c *client) listen() {
	var faults int
	var pace pace
	for c.why.Load() == nil {
		frame, err := c.conn.ReadFrame(maxMessage, c.srv.opts.Idle)
		if err != nil {
			c.fail(err)
			return
		}
		pace.wait(time.Now())
		if c.answer(frame) {
			faults = 0
		} else if faults++; faults == maxFaults {
			c.leave(Reason{CodeProtocol, fmt.Sprintf("%d faulty messages in a row", maxFaults)})
		}
	}
}

// answer carries out one command; false when the message was none.
func (c *client) answer(frame []byte) bool {
	name, r := parse(frame, c.enc)
	cmd, known := commands[name]
	switch {
	case r.code != "":
	case !known:
		r.code, r.text = refusedUnknown, fmt.Sprintf("there is no command %.64q", name)
	default:
		r.refuse(authorise(cmd.act, c.who))
		if r.code == "" && needsLink[cmd.act] {
			if err := c.srv.opts.Linked(); err != nil {
				r.code, r.text = refusedNoLink, err.Error()
			}
		}
		if r.code == "" {
			cmd.run(c, r)
		}
	}
	c.send(r.append(nil, c.enc))
	if cmd.act == actSignOut && r.code == "" {
		c.who.End(ReasonSignedOut)
	}
	return known
}

func (r *reply) refuse(err error) {
	switch {
	case err == nil:
	case errors.Is(err, errNotSignedIn):
		r.code, r.text = refusedSignIn, err.Error()
	default:
		r.code, r.text = refusedDenied, err.Error()
	}
}

// parse reads a command's name and begins its reply, which says what is wrong with
// a message that is none.
func parse(frame []byte, enc Encoding) (name string, r *reply) {
	var m struct {
		XMLName xml.Name `xml:"command" json:"-"`
		ID      string   `xml:"id,attr" json:"id"`
		Name    string   `xml:"name,attr" json:"command"`
	}
	var err error
	if enc == XML {
		err = xml.Unmarshal(frame, &m)
	} else {
		err = json.Unmarshal(frame, &m)
	}
	switch {
	case err != nil:
		return "", &reply{code: refusedMalformed, text: "this is not a command: " + plain(err)}
	case m.ID == "" || len(m.ID) > maxID:
		return "", &reply{code: refusedMalformed, text: fmt.Sprintf("a command needs an id of 1 to %d bytes", maxID)}
	case m.Name == "":
		return "", &reply{id: m.ID, code: refusedMalformed, text: "the command's name is missing"}
	}
	return m.Name, &reply{id: m.ID}
}

// plain is the text of a decoder's error, short.
func plain(err error) string {
	text := err.Error()
	return text[:min(len(text), 200)]
}
