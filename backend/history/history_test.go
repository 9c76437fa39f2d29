package history

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestEntry(t *testing.T) {
	s := shelved(t, nil)
	p := past("ada", nil)
	p.Handed = &pbx.Transfer{Kind: pbx.TransferBlind, To: "202", ToName: "Grace Hopper"}
	s.keep(t, p)
	raw, err := json.Marshal(s.page(t, "ada", Query{}))
	if err != nil {
		t.Fatal(err)
	}
	at := noon.UnixMilli()
	want := fmt.Sprintf(`{"calls":[{"id":1,"call":"r-1","uniqueid":"pbx1-1.2","service":"Support","queue":"help","direction":"inbound","outgoing":false,`+
		`"caller":{"number":"+390551234","name":"Müller \u0026 Söhne"},"called":"101","variables":[{"name":"zeta","value":"1"},{"name":"alpha","value":"2"}],`+
		`"started":%d,"answered":%d,"ended":%d,"talked":65,"outcome":"transferred","transfer":{"kind":"blind","to":"202","toName":"Grace Hopper"},"cause":16}],"next":0,"kept":86400}`,
		at-75_000, at-65_000, at)
	if string(raw) != want {
		t.Errorf("\n got %s\nwant %s", raw, want)
	}
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		answered, outgoing bool
		handed             *pbx.Transfer
		cause              int
		want               Outcome
	}{
		{true, false, nil, 16, Answered},
		{true, true, nil, 17, Answered},
		{true, false, &pbx.Transfer{Kind: pbx.TransferPark}, 16, Transferred},
		{false, false, nil, 16, Missed},
		{false, false, nil, 0, Missed},
		{false, false, nil, 26, Elsewhere},
		{false, false, nil, 17, Busy},
		{false, false, nil, 21, Busy},
		{false, true, nil, 17, Busy},
		{false, true, nil, 26, Unanswered},
		{false, true, nil, 127, Unanswered},
	} {
		p := past("ada", func(k *pbx.Call) {
			if k.Cause = c.cause; !c.answered {
				k.Answered = time.Time{}
			}
		})
		p.Outgoing, p.Handed = c.outgoing, c.handed
		if got := outcome(p); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestOwnOnly: nobody sees another's calls, whatever he asks.
func TestOwnOnly(t *testing.T) {
	s := shelved(t, nil)
	for i := range 20 {
		s.Add(past([]string{"ada", "bob", "ad", "ada_"}[i%4], func(c *pbx.Call) { c.Caller.Name = []string{"a", "b", "c", "d"}[i%4] }))
	}
	s.keep(t)
	for s.Stats().Written < 20 {
		<-s.wrote
	}
	for operator, want := range map[string]string{"ada": "a a a a a", "ADA": "a a a a a", "bob": "b b b b b", "ad%": "", "": "", "' OR 1=1 --": ""} {
		for _, text := range []string{"", "support", "+39"} {
			if got := s.page(t, operator, Query{Text: text}).names(); got != want {
				t.Errorf("%q finds %q by %q", operator, got, text)
			}
		}
		if got := s.page(t, operator, Query{Text: "' OR operator <> '"}).names(); got != "" {
			t.Errorf("%q finds %q", operator, got)
		}
	}
}

func TestPages(t *testing.T) {
	s := shelved(t, nil)
	list := make([]tracker.Past, 25)
	for i := range list {
		list[i] = past("ada", func(c *pbx.Call) { c.Caller.Name = fmt.Sprint(i) })
	}
	s.keep(t, list...)
	var got []string
	for q, pages := (Query{Limit: 10}), 0; ; pages++ {
		p := s.page(t, "ada", q)
		got = append(got, p.names())
		if q.Before = p.Next; p.Next == 0 {
			break
		}
		if pages > 5 {
			t.Fatal("no end")
		}
		s.keep(t, past("ada", func(c *pbx.Call) { c.Caller.Name = "new" })) // what comes meanwhile shifts nothing
	}
	if all := strings.Join(got, "|"); all != "24 23 22 21 20 19 18 17 16 15|14 13 12 11 10 9 8 7 6 5|4 3 2 1 0" {
		t.Error(all)
	}
	// Of calls with much data a page holds fewer, and at least one.
	s.keep(t, past("bob", heavy), past("bob", heavy), past("bob", heavy), past("bob", heavy), past("bob", heavy), past("bob", heavy))
	first := s.page(t, "bob", Query{})
	if len(first.Calls) != 4 || first.Next == 0 {
		t.Errorf("%d calls, next %d", len(first.Calls), first.Next)
	}
	if rest := s.page(t, "bob", Query{Before: first.Next}); len(rest.Calls) != 2 || rest.Next != 0 {
		t.Errorf("then %d calls, next %d", len(rest.Calls), rest.Next)
	}
}

// heavy has the most data that the picture keeps of a call.
func heavy(c *pbx.Call) {
	c.Variables = make([]pbx.Variable, 64)
	for i := range c.Variables {
		c.Variables[i] = pbx.Variable{Name: fmt.Sprint(i), Value: strings.Repeat("x", 4<<10)}
	}
}

func TestSearch(t *testing.T) {
	s := shelved(t, nil)
	out := past("ada", func(c *pbx.Call) {
		c.Service, c.Direction, c.Called, c.Caller = "Campaign", pbx.Outbound, "0151100200", pbx.CallerID{Number: "201", Name: "Ada"}
	})
	out.Outgoing = true
	s.keep(t, past("ada", nil), out,
		past("ada", func(c *pbx.Call) { c.Caller = pbx.CallerID{Number: "0300", Name: "100%_sure"} }),
		past("ada", func(c *pbx.Call) { c.Caller, c.Service = pbx.CallerID{}, "24/7" }),
		past("ada", func(c *pbx.Call) { c.Caller.Name = "علي \u202e\x00<script>" }))
	for text, want := range map[string]int{
		"":                             5,
		"   ":                          5,
		"MÜLLER":                       1,
		"söhne müller":                 1,
		"müller campaign":              0,
		"055 12-34":                    2,
		"+39 (055) 1234":               2,
		"0151/100-200":                 1,
		"campaign":                     1,
		"201":                          0, // his own number is not the other side's
		"101":                          0, // nor is the one that was dialled
		"100%":                         1,
		"%":                            1,
		"_":                            1,
		"24/7":                         1,
		"علي":                          1,
		"<SCRIPT>":                     1,
		"\xff":                         0,
		strings.Repeat("support ", 99): 3,
		strings.Repeat("z", MaxText):   0,
	} {
		if got := s.page(t, "ada", Query{Text: text}); len(got.Calls) != want {
			t.Errorf("%q finds %d: %q, want %d", text, len(got.Calls), got.names(), want)
		}
	}
}

// TestHostile: what callers choose comes back as it was, or as UTF-8.
func TestHostile(t *testing.T) {
	s := shelved(t, nil)
	for i, name := range []string{"'); DROP TABLE calls; --", "a\x00b", "\u2028\u202e", strings.Repeat("ü", 128), "\xff\xfe", `"\`} {
		s.keep(t, past("ada", func(c *pbx.Call) {
			c.Caller = pbx.CallerID{Number: name, Name: name}
			c.Variables = []pbx.Variable{{Name: "v", Value: name}}
		}))
		e := s.page(t, "ada", Query{}).Calls[0]
		var list []pbx.Variable
		if err := json.Unmarshal(e.Variables, &list); err != nil {
			t.Fatal(i, err)
		}
		// Of several bad bytes in a row the JSON has one mark for each, the text one for all.
		if want := strings.ToValidUTF8(name, "\uFFFD"); e.Caller.Name != want || e.Caller.Number != want || strings.ReplaceAll(list[0].Value, "\uFFFD\uFFFD", "\uFFFD") != want {
			t.Errorf("%q comes back as %q, %q, %q", name, e.Caller.Name, e.Caller.Number, list[0].Value)
		}
	}
}

// TestClockSetBack: the order is that in which calls ended, and no talk is shorter than nothing.
func TestClockSetBack(t *testing.T) {
	s := shelved(t, nil)
	s.keep(t, past("ada", func(c *pbx.Call) { c.Caller.Name = "before" }))
	s.keep(t, past("ada", func(c *pbx.Call) { c.Caller.Name, c.Since = "after", c.Answered.Add(-time.Hour) }))
	p := s.page(t, "ada", Query{Limit: 1})
	if p.names() != "after" || p.Calls[0].Talked != 0 {
		t.Errorf("%+v", p.Calls)
	}
	if p = s.page(t, "ada", Query{Before: p.Next}); p.names() != "before" {
		t.Errorf("%+v", p.Calls)
	}
}

func TestRetention(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	<-s.purged
	list := make([]tracker.Past, 0, 1201)
	for i := range 1201 {
		list = append(list, past("ada", func(c *pbx.Call) {
			c.Caller.Name = "kept"
			if i > 0 {
				c.Caller.Name, c.Since = "old", noon.Add(-24*time.Hour-time.Millisecond)
			}
		}))
	}
	s.keep(t, list[:600]...) // the queue holds 1024
	s.keep(t, list[600:]...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil) // more than two batches are deleted
	<-s.purged
	if p := s.page(t, "ada", Query{}); p.names() != "kept" || p.Next != 0 {
		t.Errorf("%q, next %d", p.names(), p.Next)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, func(o *Options) { o.Keep = 0 }) // nothing is kept, nor is what was
	<-s.purged
	s.Add(past("ada", nil))
	if p := s.page(t, "ada", Query{}); len(p.Calls) != 0 || p.Kept != 0 {
		t.Errorf("%+v", p)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil)
	defer s.Close()
	if p := s.page(t, "ada", Query{}); len(p.Calls) != 0 || p.Kept != 86400 {
		t.Errorf("%+v", p)
	}
}

// TestFull: a disk that does not follow holds nobody up. What finds no place is counted;
// what waits is written when the disk is there again, also at the end.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	<-s.purged
	tx, err := s.o.Write.BeginTx(t.Context(), nil) // the only connection that writes
	if err != nil {
		t.Fatal(err)
	}
	var adding sync.WaitGroup
	for range 4 {
		adding.Go(func() {
			for range 1000 {
				s.Add(past("ada", nil))
			}
		})
	}
	adding.Wait()
	lost := s.Stats().Lost
	if lost < 4000-backlog-batch || s.Stats().Written != 0 {
		t.Errorf("%+v", s.Stats())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Lost != lost || st.Written != 4000-lost || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}

// TestBroken: a database that cannot be written loses what comes, counted, and ends all the same.
func TestBroken(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	<-s.purged
	if _, err := s.o.Write.Exec("DROP TABLE calls"); err != nil {
		t.Fatal(err)
	}
	s.Add(past("ada", nil))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Refused != 1 || st.Written != 0 {
		t.Errorf("%+v", st)
	}
	if _, err := s.Page(t.Context(), "ada", Query{Limit: 1}); err == nil {
		t.Error("a closed database answers")
	}
}
