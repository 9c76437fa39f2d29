package config

import (
	"reflect"
	"slices"
	"testing"
)

func TestSnapshotFinds(t *testing.T) {
	s := siteSnapshot()
	if f := s.Validate(); len(f) > 0 {
		t.Fatal(f)
	}
	for key, want := range map[string]string{
		"00:11:22:33:44:55": "PJSIP/201", "00-11-22-33-44-55": "PJSIP/201",
		"PJSIP/201": "PJSIP/201", "pjsip/201": "PJSIP/201", "201": "PJSIP/201",
		"SIP/202": "SIP/202", "pjsip/202": "PJSIP/202",
		"202": "", // two seats have it
		"":    "", "203": "", "00:11:22:33:44:99": "", "PJSIP/": "",
	} {
		if seat, ok := s.Seat(key); seat.Extension != want || ok != (want != "") {
			t.Errorf("Seat(%q) = %v, %v; want %q", key, seat, ok, want)
		}
	}
	for name, want := range map[string]string{"ada": "ada", "ADA": "ada", "gone": "gone", "": "", "nobody": ""} {
		if o, ok := s.Operator(name); o.Username != want || ok != (want != "") {
			t.Errorf("Operator(%q) = %v, %v; want %q", name, o, ok, want)
		}
	}
	for uid, want := range map[string]string{"~grace": "grace", "~GRACE": "grace", "ada": "ada", "grace": "", "": ""} {
		if o, ok := s.OperatorByUID(uid); o.Username != want || ok != (want != "") {
			t.Errorf("OperatorByUID(%q) = %v, %v; want %q", uid, o, ok, want)
		}
	}
	for name, want := range map[string][]string{"Ada": {"Dial out", "Lookup", "Support"}, "grace": {"Support"}, "gone": nil, "": nil} {
		var got []string
		for _, service := range s.ServicesOf(name) {
			got = append(got, service.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("ServicesOf(%q) = %v, want %v", name, got, want)
		}
	}
	support := s.ServicesOf("grace")[0]
	if p, ok := support.Penalty("ADA"); p != 2 || !ok {
		t.Errorf("penalty %d, %v", p, ok)
	}
	if _, ok := support.Penalty("gone"); ok {
		t.Error("a penalty for who does not serve")
	}
	if got := support.Template().Names(); !slices.Equal(got, []string{"calldata", "callerid_num"}) {
		t.Errorf("placeholders %v", got)
	}
	for i, want := range []int{MaxAfterCall, 15, 30} { // of its own, inherited, of its own
		if got := s.ServicesOf("ada")[i]; got.AfterCall != want || s.AfterCall(got) != want {
			t.Errorf("%s: after-call work of %d s, want %d", got.Name, got.AfterCall, want)
		}
	}
	if lookup := &s.Services[1]; lookup.AfterCall != InheritAfterCall || s.AfterCall(lookup) != 15 {
		t.Errorf("%s: after-call work %d, which is %d s", lookup.Name, lookup.AfterCall, s.AfterCall(lookup))
	}
	if s.ServicesOf("ada")[0].Template() != nil {
		t.Error("an action where none is configured")
	}
}

// TestSnapshotIsOfCopies: what a snapshot was made of may be changed after.
func TestSnapshotIsOfCopies(t *testing.T) {
	services, seats, operators := site()
	reasons := siteReasons()
	s := New("", services, seats, operators, reasons...)
	before := text(t, s)
	reasons[0], services[2].Allow[0], services[2].Deny[0] = "x", "x", "x"
	services[0].Name, services[0].Variables[0], services[0].Operators[0].Username = "x", "x", "x"
	seats[0].MAC, operators[0].Username = "x", "x"
	if after := text(t, s); after != before {
		t.Errorf("changed from outside:\n%s", after)
	}
}

func TestSnapshotIsCanonical(t *testing.T) {
	services, seats, operators := site()
	slices.Reverse(services)
	slices.Reverse(seats)
	slices.Reverse(operators)
	seats[0].MAC = "00-11-22-33-44-77"
	slices.Reverse(services[1].Allow)
	services[1].CallerID = `"Müller & Co, Roma" <+390655512>`
	if a, b := text(t, siteSnapshot()), text(t, limited(New("", services, seats, operators, siteReasons()...))); a != b {
		t.Errorf("the order of the source shows:\n%s\n%s", a, b)
	}
	again := siteSnapshot().Document()
	if a, b := text(t, siteSnapshot()), text(t, limited(New("", again.Services, again.Seats, third(site()), again.PauseReasons...))); a != b || again.Limits != siteLimits() {
		t.Error("not the same through a document")
	}
}

func TestLive(t *testing.T) {
	var l Live
	changed := l.Changed()
	if l.Now() != nil {
		t.Fatal("a snapshot before the first")
	}
	for range 3 {
		s := siteSnapshot()
		select {
		case <-changed:
			t.Fatal("changed too early")
		default:
		}
		l.Set(s)
		<-changed
		if changed = l.Changed(); l.Now() != s {
			t.Fatal("not in use")
		}
	}
}

// TestZeroSnapshot: a literal without New is empty, and no crash.
func TestZeroSnapshot(t *testing.T) {
	s := &Snapshot{}
	if _, ok := s.Seat("201"); ok {
		t.Error("a seat")
	}
	if _, ok := s.Operator("ada"); ok {
		t.Error("an operator")
	}
	if got := s.ServicesOf("ada"); len(got) > 0 || !reflect.DeepEqual(s.Validate(), Faults(nil)) {
		t.Error("not empty")
	}
}
