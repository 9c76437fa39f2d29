package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// Asterisk is the connection to Asterisk as an administrator sees and sets it; the app has
// it. The secret goes in, and never out.
type Asterisk interface {
	Asterisk(ctx context.Context) (store.AsteriskState, error)
	SetAsterisk(ctx context.Context, ed store.Editor, link store.AsteriskLink, secret string) (store.AsteriskLink, error)
	TryAsterisk(ctx context.Context, ed store.Editor, link store.AsteriskLink, secret string) (store.AsteriskTrial, error)
}

func (a *Admin) mountSettings(r fiber.Router) {
	a.get(r, "/settings", viewer, (*visit).showSettings)
	a.post(r, "/settings", editor, (*visit).saveSettings)
	a.post(r, "/settings/asterisk", administrator, (*visit).saveAsterisk)
	a.post(r, "/settings/asterisk/try", administrator, (*visit).tryAsterisk)
}

// settingsPage is two forms: what holds for the call centre, which is applied like the rest
// of the configuration, and the connection to Asterisk, which holds at once.
type settingsPage struct {
	Hours, Link *form
	State       linkState
	Hook        *hookState // nil: no other system is told
}

// hookState is how the webhook fares.
type hookState struct {
	Tone, Word       string
	Since            time.Time // nothing is taken; zero when it is
	Waiting, Dropped int
}

// linkState is how the connection fares.
type linkState struct {
	Tone, Word, Why, Version string
	Fixed                    bool // the boot file says all of it
}

// linkTrial is what came of a connection that was tried.
type linkTrial struct{ Tone, Text string }

func (v *visit) showSettings() error {
	p := settingsPage{}
	draft, err := v.a.store.Settings(v.req.Context())
	if err != nil {
		return err
	}
	p.Hours = v.hoursForm(draft)
	state, err := v.a.opts.Asterisk.Asterisk(v.req.Context())
	if err != nil {
		return err
	}
	p.Link, p.State = v.linkForm(state), v.linkState(state)
	return v.sendSettings(http.StatusOK, p)
}

func (v *visit) sendSettings(status int, p settingsPage) error {
	p.Hook = v.hookState(v.a.opts.State().Webhook)
	return v.show(status, "settings", "settings", p)
}

// hoursForm is the form of pauses, after-call work and limits.
func (v *visit) hoursForm(d store.SettingsDraft) *form {
	return &form{Module: "settings", Version: d.Version, ReadOnly: !v.may(editor), Title: v.t("settings.work"), Save: v.t("form.save"), Fields: []*field{
		{Name: "reason", Type: "area", Label: v.t("settings.reasons"), Hint: v.t("settings.reasons.hint"), Value: strings.Join(d.PauseReasons, "\n"), Rows: 6, Wide: true, Max: 4096},
		{Name: "after_call", Type: "number", Label: v.t("settings.after-call"), Hint: v.t("settings.after-call.hint"), Value: strconv.Itoa(d.AfterCall), Most: config.MaxAfterCall, Wide: true},
		{Name: "per_minute", Type: "number", Label: v.t("settings.per-minute"), Hint: v.t("settings.per.hint"), Value: strconv.Itoa(d.PerMinute), Most: 600},
		{Name: "per_hour", Type: "number", Label: v.t("settings.per-hour"), Hint: v.t("settings.per.hint"), Value: strconv.Itoa(d.PerHour), Most: 36000},
	}}
}

func (v *visit) saveSettings() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	draft, err := v.a.store.Settings(v.req.Context())
	if err != nil {
		return err
	}
	f := v.hoursForm(draft)
	f.fill(values)
	var reasons []string
	for line := range strings.Lines(f.at("reason").Value) {
		if line = strings.TrimSpace(line); line != "" {
			reasons = append(reasons, line)
		}
	}
	saved, err := v.a.store.SaveSettings(v.req.Context(), v.editor(), store.SettingsDraft{
		Version: f.Version, PauseReasons: reasons, AfterCall: f.number("after_call"), PerMinute: f.number("per_minute"), PerHour: f.number("per_hour"),
	})
	var other *store.Conflict
	switch faults, faulty := errors.AsType[config.Faults](err); {
	case err == nil:
		return v.savedPart("settings-hours", v.hoursForm(saved), v.t("settings.saved"))
	case faulty:
		v.blame(f, faults)
	case errors.As(err, &other):
		theirs := v.hoursForm(draft)
		v.compare(f, theirs)
		f.Version, f.Conflict = theirs.Version, &conflict{By: v.called(other.By)}
	default:
		return err
	}
	f.focus()
	return v.wrongPart("settings-hours", f)
}

// savedPart answers with a form of the page as it is now saved.
func (v *visit) savedPart(name string, f *form, message string) error {
	if !v.part() {
		return v.Redirect("/admin/settings", http.StatusSeeOther)
	}
	v.tell(map[string]any{"cti:toast": map[string]any{"message": message}})
	return v.sendWithPending("settings", name, f)
}

// wrongPart answers with a form and what is wrong with it; without JavaScript on a page of
// its own.
func (v *visit) wrongPart(name string, f *form) error {
	f.forget()
	status := http.StatusUnprocessableEntity
	if f.Conflict != nil {
		status = http.StatusConflict
	}
	if v.part() {
		return v.render(status, "settings", name, f)
	}
	p := settingsPage{Hours: f}
	state, err := v.a.opts.Asterisk.Asterisk(v.req.Context())
	if err != nil {
		return err
	}
	p.Link, p.State = v.linkForm(state), v.linkState(state)
	if name == "settings-link" {
		draft, err := v.a.store.Settings(v.req.Context())
		if err != nil {
			return err
		}
		p.Hours, p.Link = v.hoursForm(draft), f
	}
	return v.sendSettings(status, p)
}

// linkForm is the form of the connection to Asterisk; an administrator's.
func (v *visit) linkForm(s store.AsteriskState) *form {
	l := s.Link
	auth := l.Auth
	if auth == "" {
		auth = "md5"
	}
	hint := v.t("settings.secret.hint")
	if l.HasSecret {
		hint = v.t("settings.secret.keep")
	}
	f := &form{Module: "settings/asterisk", Version: l.Version, Title: v.t("settings.link"), Save: v.t("settings.link.save"), Fields: []*field{
		{Name: "address", Type: "text", Label: v.t("settings.address"), Hint: v.t("settings.address.hint"), Value: l.Address, Required: true, Mono: true, Max: 260, Wide: true},
		{Name: "username", Type: "text", Label: v.t("settings.username"), Hint: v.t("settings.username.hint"), Value: l.Username, Required: true, Mono: true, Max: 255},
		{Name: "secret", Type: "password", Label: v.t("settings.secret"), Hint: hint, Max: 255, complete: "new-password"},
		{Name: "tls", Type: "check", Label: v.t("settings.tls"), Hint: v.t("settings.tls.hint"), Value: strconv.FormatBool(l.TLS)},
		{Name: "auth", Type: "select", Label: v.t("settings.auth"), Value: auth, Options: []option{{Value: "md5", Label: v.t("settings.auth.md5")}, {Value: "secret", Label: v.t("settings.auth.secret")}}},
		{Name: "ca", Type: "area", Label: v.t("settings.ca"), Hint: v.t("settings.ca.hint"), Value: l.CAPEM, Rows: 2, Mono: true, Wide: true, Max: 65536},
	}}
	f.at("auth").choose(auth)
	f.Fixed = slices.Contains(s.Fixed, "secret")
	f.ReadOnly = f.Fixed || !v.may(administrator)
	return f
}

func (v *visit) linkState(s store.AsteriskState) linkState {
	state := linkState{Tone: "bad", Word: v.t("status.down"), Version: s.Version, Fixed: slices.Contains(s.Fixed, "secret")}
	switch {
	case s.State == "ready":
		state.Tone, state.Word = "ok", v.t("status.ready")
	case s.State == "syncing":
		state.Tone, state.Word = "warn", v.t("status.syncing")
	case s.Code == "not-configured":
		state.Tone, state.Word = "warn", v.t("status.unset")
	}
	if s.Code != "" && s.State != "ready" && v.may(administrator) { // the reason may name hosts and users
		state.Why = v.t("settings.why." + s.Code)
	}
	return state
}

// hookState leaves out what fails for a moment: it is tried again.
func (v *visit) hookState(w *Webhook) *hookState {
	if w == nil {
		return nil
	}
	h := &hookState{Tone: "ok", Word: v.t("settings.webhook.works"), Waiting: w.Waiting, Dropped: w.Dropped}
	if !w.Failing.IsZero() && time.Since(w.Failing) > time.Minute {
		h.Tone, h.Word, h.Since = "bad", v.t("settings.webhook.fails"), w.Failing
	}
	return h
}

func (v *visit) readLink() (*form, store.AsteriskLink, string, error) {
	values, err := v.form()
	if err != nil {
		return nil, store.AsteriskLink{}, "", err
	}
	state, err := v.a.opts.Asterisk.Asterisk(v.req.Context())
	if err != nil {
		return nil, store.AsteriskLink{}, "", err
	}
	f := v.linkForm(state)
	f.fill(values)
	return f, store.AsteriskLink{
		Version: f.Version, Address: f.value("address"), Username: f.value("username"), TLS: f.value("tls") == "true", CAPEM: f.value("ca"), Auth: f.value("auth"),
	}, f.at("secret").Value, nil
}

func (v *visit) saveAsterisk() error {
	f, link, secret, err := v.readLink()
	if err != nil {
		return err
	}
	_, err = v.a.opts.Asterisk.SetAsterisk(v.req.Context(), v.editor(), link, secret)
	if err != nil {
		return v.refuseLink(f, err)
	}
	state, err := v.a.opts.Asterisk.Asterisk(v.req.Context())
	if err != nil {
		return err
	}
	return v.savedPart("settings-link", v.linkForm(state), v.t("settings.link.saved"))
}

func (v *visit) refuseLink(f *form, err error) error {
	var other *store.Conflict
	switch faults, faulty := errors.AsType[config.Faults](err); {
	case faulty:
		v.blame(f, faults)
	case errors.As(err, &other):
		state, err := v.a.opts.Asterisk.Asterisk(v.req.Context())
		if err != nil {
			return err
		}
		theirs := v.linkForm(state)
		v.compare(f, theirs)
		f.Version, f.Conflict = theirs.Version, &conflict{By: v.called(other.By)}
	default:
		return err
	}
	f.focus()
	return v.wrongPart("settings-link", f)
}

// tryAsterisk connects once, stores nothing, and says what came of it.
func (v *visit) tryAsterisk() error {
	f, link, secret, err := v.readLink()
	if err != nil {
		return err
	}
	came, err := v.a.opts.Asterisk.TryAsterisk(v.req.Context(), v.editor(), link, secret)
	if err != nil {
		v.Set("HX-Retarget", "#settings-link")
		return v.refuseLink(f, err)
	}
	t := linkTrial{Tone: "ok", Text: v.t("settings.try.good", "version", came.Version)}
	if came.Code != "" {
		t = linkTrial{Tone: "bad", Text: v.t("settings.why."+came.Code, "missing", strings.Join(came.Missing, ", "))}
	}
	if came.Code == "too-few-rights" {
		t.Tone = "warn"
		t.Text = v.t("settings.try.rights", "missing", strings.Join(came.Missing, ", "))
	}
	return v.sendPart("settings", "link-trial", t)
}
