package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// role is what a manager may do; each may what the ones before it may.
type role int

const (
	nobody        role = iota // no sign-in is asked for
	viewer                    // looks at everything that is no secret
	editor                    // edits the configuration and applies it
	administrator             // also managers, the link to Asterisk and an import of all
)

var roles = map[string]role{"viewer": viewer, "editor": editor, "administrator": administrator}

// sessionCookie holds the token of a manager's sign-in.
const sessionCookie = "cti-admin"

// signedIn is a manager at a browser.
type signedIn struct {
	store.Manager
	role  role
	token string // of the cookie
}

// identify tells who makes a request; nil, nil for nobody.
func (a *Admin) identify(r *http.Request) (*signedIn, error) {
	cookie := a.kit.CookieOf(r, sessionCookie)
	if len(cookie) != tokenLength {
		return nil, nil
	}
	s, err := a.store.LoadManagerSession(r.Context(), cookie)
	if errors.Is(err, store.ErrNoSession) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &signedIn{Manager: s.Manager, role: roles[s.Manager.Role], token: cookie}, nil
}

// tokenLength is that of 32 bytes in base64 without padding.
const tokenLength = 43

// askWho answers who must sign in first: a page leads to the sign-in and back, a part of
// a page gets a form to put over what is being filled in.
func (v *visit) askWho() error {
	empty, err := v.a.store.ManagersEmpty(v.req.Context())
	if err != nil {
		return err
	}
	if empty {
		return v.lead("/admin/setup")
	}
	if v.part() {
		v.Set("HX-Retarget", "#sign-in-body")
		v.Set("HX-Reswap", "innerHTML")
		return v.render(http.StatusUnauthorized, "sign-in", "again", signInForm{})
	}
	to := "/admin/sign-in"
	if v.req.Method == http.MethodGet && v.req.URL.Path != "/admin" {
		to += "?next=" + url.QueryEscape(v.req.URL.RequestURI())
	}
	return v.Redirect(to, http.StatusSeeOther)
}

// next is where to go after signing in: a page of ours, whatever the address says.
func next(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/admin/") || strings.ContainsAny(to, "\\\r\n") {
		return "/admin"
	}
	return u.RequestURI()
}

// Home is where / and /agent lead on the first start: while there is neither a manager
// nor a configuration.
func (a *Admin) Home(r *http.Request) string {
	if a.opts.Live.Now() != nil {
		return ""
	}
	if empty, err := a.store.ManagersEmpty(r.Context()); err != nil || !empty {
		return ""
	}
	return "/admin/setup"
}

// mountAccess adds what concerns signing in.
func (a *Admin) mountAccess(r fiber.Router) {
	a.post(r, "/language", nobody, (*visit).chooseLanguage)
	a.get(r, "/sign-in", nobody, (*visit).showSignIn)
	a.post(r, "/sign-in", nobody, (*visit).signIn)
	a.post(r, "/sign-in/code", nobody, (*visit).signInByCode)
	a.post(r, "/sign-out", nobody, (*visit).signOut)
	a.mountSetup(r)
	a.mountLost(r)
	a.mountAccount(r)
}

func (v *visit) chooseLanguage() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	if l := values.Get("language"); slices.Contains(locale.Languages(), locale.Language(l)) {
		v.Set("Set-Cookie", v.a.kit.Cookie(languageCookie, l, 400*24*time.Hour))
	}
	back := "/admin"
	if u, err := url.Parse(v.req.Header.Get("Referer")); err == nil && u.Host == v.req.Host && strings.HasPrefix(u.Path, "/admin") {
		back = u.RequestURI()
	}
	return v.Redirect(back, http.StatusSeeOther)
}
