package admin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// TestSettings: reasons, after-call work and limits are saved, wrong ones told at their
// field, and the second of two managers is told of the first.
func TestSettings(t *testing.T) {
	s := newSite(t)
	ed, ann := s.as("editor"), s.as("administrator")
	save := func(v *visitor, version, reasons, afterCall string) *answer {
		return v.post("/admin/settings", url.Values{"version": {version}, "reason": {reasons}, "after_call": {afterCall}, "per_minute": {"5"}, "per_hour": {"50"}}, part)
	}
	version := func() string {
		d, err := s.store.Settings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return texts([]int64{d.Version})[0]
	}
	first := version()
	save(ed, first, "Lunch\r\n\r\n  Coffee  \nLunch", "30").wants(http.StatusUnprocessableEntity, `aria-invalid="true"`, "Coffee")
	save(ed, first, "Lunch", "99999").wants(http.StatusUnprocessableEntity, `value="99999"`, `aria-invalid="true"`)
	save(ed, first, "Lunch", "soon").wants(http.StatusUnprocessableEntity)
	save(ed, first, "Lunch\r\nCoffee", "30").wants(http.StatusOK, "Coffee", `id="pending" hx-swap-oob`)
	save(ann, first, "Lunch", "10").wants(http.StatusConflict, "Ed Itor has saved this meanwhile", `data-value="30"`)
	d, err := s.store.Settings(t.Context())
	if err != nil || len(d.PauseReasons) != 2 || d.AfterCall != 30 || d.PerHour != 50 {
		t.Errorf("%+v, %v", d, err)
	}
	s.as("viewer").get("/admin/settings").wants(http.StatusOK, "<fieldset class=\"grid-2\" disabled>")
}

// TestWebhook: who looks sees that another system takes nothing, and not what fails for a moment.
func TestWebhook(t *testing.T) {
	var now *Webhook
	s := newSite(t, func(o *Options) {
		o.State = func() State { return State{Link: pbx.LinkStateReady, Webhook: now} }
	})
	ann := s.as("administrator")
	if a := ann.get("/admin/settings").wants(http.StatusOK); strings.Contains(a.body, "hook-state") {
		t.Error("there is none")
	}
	now = &Webhook{Failing: time.Now().Add(-time.Second), Waiting: 1}
	if a := ann.get("/admin/settings").wants(http.StatusOK, "hook-state", "1 message waits"); strings.Contains(a.body, "Not accepted") || strings.Contains(a.body, "given up") {
		t.Error(a.body)
	}
	now = &Webhook{Failing: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Waiting: 1200, Dropped: 2}
	ann.get("/admin/settings").wants(http.StatusOK, "Not accepted", `datetime="2026-03-01T12:00:00Z"`, "messages wait", "2 were given up", "log says why")
}

// TestAsterisk: an administrator sets the connection; its secret is in no page, and what
// is wrong stands at its field.
func TestAsterisk(t *testing.T) {
	played := &playedAsterisk{state: store.AsteriskState{State: "down", Code: "refused", Link: store.AsteriskLink{Address: "pbx.example:5038", Username: "cti", HasSecret: true}}}
	s := newSite(t, func(o *Options) { o.Asterisk = played })
	ann := s.as("administrator")
	form := url.Values{"address": {"pbx.example:5038"}, "username": {"cti"}, "secret": {"canary-9"}, "auth": {"md5"}}
	ann.get("/admin/settings").wants(http.StatusOK, "nothing listens at this port", `value="pbx.example:5038"`, "It is never shown")
	if a := s.as("viewer").get("/admin/settings").wants(http.StatusOK); strings.Contains(a.body, "nothing listens") {
		t.Error("a viewer is told why")
	}
	if a := ann.post("/admin/settings/asterisk", form, part).wants(http.StatusOK, `value="cti"`); strings.Contains(a.body, "canary-9") || played.secret != "canary-9" {
		t.Errorf("secret %q: %s", played.secret, a.body)
	}
	for code, text := range map[string]string{"": "It works", "wrong-login": "refuses the sign-in", "too-few-rights": "lacks: originate"} {
		played.trial = store.AsteriskTrial{Version: "9.0", Code: code, Missing: []string{"originate"}}
		ann.post("/admin/settings/asterisk/try", form, part).wants(http.StatusOK, text)
	}
	played.fail = config.Faults{{Field: "address", Code: "asterisk.address", Message: "wrong"}}
	for _, path := range []string{"/admin/settings/asterisk", "/admin/settings/asterisk/try"} {
		a := ann.post(path, form, part).wants(http.StatusUnprocessableEntity, "Write host and port", `aria-invalid="true"`)
		if strings.Contains(a.body, "canary-9") {
			t.Error("the secret came back")
		}
	}
	played.fail = &store.Conflict{By: "eve"}
	ann.post("/admin/settings/asterisk", form, part).wants(http.StatusConflict, "eve has saved this meanwhile")
}
