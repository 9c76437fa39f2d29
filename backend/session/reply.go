package session

import (
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/control"
)

// appendBye appends the last frame a client is told.
func appendBye(b []byte, enc Encoding, r Reason) []byte {
	switch enc {
	case line:
		b = append(b, "101 KO "...)
		return append(b, r.Text...)
	case XML:
		b = append(b, `<bye`...)
		b = appendAttribute(b, "code", r.Code)
		b = append(b, '>')
		b = appendXML(b, r.Text)
		return append(b, `</bye>`...)
	}
	b = append(b, `{"type":"bye","code":`...)
	b = appendJSON(b, r.Code)
	b = appendMember(b, "reason", r.Text)
	return append(b, '}')
}

// reply answers one command of a WebSocket client.
type reply struct {
	id   string
	code string    // "" for a command that was done
	text string    // with code: why not, in English
	now  time.Time // unless zero
	call string    // unless "": the id of the call that was begun

	targets *control.Targets // where calls may go; nil unless asked for
}

func (r *reply) append(b []byte, enc Encoding) []byte {
	if enc == XML {
		return r.appendXML(b)
	}
	return r.appendJSON(b)
}

func (r *reply) appendJSON(b []byte) []byte {
	b = append(b, `{"type":"reply","id":`...)
	b = appendJSON(b, r.id)
	b = append(b, `,"ok":`...)
	b = strconv.AppendBool(b, r.code == "")
	if r.code != "" {
		b = appendMember(b, "code", r.code)
		b = appendMember(b, "error", r.text)
	}
	if !r.now.IsZero() {
		b = append(b, `,"now":`...)
		b = appendMillis(b, r.now)
	}
	if r.call != "" {
		b = appendMember(b, "originate", r.call)
	}
	if r.targets != nil {
		b = appendJSONTargets(b, r.targets)
	}
	return append(b, '}')
}

func (r *reply) appendXML(b []byte) []byte {
	b = append(b, `<reply`...)
	b = appendAttribute(b, "id", r.id)
	b = append(b, ` ok="`...)
	b = strconv.AppendBool(b, r.code == "")
	b = append(b, '"')
	if r.code != "" {
		b = appendAttribute(b, "code", r.code)
	}
	if !r.now.IsZero() {
		b = append(b, ` now="`...)
		b = appendMillis(b, r.now)
		b = append(b, '"')
	}
	if r.call != "" {
		b = appendAttribute(b, "originate", r.call)
	}
	b = append(b, '>')
	b = appendXML(b, r.text)
	if r.targets != nil {
		b = appendXMLTargets(b, r.targets)
	}
	return append(b, `</reply>`...)
}

func appendJSONTargets(b []byte, t *control.Targets) []byte {
	b = append(b, `,"targets":{"agents":[`...)
	for i, a := range t.Agents {
		b = appendComma(b, i)
		b = append(b, `{"operator":`...)
		b = appendJSON(b, a.Operator)
		b = appendMember(b, "fullName", a.FullName)
		b = appendMember(b, "state", string(a.State))
		b = append(b, '}')
	}
	b = append(b, `],"queues":[`...)
	for i, q := range t.Queues {
		b = appendComma(b, i)
		b = append(b, `{"queue":`...)
		b = appendJSON(b, q.Name)
		b = appendMember(b, "service", q.Service)
		b = append(b, `,"waiting":`...)
		b = strconv.AppendInt(b, int64(len(q.Waiting)), 10)
		b = append(b, `,"available":`...)
		b = strconv.AppendInt(b, int64(q.Available), 10)
		b = append(b, '}')
	}
	b = append(b, `],"numbers":`...)
	b = strconv.AppendBool(b, t.Numbers)
	return append(b, '}')
}

func appendXMLTargets(b []byte, t *control.Targets) []byte {
	b = append(b, `<targets numbers="`...)
	b = strconv.AppendBool(b, t.Numbers)
	b = append(b, `">`...)
	for _, a := range t.Agents {
		b = append(b, `<agent`...)
		b = appendAttribute(b, "operator", a.Operator)
		b = appendAttribute(b, "fullname", a.FullName)
		b = appendAttribute(b, "state", string(a.State))
		b = append(b, `></agent>`...)
	}
	for _, q := range t.Queues {
		b = append(b, `<queue`...)
		b = appendAttribute(b, "name", q.Name)
		b = appendAttribute(b, "service", q.Service)
		b = appendAttribute(b, "waiting", strconv.Itoa(len(q.Waiting)))
		b = appendAttribute(b, "available", strconv.Itoa(q.Available))
		b = append(b, `></queue>`...)
	}
	return append(b, `</targets>`...)
}
