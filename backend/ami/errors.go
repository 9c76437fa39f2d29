package ami

import (
	"errors"
	"fmt"
)

// What a peer can do that ends a connection. None of them is mended by reading on.
var (
	ErrLineTooLong    = errors.New("ami: a line is longer than 64 KiB")
	ErrTooManyHeaders = errors.New("ami: a message has more than 1024 headers")
	ErrMessageTooLong = errors.New("ami: a message is longer than 256 KiB")
)

// NotAMIError says that the peer did not greet as Asterisk does, or not at all.
type NotAMIError struct {
	// Excerpt is the beginning of what it said: printable ASCII, at most 40
	// characters, safe for a log.
	Excerpt string
}

func (e *NotAMIError) Error() string {
	if e.Excerpt == "" {
		return "ami: it sent no greeting"
	}
	return fmt.Sprintf("ami: it greets with %q", e.Excerpt)
}

// excerpt is b made fit for NotAMIError.
func excerpt(b []byte) string {
	const most = 40
	out := make([]byte, 0, most)
	for _, c := range b[:min(len(b), most)] {
		if c < 0x20 || c > 0x7e {
			c = '.'
		}
		out = append(out, c)
	}
	return string(out)
}
