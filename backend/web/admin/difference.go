package admin

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// difference is what differs between two configurations, in the reader's words.
type difference struct {
	Total  int
	Counts []badge // how many of each action
	Groups []changeGroup
	Ends   bool // somebody is signed out by it
}

// changeGroup is the changes of one kind. Those beyond the first are folded away, and those
// beyond a thousand only counted.
type changeGroup struct {
	Icon, Title   string
	Count, Left   int
	Lines, Folded []changeLine
}

// changeLine is one item that differs.
type changeLine struct {
	Name, Href         string // Href is "" when there is no such record any more
	Note               string // of one that was removed: what people know it by
	Tone, Icon, Action string
	Fresh              bool // the whole item is new
	Fields             []fieldWords
	By                 string
	At                 time.Time
}

// fieldWords is a field of an item: before and after, or what became of the members of a
// list, or a sentence where neither may be shown.
type fieldWords struct {
	Label           string
	Old, New        string
	Fresh           bool // the whole item is new: there was no value before
	Members, Folded []member
	Left            int
	Said            string
}

// member is one of a list that came, went or changed.
type member struct{ Sign, Tone, Name, Note string }

// Bounds of what a page lists: the first are shown, the rest folded, those beyond counted.
const (
	firstLines, mostLines     = 100, 1000
	firstMembers, mostMembers = 12, 500
)

// kinds are those of changes, with the module that has the records.
var kinds = map[string]struct {
	module, icon string
	single       bool
}{
	config.KindService:  {"services", "layers", false},
	config.KindOperator: {"operators", "users", false},
	config.KindSeat:     {"seats", "seat", false},
	config.KindPause:    {"settings", "pause", true},
	config.KindLimits:   {"settings", "settings", true},
}

// actions are the marks of what became of an item.
var actions = map[string]struct{ icon, tone string }{
	config.Added:   {"plus", "ok"},
	config.Changed: {"edit", "warn"},
	config.Removed: {"trash", "bad"},
}

// differenceOf puts changes into words. names are those of managers by their user id.
func (v *visit) differenceOf(changes []config.Change, names map[string]string) *difference {
	d := &difference{Total: len(changes)}
	n := map[string]int{}
	for _, c := range changes {
		n[c.Action]++
		d.Ends = d.Ends || endsWork(c)
		if len(d.Groups) == 0 || d.Groups[len(d.Groups)-1].Title != v.t("apply.kind."+c.Kind) {
			k := kinds[c.Kind]
			d.Groups = append(d.Groups, changeGroup{Icon: k.icon, Title: v.t("apply.kind." + c.Kind)})
		}
		g := &d.Groups[len(d.Groups)-1]
		switch g.Count++; {
		case g.Count <= firstLines:
			g.Lines = append(g.Lines, v.lineOf(c, names))
		case g.Count <= mostLines:
			g.Folded = append(g.Folded, v.lineOf(c, names))
		default:
			g.Left++
		}
	}
	for _, action := range []string{config.Added, config.Changed, config.Removed} {
		if n[action] > 0 {
			d.Counts = append(d.Counts, badge{Text: counted(v.lang, "apply.count."+action, n[action]), Tone: actions[action].tone})
		}
	}
	return d
}

// endsWork tells whether a change signs an agent out who is at work by it.
func endsWork(c config.Change) bool {
	switch {
	case c.Kind != config.KindOperator && c.Kind != config.KindSeat:
		return false
	case c.Action == config.Removed:
		return true
	}
	return c.Action == config.Changed && slices.ContainsFunc(c.Fields, func(f config.FieldChange) bool {
		return f.Field == "enabled" && f.New == "false"
	})
}

func (v *visit) lineOf(c config.Change, names map[string]string) changeLine {
	mark, k := actions[c.Action], kinds[c.Kind]
	l := changeLine{
		Name: c.Name, Tone: mark.tone, Icon: mark.icon, Action: v.t("apply.action." + c.Action),
		At: c.At, By: v.nameOf(names, c.By, c.At), Fresh: c.Action == config.Added,
	}
	switch {
	case k.single:
		l.Name, l.Href = v.t("apply.kind."+c.Kind), "/admin/"+k.module
	case c.Action == config.Removed: // the rest of what it was is of no use any more
		for _, f := range c.Fields {
			if f.Field == "fullname" || f.Field == "description" {
				l.Note = f.Old
			}
		}
		return l
	default:
		l.Href = "/admin/" + k.module + "?q=" + url.QueryEscape(c.Name)
	}
	for _, f := range c.Fields {
		if l.Fresh && (f.Field == nameField[c.Kind] || f.New == ordinary[f.Field]) { // it stands there as the item's name, or goes without saying
			continue
		}
		if isList[f.Field] {
			l.member(v, f)
			continue
		}
		l.Fields = append(l.Fields, v.fieldOf(c, f))
	}
	return l
}

// nameField is the field by which an item is called.
var nameField = map[string]string{config.KindService: "name", config.KindOperator: "username", config.KindSeat: "extension"}

// ordinary is what a new item has where nothing else is said.
var ordinary = map[string]string{"enabled": "true", "allow_http": "false", "open": config.Answer}

// isList are the fields that have members.
var isList = map[string]bool{"variables": true, "labels": true, "dispositions": true, "operators": true, "allow": true, "deny": true, "reason": true}

// fieldLabel is what a field is called.
func (v *visit) fieldLabel(kind, name string) string {
	key := strings.ReplaceAll(name, "_", "-")
	if own := "apply.field." + kind + "." + key; locale.Has(own) {
		return v.t(own)
	}
	if key = "apply.field." + key; locale.Has(key) {
		return v.t(key)
	}
	return name
}

func (v *visit) fieldOf(c config.Change, f config.FieldChange) fieldWords {
	w := fieldWords{Label: v.fieldLabel(c.Kind, f.Field), Fresh: c.Action == config.Added}
	switch f.Field {
	case "uid":
		w.Said = v.t("apply.uid.changed")
		return w
	case "verifier":
		switch {
		case f.Old == "":
			w.Said = v.t("apply.password.set")
		case f.New == "":
			w.Said = v.t("apply.password.gone")
		default:
			w.Said = v.t("apply.password.changed")
		}
		return w
	}
	w.Old, w.New = v.valueOf(c.Kind, f.Field, f.Old), v.valueOf(c.Kind, f.Field, f.New)
	return w
}

// withoutValue is what a field means that has none, where that is more than "empty".
var withoutValue = map[string]string{
	"service.after_call": "apply.none.inherited",
	"service.caller_id":  "apply.none.caller-id",
	"service.queue":      "apply.none.queue",
	"limits.after_call":  "apply.none.after-call",
	"limits.per_minute":  "apply.none.boot",
	"limits.per_hour":    "apply.none.boot",
}

// valueOf puts a field's value into words, where it is a word of ours.
func (v *visit) valueOf(kind, name, value string) string {
	switch name {
	case "enabled", "allow_http", "type":
		if key := "apply.value." + value; value != "" && locale.Has(key) {
			return v.t(key)
		}
	case "trigger", "target", "open":
		if key := "services." + name + "." + value; value != "" && locale.Has(key) {
			return v.t(key)
		}
	case "after_call":
		if value != "" {
			return value + " s" // seconds, in each of our languages
		}
	}
	if value != "" {
		return value
	}
	if key := withoutValue[kind+"."+name]; key != "" {
		return v.t(key)
	}
	return v.t("apply.none")
}

// assigned is an operator of a service, as config.Diff writes him.
var assigned = regexp.MustCompile(`^(.*) \(penalty ([0-9]+)\)$`)

func nameAndPenalty(text string) (name, penalty string) {
	if m := assigned.FindStringSubmatch(text); m != nil {
		return m[1], m[2]
	}
	return text, ""
}

// member adds what became of one member of a list.
func (l *changeLine) member(v *visit, f config.FieldChange) {
	label := v.fieldLabel("", f.Field)
	if n := len(l.Fields); n == 0 || l.Fields[n-1].Label != label {
		l.Fields = append(l.Fields, fieldWords{Label: label})
	}
	w := &l.Fields[len(l.Fields)-1]
	m := member{Sign: "+", Tone: "ok", Name: f.New}
	old, was := nameAndPenalty(f.Old)
	name, is := nameAndPenalty(f.New)
	switch operators := f.Field == "operators"; {
	case f.New == "":
		m = member{Sign: "−", Tone: "bad", Name: f.Old}
		if operators {
			m.Name = old
		}
	case operators && f.Old == "":
		m.Name, m.Note = name, v.t("apply.penalty", "penalty", is)
	case operators:
		m = member{Tone: "warn", Name: name, Note: v.t("apply.penalty.changed", "old", was, "new", is)}
	case f.Field == "labels" && f.Old != "":
		_, label, _ := strings.Cut(f.Old, " = ")
		m = member{Tone: "warn", Name: f.New, Note: v.t("apply.label.changed", "old", label)}
	case f.Old != "": // none came and none went: their order is another
		m = member{Tone: "warn", Name: f.New, Note: v.t("apply.order")}
	}
	if l.Fresh { // then all of them came
		m.Sign, m.Tone = "", "idle"
	}
	switch {
	case len(w.Members) < firstMembers:
		w.Members = append(w.Members, m)
	case len(w.Folded) < mostMembers:
		w.Folded = append(w.Folded, m)
	default:
		w.Left++
	}
}

// managerNames are the names of managers by their user id.
func (a *Admin) managerNames(ctx context.Context) (map[string]string, error) {
	all, err := a.store.Managers(ctx, store.ListQuery{Size: 500})
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all.Rows))
	for _, m := range all.Rows {
		names[m.UserID] = m.FullName
	}
	return names, nil
}

// nameOf is who did something: a manager by his name, the command line, or "" when
// nobody knows.
func (v *visit) nameOf(names map[string]string, by string, at time.Time) string {
	switch {
	case by == "" && at.IsZero():
		return ""
	case by == "":
		return v.t("apply.command-line")
	case names[by] != "":
		return names[by]
	}
	return by
}
