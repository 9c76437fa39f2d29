package admin

import (
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// operators are the people who take calls (row I3).
type operators struct{ store *store.Store }

func (operators) key() string  { return "operators" }
func (operators) icon() string { return "users" }
func (operators) need() role   { return editor }

func (m operators) list(v *visit, l *list) error {
	found, err := m.store.Operators(v.req.Context(), l.sorted("fullname"))
	if err != nil {
		return err
	}
	l.Total, l.All, l.Query.Page = found.Total, found.All, found.Page
	l.Columns = []column{
		{key: "fullname", Label: v.t("operators.fullname")}, {key: "username", Label: v.t("operators.username"), low: true},
		{Label: v.t("operators.services"), last: true}, {key: "enabled", Label: v.t("operators.enabled")}, {key: "changed", Label: v.t("list.changed"), low: true},
	}
	l.Extras = v.sheetLinks("operators")
	for _, o := range found.Rows {
		name := o.FullName
		if name == "" {
			name = o.Username
		}
		r := row{ID: o.ID, Name: name, Initials: initials(name), Cells: []cell{{Text: o.Username, low: true, mono: true}, {last: true}, {}, {When: o.Changed, low: true}}}
		for _, s := range o.Services {
			r.Cells[1].Badges = append(r.Cells[1].Badges, badge{Text: s, Tone: "idle"})
		}
		r.Cells[2].Badges = []badge{m.state(v, o)}
		l.Rows = append(l.Rows, r)
	}
	return nil
}

func (operators) state(v *visit, o store.OperatorItem) badge {
	switch {
	case !o.Enabled:
		return badge{Text: v.t("operators.off"), Tone: "idle", Dot: true}
	case !o.Password:
		return badge{Text: v.t("operators.no-password"), Tone: "warn", Dot: true}
	default:
		return badge{Text: v.t("operators.on"), Tone: "ok", Dot: true}
	}
}

func (m operators) form(v *visit, id int64) (*form, error) {
	ctx := v.req.Context()
	draft := store.OperatorDraft{Enabled: true}
	if id != 0 {
		var err error
		if draft, err = m.store.Operator(ctx, id); err != nil {
			return nil, err
		}
	}
	serves := &field{Name: "services", Type: "checks", Label: v.t("operators.services"), Empty: v.t("operators.services.none")}
	for page := 1; len(serves.Options) < config.MaxServices; page++ {
		services, err := m.store.Services(ctx, store.ListQuery{Page: page, Size: 500})
		if err != nil {
			return nil, err
		}
		for _, s := range services.Rows {
			serves.Options = append(serves.Options, option{Value: strconv.FormatInt(s.ID, 10), Label: s.Name})
		}
		if len(serves.Options) >= services.Total {
			break
		}
	}
	serves.choose(texts(draft.Services)...)
	name, hint := v.t("operators.username.stays"), v.t("operators.password.keep")
	if id == 0 {
		name, hint = v.t("operators.username.hint"), v.t("operators.password.hint")
	}
	return &form{Version: draft.Version, Fields: []*field{
		{Name: "fullname", Type: "text", Label: v.t("operators.fullname"), Value: draft.FullName, Max: 128},
		{Name: "username", Type: "text", Label: v.t("operators.username"), Hint: name, Value: draft.Username, Required: true, Mono: true, Max: 64},
		{Name: "password", Type: "password", Label: v.t("operators.password"), Hint: hint, Required: id == 0, Max: 256, complete: "new-password"},
		{Name: "enabled", Type: "check", Label: v.t("operators.enabled.label"), Hint: v.t("operators.enabled.hint"), Value: strconv.FormatBool(draft.Enabled)},
		serves,
		// What others give or take meanwhile stays, and what is not shown: only what this form
		// changes is changed.
		{Name: "served", Type: "hidden", Value: strings.Join(serves.chosen(), " ")},
	}}, nil
}

func texts(ids []int64) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.FormatInt(id, 10)
	}
	return list
}

func (m operators) save(v *visit, f *form) (int64, string, error) {
	saved, err := m.store.SaveOperator(v.req.Context(), v.editor(), store.OperatorDraft{
		ID: f.ID, Version: f.Version, Username: f.value("username"), FullName: f.value("fullname"),
		Password: f.at("password").Value, Enabled: f.value("enabled") == "true", Services: f.ids("services"),
		Served: idsOf(strings.Fields(f.value("served"))),
	})
	name := saved.FullName
	if name == "" {
		name = saved.Username
	}
	return saved.ID, name, err
}

func (m operators) uses(v *visit, ids []int64) ([]store.Use, error) {
	return m.store.OperatorUses(v.req.Context(), ids)
}

func (m operators) remove(v *visit, ids []int64) error {
	return m.store.RemoveOperators(v.req.Context(), v.editor(), ids)
}
