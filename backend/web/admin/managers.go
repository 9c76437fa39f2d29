package admin

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// managerAccounts are those who may come in here (rows I1, I2). Administrators alone see
// them.
type managerAccounts struct{ store *store.Store }

func (managerAccounts) key() string  { return "managers" }
func (managerAccounts) icon() string { return "shield" }
func (managerAccounts) need() role   { return administrator }
func (managerAccounts) look() role   { return administrator }

func (a *Admin) mountManagers(r fiber.Router) {
	a.mountModule(r, managerAccounts{a.store})
	a.post(r, "/managers/:id<int>/link", administrator, (*visit).makeLink)
	a.post(r, "/managers/:id<int>/codes-off", administrator, (*visit).dropCodesOf)
}

func (m managerAccounts) list(v *visit, l *list) error {
	found, err := m.store.Managers(v.req.Context(), l.sorted("fullname"))
	if err != nil {
		return err
	}
	l.Total, l.All, l.Query.Page = found.Total, found.All, found.Page
	l.Columns = []column{
		{key: "fullname", Label: v.t("managers.fullname")}, {key: "role", Label: v.t("managers.role")},
		{key: "email", Label: v.t("managers.email"), low: true}, {key: "enabled", Label: v.t("managers.enabled")},
		{key: "created", Label: v.t("managers.created"), low: true}, {key: "seen", Label: v.t("managers.seen"), low: true},
	}
	for _, one := range found.Rows {
		l.Rows = append(l.Rows, row{ID: one.ID, Name: one.FullName, Initials: initials(one.FullName), Note: one.UserID, Cells: []cell{
			{Badges: []badge{{Text: v.t("role." + one.Role), Tone: map[string]string{store.RoleAdministrator: "call", store.RoleEditor: "info"}[one.Role]}}},
			{Text: one.Email, low: true}, {Badges: m.state(v, one)}, {When: one.Created, low: true}, {When: one.LastSeen, low: true},
		}})
	}
	return nil
}

func (managerAccounts) state(v *visit, m store.Manager) []badge {
	first := badge{Text: v.t("managers.on"), Tone: "ok", Dot: true}
	switch {
	case !m.Enabled:
		first = badge{Text: v.t("managers.off"), Tone: "idle", Dot: true}
	case !m.Password:
		first = badge{Text: v.t("managers.no-password"), Tone: "warn", Dot: true}
	}
	if m.TOTP {
		return []badge{first, {Text: v.t("managers.codes"), Tone: "info"}}
	}
	return []badge{first}
}

// accountState is what a manager's form shows beside its fields.
type accountState struct {
	store.Manager
	Own  bool // he who looks
	Mail bool // a link can be sent to him
}

func (m managerAccounts) form(v *visit, id int64) (*form, error) {
	ctx := v.req.Context()
	draft := store.ManagerDraft{Enabled: true, Role: store.RoleEditor}
	f := &form{}
	if id != 0 {
		var err error
		if draft, err = m.store.Manager(ctx, id); err != nil {
			return nil, err
		}
		now, err := m.store.ManagerByUserID(ctx, draft.UserID)
		if err != nil {
			return nil, err
		}
		f.Extra = accountState{now, id == v.who.ID, v.a.opts.Post != nil && now.Email != ""}
	}
	role := &field{Name: "role", Type: "select", Wide: true, Label: v.t("managers.role"), Required: true, Value: draft.Role}
	for _, word := range []string{store.RoleAdministrator, store.RoleEditor, store.RoleViewer} {
		role.Options = append(role.Options, option{Value: word, Label: v.t("managers.role." + word)})
	}
	role.choose(draft.Role)
	f.Version = draft.Version
	f.Fields = []*field{
		{Name: "fullname", Type: "text", Label: v.t("managers.fullname"), Value: draft.FullName, Required: true, Max: 128},
		{Name: "username", Type: "text", Label: v.t("managers.username"), Hint: v.t("managers.username.hint"), Value: draft.UserID, Required: true, Mono: true, Max: 64},
		{Name: "enabled", Type: "check", Label: v.t("managers.enabled.label"), Hint: v.t("managers.enabled.hint"), Value: strconv.FormatBool(draft.Enabled)},
		role,
	}
	if id != v.who.ID { // his own way in he changes at his account, which asks for the present password
		email := &field{Name: "email", Type: "email", Label: v.t("managers.email"), Hint: v.t("managers.email.hint"), Value: draft.Email, Max: 254}
		f.Fields = slices.Insert(f.Fields, 2, email)
		hint := v.t("managers.password.hint")
		if draft.HasPassword {
			hint = v.t("managers.password.keep")
		}
		f.Fields = append(f.Fields, &field{Name: "password", Type: "password", Label: v.t("managers.password"), Hint: hint, Max: 512, complete: "new-password", Wide: true})
	}
	return f, nil
}

func (m managerAccounts) save(v *visit, f *form) (int64, string, error) {
	draft := store.ManagerDraft{
		ID: f.ID, Version: f.Version, UserID: f.value("username"), FullName: f.value("fullname"), Email: f.value("email"),
		Role: f.value("role"), Enabled: f.value("enabled") == "true", Password: f.at("password").Value,
	}
	if f.ID == v.who.ID {
		now, err := m.store.Manager(v.req.Context(), f.ID)
		if err != nil {
			return 0, "", err
		}
		draft.KeepSession, draft.Email = v.who.token, now.Email
		if draft.Role != v.who.Role || !draft.Enabled {
			return 0, "", told(v.t("managers.own"))
		}
	}
	if draft.FullName == "" { // the command line needs none
		return 0, "", append(v.noName(), store.CheckManager(draft)...)
	}
	saved, err := m.store.SaveManager(v.req.Context(), v.editor(), draft)
	if errors.Is(err, store.ErrLastAdministrator) {
		err = told(v.t("managers.last"))
	}
	if err == nil && f.ID != 0 && draft.Password != "" {
		v.tellChanged(store.Manager{UserID: saved.UserID, FullName: saved.FullName, Email: saved.Email})
	}
	return saved.ID, saved.FullName, err
}

// noName is the fault of an account without a name of a person.
func (v *visit) noName() config.Faults {
	return config.Faults{{Kind: config.KindManager, Field: "fullname", Code: "manager.fullname", Message: v.t("managers.fullname.missing")}}
}

func (m managerAccounts) uses(v *visit, ids []int64) (uses []store.Use, err error) {
	for _, id := range ids {
		d, err := m.store.Manager(v.req.Context(), id)
		if errors.Is(err, store.ErrGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		uses = append(uses, store.Use{ID: id, Name: d.FullName})
	}
	return uses, nil
}

func (m managerAccounts) remove(v *visit, ids []int64) error {
	if slices.Contains(ids, v.who.ID) {
		return told(v.t("managers.own"))
	}
	err := m.store.RemoveManagers(v.req.Context(), v.editor(), ids)
	if errors.Is(err, store.ErrLastAdministrator) {
		err = told(v.t("managers.last"))
	}
	return err
}

// madeLink is a link to a new password, shown once, or who it was sent to.
type madeLink struct{ Name, Link, Sent, Error, Minutes string }

// makeLink makes a manager a link to a new password. It is sent to him, or shown to the
// administrator, who hands it on; the password itself he never learns. For himself he makes
// none: whoever sits down at his browser would have the account for good.
func (v *visit) makeLink() error {
	if v.id() == v.who.ID {
		return v.lead("/admin/account")
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx := v.req.Context()
	d, err := v.a.store.Manager(ctx, v.id())
	if err != nil {
		return gone(err)
	}
	p := madeLink{Name: d.FullName, Minutes: minutes(store.ResetTokenTTL)}
	token, err := v.a.store.NewResetToken(ctx, v.editor(), d.ID)
	switch {
	case errors.Is(err, store.ErrGone):
		p.Error = v.t("managers.link.off")
	case err != nil:
		return err
	case values.Get("by") == "mail" && v.a.opts.Post != nil && d.Email != "":
		text := letter(v.lang, "invited", v.a.resetLink(token), "name", d.FullName, "user", d.UserID, "minutes", p.Minutes, "by", v.who.FullName)
		if err := v.a.opts.Post(d.Email, v.t("letter.invited.subject"), text); err != nil {
			v.a.log.Error("a link to a new password is not sent", "manager", d.UserID, "err", err)
			p.Error = v.t("managers.link.not-sent")
		} else {
			p.Sent = d.Email
		}
	default:
		p.Link = v.a.resetLink(token)
	}
	return v.sendLink(p)
}

func (v *visit) sendLink(p madeLink) error {
	if v.part() {
		return v.sendPart("managers", "made-link", p)
	}
	return v.showTitled(http.StatusOK, "managers", "managers-link", v.t("managers.link"), p)
}

// dropCodesOf asks a manager for no more one-time codes: he has lost his telephone. His own
// the administrator turns off at his account, by one of them.
func (v *visit) dropCodesOf() error {
	if v.id() == v.who.ID {
		return v.lead("/admin/account")
	}
	ctx := v.req.Context()
	d, err := v.a.store.Manager(ctx, v.id())
	if err != nil {
		return gone(err)
	}
	if err := v.a.store.DropTOTP(ctx, v.editor(), d.ID); err != nil {
		return gone(err)
	}
	return v.saved(managerAccounts{v.a.store}, v.t("managers.codes.dropped", "name", d.FullName), d.ID)
}
