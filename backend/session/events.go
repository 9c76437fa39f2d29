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
	refusedBusy      = "busy"

	refusedNoNotes     = "no-notes"
	refusedDisposition = "disposition"
)

// ServeEvents serves one WebSocket of who, whom the door has identified: a snapshot,
// then events, each with the next number, and one reply to each command (F2). It
// returns when the client is over, with nil or *Ended; who lives on. conn is closed
// then, but for what is still on its way.
func (s *Server) ServeEvents(ctx context.Context, conn Conn, who *SignedIn, enc Encoding) error {
	s.clients.Add(1)
	defer s.clients.Add(-1)
	asks, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what ctx's end does is to end the client
	c := &client{srv: s, conn: conn, enc: enc, who: who, about: s.about(who), cancel: cancel}
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
	stop, err := c.watch(asks)
	if err != nil {
		c.unwatched(err)
		return c.ended()
	}
	defer stop()
	c.recall(asks)
	c.listen(asks)
	return c.ended()
}

// listen answers commands until the client is over.
func (c *client) listen(ctx context.Context) {
	var faults int
	pace := ofFrames()
	for c.why.Load() == nil {
		frame, err := c.conn.ReadFrame(maxMessage, c.srv.opts.Idle)
		if err != nil {
			c.fail(err)
			return
		}
		pace.wait(time.Now())
		if c.answer(ctx, frame) {
			faults = 0
		} else if faults++; faults == maxFaults {
			c.leave(Reason{CodeProtocol, fmt.Sprintf("%d faulty messages in a row", maxFaults)})
		}
	}
}

// answer carries out one command; false when the message was none. What has to wait for
// Asterisk waits beside the others: a client's replies come in no order.
func (c *client) answer(ctx context.Context, frame []byte) bool {
	m, r := parse(frame, c.enc)
	cmd, known := commands[m.Name]
	switch {
	case r.code != "":
	case !known:
		r.code, r.text = refusedUnknown, fmt.Sprintf("there is no command %.64q", m.Name)
	default:
		r.refuse(authorise(cmd.act, c.who))
		if r.code == "" && needsLink[cmd.act] {
			if err := c.srv.opts.Linked(); err != nil {
				r.code, r.text = refusedNoLink, err.Error()
			}
		}
	}
	switch {
	case r.code != "" || cmd.run == nil:
	case !waits[cmd.act]:
		cmd.run(ctx, c, m, r)
	case c.waiting.Add(1) > maxWaiting:
		c.waiting.Add(-1)
		r.code, r.text = refusedBusy, "too many commands at once, wait for their replies"
	default:
		c.ask(func() {
			defer c.waiting.Add(-1)
			cmd.run(ctx, c, m, r)
			c.send(r.append(nil, c.enc))
		})
		return true
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

// request is a command as a client sends it.
type request struct {
	XMLName   xml.Name `xml:"command" json:"-"`
	ID        string   `xml:"id,attr" json:"id"`
	Name      string   `xml:"name,attr" json:"command"`
	Reason    string   `xml:"reason,attr" json:"reason"`
	Queue     string   `xml:"queue,attr" json:"queue"`
	AfterCall bool     `xml:"aftercall,attr" json:"afterCall"`
	Number    string   `xml:"number,attr" json:"number"`
	Service   string   `xml:"service,attr" json:"service"`
	Call      string   `xml:"call,attr" json:"call"`
	Kind      string   `xml:"kind,attr" json:"kind"`
	To        target   `xml:"to" json:"to"`

	Uniqueid    string `xml:"uniqueid,attr" json:"uniqueid"`
	Disposition string `xml:"disposition,attr" json:"disposition"`
	Text        string `xml:"text,attr" json:"text"`
}

// target is where a call is to go, in its members as control.Target.
type target struct {
	Agent   string `xml:"agent,attr" json:"agent"`
	Queue   string `xml:"queue,attr" json:"queue"`
	Number  string `xml:"number,attr" json:"number"`
	Service string `xml:"service,attr" json:"service"`
}

// parse reads a command and begins its reply, which says what is wrong with a message
// that is none.
func parse(frame []byte, enc Encoding) (m request, r *reply) {
	var err error
	if enc == XML {
		err = xml.Unmarshal(frame, &m)
	} else {
		err = json.Unmarshal(frame, &m)
	}
	switch {
	case err != nil:
		return request{}, &reply{code: refusedMalformed, text: "this is not a command: " + plain(err)}
	case m.ID == "" || len(m.ID) > maxID:
		return request{}, &reply{code: refusedMalformed, text: fmt.Sprintf("a command needs an id of 1 to %d bytes", maxID)}
	case m.Name == "":
		return request{}, &reply{id: m.ID, code: refusedMalformed, text: "the command's name is missing"}
	}
	return m, &reply{id: m.ID}
}

// plain is the text of a decoder's error, short.
func plain(err error) string {
	text := err.Error()
	return text[:min(len(text), 200)]
}
