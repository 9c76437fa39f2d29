package replay

import (
	"bufio"
	"errors"
	"io"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// Recording says what Record keeps.
type Recording struct {
	Keep func(variable string) bool // as NewMasker has it
	Own  func(number string) bool   // as NewMasker has it
	// Create makes the file, once something is to be written: after the sign-in.
	Create func() (io.WriteCloser, error)
}

// Record masks and writes what a connection to the manager interface brings, from its
// greeting to its end, with the time once a second. It leaves out the sign-in. The error is
// that of Create or of writing, to the closing of the file, or says why what the connection
// brought could not be read; its end is none, be it in the middle of a message. n is how
// many messages were written.
func Record(conn io.Reader, o Recording) (n int, err error) {
	r := ami.NewReader(conn)
	version, err := r.ReadGreeting()
	if err != nil {
		return 0, ended(err)
	}
	for signedIn := false; !signedIn; {
		m, err := r.Next()
		if err != nil {
			return 0, ended(err)
		}
		signedIn = m.Response() != nil && !m.Has(ami.Challenge)
	}
	m, err := r.Next()
	if err != nil {
		return 0, ended(err)
	}
	file, err := o.Create()
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(file)
	defer func() { err = errors.Join(err, file.Close()) }()
	mask := NewMasker(version, o.Keep, o.Own)
	b := []byte(greeting + version + "\r\n")
	for last := (time.Time{}); ; {
		if now := time.Now(); now.Sub(last) >= time.Second {
			b, last = appendClock(b, now), now
		}
		if _, err := out.Write(mask.Append(b, m)); err != nil {
			return n, err
		}
		n++
		if !r.Buffered() {
			if err := out.Flush(); err != nil {
				return n, err
			}
		}
		if m, err = r.Next(); err != nil {
			return n, errors.Join(ended(err), out.Flush())
		}
		b = b[:0]
	}
}

// ended is nil for the end of a connection.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// appendClock appends a clock's message.
func appendClock(dst []byte, at time.Time) []byte {
	dst = append(dst, "Event: "+Clock+"\r\n"+clockTime...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, "\r\n\r\n"...)
}
