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
		{"no context", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "" }, `service "Support", context: "": write the context`},
		{"context with comma", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "a,b" }, ": write the context"},
		{"context with line end", func(s []Service, _ []Seat, _ []Operator) { s[0].Context = "a\nb" }, ": write the context"},
		{"context twice", func(s []Service, _ []Seat, _ []Operator) { s[3].Enabled = true }, "could not tell the two services apart"},
		{"context of an outbound one", func(s []Service, _ []Seat, _ []Operator) { s[2].Context = s[0].Context }, ""},
		{"queue twice", func(s []Service, _ []Seat, _ []Operator) { s[1].Queue = "AstCTI-Queue" }, "queue: service \"Lookup\" has it"},
		{"queue with bar", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "a|b" }, `queue: "a|b" holds '|'`},
		{"queue with semicolon", func(s []Service, _ []Seat, _ []Operator) { s[0].Queue = "a;b" }, `queue: "a;b" holds ';'`},
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
		{"opens at ring", func(s []Service, _ []Seat, _ []Operator) { s[1].OpenAt = Ring }, ""},
		{"moment to open", func(s []Service, _ []Seat, _ []Operator) { s[1].OpenAt = "ansewr" }, `service "Lookup", open: "ansewr" is none of answer, ring; did you mean answer?`},
		{"label", func(s []Service, _ []Seat, _ []Operator) { s[0].Labels["account"] = strings.Repeat("ж", 60) }, ""},
		{"long label", func(s []Service, _ []Seat, _ []Operator) { s[0].Labels["account"] = strings.Repeat("ж", 61) }, `variable "account", label: is 61 characters long: shorten it to 60`},
		{"label of two lines", func(s []Service, _ []Seat, _ []Operator) { s[0].Labels["account"] = "a\nb" }, `variable "account", label: holds the control character U+000A`},
		{"label of no variable", func(s []Service, _ []Seat, _ []Operator) { s[0].Labels["city"] = "City" }, `service "Support", label of "city": no such variable`},
		{"empty label of no variable", func(s []Service, _ []Seat, _ []Operator) { s[0].Labels["city"] = "" }, ""},
		{"disposition", func(s []Service, _ []Seat, _ []Operator) { s[2].Dispositions[0] = strings.Repeat("🙂", 60) }, ""},
		{"long disposition", func(s []Service, _ []Seat, _ []Operator) { s[2].Dispositions[0] = strings.Repeat("x", 61) }, "is 61 characters long: shorten it to 60"},
		{"empty disposition", func(s []Service, _ []Seat, _ []Operator) { s[0].Dispositions[0] = "" }, `service "Support", disposition "": is missing: write how a call can turn out`},
		{"disposition with a direction mark", func(s []Service, _ []Seat, _ []Operator) { s[0].Dispositions[0] = "a\u202eb" }, `holds the direction mark U+202E`},
		{"disposition twice", func(s []Service, _ []Seat, _ []Operator) { s[0].Dispositions[0] = "RÜCKRUF & <mehr>" }, `disposition "Rückruf & <mehr>": is listed twice`},
		{"many dispositions", func(s []Service, _ []Seat, _ []Operator) {
			for i := range MaxDispositions {
				s[1].Dispositions = append(s[1].Dispositions, fmt.Sprint("d", i))
			}
			s[1].Dispositions = append(s[1].Dispositions, "d")
		}, `service "Lookup", dispositions: 33 of them: at most 32`},
		{"unknown operator", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "grase" }, "did you mean grace?"},
		{"quite unknown operator", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "zebediah" }, "add it to the operators"},
		{"operator twice", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Username = "Ada" }, `operator "ada": is listed twice`},
		{"negative penalty", func(s []Service, _ []Seat, _ []Operator) { s[0].Operators[0].Penalty = -1 }, "penalty -1: write 0 to 10000"},
		{"negative after-call work", func(s []Service, _ []Seat, _ []Operator) { s[1].AfterCall = -2 }, `service "Lookup", after_call: -2: write 0 to 3600 seconds`},
		{"caller id of an inbound service", func(s []Service, _ []Seat, _ []Operator) { s[0].CallerID = "123" }, `service "Support", caller_id: "123": only an outbound service dials numbers: remove it`},
		{"caller id", func(s []Service, _ []Seat, _ []Operator) { s[2].CallerID = "Acme\r\nApplication: System <1>" }, `service "Dial out", caller_id: "Acme\r\nApplication: System <1>": its name holds the control character U+000D`},
		{"no prefixes", func(s []Service, _ []Seat, _ []Operator) { s[2].Allow, s[2].Deny = nil, nil }, ""},
		{"prefix of an inbound service", func(s []Service, _ []Seat, _ []Operator) { s[0].Allow = []string{"1"} }, `service "Support", allow: "1": only an outbound service`},
		{"prefix with a letter", func(s []Service, _ []Seat, _ []Operator) { s[2].Deny[0] = "39x" }, `service "Dial out", deny "39x": write how the numbers begin`},
		{"empty prefix", func(s []Service, _ []Seat, _ []Operator) { s[2].Allow[0] = "" }, `allow "": write how`},
		{"prefix twice", func(s []Service, _ []Seat, _ []Operator) { s[2].Allow[1] = s[2].Allow[0] }, `allow "+39": is listed in allow already: remove one`},
		{"prefix allowed and denied", func(s []Service, _ []Seat, _ []Operator) { s[2].Deny[0] = s[2].Allow[0] }, `deny "+39": is listed in allow already: remove one`},
		{"many prefixes", func(s []Service, _ []Seat, _ []Operator) {
			for i := range 99 {
				s[2].Deny = append(s[2].Deny, fmt.Sprint("555", i))
			}
		}, `service "Dial out", deny: 101 of them: at most 100 are possible`},
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

func TestPauseReasons(t *testing.T) {
	long := strings.Repeat("ж", 40) // 80 bytes
	for _, c := range []struct {
		reasons []string
		want    string
	}{
		{[]string{"Break", "Coffee & cake", "Обед", strings.Repeat("x", 40), "a.b-c/d:e"}, ""},
		{[]string{""}, "is missing"},
		{[]string{strings.Repeat("x", 41)}, "is 41 characters long: shorten it to 40"},
		{[]string{long}, "is 80 bytes long: shorten it to 79"},
		{[]string{"a,b"}, `pause "a,b", reason: holds ','`},
		{[]string{"a|b"}, "holds '|'"},
		{[]string{"a;b"}, "holds ';'"},
		{[]string{"a\r\nb"}, `pause "a\r\nb", reason: holds the control character U+000D`},
		{[]string{"a\x00"}, "control character U+0000"},
		{[]string{" a"}, "begins or ends with a blank"},
		{[]string{"\xff"}, "is not UTF-8"},
		{[]string{"Lunch", "LUNCH"}, `pause "LUNCH", reason: pause "Lunch" has it as well`},
		{make([]string, MaxReasons+1), "pauses: 33 of them: at most 32 are possible"},
	} {
		faults := New("", nil, nil, nil, c.reasons...).Validate()
		if got := faults.Error(); (c.want == "") != (got == "") || len(faults) > 1 || !strings.Contains(got, c.want) {
			t.Errorf("%q: faults %q, want one with %q", c.reasons, faults, c.want)
		}
	}
}

func TestParseCallerID(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "0551234": "0551234", "+390551234": "+390551234", "<201>": "201", `"" <201>`: "201", "*55#": "*55#",
		"Acme <201>": `"Acme" <201>`, "Acme<201>": `"Acme" <201>`, `"Acme, Inc. (Größe; 1|2)" <+39055>`: `"Acme, Inc. (Größe; 1|2)" <+39055>`,
		strings.Repeat("n", 79) + " <1>": `"` + strings.Repeat("n", 79) + `" <1>`,
	} {
		if got, err := ParseCallerID(in); got != want || err != nil {
			t.Errorf("ParseCallerID(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"Acme": "write a number", "Acme <>": "write a number", "Acme 201": "write a number", "<201": "write a number", "201>": "write a number", " 201": "write a number",
		"+": "write a number", "++39": "write a number", "39+": "write a number", "sip:201@x": "write a number", "12 34": "write a number", "1\n": "write a number",
		"1234567890123456789012345": "write a number", "Acme <201> ": "write a number", "<201><202>": "holds '<'", `a"b <1>`: `holds '"'`, `a\b <1>`: `holds '\\'`,
		`" a" <1>`: "its name begins or ends with a blank", "a\tb <1>": "its name holds the control character U+0009", "a\r\nVariable: x <1>": "U+000D",
		"a\u202eb <1>": "direction mark", "\xff <1>": "is not UTF-8", strings.Repeat("n", 80) + " <1>": "is 80 bytes long: shorten it to 79",
	} {
		if got, err := ParseCallerID(in); err == nil || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("ParseCallerID(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

// FuzzParseCallerID: what is accepted is one header line that reads back as itself.
func FuzzParseCallerID(f *testing.F) {
	for _, s := range []string{"", "1", `"A" <+1>`, "A <#*1>", `""" <1>`, "<<1>", "\u0085 <1>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseCallerID(s)
		if err != nil {
			return
		}
		if again, err := ParseCallerID(id); again != id || err != nil {
			t.Fatalf("%q is %q, and that %q, %v", s, id, again, err)
		}
		name, number, named := strings.Cut(id, `" <`)
		if !named {
			name, number = `"`, id+">"
		}
		if id != "" && (strings.ContainsAny(name[1:]+number[:len(number)-1], "\"<>\\\r\n\x00") || !ValidNumber(number[:len(number)-1]) || len(id) > 110) {
			t.Fatalf("%q is %q", s, id)
		}
	})
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
		"number":    {ValidNumber, []string{"1", "+39", "*21#", "+" + strings.Repeat("1", 24)}, []string{"", "+", "++1", "1+", "1 2", "1-2", "a", "1\n", "1;2", "１", strings.Repeat("1", 25)}},
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
