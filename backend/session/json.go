package session

import (
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// actionApplication is pbx.Action.Type of a program; the other type is "browser".
const actionApplication = "application"

// jsonTail is what follows the number of a JSON event.
const jsonTail = "}"

// appendJSONEvent appends n as a frame of asteriskcti.v1.json, up to and without
// its number.
func appendJSONEvent(b []byte, n *pbx.Notice) []byte {
	switch {
	case n.Call != nil:
		b = append(b, `{"type":"event","event":`...)
		b = appendJSON(b, string(n.ID))
		b = append(b, `,"call":`...)
		b = appendJSONCall(b, n.Call)
		if n.Action != nil {
			b = append(b, `,"action":`...)
			b = appendJSONAction(b, n.Action)
		}
	case n.ID == pbx.NoticeAgentState:
		b = append(b, `{"type":"agent","agent":{"state":`...)
		b = appendJSON(b, string(n.Agent))
		b = append(b, `,"since":`...)
		b = appendMillis(b, n.Since)
		if n.Duty != nil {
			b = appendJSONDuty(b, n.Duty)
		}
		b = append(b, '}')
	case n.ID == pbx.NoticeQueues:
		b = append(b, `{"type":"queues","queues":`...)
		b = appendJSONQueues(b, n.Queues)
	case n.ID == pbx.NoticeOriginate:
		b = append(b, `{"type":"originate","originate":`...)
		b = appendJSONOriginate(b, n.Originate)
	case n.ID == pbx.NoticeNote:
		b = append(b, `{"type":"note","note":`...)
		b = appendJSONNote(b, n.Note)
	default:
		b = append(b, `{"type":"link","link":`...)
		b = appendJSONLink(b, n.Link, n.Text, n.Since)
	}
	return append(b, `,"seq":`...)
}

func appendJSONCall(b []byte, c *pbx.Call) []byte {
	b = append(b, `{"id":`...)
	b = appendJSON(b, string(c.ID))
	b = appendMember(b, "uniqueid", string(c.Uniqueid))
	b = appendMember(b, "channel", c.Channel)
	b = appendMember(b, "linkedid", string(c.Linkedid))
	b = appendMember(b, "state", c.State.String())
	b = appendMember(b, "phase", string(c.Phase))
	b = appendMember(b, "direction", string(c.Direction))
	b = append(b, `,"caller":{"number":`...)
	b = appendJSON(b, c.Caller.Number)
	b = appendMember(b, "name", c.Caller.Name)
	b = append(b, '}')
	b = appendMember(b, "called", c.Called)
	b = appendMember(b, "context", c.Context)
	b = appendMember(b, "service", c.Service)
	b = appendMember(b, "queue", c.Queue)
	b = append(b, `,"variables":[`...)
	for i := range c.Variables {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendJSON(b, c.Variables[i].Name)
		b = appendMember(b, "value", c.Variables[i].Value)
		b = append(b, '}')
	}
	b = append(b, `],"started":`...)
	b = appendMillis(b, c.Started)
	b = append(b, `,"since":`...)
	b = appendMillis(b, c.Since)
	b = append(b, `,"queued":`...)
	b = appendMillis(b, c.Queued)
	b = append(b, `,"answered":`...)
	b = appendMillis(b, c.Answered)
	b = append(b, `,"cause":`...)
	b = strconv.AppendInt(b, int64(c.Cause), 10)
	b = appendMember(b, "causeText", c.CauseText)
	if c.Transfer != nil {
		b = appendJSONTransfer(b, c.Transfer)
	}
	if c.Consult != nil {
		b = append(b, `,"consult":{"to":`...)
		b = appendJSON(b, c.Consult.To)
		b = appendMember(b, "operator", c.Consult.Operator)
		b = appendMember(b, "name", c.Consult.Name)
		b = appendMember(b, "phase", string(c.Consult.Phase))
		b = append(b, '}')
	}
	if c.Action != nil {
		b = append(b, `,"action":`...)
		b = appendJSONAction(b, c.Action)
	}
	return append(b, '}')
}

func appendJSONTransfer(b []byte, t *pbx.Transfer) []byte {
	b = append(b, `,"transfer":{"kind":`...)
	b = appendJSON(b, string(t.Kind))
	b = appendMember(b, "by", t.By)
	b = appendMember(b, "name", t.Name)
	b = appendMember(b, "phone", t.Phone)
	if t.To != "" {
		b = appendMember(b, "to", t.To)
	}
	if t.ToName != "" {
		b = appendMember(b, "toName", t.ToName)
	}
	return append(b, '}')
}

// appendJSONDuty appends the members that a duty adds to an agent.
func appendJSONDuty(b []byte, d *pbx.Duty) []byte {
	b = append(b, `,"duty":{"state":`...)
	b = appendJSON(b, string(d.State))
	b = appendMember(b, "reason", d.Reason)
	b = append(b, `,"since":`...)
	b = appendMillis(b, d.Since)
	b = append(b, `,"until":`...)
	b = appendMillis(b, d.Until)
	if d.NoPhone {
		b = append(b, `,"noPhone":true`...)
	}
	if d.Next != nil {
		b = append(b, `,"next":{"reason":`...)
		b = appendJSON(b, d.Next.Reason)
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendJSONQueues(b []byte, queues []pbx.QueueState) []byte {
	b = append(b, '[')
	for i := range queues {
		q := &queues[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"queue":`...)
		b = appendJSON(b, q.Queue)
		b = appendMember(b, "service", q.Service)
		b = append(b, `,"member":`...)
		b = strconv.AppendBool(b, q.Member)
		b = append(b, `,"paused":`...)
		b = strconv.AppendBool(b, q.Paused)
		b = append(b, `,"penalty":`...)
		b = strconv.AppendInt(b, int64(q.Penalty), 10)
		b = append(b, `,"waiting":`...)
		b = strconv.AppendInt(b, int64(q.Waiting), 10)
		b = appendMember(b, "error", q.Error)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendJSONOriginate(b []byte, o *pbx.Originated) []byte {
	b = append(b, `{"id":`...)
	b = appendJSON(b, o.ID)
	b = appendMember(b, "number", o.Number)
	b = appendMember(b, "service", o.Service)
	b = append(b, `,"ok":`...)
	b = strconv.AppendBool(b, o.OK)
	b = appendMember(b, "reason", o.Reason)
	b = appendMember(b, "text", o.Text)
	return append(b, '}')
}

func appendJSONNote(b []byte, n *pbx.Note) []byte {
	b = append(b, `{"uniqueid":`...)
	b = appendJSON(b, string(n.Uniqueid))
	b = appendMember(b, "call", string(n.Call))
	b = appendMember(b, "service", n.Service)
	b = appendMember(b, "disposition", n.Disposition)
	b = appendMember(b, "text", n.Text)
	b = append(b, `,"at":`...)
	b = appendMillis(b, n.At)
	return append(b, '}')
}

func appendJSONAction(b []byte, a *pbx.Action) []byte {
	b = append(b, `{"type":`...)
	b = appendJSON(b, a.Type)
	if a.Type != actionApplication {
		b = appendMember(b, "url", a.URL)
		b = appendMember(b, "target", a.Target)
		return append(b, '}')
	}
	b = appendMember(b, "program", a.Program)
	b = append(b, `,"args":[`...)
	for i, arg := range a.Args {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, arg)
	}
	return append(b, ']', '}')
}

// appendMember appends a member that is not the first of its object.
func appendMember(b []byte, name, text string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendJSON(b, text)
}

func appendJSONLink(b []byte, state pbx.LinkState, reason string, since time.Time) []byte {
	b = append(b, `{"state":`...)
	b = appendJSON(b, string(state))
	b = appendMember(b, "reason", reason)
	b = append(b, `,"since":`...)
	b = appendMillis(b, since)
	return append(b, '}')
}
