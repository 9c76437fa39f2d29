package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	change := func(kind, name, action string, fields ...FieldChange) []Change {
		return []Change{{Kind: kind, Name: name, Action: action, Fields: fields}}
	}
	other := strings.Replace(verifier, "$A", "$B", 1)
	for _, c := range []struct {
		name string
		edit func(s *Snapshot) // what site's parts are made into
		want []Change
	}{
		{"nothing", func(*Snapshot) {}, nil},
		{"every field of a service", func(s *Snapshot) {
			v := serviceOf(s, "Lookup")
			v.Context, v.Type, v.Queue, v.Trigger, v.Application, v.ParamString = "c", Outbound, "q", Browser, "https://x.example/", "a=b"
			v.Target, v.AllowHTTP, v.AfterCall, v.CallerID, v.Enabled = Tab, true, 0, "201", false
			v.Variables, v.Allow, v.Deny = []string{"x"}, []string{"1"}, []string{"2"}
			v.Labels, v.Dispositions = map[string]string{"x": "An X"}, []string{"Sold"}
		}, change(KindService, "Lookup", Changed, FieldChange{"context", "astcti-lookup", "c"}, FieldChange{"type", "inbound", "outbound"}, FieldChange{"queue", "", "q"},
			FieldChange{"trigger", "application", "browser"}, FieldChange{"application", "lookup", "https://x.example/"}, FieldChange{"param_string", "--number {callerid_num}", "a=b"},
			FieldChange{"target", "window", "tab"}, FieldChange{"allow_http", "false", "true"}, FieldChange{"after_call", "", "0"}, FieldChange{"caller_id", "", "201"},
			FieldChange{"enabled", "true", "false"}, FieldChange{"variables", "", "x"}, FieldChange{"labels", "", "x = An X"}, FieldChange{"dispositions", "", "Sold"}, FieldChange{"allow", "", "1"}, FieldChange{"deny", "", "2"})},
		{"moment to open", func(s *Snapshot) { serviceOf(s, "Lookup").OpenAt = Ring }, change(KindService, "Lookup", Changed, FieldChange{"open", "answer", "ring"})},
		{"case of a name", func(s *Snapshot) { serviceOf(s, "Lookup").Name = "LOOKUP" }, change(KindService, "LOOKUP", Changed, FieldChange{"name", "Lookup", "LOOKUP"})},
		{"penalty", func(s *Snapshot) { serviceOf(s, "Support").Operators[1].Penalty = 0 }, change(KindService, "Support", Changed, FieldChange{"operators", "ada (penalty 2)", "ada (penalty 0)"})},
		{"assignments", func(s *Snapshot) {
			serviceOf(s, "Support").Operators = []Assignment{{Username: "gone", Penalty: 5}, {Username: "ADA", Penalty: 2}}
		}, change(KindService, "Support", Changed, FieldChange{"operators", "", "gone (penalty 5)"}, FieldChange{"operators", "grace (penalty 0)", ""})},
		{"variables", func(s *Snapshot) { serviceOf(s, "Support").Variables = []string{"account", "city"} }, change(KindService, "Support", Changed, FieldChange{"variables", "calldata", ""}, FieldChange{"variables", "", "city"})},
		{"order of variables", func(s *Snapshot) { slices.Reverse(serviceOf(s, "Support").Variables) }, change(KindService, "Support", Changed, FieldChange{"variables", "calldata, account", "account, calldata"})},
		{"labels", func(s *Snapshot) {
			serviceOf(s, "Support").Labels = map[string]string{"calldata": "Number", "account": "Account"}
		}, change(KindService, "Support", Changed, FieldChange{"labels", "", "account = Account"}, FieldChange{"labels", `calldata = Account = "no." <&>`, "calldata = Number"})},
		{"no labels", func(s *Snapshot) { serviceOf(s, "Support").Labels = nil }, change(KindService, "Support", Changed, FieldChange{"labels", `calldata = Account = "no." <&>`, ""})},
		{"dispositions", func(s *Snapshot) { serviceOf(s, "Support").Dispositions = []string{"sold", "Rückruf & <mehr>"} },
			change(KindService, "Support", Changed, FieldChange{"dispositions", "Sold", ""}, FieldChange{"dispositions", "", "sold"})},
		{"order of dispositions", func(s *Snapshot) { slices.Reverse(serviceOf(s, "Support").Dispositions) },
			change(KindService, "Support", Changed, FieldChange{"dispositions", "Sold, Rückruf & <mehr>", "Rückruf & <mehr>, Sold"})},
		{"order of prefixes", func(s *Snapshot) { slices.Reverse(serviceOf(s, "Dial out").Allow) }, nil},
		{"prefix to the other list", func(s *Snapshot) {
			v := serviceOf(s, "Dial out")
			v.Allow, v.Deny = []string{"+39", "0", "#"}, []string{"+39899"}
		}, change(KindService, "Dial out", Changed, FieldChange{"allow", "", "#"}, FieldChange{"deny", "#", ""})},
		{"service removed", func(s *Snapshot) {
			s.Services = slices.DeleteFunc(s.Services, func(v Service) bool { return v.Name == "Old" })
		}, change(KindService, "Old", Removed, FieldChange{"name", "Old", ""}, FieldChange{"context", "astcti-support", ""}, FieldChange{"type", "inbound", ""}, FieldChange{"trigger", "browser", ""},
			FieldChange{"target", "window", ""}, FieldChange{"allow_http", "false", ""}, FieldChange{"open", "answer", ""}, FieldChange{"after_call", "0", ""}, FieldChange{"enabled", "false", ""})},
		{"operator", func(s *Snapshot) {
			s.Operators[1] = Operator{Username: "Ada", FullName: "Ada", Verifier: other}
		}, change(KindOperator, "Ada", Changed, FieldChange{"username", "ada", "Ada"}, FieldChange{"fullname", "Ada Lovelace", "Ada"}, FieldChange{"verifier", Masked, Masked}, FieldChange{"enabled", "true", "false"})},
		{"first password", func(s *Snapshot) { s.Operators[2].Verifier = verifier }, change(KindOperator, "gone", Changed, FieldChange{"verifier", "", Masked})},
		{"another of the name", func(s *Snapshot) { s.Operators[0].UID = "~other" }, change(KindOperator, "grace", Changed, FieldChange{"uid", "~grace", "~other"})},
		{"operators", func(s *Snapshot) {
			s.Operators[2].Username = "bob"
		}, append(change(KindOperator, "bob", Added, FieldChange{"username", "", "bob"}, FieldChange{"enabled", "", "false"}), change(KindOperator, "gone", Removed, FieldChange{"username", "gone", ""}, FieldChange{"enabled", "false", ""})...)},
		{"seats", func(s *Snapshot) {
			s.Seats[0].MAC, s.Seats[1].Description, s.Seats[2].Extension = "00-00-00-00-00-01", "", "pjsip/202"
		}, append(append(change(KindSeat, "PJSIP/201", Changed, FieldChange{"mac", "00:11:22:33:44:55", "00:00:00:00:00:01"}),
			change(KindSeat, "pjsip/202", Changed, FieldChange{"extension", "PJSIP/202", "pjsip/202"})...), change(KindSeat, "SIP/202", Changed, FieldChange{"description", `"Desk" <2> & läuft`, ""})...)},
		{"reasons", func(s *Snapshot) { s.PauseReasons = []string{"Break", "Tea", "Lunch"} }, change(KindPause, "", Changed, FieldChange{"reason", siteReasons()[1], ""}, FieldChange{"reason", "", "Tea"})},
		{"limits", func(s *Snapshot) { s.Limits = Limits{AfterCall: 20, PerHour: 60} }, change(KindLimits, "", Changed, FieldChange{"after_call", "15", "20"}, FieldChange{"per_minute", "4", ""}, FieldChange{"per_hour", "", "60"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			services, seats, operators := site()
			edited := &Snapshot{Services: services, Seats: seats, Operators: operators, PauseReasons: siteReasons(), Limits: siteLimits()}
			c.edit(edited)
			after := New("", edited.Services, edited.Seats, edited.Operators, edited.PauseReasons...)
			after.Limits = edited.Limits
			if got := Diff(siteSnapshot(), after); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, c.want)
			}
			if got := Diff(after, after); got != nil {
				t.Errorf("from itself: %+v", got)
			}
		})
	}
}

func serviceOf(s *Snapshot, name string) *Service {
	return &s.Services[slices.IndexFunc(s.Services, func(v Service) bool { return v.Name == name })]
}

// TestDiffOfNone: without a configuration before, everything is added, in order.
func TestDiffOfNone(t *testing.T) {
	var got []string
	for _, c := range Diff(nil, siteSnapshot()) {
		if got = append(got, c.Kind+" "+c.Name); c.Action != Added {
			t.Errorf("%s %s: %s", c.Kind, c.Name, c.Action)
		}
		for _, f := range c.Fields {
			if f.Old != "" || f.New == "" || strings.Contains(f.New, "cti1") {
				t.Errorf("%s %s: %+v", c.Kind, c.Name, f)
			}
		}
	}
	if want := "service Dial out, service Lookup, service Old, service Support, operator ada, operator gone, operator grace, seat PJSIP/201, seat PJSIP/202, seat SIP/202, pause , limits "; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestDiffItem: one edit, of items in the order a form sends them; a new name is a change.
func TestDiffItem(t *testing.T) {
	s := first(site())[0]
	s.Name = "Help"
	slices.Reverse(s.Operators)
	before := first(site())[0]
	c, differs := DiffService(&before, &s)
	if want := (Change{Kind: KindService, Name: "Help", Action: Changed, Fields: []FieldChange{{"name", "Support", "Help"}}}); !differs || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, %v", c, differs)
	}
	if _, differs := DiffService(&s, &s); differs {
		t.Error("a service differs from itself")
	}
	if c, differs := DiffSeat(nil, &Seat{Extension: "SIP/1", MAC: "m"}); !differs || c.Action != Added || c.Name != "SIP/1" || len(c.Fields) != 2 {
		t.Errorf("%+v", c)
	}
	if c, differs := DiffOperator(&Operator{Username: "a"}, nil); !differs || c.Action != Removed || c.Name != "a" || len(c.Fields) != 2 {
		t.Errorf("%+v", c)
	}
}

// BenchmarkDiff compares the largest call centres: 10,000 operators of 1,000 services with
// 200,000 assignments, one of which has another penalty; and all of it with nothing.
func BenchmarkDiff(b *testing.B) {
	big := func(penalty int) *Snapshot {
		operators, services, seats := make([]Operator, 10_000), make([]Service, MaxServices), make([]Seat, 10_000)
		for i := range operators {
			operators[i] = Operator{Username: fmt.Sprintf("agent%05d", i), FullName: "An Agent", Verifier: verifier, Enabled: true}
			seats[i] = Seat{MAC: fmt.Sprintf("00:00:00:00:%02X:%02X", i>>8, i&255), Extension: fmt.Sprintf("PJSIP/%05d", i)}
		}
		for i := range services {
			services[i] = Service{Name: fmt.Sprintf("Service %d", i), Context: fmt.Sprintf("c%d", i), Type: Inbound, Variables: []string{"a", "b"}, Enabled: true}
			for j := range MaxAssignments / MaxServices {
				services[i].Operators = append(services[i].Operators, Assignment{Username: operators[(i*7+j)%len(operators)].Username, Penalty: j})
			}
		}
		services[500].Operators[100].Penalty = penalty
		return New("", services, seats, operators)
	}
	before, after := big(1), big(2)
	for name, old := range map[string]*Snapshot{"one change": before, "all new": nil} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := len(Diff(old, after)); (n == 1) != (old != nil) {
					b.Fatalf("%d changes", n)
				}
			}
		})
	}
}
