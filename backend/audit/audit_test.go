package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(tb testing.TB, path string) *Log {
	tb.Helper()
	l, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

func content(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// verify holds that a file has so many lines, all in order.
func verify(tb testing.TB, path string, lines int) {
	tb.Helper()
	if n, err := Verify(bytes.NewReader(content(tb, path))); n != lines || err != nil {
		tb.Errorf("%d lines in order, %v; want %d", n, err, lines)
	}
}

// TestLine holds what a line looks like, and that the next one vouches for it.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		l := open(t, path)
		if err := l.Log(t.Context(), "sign-in", slog.String("operator", "anna"), slog.Int("tries", 2), slog.Bool("ok", true),
			slog.Duration("after", time.Second), slog.Time("at", time.Now()), slog.Any("err", errors.New("no <b>"))); err != nil {
			t.Fatal(err)
		}
		if err := l.Log(t.Context(), "apply"); err != nil {
			t.Fatal(err)
		}
		const first = `{"time":"2000-01-01T00:00:00.000Z","seq":1,"event":"sign-in","operator":"anna","tries":2,"ok":true,` +
			`"after":"1s","at":"2000-01-01T00:00:00.000Z","err":"no \u003cb\u003e","prev":""}`
		want := first + "\n" + `{"time":"2000-01-01T00:00:00.000Z","seq":2,"event":"apply","prev":"` + hash([]byte(first)) + `"}` + "\n"
		if got := string(content(t, path)); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if is, err := os.Stat(path); err != nil || is.Mode() != 0o600 {
			t.Errorf("%v, %v", is.Mode(), err)
		}
	})
}

// hostile values, as callers and agents may send them.
var hostile = []string{
	"", "\r\n", "\n{\"seq\":9}", "\x00", "\x1b[2J", "\x7f", "\u0085\u009b31m", "\ufeff", "\xff\xc0\x80", "\u2028\u2029", "\u202eabc", "a\u200db",
	"\U000e0041", "😀", `"`, `\`, `","prev":"`, "<script>", strings.Repeat("x", 4096),
}

// TestHostile holds that no value leaves its line or its string, or acts on a terminal.
func TestHostile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	for _, v := range hostile {
		if err := l.Log(t.Context(), "x"+v, slog.String("number", v)); err != nil {
			t.Fatalf("%q: %v", v, err)
		}
	}
	verify(t, path, len(hostile))
	for i, line := range strings.Split(strings.TrimSuffix(string(content(t, path)), "\n"), "\n") {
		var got struct{ Number, Event string }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if v := strings.ToValidUTF8(strings.ReplaceAll(hostile[i], "\xff\xc0\x80", "\ufffd\ufffd\ufffd"), ""); got.Number != v || got.Event != "x"+v {
			t.Errorf("%q became %q and %q", v, got.Number, got.Event)
		}
		if at := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("%q is written as it is", line[at:at+3])
		}
	}
}

// TestRefused holds that what cannot be written as it is meant is an error, and leaves no line.
func TestRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	for name, attrs := range map[string][]slog.Attr{
		"own key":  {slog.Int("seq", 7)},
		"own Key":  {slog.Int("Prev", 7)},
		"twice":    {slog.Int("a", 1), slog.Int("A", 1)},
		"no key":   {slog.Int("", 1)},
		"odd key":  {slog.Int("\u017feq", 1)},
		"group":    {slog.Group("g", slog.Int("a", 1))},
		"too long": {slog.String("a", strings.Repeat("x", maxLine))},
		"no JSON":  {slog.Any("a", make(chan int))},
	} {
		if err := l.Log(t.Context(), "x", attrs...); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if b := content(t, path); len(b) > 0 {
		t.Errorf("left: %s", b)
	}
}

// TestTorn holds that a crash costs nothing but the line that it came into.
func TestTorn(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, whole)
	for i := range 3 {
		if err := l.Log(t.Context(), "originate", slog.Int("n", i)); err != nil {
			t.Fatal(err)
		}
	}
	b := content(t, whole)
	lines := bytes.SplitAfter(b, []byte("\n"))
	for cut := range b {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, b[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		l := open(t, path)
		if err := l.Log(t.Context(), "next"); err != nil {
			t.Fatal(err)
		}
		kept := bytes.Count(b[:cut], []byte("\n"))
		want, torn := bytes.Join(lines[:kept], nil), b[:cut][len(bytes.Join(lines[:kept], nil)):]
		got := content(t, path)
		if !bytes.HasPrefix(got, want) {
			t.Fatalf("cut at %d: a whole line is lost:\n%s", cut, got)
		}
		if len(torn) > 0 {
			kept++ // says so
			if aside := content(t, path+".torn"); string(aside) != string(torn)+"\n" {
				t.Errorf("cut at %d: %q is set aside, not %q", cut, aside, torn)
			}
		}
		verify(t, path, kept+1)
		if is, err := os.Stat(path); err != nil || is.Mode() != 0o600 {
			t.Errorf("%v, %v", is.Mode(), err)
		}
		l.Close()
	}
}

// TestAltered holds that every change of a line but the last is found.
func TestAltered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	for i := range 3 {
		if err := l.Log(t.Context(), "originate", slog.Int("n", i)); err != nil {
			t.Fatal(err)
		}
	}
	b := content(t, path)
	lines := bytes.SplitAfter(b, []byte("\n"))
	for i := range len(lines[0]) + len(lines[1]) {
		c := bytes.Clone(b)
		c[i] ^= 1
		if n, err := Verify(bytes.NewReader(c)); err == nil {
			t.Errorf("byte %d: %d lines are in order", i, n)
		}
	}
	for name, c := range map[string][]byte{
		"taken out": bytes.Join([][]byte{lines[0], lines[2]}, nil),
		"put in":    bytes.Join([][]byte{lines[0], lines[0], lines[1]}, nil),
		"cut":       b[:len(b)-1],
	} {
		if n, err := Verify(bytes.NewReader(c)); err == nil {
			t.Errorf("%s: %d lines are in order", name, n)
		}
	}
}

// TestFailure holds that whoever writes is told when he cannot, and that it heals.
func TestFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	path := filepath.Join(dir, "audit.jsonl")
	if _, err := Open(path); err == nil {
		t.Fatal("a folder that is not there")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l := open(t, path)
	log := func(want bool) {
		t.Helper()
		if err := l.Log(t.Context(), "x"); (err == nil) != want {
			t.Fatalf("%v", err)
		}
	}
	log(true)
	l.file.Close()
	l.file, _ = os.Open(path) // a disk that takes nothing
	log(false)
	log(true)
	verify(t, path, 2)

	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	log(false) // into a file that nobody finds
	if err := os.Rename(dir+"2", dir); err != nil {
		t.Fatal(err)
	}
	log(true)
	if err := os.Rename(path, path+".1"); err != nil { // archived
		t.Fatal(err)
	}
	log(true)
	both := filepath.Join(dir, "both")
	if err := os.WriteFile(both, append(content(t, path+".1"), content(t, path)...), 0o600); err != nil {
		t.Fatal(err)
	}
	verify(t, both, 4)

	l.Close()
	if err := l.Log(t.Context(), "x"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestForeign holds that a file that is no audit is not touched.
func TestForeign(t *testing.T) {
	for _, text := range []string{"root:x:0:0\n", "key without end", "{}\n", `{"time":"x","seq":1,"event":"x"}` + "\n", strings.Repeat("x", 3*maxLine)} {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Errorf("%.20q is an audit", text)
		}
		if got := content(t, path); string(got) != text {
			t.Errorf("%.20q became %.20q", text, got)
		}
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder is an audit")
	}
}

// TestTogether holds that many may write at once.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 8 {
				if err := l.Log(t.Context(), "x", slog.String("who", fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	verify(t, path, 64)
}

// FuzzOpen opens what may lie there. It is refused and left as it is; or nothing of it is
// lost, and a line can be written.
func FuzzOpen(f *testing.F) {
	line, err := encode(time.Time{}, 1, "x", nil, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	whole := string(line) + "\n"
	f.Add([]byte(whole))
	f.Add([]byte(whole + whole[:20]))
	f.Add([]byte(whole + "\x00\x00"))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\n\n"))
	f.Add(line[:9])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(path)
		if err != nil {
			if got := content(t, path); !bytes.Equal(got, b) {
				t.Fatalf("refused, and altered: %q", got)
			}
			return
		}
		defer l.Close()
		if err := l.Log(t.Context(), "next"); err != nil {
			t.Fatal(err)
		}
		whole := b[:bytes.LastIndexByte(b, '\n')+1]
		got := content(t, path)
		if !bytes.HasPrefix(got, whole) {
			t.Fatalf("a line is lost: %q", got)
		}
		if torn := b[len(whole):]; len(torn) > 0 && !bytes.Equal(content(t, path+".torn"), append(torn, '\n')) {
			t.Fatal("what was torn is lost")
		}
		if n, err := Verify(bytes.NewReader(got[len(whole):])); err != nil || n == 0 {
			t.Fatalf("%d, %v: %q", n, err, got)
		}
	})
}

// FuzzVerify reads whatever there is, and counts no more lines than there are.
func FuzzVerify(f *testing.F) {
	line, err := encode(time.Time{}, 1, "x", nil, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(string(line) + "\n"))
	f.Add([]byte("\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := Verify(bytes.NewReader(b)); n > bytes.Count(b, []byte("\n")) || err == nil && n != bytes.Count(b, []byte("\n")) {
			t.Fatalf("%d lines, %v", n, err)
		}
	})
}
