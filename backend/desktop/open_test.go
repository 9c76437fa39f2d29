package desktop

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// root makes a path absolute on this system.
func root(path string) string {
	if runtime.GOOS == "windows" {
		return `C:` + strings.ReplaceAll(path, "/", `\`)
	}
	return path
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		values []string
		want   []string // nil: refused
	}{
		{"in its place", []string{"--id={1}", "x{2}y"}, []string{"7", "a b"}, []string{"--id=7", "xa by"}},
		{"a shell's signs stay", []string{"{1}"}, []string{"$(reboot); `x` | \"y\" '"}, []string{"$(reboot); `x` | \"y\" '"}},
		{"no second round", []string{"{1}", "{2}"}, []string{"{2}", "b"}, []string{"{2}", "b"}},
		{"an option", []string{"{1}"}, []string{"--delete-all"}, nil},
		{"an option of the second value", []string{"{1}{2}"}, []string{"", "-x"}, nil},
		{"an option after --", []string{"--", "{1}"}, []string{"-x"}, []string{"--", "-x"}},
		{"a list of arguments", []string{"{1}"}, []string{"@/etc/passwd"}, nil},
		{"-- from a value is none", []string{"{1}", "{2}"}, []string{"--", "-x"}, nil},
		{"all", []string{"-v", "{*}"}, []string{"a b", "", "c"}, []string{"-v", "a b", "", "c"}},
		{"all, with an option", []string{"{*}"}, []string{"a", "-x"}, nil},
		{"all, after --", []string{"--", "{*}"}, []string{"a", "-x"}, []string{"--", "a", "-x"}},
		{"none is there", []string{"{1}"}, nil, nil},
		{"more than are used", []string{"{1}"}, []string{"a", "b"}, []string{"a"}},
		{"a line end", []string{"{1}"}, []string{"a\nb"}, nil},
		{"NUL", []string{"{1}"}, []string{"a\x00b"}, nil},
		{"a control in one that is not used", nil, []string{"\x1b"}, nil},
		{"turned around", []string{"{1}"}, []string{"a\u202eb"}, nil},
		{"not UTF-8", []string{"{1}"}, []string{"\xff"}, nil},
		{"too long", []string{"{1}"}, []string{strings.Repeat("x", maxValue+1)}, nil},
		{"no placeholder", []string{"{0}", "{x}", "{100}"}, []string{"a"}, []string{"{0}", "{x}", "{100}"}},
	} {
		got, err := append(Template{root("/bin/crm")}, c.args...).fill(c.values)
		if (err != nil) != (c.want == nil) || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestTemplateCheck(t *testing.T) {
	for _, bad := range []Template{nil, {}, {"crm"}, {"./crm"}, {root("/x/run.bat")}, {root("/x/run.CMD. ")}, {root("/x/crm"), "a{*}"}} {
		if bad.check() == nil {
			t.Errorf("%q passed", bad)
		}
	}
	if err := (Template{root("/x/crm"), "{*}", "{1}"}).check(); err != nil {
		t.Error(err)
	}
}

func TestPageAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://crm.example/customer?id=12345&x=a%20b#top": "https://crm.example/customer?id=12345&x=a%20b#top",
		"HTTP://crm.example":                     "http://crm.example",
		"https://[2001:db8::1]:8443/x":           "https://[2001:db8::1]:8443/x",
		`https://crm.example/a"b'c` + "`d`<>":    "https://crm.example/a%22b%27c%60d%60%3C%3E",
		"https://crm.example/?q=a'b|c^d\\":       "https://crm.example/?q=a%27b%7Cc%5Ed%5C",
		"https://crm.example/ü":                  "https://crm.example/%C3%BC",
		"":                                       "",
		"javascript:alert(1)":                    "",
		"file:///etc/passwd":                     "",
		"-https://crm.example":                   "",
		"https:crm.example":                      "",
		"http://\"":                              "",
		"https://b\u00fccher.example":            "",
		"https:///path":                          "",
		"//crm.example":                          "",
		"https://user:secret@crm.example":        "",
		"https://crm.example/\x1b":               "",
		"ms-settings:x":                          "",
		"https://" + strings.Repeat("x", maxURL): "",
	} {
		got, err := pageAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.60q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func FuzzPageAddress(f *testing.F) {
	f.Add("https://crm.example/a?b=c#d")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := pageAddress(s)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, "http://") && !strings.HasPrefix(got, "https://") {
			t.Errorf("%q gives %q", s, got)
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`<>\\^{|}", c) >= 0 {
				t.Errorf("%q gives %q", s, got)
			}
		}
		if again, err := pageAddress(got); err != nil || again != got {
			t.Errorf("%q gives %q, and that %q, %v", s, got, again, err)
		}
	})
}

func TestOpen(t *testing.T) {
	var started [][]string
	o := &Opener{
		Programs: map[string]Template{"crm": {root("/opt/crm"), "--id", "{1}"}},
		Start:    func(argv []string) error { started = append(started, argv); return nil },
	}
	for _, c := range []struct {
		action Action
		opened string
		fault  string
	}{
		{Action{Type: Application, Program: "crm", Args: []string{"5"}}, "program crm", ""},
		{Action{Type: Application, Program: "crm", Args: []string{"-5"}}, "program crm", "a value looks like an option"},
		{Action{Type: Application, Program: "/bin/sh", Args: []string{"5"}}, "program /bin/sh", "not among the programs"},
		{Action{Type: Application, Program: "CRM\x1b", Args: []string{"5"}}, "program CRM\uFFFD", "not among the programs"},
		{Action{Type: Browser, URL: "file:///x"}, "page", "only addresses with http"},
		{Action{Type: "mail\x1b", URL: "https://x"}, "mail\uFFFD", "cannot open"},
	} {
		opened, err := o.Open(&c.action)
		if opened != c.opened || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%+v: %q, %v", c.action, opened, err)
		}
	}
	if want := [][]string{{root("/opt/crm"), "--id", "5"}}; !reflect.DeepEqual(started, want) {
		t.Errorf("started %q, want %q", started, want)
	}
}

// TestBrowser: the address is one argument of its own, and the program is a path.
func TestBrowser(t *testing.T) {
	argv, err := browser("https://crm.example/?a=b&c=d")
	if err != nil {
		t.Skip(err)
	}
	if argv[len(argv)-1] != "https://crm.example/?a=b&c=d" || (Template{argv[0]}).check() != nil {
		t.Errorf("%q", argv)
	}
}

// TestButton: what waits for the agent is opened when he asks, and not before.
func TestButton(t *testing.T) {
	started := 0
	o := &Opener{Start: func([]string) error { started++; return nil }}
	a := &Action{Type: Browser, URL: "https://crm.example/1", Target: button}
	var s State
	s.Calls = []Current{{Call: &Call{Uniqueid: "u0"}}, {Call: &Call{Uniqueid: "u1"}, Action: a}}
	now := time.Now()
	if got := s.Apply(o.came("u1", a), now); got != "to be opened: page https://crm.example/1" || started != 0 {
		t.Errorf("%q, %d started", got, started)
	}
	if got := s.Apply(o.Opened(s.Latest().Uniqueid, a), now); got != "opened: page https://crm.example/1" || started != 1 {
		t.Errorf("%q, %d started", got, started)
	}
	a.Target = ""
	if o.came("u1", a); started != 2 {
		t.Errorf("%d started", started)
	}
}
