package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Entry is a line of the file, for people.
type Entry struct {
	Time    time.Time // UTC
	Seq     uint64
	Event   string
	Fields  []Field // in the order of the file, without the four that every line has
	Damaged string  // what the line holds, as far as it is text, if it is not one that Log wrote; then all else is zero
}

// Field is a value of an entry.
type Field struct {
	Key   string
	Value string // unescaped text, or JSON where that is true
	JSON  bool   // it is a list or an object
}

const maxDamaged = 4 << 10 // bytes that are shown of a damaged line

// damaged is an entry for what Log did not write.
func damaged(line []byte) Entry {
	text := strings.ToValidUTF8(string(line[:min(len(line), maxDamaged)]), "\ufffd")
	if text == "" {
		text = "\ufffd" // an empty line is none that Log wrote, either
	}
	return Entry{Damaged: text}
}

// head is what a line begins with, as encode writes it.
type head struct {
	time  time.Time
	seq   uint64
	event string
	rest  []byte // from behind the event
}

// begin reads a line's head.
func begin(line []byte) (h head, ok bool) {
	const timeLen = len(timeForm)
	rest, ok := bytes.CutPrefix(line, []byte(`{"time":"`))
	if !ok || len(line) > maxLine || len(rest) < timeLen {
		return h, false
	}
	var err error
	if h.time, err = time.Parse(timeForm, string(rest[:timeLen])); err != nil {
		return h, false
	}
	rest, ok = bytes.CutPrefix(rest[timeLen:], []byte(`","seq":`))
	digits := bytes.IndexByte(rest, ',')
	if !ok || digits < 0 {
		return h, false
	}
	if h.seq, err = strconv.ParseUint(string(rest[:digits]), 10, 64); err != nil {
		return h, false
	}
	rest, ok = bytes.CutPrefix(rest[digits:], []byte(`,"event":`))
	if !ok {
		return h, false
	}
	n := stringEnd(rest)
	switch {
	case n < 0:
		return h, false
	case isPlain(rest[1 : n-1]):
		h.event = string(rest[1 : n-1])
	case json.Unmarshal(rest[:n], &h.event) != nil:
		return h, false
	}
	h.rest = rest[n:]
	return h, true
}

// stringEnd is the length of the JSON string that b begins with; -1 when it does not.
func stringEnd(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return -1
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// fields reads what is behind the head of a line of valid JSON: the event's own, and "prev" as
// the last.
func (h *head) fields() (list []Field, ok bool) {
	list = make([]Field, 0, 8)
	rest := h.rest
	for len(rest) > 1 && rest[0] == ',' {
		rest = rest[1:]
		n := stringEnd(rest)
		if n < 0 || n == len(rest) || rest[n] != ':' {
			return nil, false
		}
		key, value := rest[:n], rest[n+1:]
		if n = valueEnd(value); n < 0 {
			return nil, false
		}
		f := Field{Key: unquoted(key), JSON: value[0] == '{' || value[0] == '['}
		if value[0] == '"' {
			f.Value = unquoted(value[:n])
		} else {
			f.Value = string(value[:n])
		}
		list = append(list, f)
		rest = value[n:]
	}
	last := len(list) - 1
	if string(rest) != "}" || last < 0 || list[last].Key != "prev" {
		return nil, false
	}
	return list[:last], true
}

// valueEnd is the length of the JSON value that b begins with; -1 when there is none.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n < 0 {
				return -1
			}
			if i += n - 1; depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			switch depth--; {
			case depth < 0 && i > 0: // of a number or a word
				return i
			case depth == 0:
				return i + 1
			case depth < 0:
				return -1
			}
		case ',':
			if depth == 0 && i > 0 {
				return i
			}
		case ' ', '\t': // nothing is between values
			return -1
		}
	}
	return -1
}

// unquoted is what a JSON string says.
func unquoted(b []byte) (s string) {
	if in := b[1 : len(b)-1]; isPlain(in) {
		return string(in)
	}
	_ = json.Unmarshal(b, &s) // it is valid
	return s
}

// ParseLine reads a line without its end; what Log did not write is Damaged.
func ParseLine(line []byte) Entry {
	h, ok := begin(line)
	return h.entry(line, ok)
}

func (h *head) entry(line []byte, ok bool) Entry {
	if ok && json.Valid(line) {
		if list, ok := h.fields(); ok {
			return Entry{Time: h.time, Seq: h.seq, Event: h.event, Fields: list}
		}
	}
	return damaged(line)
}

// texts calls f with every text in the entry, until it returns true.
func (e *Entry) texts(f func(string) bool) bool {
	if f(e.Event) || f(e.Damaged) {
		return true
	}
	for i := range e.Fields {
		v := &e.Fields[i]
		if !v.JSON {
			if f(v.Value) {
				return true
			}
			continue
		}
		for rest := []byte(v.Value); ; {
			at := bytes.IndexByte(rest, '"')
			if at < 0 {
				break
			}
			rest = rest[at:]
			n := stringEnd(rest)
			if n < 0 {
				break
			}
			if key := n < len(rest) && rest[n] == ':'; !key && f(unquoted(rest[:n])) {
				return true
			}
			rest = rest[n:]
		}
	}
	return false
}
