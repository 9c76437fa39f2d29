package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// signInForm is the form of the sign-in, on its page and in the dialog of an expired one.
type signInForm struct{ User, Next, Error string }

func (v *visit) showSignIn() error {
	empty, err := v.a.store.ManagersEmpty(v.req.Context())
	if err != nil {
		return err
	}
	to := next(v.req.URL.Query().Get("next"))
	switch {
	case empty:
		return v.lead("/admin/setup")
	case v.who != nil:
		return v.lead(to)
	}
	return v.front(http.StatusOK, "sign-in", v.t("sign-in.title"), signInForm{Next: to})
}

// signIn checks a password and makes a new cookie, so that one which somebody planted or
// saw before is worth nothing after it.
func (v *visit) signIn() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f := signInForm{User: values.Get("user"), Next: next(values.Get("next"))}
	ctx, from := v.req.Context(), v.a.kit.Client(v.req)
	m, verifier, err := v.a.store.ManagerVerifier(ctx, f.User)
	if err != nil {
		return err
	}
	if err := v.a.opts.Gate.Check(ctx, f.User, verifier, values.Get("password"), from); err != nil {
		return v.refuseSignIn(f, m, err)
	}
	if m.TOTP {
		return v.askCode(http.StatusOK, codeForm{ID: v.a.halfway.put(m, f.Next, time.Now())})
	}
	return v.letIn(m, f)
}

// letIn starts a sign-in and says so in the audit before it counts.
func (v *visit) letIn(m store.Manager, f signInForm) error {
	ctx := v.req.Context()
	v.who = &signedIn{Manager: m, role: roles[m.Role]}
	if err := v.note(ctx, eventIn); err != nil {
		return err
	}
	old := v.a.kit.CookieOf(v.req, sessionCookie)
	token, err := v.a.store.StartManagerSession(ctx, m, v.a.kit.Client(v.req).String(), v.req.UserAgent())
	if errors.Is(err, store.ErrGone) {
		return v.refuseSignIn(f, m, password.ErrWrong)
	}
	if err != nil {
		return err
	}
	if len(old) == tokenLength {
		if err := v.a.store.EndManagerSession(ctx, old); err != nil {
			return err
		}
	}
	v.Set("Set-Cookie", v.a.kit.Cookie(sessionCookie, token, store.ManagerLongest))
	if v.part() { // in the middle of a form, which goes on
		v.tell(map[string]any{"cti:signed-in": "", "cti:toast": map[string]any{"message": v.t("admin.signed-in-again")}})
		v.Set("HX-Reswap", "none")
		return v.SendStatus(http.StatusNoContent)
	}
	return v.Redirect(f.Next, http.StatusSeeOther)
}

// refusal is what is told of a password or a code that the gate refused; "" of an error
// that is none of its own.
func (v *visit) refusal(err error) (status int, text string) {
	var later *password.Throttled
	switch {
	case errors.Is(err, password.ErrWrong):
		return http.StatusUnauthorized, v.t("sign-in.wrong")
	case errors.As(err, &later):
		return http.StatusTooManyRequests, v.t("sign-in.throttled", "seconds", strconv.Itoa(int(later.RetryAfter.Seconds()+1)))
	case errors.Is(err, password.ErrBusy):
		return http.StatusServiceUnavailable, v.t("sign-in.busy")
	}
	return 0, ""
}

// refuseSignIn says no, in the same words whether the name or the password is wrong.
func (v *visit) refuseSignIn(f signInForm, m store.Manager, err error) error {
	status, words := v.refusal(err)
	if status == 0 {
		return err
	}
	f.Error = words
	if errors.Is(err, password.ErrWrong) {
		// The name is told only when it is one of ours: what was typed may be a password.
		if err := v.note(v.req.Context(), eventRefused, slog.String("name", m.UserID)); err != nil {
			return err
		}
	}
	return v.sendSignIn(status, f)
}

// sendSignIn shows the form again, where it was.
func (v *visit) sendSignIn(status int, f signInForm) error {
	if v.part() {
		v.Set("HX-Retarget", "#sign-in-body")
		v.Set("HX-Reswap", "innerHTML")
		return v.render(status, "sign-in", "again", f)
	}
	return v.front(status, "sign-in", v.t("sign-in.title"), f)
}

func (v *visit) signOut() error {
	v.Set("Set-Cookie", v.a.kit.Cookie(sessionCookie, "", 0))
	if v.who != nil { // he is out also where the audit cannot be told
		err := v.a.store.EndManagerSession(v.req.Context(), v.who.token)
		if err := errors.Join(err, v.note(v.req.Context(), eventOut)); err != nil {
			return err
		}
	}
	return v.Redirect("/admin/sign-in", http.StatusSeeOther)
}
