package dial

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

var update = flag.Bool("update", false, "write the golden file anew")

// policies are services of administrators, at sites where numbers look as they do there.
var policies = []struct {
	name        string
	allow, deny []string
	site        Site
}{
	{"nothing", nil, nil, Site{}},
	{"italy", []string{"+39", "0039"}, []string{"+3989", "003989", "89", "178"}, Site{}},
	{"outside", []string{"0"}, []string{"00", "089", "0178"}, Site{}}, // a 0 for an outside line that the site does not tell of
	{"closed", []string{"2", "112", "118", "*8"}, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "+", "*", "#"}, Site{}},
	{"ties", []string{"0900", "*72", "00", "1"}, []string{"0900", "*7", "00", "12"}, Site{}},
	{"abroad", []string{"+", "00"}, []string{"+882", "+883", "+979", "00882", "00883", "00979"}, Site{}},
	{"line", []string{"0"}, nil, Site{OutsideLine: "0"}},
	{"opened", []string{"000", "00900"}, []string{"000882", "000"}, Site{OutsideLine: "0"}},
	{"america", nil, nil, Site{america, []string{"900", "976", "1900"}, ""}},
	{"nine", []string{"9", "9011"}, []string{"901153"}, Site{america, []string{"900", "976", "1900"}, "9"}},
	{"one", nil, nil, Site{OutsideLine: "1"}},
	{"russia", []string{"8"}, nil, Site{[]string{"+", "810"}, []string{"8809"}, ""}},
	{"none", nil, nil, Site{Abroad: []string{}, Premium: []string{}}},
}

// TestSiteOfNone holds that a Dialer that was told of no site counts as abroad and at a premium
// what the boot file does without these keys.
func TestSiteOfNone(t *testing.T) {
	site, want := New(Options{}).opt.Site, settings.Defaults().Originate
	if !slices.Equal(site.Abroad, want.Abroad) || !slices.Equal(site.Premium, want.Premium) || site.OutsideLine != want.OutsideLine {
		t.Errorf("%+v, the settings say %+v", site, want)
	}
}

// america are some beginnings that North America dials abroad by.
var america = []string{"+", "011", "1242", "1809", "1876"}

// grammar and verdict say once more, in another way, what config.ValidNumber and Site.allows do.
var grammar = regexp.MustCompile(`\A\+?[0-9*#]{1,24}\z`)

// verdict is "." when the number may be called, else why not: n no number, d a prefix of
// Deny, a abroad, f a function of the exchange, p at a premium.
func verdict(allow, deny []string, site Site, number string) string {
	if !grammar.MatchString(number) {
		return "n"
	}
	type rule struct{ prefix, verdict string }
	var rules []rule
	for _, p := range allow {
		rules = append(rules, rule{p, "."})
	}
	for _, p := range deny {
		rules = append(rules, rule{p, "d"})
	}
	line := ""
	if strings.Index(number, site.OutsideLine) == 0 {
		line = site.OutsideLine
	}
	site.complete()
	for _, p := range site.Abroad {
		rules = append(rules, rule{line + p, "a"})
	}
	for _, p := range site.Premium {
		rules = append(rules, rule{line + p, "p"})
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	says := "."
	if i := slices.IndexFunc(rules, func(r rule) bool {
		return len(number) >= len(r.prefix) && number[:len(r.prefix)] == r.prefix
	}); i >= 0 {
		says = rules[i].verdict
		if says != "p" {
			return says
		}
	}
	if strings.ContainsAny(number, "*#") {
		return "f"
	}
	return says
}

// letter is what allows says, as verdict does.
func letter(s *config.Service, site Site, number string) string {
	site.complete()
	d := site.allows(s, number)
	switch {
	case d == nil:
		return "."
	case d.Code == BadNumber:
		return "n"
	case d.Code != Policy:
		return d.Code
	}
	for text, l := range map[string]string{"begin with": "d", "abroad": "a", "* or #": "f", "premium": "p"} {
		if strings.Contains(d.Text, text) {
			return l
		}
	}
	return d.Text
}

// TestPolicy holds what may be called: 240 numbers by thirteen services.
func TestPolicy(t *testing.T) {
	const file = "testdata/policy.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `"`) {
			want.WriteString(line)
			continue
		}
		rows++
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatal(err)
		}
		number, _ := strconv.Unquote(quoted)
		fmt.Fprintf(&want, "%-36s", quoted)
		got := strings.Fields(line[len(quoted):])
		for i, p := range policies {
			l := letter(&config.Service{Allow: p.allow, Deny: p.deny}, p.site, number)
			if v := verdict(p.allow, p.deny, p.site, number); l != v {
				t.Errorf("%s by %s: %s, want %s", quoted, p.name, l, v)
			}
			if !*update && (len(got) != len(policies) || got[i] != l) {
				t.Errorf("%s by %s: %s, which is not in %s", quoted, p.name, l, file)
			}
			want.WriteString("  " + l)
		}
		want.WriteString("\n")
	}
	if rows != 240 {
		t.Errorf("%d numbers", rows)
	}
	if *update {
		if err := os.WriteFile(file, []byte(want.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzPolicy holds allows against verdict.
func FuzzPolicy(f *testing.F) {
	for _, p := range policies {
		for _, number := range []string{"+390551234", "0900*1", "000441234", "901144"} {
			f.Add(number, strings.Join(p.allow, " "), strings.Join(p.deny, " "), strings.Join(p.site.Abroad, " "), strings.Join(p.site.Premium, " "), p.site.OutsideLine)
		}
	}
	f.Add("1\n", "1", "", "1", "1", "1")
	f.Fuzz(func(t *testing.T, number, allow, deny, abroad, premium, line string) {
		s := &config.Service{Allow: prefixes(allow), Deny: prefixes(deny)}
		site := Site{prefixes(abroad), prefixes(premium), line}
		if got, want := letter(s, site, number), verdict(s.Allow, s.Deny, site, number); got != want {
			t.Errorf("%q: %s, want %s", number, got, want)
		}
	})
}

// prefixes are those words of s that a configuration may have.
func prefixes(s string) (list []string) {
	for _, p := range strings.Fields(s) {
		if grammar.MatchString(p) || p == "+" {
			list = append(list, p)
		}
	}
	return list
}

// TestChoose holds by which service an operator calls.
func TestChoose(t *testing.T) {
	service := func(name, context, kind string, enabled bool, operators ...string) config.Service {
		s := config.Service{Name: name, Context: context, Type: kind, Enabled: enabled}
		for _, o := range operators {
			s.Operators = append(s.Operators, config.Assignment{Username: o})
		}
		return s
	}
	cfg := config.New("", []config.Service{
		service("Campaign", "out-campaign", config.Outbound, true, "anna", "bert"),
		service("Service", "out-service", config.Outbound, true, "anna"),
		service("Old", "out-old", config.Outbound, false, "anna", "carl"),
		service("Desk", "in-desk", config.Inbound, true, "anna", "bert", "carl"),
	}, nil, nil)
	for _, c := range []struct {
		operator string
		w        Wish
		want     string
	}{
		{"anna", Wish{Service: "Campaign"}, "Campaign"},
		{"ANNA", Wish{Service: "sERVICE"}, "Service"},
		{"anna", Wish{Context: "out-service"}, "Service"},
		{"anna", Wish{Context: "out-service", Service: "Service"}, "Service"},
		{"anna", Wish{Context: "out-service", Service: "Campaign"}, ""},
		{"anna", Wish{Context: "OUT-SERVICE"}, ""},
		{"anna", Wish{}, ""}, // which of two
		{"anna", Wish{Context: "out-old"}, ""},
		{"anna", Wish{Service: "Old"}, ""},
		{"anna", Wish{Service: "Desk"}, ""},
		{"anna", Wish{Context: "in-desk"}, ""},
		{"anna", Wish{Context: "from-internal"}, ""},
		{"anna", Wish{Context: "out-service\r\nApplication: System"}, ""},
		{"bert", Wish{}, "Campaign"},
		{"bert", Wish{Context: "out-service"}, ""},
		{"carl", Wish{}, ""},
		{"carl", Wish{Context: "out-old"}, ""},
		{"dora", Wish{}, ""},
		{"", Wish{}, ""},
	} {
		s, denied := choose(cfg, c.operator, c.w)
		switch {
		case c.want == "" && (s != nil || denied == nil || denied.Code != NoService):
			t.Errorf("%s %+v: %v, %v", c.operator, c.w, s, denied)
		case c.want != "" && (s == nil || denied != nil || s.Name != c.want):
			t.Errorf("%s %+v: %v, %v; want %s", c.operator, c.w, s, denied, c.want)
		}
	}
	if _, denied := choose(nil, "anna", Wish{}); denied == nil {
		t.Error("by no configuration")
	}
}
