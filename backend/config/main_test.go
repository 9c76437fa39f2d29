package config

import (
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// verifier is one in form.
const verifier = "$cti1$k=0123abcd$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// site is a valid configuration to spoil.
func site() (services []Service, seats []Seat, operators []Operator) {
	services = []Service{
		{
			Name: "Support", Context: "astcti-support", Type: Inbound, Queue: "astcti-queue", Trigger: Browser,
			Application: "https://crm.example/open", ParamString: "?data={calldata}&who={callerid_num}", Target: Pane, Enabled: true, AfterCall: 30, OpenAt: Ring,
			Variables: []string{"calldata", "account"}, Labels: map[string]string{"calldata": `Account = "no." <&>`}, Dispositions: []string{"Sold", "Rückruf & <mehr>"},
			Operators: []Assignment{{Username: "grace"}, {Username: "ada", Penalty: 2}},
		},
		{
			Name: "Lookup", Context: "astcti-lookup", Type: Inbound, Trigger: Application,
			Application: "lookup", ParamString: "--number {callerid_num}", Target: Window, Enabled: true,
			Operators: []Assignment{{Username: "ada"}}, AfterCall: InheritAfterCall,
		},
		{
			Name: "Dial out", Context: "from-internal", Type: Outbound, Trigger: Browser, Target: Window, Enabled: true, AfterCall: MaxAfterCall,
			CallerID: `Müller & Co, Roma <+390655512>`, Allow: []string{"+39", "0"}, Deny: []string{"+39899", "#"}, Operators: []Assignment{{Username: "ada"}},
			Dispositions: []string{"Reached"},
		},
		{Name: "Old", Context: "astcti-support", Type: Inbound, Trigger: Browser, Target: Window},
	}
	seats = []Seat{
		{MAC: "00:11:22:33:44:55", Extension: "PJSIP/201", Description: "Desk 1"},
		{MAC: "00:11:22:33:44:66", Extension: "SIP/202", Description: `"Desk" <2> & läuft`},
		{MAC: "00:11:22:33:44:77", Extension: "PJSIP/202"},
	}
	operators = []Operator{
		{Username: "grace", FullName: "Grace Hopper", Verifier: verifier, Enabled: true, UID: "~grace"},
		{Username: "ada", FullName: "Ada Lovelace", Verifier: verifier, Enabled: true},
		{Username: "gone"},
	}
	return services, seats, operators
}

// siteReasons are not in alphabetical order.
func siteReasons() []string { return []string{"Lunch", `"Quiet" <work> & über`, "Break"} }

func siteSnapshot() *Snapshot {
	return limited(New("site", first(site()), second(site()), third(site()), siteReasons()...))
}

func limited(s *Snapshot) *Snapshot {
	s.Limits = siteLimits()
	return s
}

func siteLimits() Limits { return Limits{AfterCall: 15, PerMinute: 4} }

func first(s []Service, _ []Seat, _ []Operator) []Service  { return s }
func second(_ []Service, s []Seat, _ []Operator) []Seat    { return s }
func third(_ []Service, _ []Seat, o []Operator) []Operator { return o }
func text(t *testing.T, s *Snapshot) string {
	t.Helper()
	var b strings.Builder
	if err := WriteXML(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// fakeHasher makes verifiers at once and counts them.
type fakeHasher struct{ md5s, passwords atomic.Int64 }

func (f *fakeHasher) Hash(string) (string, error) { f.md5s.Add(1); return verifier, nil }
func (f *fakeHasher) HashPassword(string) (string, error) {
	f.passwords.Add(1)
	return strings.Replace(verifier, "$A", "$B", 1), nil
}
func (f *fakeHasher) Made(v string) bool { return strings.HasPrefix(v, "$cti1$k=0123abcd$") }
