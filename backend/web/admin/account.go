package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// accountPage is a manager's own account.
type accountPage struct {
	Who               store.Manager
	Profile, Password *form
	Enrol             *enrolment // being set up
	CodeError         string
	SignIns           []signIn
	Others            int // sign-ins but this one
}

// signIn is one of his browsers.
type signIn struct {
	store.SignIn
	Browser string
}

func (a *Admin) mountAccount(r fiber.Router) {
	a.get(r, "/account", viewer, (*visit).showAccount)
	a.post(r, "/account", viewer, (*visit).saveProfile)
	a.post(r, "/account/password", viewer, (*visit).savePassword)
	a.post(r, "/account/codes", viewer, (*visit).enrol)
	a.post(r, "/account/codes/confirm", viewer, (*visit).confirmCode)
	a.post(r, "/account/codes/off", viewer, (*visit).dropCode)
	a.post(r, "/account/sign-out-others", viewer, (*visit).signOutOthers)
}

// account is the page as it is now.
func (v *visit) account() (*accountPage, error) {
	ctx := v.req.Context()
	m, err := v.a.store.ManagerByUserID(ctx, v.who.UserID)
	if err != nil {
		return nil, err
	}
	draft, err := v.a.store.Manager(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	p := &accountPage{Who: m, Profile: v.profileForm(draft), Password: v.passwordForm()}
	list, err := v.a.store.SignIns(ctx, m.ID, v.who.token)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		p.SignIns = append(p.SignIns, signIn{s, browser(s.Agent)})
		if !s.This {
			p.Others++
		}
	}
	return p, nil
}

func (v *visit) profileForm(d store.ManagerDraft) *form {
	return &form{ID: d.ID, Version: d.Version, Fields: []*field{
		{Name: "fullname", Type: "text", Label: v.t("managers.fullname"), Value: d.FullName, Required: true, Max: 128, complete: "name"},
		{Name: "email", Type: "email", Label: v.t("managers.email"), Hint: v.t("setup.email.hint"), Value: d.Email, Max: 254, complete: "email"},
		{Name: "present", Type: "password", Label: v.t("account.password.present"), Hint: v.t("account.email.password"), Max: 512, complete: "current-password"},
	}}
}

func (v *visit) passwordForm() *form {
	return &form{Fields: []*field{
		{Name: "current", Type: "password", Label: v.t("account.password.present"), Required: true, Max: 512, complete: "current-password"},
		{Name: "password", Type: "password", Label: v.t("account.password.new"), Hint: v.t("account.password.rule"), Required: true, Max: 512, complete: "new-password"},
	}}
}

func (v *visit) showAccount() error {
	p, err := v.account()
	if err != nil {
		return err
	}
	return v.sendAccount(http.StatusOK, p)
}

func (v *visit) sendAccount(status int, p *accountPage) error {
	p.Profile.forget()
	p.Password.forget()
	if v.part() {
		v.Set("HX-Retarget", "#account")
		v.Set("HX-Reswap", "outerHTML")
		return v.render(status, "account", "account", p)
	}
	return v.showTitled(status, "account", "account", v.t("account.title"), p)
}

func (v *visit) accountSaved(message string) error {
	if !v.part() {
		return v.Redirect("/admin/account", http.StatusSeeOther)
	}
	p, err := v.account()
	if err != nil {
		return err
	}
	v.tell(map[string]any{"cti:toast": map[string]any{"message": message}})
	return v.sendAccount(http.StatusOK, p)
}

// checkPresent tells whether a field holds his password; if not, it says so there.
func (v *visit) checkPresent(at *field) error {
	ctx := v.req.Context()
	m, verifier, err := v.a.store.ManagerVerifier(ctx, v.who.UserID)
	if err != nil {
		return err
	}
	err = v.a.opts.Gate.Check(ctx, v.who.UserID, verifier, at.Value, v.a.kit.Client(v.req))
	if err == nil {
		return nil
	}
	if _, at.Error = v.refusal(err); at.Error == "" {
		return err
	}
	if errors.Is(err, password.ErrWrong) {
		at.Error = v.t("account.password.wrong")
		return v.note(ctx, eventRefused, slog.String("name", m.UserID), slog.String("reason", "present password"))
	}
	return nil
}

// saveProfile changes name and address. An address is where a link to a new password
// goes: for another one the present password is asked for.
func (v *visit) saveProfile() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx := v.req.Context()
	draft, err := v.a.store.Manager(ctx, v.who.ID)
	if err != nil {
		return err
	}
	f := v.profileForm(draft)
	f.fill(values)
	if f.value("fullname") == "" {
		f.at("fullname").Error = v.t("managers.fullname.missing")
	}
	if f.value("email") != draft.Email {
		if err := v.checkPresent(f.at("present")); err != nil {
			return err
		}
	}
	if f.Wrong() == 0 {
		draft.Version, draft.FullName, draft.Email = f.Version, f.value("fullname"), f.value("email")
		if _, err = v.a.store.SaveManager(ctx, v.editor(), draft); err == nil {
			return v.accountSaved(v.t("account.saved"))
		}
	}
	return v.refuseAccount(f, err, func(p *accountPage) { p.Profile = f })
}

// savePassword changes the password and ends his other sign-ins.
func (v *visit) savePassword() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx, f := v.req.Context(), v.passwordForm()
	f.fill(values)
	if err := v.checkPresent(f.at("current")); err != nil {
		return err
	}
	if f.at("password").Value == "" {
		f.at("password").Error = v.t("account.password.missing")
	}
	if f.Wrong() == 0 {
		draft, err := v.a.store.Manager(ctx, v.who.ID)
		if err != nil {
			return err
		}
		draft.Password, draft.KeepSession = f.at("password").Value, v.who.token
		if _, err = v.a.store.SaveManager(ctx, v.editor(), draft); err == nil {
			v.tellChanged(v.who.Manager)
			return v.accountSaved(v.t("account.password.saved"))
		}
		return v.refuseAccount(f, err, func(p *accountPage) { p.Password = f })
	}
	return v.refuseAccount(f, nil, func(p *accountPage) { p.Password = f })
}

// refuseAccount shows the page again with a form that was not saved.
func (v *visit) refuseAccount(f *form, err error, put func(*accountPage)) error {
	p, failed := v.account()
	if failed != nil {
		return failed
	}
	var other *store.Conflict
	faults, faulty := errors.AsType[config.Faults](err)
	switch {
	case err == nil:
	case faulty:
		v.blame(f, faults)
	case errors.As(err, &other):
		v.compare(f, p.Profile)
		f.Version, f.Conflict = p.Profile.Version, &conflict{By: v.called(other.By)}
	default:
		return err
	}
	f.focus()
	put(p)
	return v.sendAccount(http.StatusUnprocessableEntity, p)
}

func (v *visit) signOutOthers() error {
	ctx := v.req.Context()
	if err := v.note(ctx, eventOut, slog.String("which", "all others")); err != nil {
		return err
	}
	n, err := v.a.store.EndManagerSessions(ctx, v.who.ID, v.who.token)
	if err != nil {
		return err
	}
	return v.accountSaved(counted(v.lang, "account.others.ended", n))
}

// browser is what a browser calls itself, in few words; "" when it is none that is known.
func browser(agent string) string {
	find := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	name := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.Trim(name+" · "+system, " ·")
}
