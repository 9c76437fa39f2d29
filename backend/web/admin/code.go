package admin

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// halfway keeps the sign-ins of which the password was right and the one-time code is
// still asked for. Only who gave the password has the id.
type halfway struct {
	mu sync.Mutex
	of map[string]*half
}

type half struct {
	store.Manager
	next  string
	until time.Time
	tries int
}

// Bounds of a sign-in that waits for its code.
const (
	halfFor   = 5 * time.Minute
	halfTries = 5
	halfMost  = 1000
)

// put keeps a sign-in and returns its id; past halfMost another is forgotten.
func (h *halfway) put(m store.Manager, next string, now time.Time) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	id := base64.RawURLEncoding.EncodeToString(b[:])
	h.mu.Lock()
	defer h.mu.Unlock()
	for other, one := range h.of {
		if !now.Before(one.until) || len(h.of) >= halfMost {
			delete(h.of, other)
		}
	}
	if h.of == nil {
		h.of = map[string]*half{}
	}
	h.of[id] = &half{Manager: m, next: next, until: now.Add(halfFor)}
	return id
}

// try finds a sign-in for one more code, if it may have one.
func (h *halfway) try(id string, now time.Time) (half, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one, ok := h.of[id]
	if !ok {
		return half{}, false
	}
	if one.tries++; one.tries > halfTries || !now.Before(one.until) {
		delete(h.of, id)
		return half{}, false
	}
	return *one, true
}

func (h *halfway) drop(id string) {
	h.mu.Lock()
	delete(h.of, id)
	h.mu.Unlock()
}

// codeForm is the second step of the sign-in, on its page and in the dialog.
type codeForm struct{ ID, Error string }

func (v *visit) askCode(status int, f codeForm) error {
	if v.part() {
		v.Set("HX-Retarget", "#sign-in-body")
		v.Set("HX-Reswap", "innerHTML")
		return v.render(status, "code", "again", f)
	}
	return v.front(status, "code", v.t("account.code.title"), f)
}

// signInByCode is the second step: the right code, once, within a few tries.
func (v *visit) signInByCode() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx, f := v.req.Context(), codeForm{ID: values.Get("id")}
	h, ok := v.a.halfway.try(f.ID, time.Now())
	if !ok {
		return v.sendSignIn(http.StatusUnauthorized, signInForm{Next: "/admin", Error: v.t("account.code.over")})
	}
	err = v.a.opts.Gate.CheckCode(h.UserID, func() (bool, error) { return v.a.store.CheckTOTP(ctx, h.ID, values.Get("code")) })
	switch {
	case err == nil:
		v.a.halfway.drop(f.ID)
		return v.letIn(h.Manager, signInForm{User: h.UserID, Next: h.next})
	case errors.Is(err, store.ErrGone), errors.Is(err, store.ErrNoTOTP): // changed meanwhile
		v.a.halfway.drop(f.ID)
		return v.sendSignIn(http.StatusUnauthorized, signInForm{User: h.UserID, Next: h.next, Error: v.t("account.code.over")})
	case errors.Is(err, password.ErrWrong):
		f.Error = v.t("account.code.wrong")
		if err := v.note(ctx, eventRefused, slog.String("name", h.UserID), slog.String("reason", "code")); err != nil {
			return err
		}
		return v.askCode(http.StatusUnauthorized, f)
	}
	status, text := v.refusal(err)
	if text == "" {
		return err
	}
	f.Error = text
	return v.askCode(status, f)
}
