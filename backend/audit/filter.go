package audit

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Filter says which entries are wanted. Its zero value wants the newest of all.
type Filter struct {
	From, To time.Time // From on, and before To; zero: no bound
	Events   []string  // what an event begins with, one of them; none: all events
	Text     string    // in any value, without case; "": whatever they are

	// For Read only.
	Before int64 // Page.Next of the page before; 0: the newest
	Limit  int   // entries, 1 to 1,000; 0: 50
	Scan   int64 // bytes of the file that are looked at, about; 0: 8 MiB
}

// setBack is how much the machine's clock may have been set back while the file was written.
// The file is in the order of writing; times are searched for with so much to spare.
const setBack = time.Hour

// matcher is a Filter in use.
type matcher struct {
	*Filter
	text  string // in lower case
	plain bool   // text looks the same in a line as in what it says
	lower []byte
}

func (f *Filter) matcher() *matcher {
	m := &matcher{Filter: f, text: strings.ToLower(strings.ToValidUTF8(f.Text, "\ufffd"))}
	m.plain = isPlain([]byte(m.text))
	return m
}

// isPlain says whether b is of visible ASCII characters that JSON does not escape.
func isPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// match is the entry of a line, with its head if that is ok, when it is wanted. Damaged lines have neither time nor event:
// they are wanted whenever events are not chosen.
func (m *matcher) match(line []byte, h *head, ok bool) (Entry, bool) {
	if ok && !m.wants(h) || m.cannot(line) {
		return Entry{}, false
	}
	e := h.entry(line, ok)
	if e.Damaged != "" && len(m.Events) > 0 {
		return e, false
	}
	if m.text == "" {
		return e, true
	}
	return e, e.texts(func(s string) bool { return strings.Contains(strings.ToLower(s), m.text) })
}

func (m *matcher) wants(h *head) bool {
	if !m.From.IsZero() && h.time.Before(m.From) || !m.To.IsZero() && !h.time.Before(m.To) {
		return false
	}
	return len(m.Events) == 0 || slices.ContainsFunc(m.Events, func(p string) bool { return strings.HasPrefix(h.event, p) })
}

// cannot says of most lines at a glance that they do not hold the text.
func (m *matcher) cannot(line []byte) bool {
	if m.text == "" || !m.plain || len(line) > maxLine {
		return false
	}
	m.lower = m.lower[:0]
	for _, c := range line {
		if c >= utf8.RuneSelf || c == '\\' {
			return false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		m.lower = append(m.lower, c)
	}
	return !bytes.Contains(m.lower, []byte(m.text))
}
