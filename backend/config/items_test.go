package config

import (
	"reflect"
	"strings"
	"testing"
)

// TestFaultParts: what a page needs of a fault, beside the words of the command line.
func TestFaultParts(t *testing.T) {
	services, seats, operators := site()
	services[0].Variables[1], services[0].Operators[1].Username, services[0].ParamString = "1st", "adda", "?data={caldata}"
	services[1].Name, services[2].Deny[0], services[2].AfterCall = "SUPPORT", services[2].Allow[0], 4000
	seats[1].MAC, operators[0].Verifier = "00-11-22-33-44-55", ""
	s := New("", services, seats, operators, "Lunch", strings.Repeat("x", 41))
	s.Limits.PerMinute = 601
	want := []Fault{
		{Kind: KindOperator, Name: "grace", Field: "password", Code: "operator.password-missing"},
		{Kind: KindSeat, Name: "SIP/202", Field: "mac", Code: "seat.mac-taken", Pairs: []string{"other", "PJSIP/201"}},
		{Kind: KindService, Name: "Dial out", Field: "after_call", Code: "number.range", Pairs: []string{"value", "4000", "min", "0", "max", "3600"}},
		{Kind: KindService, Name: "Dial out", Field: "deny", Code: "service.prefix-twice", Pairs: []string{"value", "+39"}},
		{Kind: KindService, Name: "Support", Field: "param_string", Code: "pop.name-meant", Pairs: []string{"name", "caldata", "meant", "calldata"}},
		{Kind: KindService, Name: "Support", Field: "variables", Code: "service.variable", Pairs: []string{"value", "1st", "max", "79"}},
		{Kind: KindService, Name: "Support", Field: "operators", Code: "service.operator-unknown", Pairs: []string{"value", "adda"}},
		{Kind: KindService, Name: "Support", Field: "name", Code: "service.name-taken", Pairs: []string{"other", "SUPPORT"}},
		{Kind: KindPause, Name: strings.Repeat("x", 41), Field: "reason", Code: "pause.reason-long", Pairs: []string{"length", "41", "max", "40"}},
		{Kind: KindLimits, Field: "per_minute", Code: "number.range", Pairs: []string{"value", "601", "min", "0", "max", "600"}},
	}
	got := s.Validate()
	for i := range got {
		if got[i].Where == "" || got[i].Message == "" {
			t.Errorf("no English: %+v", got[i])
		}
		got[i].Where, got[i].Message = "", ""
	}
	if !reflect.DeepEqual([]Fault(got), want) {
		for _, f := range got {
			t.Logf("%#v", f)
		}
		t.Error("not what is wanted")
	}
}

// TestCheckItems: a form's own check and that of the whole configuration say the same.
func TestCheckItems(t *testing.T) {
	services, seats, operators := site()
	services[0].Queue, services[2].CallerID, services[1].ParamString = "a;b", "x", `"`
	services[1].Operators = append(services[1].Operators, Assignment{Username: "ADA"}, Assignment{Username: "nobody", Penalty: -1})
	seats[0].MAC, seats[1].Extension, operators[0].Username, operators[1].Verifier = "x", "202", "", ""
	reasons := []string{"a;b", "Tea", "TEA"}
	s := New("", services, seats, operators, reasons...)
	s.Limits = Limits{AfterCall: -1, PerHour: 36001}
	var names []string
	var single Faults
	for _, o := range s.Operators {
		names = append(names, o.Username)
		single = append(single, CheckOperator(ImportedOperator{Operator: o})...)
	}
	for _, seat := range s.Seats {
		single = append(single, CheckSeat(seat)...)
	}
	for _, v := range s.Services {
		single = append(single, CheckService(v, names)...)
	}
	single = append(append(single, CheckReasons(reasons)...), CheckLimits(s.Limits)...)
	if whole := s.Validate(); len(whole) < 12 || single.Error() != whole.Error() {
		t.Errorf("single:\n%v\n\nwhole:\n%v", single, whole)
	}
}

// TestCheckPassword: who comes with a password needs no verifier, and it has its bound.
func TestCheckPassword(t *testing.T) {
	o := ImportedOperator{Operator: Operator{Username: "ada", Enabled: true}, Password: "x"}
	if f := CheckOperator(o); len(f) > 0 {
		t.Error(f)
	}
	o.Password = strings.Repeat("x", maxPassword+1)
	if f := CheckOperator(o); len(f) != 1 || f[0].Code != "operator.password-long" || f[0].Field != "password" {
		t.Error(f)
	}
}
