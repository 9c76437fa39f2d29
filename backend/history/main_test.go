package history

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("ASTCTI_TEST_CRASH"); dir != "" {
		fmt.Fprintln(os.Stderr, crashing(context.Background(), dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shelf is a history in a folder, which tells when it has written or deleted.
type shelf struct {
	*History
	wrote, purged chan struct{}
}

func open(t testing.TB, dir string, change func(*Options)) *shelf {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	write, read, err := st.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{wrote: make(chan struct{}, 10_000), purged: make(chan struct{}, 10)}
	o := Options{
		Write: write, Read: read, Keep: 24 * time.Hour, Clock: func() time.Time { return noon },
		wrote: func() { s.wrote <- struct{}{} }, purged: func() { s.purged <- struct{}{} },
	}
	if change != nil {
		change(&o)
	}
	if s.History, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return s
}

// shelved is open, and closed at the test's end.
func shelved(t testing.TB, change func(*Options)) *shelf {
	t.Helper()
	s := open(t, t.TempDir(), change)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// keep hands calls over and waits until all are written.
func (s *shelf) keep(t testing.TB, list ...tracker.Past) {
	t.Helper()
	goal := s.Stats().Written + int64(len(list))
	for _, p := range list {
		s.Add(p)
	}
	for s.Stats().Written < goal {
		select {
		case <-s.wrote:
		case <-time.After(30 * time.Second):
			t.Fatal("it is not written")
		}
	}
}

// past is a call of Support that ada has answered and talked in for 65 seconds.
func past(operator string, change func(*pbx.Call)) tracker.Past {
	c := &pbx.Call{
		ID: "r-1", Uniqueid: "pbx1-1.2", Service: "Support", Queue: "help", Direction: pbx.Inbound, Phase: pbx.PhaseEnded,
		Caller: pbx.CallerID{Number: "+390551234", Name: "Müller & Söhne"}, Called: "101",
		Variables: []pbx.Variable{{Name: "zeta", Value: "1"}, {Name: "alpha", Value: "2"}},
		Started:   noon.Add(-75 * time.Second), Answered: noon.Add(-65 * time.Second), Since: noon, Cause: 16,
	}
	if change != nil {
		change(c)
	}
	return tracker.Past{Operator: operator, UID: operator, Call: c}
}

// agent is one whose UID is his name.
func agent(name string) tracker.Agent { return tracker.Agent{Operator: name, UID: name} }

func (s *shelf) page(t testing.TB, operator string, q Query) Page {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	p, err := s.Page(t.Context(), operator, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names are the callers of a page, or the numbers that were called.
func (p Page) names() string {
	list := make([]string, len(p.Calls))
	for i, e := range p.Calls {
		if list[i] = e.Caller.Name; e.Outgoing {
			list[i] = e.Called
		}
	}
	return strings.Join(list, " ")
}

// crashing writes calls for ever, and says each time how many are written.
func crashing(ctx context.Context, dir string) error {
	st, err := store.Open(ctx, dir)
	if err != nil {
		return err
	}
	write, read, err := st.Calls(ctx)
	if err != nil {
		return err
	}
	wrote := make(chan struct{}, 1)
	h, err := Open(ctx, Options{Write: write, Read: read, Keep: time.Hour, Clock: func() time.Time { return noon }, wrote: func() { wrote <- struct{}{} }})
	if err != nil {
		return err
	}
	for {
		for range 20 {
			h.Add(past("ada", nil))
		}
		<-wrote
		if _, err := fmt.Fprintln(os.Stdout, h.Stats().Written); err != nil {
			return err
		}
	}
}

// TestCrash kills the process in the middle of its work: what it said was written is there.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "ASTCTI_TEST_CRASH="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := 0
	for lines := bufio.NewScanner(out); said < 100 && lines.Scan(); {
		if _, err := fmt.Sscan(lines.Text(), &said); err != nil {
			t.Error(err)
			break
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	s := open(t, dir, nil)
	defer s.Close()
	if got := len(s.page(t, "ada", Query{Limit: MaxLimit}).Calls); said < 100 || got < said {
		t.Errorf("%d calls were written, %d are there", said, got)
	}
	s.keep(t, past("ada", nil)) // and it goes on
}
