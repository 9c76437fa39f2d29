package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

// playedHistory remembers what it was asked.
type playedHistory struct {
	asked []string
	err   error
}

func (h *playedHistory) Page(_ context.Context, uid string, q history.Query) (history.Page, error) {
	h.asked = append(h.asked, fmt.Sprintf("%s %q %d %d", uid, q.Text, q.Before, q.Limit))
	return history.Page{Calls: []history.Entry{{ID: 7, Caller: history.Party{Name: "</script>\u2028" + uid}, Variables: []byte("[]")}}, Next: 7, Kept: 60}, h.err
}

// TestHistory: each is given his own calls, whatever the address says.
func TestHistory(t *testing.T) {
	kept := &playedHistory{}
	s := newSite(t, func(o *Options) { o.History = kept })
	stranger, ada, bob := s.browser(), s.browser(), s.browser()
	stranger.get("/api/history").wants(t, 401, "signed-out")
	ada.signIn("ada", "201").wants(t, 200, "")
	bob.signIn("bob", "202").wants(t, 200, "")
	got := ada.get("/api/history")
	if want := `"caller":{"number":"","name":"\u003c/script\u003e\u2028~ada"}`; got.StatusCode != 200 || !strings.Contains(got.body, want) ||
		got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
	bob.get("/api/history?q=Rossi%20055&before=12&limit=200&operator=ada").wants(t, 200, "")
	if got := strings.Join(kept.asked, "|"); got != `~ada "" 0 50|bob "Rossi 055" 12 200` {
		t.Error(got)
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "before=0", "before=-1", "before=1e3", "before=99999999999999999999", "q=" + strings.Repeat("x", history.MaxText+1)} {
		ada.get("/api/history?"+bad).wants(t, 400, "malformed")
	}
	if len(kept.asked) != 2 {
		t.Errorf("asked for %q", kept.asked[2:])
	}
	kept.err = errors.New("secret of the database")
	if got := ada.get("/api/history?q=Rossi").wants(t, 500, "internal"); strings.Contains(got.body, "secret") {
		t.Error(got.body)
	}
	if strings.Contains(s.logs.String(), "Rossi") {
		t.Error("the log has what was searched for")
	}
	ada.signOut()
	ada.get("/api/history").wants(t, 401, "signed-out")
}

// TestNoHistory: where nothing is kept there is an answer all the same.
func TestNoHistory(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signIn("ada", "201").wants(t, 200, "")
	if got := b.get("/api/history").wants(t, 200, ""); got.body != `{"calls":[],"next":0,"kept":0}` {
		t.Error(got.body)
	}
}
