package pop_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/pop"
)

var hostile = []string{
	"", ".", "..", "%2e%2e", "12345", "+39 06 1", "a&b=c;d", "?x#y", "../../admin", `\\evil\x`, "//evil.example",
	"javascript:alert(1)", `"><script>`, "a\r\nSet-Cookie: x", "\x00", "\xff\xfe", "Zoë\u202e", "{callerid_num}", "-rf", "@list", "/s",
	"%00", "`id`", "$(id)", "|calc", "a b", "'", strings.Repeat("9", 5000),
}

// FuzzExpand puts hostile values into one address that has a placeholder in every
// place a placeholder may have. Whatever the values, the address keeps its scheme,
// host, number of segments and parameters, and gives each value back.
func FuzzExpand(f *testing.F) {
	for _, v := range hostile {
		f.Add(v, "7")
		f.Add("7", v)
		f.Add(v, v)
	}
	t, err := pop.ParseBrowser("https://crm.example:8443/c/{a}/x{b}y/.{a}", "id={a}&n=<{b}>&z=1#/{a}?{b}", false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(tt *testing.T, a, b string) {
		got := t.Expand(values("a", a, "b", b)).URL
		u, err := url.Parse(got)
		if err != nil {
			tt.Fatalf("%q: %v", got, err)
		}
		for i := range len(got) {
			if c := got[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
				tt.Fatalf("%q holds %q", got, c)
			}
		}
		if u.Scheme != "https" || u.Host != "crm.example:8443" || u.User != nil {
			tt.Fatalf("%q goes elsewhere", got)
		}
		segments := strings.Split(u.EscapedPath(), "/")
		if len(segments) != 5 || u.JoinPath().EscapedPath() != u.EscapedPath() {
			tt.Fatalf("%q has another path", got)
		}
		segment, err := url.PathUnescape(segments[2])
		clean := !strings.ContainsFunc(a, func(c rune) bool { return c == '/' || c == '\\' || c < ' ' || c == 0x7f })
		if err != nil || clean && segment != a && strings.Trim(a, ".") != "" {
			tt.Fatalf("%q: %q became %q", got, a, segment)
		}
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil || len(q) != 3 || len(q["id"]) != 1 || len(q["n"]) != 1 || len(q["z"]) != 1 {
			tt.Fatalf("%q has other parameters: %v %v", got, q, err)
		}
		if q.Get("id") != a || q.Get("n") != "<"+b+">" {
			tt.Fatalf("%q gives back %q", got, q)
		}
		if u.Fragment != "/"+a+"?"+b {
			tt.Fatalf("%q: fragment %q", got, u.Fragment)
		}
	})
}

// FuzzArguments does the same for a program: the number of arguments and their fixed
// text stay, and nothing that a shell or a program could understand gets in.
func FuzzArguments(f *testing.F) {
	for _, v := range hostile {
		f.Add(v, "7")
		f.Add("7", v)
	}
	t, err := pop.ParseApplication("crm", `{a} --id={b} "{a} {b}"`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(tt *testing.T, a, b string) {
		r := t.Expand(values("a", a, "b", b))
		if r.Program != "crm" || len(r.Args) != 3 || !strings.HasPrefix(r.Args[1], "--id=") {
			tt.Fatalf("%q", r)
		}
		for i, arg := range r.Args {
			if i != 1 && (strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, "@")) {
				tt.Fatalf("%q is an option", arg)
			}
			if !utf8.ValidString(arg) || strings.ContainsAny(arg, "\"'`%&|<>^!;,$()\\/\r\n\x00") {
				tt.Fatalf("%q is dangerous", arg)
			}
		}
	})
}

// FuzzParse reads any template. What it takes keeps its promises.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"https://crm.example/{a}?b={c}", "http://localhost/#{x}", "https://[::1]:8/", "https://a/{{}}", "https://a?x={b}&c",
		"https://a/%zz", "crm --x {y} 'z", `crm "a`, "https://A:443", "{", "}", "https://a/.{b}/..",
	} {
		f.Add(s, "v")
	}
	f.Fuzz(func(tt *testing.T, text, v string) {
		t, err := pop.ParseBrowser(text, "", true)
		if err == nil {
			got := t.Expand(func(string) string { return v }).URL
			u, err := url.Parse(got)
			if err != nil {
				tt.Fatalf("%q: %v", got, err)
			}
			if o := t.Origin(); u.Scheme+"://"+u.Host != o || strings.ContainsAny(o, " ;,'\"") || o != strings.ToLower(o) {
				tt.Fatalf("%q is not of %q", got, o)
			}
			for _, name := range t.Names() {
				if !pop.ValidName(name) {
					tt.Fatalf("name %q", name)
				}
			}
		}
		if t, err := pop.ParseApplication("crm", text); err == nil {
			one := t.Expand(func(string) string { return "" })
			two := t.Expand(func(string) string { return v })
			if len(one.Args) != len(two.Args) {
				tt.Fatalf("%q splits: %q and %q", text, one.Args, two.Args)
			}
		}
	})
}
