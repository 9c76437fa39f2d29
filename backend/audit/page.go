package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Page is entries of an audit, the newest first.
type Page struct {
	Entries []Entry
	// Next is Filter.Before for the older ones; 0 when there are none. It is set too when the
	// scan has come to its bound before it found enough, or anything: Back says how far it is.
	Next int64
	Back time.Time // of the oldest line that was looked at; zero when there was none
}

const (
	block       = 128 << 10 // bytes read at once
	defaultScan = 8 << 20
)

// Read reads the file of a path backward, also while a Log writes to it. It needs no Log. A
// file that is not there is one without entries. Damaged lines are entries, not errors.
func Read(path string, f Filter) (Page, error) {
	file, size, err := openAudit(path)
	if file == nil || err != nil {
		return Page{}, err
	}
	defer file.Close()
	p, err := readPage(file, size, f)
	if err != nil {
		return Page{}, fmt.Errorf("audit: %s: %w", path, err)
	}
	return p, nil
}

// openAudit opens a file for reading; nil when there is none.
func openAudit(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("audit: %w", err)
	}
	is, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, fmt.Errorf("audit: %w", err)
	}
	return file, is.Size(), nil
}

func readPage(r io.ReaderAt, size int64, f Filter) (p Page, err error) {
	limit := min(max(f.Limit, 0), 1000)
	if limit == 0 {
		limit = 50
	}
	bound := f.Scan
	if bound <= 0 {
		bound = defaultScan
	}
	end, newest := size, true
	if f.Before > 0 && f.Before < size {
		end, newest = f.Before, false
	}
	if !f.To.IsZero() {
		to, err := near(r, size, f.To.Add(setBack), true)
		if err != nil {
			return p, err
		}
		if to < end {
			end, newest = to, false
		}
	}
	m, b, from := f.matcher(), &backward{r: r, from: end, at: end}, end
	for b.at > 0 {
		if len(p.Entries) >= limit || from-b.at >= bound {
			p.Next = b.at
			return p, nil
		}
		line, whole, err := b.line()
		if err != nil {
			return p, err
		}
		if newest && !whole && len(line) <= maxLine {
			newest = false
			continue // it is being written, or a crash came into it
		}
		newest = false
		h, ok := begin(line)
		if ok {
			if p.Back = h.time; !f.From.IsZero() && h.time.Before(f.From.Add(-setBack)) {
				return p, nil
			}
		}
		if e, is := m.match(line, &h, ok); is {
			p.Entries = append(p.Entries, e)
		}
	}
	return p, nil
}

// backward reads a file line by line from its end. What is longer than a line can be comes
// in pieces.
type backward struct {
	r        io.ReaderAt
	buf      []byte // the file's bytes from from to at
	from, at int64
}

// line is the last one before at, without its end; whole says that it had one. It is valid
// until the next call. It must not be called with nothing left.
func (b *backward) line() (line []byte, whole bool, err error) {
	if len(b.buf) == 0 {
		if err := b.more(); err != nil {
			return nil, false, err
		}
	}
	for seen := 0; ; {
		body := b.buf
		if whole = body[len(body)-1] == '\n'; whole {
			body = body[:len(body)-1]
		}
		i := bytes.LastIndexByte(body[:len(body)-seen], '\n')
		switch {
		case i < 0 && b.from > 0 && len(body) <= maxLine:
			seen = len(body)
			if err := b.more(); err != nil {
				return nil, false, err
			}
			continue
		case len(body)-i-1 > maxLine+1: // more than may be in one: as much as is certainly too much
			i = len(body) - maxLine - 2
		}
		line = body[i+1:]
		b.buf = b.buf[:i+1]
		b.at = b.from + int64(i+1)
		return line, whole, nil
	}
}

// more puts a block in front of what there is.
func (b *backward) more() error {
	n := min(b.from, block)
	buf := make([]byte, int(n)+len(b.buf))
	if read, err := b.r.ReadAt(buf[:n], b.from-n); read < int(n) {
		return cutShort(err)
	}
	copy(buf[n:], b.buf)
	b.buf, b.from = buf, b.from-n
	return nil
}

// cutShort is of a file that became shorter while it was read, as one does from which a torn
// line is taken, and of a broken disk.
func cutShort(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// near finds a beginning of a line, or the end of the file, close to where the lines of a time
// begin: behind that place if after, else before it, where the file is in the order of time.
// Where it cannot be read it stays further away.
func near(r io.ReaderAt, size int64, t time.Time, after bool) (int64, error) {
	const window = 2 * (maxLine + 1) // holds a whole line, wherever it begins
	low, high := int64(0), size
	buf := make([]byte, window)
	for high-low > 2*window {
		middle := low + (high-low)/2
		if read, err := r.ReadAt(buf, middle); read < window {
			return 0, cutShort(err)
		}
		skip := 0
		h, ok := head{}, false
		for !ok {
			i := bytes.IndexByte(buf[skip:], '\n')
			if i < 0 {
				break
			}
			skip += i + 1
			line, _, whole := bytes.Cut(buf[skip:], []byte("\n"))
			if h, ok = begin(line); !whole {
				break
			}
		}
		if !ok {
			break
		}
		if at := middle + int64(skip); h.time.Before(t) {
			low = at
		} else {
			high = at
		}
	}
	if after {
		return high, nil
	}
	return low, nil
}
