package web

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// TestRealStore holds what [Sessions] promises against the database itself, over a
// restart of both.
func TestRealStore(t *testing.T) {
	dir := t.TempDir()
	open := func() *store.Store {
		st, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	st := open()
	s := newSite(t, func(o *Options) { o.Sessions = st })
	ada, bob := s.browser(), s.browser()
	token := ada.signIn("ada", "201").wants(t, 200, "").Cookies()[0].Value
	bob.signIn("bob", "202").wants(t, 200, "")
	bob.signOut()

	s.stop()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	st = open()
	t.Cleanup(func() { _ = st.Close() })
	s.start(func(o *Options) { o.Sessions = st })
	t.Cleanup(s.stop)
	ada.get("/api/session").wants(t, 200, "")
	bob.get("/api/session").wants(t, 200, "signed-out")

	// Left behind, and then signed in elsewhere.
	signedIn1(s).End(session.Reason{Code: session.CodeIdle})
	other := s.browser()
	other.signIn("ada", "203").wants(t, 200, "")
	ada.get("/api/session").wants(t, 200, "signed-out")
	if _, err := st.LoadSession(t.Context(), hashOf(token)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("the old sign-in is remembered: %v", err)
	}

	old := store.BrowserSession{Token: hashOf("old"), Operator: "bob", UID: "bob", Seat: "00:11:22:33:44:66", Created: time.Now().Add(-maxAge - time.Minute)}
	if err := st.SaveSession(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s.restart(func(o *Options) { o.Sessions = st })
	if _, err := st.LoadSession(t.Context(), old.Token); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("what is too old was not purged: %v", err)
	}
	other.get("/api/session").wants(t, 200, "")
}

// TestResumeIsAPersons: the server is down while the configuration changes. Who has another name
// comes back under it; who has got the name of one who is gone, and his seat, does not get what
// the browser there was signed in to.
func TestResumeIsAPersons(t *testing.T) {
	for name, c := range map[string]struct {
		change func(ada *config.Operator)
		code   string
		asks   string // whose history
	}{
		"the same":            {func(*config.Operator) {}, "", "~ada"},
		"renamed":             {func(o *config.Operator) { o.Username = "countess" }, "", "~ada"},
		"another of her name": {func(o *config.Operator) { o.UID = "~another" }, "removed", ""},
		"removed":             {func(o *config.Operator) { o.Username, o.UID = "carl", "carl" }, "removed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			ada := s.browser()
			ada.signIn("ada", "201").wants(t, 200, "")
			s.stop()
			next := office()
			c.change(&next.Operators[0])
			s.conf.set(config.New("next", next.Services, next.Seats, next.Operators))
			kept := &playedHistory{}
			s.start(func(o *Options) { o.History = kept })
			t.Cleanup(s.stop)
			got := ada.get("/api/session").wants(t, 200, c.code)
			if c.code == "" && !strings.Contains(got.body, `"operator":"`+next.Operators[0].Username+`"`) {
				t.Error(got.body)
			}
			ada.get("/api/history")
			if asked := strings.Join(kept.asked, "|"); c.asks == "" && asked != "" || c.asks != "" && asked != c.asks+` "" 0 50` {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}
