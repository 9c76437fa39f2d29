package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// errNoAudit is of a file whose end is no audit's.
var errNoAudit = errors.New("its end is not that of an audit file: move it away, and a new one is begun")

// end is a whole line.
type end struct {
	seq        uint64
	hash, prev string
}

// read reads a line without its end; nil when it is none.
func read(line []byte) *end {
	var l struct {
		Time, Event, Prev *string
		Seq               *uint64
	}
	if len(line) > maxLine || json.Unmarshal(line, &l) != nil || l.Time == nil || l.Event == nil || l.Prev == nil || l.Seq == nil {
		return nil
	}
	return &end{*l.Seq, hash(line), *l.Prev}
}

// tail finds the last line of a file of a size, nil in an empty one, and what stands behind
// it: the beginning of a line, or what else a file system makes of one when the power goes.
func tail(r io.ReaderAt, size int64) (last *end, torn []byte, err error) {
	const reach = 2 * (maxLine + 1) // a line, and the torn one
	b := make([]byte, min(size, reach))
	if _, err := r.ReadAt(b, size-int64(len(b))); err != nil {
		return nil, nil, err
	}
	to := bytes.LastIndexByte(b, '\n') // the end of the last whole line
	if to < 0 {
		if len(b) > maxLine || !begun(b) {
			return nil, nil, errNoAudit
		}
		return nil, b, nil
	}
	from := bytes.LastIndexByte(b[:to], '\n') + 1
	if last = read(b[from:to]); last == nil {
		return nil, nil, errNoAudit
	}
	return last, b[to+1:], nil
}

// begun says whether b may be what is left of the first line. Another file that was named by
// mistake must not be emptied.
func begun(b []byte) bool {
	const start = `{"time":"`
	return bytes.HasPrefix(b, []byte(start)) || bytes.HasPrefix([]byte(start), b) || len(bytes.Trim(b, "\x00")) == 0
}

// Verify reads a whole audit and returns how many lines of it are in order, from the first
// on. The error says what is wrong with the line after them. A file that goes on from one
// that was archived begins with any number.
func Verify(r io.Reader) (lines int, err error) {
	in := bufio.NewReaderSize(r, maxLine+1)
	var before *end
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return lines, nil
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return lines, err
		}
		is := read(bytes.TrimSuffix(line, []byte("\n")))
		switch {
		case err != nil || is == nil:
			return lines, fmt.Errorf("line %d is not whole", lines+1)
		case before != nil && is.seq != before.seq+1:
			return lines, fmt.Errorf("line %d has number %d, not %d", lines+1, is.seq, before.seq+1)
		case before != nil && is.prev != before.hash:
			return lines, fmt.Errorf("line %d does not follow the one before as that is now", lines+1)
		}
		before = is
		lines++
	}
}
