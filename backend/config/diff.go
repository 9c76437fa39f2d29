package config

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Diff tells what differs between two configurations: services, operators, seats, reasons
// to pause and limits, in this order, each by name. Names are told apart without case, as
// everywhere. old may be nil: then everything is added.
func Diff(old, new *Snapshot) []Change {
	first := old == nil
	if first {
		old = &Snapshot{}
	}
	var d differences
	walk(old.Services, new.Services, func(s *Service) string { return s.Name }, func(a, b *Service) { d.add(DiffService(a, b)) })
	walk(old.Operators, new.Operators, func(o *Operator) string { return o.Username }, func(a, b *Operator) { d.add(DiffOperator(a, b)) })
	walk(old.Seats, new.Seats, func(s *Seat) string { return s.Extension }, func(a, b *Seat) { d.add(DiffSeat(a, b)) })
	d.add(DiffReasons(old.PauseReasons, new.PauseReasons))
	d.add(DiffLimits(old.Limits, new.Limits))
	if first {
		for i := range d {
			d[i].Action = Added
		}
	}
	return d
}

type differences []Change

func (d *differences) add(c Change, differs bool) {
	if differs {
		*d = append(*d, c)
	}
}

// walk calls each with the items of two lists that have the same key without case, and
// with nil for what one of them lacks. The lists are in the order of byName.
func walk[T any](old, new []T, key func(*T) string, each func(old, new *T)) {
	for len(old) > 0 || len(new) > 0 {
		order := 0
		switch {
		case len(old) == 0:
			order = 1
		case len(new) == 0:
			order = -1
		default:
			if a, b := key(&old[0]), key(&new[0]); a != b {
				order = cmp.Compare(strings.ToLower(a), strings.ToLower(b))
			}
		}
		var a, b *T
		if order <= 0 {
			a, old = &old[0], old[1:]
		}
		if order >= 0 {
			b, new = &new[0], new[1:]
		}
		each(a, b)
	}
}

// DiffService tells what one edit makes of a service, also of its name. old is nil for one
// that is added, new for one that is removed; false when nothing differs.
func DiffService(old, new *Service) (Change, bool) {
	a, b := cmp.Or(old, &Service{}), cmp.Or(new, &Service{})
	var f fields
	f.text("name", a.Name, b.Name)
	f.text("context", a.Context, b.Context)
	f.text("type", a.Type, b.Type)
	f.text("queue", a.Queue, b.Queue)
	f.text("trigger", a.Trigger, b.Trigger)
	f.text("application", a.Application, b.Application)
	f.text("param_string", a.ParamString, b.ParamString)
	f.text("target", a.Target, b.Target)
	f.flag("allow_http", old != nil, a.AllowHTTP, new != nil, b.AllowHTTP)
	f.text("open", a.OpenAt, b.OpenAt)
	f.text("after_call", a.afterCall(old != nil), b.afterCall(new != nil))
	f.text("caller_id", a.CallerID, b.CallerID)
	f.flag("enabled", old != nil, a.Enabled, new != nil, b.Enabled)
	f.list("variables", a.Variables, b.Variables)
	f.labels(a.Labels, b.Labels)
	f.list("dispositions", a.Dispositions, b.Dispositions)
	f.list("allow", slices.Sorted(slices.Values(a.Allow)), slices.Sorted(slices.Values(b.Allow)))
	f.list("deny", slices.Sorted(slices.Values(a.Deny)), slices.Sorted(slices.Values(b.Deny)))
	f = slices.Grow(f, max(len(a.Operators), len(b.Operators))-min(len(a.Operators), len(b.Operators)))
	walk(inOrder(a.Operators), inOrder(b.Operators), func(x *Assignment) string { return x.Username }, func(x, y *Assignment) {
		if x == nil || y == nil || x.Penalty != y.Penalty {
			f.text("operators", x.text(), y.text())
		}
	})
	return f.change(KindService, a.Name, b.Name, old != nil, new != nil)
}

// afterCall is the attribute's text; "" without it.
func (s *Service) afterCall(given bool) string {
	if !given || s.AfterCall == InheritAfterCall {
		return ""
	}
	return strconv.Itoa(s.AfterCall)
}

func inOrder(list []Assignment) []Assignment {
	by := func(a, b Assignment) int { return byName(a.Username, b.Username) }
	if !slices.IsSortedFunc(list, by) {
		list = slices.SortedFunc(slices.Values(list), by)
	}
	return list
}

func (a *Assignment) text() string {
	if a == nil {
		return ""
	}
	return a.Username + " (penalty " + strconv.Itoa(a.Penalty) + ")"
}

// DiffOperator is DiffService for an operator. It does not tell the verifier, only that
// there is another. Another UID is another person of the same name.
func DiffOperator(old, new *Operator) (Change, bool) {
	a, b := cmp.Or(old, &Operator{}), cmp.Or(new, &Operator{})
	var f fields
	f.text("username", a.Username, b.Username)
	f.text("fullname", a.FullName, b.FullName)
	if a.Verifier != b.Verifier {
		f = append(f, FieldChange{"verifier", masked(a.Verifier), masked(b.Verifier)})
	}
	f.flag("enabled", old != nil, a.Enabled, new != nil, b.Enabled)
	if old != nil && new != nil {
		f.text("uid", a.UID, b.UID)
	}
	return f.change(KindOperator, a.Username, b.Username, old != nil, new != nil)
}

func masked(secret string) string {
	if secret == "" {
		return ""
	}
	return Masked
}

// DiffSeat is DiffService for a seat.
func DiffSeat(old, new *Seat) (Change, bool) {
	a, b := cmp.Or(old, &Seat{}), cmp.Or(new, &Seat{})
	var f fields
	f.text("extension", a.Extension, b.Extension)
	f.text("mac", a.MAC, b.MAC)
	f.text("description", a.Description, b.Description)
	return f.change(KindSeat, a.Extension, b.Extension, old != nil, new != nil)
}

// DiffReasons is DiffService for the reasons to pause, as one item without a name.
func DiffReasons(old, new []string) (Change, bool) {
	var f fields
	f.list("reason", old, new)
	return f.change(KindPause, "", "", true, true)
}

// DiffLimits is DiffService for the limits, as one item without a name.
func DiffLimits(old, new Limits) (Change, bool) {
	var f fields
	for _, n := range []struct {
		field    string
		old, new int
	}{{"after_call", old.AfterCall, new.AfterCall}, {"per_minute", old.PerMinute, new.PerMinute}, {"per_hour", old.PerHour, new.PerHour}} {
		f.text(n.field, unlessZero(n.old), unlessZero(n.new))
	}
	return f.change(KindLimits, "", "", true, true)
}

func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// fields collects what differs.
type fields []FieldChange

func (f *fields) text(field, old, new string) {
	if old != new {
		*f = append(*f, FieldChange{field, old, new})
	}
}

func (f *fields) flag(field string, was, old, is, new bool) {
	word := func(there, v bool) string {
		if !there {
			return ""
		}
		return strconv.FormatBool(v)
	}
	f.text(field, word(was, old), word(is, new))
}

// list tells which members went and which came.
func (f *fields) list(field string, old, new []string) {
	if slices.Equal(old, new) {
		return
	}
	before := len(*f)
	for _, v := range old {
		if !slices.Contains(new, v) {
			*f = append(*f, FieldChange{field, v, ""})
		}
	}
	for _, v := range new {
		if !slices.Contains(old, v) {
			*f = append(*f, FieldChange{field, "", v})
		}
	}
	if len(*f) == before {
		f.text(field, strings.Join(old, ", "), strings.Join(new, ", "))
	}
}

// labels tells each that came, went or is another, by the name of its variable.
func (f *fields) labels(old, new map[string]string) {
	names := maps.Clone(old)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, new)
	text := func(name, label string) string {
		if label == "" {
			return ""
		}
		return name + " = " + label
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f.text("labels", text(name, old[name]), text(name, new[name]))
	}
}

func (f fields) change(kind, was, is string, before, after bool) (Change, bool) {
	c := Change{Kind: kind, Name: is, Action: Changed, Fields: f}
	switch {
	case !before:
		c.Action = Added
	case !after:
		c.Action, c.Name = Removed, was
	}
	return c, len(f) > 0
}
