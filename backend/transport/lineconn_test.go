package transport

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

// chunks is a net.Conn that reads what it is made of, piece by piece.
type chunks struct {
	net.Conn
	left []string
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.left[0])
	if c.left[0] = c.left[0][n:]; c.left[0] == "" {
		c.left = c.left[1:]
	}
	return n, nil
}

func (c *chunks) SetReadDeadline(time.Time) error { return nil }

// lines reads everything; an over-long line is "(long)".
func lines(t *testing.T, limit int, parts ...string) (got []string) {
	t.Helper()
	c := newLineConn(&chunks{left: parts}, nil)
	for {
		text, err := c.ReadFrame(limit, time.Second)
		switch {
		case errors.Is(err, session.ErrTooLong):
			got = append(got, "(long)")
		case errors.Is(err, io.EOF):
			return got
		case err != nil:
			return append(got, "("+err.Error()+")")
		default:
			got = append(got, string(text))
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 512)
	for _, c := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"one by one", []string{"a\n", "b\r\n"}, "a|b"},
		{"at once", []string{"a\nb\r\n\nc\n"}, "a|b||c"},
		{"in pieces", []string{"a", "b", "\r", "\n", "c\n"}, "ab|c"},
		{"CR alone is no end", []string{"a\rb\n"}, "a\rb"},
		{"unfinished", []string{"a\nb"}, "a"},
		{"as long as may be", []string{long + "\n" + long + "\r\n"}, long + "|" + long},
		{"one too long", []string{"a\n", long + "y\n", "b\n"}, "a|(long)|b"},
		{"one too long, CR", []string{"a\n" + long + "y\r\nb\n"}, "a|(long)|b"},
		{"much too long", []string{"a\n", strings.Repeat("y", 10000), "y\nb\n"}, "a|(long)|b"},
		{"endless", []string{"a\n", strings.Repeat("y", 100<<10), "\nb\n"}, "a|(a line without an end)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(lines(t, 512, c.parts...), "|"); got != c.want {
				t.Errorf("got %.200q\nwant %.200q", got, c.want)
			}
		})
	}
}

// A long line needs a large buffer only for its time.
func TestLineBufferShrinks(t *testing.T) {
	c := newLineConn(&chunks{left: []string{strings.Repeat("x", 4000) + "\n", "a\n"}}, nil)
	for _, want := range []int{4000, 1} {
		text, err := c.ReadFrame(4096, time.Second)
		if err != nil || len(text) != want {
			t.Fatalf("%d bytes, %v", len(text), err)
		}
	}
	if len(c.buf) != firstBuffer {
		t.Errorf("a buffer of %d bytes", len(c.buf))
	}
}

// FuzzLines: however the bytes are cut up, the lines are those of the text.
func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\nc", uint8(1))
	f.Add(strings.Repeat("x", 40)+"\nab\n", uint8(7))
	f.Add("\r\n\r\n\r\r\n", uint8(2))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		const limit = 20
		if len(text) > maxSkipped {
			return
		}
		var parts []string
		for rest := text; rest != ""; {
			n := min(int(size)+1, len(rest))
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		var want []string
		whole := strings.Split(text, "\n")
		for _, l := range whole[:len(whole)-1] {
			if l = strings.TrimSuffix(l, "\r"); len(l) > limit {
				l = "(long)"
			}
			want = append(want, l)
		}
		if got := lines(t, limit, parts...); strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	})
}

func TestNoLineEndLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		c := newLineConn(ours, nil)
		for _, bad := range []string{"a\n101 KO", "a\rb"} {
			if err := c.Stage([]byte(bad)); !errors.Is(err, errLineEnd) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		c.Close([]byte("bye\nnow"), 0, "")
		go c.finish()
		if got, err := io.ReadAll(theirs); len(got) != 0 || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}
