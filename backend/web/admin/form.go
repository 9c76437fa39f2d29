package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// A form is a record being edited. It holds what was typed: an error loses none of it.
type form struct {
	Module, Title, Save string
	ID, Version         int64
	ReadOnly, Wide      bool
	Fixed               bool // nobody may change it here: the page says why
	Fields              []*field
	Summary             string // what is wrong with the whole
	Conflict            *conflict
	Extra               any // what a module's own template shows beside the fields
}

// Path is the end of the form's address.
func (f *form) Path() string {
	if f.ID == 0 {
		return "new"
	}
	return strconv.FormatInt(f.ID, 10)
}

// Wrong counts the fields with errors.
func (f *form) Wrong() int {
	n := 0
	for _, one := range f.Fields {
		if one.Error != "" {
			n++
		}
	}
	return n
}

// conflict says that somebody else has saved the record meanwhile.
type conflict struct{ By string }

// field is one of a form's. Type is an input's type, or "select", "area" (several lines),
// "check" (one box) or "checks" (a box for each option).
type field struct {
	Name, Type, Label, Hint string
	Value                   string // "true" for a ticked box
	Options                 []option
	Empty                   string // of checks without options
	Required, Wide, Mono    bool
	First                   bool // has the focus
	Max                     int  // characters
	Least, Most             int  // of a number
	Rows                    int
	List                    string // id of a datalist
	complete                string // autocomplete

	Error string

	// In a conflict: what the other one has saved, in words and as the form sends it.
	Differs     bool
	Theirs, Raw string
}

type option struct {
	Value, Label string
	Chosen       bool
}

// ID is the field's in the page.
func (f *field) ID() string { return "f-" + f.Name }

// Complete is what browsers may fill in.
func (f *field) Complete() string {
	if f.complete == "" {
		return "off"
	}
	return f.complete
}

// Usable tells whether one click can take the other's value.
func (f *field) Usable() bool { return f.Type != "checks" && f.Type != "password" }

// chosen are the values of the ticked options.
func (f *field) chosen() (values []string) {
	for _, o := range f.Options {
		if o.Chosen {
			values = append(values, o.Value)
		}
	}
	return values
}

// choose ticks the options with these values.
func (f *field) choose(values ...string) {
	for i := range f.Options {
		f.Options[i].Chosen = slices.Contains(values, f.Options[i].Value)
	}
}

// at finds a field; a test sees to it that it is there.
func (f *form) at(name string) *field {
	for _, one := range f.Fields {
		if one.Name == name {
			return one
		}
	}
	return &field{}
}

// value is what a field holds, without the space around it.
func (f *form) value(name string) string { return strings.TrimSpace(f.at(name).Value) }

// number is that of a field, -1 for what is none.
func (f *form) number(name string) int {
	text := f.value(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// numbers are the values of the ticked options, as ids.
func (f *form) ids(name string) (ids []int64) {
	for _, value := range f.at(name).chosen() {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// fill puts what was typed into the fields.
func (f *form) fill(values url.Values) {
	f.Version, _ = strconv.ParseInt(values.Get("version"), 10, 64)
	for _, one := range f.Fields {
		switch one.Type {
		case "checks":
			one.choose(values[one.Name]...)
		case "select":
			one.Value = values.Get(one.Name)
			one.choose(one.Value)
		case "check":
			one.Value = strconv.FormatBool(values.Get(one.Name) == "true")
		case "password":
			one.Value = values.Get(one.Name)
		default:
			one.Value = strings.ReplaceAll(values.Get(one.Name), "\r\n", "\n")
		}
	}
}

// forget takes the passwords out: no page holds one.
func (f *form) forget() {
	for _, one := range f.Fields {
		if one.Type == "password" {
			one.Value = ""
		}
	}
}

// compare marks the fields in which another form of the record differs.
func (v *visit) compare(mine, theirs *form) {
	for i, one := range mine.Fields {
		other := theirs.Fields[i]
		if one.Type == "password" || one.Type == "hidden" {
			continue
		}
		if said := v.said(other); v.said(one) != said {
			one.Differs, one.Theirs, one.Raw = true, said, strings.TrimSpace(other.Value)
		}
	}
}

// said is what a field holds, in words.
func (v *visit) said(f *field) string {
	switch f.Type {
	case "check":
		return v.t("form.is." + f.Value)
	case "checks", "select":
		var labels []string
		for _, o := range f.Options {
			if o.Chosen {
				labels = append(labels, o.Label)
			}
		}
		return strings.Join(labels, ", ")
	default:
		return strings.TrimSpace(f.Value)
	}
}

// blame puts faults at their fields, in words of the reader's language; what belongs to
// no field is said of the whole.
func (v *visit) blame(f *form, faults config.Faults) {
	for _, fault := range faults {
		text := v.faultText(fault)
		name := fault.Field
		if name == "verifier" { // what is kept of a password
			name = "password"
		}
		if at := f.at(name); at.Name != "" {
			if at.Error == "" {
				at.Error = text
			}
			continue
		}
		f.Summary = strings.TrimSpace(f.Summary + " " + text)
	}
}

// focus puts the focus on the first field that is wrong or in conflict, else on the first.
func (f *form) focus() {
	for _, one := range f.Fields {
		if one.Error != "" || one.Differs {
			one.First = true
			return
		}
	}
	if len(f.Fields) > 0 {
		f.Fields[0].First = true
	}
}

// called is what a manager is called; his user id when he has no name or is gone.
func (v *visit) called(userID string) string {
	if userID == "" {
		return v.t("apply.command-line")
	}
	if m, err := v.a.store.ManagerByUserID(v.req.Context(), userID); err == nil && m.FullName != "" {
		return m.FullName
	}
	return userID
}
