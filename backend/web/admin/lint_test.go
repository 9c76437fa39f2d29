package admin

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// banned is what no template holds: the policy would refuse it, or htmx would run it.
var banned = map[string]*regexp.Regexp{
	"a script or style inside the page":           regexp.MustCompile(`(?i)<style|<script[^>]*>\s*[^<\s]`),
	"a style attribute":                           regexp.MustCompile(`(?i)\sstyle\s*=`),
	"a handler attribute":                         regexp.MustCompile(`(?i)\son[a-z]+\s*=`),
	"hx-on":                                       regexp.MustCompile(`(?i)hx-on`),
	"hx-vals, hx-headers or hx-vars":              regexp.MustCompile(`(?i)hx-(vals|headers|vars)`),
	"a script in an attribute":                    regexp.MustCompile(`(?i)(js|javascript):`),
	"a filter in hx-trigger":                      regexp.MustCompile(`(?i)hx-trigger="[^"]*\[`),
	"an address of a request that a value begins": regexp.MustCompile(`(?i)(hx-(get|post|ws:connect)|action|formaction)="(?:[^/"]|/[^a])`),
	"an action in an attribute htmx reads":        regexp.MustCompile(`(?i)hx-(trigger|target|swap|sync|select|confirm)="[^"]*\{\{`),
	"text that html/template does not escape":     regexp.MustCompile(`(?i)\|\s*(safe|html|js|urlquery)`),
}

// TestTemplates: html/template takes hx-get for plain text and not for an address; so the
// rules it cannot keep are kept here.
func TestTemplates(t *testing.T) {
	names, err := fs.Glob(files, "*.html")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range banned {
			for _, found := range pattern.FindAllString(string(text), -1) {
				t.Errorf("%s holds %s: %q", name, what, found)
			}
		}
	}
}

// TestTemplatesParse: every file in every language; a server parses each only when it is
// first asked for.
func TestTemplatesParse(t *testing.T) {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range locale.Languages() {
		for _, name := range names {
			if _, err := templates(lang, strings.TrimSuffix(name, ".html")); err != nil {
				t.Errorf("%s: %v", lang, err)
			}
		}
	}
}

// TestBanned: the rules do find what they are for.
func TestBanned(t *testing.T) {
	for what, bad := range map[string]string{
		"a script or style inside the page":           `<script type="module">alert(1)</script>`,
		"a style attribute":                           `<p style="color:red">`,
		"a handler attribute":                         `<p onclick="x()">`,
		"hx-on":                                       `<p hx-on:click="x()">`,
		"hx-vals, hx-headers or hx-vars":              `<p hx-vals='js:{a:1}'>`,
		"a script in an attribute":                    `<a href="javascript:x">`,
		"a filter in hx-trigger":                      `<p hx-trigger="click[x()]">`,
		"an address of a request that a value begins": `<p hx-get="{{.X}}">`,
		"an action in an attribute htmx reads":        `<p hx-target="#{{.X}}">`,
		"text that html/template does not escape":     `{{.X | safe}}`,
	} {
		if banned[what] == nil || !banned[what].MatchString(bad) {
			t.Errorf("%s: not found in %s", what, bad)
		}
	}
	if len(banned) != 10 {
		t.Errorf("%d rules", len(banned))
	}
}

// Keys of texts, as templates and code name them. One that ends in a dot is the beginning
// of several, whose ends are known when the page is made.
var (
	inTemplate = regexp.MustCompile(`\b([tn]) "([a-z0-9.-]+)"`)
	inFormat   = regexp.MustCompile(`printf "((?:%s|[a-z0-9-]+)(?:\.[a-z0-9%.-]+)+)"`)
	inJoin     = regexp.MustCompile(`"([a-z][a-z0-9.-]*\.)" ?\+`)
	inShow     = regexp.MustCompile(`\.show\([^,]+, "([a-z-]+)",`)
	inCode     = regexp.MustCompile(`"([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+\.?)"`)
)

// TestTexts: every text that pages ask for is in the catalogue, and every text of the
// configurator's parts is asked for.
func TestTexts(t *testing.T) {
	used := map[string]bool{}
	patterns := map[string]bool{}
	sources, err := fs.Glob(os.DirFS("."), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".html") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inTemplate.FindAllStringSubmatch(string(text), -1) {
			keys := []string{m[2]}
			if m[1] == "n" {
				keys = []string{m[2] + ".one", m[2] + ".many"}
			}
			for _, key := range keys {
				used[key] = true
				if !locale.Has(key) {
					t.Errorf("%s asks for %q, which is not in the catalogue", name, key)
				}
			}
		}
		for _, m := range inFormat.FindAllStringSubmatch(string(text), -1) {
			patterns["^"+strings.ReplaceAll(regexp.QuoteMeta(m[1]), "%s", "[a-z.-]+")+"$"] = true
		}
		if strings.HasSuffix(name, ".go") {
			for _, m := range inShow.FindAllStringSubmatch(string(text), -1) {
				used[m[1]+".title"] = true
			}
			for _, m := range inJoin.FindAllStringSubmatch(string(text), -1) {
				patterns["^"+regexp.QuoteMeta(m[1])] = true
			}
			for _, m := range inCode.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
				if strings.HasSuffix(m[1], ".") {
					patterns["^"+regexp.QuoteMeta(m[1])] = true
				}
			}
		}
	}
	// Those that module.go puts together of a module's key.
	patterns[`^(operators|seats|services|managers)\.(title|about|search|empty|new|edit|added|saved|used|taken\.[a-z-]+|remove[a-z.-]*)$`] = true
	for _, m := range modules {
		used[m.key+".title"] = true
	}
	all := make([]*regexp.Regexp, 0, len(patterns))
	for _, p := range slices.Sorted(maps.Keys(patterns)) {
		all = append(all, regexp.MustCompile(p))
	}
	for _, key := range locale.Keys() {
		if strings.HasPrefix(key, "api.") || strings.HasPrefix(key, "page.") || strings.HasPrefix(key, "agent.") || strings.HasPrefix(key, "customer.") || strings.HasPrefix(key, "fault.") {
			continue // of other rooms, whose tests know them
		}
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".many")
		if !used[key] && !used[base] && !slices.ContainsFunc(all, func(r *regexp.Regexp) bool { return r.MatchString(key) }) {
			t.Errorf("%q is in the catalogue and no page asks for it", key)
		}
	}
}
