package app

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// TestHistoryOutlivesTheServer: two telephones ring, one is answered, the server ends and
// begins anew; then each agent finds his own part of the call, at another client.
func TestHistoryOutlivesTheServer(t *testing.T) {
	s := start(t, nil)
	s.apply(centre)
	s.until("/readyz", http.StatusOK)
	ada, grace := s.dial(), s.dial()
	ada.signIn("ada", "correct horse", "00:11:22:33:44:55")
	grace.signIn("grace", "battery staple", "00:11:22:33:44:66")
	call := s.pbx.Call(amitest.Call{From: "300", Name: "<b>Eve</b>", To: "101", Digits: "12345", Ring: []string{"201", "202"},
		Replies: map[string]amitest.Reply{"201": {Does: amitest.Ignore}, "202": {Does: amitest.Ignore}}, Talk: time.Hour})
	hears := func(d *desktop, what string) {
		for !strings.Contains(d.line(), what) {
		}
	}
	hears(ada, "<state>Ringing</state>")
	hears(grace, "<state>Ringing</state>")
	if !call.Answer("201") {
		t.Fatal("phone 201 did not ring")
	}
	hears(ada, `<event id="Link">`)
	call.Hangup(amitest.Caller)
	hears(ada, `<event id="Hangup">`)
	hears(grace, `<event id="Hangup">`)
	s.end()

	again := begin(t, Options{Settings: s.settings, Log: slog.New(slog.DiscardHandler)})
	again.until("/readyz", http.StatusOK)
	for _, c := range []struct {
		operator, password, seat string
		outcome                  history.Outcome
	}{{"ada", "correct horse", "201", history.Answered}, {"grace", "battery staple", "202", history.Elsewhere}} {
		calls := again.historyOf(c.operator, c.password, c.seat).Calls
		if len(calls) != 1 {
			t.Fatalf("%s has %d calls", c.operator, len(calls))
		}
		e := calls[0]
		if e.Outcome != c.outcome || e.Service != "Sales" || e.Caller != (history.Party{Number: "300", Name: "<b>Eve</b>"}) || e.Called != "101" ||
			(e.Answered == 0) != (c.outcome == history.Elsewhere) || string(e.Variables) != `[{"name":"calldata","value":"12345"}]` {
			t.Errorf("%s has %+v", c.operator, e)
		}
	}
}

// TestHistoryIsAPersons: ada is renamed while the server runs and finds her call under her new
// name; one who comes in her place, under this name, finds nothing.
func TestHistoryIsAPersons(t *testing.T) {
	s, ctx := start(t, nil), t.Context()
	s.apply(centre)
	s.until("/readyz", http.StatusOK)
	ada := s.dial()
	ada.signIn("ada", "correct horse", "00:11:22:33:44:55")
	call := s.pbx.Call(amitest.Call{From: "300", Name: "Eve", To: "101", Digits: "12345", Ring: []string{"201"}, Talk: time.Hour})
	hears := func(what string) {
		for !strings.Contains(ada.line(), what) {
		}
	}
	hears("<state>Ringing</state>")
	if !call.Answer("201") {
		t.Fatal("phone 201 did not ring")
	}
	hears(`<event id="Link">`)
	call.Hangup(amitest.Caller)
	hears(`<event id="Hangup">`)
	has := func(operator, password string, want int) {
		t.Helper()
		if calls := s.historyOf(operator, password, "202").Calls; len(calls) != want {
			t.Errorf("%s has %d calls, want %d", operator, len(calls), want)
		}
	}
	var id int64
	s.edit(func(st *store.Store) error {
		all, err := st.AllOperators(ctx)
		if err != nil {
			return err
		}
		id = all[0].ID
		d, err := st.Operator(ctx, id)
		if err != nil {
			return err
		}
		d.Username = "countess"
		_, err = st.SaveOperator(ctx, store.Editor{}, d)
		return err
	})
	ada.expect("101 KO this operator has another user name now, sign in again")
	has("countess", "correct horse", 1)

	ada = s.dial()
	ada.signIn("countess", "correct horse", "00:11:22:33:44:55")
	s.edit(func(st *store.Store) error {
		if err := st.RemoveOperators(ctx, store.Editor{}, []int64{id}); err != nil {
			return err
		}
		_, err := st.SaveOperator(ctx, store.Editor{}, store.OperatorDraft{Username: "countess", Password: "another's password", Enabled: true})
		return err
	})
	ada.expect("101 KO this operator was removed or disabled")
	has("countess", "another's password", 0)
}

// historyOf signs in with a new browser and asks for the history.
func (s *started) historyOf(operator, password, seat string) (page history.Page) {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	in, err := browser.Post("http://"+s.at.HTTP+"/api/sign-in", "application/json",
		strings.NewReader(`{"operator":"`+operator+`","password":"`+password+`","seat":"`+seat+`"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	in.Body.Close()
	got, err := browser.Get("http://" + s.at.HTTP + "/api/history")
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %v, %s", got.Status, err, raw)
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		s.t.Fatal(err)
	}
	return page
}
