package ami

import (
	"bytes"
	"math/bits"
)

// places is more than numKeys, and a power of two so that no index is checked.
const places = 128

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
	pos     [places]uint16 // 1 + place of the first header of that key
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

// Class is the value of Privilege, if it is the second header as in every live event
// ("call,all"), else nil. It costs nothing of the other headers.
func (m *Message) Class() []byte {
	s := &m.r.spellings[Privilege]
	if m.rest == 0 || m.rest >= m.size || !s.begins(m.b[m.rest:]) {
		return nil
	}
	line := m.b[m.rest+s.size : m.size]
	if end := bytes.IndexByte(line, '\r'); end >= 0 {
		return line[:end]
	}
	return nil
}

// Late is the value of the last line that begins with k's name, if that is one of the
// last lines, else nil. It is a hint, found from the end without reading the other
// headers: text with line breaks in it may have made that line. Get tells the truth.
func (m *Message) Late(k Key, lines int) []byte {
	s := &m.r.spellings[k]
	for end := m.size - 1; end > 0 && lines > 0; lines-- { // end: of a line, at its LF
		begin := bytes.LastIndexByte(m.b[:end], '\n') + 1
		if s.begins(m.b[begin:]) && begin+s.size < end {
			return m.b[begin+s.size : end-1]
		}
		end = begin - 1
	}
	return nil
}

// Get is the value of the first header k; nil when there is none, empty but not
// nil when it is there and empty.
func (m *Message) Get(k Key) []byte {
	if !m.parsed {
		m.parse()
	}
	if p := m.pos[k&(places-1)]; p != 0 {
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
	return m.pos[k&(places-1)] != 0
}

// String is Get as a string that outlives the message. It shares memory with its
// neighbours, so who keeps one for long clones it.
func (m *Message) String(k Key) string {
	if !m.parsed {
		m.parse()
	}
	if p := m.pos[k&(places-1)]; p != 0 {
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
	return m.r.keep(m.b[m.h[i].start:m.h[i].end])
}

// Place is the place of the first header k, from 0; -1 when there is none.
func (m *Message) Place(k Key) int {
	if !m.parsed {
		m.parse()
	}
	return int(m.pos[k&(places-1)]) - 1
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

// begin makes m the message of the first size bytes of b, which goes on for slack
// bytes at least.
func (m *Message) begin(b []byte, size int) {
	m.b, m.size = b, size
	m.parsed, m.tainted = false, false
	m.first, m.rest = header{}, 0
	end := 0
	for end < 2 || b[end-2] != '\r' {
		lf := bytes.IndexByte(b[end:size], '\n')
		if lf < 0 {
			return // cannot be: a message ends with a line break
		}
		end += lf + 1
	}
	sp := uint16(Event)
	if b[0] == 'R' {
		sp = uint16(Response)
	}
	start := m.r.spellings[sp].size
	if !m.r.spellings[sp].begins(b) {
		start, sp = m.name(0, end-2)
	}
	if start >= 0 {
		m.first, m.rest = header{uint32(start), uint32(m.trim(start, end-2)), m.r.spellings[sp].key}, end
	}
}

// name reads the name of the line from i to end without guessing: where its value
// begins, -1 if the line is no header, and how the name is spelled.
func (m *Message) name(i, end int) (int, uint16) {
	colon := bytes.IndexByte(m.b[i:end], ':')
	if colon < 0 {
		return -1, 0
	}
	sp := m.r.spelled(m.b[i : i+colon])
	i += colon + 1
	if i < end && m.b[i] == ' ' {
		i++
	}
	return i, sp
}

// trim is the end of a value without the LF that 1.4 puts there.
func (m *Message) trim(start, end int) int {
	for end > start && m.b[end-1] == '\n' {
		end--
	}
	return end
}

// parse reads all headers. Most of the time of this program's reading is spent in
// its loop, so what it needs is at hand, and what is rare is elsewhere.
//
// Only CR LF ends a line: Asterisk writes no other, and a bare LF in a value must
// not begin a header.
func (m *Message) parse() {
	m.parsed = true
	clear(m.pos[:])
	var guess []uint16
	if m.first.key == Event || m.first.key == Response {
		guess = m.r.template(m.b[m.first.start:m.first.end])
	}
	h := append(m.h[:0], m.first)
	m.pos[m.first.key] = 1
	spellings := m.r.spellings
	b := m.b
	i := m.rest // where the line begins
scan:
	for block := i; block < m.size; block += 64 {
		for found := lfs64(b[block : block+64]); found != 0; found &= found - 1 {
			end := block + bits.TrailingZeros64(found) - 1
			if end+1 >= m.size {
				break scan
			}
			if end < i || b[end] != '\r' {
				continue
			}
			sp := uint16(0)
			if len(h) < len(guess) {
				sp = guess[len(h)]
			}
			s := &spellings[sp]
			start := i + s.size
			if !s.begins(b[i:]) {
				var met uint16
				if start, met = m.name(i, end); start < 0 {
					m.tainted = true
					break scan
				}
				spellings = m.r.spellings
				s = &spellings[met]
				if len(h) < len(guess) {
					guess[len(h)] = met
				}
			}
			if s.key == Event {
				m.tainted = true
				break scan
			}
			i = end + 2
			if end > start && b[end-1] == '\n' {
				end = m.trim(start, end)
			}
			h = append(h, header{uint32(start), uint32(end), s.key})
			if p := &m.pos[s.key&(places-1)]; *p == 0 {
				*p = uint16(len(h))
			}
		}
	}
	m.h = h
}
