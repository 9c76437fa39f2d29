package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// lines is a log that is waited for.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// logging is a history that logs.
func logging(t *testing.T, dir string) (*shelf, lines) {
	t.Helper()
	log := make(lines, 100)
	s := open(t, dir, func(o *Options) { o.Tell, o.Log = true, slog.New(slog.NewTextHandler(log, nil)) })
	<-s.purged
	return s, log
}

// TestRefused: what the database refuses is told and dropped, and what came with it is kept.
func TestRefused(t *testing.T) {
	s, log := logging(t, t.TempDir())
	bad := func(c *pbx.Call) { c.Direction, c.Caller.Name = "sideways", "delicate\nlevel=ERROR" }
	named := func(name string) func(*pbx.Call) { return func(c *pbx.Call) { c.Caller.Name = name } }
	for _, change := range []func(*pbx.Call){bad, named("a"), named("b"), bad, bad, named("c"), bad} {
		s.Add(past("ada", change))
	}
	s.keep(t)
	if err := s.note(t, "ada", "", "", "kept"); err != nil { // after all of them
		t.Fatal(err)
	}
	if p := s.page(t, "ada", Query{}); p.names() != "c b a" {
		t.Errorf("kept: %s", p.names())
	}
	if st := s.Stats(); st.Refused != 4 || st.Written != 3 || st.Lost != 0 || st.Failing || st.Outbox != 4 {
		t.Errorf("%+v", st)
	}
	if line := <-log; len(log) != 0 || !strings.Contains(line, "CHECK constraint") || !strings.Contains(line, "channel=pbx1-1.2") || strings.Contains(line, "delicate") {
		t.Errorf("logged: %s", line)
	}
	if _, err := s.o.Write.Exec(`CREATE TRIGGER never BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'no'); END`); err != nil {
		t.Fatal(err)
	}
	if err := s.note(t, "ada", "r-2", "", "delicate"); err == nil || passing(err) {
		t.Error(err)
	}
	if _, err := s.o.Write.Exec(`DROP TRIGGER never`); err != nil {
		t.Fatal(err)
	}
	s.keep(t, past("ada", named("d"))) // and it goes on
	if line := <-log; s.Stats().Refused != 5 || len(log) != 0 || strings.Contains(line, "delicate") {
		t.Errorf("%+v, logged: %s", s.Stats(), line)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull: nothing is lost and nothing changes places while the disk has no room. It is told
// once that it has none, and once that it has.
func TestDiskFull(t *testing.T) {
	s, log := logging(t, t.TempDir())
	defer s.Close()
	if _, err := s.o.Write.Exec(`PRAGMA max_page_count = 1`); err != nil { // no less than there are
		t.Fatal(err)
	}
	for i := range 6 {
		s.Add(past("ada", func(c *pbx.Call) {
			heavy(c)
			c.Caller.Name = fmt.Sprint(i)
		}))
	}
	if line := <-log; !strings.Contains(line, "full") || !s.Stats().Failing {
		t.Errorf("%+v, logged: %s", s.Stats(), line)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Note(ctx, agent("ada"), pbx.Note{Call: "r-1", Text: "x"}, chosen); err == nil {
		t.Error("a note is kept")
	}
	if _, err := s.o.Write.Exec(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	s.keep(t)
	for s.Stats().Written < 6 {
		<-s.wrote
	}
	page := s.page(t, "ada", Query{})
	rest := s.page(t, "ada", Query{Before: page.Next})
	if got := page.names() + " " + rest.names(); got != "5 4 3 2 1 0" {
		t.Error(got)
	}
	if line := <-log; !strings.Contains(line, "again") || len(log) != 0 {
		t.Errorf("logged: %s", line)
	}
	if st := s.Stats(); st.Failing || st.Lost+st.Refused != 0 || st.Outbox != 6 {
		t.Errorf("%+v", st)
	}
}

// TestDiskFullAtTheEnd: the server ends all the same, and says what is lost.
func TestDiskFullAtTheEnd(t *testing.T) {
	s, log := logging(t, t.TempDir())
	if _, err := s.o.Write.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	s.Add(past("ada", heavy))
	<-log
	s.Add(past("ada", heavy))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Lost != 2 || st.Written+st.Refused != 0 {
		t.Errorf("%+v", st)
	}
	if line := <-log; !strings.Contains(line, "are lost") || !strings.Contains(line, "full") {
		t.Errorf("logged: %s", line)
	}
}

type code int

func (c code) Error() string { return "said by SQLite" }
func (c code) Code() int     { return int(c) }

func TestPassing(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{code(5), true}, {code(5 | 2<<8), true}, {code(13), true}, {code(10 | 3<<8), true}, {fmt.Errorf("add: %w", code(6)), true},
		{code(1), false}, {code(11), false}, {code(18), false}, {code(19 | 1<<8), false}, {code(20), false},
		{sql.ErrConnDone, true}, {context.Canceled, true}, {errors.New("json"), false},
	} {
		if passing(c.err) != c.want {
			t.Errorf("%#v", c.err)
		}
	}
}
