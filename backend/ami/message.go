package ami

import (
	"bytes"
	"encoding/binary"
)

// header is where one value of a message is.
type header struct {
	start, end uint32 // of the value, counted from the message's first byte
	key        Key
}

// Message is one event or response. It is a view of its Reader's buffer: it and
// every []byte it gives are valid until the Reader's next Next. Strings it gives
// are valid for ever. One goroutine only.
//
// Only the first header is read at first; the others when one is asked for, so a
// message nobody acts on costs its framing. Where a header is repeated, the first
// one counts. Reading ends early where a true message cannot go on: at a line
// that is no header, and at a second Event. What follows was put in by somebody
// else's text (a dialplan value with a line break in it) and is not told.
type Message struct {
	r     *Reader
	b     []byte // from the first byte of the message to the end of the buffer's slack
	size  int    // of the message, without its empty line
	first header // the first header
	rest  int    // where the second line begins

	parsed  bool
	tainted bool
	h       []header
	pos     [numKeys]uint16 // 1 + place of the first header of that key
	text    string          // copy of the message; "" before the first string is asked for
}

// Event is the event's name; nil for a response and for anything else.
func (m *Message) Event() []byte {
	if m.first.key == Event {
		return m.b[m.first.start:m.first.end]
	}
	return nil
}

// Response is the word of a response ("Success", "Error", "Goodbye" …); nil for
// anything else. An OriginateResponse carries a header Response too, but it is an
// event.
func (m *Message) Response() []byte {
	if m.first.key == Response {
		return m.b[m.first.start:m.first.end]
	}
	return nil
}

// Get is the value of the first header k; nil when there is none, empty but not
// nil when it is there and empty.
func (m *Message) Get(k Key) []byte {
	if !m.parsed {
		m.parse()
	}
	if p := m.pos[k]; p != 0 {
		h := &m.h[p-1]
		return m.b[h.start:h.end]
	}
	return nil
}

// Has says whether there is a header k.
func (m *Message) Has(k Key) bool {
	if !m.parsed {
		m.parse()
	}
	return m.pos[k] != 0
}

// String is Get as a string that outlives the message. The first one copies the
// whole message into memory shared with its neighbours, so who keeps one for long
// clones it.
func (m *Message) String(k Key) string {
	if !m.parsed {
		m.parse()
	}
	if p := m.pos[k]; p != 0 {
		return m.StringAt(int(p) - 1)
	}
	return ""
}

// Len is the number of headers.
func (m *Message) Len() int {
	if !m.parsed {
		m.parse()
	}
	return len(m.h)
}

// KeyAt is the key of header i, from 0. The caller has asked Len.
func (m *Message) KeyAt(i int) Key { return m.h[i].key }

// At is the value of header i, from 0. The caller has asked Len.
func (m *Message) At(i int) []byte { return m.b[m.h[i].start:m.h[i].end] }

// StringAt is At as a string, as String gives it.
func (m *Message) StringAt(i int) string {
	if m.text == "" {
		m.text = m.r.keep(m.b[:m.size])
	}
	return m.text[m.h[i].start:m.h[i].end]
}

// Place is the place of the first header k, from 0; -1 when there is none.
func (m *Message) Place(k Key) int {
	if !m.parsed {
		m.parse()
	}
	return int(m.pos[k]) - 1
}

// Tainted says that reading ended early: the message holds what Asterisk would
// not have written itself.
func (m *Message) Tainted() bool {
	if !m.parsed {
		m.parse()
	}
	return m.tainted
}

// Bytes are the bytes of the message, without its empty line.
func (m *Message) Bytes() []byte { return m.b[:m.size] }

// begin makes m the message of the first size bytes of b.
func (m *Message) begin(b []byte, size int) {
	clear(m.pos[:])
	m.b, m.size = b, size
	m.parsed, m.tainted, m.text = false, false, ""
	m.h = m.h[:0]
	sp := uint16(Event)
	if b[0] == 'R' {
		sp = uint16(Response)
	}
	m.first, m.rest, _ = m.line(0, sp)
}

// line reads the line at i, which is expected to be spelled sp. It returns the
// header, where the next line begins, and how it is spelled; the key of a line
// that is no header is Unknown and its spelling noSpelling.
func (m *Message) line(i int, sp uint16) (header, int, uint16) {
	b := m.b
	start := 0
	s := &m.r.spellings[sp]
	if q := b[i : i+32 : i+32]; binary.LittleEndian.Uint64(q)&s.mask[0] == s.word[0] &&
		binary.LittleEndian.Uint64(q[8:])&s.mask[1] == s.word[1] &&
		binary.LittleEndian.Uint64(q[16:])&s.mask[2] == s.word[2] &&
		binary.LittleEndian.Uint64(q[24:])&s.mask[3] == s.word[3] {
		start = i + s.size
	}
	if start == 0 {
		colon := bytes.IndexByte(b[i:m.size], ':')
		if lf := bytes.IndexByte(b[i:m.size], '\n'); colon < 0 || lf >= 0 && lf < colon {
			_, next := m.lineEnd(i)
			return header{}, next, noSpelling
		}
		sp = m.r.spelled(b[i : i+colon])
		s = &m.r.spellings[sp]
		start = i + colon + 1
		if start < m.size && b[start] == ' ' {
			start++
		}
	}
	end, next := m.lineEnd(start)
	return header{uint32(start), uint32(end), s.key}, next, sp
}

// lineEnd is where the line that holds i ends, without its line break, and where
// the next one begins. Only CR LF breaks a line: Asterisk sends no other, and a
// bare LF in a value must not begin a header. One at the end is 1.4's and is cut off.
func (m *Message) lineEnd(i int) (end, next int) {
	b := m.b[:m.size]
	for j := i; ; {
		k := bytes.IndexByte(b[j:], '\n')
		if k < 0 {
			end, next = len(b), len(b)
			break
		}
		j += k + 1
		if j-2 >= i && b[j-2] == '\r' {
			end, next = j-2, j
			break
		}
	}
	for end > i && b[end-1] == '\n' {
		end--
	}
	return end, next
}

// parse reads all headers.
func (m *Message) parse() {
	m.parsed = true
	m.add(m.first)
	var t *template
	if m.first.key == Event || m.first.key == Response {
		t = m.r.template(m.b[m.first.start:m.first.end])
	}
	for i := m.rest; i < m.size; {
		var sp uint16
		n := len(m.h)
		if t != nil && n < len(t.spelling) {
			sp = t.spelling[n]
		}
		h, next, met := m.line(i, sp)
		if met == noSpelling || h.key == Event {
			m.tainted = true
			return
		}
		if met != sp && t != nil && n < len(t.spelling) {
			t.spelling[n] = met
		}
		m.add(h)
		i = next
	}
}

func (m *Message) add(h header) {
	m.h = append(m.h, h)
	if m.pos[h.key] == 0 && h.key != Unknown {
		m.pos[h.key] = uint16(len(m.h))
	}
}
