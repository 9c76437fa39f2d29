package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const greeting = "Asterisk Call Manager/"

// source remembers how much could be read, and why no more.
type source struct {
	r   io.Reader
	n   int64
	err error // none at a true end
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

const head = 64 << 10 // bytes that are looked at to see what a recording is

// text is a recording as Asterisk sent it, from whatever people make of one: without what a
// terminal wrote before it, and with line ends of CR LF if it has none.
func text(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, head)
	begin, _ := b.Peek(head) // what cannot be read is told by who reads on
	from := -1
	for _, word := range []string{greeting, "Event: ", "Response: "} {
		if i := bytes.Index(begin, []byte(word)); i >= 0 && (from < 0 || i < from) {
			from = i
		}
	}
	if from < 0 {
		return b
	}
	_, _ = b.Discard(from) // was peeked
	if bytes.Contains(begin[from:], crlf) {
		return b
	}
	return bufio.NewReaderSize(&crlfs{src: b}, head)
}

// crlfs makes each LF of a text a CR LF, and ends the last message.
type crlfs struct {
	src *bufio.Reader
	out []byte // not taken yet
	err error
}

func (c *crlfs) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		line, err := c.src.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
		}
		c.err = err
		c.out = append(c.out[:0], bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))...)
		if bytes.HasSuffix(line, []byte("\n")) {
			c.out = append(c.out, crlf...)
		}
		if errors.Is(err, io.EOF) {
			c.out = append(c.out, "\r\n\r\n"...)
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}
