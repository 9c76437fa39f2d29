package session

import (
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// xmlTail is what follows the number of an XML event.
const xmlTail = "</seq></event>"

// appendXMLEvent appends n as the XML event of row E10, up to and without its
// number. Clients of 2009 read the elements of <call> by their places: new ones
// may only come after </call>.
func appendXMLEvent(b []byte, n *pbx.Notice) []byte {
	b = append(b, `<event id="`...)
	b = appendXML(b, string(n.ID))
	b = append(b, `">`...)
	switch {
	case n.Call != nil:
		b = appendXMLCall(b, n.Call)
		b = appendXMLAction(b, n.Action)
		b = appendXMLService(b, n.Call)
		b = appendXMLTransfer(b, n.Call.Transfer)
		b = appendXMLConsult(b, n.Call.Consult)
	case n.ID == pbx.NoticeAgentState:
		b = append(b, `<agent>`...)
		b = appendElement(b, "state", string(n.Agent))
		b = appendXMLTime(b, "since", n.Since)
		if n.Duty != nil {
			b = appendXMLDuty(b, n.Duty)
		}
		b = append(b, `</agent>`...)
	case n.ID == pbx.NoticeQueues:
		b = appendXMLQueues(b, n.Queues)
	case n.ID == pbx.NoticeOriginate:
		b = appendXMLOriginate(b, n.Originate)
	case n.ID == pbx.NoticeNote:
		b = appendXMLNote(b, n.Note)
	case n.ID == pbx.NoticeLinkState:
		b = append(b, `<link>`...)
		b = appendElement(b, "state", string(n.Link))
		b = appendElement(b, "reason", n.Text)
		b = appendXMLTime(b, "since", n.Since)
		b = append(b, `</link>`...)
	}
	return append(b, `<seq>`...)
}

func appendXMLCall(b []byte, c *pbx.Call) []byte {
	b = append(b, `<call>`...)
	b = appendElement(b, "uniqueid", string(c.Uniqueid))
	b = appendElement(b, "channel", c.Channel)
	b = appendElement(b, "calleridnum", c.Caller.Number)
	b = appendElement(b, "calleridname", c.Caller.Name)
	b = appendElement(b, "context", c.Context)
	b = append(b, `<appdata>`...)
	for i := range c.Variables {
		b = append(b, `<data key="`...)
		b = appendXML(b, c.Variables[i].Name)
		b = append(b, `">`...)
		b = appendXML(b, c.Variables[i].Value)
		b = append(b, `</data>`...)
	}
	b = append(b, `</appdata>`...)
	b = appendElement(b, "state", c.State.String())
	return append(b, `</call>`...)
}

// appendXMLAction appends nothing for a nil action.
func appendXMLAction(b []byte, a *pbx.Action) []byte {
	if a == nil {
		return b
	}
	b = append(b, `<action type="`...)
	b = appendXML(b, a.Type)
	b = append(b, '"')
	if a.Target == config.Button { // where the others open is for pages in a browser to know
		b = appendAttribute(b, "target", a.Target)
	}
	b = append(b, '>')
	if a.Type == actionApplication {
		b = appendElement(b, "program", a.Program)
		for _, arg := range a.Args {
			b = appendElement(b, "arg", arg)
		}
	} else {
		b = appendElement(b, "url", a.URL)
	}
	return append(b, `</action>`...)
}

func appendXMLService(b []byte, c *pbx.Call) []byte {
	b = append(b, `<service`...)
	b = appendAttribute(b, "name", c.Service)
	b = appendAttribute(b, "queue", c.Queue)
	b = appendAttribute(b, "direction", string(c.Direction))
	return append(b, `></service>`...)
}

// appendXMLConsult appends nothing for a nil consultation.
func appendXMLConsult(b []byte, c *pbx.Consult) []byte {
	if c == nil {
		return b
	}
	b = append(b, `<consult`...)
	b = appendAttribute(b, "to", c.To)
	b = appendAttribute(b, "operator", c.Operator)
	b = appendAttribute(b, "name", c.Name)
	b = appendAttribute(b, "phase", string(c.Phase))
	return append(b, `></consult>`...)
}

// appendXMLTransfer appends nothing for a nil transfer.
func appendXMLTransfer(b []byte, t *pbx.Transfer) []byte {
	if t == nil {
		return b
	}
	b = append(b, `<transfer`...)
	b = appendAttribute(b, "kind", string(t.Kind))
	b = appendAttribute(b, "by", t.By)
	b = appendAttribute(b, "name", t.Name)
	b = appendAttribute(b, "phone", t.Phone)
	if t.To != "" {
		b = appendAttribute(b, "to", t.To)
	}
	if t.ToName != "" {
		b = appendAttribute(b, "toName", t.ToName)
	}
	return append(b, `></transfer>`...)
}

func appendXMLDuty(b []byte, d *pbx.Duty) []byte {
	b = append(b, `<duty`...)
	b = appendAttribute(b, "state", string(d.State))
	b = appendAttribute(b, "reason", d.Reason)
	if d.NoPhone {
		b = append(b, ` nophone="true"`...)
	}
	if d.Next != nil {
		b = appendAttribute(b, "next", d.Next.Reason)
	}
	b = append(b, '>')
	b = appendXMLTime(b, "since", d.Since)
	b = appendXMLTime(b, "until", d.Until)
	return append(b, `</duty>`...)
}

func appendXMLQueues(b []byte, queues []pbx.QueueState) []byte {
	b = append(b, `<queues>`...)
	for i := range queues {
		q := &queues[i]
		b = append(b, `<queue`...)
		b = appendAttribute(b, "name", q.Queue)
		b = appendAttribute(b, "service", q.Service)
		b = appendAttribute(b, "member", strconv.FormatBool(q.Member))
		b = appendAttribute(b, "paused", strconv.FormatBool(q.Paused))
		b = appendAttribute(b, "penalty", strconv.Itoa(q.Penalty))
		b = appendAttribute(b, "waiting", strconv.Itoa(q.Waiting))
		b = append(b, '>')
		b = appendXML(b, q.Error)
		b = append(b, `</queue>`...)
	}
	return append(b, `</queues>`...)
}

func appendXMLOriginate(b []byte, o *pbx.Originated) []byte {
	b = append(b, `<originate`...)
	b = appendAttribute(b, "id", o.ID)
	b = appendAttribute(b, "number", o.Number)
	b = appendAttribute(b, "service", o.Service)
	b = appendAttribute(b, "ok", strconv.FormatBool(o.OK))
	b = appendAttribute(b, "reason", o.Reason)
	b = append(b, '>')
	b = appendXML(b, o.Text)
	return append(b, `</originate>`...)
}

func appendXMLNote(b []byte, n *pbx.Note) []byte {
	b = append(b, `<note`...)
	b = appendAttribute(b, "uniqueid", string(n.Uniqueid))
	b = appendAttribute(b, "call", string(n.Call))
	b = appendAttribute(b, "service", n.Service)
	b = appendAttribute(b, "disposition", n.Disposition)
	b = append(b, ` at="`...)
	b = appendMillis(b, n.At)
	b = append(b, `">`...)
	b = appendXML(b, n.Text)
	return append(b, `</note>`...)
}

func appendElement(b []byte, name, text string) []byte {
	b = append(b, '<')
	b = append(b, name...)
	b = append(b, '>')
	b = appendXML(b, text)
	b = append(b, '<', '/')
	b = append(b, name...)
	return append(b, '>')
}

func appendAttribute(b []byte, name, text string) []byte {
	b = append(b, ' ')
	b = append(b, name...)
	b = append(b, '=', '"')
	b = appendXML(b, text)
	return append(b, '"')
}

// appendXMLTime appends an element with Unix milliseconds, 0 for no time.
func appendXMLTime(b []byte, name string, t time.Time) []byte {
	b = append(b, '<')
	b = append(b, name...)
	b = append(b, '>')
	b = appendMillis(b, t)
	b = append(b, '<', '/')
	b = append(b, name...)
	return append(b, '>')
}

func appendMillis(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, '0')
	}
	return strconv.AppendInt(b, t.UnixMilli(), 10)
}
