package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// chosen are the dispositions of Support.
func chosen(service, disposition string) bool {
	return service == "Support" && (disposition == "Sold" || disposition == "Call back")
}

// note notes on the channel of past; with a call, it is in progress.
func (s *shelf) note(t testing.TB, operator string, call pbx.CallID, disposition, text string) error {
	t.Helper()
	n := pbx.Note{Call: call, Uniqueid: "pbx1-1.2", Disposition: disposition, Text: text}
	if call != "" {
		n.Service = "Support"
	}
	_, err := s.Note(t.Context(), agent(operator), n, chosen)
	return err
}

// noted are the notes of a page, "-" for none.
func noted(p Page) string {
	list := make([]string, len(p.Calls))
	for i, e := range p.Calls {
		if list[i] = "-"; e.Note != nil {
			list[i] = e.Note.Disposition + ":" + e.Note.Text
		}
	}
	return strings.Join(list, " ")
}

// TestNote: a note is there from the call's beginning on, with its call afterwards, and after a
// restart; nobody notes on what is not his.
func TestNote(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	inProgress := []pbx.Call{{ID: "r-1", Uniqueid: "pbx1-1.2", Service: "Support"}, {Uniqueid: "pbx1-9.9"}}
	for i, step := range []struct {
		operator          string
		call              pbx.CallID
		disposition, text string
		want              error
		now               string // what the call in progress has
	}{
		{"ada", "", "", "before it is his", ErrUnknownCall, ""},
		{"ada", "r-1", "Sold", "first", nil, "Sold:first"},
		{"ada", "r-1", "Lost", "second", ErrDisposition, "Sold:first"},
		{"ada", "r-1", "", "second\nline", nil, ":second\nline"},
		{"ADA", "r-1", "Call back", "", nil, "Call back:"},
		{"ada", "r-1", "", "", nil, ""},
		{"ada", "r-1", "", "", nil, ""},
		{"bob", "", "", "of somebody else", ErrUnknownCall, ""},
		{"ada", "r-1", "Sold", "last", nil, "Sold:last"},
	} {
		if err := s.note(t, step.operator, step.call, step.disposition, step.text); !errors.Is(err, step.want) {
			t.Errorf("%d: %v", i, err)
		}
		list, err := s.Notes(t.Context(), agent("ada"), inProgress)
		if err != nil {
			t.Fatal(err)
		}
		now := ""
		if len(list) > 0 {
			now = list[0].Disposition + ":" + list[0].Text
		}
		if now != step.now || len(list) > 1 {
			t.Errorf("%d: %+v", i, list)
		}
	}
	s.keep(t, past("ada", nil), past("ada", func(c *pbx.Call) { c.Service = "" }), past("bob", nil))
	if got := noted(s.page(t, "ada", Query{})) + "|" + noted(s.page(t, "bob", Query{})); got != "- Sold:last|-" {
		t.Error(got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil)
	defer s.Close()
	// The last call of the channel was a colleague's question, which has no dispositions.
	if err := s.note(t, "ada", "", "Sold", "x"); !errors.Is(err, ErrDisposition) {
		t.Error(err)
	}
	if err := s.note(t, "ada", "", "", "asked"); err != nil {
		t.Error(err)
	}
	if err := s.note(t, "bob", "", "Call back", "tomorrow"); err != nil {
		t.Error(err)
	}
	if got := noted(s.page(t, "ada", Query{})) + "|" + noted(s.page(t, "bob", Query{})); got != ":asked Sold:last|Call back:tomorrow" {
		t.Error(got)
	}
}

// TestNoteAtTheEnd: a call that has just ended, and is not written yet, can be noted on.
func TestNoteAtTheEnd(t *testing.T) {
	s := shelved(t, nil)
	for i := range 20 {
		s.Add(past("ada", func(c *pbx.Call) { c.Uniqueid = pbx.ChannelID(fmt.Sprint(i)) }))
		n, err := s.Note(t.Context(), agent("ada"), pbx.Note{Uniqueid: pbx.ChannelID(fmt.Sprint(i)), Disposition: "Sold"}, chosen)
		if err != nil || n.Call != "r-1" || n.Service != "Support" || !n.At.Equal(noon) {
			t.Fatal(i, n, err)
		}
	}
}

// TestKeptDisposition: what the service has no more may stay, and not come anew.
func TestKeptDisposition(t *testing.T) {
	s := shelved(t, nil)
	if err := s.note(t, "ada", "r-1", "Sold", ""); err != nil {
		t.Fatal(err)
	}
	nothing := func(string, string) bool { return false }
	for _, c := range []struct {
		disposition string
		want        error
	}{{"Sold", nil}, {"Call back", ErrDisposition}, {"", nil}, {"Sold", ErrDisposition}} {
		if _, err := s.Note(t.Context(), agent("ada"), pbx.Note{Call: "r-1", Uniqueid: "pbx1-1.2", Service: "Support", Disposition: c.disposition, Text: "x"}, nothing); !errors.Is(err, c.want) {
			t.Errorf("%q: %v", c.disposition, err)
		}
	}
}

// TestSearchNotes finds words of notes, also beside those of the call.
func TestSearchNotes(t *testing.T) {
	s := shelved(t, nil)
	s.keep(t, past("ada", nil), past("ada", func(c *pbx.Call) { c.Uniqueid = "other" }), past("bob", nil))
	if err := s.note(t, "ada", "", "Call back", "Wants the GRÜNE\nmodel, 100% sure"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"grüne": 1, "BACK call": 1, "müller model": 1, "100%": 1, "support": 2, "sold": 0, "model nobody": 0, "055 1234": 2} {
		if got := s.page(t, "ada", Query{Text: text}); len(got.Calls) != want {
			t.Errorf("%q finds %d, want %d", text, len(got.Calls), want)
		}
	}
	if got := s.page(t, "bob", Query{Text: "model"}); len(got.Calls) != 0 {
		t.Errorf("bob finds %+v", got)
	}
}

// TestPurgeNotes: notes go with their calls; those without, when they are old.
func TestPurgeNotes(t *testing.T) {
	dir, now := t.TempDir(), noon
	later := func(o *Options) { o.Clock = func() time.Time { return now } }
	s := open(t, dir, later)
	<-s.purged
	old := func(c *pbx.Call) { c.Since = noon.Add(-23 * time.Hour) }
	again := func(c *pbx.Call) { old(c); c.Uniqueid = "again" }
	s.keep(t, past("ada", old), past("ada", again), past("ada", func(c *pbx.Call) { c.Uniqueid = "again" }))
	for uniqueid, call := range map[pbx.ChannelID]pbx.CallID{"pbx1-1.2": "", "again": "", "never": "r-9"} {
		if _, err := s.Note(t.Context(), agent("ada"), pbx.Note{Call: call, Uniqueid: uniqueid, Text: "x"}, chosen); err != nil {
			t.Fatal(err)
		}
	}
	notes := func() (n int) {
		if err := s.o.Read.QueryRow(`SELECT count(*) FROM notes`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 3}, {2 * time.Hour, 2}, {25 * time.Hour, 0}} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now = noon.Add(step.after)
		s = open(t, dir, later)
		<-s.purged
		if got := notes(); got != step.want {
			t.Errorf("after %v: %d notes, want %d", step.after, got, step.want)
		}
	}
	if err := s.note(t, "ada", "r-1", "", "x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, func(o *Options) { o.Keep = 0 })
	defer s.Close()
	<-s.purged
	if got := notes(); got != 0 {
		t.Errorf("%d notes are kept", got)
	}
}

// TestNoteOnABrokenDisk: who asks is told, and waits no longer than he wants.
func TestNoteOnABrokenDisk(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	<-s.purged
	tx, err := s.o.Write.BeginTx(t.Context(), nil) // the only connection that writes
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := s.Note(ctx, agent("ada"), pbx.Note{Call: "r-1", Text: "x"}, chosen)
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.o.Write.Exec("DROP TABLE notes"); err != nil {
		t.Fatal(err)
	}
	if err := s.note(t, "ada", "r-1", "", "x"); err == nil || errors.Is(err, ErrUnknownCall) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.note(t, "ada", "r-1", "", "x"); err == nil {
		t.Error("a closed history takes notes")
	}
}

// outbox are the bodies that are due.
func (s *shelf) outbox(t testing.TB) (list []string) {
	t.Helper()
	all, _, _ := s.due(t, noon.Add(time.Hour), 1000)
	for _, d := range all {
		list = append(list, string(d.Body))
	}
	return list
}

// TestOutbox: what is noted and what ends is told, with what is kept of it.
func TestOutbox(t *testing.T) {
	telling := func(o *Options) { o.Tell = true }
	dir := t.TempDir()
	s := open(t, dir, telling)
	for _, text := range []string{"x", "x", "y"} {
		if err := s.note(t, "ada", "r-1", "Sold", text); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.note(t, "ada", "r-1", "Lost", "refused")
	s.keep(t, past("ada", nil))
	<-s.Posted()
	at := noon.UnixMilli()
	noted := func(disposition, text string) string {
		return fmt.Sprintf(`{"type":"call.noted","timestamp":"2026-03-01T12:00:00Z","data":{"operator":"ada","call":"r-1","uniqueid":"pbx1-1.2","service":"Support","disposition":%q,"text":%q,"at":%d}}`, disposition, text, at)
	}
	ended := `{"type":"call.ended","timestamp":"2026-03-01T12:00:00Z","data":{"operator":"ada",%s"call":"r-1","uniqueid":"pbx1-1.2","service":"Support","queue":"help","direction":"inbound","outgoing":false,` +
		`"caller":{"number":"+390551234","name":"Müller \u0026 Söhne"},"called":"101","variables":[{"name":"zeta","value":"1"},{"name":"alpha","value":"2"}],` +
		`"started":%d,"answered":%d,"ended":%d,"talked":65,"outcome":"answered","cause":16%s}}`
	want := []string{noted("Sold", "y"), fmt.Sprintf(ended, `"id":1,`, at-75_000, at-65_000, at, fmt.Sprintf(`,"note":{"disposition":"Sold","text":"y","at":%d}`, at))}
	if got := s.outbox(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, func(o *Options) { o.Tell, o.Keep = true, 0 }) // told and forgotten
	<-s.purged
	if st := s.Stats(); st.Outbox != 2 {
		t.Errorf("%+v", st)
	}
	for _, text := range []string{"z", ""} {
		if err := s.note(t, "ada", "r-1", "", text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.note(t, "ada", "", "", "z"); !errors.Is(err, ErrUnknownCall) {
		t.Error(err)
	}
	s.Add(past("ada", nil))
	<-s.wrote
	want[0] = noted("", "") // in the place of the one before
	want = append(want, fmt.Sprintf(ended, "", at-75_000, at-65_000, at, ""))
	if got := s.outbox(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := s.page(t, "ada", Query{}); len(p.Calls) != 0 || s.Stats().Written != 0 {
		t.Errorf("kept: %+v", p)
	}
	for _, body := range s.outbox(t) {
		if !json.Valid([]byte(body)) {
			t.Error(body)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil) // and with nobody to be told
	defer s.Close()
	<-s.purged
	s.keep(t, past("ada", nil))
	if got := s.outbox(t); len(got) != 0 || s.Stats().Outbox != 0 {
		t.Errorf("%q", got)
	}
}

// due are the ids of the deliveries that are due at a time, and when the next one is.
func (s *shelf) due(t testing.TB, now time.Time, limit int) (list []Delivery, ids string, next time.Time) {
	t.Helper()
	list, next, err := s.Due(t.Context(), now, now.Add(time.Hour), limit)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		ids += fmt.Sprint(list[i].ID, " ")
	}
	return list, ids, next
}

// TestSettle: what was delivered is gone, what failed is due later, and what is too much is dropped.
func TestSettle(t *testing.T) {
	s := shelved(t, func(o *Options) { o.Tell, o.maxOutbox = true, 5 })
	for i := range 4 {
		s.keep(t, past("ada", func(c *pbx.Call) { c.Uniqueid = pbx.ChannelID(fmt.Sprint(i)) }))
	}
	list, ids, _ := s.due(t, noon, 3)
	if ids != "1 2 3 " || list[0].Message == list[1].Message || !strings.HasPrefix(list[0].Message, "msg_") || !list[0].Created.Equal(noon) {
		t.Fatalf("%s %+v", ids, list)
	}
	list[0].Due = time.Time{}
	list[1].Due, list[1].Tries = noon.Add(time.Minute), 1
	list[2].Due = noon.Add(time.Minute) // it was not its fault
	if err := s.Settle(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if _, ids, _ := s.due(t, noon, 9); ids != "4 3 " || s.Stats().Outbox != 3 {
		t.Errorf("%s, %+v", ids, s.Stats())
	}
	if list, ids, _ = s.due(t, noon.Add(time.Minute), 9); ids != "4 3 2 " || list[2].Tries != 1 {
		t.Errorf("%s %+v", ids, list)
	}
	list[0].Due, list[1].Due = time.Time{}, time.Time{}
	if err := s.Settle(t.Context(), list[:2]); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct { // the clock is set forth and back
		now  time.Time
		want string
		next time.Time
	}{
		{noon, "", noon.Add(time.Minute)}, {noon.Add(time.Minute), "2 ", time.Time{}}, {noon.Add(99 * time.Hour), "2 ", time.Time{}},
		{noon.Add(-59 * time.Minute), "", noon.Add(time.Minute)}, {noon.Add(-time.Hour), "2 ", time.Time{}}, {noon.Add(-99 * time.Hour), "2 ", time.Time{}},
	} {
		if _, ids, next := s.due(t, c.now, 9); ids != c.want || !next.Equal(c.next) {
			t.Errorf("at %v: %s, next %v", c.now, ids, next)
		}
	}
	for range 6 {
		s.keep(t, past("ada", nil))
	}
	if st := s.Stats(); st.Outbox != 5 || st.Dropped != 2 || len(s.outbox(t)) != 5 {
		t.Errorf("%+v, %d there", st, len(s.outbox(t)))
	}
	if err := s.Settle(t.Context(), []Delivery{{ID: 2}}); err != nil { // it was dropped meanwhile
		t.Fatal(err)
	}
	if n, err := s.Expire(t.Context(), noon); n != 0 || err != nil || s.Stats().Outbox != 5 {
		t.Errorf("%d, %v, %+v", n, err, s.Stats())
	}
	if n, err := s.Expire(t.Context(), noon.Add(time.Millisecond)); n != 5 || err != nil || s.Stats().Outbox != 0 || len(s.outbox(t)) != 0 {
		t.Errorf("%d, %v, %+v", n, err, s.Stats())
	}
}

// TestPurgeNoteOfLongCall: a call may last longer than calls are kept.
func TestPurgeNoteOfLongCall(t *testing.T) {
	dir, now := t.TempDir(), noon
	brief := func(o *Options) { o.Keep, o.Clock = time.Hour, func() time.Time { return now } }
	s := open(t, dir, brief)
	<-s.purged
	if err := s.note(t, "ada", "r-1", "", "x"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{2 * time.Hour, 1}, {25 * time.Hour, 0}} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now = noon.Add(step.after)
		s = open(t, dir, brief)
		<-s.purged
		var n int
		if err := s.o.Read.QueryRow(`SELECT count(*) FROM notes`).Scan(&n); err != nil || n != step.want {
			t.Errorf("after %v: %d notes, %v", step.after, n, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNewerNote: one that is on its way when a newer takes its place does not take that along.
func TestNewerNote(t *testing.T) {
	s := shelved(t, func(o *Options) { o.Tell = true })
	if err := s.note(t, "ada", "r-1", "", "x"); err != nil {
		t.Fatal(err)
	}
	sent, ids, _ := s.due(t, noon, 10)
	if ids != "1 " {
		t.Fatal(sent)
	}
	if err := s.note(t, "Ada", "r-1", "", "y"); err != nil {
		t.Fatal(err)
	}
	sent[0].Due = time.Time{}
	if err := s.Settle(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	left, _, _ := s.due(t, noon, 10)
	if len(left) != 1 || !strings.Contains(string(left[0].Body), `"text":"y"`) || left[0].Message == sent[0].Message || s.Stats().Outbox != 1 {
		t.Errorf("%+v, %+v", left, s.Stats())
	}
}
