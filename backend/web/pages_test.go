package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// playedDemo knows one customer, with a name to be feared.
type playedDemo struct {
	calls int
	err   error
}

func (*playedDemo) Customer(number string) (DemoCustomer, bool) {
	if number != "12345" {
		return DemoCustomer{}, false
	}
	return DemoCustomer{Number: number, Name: `Mario "><script>alert(1)</script> Rossi`, Company: "Rossi & Figli", City: "Torino",
		Phone: "+39 011 555 0101", Plan: "Gold", Since: "2011", Notes: []string{"<b>prefers</b> the afternoon", "x"},
		Orders: []DemoOrder{{Number: "SO-1", Date: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), What: "<i>Router</i>", Amount: "£9.00", State: "Delivered"}}}, true
}

func (d *playedDemo) PlaceCall(context.Context) error {
	d.calls++
	return d.err
}

func (*playedDemo) Accounts() []DemoAccount {
	return []DemoAccount{{Operator: "ada", FullName: "Ada Lovelace", Password: "demo", Seat: "PJSIP/201"}}
}

// TestHeaders is the golden list of what guards each kind of answer.
func TestHeaders(t *testing.T) {
	const agent = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src https://crm.example:8443 https://sales.example; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
	const plain = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s := newSite(t)
	demo := newSite(t, func(o *Options) { o.Demo = &playedDemo{} })
	framed := newSite(t, func(o *Options) { o.FrameAncestors = []string{"https://a.example", "https://b.example:8443"} })
	framedDemo := newSite(t, func(o *Options) { o.Demo, o.FrameAncestors = &playedDemo{}, []string{"https://a.example"} })
	for _, c := range []struct {
		s               *site
		path, csp, coop string
		cache, kind     string
	}{
		{s, "/agent", agent, "same-origin-allow-popups", "no-store", "text/html; charset=utf-8"},
		{s, "/nothing", plain, "same-origin-allow-popups", "no-store", "text/html; charset=utf-8"},
		{s, "/api/session", nothing, "same-origin-allow-popups", "no-store", "application/json; charset=utf-8"},
		{s, "/assets/main-Ab12Cd34.js", nothing, "same-origin-allow-popups", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		{s, "/healthz", nothing, "same-origin-allow-popups", "no-store", "text/plain; charset=utf-8"},
		{s, "/", nothing, "same-origin-allow-popups", "", ""},
		{framed, "/agent", strings.Replace(agent, "frame-ancestors 'none'", "frame-ancestors https://a.example https://b.example:8443", 1), "same-origin-allow-popups", "no-store", "text/html; charset=utf-8"},
		{framed, "/nothing", plain, "same-origin-allow-popups", "no-store", "text/html; charset=utf-8"},
		{s, "/agent.webmanifest", nothing, "same-origin-allow-popups", "no-cache", "application/manifest+json; charset=utf-8"},
		{demo, "/agent", strings.Replace(agent, "frame-src", "frame-src 'self'", 1), "same-origin-allow-popups", "no-store", "text/html; charset=utf-8"},
		{demo, "/demo/customer?id=12345", strings.Replace(plain, "frame-ancestors 'none'", "frame-ancestors 'self'", 1), "", "no-store", "text/html; charset=utf-8"},
		{framedDemo, "/demo/customer?id=12345", strings.Replace(plain, "frame-ancestors 'none'", "frame-ancestors 'self' https://a.example", 1), "", "no-store", "text/html; charset=utf-8"},
	} {
		got := c.s.browser().get(c.path)
		powers := permissions
		if c.path == "/agent" {
			powers = permissionsAgent
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":      c.csp,
			"Cross-Origin-Opener-Policy":   c.coop,
			"Cross-Origin-Resource-Policy": "same-origin",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Permissions-Policy":           powers,
			"Cache-Control":                c.cache,
			"Content-Type":                 c.kind,
			"Server":                       "",
		} {
			if v := got.Header.Values(name); strings.Join(v, "|") != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, v, want)
			}
		}
	}
}

// TestFrames: exactly the pages of enabled services may be embedded.
func TestFrames(t *testing.T) {
	pane := func(address string, change func(*config.Service)) config.Service {
		s := config.Service{Name: address, Context: "c", Trigger: config.Browser, Target: config.Pane, Application: address, Enabled: true}
		if change != nil {
			change(&s)
		}
		return s
	}
	for _, c := range []struct {
		want     string
		services []config.Service
	}{
		{"'none'", nil},
		{"https://a.example https://b.example:8443 https://window.example", []config.Service{
			pane("https://b.example:8443/x", nil), pane("https://a.example/1", nil), pane("https://a.example/2", nil),
			pane("https://window.example/", func(s *config.Service) { s.Target = config.Window }),
			pane("https://disabled.example/", func(s *config.Service) { s.Enabled = false }),
			pane("crm.exe", func(s *config.Service) { s.Trigger = config.Application }),
			pane("http://plain.example/", nil), // http that nobody allowed
			pane("https://*.example/;script-src *", nil),
			pane("", nil),
		}},
		{"http://127.0.0.1:8080 http://plain.example", []config.Service{
			pane("http://plain.example/", func(s *config.Service) { s.AllowHTTP = true }), pane("http://127.0.0.1:8080/demo/customer", nil),
		}},
	} {
		s := newSite(t)
		s.conf.set(config.New("", c.services, nil, nil))
		if got := s.browser().get("/agent").Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-src "+c.want+";") {
			t.Errorf("%s, want frames %s", got, c.want)
		}
	}
	demo := newSite(t, func(o *Options) { o.Demo = &playedDemo{}; o.PublicURL = "http://127.0.0.1:8080" })
	demo.conf.set(config.New("", []config.Service{pane("http://127.0.0.1:8080/demo/customer", nil)}, nil, nil))
	got := demo.browser().get("/agent", asHost("127.0.0.1:8080")).Header.Get("Content-Security-Policy")
	if !strings.Contains(got, "frame-src 'self';") {
		t.Errorf("demo: %s", got)
	}
	demo.conf.set(nil) // before the first configuration
	if got := demo.browser().get("/agent", asHost("127.0.0.1:8080")); got.StatusCode != 200 {
		t.Errorf("without a configuration: %d", got.StatusCode)
	}
}

func TestAgentPage(t *testing.T) {
	s := newSite(t)
	for header, want := range map[string]locale.Language{"": "en", "fr-CH, fr;q=0.9": "fr", "it": "it", "de-AT": "de", "es": "es", "ja": "en"} {
		got := s.browser().get("/agent", with("Accept-Language", header))
		page := parse(t, got.body)
		if page.lang != string(want) || !slices.Contains(page.texts, want.Text("agent.noscript")) {
			t.Errorf("%q: lang %q: %q", header, page.lang, page.texts)
		}
		if !slices.Equal(page.scripts, []string{"/assets/theme.js", "/assets/main-Ab12Cd34.js"}) ||
			!slices.Equal(page.styles, []string{"/assets/shared-33334444.css", "/assets/main-Xy98Zw76.css"}) ||
			!strings.Contains(got.body, `<div id="app"></div>`) || !strings.Contains(got.body, `<link rel="icon" href="/assets/favicon.svg"`) {
			t.Errorf("scripts %q styles %q: %s", page.scripts, page.styles, got.body)
		}
		if got.Header.Get("Vary") != "Accept-Language" {
			t.Errorf("Vary is %q", got.Header.Get("Vary"))
		}
	}
}

func TestNotBuilt(t *testing.T) {
	for _, dist := range []fs.FS{fstest.MapFS{".gitkeep": {}}, fstest.MapFS{"stray.js": {}}} {
		s := newSite(t, func(o *Options) { o.Dist = dist })
		got := s.browser().get("/agent")
		if got.StatusCode != 503 || !strings.Contains(got.body, "make build") {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
		if got := s.browser().get("/assets/stray.js"); got.StatusCode != 404 {
			t.Errorf("an unbuilt folder is served: %d", got.StatusCode)
		}
		s.browser().get("/api/session").wants(t, 200, "signed-out")
	}
	for name, broken := range map[string]fs.FS{
		"manifest": fstest.MapFS{manifestFile: {Data: []byte("{")}},
		"folder":   fstest.MapFS{manifestFile: {Mode: fs.ModeDir}},
	} {
		if _, err := New(Options{Dist: broken}); err == nil {
			t.Errorf("a broken %s is taken", name)
		}
	}
}

func TestAssets(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, c := range []struct {
		path, kind, cache string
		status            int
	}{
		{"main-Ab12Cd34.js", "text/javascript; charset=utf-8", cacheForEver, 200},
		{"main-Xy98Zw76.css", "text/css; charset=utf-8", cacheForEver, 200},
		{"fr-55556666.js", "text/javascript; charset=utf-8", cacheForEver, 200},
		{"favicon.svg", "image/svg+xml", cacheAsked, 200},
		{"theme.js", "text/javascript; charset=utf-8", cacheAsked, 200},
		{"", "", "", 404},
		{".vite/", "", "", 404},
		{".vite/manifest.json", "", "", 404},
		{".gitkeep", "", "", 404},
		{"licence.exe", "", "", 404},
		{"nothing.js", "", "", 404},
		{"../web.go", "", "", 404},
		{"..%2f..%2fetc/passwd", "", "", 404},
		{"theme.js/", "", "", 404},
	} {
		got := b.get("/assets/" + c.path)
		if got.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.path, got.StatusCode, c.status)
			continue
		}
		if c.status != 200 {
			continue
		}
		if got.Header.Get("Content-Type") != c.kind || got.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %v", c.path, got.Header)
		}
		tag := got.Header.Get("ETag")
		again := b.get("/assets/"+c.path, with("If-None-Match", `"other", W/`+tag))
		if tag == "" || again.StatusCode != 304 || again.body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: tag %s: %d %v", c.path, tag, again.StatusCode, again.Header)
		}
		if changed := b.get("/assets/"+c.path, with("If-None-Match", `"other"`)); changed.StatusCode != 200 {
			t.Errorf("%s with another tag: %d", c.path, changed.StatusCode)
		}
	}
}

func TestCompression(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.Transport.(*http.Transport).DisableCompression = true
	plain := b.get("/assets/main-Ab12Cd34.js")
	packed := b.get("/assets/main-Ab12Cd34.js", with("Accept-Encoding", "br, gzip;q=0.5"))
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body) {
		t.Errorf("plain %v, packed %v", plain.Header, packed.Header)
	}
	if plain.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Errorf("plain %v, packed %v", plain.Header, packed.Header)
	}
	for accept, want := range map[string]string{"": "", "gzip;q=0": "", "gzip; q=0.000": "", "deflate": "", "GZIP": "gzip", "gzip;q=0.001": "gzip", "x, gzip": "gzip"} {
		if got := b.get("/assets/main-Ab12Cd34.js", with("Accept-Encoding", accept)).Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", accept, got, want)
		}
	}
	if small := b.get("/assets/theme.js", with("Accept-Encoding", "gzip")); small.Header.Get("Content-Encoding") != "" {
		t.Error("packed to no use")
	}
}

func TestDemo(t *testing.T) {
	demo := &playedDemo{}
	s := newSite(t, func(o *Options) { o.Demo = demo; o.PublicURL = "http://127.0.0.1:8080/" })
	b := s.browser()
	if got := b.get("/api/session").wants(t, 200, "signed-out"); !strings.Contains(got.body, `"demo":{"accounts":[{"operator":"ada","fullName":"Ada Lovelace","password":"demo","seat":"PJSIP/201"}]}`) {
		t.Error(got.body)
	}
	b.do("POST", "/api/demo/call", "").wants(t, 401, "signed-out")
	if got := b.signIn("ada", "201").wants(t, 200, ""); !strings.Contains(got.body, `"demo":true`) {
		t.Error(got.body)
	}
	b.do("POST", "/api/demo/call", "").wants(t, 202, "")
	demo.err = fmt.Errorf("%w: all are talking", ErrDemoBusy)
	b.do("POST", "/api/demo/call", "").wants(t, 409, "demo-busy")
	demo.err = errors.New("the simulator has ended")
	b.do("POST", "/api/demo/call", "").wants(t, 500, "internal")
	if demo.calls != 3 {
		t.Errorf("%d calls", demo.calls)
	}

	// By another name of this machine the customer's page could not be embedded.
	for host, to := range map[string]string{
		"localhost:8080": "http://127.0.0.1:8080/agent", "127.0.0.1:9": "http://127.0.0.1:8080/agent", "[::1]:8080": "http://127.0.0.1:8080/agent", "127.0.0.1:8080": "",
	} {
		if got := b.get("/agent", asHost(host)); got.Header.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", host, got.StatusCode, got.Header.Get("Location"), to)
		}
	}
	lan := newSite(t, func(o *Options) { o.Demo = demo; o.PublicURL = "http://cti.example" })
	if got := lan.browser().get("/agent"); got.StatusCode != 200 {
		t.Errorf("a public demonstration sends its own machine away: %d", got.StatusCode)
	}
}

func TestCustomerPage(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Demo = &playedDemo{} })
	b := s.browser()
	got := b.get("/demo/customer?id=12345&caller=%3Cimg+src%3Dx%3E&empty=&caller=two&x=%E2%80%AErtl%0Aline&%zz=1&=x", with("Accept-Language", "de"))
	page := parse(t, got.body)
	for _, text := range []string{`Mario "><script>alert(1)</script> Rossi`, "Rossi & Figli", "Torino", "<b>prefers</b> the afternoon", "<img src=x>", "two", "2026-11-03", "<i>Router</i>", "£9.00", "rtl line", "Telefon", "12345"} {
		if !slices.Contains(page.texts, text) {
			t.Errorf("%q is not on the page: %q", text, page.texts)
		}
	}
	if page.lang != "de" || !slices.Equal(page.styles, []string{"/assets/customer-77778888.css"}) || page.elements["img"] > 0 || len(page.scripts) > 0 {
		t.Errorf("lang %s, styles %q, elements %v", page.lang, page.styles, page.elements)
	}
	unknown := b.get("/demo/customer?id=%22%3E%3Cscript%3E99&" + strings.Repeat("a=b&", 100) + "z=" + strings.Repeat("z", 5000))
	if b.get("/demo/customer?id=%E2%80%AE1%00\u202e").StatusCode != 200 {
		t.Error("controls")
	}
	if unknown.StatusCode != 200 || len(unknown.body) > 5000 || !strings.Contains(unknown.body, "&lt;script&gt;99") {
		t.Errorf("%d, %d bytes: %s", unknown.StatusCode, len(unknown.body), unknown.body)
	}
	parse(t, unknown.body)
	parse(t, b.get("/demo/customer").body)
}

// TestErrorPages: each speaks the reader's language and holds the rules of a page.
func TestErrorPages(t *testing.T) {
	s := newSite(t)
	for _, l := range locale.Languages() {
		for path, status := range map[string]int{"/nothing": 404, "/healthz": 405} {
			method := "GET"
			if status == 405 {
				method = "POST"
			}
			got := s.browser().do(method, path, "", with("Accept-Language", string(l)))
			page := parse(t, got.body)
			if got.StatusCode != status || page.lang != string(l) || page.elements["h1"] != 1 || len(page.scripts) > 0 || len(page.styles) == 0 {
				t.Errorf("%s %s: %d %s", l, path, got.StatusCode, got.body)
			}
		}
	}
}

// TestPanic: a bug of ours is one answer without a word of it, and the next
// request is served.
func TestPanic(t *testing.T) {
	s := newSite(t)
	s.web.opts.Config = nil
	for path, kind := range map[string]string{"/agent": "text/html; charset=utf-8"} {
		got := s.browser().get(path)
		if got.StatusCode != 500 || got.Header.Get("Content-Type") != kind || strings.Contains(got.body, "nil pointer") || strings.Contains(got.body, "goroutine") {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
	}
	if !strings.Contains(s.logs.String(), "showAgent") {
		t.Error("the log does not say where")
	}
	if got := s.browser().get("/healthz"); got.StatusCode != 200 {
		t.Error("it does not go on")
	}
}

func TestLogHoldsNoQuery(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Demo = &playedDemo{} })
	b := s.browser()
	in := b.signIn("ada", "201").wants(t, 200, "")
	b.get("/demo/customer?id=12345")
	logs := s.logs.String()
	if strings.Contains(logs, "12345") || strings.Contains(logs, in.Cookies()[0].Value) || !strings.Contains(logs, "path=/demo/customer") {
		t.Error(logs)
	}
}

type parsed struct {
	lang            string
	scripts, styles []string
	texts           []string
	elements        map[string]int
}

// parse reads a page and holds it to the rules of all pages: nothing inline, every
// address of our own, one title.
func parse(t *testing.T, page string) *parsed {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	p := &parsed{elements: map[string]int{}}
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			if text := strings.TrimSpace(n.Data); text != "" {
				p.texts = append(p.texts, text)
			}
			continue
		case html.ElementNode:
		default:
			continue
		}
		p.elements[n.Data]++
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				t.Errorf("<%s %s=%q> is inline", n.Data, a.Key, a.Val)
			}
			if (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "/") {
				t.Errorf("<%s %s=%q> is not ours", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "html":
			p.lang = at["lang"]
		case "style":
			t.Error("there is a style element")
		case "script":
			if at["src"] == "" || n.FirstChild != nil {
				t.Error("there is an inline script")
			}
			p.scripts = append(p.scripts, at["src"])
		case "link":
			if at["rel"] == "stylesheet" {
				p.styles = append(p.styles, at["href"])
			}
		}
	}
	if p.elements["title"] != 1 || p.elements["main"]+p.elements["noscript"] == 0 || p.lang == "" {
		t.Errorf("title, content or language is missing: %v", p.elements)
	}
	return p
}

// TestTemplates: the sources hold no words, nothing inline and no trust in a value.
func TestTemplates(t *testing.T) {
	action := regexp.MustCompile(`\{\{.*?\}\}`)
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := fs.ReadFile(templateFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		bare := action.ReplaceAllString(string(raw), "")
		root, err := html.ParseWithOptions(strings.NewReader(bare), html.ParseOptionEnableScripting(false))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.TextNode {
				text := strings.Trim(strings.TrimSpace(n.Data), " ·")
				if text != "" && text != "AsteriskCTI" {
					t.Errorf("%s holds the words %q", file, text)
				}
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s> is inline", file, n.Data, a.Key)
				}
			}
			if n.Type == html.ElementNode && (n.Data == "style" || (n.Data == "script" && n.FirstChild != nil)) {
				t.Errorf("%s: inline %s", file, n.Data)
			}
		}
	}
}

// TestWords: every text that is asked for exists, and every text is asked for.
func TestWords(t *testing.T) {
	used := map[string]bool{}
	find := func(text, pattern, prefix string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			used[prefix+m[1]] = true
		}
	}
	sources, _ := fs.Glob(sourceFiles(t), "*.go")
	rooms, _ := fs.Glob(sourceFiles(t), "*/*.go")
	for _, name := range append(sources, rooms...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := fs.ReadFile(sourceFiles(t), name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "/") { // a room's own texts are its own tests' affair
			find(string(raw), `\.Text\("([^"]+)"[,)]`, "")
		}
		find(string(raw), `code: "([^"]+)"`, "api.")
		find(string(raw), `text = "([^"]+)"`, "api.")
		find(string(raw), `malformed\("([^"]+)"`, "api.")
		find(string(raw), `Refuse\([\w.]+, "([^"]+)"`, "api.")
	}
	for _, code := range []string{"signed-out", "replaced", "removed"} { // those of package session
		used["api."+code] = true
	}
	files, _ := fs.Glob(templateFiles, "templates/*.html")
	for _, name := range files {
		raw, _ := fs.ReadFile(templateFiles, name)
		find(string(raw), `\.T "([^"]+)"`, "")
	}
	delete(used, "api.not-ready") // the app says why, in its own words
	for key := range used {
		if !locale.Has(key) {
			t.Errorf("%q has no text", key)
		}
	}
	ours := regexp.MustCompile(`^(api|page|agent|customer)\.`)
	for _, key := range locale.Keys() {
		if ours.MatchString(key) && !used[key] && !regexp.MustCompile(`^page\.\d+\.title$`).MatchString(key) {
			t.Errorf("%q is asked for nowhere", key)
		}
	}
}
