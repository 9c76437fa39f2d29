package pop_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// values answers from name, value pairs.
func values(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestBrowser(t *testing.T) {
	for _, c := range []struct{ name, application, param, value, want string }{
		{"both parts", "https://crm.example/show", "id={v}", "12345", "https://crm.example/show?id=12345"},
		{"application has a query", "https://crm.example/show?a=1", "id={v}", "7", "https://crm.example/show?a=1&id=7"},
		{"param has its own question mark", "https://crm.example/show", "?id={v}", "7", "https://crm.example/show?id=7"},
		{"application ends with =", "https://crm.example/?id=", "{v}", "7", "https://crm.example/?id=7"},
		{"application ends with /", "https://crm.example/customers/", "{v}", "7", "https://crm.example/customers/7"},
		{"param is a path", "https://crm.example", "/customers/{v}", "7", "https://crm.example/customers/7"},
		{"param alone", "", "https://crm.example/{v}", "7", "https://crm.example/7"},
		{"application alone", "https://crm.example/{v}", "", "7", "https://crm.example/7"},
		{"nothing behind the host", "HTTPS://CRM.Example", "", "", "https://crm.example/"},
		{"query without path", "https://crm.example?id={v}", "", "7", "https://crm.example/?id=7"},
		{"own port stays, the scheme's goes", "https://crm.example:443/{v}", "", "7", "https://crm.example/7"},
		{"loopback may be http", "http://localhost:8080/{v}", "", "7", "http://localhost:8080/7"},
		{"loopback by number", "http://127.0.0.9/{v}", "", "7", "http://127.0.0.9/7"},
		{"loopback of IPv6", "http://[::1]:81/{v}", "", "7", "http://[::1]:81/7"},
		{"fixed text is encoded where it must be", `https://crm.example/a b/ü?q="x"`, "", "", "https://crm.example/a%20b/%C3%BC?q=%22x%22"},
		{"fixed escapes stay", "https://crm.example/a%2Fb?q=%7B{v}%7D", "", "7", "https://crm.example/a%2Fb?q=%7B7%7D"},
		{"doubled braces", "https://crm.example/?q={{{v}}}", "", "7", "https://crm.example/?q=%7B7%7D"},
		{"brackets of a parameter's name", "https://crm.example/?filter[id]={v}", "", "7", "https://crm.example/?filter[id]=7"},

		{"a value adds no parameter", "https://crm.example/?id={v}&x=1", "", "7&admin=1;b=2#c", "https://crm.example/?id=7%26admin%3D1%3Bb%3D2%23c&x=1"},
		{"a value is no markup", "https://crm.example/?n={v}", "", `"><img onerror=x>`, "https://crm.example/?n=%22%3E%3Cimg%20onerror%3Dx%3E"},
		{"a value breaks no line", "https://crm.example/?n={v}", "", "a\r\nb\x00", "https://crm.example/?n=a%0D%0Ab%00"},
		{"a plus and a percent are themselves", "https://crm.example/?n={v}", "", "+39 100%", "https://crm.example/?n=%2B39%20100%25"},
		{"UTF-8", "https://crm.example/?n={v}", "", "Zoë", "https://crm.example/?n=Zo%C3%AB"},
		{"in the fragment", "https://crm.example/#/c/{v}?x=1", "", "a/b?c&d", "https://crm.example/#/c/a%2Fb%3Fc%26d?x=1"},

		{"a value in a path", "https://crm.example/c/{v}/edit", "", "O'Brien & Co", "https://crm.example/c/O%27Brien%20%26%20Co/edit"},
		{"an empty segment", "https://crm.example/c/{v}/edit", "", "", "https://crm.example/c/-/edit"},
		{"dot", "https://crm.example/c/{v}/edit", "", ".", "https://crm.example/c/.-/edit"},
		{"dots", "https://crm.example/c/{v}/edit", "", "..", "https://crm.example/c/..-/edit"},
		{"dots by parts", "https://crm.example/c/.{v}", "", ".", "https://crm.example/c/..-"},
		{"dots by escape", "https://crm.example/c/%2e{v}?x", "", ".", "https://crm.example/c/%2e.-?x"},
		{"three dots are a name", "https://crm.example/c/{v}", "", "...", "https://crm.example/c/..."},
		{"a path in a path", "https://crm.example/c/{v}/edit", "", "../admin", "https://crm.example/c/-/edit"},
		{"a backslash in a path", "https://crm.example/c/x{v}", "", `a\b`, "https://crm.example/c/x"},
		{"empty beside fixed text", "https://crm.example/c/x{v}.html", "", "", "https://crm.example/c/x.html"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := pop.ParseBrowser(c.application, c.param, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Expand(values("v", c.value)).URL; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBrowserRefuses(t *testing.T) {
	for _, c := range []struct{ address, says string }{
		{"", "empty"},
		{"{v}", "scheme and host must be fixed"},
		{"{v}://crm.example/", "scheme and host must be fixed"},
		{"https://{v}/", "has no host"},
		{"https://crm{v}.example/", "stands in the host"},
		{"https://crm.example:{v}/", "port"},
		{"javascript:alert(1)", "https://"},
		{"file:///etc/passwd", "https://"},
		{"//crm.example/", "https://"},
		{"ftp://crm.example/", "https://"},
		{"https:/crm.example/", "https://"},
		{"http://crm.example/{v}", "http is not allowed for crm.example"},
		{"http://localhost.example/", "http is not allowed"},
		{"https://ada:x@crm.example/", "user name"},
		{"https://crm.example:0/", "port"},
		{"https://crm.example:65536/", "port"},
		{"https://crm.example;evil/", "';'"},
		{"https://crm example/", "' '"},
		{`https://crm.example\@evil/`, `user name`},
		{"https://crm.exämple/", "xn--"},
		{"https://[::1/", "IPv6"},
		{"https://[fe80::1%25eth0]/", "IPv6"},
		{"https:///x", "has no host"},
		{"https://crm.example/?{v}=1", "name of a parameter"},
		{"https://crm.example/?a=1&b{v}", "name of a parameter"},
		{`https://crm.example/a\b`, `"\"`},
		{"https://crm.example/100%", "%25"},
		{"https://crm.example/{v", `without "}"`},
		{"https://crm.example/v}", `without "{"`},
		{"https://crm.example/{}", "no placeholder"},
		{"https://crm.example/{a b}", "no placeholder"},
		{"https://crm.example/\x00", "control character"},
		{"https://crm.example/\u0085x", "control character"},
		{"https://crm.example/\xff", "UTF-8"},
		{"https://crm.example/?a=" + strings.Repeat("{v}", pop.MaxPlaceholders+1), "placeholders"},
		{"https://crm.example/" + strings.Repeat("x", pop.MaxText), "longer than"},
	} {
		if _, err := pop.ParseBrowser(c.address, "", false); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want an error with %q", c.address, err, c.says)
		} else if code, pairs := pop.Code(err); code == "" || len(pairs)%2 != 0 {
			t.Errorf("%q: code %q with %q", c.address, code, pairs)
		}
	}
}

func TestHTTPWhereAllowed(t *testing.T) {
	p, err := pop.ParseBrowser("http://crm.example:8080/{v}", "", true)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Origin(), "http://crm.example:8080"; got != want {
		t.Errorf("origin %s, want %s", got, want)
	}
}

func TestApplication(t *testing.T) {
	for _, c := range []struct {
		name, param, value string
		want               []string
	}{
		{"no parameters", "", "", []string{}},
		{"plain", "--id {v}", "12345", []string{"--id", "12345"}},
		{"quotes keep together", `--name "{v} of {v}" 'a "b" c'`, "Ada", []string{"--name", "Ada of Ada", `a "b" c`}},
		{"empty argument", `a "" b`, "", []string{"a", "", "b"}},
		{"quotes within", `--x="a b"c`, "", []string{"--x=a bc"}},
		{"backslash is a letter", `C:\crm\{v}.txt`, "7", []string{`C:\crm\7.txt`}},
		{"spaces between", "  a   b  ", "", []string{"a", "b"}},
		{"braces", "{{{v}}}", "7", []string{"{7}"}},
		{"a value never splits", "{v} end", "a b c", []string{"a b c", "end"}},
		{"a value never vanishes", "{v} end", "", []string{"", "end"}},
		{"telephone numbers", "{v}", "+39*06#1", []string{"+39*06#1"}},
		{"letters of any script", "{v}", "Zoë Müller 山田 नमस्ते", []string{"Zoë Müller 山田 नमस्ते"}},

		{"no option", "{v}", "--delete", []string{""}},
		{"no list of arguments", "{v}", "@file", []string{""}},
		{"behind fixed text a dash is harmless", "--id={v}", "-7", []string{"--id=-7"}},
		{"no option behind an empty value", "{none}{v}", "-x", []string{""}},
		{"no path", `C:\crm\{v}`, `..\x`, []string{`C:\crm\`}},
		{"no slash", "{v}", "/x", []string{""}},
		{"no quote", "{v}", `a"b`, []string{""}},
		{"no shell", "{v}", "a & calc", []string{""}},
		{"no variable of a shell", "{v}", "%PATH%", []string{""}},
		{"no line break", "{v}", "a\nb", []string{""}},
		{"no NUL", "{v}", "a\x00b", []string{""}},
		{"no broken UTF-8", "{v}", "a\xffb", []string{""}},
		{"no right-to-left mark", "{v}", "a\u202eb", []string{""}},
		{"no bar in disguise", "{v}", "a\u01c0b", []string{""}},
		{"no quote in disguise", "{v}", "a\u02bab", []string{""}},
		{"no wide quote", "{v}", "a\uff02b", []string{""}},
		{"not too long", "{v}", strings.Repeat("x", 65), []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := pop.ParseApplication(`C:\Program Files\crm.exe`, c.param)
			if err != nil {
				t.Fatal(err)
			}
			got := p.Expand(values("v", c.value))
			if got.Program != `C:\Program Files\crm.exe` || got.URL != "" || !slices.Equal(got.Args, c.want) {
				t.Errorf("got %+q, want %q", got, c.want)
			}
		})
	}
}

func TestApplicationRefuses(t *testing.T) {
	for _, c := range []struct{ application, param, says string }{
		{" ", "", "empty"},
		{"{v}", "", "name of the program"},
		{"crm", `"a`, "not closed"},
		{"crm", `a 'b {v}`, "not closed"},
		{"crm", "{1}", "no placeholder"},
		{"crm", "a\nb", "control character"},
		{"crm\x00", "", "control character"},
		{"cr{m", "", `without "}"`},
		{"crm", strings.Repeat("{v}", pop.MaxPlaceholders+1), "placeholders"},
	} {
		if _, err := pop.ParseApplication(c.application, c.param); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q %q: got %v, want an error with %q", c.application, c.param, err, c.says)
		} else if code, pairs := pop.Code(err); code == "" || len(pairs)%2 != 0 {
			t.Errorf("%q %q: code %q with %q", c.application, c.param, code, pairs)
		}
	}
}

// TestCode: an error says of what kind it is, wherever it lies, and others say nothing.
func TestCode(t *testing.T) {
	_, err := pop.ParseBrowser("https://crm.example:99999/", "", false)
	if code, pairs := pop.Code(fmt.Errorf("outside: %w", err)); code != "pop.port" || !slices.Equal(pairs, []string{"port", "99999"}) {
		t.Errorf("%q %q", code, pairs)
	}
	if code, pairs := pop.Code(&pop.UnknownNameError{Name: "a", Meant: "b"}); code != "pop.name-meant" || !slices.Equal(pairs, []string{"name", "a", "meant", "b"}) {
		t.Errorf("%q %q", code, pairs)
	}
	if code, pairs := pop.Code(errors.ErrUnsupported); code != "" || pairs != nil {
		t.Errorf("%q %q", code, pairs)
	}
}

func TestNames(t *testing.T) {
	p, err := pop.ParseBrowser("https://crm.example/{b}/{a}?x={b}#{c}", "", false)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Names(), []string{"b", "a", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := p.Origin(), "https://crm.example"; got != want {
		t.Errorf("origin %s, want %s", got, want)
	}
	p, err = pop.ParseApplication("crm", "{b} {a} {b}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Names(), []string{"b", "a"}; !slices.Equal(got, want) || p.Origin() != "" {
		t.Errorf("got %q and origin %q, want %q and none", got, p.Origin(), want)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, meant string }{
		{"calldata", ""}, {"callerid_num", ""}, {"operator", ""}, // known: no error
		{"calldta", "calldata"}, {"CallData", "calldata"}, {"caller_id_name", "callerid_name"}, {"chanel", "channel"},
		{"weather", "-"}, {"x", "-"},
	} {
		p, err := pop.ParseBrowser("https://crm.example/?v={"+c.name+"}", "", false)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Check([]string{"calldata"})
		var unknown *pop.UnknownNameError
		switch {
		case c.meant == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.meant == "":
		case !errors.As(err, &unknown) || unknown.Name != c.name:
			t.Errorf("%s: got %v, want an UnknownNameError", c.name, err)
		case c.meant == "-" && unknown.Meant != "":
			t.Errorf("%s: suggests %s", c.name, unknown.Meant)
		case c.meant != "-" && unknown.Meant != c.meant:
			t.Errorf("%s: suggests %q, want %q", c.name, unknown.Meant, c.meant)
		}
		if err != nil && !strings.Contains(err.Error(), "{"+c.name+"}") {
			t.Errorf("%s is not named in %q", c.name, err)
		}
	}
}
