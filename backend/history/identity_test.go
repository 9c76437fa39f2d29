package history

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// TestWhoseCalls: what was kept goes with the person to his new name, and nobody who gets the
// old one sees it, adds to it or changes it. Other systems are told names.
func TestWhoseCalls(t *testing.T) {
	s := shelved(t, func(o *Options) { o.Tell = true })
	ada := tracker.Agent{Operator: "ada", UID: "ada"}
	countess, other := tracker.Agent{Operator: "countess", UID: "ada"}, tracker.Agent{Operator: "ada", UID: "~k7"}
	of := func(a tracker.Agent, caller string) tracker.Past {
		p := past(a.Operator, func(c *pbx.Call) { c.Caller.Name = caller })
		p.UID = a.UID
		return p
	}
	write := func(a tracker.Agent, call pbx.CallID, text string) error {
		n := pbx.Note{Call: call, Uniqueid: "pbx1-1.2", Text: text}
		if call != "" {
			n.Service = "Support"
		}
		_, err := s.Note(t.Context(), a, n, chosen)
		return err
	}
	is := func(a tracker.Agent, calls, notes string) {
		t.Helper()
		for _, query := range []string{"", "support"} {
			if p := s.page(t, a.UID, Query{Text: query}); p.names() != calls || noted(p) != notes {
				t.Errorf("%s, %s finds %q with %q by %q", a.Operator, a.UID, p.names(), noted(p), query)
			}
		}
		list, err := s.Notes(t.Context(), a, []pbx.Call{{ID: "r-1", Uniqueid: "pbx1-1.2", Service: "Support"}})
		if err != nil || (len(list) == 1) != (notes != "") {
			t.Errorf("%s, %s is told %+v, %v", a.Operator, a.UID, list, err)
		}
	}
	s.keep(t, of(ada, "Eve"))
	if err := write(ada, "", "secret"); err != nil {
		t.Fatal(err)
	}
	is(countess, "Eve", ":secret")
	is(other, "", "")
	if err := write(other, "", "mine"); !errors.Is(err, ErrUnknownCall) {
		t.Errorf("another writes on her call: %v", err)
	}
	// At the same telephone, in a call with the same channel.
	if err := write(other, "r-1", "mine"); err != nil {
		t.Fatal(err)
	}
	s.keep(t, of(other, "Mallory"))
	is(other, "Mallory", ":mine")
	if err := write(countess, "", "hers"); err != nil {
		t.Fatal(err)
	}
	is(countess, "Eve", ":hers")
	is(other, "Mallory", ":mine")
	var told []string
	for _, body := range s.outbox(t) {
		if _, after, ok := strings.Cut(body, `"operator":"`); ok {
			name, _, _ := strings.Cut(after, `"`)
			told = append(told, name)
		}
	}
	slices.Sort(told)
	if !slices.Equal(told, []string{"ada", "ada", "ada", "countess"}) {
		t.Errorf("told of %q", told)
	}
}
