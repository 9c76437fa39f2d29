package web

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// routeTable is every address there is and what it answers to a stranger. A route
// that is not here fails the test: say who may use it.
var routeTable = []struct {
	method, route, path string
	demo                bool
	status              int
	why                 string
}{
	{"GET", "/", "/", false, 303, "to the panel"},
	{"GET", "/agent", "/agent", false, 200, "anyone: the shell holds nothing"},
	{"GET", "/agent.webmanifest", "/agent.webmanifest", false, 200, "anyone: names and icons"},
	{"GET", "/api/session", "/api/session", false, 200, "anyone: who is signed in with the cookie, or that nobody is"},
	{"GET", "/api/history", "/api/history", false, 401, "signed in: his own calls"},
	{"POST", "/api/sign-in", "/api/sign-in", false, 415, "anyone with JSON and a password"},
	{"POST", "/api/sign-out", "/api/sign-out", false, 204, "anyone; changes only who is signed in with the cookie"},
	{"POST", "/api/ticket", "/api/ticket", false, 401, "signed in"},
	{"GET", "/assets/*", "/assets/main-Ab12Cd34.js", false, 200, "anyone: public files"},
	{"GET", "/healthz", "/healthz", false, 200, "anyone"},
	{"GET", "/readyz", "/readyz", false, 200, "anyone"},
	{"GET", "/demo/customer", "/demo/customer", true, 200, "anyone, in a demonstration"},
	{"POST", "/api/demo/call", "/api/demo/call", true, 401, "signed in, in a demonstration"},
}

func TestRouteTable(t *testing.T) {
	for _, demo := range []bool{false, true} {
		s := newSite(t, func(o *Options) {
			if demo {
				o.Demo = &playedDemo{}
			}
		})
		b := s.browser()
		var known []string
		for _, r := range routeTable {
			if r.demo && !demo {
				if got := b.do(r.method, r.path, ""); got.StatusCode != 404 {
					t.Errorf("%s %s outside a demonstration: %d, want 404", r.method, r.path, got.StatusCode)
				}
				continue
			}
			known = append(known, r.method+" "+r.route)
			if r.method == "GET" {
				known = append(known, "HEAD "+r.route)
			}
			got := b.do(r.method, r.path, "")
			if got.StatusCode != r.status {
				t.Errorf("%s %s: %d, want %d (%s)", r.method, r.path, got.StatusCode, r.status, r.why)
			}
			// One refusal must hold for every route there is.
			if got := b.do(r.method, r.path, "", asHost("evil.example")); got.StatusCode != 421 {
				t.Errorf("%s %s for a foreign host: %d, want 421", r.method, r.path, got.StatusCode)
			}
			if r.method == "POST" {
				for name, h := range foreign {
					if got := b.do(r.method, r.path, "", h...); got.StatusCode != 403 || got.code() != "cross-origin" {
						t.Errorf("%s %s from %s: %d %s, want 403", r.method, r.path, name, got.StatusCode, got.code())
					}
				}
			}
		}
		for _, r := range s.web.routes().GetRoutes(true) {
			if !slices.Contains(known, r.Method+" "+r.Path) {
				t.Errorf("%s %s is not in the table: who may use it?", r.Method, r.Path)
			}
		}
	}
}

// foreign are the ways in which a browser says that another site asks.
var foreign = map[string][]header{
	"another site":          {with("Sec-Fetch-Site", "cross-site"), with("Origin", "https://evil.example")},
	"a sibling of the site": {with("Sec-Fetch-Site", "same-site"), with("Origin", "http://other.localhost")},
	"an old browser":        {with("Origin", "https://evil.example")},
	"a sandbox":             {with("Origin", "null")},
	"another port":          {with("Origin", "http://127.0.0.1:1")},
}

func TestOwnPagesMayPost(t *testing.T) {
	s := newSite(t, func(o *Options) { o.PublicURL = "http://cti.example/" })
	b := s.browser()
	for name, h := range map[string][]header{
		"browser":           {with("Sec-Fetch-Site", "same-origin"), with("Origin", s.URL)},
		"old browser":       {with("Origin", s.URL)},
		"no browser":        nil,
		"typed by hand":     {with("Sec-Fetch-Site", "none")},
		"behind a proxy":    {with("Origin", "http://cti.example")},
		"by the public":     {asHost("cti.example"), with("Origin", "http://cti.example")},
		"by another name":   {asHost("localhost:80"), with("Origin", "http://localhost:80")},
		"with a root's dot": {asHost("CTI.example.")},
	} {
		if got := b.do("POST", "/api/sign-out", "", h...); got.StatusCode != 204 {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
}

func TestMethods(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"DELETE", "/agent", 405, "GET, HEAD, POST"},
		{"TRACE", "/agent", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/sign-in", 405, "GET, HEAD, POST"},
		{"BREW", "/api/session", 405, "GET, HEAD, POST"},
		{"POST", "/agent", 405, "GET, HEAD"},
		{"GET", "/api/sign-in", 405, "POST"},
		{"HEAD", "/agent", 200, ""},
		{"HEAD", "/healthz", 200, ""},
		{"GET", "/nothing", 404, ""},
		{"GET", "/api/nothing", 404, ""},
		{"GET", "/Agent", 404, ""},
		{"GET", "/agent/", 200, ""},
		{"GET", "/%00", 404, ""},
	} {
		req, err := http.NewRequest(c.method, s.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d allow %q, want %d %q", c.method, c.path, resp.StatusCode, resp.Header.Get("Allow"), c.status, c.allow)
		}
		if c.method == "HEAD" && (len(body) > 0 || resp.ContentLength <= 0) {
			t.Errorf("HEAD %s: %d bytes, length %d", c.path, len(body), resp.ContentLength)
		}
	}
}

// TestRequestLines: what no browser sends.
func TestRequestLines(t *testing.T) {
	s := newSite(t)
	address := s.Listener.Addr().String()
	for _, c := range []struct {
		line   string
		status int
	}{
		{"GET /agent/../agent HTTP/1.1", 404},
		{"GET /assets/../agent HTTP/1.1", 404},
		{"GET /assets/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", 404},
		{"GET //evil.example/agent HTTP/1.1", 404},
		{"GET http://evil.example/agent HTTP/1.1", 421},
		{"GET http://" + address + "/agent HTTP/1.1", 200},
		{"GET /%zz HTTP/1.1", 400},
		{"GET agent HTTP/1.1", 400},
		{"OPTIONS * HTTP/1.1", 200}, // net/http's own
		{"CONNECT " + address + " HTTP/1.1", 405},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, c.line+"\r\nHost: "+address+"\r\nConnection: close\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		conn.Close()
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
		} else if resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.line, resp.StatusCode, c.status)
		}
	}
}

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		listen, public, host string
		ok                   bool
	}{
		{"127.0.0.1:8080", "", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "", "localhost", true},
		{"127.0.0.1:8080", "", "LOCALHOST.:9", true},
		{"127.0.0.1:8080", "", "panel.localhost:9", true},
		{"127.0.0.1:8080", "", "[::1]:9", true},
		{"127.0.0.1:8080", "", "127.8.8.8", true},
		{"127.0.0.1:8080", "", "evil.example", false},
		{"127.0.0.1:8080", "", "localhost.evil.example", false},
		{"127.0.0.1:8080", "", "10.1.2.3", false},
		{"127.0.0.1:8080", "", "0.0.0.0", false},
		{"10.1.2.3:8080", "", "10.1.2.3:8080", true},
		{"10.1.2.3:8080", "", "10.1.2.4:8080", false},
		{"[2001:db8::1]:8080", "", "[2001:DB8::1]:8080", true},
		{"cti.lan:8080", "", "CTI.LAN:1", true},
		{":8080", "https://cti.example", "cti.example", true},
		{":8080", "https://cti.example:8443/x", "cti.example", true},
		{":8080", "https://cti.example", "cti.example.evil", false},
		{":8080", "", "127.0.0.2", true},
		{":8080", "", "evil.example", false},
		{"0.0.0.0:8080", "", "192.0.2.7", false}, // not where this connection came to
		{"", "", "localhost", true},
	} {
		h, err := newHosts(c.listen, c.public)
		if err != nil {
			t.Fatal(err)
		}
		if c.ok != h.allows(&http.Request{Host: c.host}) {
			t.Errorf("listen %q public %q: host %q is allowed: %v, want %v", c.listen, c.public, c.host, !c.ok, c.ok)
		}
	}
	for _, bad := range [][2]string{{"8080", ""}, {":8080", "cti.example"}, {":8080", "ftp://cti.example"}, {":8080", "https://u:p@cti.example"}, {":8080", "https://%"}} {
		if _, err := newHosts(bad[0], bad[1]); err == nil {
			t.Errorf("listen %q public %q is taken", bad[0], bad[1])
		}
	}
}

// TestForeignHost: the answer says what to do, and does not depend on the port.
func TestForeignHost(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Listen = "0.0.0.0:8080" })
	b := s.browser()
	page := b.get("/agent", asHost("evil.example'&amp;"), with("Accept-Language", "fr"))
	if page.StatusCode != 421 || !strings.Contains(page.body, "http.public_url") || !strings.Contains(page.body, `lang="fr"`) ||
		!strings.Contains(page.body, "evil.example&#39;&amp;amp;") {
		t.Errorf("%d: %s", page.StatusCode, page.body)
	}
	b.get("/api/session", asHost("evil.example")).wants(t, 421, "misdirected")
	// The address the connection came to is this test's 127.0.0.1; any other is foreign.
	b.get("/api/session", asHost("192.0.2.7")).wants(t, 421, "misdirected")
}
