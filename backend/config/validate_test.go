package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/password"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s []Service, seats []Seat, o []Operator)
		want  string // in the one fault; "" for valid
	}{
		{"valid", func([]Service, []Seat, []Operator) {}, ""},
		{"service without name", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = "" }, `service "", name: is missing`},
		{"name twice", func(s []Service, _ []Seat, _ []Operator) { s[1].Name = "SUPPORT" }, `service "SUPPORT" has it as well: rename one`},
		{"long name", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = strings.Repeat("n", 81) }, "name: is 81 bytes long: shorten it to 80"},
		{"control in name", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = "a\r\nb" }, "control character U+000D"},
		{"direction in name", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = "a\u202eb" }, "direction mark U+202E"},
		{"bad UTF-8", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = "a\xff" }, "not UTF-8"},
		{"blank around", func(s []Service, _ []Seat, _ []Operator) { s[0].Name = "a " }, "ends with a blank"},
		{"no context", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "" }, `service "Support", context: write the context`},
		{"context with comma", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "a,b" }, "context: write"},
		{"context with line end", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "a\nb" }, "context: write"},
		{"context twice", func(s []Service, _ []Seat, _ []Operator) { s[3].Enabled = true }, "could not tell the two services apart"},
		{"context of an outbound one", func(s []Service, _ []Seat, _ []Operator) { s[2].Context = s[0].Context }, ""},
		{"queue twice", func(s []Service, _ []Seat, _ []Operator) { s[1].Queue = "AstCTI-Queue" }, "queue: service \"Lookup\" has it"},
		{"queue with bar", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "a|b" }, `queue: holds '|'`},
		{"queue with semicolon", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "a;b" }, `queue: holds ';'`},
		{"queue with NUL", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "a\x00b" }, "U+0000"},
		{"queue with blank inside", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "first level" }, ""},
		{"queue of an outbound one", func(s []Service, _ []Seat, _ []Operator) { s[2].Queue = "q" }, "an outbound service has no queue"},
		{"type", func(s []Service, _ []Seat, _ []Operator) { s[2].Type = "outbond" }, "did you mean outbound?"},
		{"no type", func(s []Service, _ []Seat, _ []Operator) { s[0].Type = "" }, `type: "" is none of inbound, outbound`},
		{"trigger", func(s []Service, _ []Seat, _ []Operator) { s[0].Trigger = "Browser" }, "did you mean browser?"},
		{"target", func(s []Service, _ []Seat, _ []Operator) { s[0].Target = "popup" }, "target: "},
		{"unknown placeholder", func(s []Service, _ []Seat, _ []Operator) { s[0].ParamString = "?data={caldata}" }, `service "Support", param_string: `},
		{"unknown placeholder, disabled", func(s []Service, _ []Seat, _ []Operator) { s[3].Application = "https://x.example/{nothing}" }, `service "Old", application: `},
		{"http", func(s []Service, _ []Seat, _ []Operator) { s[0].Application = "http://crm.example/" }, "application with param_string: "},
		{"http allowed", func(s []Service, _ []Seat, _ []Operator) {
			s[0].Application, s[0].AllowHTTP = "http://crm.example/", true
		}, ""},
		{"javascript", func(s []Service, _ []Seat, _ []Operator) { s[0].Application = "javascript:alert(1)//" }, "application with param_string: "},
		{"long address", func(s []Service, _ []Seat, _ []Operator) {
			s[0].Application = "https://x.example/" + strings.Repeat("a", 3000)
		}, "application: is 3018 bytes long"},
		{"variable", func(s []Service, _ []Seat, _ []Operator) { s[0].Variables[1] = "1st" }, `variable "1st": write letters`},
		{"variable with blank", func(s []Service, _ []Seat, _ []Operator) { s[0].Variables[1] = "a b" }, `variable "a b": write letters`},
		{"variable twice", func(s []Service, _ []Seat, _ []Operator) { s[0].Variables[1] = "calldata" }, "is listed twice"},
		{"many variables", func(s []Service, _ []Seat, _ []Operator) {
			for i := range 64 {
				s[0].Variables = append(s[0].Variables, fmt.Sprint("v", i))
			}
		}, "66 of them: at most 64"},
		{"unknown operator", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "grase" }, "did you mean grace?"},
		{"quite unknown operator", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "zebediah" }, "add it to the operators"},
		{"operator twice", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "Ada" }, `operator "ada": is listed twice`},
		{"negative penalty", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Penalty = -1 }, "penalty -1: write 0 to 10000"},
		{"MAC", func(_ []Service, s []Seat, _ []Operator) { s[0].MAC = "00:11:22:33:44" }, `seat "PJSIP/201", mac: "00:11:22:33:44" is not a MAC`},
		{"MAC twice", func(_ []Service, s []Seat, _ []Operator) { s[1].MAC = "00-11-22-33-44-55" }, "give each seat its own PC's"},
		{"extension without technology", func(_ []Service, s []Seat, _ []Operator) { s[0].Extension = "201" }, "for instance PJSIP/201"},
		{"two extensions", func(_ []Service, s []Seat, _ []Operator) { s[0].Extension = "SIP/1&SIP/2" }, "for instance PJSIP/201"},
		{"extension twice", func(_ []Service, s []Seat, _ []Operator) { s[0].Extension = "sip/202" }, "give each seat its own telephone"},
		{"description", func(_ []Service, s []Seat, _ []Operator) { s[0].Description = "a\tb" }, "U+0009"},
		{"username", func(_ []Service, _ []Seat, o []Operator) { o[2].Username = "two words" }, `operator "two words", username: write`},
		{"username twice", func(_ []Service, _ []Seat, o []Operator) { o[2].Username = "ADA" }, "told apart without case"},
		{"no verifier", func(_ []Service, _ []Seat, o []Operator) { o[1].Verifier = "" }, `operator "ada", verifier: an enabled operator needs`},
		{"MD5 for a verifier", func(_ []Service, _ []Seat, o []Operator) { o[1].Verifier = password.MD5Hex("x") }, "not a verifier of this program"},
		{"full name", func(_ []Service, _ []Seat, o []Operator) { o[1].FullName = "a\u2028b" }, "fullname: holds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			services, seats, operators := site()
			c.spoil(services, seats, operators)
			faults := New("", services, seats, operators).Validate()
			switch {
			case c.want == "" && len(faults) > 0:
				t.Errorf("faults: %v", faults)
			case c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].String(), c.want)):
				t.Errorf("faults %q, want one with %q", faults, c.want)
			}
		})
	}
}

// TestValidateTellsAll: one reading, every fault.
func TestValidateTellsAll(t *testing.T) {
	services, seats, operators := site()
	services[0].Context, services[1].Type, seats[0].MAC, operators[0].Username = "", "x", "", "a b"
	faults := New("", services, seats, operators).Validate()
	if len(faults) != 5 { // the renamed operator is missed by a service, too
		t.Errorf("%d faults:\n%v", len(faults), faults)
	}
}

func TestValidateBounds(t *testing.T) {
	many := make([]Seat, MaxSeats+1)
	if f := New("", nil, many, nil).Validate(); len(f) != 1 || !strings.Contains(f.Error(), "at most 20000") {
		t.Errorf("%d faults", len(f))
	}
	if f := New("", nil, many[:1000], nil).Validate(); len(f) != maxFaults+1 || !strings.Contains(f[maxFaults].String(), "further faults") {
		t.Errorf("%d faults, the last: %v", len(f), f[len(f)-1])
	}
}

func TestParseMAC(t *testing.T) {
	for in, want := range map[string]string{
		"00:1a:2B:3c:4d:5e": "00:1A:2B:3C:4D:5E", "00-1A-2b-3C-4D-5E": "00:1A:2B:3C:4D:5E",
		"": "", "001a2b3c4d5e": "", "00:1a:2b:3c:4d": "", "00:1a-2b:3c-4d:5e": "", "00:1a:2b:3c:4d:5g": "",
		"00:1a:2b:3c:4d:5e:6f": "", "00.1a.2b.3c.4d.5e": "", "0:1a:2b:3c:4d:5e:": "", "00:1a:2b:3c:4d:5\n": "",
	} {
		if got, err := ParseMAC(in); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseMAC(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestGrammars(t *testing.T) {
	for name, c := range map[string]struct {
		valid     func(string) bool
		good, bad []string
	}{
		"username":  {ValidUsername, []string{"a", "ada", "Ada.L-1_x@site", "7of9"}, []string{"", ".a", "-a", "a b", "a\n", "é", strings.Repeat("a", 65), "a\x00"}},
		"context":   {ValidContext, []string{"astcti-service", "from_internal.2", "1"}, []string{"", "-a", ".a", "a b", "a,b", "a|b", "a@b", "a\r", strings.Repeat("a", 80)}},
		"variable":  {ValidVariable, []string{"calldata", "_x", "A1"}, []string{"", "1a", "a-b", "a.b", "a{", "${a}", "__a b", strings.Repeat("a", 80)}},
		"extension": {ValidExtension, []string{"SIP/201", "PJSIP/desk-1.a", "DAHDI/1", "IAX2/x@y", "Local/201@internal"}, []string{"", "/", "SIP/", "/201", "SIP", "SIP/201&SIP/202", "SIP/20 1", "SIP/-1", "1SIP/2", "SIP/1/n", "SIP/1,2", "SIP/" + strings.Repeat("1", 80)}},
	} {
		for _, s := range c.good {
			if !c.valid(s) {
				t.Errorf("%s %q refused", name, s)
			}
		}
		for _, s := range c.bad {
			if c.valid(s) {
				t.Errorf("%s %q accepted", name, s)
			}
		}
	}
}

// TestVerifierForm holds the form known here and the grammar of package password
// together.
func TestVerifierForm(t *testing.T) {
	p, err := password.LoadPepper(t.TempDir() + "/pepper")
	if err != nil {
		t.Fatal(err)
	}
	made, err := p.HashPassword("x")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{made, verifier} {
		if !isVerifier(v) || password.ParseVerifier(v) != nil {
			t.Errorf("%s: here %v, there %v", v, isVerifier(v), password.ParseVerifier(v))
		}
	}
	for _, v := range []string{"", made + "A", made[1:], strings.Replace(made, "t=2", "t=1", 1), strings.ReplaceAll(made, "$", "€"), made[:len(made)-1] + "\n"} {
		if isVerifier(v) || password.ParseVerifier(v) == nil {
			t.Errorf("%s: here %v, there %v", v, isVerifier(v), password.ParseVerifier(v))
		}
	}
	var _ Hasher = p
}

// FuzzVerifierForm: what the owner of the grammar accepts, is accepted here.
func FuzzVerifierForm(f *testing.F) {
	f.Add(verifier)
	f.Fuzz(func(t *testing.T, s string) {
		if password.ParseVerifier(s) == nil && !isVerifier(s) {
			t.Fatalf("%q is refused here", s)
		}
	})
}
