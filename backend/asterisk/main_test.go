package asterisk_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// translate is what all messages of in mean.
func translate(tb testing.TB, in io.Reader, w *asterisk.Wanted) (version string, all []pbx.Event) {
	tb.Helper()
	r := ami.NewReader(in)
	version, err := r.ReadGreeting()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return version, all
		}
		if err != nil {
			tb.Fatal(err)
		}
		all = asterisk.Translate(m, w, all)
	}
}

// one is what one message means; its lines are separated by bars.
func one(tb testing.TB, lines string, w *asterisk.Wanted) []pbx.Event {
	tb.Helper()
	_, all := translate(tb, strings.NewReader("Asterisk Call Manager/0\r\n"+strings.ReplaceAll(lines, "|", "\r\n")+"\r\n\r\n"), w)
	return all
}

// words writes an event in one line, with what it tells and nothing else.
func words(e pbx.Event) string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%q", name, value)
		}
	}
	leg := func(prefix string, l pbx.Leg) {
		add(prefix+"id", string(l.ID))
		add(prefix+"name", l.Name)
		add(prefix+"linkedid", string(l.Linkedid))
		add(prefix+"number", l.CallerID.Number)
		add(prefix+"cidname", l.CallerID.Name)
		add(prefix+"connected", l.Connected.Number)
		add(prefix+"conname", l.Connected.Name)
		add(prefix+"context", l.Context)
		add(prefix+"exten", l.Exten)
		if l.StateKnown {
			add(prefix+"state", l.State.String())
		}
	}
	leg("", e.Channel)
	leg("dest.", e.Dest)
	add("bridge", string(e.Bridge))
	add("queue", e.Queue)
	add("interface", e.Interface)
	add("app", e.App)
	add("data", e.AppData)
	add("variable", e.Variable)
	if e.Kind != pbx.VarSet {
		add("value", e.Value)
	}
	if e.Paused {
		b.WriteString(" paused")
	}
	if e.Kind == pbx.VarSet {
		fmt.Fprintf(&b, " value=%q", e.Value)
	}
	add("text", e.Text)
	if e.Number != 0 {
		fmt.Fprintf(&b, " n=%d", e.Number)
	}
	return b.String()
}

func lines(events []pbx.Event) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(words(e))
		b.WriteByte('\n')
	}
	return b.String()
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, []byte(got)) {
		return
	}
	w, g := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Fatalf("%s: line %d is\n%s\nwant\n%s", name, i+1, b, a)
		}
	}
}
