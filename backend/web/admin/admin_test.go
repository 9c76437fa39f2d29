package admin

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the configurator on a loopback port, with real databases behind it.
type site struct {
	*httptest.Server
	t     testing.TB
	dir   string
	admin *Admin
	store *store.Store
	live  *config.Live
	audit *auditor
}

// Passwords of the managers of a site, by role.
var managers = map[string]string{"administrator": "twelve letters", "editor": "thirteen lions", "viewer": "fourteen lynxes"}

type change func(*Options)

// newSite has a manager of each role: ann, ed and vi.
func newSite(t testing.TB, changes ...change) *site {
	t.Helper()
	s := emptySite(t, changes...)
	for _, m := range []store.ManagerDraft{
		{UserID: "ann", FullName: "Ann Admin", Role: "administrator", Enabled: true, Password: managers["administrator"]},
		{UserID: "ed", FullName: "Ed Itor", Role: "editor", Enabled: true, Password: managers["editor"]},
		{UserID: "vi", FullName: "Vi Ewer", Role: "viewer", Enabled: true, Password: managers["viewer"]},
	} {
		if _, err := s.store.SaveManager(t.Context(), store.Editor{}, m); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// counts has pages wait for the number of changes, however slow the machine is.
func (s *site) counts() { s.admin.counting.patience = time.Minute }

// emptySite is a first start.
func emptySite(t testing.TB, changes ...change) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), live: new(config.Live), audit: &auditor{}}
	var err error
	if s.store, err = store.Open(t.Context(), s.dir); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: s.store, Live: s.live, Audit: s.audit, Gate: plainGate{s.store}, Log: slog.New(slog.DiscardHandler),
		Asterisk: &playedAsterisk{},
		Floor:    Floor{Now: func(context.Context) (*pbx.Floor, error) { return &pbx.Floor{Link: pbx.LinkStateReady}, nil }, Changes: func() uint64 { return 0 }},
		State:    func() State { return State{Link: pbx.LinkStateReady, Agents: 3, Calls: 2} },
	}
	for _, c := range changes {
		c(&o)
	}
	s.admin = New(o)
	pages, err := web.New(web.Options{Agents: noAgents{}, Sessions: s.store, Config: s.live, Log: o.Log, Listen: "127.0.0.1:8080", Admin: s.admin, Dist: built()})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(pages)
	t.Cleanup(func() {
		s.Close()
		pages.Close()
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func built() fstest.MapFS {
	return fstest.MapFS{
		".vite/manifest.json": {Data: []byte(`{"frontend/admin/main.ts": {"file": "admin-11112222.js", "src": "frontend/admin/main.ts", "isEntry": true, "css": ["admin-33334444.css"]}}`)},
		"admin-11112222.js":   {Data: []byte("export {}")},
		"admin-33334444.css":  {Data: []byte("body{}")},
		"icons.svg":           {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
		"theme.js":            {Data: []byte("(() => {})()")},
	}
}

type noAgents struct{ web.Agents }

// auditor keeps what it is told; fail, when set, is what it says instead.
type auditor struct {
	mu    sync.Mutex
	lines []string
	fail  error
}

func (a *auditor) Log(_ context.Context, event string, attrs ...slog.Attr) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		return a.fail
	}
	line := event
	for _, at := range attrs {
		line += " " + at.String()
	}
	a.lines = append(a.lines, line)
	return nil
}

func (a *auditor) has(parts ...string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, line := range a.lines {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			return true
		}
	}
	return false
}

// visitor is a browser: it keeps cookies and follows no redirect.
type visitor struct {
	*http.Client
	s *site
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{&http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s}
}

// as signs a manager of a role in.
func (s *site) as(role string) *visitor {
	s.t.Helper()
	v := s.visitor()
	user := map[string]string{"administrator": "ann", "editor": "ed", "viewer": "vi"}[role]
	v.post("/admin/sign-in", url.Values{"user": {user}, "password": {managers[role]}}).wants(http.StatusSeeOther)
	return v
}

type answer struct {
	*http.Response
	t    testing.TB
	body string
}

type header func(*http.Request)

// part is a request of htmx.
func part(r *http.Request) {
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
}

func from(address string) header {
	return func(r *http.Request) { r.Header.Set("HX-Current-URL", "http://"+r.Host+address) }
}

func (v *visitor) do(method, path, kind, body string, headers ...header) *answer {
	v.s.t.Helper()
	r, err := http.NewRequest(method, v.s.URL+path, strings.NewReader(body))
	if err != nil {
		v.s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for _, h := range headers {
		h(r)
	}
	resp, err := v.Do(r)
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	return &answer{resp, v.s.t, string(raw)}
}

// request is one of the visitor's browser that is not sent.
func (v *visitor) request(path string) *http.Request {
	v.s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.s.URL+path, nil)
	if err != nil {
		v.s.t.Fatal(err)
	}
	for _, c := range v.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

func (v *visitor) get(path string, headers ...header) *answer {
	v.s.t.Helper()
	return v.do(http.MethodGet, path, "", "", headers...)
}

func (v *visitor) post(path string, form url.Values, headers ...header) *answer {
	v.s.t.Helper()
	return v.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), headers...)
}

func (a *answer) wants(status int, texts ...string) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("%s %s: %d, want %d: %.600s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s %s: %q is not in: %.2000s", a.Request.Method, a.Request.URL, text, a.body)
		}
	}
	return a
}

// plainGate is a gate without limits, and without its cost: passwords are told apart by
// the managers of newSite alone.
type plainGate struct{ store *store.Store }

func (g plainGate) Check(_ context.Context, user, verifier, plain string, _ netip.Addr) error {
	if role := map[string]string{"ann": "administrator", "ed": "editor", "vi": "viewer"}[user]; verifier == "" || managers[role] != plain {
		return password.ErrWrong
	}
	return nil
}

func (plainGate) CheckCode(_ string, check func() (bool, error)) error {
	right, err := check()
	if err == nil && !right {
		err = password.ErrWrong
	}
	return err
}

// playedAsterisk keeps a connection and makes none.
type playedAsterisk struct {
	state  store.AsteriskState
	secret string
	trial  store.AsteriskTrial
	fail   error
}

func (p *playedAsterisk) Asterisk(context.Context) (store.AsteriskState, error) { return p.state, nil }

func (p *playedAsterisk) SetAsterisk(_ context.Context, _ store.Editor, link store.AsteriskLink, secret string) (store.AsteriskLink, error) {
	if p.fail != nil {
		return store.AsteriskLink{}, p.fail
	}
	p.secret, p.state.Link = secret, link
	p.state.Link.HasSecret = true
	return link, nil
}

func (p *playedAsterisk) TryAsterisk(context.Context, store.Editor, store.AsteriskLink, string) (store.AsteriskTrial, error) {
	return p.trial, p.fail
}
