package desktop

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// maxLine is the longest line of the server that is read, in bytes without its end.
const maxLine = 64 << 10

var errLineTooLong = errors.New("the server sent a line longer than 64 KiB")

// Line is one line of the server: an answer or notice, or an event. Its text has been
// through Show.
type Line struct {
	Code  int    // 100 to 999; 0 for an event, and for a line that was not understood
	Text  string // what follows the code; why the line was not understood
	Event *Event
}

// readLine waits for a line. What came of a line that has no end is none.
func readLine(in *bufio.Reader) (Line, error) {
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return Line{}, errLineTooLong
		}
		if err != nil {
			return Line{}, err
		}
		if l := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"); l != "" {
			got, err := ParseLine(l)
			if err != nil {
				err = &notUnderstood{err}
			}
			return got, err
		}
	}
}

// notUnderstood is a line that is none of the protocol's. The next may be one.
type notUnderstood struct{ error }

func (e *notUnderstood) Unwrap() error { return e.error }

// ParseLine reads a line, without its end. It tells an answer from an event by the
// first byte, as the protocol does.
func ParseLine(s string) (Line, error) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		e, err := ParseEvent(s)
		return Line{Event: e}, err
	}
	digits, text, _ := strings.Cut(s, " ")
	code := 0
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' || code > 99 {
			code = 0
			break
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 {
		return Line{}, fmt.Errorf("the server sent %q, which is no answer", Show(s[:min(len(s), 40)]))
	}
	return Line{Code: code, Text: Show(text)}, nil
}

// Command is one line to the server.
type Command string

// The commands without parameters, and those that Pause and Dial make.
const (
	Resume   Command = "PAUSE OUT"
	Ready    Command = "READY"
	More     Command = "MORE"
	noop     Command = "NOOP"
	quit     Command = "QUIT"
	reasons  Command = "REASONS"
	contexts Command = "CONTEXTS"
)

// Pause is the command for a pause, at once or after the call in progress.
func Pause(reason string, after bool) Command {
	word := "IN"
	if after {
		word = "AFTER"
	}
	return Command(strings.TrimSpace("PAUSE " + word + " " + reason))
}

// Dial is the command that calls number from the service of the given context. Blanks
// and the signs with which people write numbers, -/().  are left out.
func Dial(number, context string) Command {
	number = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-/().", r) {
			return -1
		}
		return r
	}, number)
	return Command("ORIG " + number + " " + context + " 1")
}

// check refuses what would not be one line, or not the command it looks like.
func (c Command) check() error {
	switch {
	case strings.ContainsFunc(string(c), unicode.IsControl):
		return errors.New("control characters cannot be sent")
	case len(c) > 1024:
		return errors.New("that is too long")
	case strings.HasPrefix(string(c), "ORIG ") && len(strings.Fields(string(c))) != 4:
		return errors.New("a number and a context are needed")
	}
	return nil
}
