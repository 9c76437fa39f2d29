package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a whole server on a loopback port, with real sessions behind it. What is
// of other rooms and slow or absent here is played: the picture, the hashing, the
// database.
type site struct {
	*httptest.Server
	t      *testing.T
	web    *Server
	agents *session.Server
	conf   *liveConfig
	gate   *fakeGate
	memory *memory
	notYet atomic.Pointer[error] // why agents are not let in
	logs   *lockedBuffer
	stop   func()
}

type change func(*Options)

func newSite(t *testing.T, changes ...change) *site {
	t.Helper()
	s := &site{t: t, conf: newLiveConfig(office()), gate: &fakeGate{}, memory: &memory{}}
	s.start(changes...)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *site) start(changes ...change) {
	s.t.Helper()
	s.logs = &lockedBuffer{}
	log := slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ready := func() error {
		if p := s.notYet.Load(); p != nil {
			return *p
		}
		return nil
	}
	s.agents = session.New(session.Options{Picture: noPicture{}, Desk: idle{}, Dialer: idle{}, Config: s.conf, Gate: s.gate, Ready: ready, Log: log})
	o := Options{Agents: s.agents, Sessions: s.memory, Config: s.conf, Ready: ready, Log: log, Dist: builtPages(), Listen: "127.0.0.1:8080"}
	for _, c := range changes {
		c(&o)
	}
	var err error
	if s.web, err = New(o); err != nil {
		s.t.Fatal(err)
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" {
			s.web.ServeHTTP(w, r)
		} else if who, err := s.web.Identify(r); err != nil { // as the door of WebSockets does
			status := http.StatusUnauthorized
			if notReady := new(session.NotReady); errors.As(err, &notReady) {
				status = http.StatusServiceUnavailable
			}
			http.Error(w, err.Error(), status)
		} else {
			_, _ = io.WriteString(w, who.Operator)
		}
	}))
	Limit(s.Config)
	s.Start()

	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.agents.Run(ctx) })
	s.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		s.Close()
		s.web.Close()
	})
}

// restart is the end of the process and the next start: only what the store
// remembers is left. The address changes; cookies do not know ports.
func (s *site) restart(changes ...change) {
	s.t.Helper()
	s.stop()
	s.start(changes...)
}

// office is a small call centre: four operators, three seats.
func office() *config.Snapshot {
	return config.New("test", []config.Service{
		{Name: "Support", Context: "from-support", Type: config.Inbound, Trigger: config.Browser, Target: config.Pane,
			Application: "https://crm.example:8443/open", ParamString: "id={calldata}", Variables: []string{"calldata"}, Enabled: true},
		{Name: "Sales", Context: "from-sales", Type: config.Inbound, Trigger: config.Browser, Target: config.Window,
			Application: "https://sales.example/", Enabled: true},
	}, []config.Seat{
		{MAC: "00:11:22:33:44:55", Extension: "PJSIP/201", Description: "Desk 1"},
		{MAC: "00:11:22:33:44:66", Extension: "PJSIP/202", Description: "Desk 2"},
		{MAC: "00:11:22:33:44:77", Extension: "SIP/203", Description: "Desk 3"},
	}, []config.Operator{
		{Username: "ada", UID: "~ada", FullName: "Ada Lovelace", Verifier: verifierOf("ada-password"), Enabled: true},
		{Username: "bob", FullName: "Bob <script>alert(1)</script>\u202e", Verifier: verifierOf("bob-password"), Enabled: true},
		{Username: "cleo", FullName: "Cleo", Verifier: verifierOf("cleo-password"), Enabled: true},
		{Username: "old", FullName: "Disabled", Verifier: verifierOf("old-password")},
	})
}

func verifierOf(plain string) string { return "played:" + password.MD5Hex(plain) }

// liveConfig can be superseded, as config.Live can.
type liveConfig struct {
	mu      sync.Mutex
	now     *config.Snapshot
	changed chan struct{}
}

func newLiveConfig(s *config.Snapshot) *liveConfig {
	return &liveConfig{now: s, changed: make(chan struct{})}
}

func (l *liveConfig) Now() *config.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *liveConfig) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *liveConfig) set(s *config.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = s
	close(l.changed)
	l.changed = make(chan struct{})
}

type noPicture struct{ session.Picture }

func (noPicture) Watch(context.Context, tracker.Agent, tracker.Watcher) (func(), error) {
	return func() {}, nil
}

// idle is a Desk and a Dialer who do nothing.
type idle struct{}

func (idle) Enter(tracker.Agent)                                                 {}
func (idle) Leave(string, uint64)                                                {}
func (idle) Lost(string, uint64, time.Duration)                                  {}
func (idle) Pause(context.Context, string, uint64, desk.Wish) error              { return nil }
func (idle) Ready(context.Context, string, uint64) error                         { return nil }
func (idle) MoreTime(context.Context, string, uint64) error                      { return nil }
func (idle) Originate(context.Context, tracker.Agent, dial.Wish) (string, error) { return "", nil }

// fakeGate compares without hashing; answer, when set, is what it says instead.
type fakeGate struct {
	answer atomic.Pointer[error]
	seen   atomic.Pointer[netip.Addr]
	tries  atomic.Int64
}

func (g *fakeGate) Check(_ context.Context, _, verifier, md5hex string, from netip.Addr) error {
	g.tries.Add(1)
	g.seen.Store(&from)
	if p := g.answer.Load(); p != nil {
		return *p
	}
	if verifier != "played:"+md5hex {
		return password.ErrWrong
	}
	return nil
}

// memory is the store of sign-ins.
type memory struct {
	mu   sync.Mutex
	rows map[tokenHash]store.BrowserSession
	fail error
}

func (m *memory) SaveSession(_ context.Context, s store.BrowserSession) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[tokenHash]store.BrowserSession{}
	}
	if m.fail == nil {
		m.rows[s.Token] = s
	}
	return m.fail
}

func (m *memory) LoadSession(_ context.Context, token tokenHash) (store.BrowserSession, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return store.BrowserSession{}, m.fail
	}
	s, ok := m.rows[token]
	if !ok {
		return s, store.ErrNoSession
	}
	return s, nil
}

func (m *memory) DeleteSession(_ context.Context, token tokenHash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		delete(m.rows, token)
	}
	return m.fail
}

func (m *memory) DeleteSessionsOf(_ context.Context, uid string, but tokenHash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		maps.DeleteFunc(m.rows, func(k tokenHash, s store.BrowserSession) bool { return s.UID == uid && k != but })
	}
	return m.fail
}

func (m *memory) PurgeSessions(_ context.Context, created, _ time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.rows)
	if m.fail == nil {
		maps.DeleteFunc(m.rows, func(_ tokenHash, s store.BrowserSession) bool { return s.Created.Before(created) })
	}
	return before - len(m.rows), m.fail
}

func (m *memory) breakDown(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memory) size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows)
}

// age makes every sign-in older.
func (m *memory) age(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.rows {
		s.Created = s.Created.Add(-by)
		m.rows[k] = s
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// builtPages is what the bundler writes, in small.
func builtPages() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep": {},
		manifestFile: {Data: []byte(`{
			"frontend/agent/main.tsx": {"file": "main-Ab12Cd34.js", "src": "frontend/agent/main.tsx", "isEntry": true, "css": ["main-Xy98Zw76.css"], "imports": ["_shared-11112222.js"], "dynamicImports": ["frontend/agent/locales/fr.ts"]},
			"_shared-11112222.js": {"file": "shared-11112222.js", "css": ["shared-33334444.css"]},
			"frontend/agent/locales/fr.ts": {"file": "fr-55556666.js", "isDynamicEntry": true},
			"frontend/styles/customer.css": {"file": "customer-77778888.css", "src": "frontend/styles/customer.css", "isEntry": true}
		}`)},
		"main-Ab12Cd34.js":      {Data: []byte(strings.Repeat("export const panel = 'panel';\n", 100))},
		"main-Xy98Zw76.css":     {Data: []byte("body{color:red}")},
		"shared-11112222.js":    {Data: []byte("export {}")},
		"shared-33334444.css":   {Data: []byte("html{color:blue}")},
		"fr-55556666.js":        {Data: []byte("export {}")},
		"customer-77778888.css": {Data: []byte("main{}")},
		"favicon.svg":           {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
		"theme.js":              {Data: []byte("(() => {})()")},
		"licence.exe":           {Data: []byte("MZ")},
	}
}

// browser keeps cookies and follows no redirect.
type browser struct {
	*http.Client
	s *site
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &browser{s: s, Client: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type response struct {
	*http.Response
	body string
}

// code is that of a fault, "" when there is none.
func (r *response) code() string {
	var f faultJSON
	_ = json.Unmarshal([]byte(r.body), &f)
	return f.Code
}

type header func(*http.Request)

func with(name, value string) header {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func asHost(host string) header { return func(r *http.Request) { r.Host = host } }

func (b *browser) do(method, path, body string, headers ...header) *response {
	b.s.t.Helper()
	r, err := http.NewRequest(method, b.s.URL+path, strings.NewReader(body))
	if err != nil {
		b.s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		h(r)
	}
	resp, err := b.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return &response{resp, string(raw)}
}

func (b *browser) get(path string, headers ...header) *response {
	b.s.t.Helper()
	return b.do(http.MethodGet, path, "", headers...)
}

func (b *browser) signIn(operator, seat string, headers ...header) *response {
	b.s.t.Helper()
	body, err := json.Marshal(map[string]string{"operator": operator, "password": operator + "-password", "seat": seat})
	if err != nil {
		b.s.t.Fatal(err)
	}
	return b.do(http.MethodPost, "/api/sign-in", string(body), headers...)
}

func (b *browser) signOut() *response {
	b.s.t.Helper()
	return b.do(http.MethodPost, "/api/sign-out", "")
}

// wants fails unless a response has this status and, if it is a fault, this code.
func (r *response) wants(t *testing.T, status int, code string) *response {
	t.Helper()
	if r.StatusCode != status || r.code() != code {
		t.Fatalf("%s %s: status %d code %q, want %d %q: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.code(), status, code, r.body)
	}
	return r
}

func fails(err error) *error { return &err }

// sourceFiles is this package's folder.
func sourceFiles(t *testing.T) fs.FS {
	t.Helper()
	return os.DirFS(".")
}
