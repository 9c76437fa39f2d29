package replay

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// file is one that cannot be written, or closed.
type file struct {
	strings.Builder
	write, close error
}

func (f *file) Write(p []byte) (int, error) {
	if f.write != nil {
		return 0, f.write
	}
	return f.Builder.Write(p)
}
func (f *file) Close() error { return f.close }

// TestRecord: from the sign-in on, to the end, whatever that is; what cannot be written is
// told.
func TestRecord(t *testing.T) {
	const signIn = "Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\nChallenge: 1\r\n\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n"
	const event = "Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\n\r\n"
	full, reset := errors.New("no space left"), errors.New("reset")
	for _, tt := range []struct {
		name string
		conn io.Reader
		file file
		make error
		n    int
		want error
		text string // after the first line; the clock's left out
	}{
		{name: "two events", conn: strings.NewReader(signIn + event + event), n: 2, text: event + event},
		{name: "cut", conn: strings.NewReader(signIn + event + "Event: H"), n: 1, text: event},
		{name: "nothing", conn: strings.NewReader("")},
		{name: "no sign-in", conn: strings.NewReader(signIn[:60])},
		{name: "refused", conn: strings.NewReader(signIn[:80] + "1\r\n\r\nResponse: Error\r\nMessage: Authentication failed\r\n\r\n")},
		{name: "no file", conn: strings.NewReader(signIn + event), make: full, want: full},
		{name: "full", conn: strings.NewReader(signIn + event + event), file: file{write: full}, n: 2, want: full},
		{name: "full at the end", conn: strings.NewReader(signIn + event), file: file{close: full}, n: 1, want: full, text: event},
		{name: "a fault", conn: io.MultiReader(strings.NewReader(signIn+event), iotest.ErrReader(reset)), n: 1, want: reset, text: event},
	} {
		n, err := Record(tt.conn, Recording{Keep: keepCalldata, Create: func() (io.WriteCloser, error) { return &tt.file, tt.make }})
		if n != tt.n || !errors.Is(err, tt.want) {
			t.Errorf("%s: %d %v", tt.name, n, err)
		}
		got, begun := strings.CutPrefix(tt.file.String(), "Asterisk Call Manager/11.0.0\r\nEvent: "+Clock+"\r\n"+clockTime)
		if _, got, _ = strings.Cut(got, "\r\n\r\n"); got != tt.text || begun != (tt.text != "") {
			t.Errorf("%s: %q", tt.name, tt.file.String())
		}
	}
}
