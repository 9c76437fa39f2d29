// Package ami speaks the Asterisk Manager Interface: greeting, messages, actions
// and their answers, on a connection. It knows no telephony.
package ami

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of what is read. Asterisk keeps far below them: its own output buffer
// for one event begins at 1 KiB, and dialplan values end at 8 KiB (EXT_DATA_SIZE).
const (
	MaxLine    = 64 << 10  // bytes of a line without its line break
	MaxHeaders = 1024      // lines of a message
	MaxMessage = 256 << 10 // bytes of a message with its empty line

	firstBuffer = 64 << 10
	slack       = 64 // bytes behind the buffer, so that words can be compared up to its end
	slabSize    = 4 << 10
	suspicious  = 3 << 10 // no smaller message can be over a limit
)

// Reader reads messages. It allocates nothing for a message, so long as its
// headers have been met before. One goroutine only.
type Reader struct {
	src     io.Reader
	buf     []byte // its last slack bytes are never filled
	pos     int    // the next message begins here
	end     int    // bytes behind this are not filled
	scanned int    // no message ends before this
	limit   limiter
	err     error
	version string

	msg        Message
	spellings  []spelling
	spellingOf map[string]uint16
	templates  map[string]*template
	last       *template
	slab       strings.Builder
	kept       [recently]string
}

// NewReader is a Reader of src, which begins with the greeting or with a message.
func NewReader(src io.Reader) *Reader {
	r := &Reader{
		src:        src,
		buf:        make([]byte, firstBuffer+slack),
		spellings:  make([]spelling, numKeys, 256),
		spellingOf: make(map[string]uint16, 256),
		templates:  make(map[string]*template, 64),
	}
	for k := range numKeys {
		r.spellings[k] = newSpelling(names[k], k)
		if k != Unknown {
			r.spellingOf[names[k]] = uint16(k)
		}
	}
	r.msg.r = r
	r.msg.h = make([]header, 0, 64)
	return r
}

var greeting = []byte("Asterisk Call Manager/")

// ReadGreeting reads the first line of a connection and returns the version of the
// manager interface ("1.0" for Asterisk 1.4, "11.0.0" for 22). The error is a
// *NotAMIError when the peer says something else.
func (r *Reader) ReadGreeting() (string, error) {
	const longest = 128
	for {
		got := r.buf[r.pos:r.end]
		lf := bytes.IndexByte(got, '\n')
		if n := min(len(got), len(greeting)); !bytes.Equal(got[:n], greeting[:n]) || lf < 0 && len(got) > longest {
			return "", &NotAMIError{excerpt(got)}
		}
		if lf >= 0 {
			version := bytes.TrimRight(got[min(len(greeting), lf):lf], "\r")
			if len(version) == 0 || excerpt(version) != string(version) {
				return "", &NotAMIError{excerpt(got[:lf])}
			}
			r.pos += lf + 1
			r.version = string(version)
			return r.version, nil
		}
		if err := r.fill(); err != nil {
			if errors.Is(err, io.EOF) && len(got) > 0 {
				return "", &NotAMIError{excerpt(got)}
			}
			return "", fmt.Errorf("greeting: %w", err)
		}
	}
}

// Version is what ReadGreeting returned.
func (r *Reader) Version() string { return r.version }

// Next reads the next message. Errors: io.EOF at the end, io.ErrUnexpectedEOF when
// the peer closed inside a message (which is discarded: Asterisk cuts a client that
// is too slow in the middle of an event), one of the limits, or the reader's own.
// After an error every call returns it again.
func (r *Reader) Next() (*Message, error) {
	if r.msg.b != nil {
		r.msg.b = nil
	}
	for !r.framed() {
		if err := r.fill(); err != nil {
			if errors.Is(err, io.EOF) && r.pos < r.end {
				err, r.err = io.ErrUnexpectedEOF, io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	size := r.scanned - r.pos
	if size > suspicious {
		if err := r.limit.check(r.buf[r.pos:r.scanned]); err != nil {
			r.err = err
			return nil, err
		}
	}
	r.msg.begin(r.buf[r.pos:], size-2)
	r.pos = r.scanned
	r.limit = limiter{}
	return &r.msg, nil
}

// Buffered says whether the next Next will return without reading. So a caller can
// hand on together what came together.
func (r *Reader) Buffered() bool { return r.err == nil && r.framed() }

// framed finds the end of the next message: r.scanned is then behind it.
func (r *Reader) framed() bool {
	if r.scanned > r.pos {
		if b := r.buf[:r.scanned]; bytes.HasSuffix(b, blank) && r.scanned-r.pos >= len(blank) {
			return true
		}
	}
	// Asterisk sends empty blocks after some answers (Park, and Originate's errors in
	// 1.4). They are not messages.
	for r.pos < r.end && (r.buf[r.pos] == '\n' || r.buf[r.pos] == '\r' && r.pos+1 < r.end && r.buf[r.pos+1] == '\n') {
		r.pos++
	}
	from := max(r.pos, r.scanned-len(blank)+1)
	i := blankLine(r.buf[from:], r.end-from)
	if i < 0 {
		r.scanned = r.end
		return false
	}
	r.scanned = from + i
	return true
}

var blank = []byte("\r\n\r\n")

// fill reads once. What is left of the buffer moves to its front, so every
// Message of before is void.
func (r *Reader) fill() error {
	if r.end-r.pos > suspicious {
		if err := r.limit.check(r.buf[r.pos:r.end]); err != nil {
			r.err = err
		}
	}
	if r.err != nil {
		return r.err
	}
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.scanned = max(0, r.scanned-r.pos)
		r.pos = 0
	}
	if r.end == len(r.buf)-slack {
		bigger := make([]byte, 2*r.end+slack)
		copy(bigger, r.buf[:r.end])
		r.buf = bigger
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end : len(r.buf)-slack])
		r.end += n
		if n > 0 {
			r.err = err
			return nil
		}
		if err != nil {
			r.err = err
			return err
		}
	}
	r.err = io.ErrNoProgress
	return r.err
}

// limiter looks for what is too long, through one message that may still grow. The
// verdict depends on the bytes only, not on how they arrived.
type limiter struct{ at, lineAt, lines int }

func (l *limiter) check(b []byte) error {
	for l.at < len(b) {
		lf := bytes.IndexByte(b[l.at:], '\n')
		if lf < 0 {
			l.at = len(b)
			break
		}
		l.at += lf + 1
		if l.at-2 >= l.lineAt && b[l.at-2] == '\r' {
			if err := l.over(l.at, l.at-2-l.lineAt); err != nil {
				return err
			}
			l.lines++
			l.lineAt = l.at
			if l.lines > MaxHeaders+1 {
				return ErrTooManyHeaders
			}
		}
	}
	return l.over(len(b), len(b)-l.lineAt-1)
}

func (l *limiter) over(size, line int) error {
	if line > MaxLine && l.lineAt+MaxLine < MaxMessage {
		return ErrLineTooLong
	}
	if size > MaxMessage {
		return ErrMessageTooLong
	}
	return nil
}

// keep copies b into memory that is never written again. Many strings share one
// piece, so that keeping one costs no allocation; and what was kept lately is not
// copied again, for most events tell the same few channels.
func (r *Reader) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > longestKept {
		return r.copied(b)
	}
	// Ids and names differ in their last bytes.
	var tail uint64
	if len(b) >= 8 {
		tail = binary.LittleEndian.Uint64(b[len(b)-8:])
	} else {
		for _, c := range b {
			tail = tail<<8 | uint64(c)
		}
	}
	last := &r.kept[(tail^uint64(len(b)))*0x9E3779B97F4A7C15>>(64-recentBits)]
	if *last != string(b) {
		*last = r.copied(b)
	}
	return *last
}

const (
	longestKept = 64 // bytes
	recentBits  = 9
	recently    = 1 << recentBits // strings; each may hold a piece of slabSize
)

func (r *Reader) copied(b []byte) string {
	if r.slab.Cap()-r.slab.Len() < len(b) {
		r.slab = strings.Builder{}
		r.slab.Grow(max(slabSize, len(b)))
	}
	from := r.slab.Len()
	r.slab.Write(b)
	return r.slab.String()[from:]
}
