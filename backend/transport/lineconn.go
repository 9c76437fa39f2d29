package transport

import (
	"bytes"
	"errors"
	"net"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

const (
	pendingTCP  = 256 << 10 // bytes, then the client is slow
	firstBuffer = 512       // bytes; a longer line gets a larger one for its time
	maxSkipped  = 64 << 10  // bytes of an over-long line that are read to find its end
)

// lineConn is a session.Conn of lines ended by LF; CR LF is accepted.
type lineConn struct {
	wire
	known func() // not nil until called

	buf      []byte
	from, to int // unread bytes of buf
}

func newLineConn(nc net.Conn, known func()) *lineConn {
	c := &lineConn{known: known, buf: make([]byte, firstBuffer)}
	c.init(nc, pendingTCP)
	return c
}

var errEndless = errors.New("a line without an end")

// ReadFrame returns the next line; silence is the time for all of it.
func (c *lineConn) ReadFrame(limit int, silence time.Duration) ([]byte, error) {
	if err := c.arm(silence); err != nil {
		return nil, err
	}
	if c.from == c.to && len(c.buf) > firstBuffer {
		c.buf, c.from, c.to = make([]byte, firstBuffer), 0, 0
	}
	looked := 0 // unread bytes known to hold no LF
	for {
		if i := bytes.IndexByte(c.buf[c.from+looked:c.to], '\n'); i >= 0 {
			text := c.buf[c.from : c.from+looked+i]
			c.from += len(text) + 1
			text = bytes.TrimSuffix(text, []byte{'\r'})
			if len(text) > limit {
				return nil, session.ErrTooLong
			}
			return text, nil
		}
		looked = c.to - c.from
		if looked > limit+1 { // a CR may follow
			return nil, c.skip(looked)
		}
		if err := c.fill(limit + 2); err != nil {
			return nil, err
		}
	}
}

// fill reads once, into a buffer of at most the given size.
func (c *lineConn) fill(most int) error {
	if c.from > 0 {
		c.to = copy(c.buf, c.buf[c.from:c.to])
		c.from = 0
	}
	if c.to == len(c.buf) {
		c.buf = append(c.buf, make([]byte, max(most-len(c.buf), 1))...)
	}
	n, err := c.nc.Read(c.buf[c.to:])
	c.to += n
	if n > 0 {
		return nil // an error comes back
	}
	return c.readError(err)
}

// skip throws the rest of an over-long line away, of which n bytes are there.
func (c *lineConn) skip(n int) error {
	for n <= maxSkipped {
		c.from, c.to = 0, 0
		if err := c.fill(len(c.buf)); err != nil {
			return err
		}
		if i := bytes.IndexByte(c.buf[:c.to], '\n'); i >= 0 {
			c.from = i + 1
			return session.ErrTooLong
		}
		n += c.to
	}
	return errEndless
}

var errLineEnd = errors.New("a frame of the line protocol holds a line end")

// Stage appends a line. Its own line ends would be read as lines of the server (T10),
// so a frame with one is refused; nothing should ever make one.
func (c *lineConn) Stage(frame []byte) error {
	if bytes.IndexByte(frame, '\n') >= 0 || bytes.IndexByte(frame, '\r') >= 0 {
		return errLineEnd
	}
	return c.stage(frame, appendLine)
}

func appendLine(b, frame []byte) []byte { return append(append(b, frame...), '\n') }

func (c *lineConn) Flush() error { return c.flush() }

// Close has no use for code and reason: the farewell says it all.
func (c *lineConn) Close(farewell []byte, _ int, _ string) {
	c.end(func(b []byte) []byte {
		if farewell == nil || bytes.IndexByte(farewell, '\n') >= 0 {
			return b
		}
		return appendLine(b, farewell)
	})
}

// Known frees the place of a stranger; the client's own goroutine calls it.
func (c *lineConn) Known() {
	if c.known != nil {
		c.known()
		c.known = nil
	}
}
