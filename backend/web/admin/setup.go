package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// setup guards the page on which the first manager is made: whoever has the link that is
// told at the start may, once. Of its token the hash alone is kept, and not on disk.
type setup struct {
	mu    sync.Mutex
	given bool
	hash  [sha256.Size]byte
}

// SetupLink makes the link by which the first manager is made; one it made before is
// void. It is "" when there is a manager. Whoever reads it may make himself the
// administrator: it belongs on the terminal and in the log of who runs the server.
func (a *Admin) SetupLink(ctx context.Context) (string, error) {
	if empty, err := a.store.ManagersEmpty(ctx); err != nil || !empty {
		return "", err
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	token := base64.RawURLEncoding.EncodeToString(b[:])
	a.setup.mu.Lock()
	a.setup.given, a.setup.hash = true, sha256.Sum256([]byte(token))
	a.setup.mu.Unlock()
	return a.opts.Address() + "/admin/setup?token=" + token, nil
}

// right tells whether a token is the one that was told.
func (s *setup) right(token string) bool {
	hash := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given && subtle.ConstantTimeCompare(hash[:], s.hash[:]) == 1
}

// spent makes the token void.
func (s *setup) spent() {
	s.mu.Lock()
	s.given = false
	s.mu.Unlock()
}

// setupTries is how many wrong tokens one address may give in an hour.
const setupTries = 20

// setupPage is what the page shows: that it is over, where the link is, or the form.
type setupPage struct {
	Over  bool
	Error string
	Token string
	Form  *form
}

func (a *Admin) mountSetup(r fiber.Router) {
	a.get(r, "/setup", nobody, (*visit).showSetup)
	a.post(r, "/setup", nobody, (*visit).setUp)
}

func (v *visit) showSetup() error {
	token := v.token(v.req.URL.Query().Get("token"))
	if done, err := v.checkSetup(token); done || err != nil {
		return err
	}
	v.keepToken(token)
	f := v.setupForm()
	f.focus()
	return v.front(http.StatusOK, "setup", v.t("setup.title"), setupPage{Token: token, Form: f})
}

// checkSetup answers a request that may not make the first manager.
func (v *visit) checkSetup(token string) (done bool, err error) {
	empty, err := v.a.store.ManagersEmpty(v.req.Context())
	if err != nil {
		return true, err
	}
	if !empty {
		return true, v.setupOver()
	}
	from, now := network(v.a.kit.Client(v.req)), time.Now()
	switch {
	case token == "":
		return true, v.front(http.StatusForbidden, "setup", v.t("setup.title"), setupPage{})
	case v.a.guesses.full(from, now):
		return true, v.front(http.StatusTooManyRequests, "setup", v.t("setup.title"), setupPage{Error: v.t("setup.throttled")})
	case !v.a.setup.right(token):
		v.a.guesses.take(from, now)
		v.dropToken()
		return true, v.front(http.StatusForbidden, "setup", v.t("setup.title"), setupPage{Error: v.t("setup.wrong")})
	}
	return false, nil
}

func (v *visit) setupOver() error {
	v.dropToken()
	return v.front(http.StatusGone, "setup", v.t("setup.title"), setupPage{Over: true})
}

func (v *visit) setupForm() *form {
	return &form{Fields: []*field{
		{Name: "fullname", Type: "text", Label: v.t("managers.fullname"), Required: true, Max: 128, complete: "name"},
		{Name: "username", Type: "text", Label: v.t("managers.username"), Hint: v.t("managers.username.hint"), Required: true, Max: 64, complete: "username"},
		{Name: "email", Type: "email", Label: v.t("managers.email"), Hint: v.t("setup.email.hint"), Max: 254, complete: "email"},
		{Name: "password", Type: "password", Label: v.t("managers.password"), Hint: v.t("account.password.rule"), Required: true, Max: 512, complete: "new-password"},
	}}
}

// setUp makes the first manager and signs him in; of two at once one is.
func (v *visit) setUp() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	token := v.token(values.Get("token"))
	if done, err := v.checkSetup(token); done || err != nil {
		return err
	}
	ctx, f := v.req.Context(), v.setupForm()
	f.fill(values)
	draft := store.ManagerDraft{UserID: f.value("username"), FullName: f.value("fullname"), Email: f.value("email"), Password: f.at("password").Value}
	if draft.FullName == "" {
		draft.Role = store.RoleAdministrator
		if draft.Password == "" {
			draft.Password = "-" // told as too short, as none is
		}
		err = append(v.noName(), store.CheckManager(draft)...)
	} else {
		_, err = v.a.store.SaveFirstManager(ctx, store.Editor{By: draft.UserID, Record: v.recordOwn}, draft)
	}
	if errors.Is(err, store.ErrNotFirst) {
		return v.setupOver()
	}
	faults, faulty := errors.AsType[config.Faults](err)
	if err != nil && !faulty {
		return err
	}
	if faulty {
		v.blame(f, faults)
		f.forget()
		f.focus()
		return v.front(http.StatusUnprocessableEntity, "setup", v.t("setup.title"), setupPage{Token: token, Form: f})
	}
	v.a.setup.spent()
	v.dropToken()
	m, err := v.a.store.ManagerByUserID(ctx, draft.UserID)
	if err != nil {
		return err
	}
	return v.letIn(m, signInForm{Next: "/admin"})
}

// tokenCookie keeps the token of a link while its page is open, so that it need not stay
// in the address: a page that is loaded again, or in another language, has it still.
const tokenCookie = "cti-link"

// token is the one that a request gives, else what the cookie keeps.
func (v *visit) token(given string) string {
	if given == "" {
		given = v.a.kit.CookieOf(v.req, tokenCookie)
	}
	if len(given) > tokenLength {
		return given[:tokenLength+1] // it is none of ours
	}
	return given
}

func (v *visit) keepToken(token string) {
	v.Set("Set-Cookie", v.a.kit.Cookie(tokenCookie, token, store.ResetTokenTTL))
}

func (v *visit) dropToken() { v.Set("Set-Cookie", v.a.kit.Cookie(tokenCookie, "", 0)) }
