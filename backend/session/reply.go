package session

import (
	"strconv"
	"time"
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
	return append(b, `</reply>`...)
}
