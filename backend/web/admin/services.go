package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pop"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// services are what callers reach and agents dial out by, with what opens for their calls
// (rows C1 to C3).
type services struct{ store *store.Store }

func (services) key() string  { return "services" }
func (services) icon() string { return "layers" }
func (services) need() role   { return editor }

func (m services) list(v *visit, l *list) error {
	found, err := m.store.Services(v.req.Context(), l.sorted("name"))
	if err != nil {
		return err
	}
	l.Total, l.All, l.Query.Page = found.Total, found.All, found.Page
	l.Columns = []column{
		{key: "name", Label: v.t("services.name")}, {key: "type", Label: v.t("services.type.label"), last: true},
		{key: "context", Label: v.t("services.context"), low: true}, {key: "queue", Label: v.t("services.queue"), low: true},
		{Label: v.t("services.opens"), low: true}, {Label: v.t("services.operators"), num: true, low: true},
		{key: "enabled", Label: v.t("services.enabled")}, {key: "changed", Label: v.t("list.changed"), low: true},
	}
	for _, s := range found.Rows {
		kind, state := badge{Text: v.t("services.type." + s.Type), Tone: "info"}, badge{Text: v.t("services.on"), Tone: "ok", Dot: true}
		if s.Type == config.Outbound {
			kind.Tone = "call"
		}
		if !s.Enabled {
			state = badge{Text: v.t("services.off"), Tone: "idle", Dot: true}
		}
		opens := ""
		if s.Action && s.Trigger == config.Application {
			opens = v.t("services.opens.application")
		} else if s.Action {
			opens = v.t("services.opens." + s.Target)
		}
		l.Rows = append(l.Rows, row{ID: s.ID, Name: s.Name, Cells: []cell{
			{Badges: []badge{kind}, last: true}, {Text: s.Context, mono: true, low: true}, {Text: s.Queue, mono: true, low: true}, {Text: opens, low: true},
			{Text: strconv.Itoa(s.Operators), num: true, low: true}, {Badges: []badge{state}}, {When: s.Changed, low: true},
		}})
	}
	return nil
}

// Words of the form's fields that the configuration has not.
const (
	opensNothing = "none"     // of trigger
	asInSettings = "settings" // of after_mode
	noAfterCall  = "none"
	ownAfterCall = "seconds"
)

func (m services) form(v *visit, id int64) (*form, error) {
	d := store.ServiceDraft{Type: config.Inbound, Trigger: config.Browser, Target: config.Window, OpenAt: config.Answer, AfterCall: config.InheritAfterCall, Enabled: true}
	from, copied := v.copyOf(id)
	if from != 0 {
		var err error
		if d, err = m.store.Service(v.req.Context(), from); err != nil {
			return nil, err
		}
		if d.Application == "" && d.ParamString == "" {
			d.Trigger = opensNothing
		}
	}
	if copied {
		d.Name, d.Version = v.t("services.copy-of", "name", d.Name), 0
	}
	after, seconds := asInSettings, ""
	if d.AfterCall == 0 {
		after = noAfterCall
	} else if d.AfterCall > 0 {
		after, seconds = ownAfterCall, strconv.Itoa(d.AfterCall)
	}
	operators := make([]string, len(d.Operators))
	for i, o := range d.Operators {
		operators[i] = strings.TrimSpace(fmt.Sprintf("%s %d %s", o.Username, o.Penalty, o.FullName))
	}
	variables := make([]string, len(d.Variables))
	for i, name := range d.Variables {
		variables[i] = name
		if label := d.Labels[name]; label != "" {
			variables[i] += " = " + label
		}
	}
	open := v.choices("open", "services.open.", d.OpenAt, config.Answer, config.Ring)
	open.Hint = v.t("services.open.hint")
	return &form{Version: d.Version, Fields: []*field{
		{Name: "name", Type: "text", Label: v.t("services.name"), Hint: v.t("services.name.hint"), Value: d.Name, Required: true, Max: 80},
		v.choices("type", "services.type.", d.Type, config.Inbound, config.Outbound),
		{Name: "context", Type: "text", Label: v.t("services.context"), Hint: v.t("services.context.hint"), Value: d.Context, Required: true, Mono: true, Max: 79},
		{Name: "queue", Type: "text", Label: v.t("services.queue"), Hint: v.t("services.queue.hint"), Value: d.Queue, Mono: true, Max: 79},
		{Name: "enabled", Type: "check", Label: v.t("services.enabled.label"), Hint: v.t("services.enabled.hint"), Value: strconv.FormatBool(d.Enabled)},
		v.choices("trigger", "services.trigger.", d.Trigger, config.Browser, config.Application, opensNothing),
		open,
		v.choices("target", "services.target.", d.Target, config.Window, config.Pane, config.Tab, config.Button),
		{Name: "application", Type: "text", Label: v.t("services.application"), Value: d.Application, Mono: true, Wide: true, Max: 2048},
		{Name: "param_string", Type: "text", Label: v.t("services.parameters"), Value: d.ParamString, Mono: true, Wide: true, Max: 2048},
		{Name: "allow_http", Type: "check", Label: v.t("services.http.label"), Hint: v.t("services.http.hint"), Value: strconv.FormatBool(d.AllowHTTP)},
		{Name: "variables", Type: "area", Label: v.t("services.variables"), Hint: v.t("services.variables.hint"), Value: strings.Join(variables, "\n"), Mono: true, Wide: true, Rows: 3},
		v.choices("after_mode", "services.after.", after, asInSettings, noAfterCall, ownAfterCall),
		{Name: "after_call", Type: "number", Label: v.t("services.seconds"), Value: seconds, Least: 1, Most: config.MaxAfterCall},
		{Name: "dispositions", Type: "area", Label: v.t("services.dispositions"), Hint: v.t("services.dispositions.hint"), Value: strings.Join(d.Dispositions, "\n"), Wide: true, Rows: 3},
		{Name: "caller_id", Type: "text", Label: v.t("services.caller-id"), Hint: v.t("services.caller-id.hint"), Value: d.CallerID, Wide: true, Max: 120},
		{Name: "allow", Type: "area", Label: v.t("services.allow"), Hint: v.t("services.allow.hint"), Value: strings.Join(d.Allow, "\n"), Mono: true, Rows: 3},
		{Name: "deny", Type: "area", Label: v.t("services.deny"), Hint: v.t("services.deny.hint"), Value: strings.Join(d.Deny, "\n"), Mono: true, Rows: 3},
		{Name: "operators", Type: "area", Label: v.t("services.operators"), Hint: v.t("services.operators.hint"), Value: strings.Join(operators, "\n"), Wide: true, Rows: 4},
	}}, nil
}

// copyOf is the record that a form begins with, and whether it becomes a new one.
func (v *visit) copyOf(id int64) (from int64, copied bool) {
	if id == 0 && v.req.Method == http.MethodGet {
		if from, err := strconv.ParseInt(v.req.URL.Query().Get("copy"), 10, 64); err == nil && from > 0 {
			return from, true
		}
	}
	return id, false
}

// choices is a field of one of several words.
func (v *visit) choices(name, texts, value string, words ...string) *field {
	f := &field{Name: name, Type: "select", Label: v.t(texts + "label"), Value: value}
	for _, w := range words {
		f.Options = append(f.Options, option{Value: w, Label: v.t(texts + w)})
	}
	f.choose(value)
	return f
}

// Field is a field of the form, for templates that put each in its place.
func (f *form) Field(name string) *field { return f.at(name) }

// Builtins are the placeholders that every service has, each with its text's key.
func (*form) Builtins() map[string]string {
	keys := make(map[string]string, len(pop.Builtins))
	for _, name := range pop.Builtins {
		keys[name] = "services.placeholder." + strings.ReplaceAll(name, "_", "-")
	}
	return keys
}

// serviceOf is the service that a form describes. What does not concern its type or its
// trigger is left out, whatever stands there: a queue of an outbound service, and that it
// opens at ring; caller id and prefixes of an inbound one; target and http of a program; all
// of it where nothing opens.
func serviceOf(f *form) config.Service {
	s := config.Service{
		Name: f.value("name"), Context: f.value("context"), Type: f.value("type"), Enabled: f.value("enabled") == "true",
		Trigger: f.value("trigger"), Target: config.Window, OpenAt: config.Answer, Application: f.value("application"), ParamString: f.value("param_string"),
		Dispositions: lines(f.value("dispositions")),
	}
	for _, line := range lines(f.value("variables")) {
		name, label, _ := strings.Cut(line, "=")
		s.AddVariable(strings.TrimSpace(name), strings.TrimSpace(label))
	}
	if s.Type == config.Outbound {
		s.CallerID, s.Allow, s.Deny = f.value("caller_id"), lines(f.value("allow")), lines(f.value("deny"))
	} else {
		s.Queue, s.OpenAt = f.value("queue"), f.value("open")
	}
	switch s.Trigger {
	case config.Browser:
		s.Target, s.AllowHTTP = f.value("target"), f.value("allow_http") == "true"
	case opensNothing:
		s.Trigger, s.Application, s.ParamString, s.OpenAt = config.Browser, "", "", config.Answer
	}
	switch f.value("after_mode") {
	case ownAfterCall:
		s.AfterCall = f.number("after_call")
	case noAfterCall:
	default:
		s.AfterCall = config.InheritAfterCall
	}
	for _, line := range lines(f.value("operators")) {
		words := strings.Fields(line)
		a := config.Assignment{Username: words[0]}
		if len(words) > 1 {
			if n, err := strconv.Atoi(words[1]); err == nil {
				a.Penalty = n
			} else {
				a.Penalty = -1 // refused
			}
		}
		s.Operators = append(s.Operators, a)
	}
	return s
}

// lines are those of a text that are not blank.
func lines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// formFaults are those of a form that the service it describes does not show any more.
func formFaults(f *form, s *config.Service) (faults config.Faults) {
	if f.value("trigger") == s.Trigger && s.Application == "" && s.ParamString == "" {
		code := map[string]string{config.Browser: "pop.address-missing", config.Application: "pop.program-missing"}[s.Trigger]
		if code != "" {
			faults = append(faults, config.Fault{Field: "application", Code: code, Message: "is missing"})
		}
	}
	if f.value("after_mode") == ownAfterCall && (s.AfterCall < 1 || s.AfterCall > config.MaxAfterCall) {
		faults = append(faults, config.Fault{
			Field: "after_call", Code: "number.range", Message: "is out of range", Pairs: []string{"min", "1", "max", strconv.Itoa(config.MaxAfterCall)},
		})
		s.AfterCall = 0
	}
	return faults
}

func (m services) save(v *visit, f *form) (int64, string, error) {
	s := serviceOf(f)
	faults := formFaults(f, &s)
	ids, names, err := m.operators(v.req.Context(), len(s.Operators))
	if err != nil {
		return 0, "", err
	}
	if err := append(faults, config.CheckService(s, names)...).Err(); err != nil {
		return 0, "", err
	}
	d := store.ServiceDraft{
		ID: f.ID, Version: f.Version, Name: s.Name, Context: s.Context, Type: s.Type, Queue: s.Queue, Enabled: s.Enabled,
		Trigger: s.Trigger, Application: s.Application, ParamString: s.ParamString, Target: s.Target, AllowHTTP: s.AllowHTTP, OpenAt: s.OpenAt,
		AfterCall: s.AfterCall, CallerID: s.CallerID, Allow: s.Allow, Deny: s.Deny, Variables: s.Variables, Labels: s.Labels, Dispositions: s.Dispositions,
	}
	for _, a := range s.Operators {
		d.Operators = append(d.Operators, store.AssignmentDraft{OperatorID: ids[strings.ToLower(a.Username)], Penalty: a.Penalty})
	}
	saved, err := m.store.SaveService(v.req.Context(), v.editor(), d)
	return saved.ID, saved.Name, err
}

// operators are all there are; none where none are wanted.
func (m services) operators(ctx context.Context, wanted int) (ids map[string]int64, names []string, err error) {
	if wanted == 0 {
		return nil, nil, nil
	}
	all, err := m.store.AllOperators(ctx)
	ids, names = make(map[string]int64, len(all)), make([]string, len(all))
	for i, o := range all {
		ids[strings.ToLower(o.Username)], names[i] = o.ID, o.Username
	}
	return ids, names, err
}

func (m services) uses(v *visit, ids []int64) ([]store.Use, error) {
	served, err := m.store.ServiceUses(v.req.Context(), ids)
	if err != nil {
		return nil, err
	}
	const most = 12 // names of one service that a question shows
	all := make([]store.Use, 0, len(ids))
	for _, id := range ids {
		if i := slices.IndexFunc(served, func(u store.Use) bool { return u.ID == id }); i >= 0 {
			u := served[i]
			if more := len(u.Where) - most; more > 0 {
				u.Where = append(u.Where[:most:most], counted(v.lang, "services.used-more", more))
			}
			all = append(all, u)
			continue
		}
		d, err := m.store.Service(v.req.Context(), id)
		if errors.Is(err, store.ErrGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, store.Use{ID: id, Name: d.Name})
	}
	return all, nil
}

func (m services) remove(v *visit, ids []int64) error {
	return m.store.RemoveServices(v.req.Context(), v.editor(), ids)
}

// maxFound bounds the operators that a search of the form shows.
const maxFound = 20

// findOperators answers the form's search for operators to assign.
func (v *visit) findOperators() error {
	text := strings.TrimSpace(v.req.URL.Query().Get("find"))
	found := struct {
		Text string
		Rows []store.OperatorChoice
		More bool
	}{Text: text}
	if text != "" {
		rows, err := v.a.store.OperatorsLike(v.req.Context(), text, maxFound+1)
		if err != nil {
			return err
		}
		found.More = len(rows) > maxFound
		found.Rows = rows[:min(len(rows), maxFound)]
		for i := range found.Rows {
			found.Rows[i].FullName = cmp.Or(found.Rows[i].FullName, found.Rows[i].Username)
		}
	}
	return v.sendPart("services", "found", found)
}
