package ami

import (
	"bytes"
	"encoding/binary"
)

// Asterisk writes the headers of an event always in the same order. So the reader
// remembers, for each event, how its header lines were spelled the last time, and
// compares instead of searching: four masked words tell whether a line begins with
// "DestConnectedLineName: ". A wrong guess costs a search and teaches the right one.

// spelling is a header name as it was met, with the ": " behind it.
type spelling struct {
	word, mask [4]uint64
	size       int // of name and ": "
	key        Key
}

// template is the spellings of one kind of message, in order. Beyond its end
// nothing is guessed.
type template struct {
	name     string
	spelling [64]uint16
}

const (
	maxSpellings = 1024 // an Asterisk has some 300; a liar gets no more memory
	maxTemplates = 512  // an Asterisk has some 180 events
)

// newSpelling makes the words of a name; of one that is too long, words that match
// nothing.
func newSpelling(name string, k Key) spelling {
	s := spelling{size: len(name) + 2, key: k}
	if name == "" || s.size > 32 {
		s.word[0] = 1 // mask 0 gives 0
		return s
	}
	var word, mask [32]byte
	copy(word[:], name+": ")
	for i := range s.size {
		mask[i] = 0xff
	}
	for i := range s.word {
		s.word[i] = binary.LittleEndian.Uint64(word[i*8:])
		s.mask[i] = binary.LittleEndian.Uint64(mask[i*8:])
	}
	return s
}

// begins says whether b, which has 32 bytes, begins with s.
func (s *spelling) begins(b []byte) bool {
	b = b[:32]
	return (binary.LittleEndian.Uint64(b)&s.mask[0]^s.word[0])|
		(binary.LittleEndian.Uint64(b[8:])&s.mask[1]^s.word[1])|
		(binary.LittleEndian.Uint64(b[16:])&s.mask[2]^s.word[2])|
		(binary.LittleEndian.Uint64(b[24:])&s.mask[3]^s.word[3]) == 0
}

// spelled is the number of a spelling, learned if it is new.
func (r *Reader) spelled(name []byte) uint16 {
	if n, ok := r.spellingOf[string(name)]; ok {
		return n
	}
	k := keyOf(name)
	if len(r.spellings) >= maxSpellings || len(name) > maxName || bytes.HasPrefix(name, chanVariable) {
		return uint16(k) // known by its own name, guessed in vain
	}
	n := uint16(len(r.spellings))
	r.spellings = append(r.spellings, newSpelling(string(name), k))
	r.spellingOf[string(name)] = n
	return n
}

// template is how the lines are expected of messages whose first header has this value; nil
// when there are too many kinds.
func (r *Reader) template(value []byte) []uint16 {
	if r.last != nil && r.last.name == string(value) {
		return r.last.spelling[:]
	}
	t, ok := r.templates[string(value)]
	if !ok {
		if len(r.templates) >= maxTemplates || len(value) > maxName {
			return nil
		}
		t = &template{name: string(value)}
		r.templates[t.name] = t
	}
	r.last = t
	return t.spelling[:]
}
