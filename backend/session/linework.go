package session

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// What agents do beside calls, in the line protocol.
const (
	pausePending = "301 PAUSE PENDING"
	pauseOK      = "300 OK"
)

// pause is granted when Asterisk has done it (D5).
func (v *conversation) pause(ctx context.Context, args [][]byte) answer {
	word, reason := strings.ToUpper(string(args[0])), string(bytes.Join(args[1:], []byte(" ")))
	if word != "IN" && word != "AFTER" && (word != "OUT" || reason != "") {
		return answer{pauseFailed, "usage: " + pauseUsage, true}
	}
	w := desk.Wish{On: word != "OUT", AfterCall: word == "AFTER", Reason: reason, Pending: func() { v.send([]byte(pausePending)) }}
	if err := v.srv.opts.Desk.Pause(ctx, v.who.Operator, v.who.Generation, w); err != nil {
		_, text := denied(err)
		return answer{token: pauseFailed, text: plainLine(text)}
	}
	return answer{token: pauseOK}
}

func (v *conversation) ready(ctx context.Context, _ [][]byte) answer {
	return done(v.srv.opts.Desk.Ready(ctx, v.who.Operator, v.who.Generation))
}

func (v *conversation) moreTime(ctx context.Context, _ [][]byte) answer {
	return done(v.srv.opts.Desk.MoreTime(ctx, v.who.Operator, v.who.Generation))
}

// orig calls (E7). The priority is of 2009: it must be one, and is the service's.
func (v *conversation) orig(ctx context.Context, args [][]byte) answer {
	if n, err := strconv.Atoi(string(args[2])); err != nil || n < 1 {
		return v.fault("the priority must be a number, 1 or more")
	}
	_, err := v.srv.opts.Dialer.Originate(ctx, v.who.agent(), dial.Wish{Number: string(args[0]), Context: string(args[1])})
	return done(err)
}

// done answers a command by what came of it. A refusal is no fault of the client's.
func done(err error) answer {
	if err != nil {
		_, text := denied(err)
		return answer{token: refused, text: plainLine(text)}
	}
	return answer{token: ok}
}

// reasons are those of pauses. None holds a bar.
func (v *conversation) reasons(context.Context, [][]byte) answer {
	var list []string
	if cfg := v.srv.opts.Config.Now(); cfg != nil {
		list = cfg.PauseReasons
	}
	return answer{token: ok, text: strings.Join(list, "|")}
}

// contexts are those that ORIG may name. None holds a bar.
func (v *conversation) contexts(context.Context, [][]byte) answer {
	var list []string
	if cfg := v.srv.opts.Config.Now(); cfg != nil {
		for _, s := range cfg.ServicesOf(v.who.Operator) {
			if s.Type == config.Outbound && !slices.Contains(list, s.Context) {
				list = append(list, s.Context)
			}
		}
	}
	return answer{token: ok, text: strings.Join(list, "|")}
}

// begin is what a client of the line protocol is told first: the answer to what signed it
// in, and where its agent stands.
func (c *client) begin(snap *tracker.Snapshot) {
	c.stage(c.first)
	if snap.Link != pbx.LinkStateReady {
		c.stage(appendLinkLine(nil, snap.Link, snap.LinkText))
	}
	c.stageState(snap.State, &snap.Duty)
	c.stageQueues(snap.Queues)
	c.Flush()
}

// stage stages one line.
func (c *client) stage(line []byte) {
	if err := c.conn.Stage(line); err != nil {
		c.fail(err)
	}
}

// stageState stages the state of the agent (D6) where it is another line than the last,
// and that his telephone is unknown, once.
func (c *client) stageState(state pbx.AgentState, d *pbx.Duty) {
	if d == nil {
		d = new(pbx.Duty)
	}
	if line := appendStateLine(nil, state, d, c.srv.opts.Clock()); !bytes.Equal(line, c.state) {
		c.state = line
		c.stage(line)
	}
	if d.NoPhone && !c.noPhone {
		c.stage(c.appendPhoneLine(nil))
	}
	c.noPhone = d.NoPhone
}

// stageQueues stages in which of his queues the agent is a member now, or no more, and what
// Asterisk refuses there (E8).
func (c *client) stageQueues(queues []pbx.QueueState) {
	old := c.queues
	c.queues = queues
	for i := range old {
		if find(queues, old[i].Queue) == nil {
			c.stageQueue(&old[i], &pbx.QueueState{Queue: old[i].Queue})
		}
	}
	for i := range queues {
		was := find(old, queues[i].Queue)
		if was == nil {
			was = new(pbx.QueueState)
		}
		c.stageQueue(was, &queues[i])
	}
}

func find(queues []pbx.QueueState, name string) *pbx.QueueState {
	if i := slices.IndexFunc(queues, func(q pbx.QueueState) bool { return q.Queue == name }); i >= 0 {
		return &queues[i]
	}
	return nil
}

// stageQueue stages what has changed in one queue. A refusal follows a line with nothing but
// the queue's name, so that the client knows where the name ends: it may hold blanks.
func (c *client) stageQueue(was, is *pbx.QueueState) {
	name, refused := plainLine(is.Queue), is.Error != ""
	anew := was.Member != is.Member || refused != (was.Error != "")
	switch {
	case anew && is.Member:
		c.stage([]byte("200 " + name))
	case anew:
		c.stage([]byte("201 " + name))
	}
	if refused && (anew || was.Error != is.Error) {
		c.stage([]byte("202 " + name + " " + plainLine(is.Error)))
	}
}

// appendStateLine appends the notice of the line protocol that tells an agent's state:
// with the reason of a pause, or the seconds that are left of work after a call.
func appendStateLine(b []byte, state pbx.AgentState, d *pbx.Duty, now time.Time) []byte {
	b = append(b, "510 STATE "...)
	b = append(b, state...)
	switch {
	case state == pbx.AgentPaused && d.Reason != "":
		b = append(b, ' ')
		b = append(b, plainLine(d.Reason)...)
	case state == pbx.AgentAfterCall:
		b = append(b, ' ')
		b = strconv.AppendInt(b, max(0, int64(d.Until.Sub(now).Round(time.Second).Seconds())), 10)
	}
	return b
}

// appendPhoneLine appends the notice that Asterisk does not know the agent's telephone.
func (c *client) appendPhoneLine(b []byte) []byte {
	return append(b, "511 PHONE UNKNOWN "+plainLine(c.who.Seat.Extension)...)
}

// plainLine is text of others, on one line.
func plainLine(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
