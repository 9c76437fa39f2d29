package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/session"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.get("/api/session").wants(t, 200, "signed-out")
	in := b.signIn("ada", "201").wants(t, 200, "")
	want := `{"operator":"ada","fullName":"Ada Lovelace","seat":{"mac":"00:11:22:33:44:55","extension":"PJSIP/201","description":"Desk 1"},"demo":false}`
	if in.body != want {
		t.Errorf("sign-in says %s", in.body)
	}
	if again := b.get("/api/session").wants(t, 200, ""); again.body != want || again.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("session says %s, %v", again.body, again.Header)
	}
	if ws := b.get("/ws"); ws.body != "ada" {
		t.Errorf("the socket's door says %d %s", ws.StatusCode, ws.body)
	}
	out := b.signOut().wants(t, 204, "")
	if out.body != "" || out.Header.Get("Content-Type") != "" {
		t.Errorf("sign-out has a body: %q %v", out.body, out.Header)
	}
	b.get("/api/session").wants(t, 200, "signed-out")
	b.signOut().wants(t, 204, "")
	if n := s.memory.size(); n != 0 {
		t.Errorf("%d sign-ins are remembered", n)
	}
}

func TestCookie(t *testing.T) {
	for _, c := range []struct {
		name       string
		change     change
		want, gone string
	}{
		{"http", func(*Options) {}, "cti=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax", "cti=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
		{"https", func(o *Options) { o.TLS = true }, "__Host-cti=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax", "__Host-cti=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
		{"https, in frames", func(o *Options) { o.TLS, o.FrameAncestors = true, []string{"https://crm.example"} }, "__Host-cti=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=None; Partitioned", "__Host-cti=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned"},
		{"http, in frames", func(o *Options) { o.FrameAncestors = []string{"http://localhost:3000"} }, "cti=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax", "cti=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
		{"https at a proxy", func(o *Options) { o.PublicURL = "https://cti.example" }, "__Host-cti=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax", "__Host-cti=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
	} {
		s := newSite(t, c.change)
		b := s.browser()
		got := b.signIn("ada", "201").wants(t, 200, "").Header.Values("Set-Cookie")
		if len(got) != 1 {
			t.Fatalf("%s: cookies %q", c.name, got)
		}
		name, rest, _ := strings.Cut(got[0], "=")
		token, flags, _ := strings.Cut(rest, ";")
		if name+"=*;"+flags != c.want || len(token) != tokenLength {
			t.Errorf("%s: cookie %q, want %q", c.name, got[0], c.want)
		}
		for hash := range s.memory.rows {
			if strings.Contains(string(hash[:]), token[:8]) {
				t.Error("the store knows the token")
			}
		}
		if out := b.signOut().Header.Values("Set-Cookie"); !slices.Equal(out, []string{c.gone}) {
			t.Errorf("%s: after sign-out %q, want %q", c.name, out, c.gone)
		}
	}
}

// TestRenewal: signing in makes a new token, and the old one is worth nothing.
func TestRenewal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	planted := strings.Repeat("A", tokenLength)
	in := b.signIn("ada", "201", with("Cookie", "cti="+planted)).wants(t, 200, "")
	if first := in.Cookies()[0].Value; first == planted {
		t.Fatal("the planted token was taken")
	}
	first := in.Cookies()[0].Value
	b.signIn("bob", "202").wants(t, 200, "") // the same browser, another person
	thief := s.browser()
	thief.get("/api/session", with("Cookie", "cti="+first)).wants(t, 200, "replaced")
	thief.get("/api/session", with("Cookie", "cti="+first)).wants(t, 200, "signed-out")
	if st := s.agents.Stats(); st.SignedIn != 1 || s.memory.size() != 1 {
		t.Errorf("%d signed in, %d remembered", st.SignedIn, s.memory.size())
	}
}

func TestEndedElsewhere(t *testing.T) {
	s := newSite(t)
	first, second := s.browser(), s.browser()
	first.signIn("ada", "201").wants(t, 200, "")
	second.signIn("ada", "202").wants(t, 200, "")
	first.get("/ws").wants(t, 401, "") // the socket does not use the word up
	first.get("/api/session").wants(t, 200, "replaced")
	first.get("/api/session").wants(t, 200, "signed-out")
	second.get("/api/session").wants(t, 200, "")

	third := s.browser()
	third.signIn("bob", "202").wants(t, 200, "") // takes the seat
	second.get("/api/session").wants(t, 200, "replaced")

	changed, bob := office(), signedIn1(s)
	s.conf.set(config.New("next", nil, changed.Seats[1:], changed.Operators[:1]))
	<-bob.Done()
	third.get("/api/session").wants(t, 200, "removed")
	third.get("/api/session").wants(t, 200, "signed-out")
}

// signedIn1 is the one sign-in that browsers hold.
func signedIn1(s *site) *session.SignedIn {
	s.web.browsers.mu.Lock()
	defer s.web.browsers.mu.Unlock()
	for _, h := range s.web.browsers.held {
		return h.who
	}
	s.t.Fatal("nobody is signed in")
	return nil
}

func TestSignOutReachesEveryTab(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signIn("ada", "201").wants(t, 200, "")
	tab := signedIn1(s)
	b.signOut()
	<-tab.Done()
	if tab.Reason().Code != session.CodeSignedOut {
		t.Errorf("the tab is told %v", tab.Reason())
	}

	b.signIn("ada", "201").wants(t, 200, "")
	tab = signedIn1(s)
	tab.End(session.ReasonSignedOut) // as the socket's command does
	b.get("/api/session").wants(t, 200, "signed-out")
	if n := s.memory.size(); n != 0 {
		t.Errorf("%d sign-ins are remembered", n)
	}
}

func TestRestart(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signIn("ada", "201").wants(t, 200, "")
	s.memory.age(6 * time.Hour)

	s.restart()
	notYet := errors.New("Asterisk has not answered yet")
	s.notYet.Store(&notYet)
	if got := b.get("/api/session").wants(t, 503, "not-ready"); !strings.Contains(got.body, notYet.Error()) {
		t.Errorf("it does not say why: %s", got.body)
	}
	b.get("/ws").wants(t, 503, "")
	s.notYet.Store(nil)
	b.get("/api/session").wants(t, 200, "")
	b.get("/ws").wants(t, 200, "")

	s.memory.age(6 * time.Hour) // it is not younger for having been resumed
	s.restart()
	b.get("/api/session").wants(t, 200, "signed-out")
	if n := s.memory.size(); n != 0 {
		t.Errorf("%d sign-ins are remembered", n)
	}
}

// TestRestartOfMany: tabs share a cookie, and come back at the same moment.
func TestRestartOfMany(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signIn("ada", "201").wants(t, 200, "")
	s.restart()
	done := make(chan *response)
	for range 16 {
		go func() { done <- b.get("/api/session") }()
	}
	for range 16 {
		(<-done).wants(t, 200, "")
	}
	if st := s.agents.Stats(); st.SignedIn != 1 || st.Replaced != 0 {
		t.Errorf("signed in %d, replaced %d", st.SignedIn, st.Replaced)
	}
}

func TestRestartFindsNoRoom(t *testing.T) {
	s := newSite(t)
	ada, bob := s.browser(), s.browser()
	ada.signIn("ada", "201").wants(t, 200, "")
	bob.signIn("bob", "202").wants(t, 200, "")
	s.stop()
	all := office()
	s.conf.set(config.New("next", nil, all.Seats, append(all.Operators[:1:1], all.Operators[2:]...))) // without bob
	s.start()
	bob.get("/api/session").wants(t, 200, "removed")
	other := s.browser()
	other.signIn("cleo", "201").wants(t, 200, "") // before ada's browser is back
	ada.get("/api/session").wants(t, 200, "replaced")
	other.get("/api/session").wants(t, 200, "")
	if n := s.memory.size(); n != 1 {
		t.Errorf("%d sign-ins are remembered, want the last one", n)
	}
}

// TestIdle: without an open page the agent is signed out, but the cookie brings
// him back without a password.
func TestIdle(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signIn("ada", "201").wants(t, 200, "")
	was := signedIn1(s)
	was.End(session.Reason{Code: session.CodeIdle})
	b.get("/api/session").wants(t, 200, "")
	if now := signedIn1(s); now == was {
		t.Error("the same sign-in goes on")
	}
}

// TestMaxAge: 12 hours after signing in it is over, panel open or not.
func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &memory{}
		agents := session.New(session.Options{Picture: noPicture{}, Desk: idle{}, Dialer: idle{}, Config: newLiveConfig(office()), Gate: &fakeGate{}, PageGrace: 48 * time.Hour})
		b := newBrowsers(agents, rows, slog.New(slog.DiscardHandler))
		who, err := agents.SignIn(t.Context(), "ada", password.MD5Hex("ada-password"), "201", netip.Addr{})
		if err != nil {
			t.Fatal(err)
		}
		token := b.add(t.Context(), who)
		<-time.After(maxAge - time.Second)
		synctest.Wait()
		if got, err := b.find(t.Context(), token, true); err != nil || got != who {
			t.Fatalf("a second before: %v, %v", got, err)
		}
		<-who.Done()
		synctest.Wait()
		if _, err := b.find(t.Context(), token, true); asFault(err).code != session.CodeSignedOut || rows.size() != 0 {
			t.Errorf("after 12 hours: %v; %d remembered", err, rows.size())
		}
		// What is told once is kept for as long as a cookie could ask, and no longer.
		<-time.After(maxAge + time.Second)
		if who, err = agents.SignIn(t.Context(), "bob", password.MD5Hex("bob-password"), "202", netip.Addr{}); err != nil {
			t.Fatal(err)
		}
		b.remove(b.add(t.Context(), who), session.ReasonSignedOut)
		if n := len(b.ended); n != 1 {
			t.Errorf("%d endings are kept", n)
		}
		b.close()
		b.close()
	})
}

// TestLeftBehind: a browser left without signing out does not bring the operator
// back after she has signed in and out elsewhere.
func TestLeftBehind(t *testing.T) {
	s := newSite(t)
	left, next := s.browser(), s.browser()
	left.signIn("ada", "201").wants(t, 200, "")
	signedIn1(s).End(session.Reason{Code: session.CodeIdle})
	next.signIn("ada", "202").wants(t, 200, "")
	next.signOut()
	left.get("/api/session").wants(t, 200, "signed-out")
}

func TestRefusals(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, c := range []struct {
		name   string
		err    *error
		seat   string
		status int
		code   string
		after  string
		says   string
	}{
		{"throttled", fails(&password.Throttled{RetryAfter: 3100 * time.Millisecond}), "201", 429, "throttled", "4", `"retryAfter":4`},
		{"busy", fails(password.ErrBusy), "201", 503, "busy", "2", `"retryAfter":2`},
		{"wrong", fails(password.ErrWrong), "201", 401, "wrong-credentials", "", ""},
		{"seat", nil, "999", 422, "seat-unknown", "", `"field":"seat","seats":[{"extension":"PJSIP/201","description":"Desk 1"},{"extension":"PJSIP/202","description":"Desk 2"},{"extension":"SIP/203","description":"Desk 3"}]`},
		{"no seat", nil, "", 422, "seat-unknown", "", `"message":"Choose the seat you sit at."`},
		{"bug", fails(errors.New("secret of the database")), "201", 500, "internal", "", ""},
	} {
		s.gate.answer.Store(c.err)
		got := b.signIn("ada", c.seat).wants(t, c.status, c.code)
		if got.Header.Get("Retry-After") != c.after || !strings.Contains(got.body, c.says) || strings.Contains(got.body, "database") {
			t.Errorf("%s: after %q: %s", c.name, got.Header.Get("Retry-After"), got.body)
		}
		if len(got.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s sets a cookie", c.name)
		}
	}
	s.gate.answer.Store(nil)
	why := errors.New("the link to Asterisk is down")
	s.notYet.Store(&why)
	if got := b.signIn("ada", "201").wants(t, 503, "not-ready"); !strings.Contains(got.body, why.Error()) {
		t.Error(got.body)
	}
	if got := b.get("/readyz"); got.StatusCode != 503 || got.body != why.Error()+"\n" {
		t.Errorf("/readyz: %d %q", got.StatusCode, got.body)
	}
	if got := b.get("/healthz"); got.StatusCode != 200 || got.body != "ok\n" {
		t.Errorf("/healthz: %d %q", got.StatusCode, got.body)
	}
	if logs := s.logs.String(); strings.Contains(logs, "ada-password") || strings.Contains(logs, password.MD5Hex("ada-password")) {
		t.Error("a password is in the log")
	} else if !strings.Contains(logs, "secret of the database") {
		t.Error("the cause is not in the log")
	}
}

// TestTaken: where a second sign-in is refused, the answer says what is in its way.
func TestTaken(t *testing.T) {
	agents := session.New(session.Options{Picture: noPicture{}, Desk: idle{}, Dialer: idle{}, Config: newLiveConfig(office()), Gate: &fakeGate{}, Refuse: true})
	s := newSite(t, func(o *Options) { o.Agents = agents })
	s.browser().signIn("ada", "201").wants(t, 200, "")
	s.browser().signIn("bob", "201").wants(t, 409, "seat-taken")
	s.browser().signIn("ada", "202").wants(t, 409, "operator-used")
}

// TestNobodyIsTold that a name exists: every answer to a wrong sign-in is the same
// byte for byte, with the real gate. That it takes the same time is the gate's work.
func TestNobodyIsTold(t *testing.T) {
	pepper, err := password.LoadPepper(t.TempDir() + "/pepper")
	if err != nil {
		t.Fatal(err)
	}
	gate := password.NewGate(pepper, password.Options{})
	verifier, err := pepper.Hash(password.MD5Hex("right"))
	if err != nil {
		t.Fatal(err)
	}
	seats := office().Seats
	conf := newLiveConfig(config.New("", nil, seats, []config.Operator{
		{Username: "known", Verifier: verifier, Enabled: true}, {Username: "disabled", Verifier: verifier},
	}))
	s := newSite(t, func(o *Options) {
		o.Agents = session.New(session.Options{Picture: noPicture{}, Desk: idle{}, Dialer: idle{}, Config: conf, Gate: gate})
	})
	b := s.browser()
	var first *response
	for _, c := range [][3]string{
		{"known", "wrong", "201"}, {"unknown", "wrong", "201"}, {"disabled", "right", "201"}, {"unknown", "wrong", "no such seat"}, {"known", "wrong", ""},
	} {
		body, _ := json.Marshal(map[string]string{"operator": c[0], "password": c[1], "seat": c[2]})
		got := b.do("POST", "/api/sign-in", string(body)).wants(t, 401, "wrong-credentials")
		got.Header.Del("Date")
		if first == nil {
			first = got
		}
		if got.body != first.body || len(got.Header) != len(first.Header) {
			t.Errorf("%v: %s %v, want %s %v", c, got.body, got.Header, first.body, first.Header)
		}
	}
	b.do("POST", "/api/sign-in", `{"operator":"KNOWN","password":"right","seat":"PJSIP/201"}`).wants(t, 200, "")
}

func TestRequestBody(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, c := range []struct {
		body, field string
		status      int
		code        string
	}{
		{``, "", 400, "malformed"},
		{`{`, "", 400, "malformed"},
		{`[]`, "", 400, "malformed"},
		{`null`, "", 400, "malformed"},
		{`"ada"`, "", 400, "malformed"},
		{`{}`, "operator", 400, "malformed"},
		{`{"operator":"ada"}`, "password", 400, "malformed"},
		{`{"operator":"ada","password":""}`, "password", 400, "malformed"},
		{`{"operator":"","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":7,"password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":null,"password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":{"a":1},"password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":["ada"],"password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"ada","password":"x","seat":201}`, "seat", 400, "malformed"},
		{`{"operator":"ada","password":"x","admin":"yes"}`, "admin", 400, "malformed"},
		{`{"Operator":"ada","password":"x"}`, "Operator", 400, "malformed"},
		{`{"operator":"ada","operator":"bob","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"ada","password":"x"}{}`, "", 400, "malformed"},
		{`{"operator":"ada","password":"x"} x`, "", 400, "malformed"},
		{`{"operator":"ada","password":"x"`, "", 400, "malformed"},
		{`{"operator":"ada" "password":"x"}`, "", 400, "malformed"},
		{`{"operator":"a\u0000da","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"a\r\nda","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"\ud800","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"ada","password":"x","seat":"2\n01"}`, "seat", 400, "malformed"},
		{"{\"operator\":\"\xff\",\"password\":\"x\"}", "", 400, "malformed"},
		{`{"operator":"` + strings.Repeat("a", maxName+1) + `","password":"x"}`, "operator", 400, "malformed"},
		{`{"operator":"ada","password":"` + strings.Repeat("a", maxPassword+1) + `"}`, "password", 400, "malformed"},
		{`{"` + strings.Repeat("é", 500) + `":"x"}`, strings.Repeat("é", 32) + "…", 400, "malformed"},
		{`{"operator":"ada","password":"` + strings.Repeat("a", maxBody) + `"}`, "", 413, "too-large"},
		{`{"operator":"ada","password":"a\u0000\n` + strings.Repeat("p", 200) + `"}`, "", 401, "wrong-credentials"}, // a password may be anything
	} {
		got := b.do("POST", "/api/sign-in", c.body, with("Content-Type", "application/json; charset=utf-8"))
		var f faultJSON
		if err := json.Unmarshal([]byte(got.body), &f); err != nil {
			t.Fatalf("%.60s: %v: %s", c.body, err, got.body)
		}
		if got.StatusCode != c.status || f.Code != c.code || f.Field != c.field || f.Message == "" {
			t.Errorf("%.60s: %d %+v, want %d %s field %q", c.body, got.StatusCode, f, c.status, c.code, c.field)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json;;", "multipart/form-data; boundary=x"} {
		b.do("POST", "/api/sign-in", `{"operator":"ada","password":"ada-password","seat":"201"}`, with("Content-Type", kind)).wants(t, 415, "media-type")
	}
	// The length that is promised is not the length that counts.
	r, _ := http.NewRequest("POST", s.URL+"/api/sign-in", slowReader{strings.NewReader(strings.Repeat(" ", maxBody+1))})
	r.Header.Set("Content-Type", "application/json")
	resp, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("a long body without a length: %d", resp.StatusCode)
	}
	if n := s.gate.tries.Load(); n != 1 {
		t.Errorf("%d passwords were tried, want 1", n)
	}
}

type slowReader struct{ *strings.Reader }

// TestHostileNames: a name is data in JSON, whatever it holds.
func TestHostileNames(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	got := b.signIn("bob", "202").wants(t, 200, "")
	if strings.ContainsAny(got.body, "<>\u2028") {
		t.Errorf("unescaped: %s", got.body)
	}
	var who signedIn
	if err := json.Unmarshal([]byte(got.body), &who); err != nil || who.FullName != "Bob <script>alert(1)</script>\u202e" {
		t.Errorf("%q, %v", who.FullName, err)
	}
	got = b.do("POST", "/api/sign-in", `{"operator":"<img onerror=x>{seat}","password":"x","seat":"{field}"}`).wants(t, 401, "wrong-credentials")
	if strings.Contains(got.body, "img") {
		t.Errorf("echoed: %s", got.body)
	}
	got = b.do("POST", "/api/sign-in", `{"operator":"ada","password":"ada-password","seat":"<b>{seat}\u2028"}`).wants(t, 422, "seat-unknown")
	if strings.ContainsAny(got.body, "<>\u2028") {
		t.Errorf("unescaped: %s", got.body)
	}
}

// TestBrokenStore: the agent works, and is told nothing of the database.
func TestBrokenStore(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	s.memory.breakDown(errors.New("disk full"))
	b.signIn("ada", "201").wants(t, 200, "")
	b.get("/api/session").wants(t, 200, "")
	if !strings.Contains(s.logs.String(), "disk full") {
		t.Error("not logged")
	}
	old := b.Jar
	b.signOut()
	b.Jar = old
	stranger := s.browser()
	stranger.get("/api/session", with("Cookie", "cti="+strings.Repeat("x", tokenLength))).wants(t, 500, "internal")

	// What could not be deleted does not come back while the server runs.
	s.memory.breakDown(nil)
	in := b.signIn("ada", "201").wants(t, 200, "").Cookies()[0].Value
	s.memory.breakDown(errors.New("disk full"))
	b.signOut()
	s.memory.breakDown(nil)
	stranger.get("/api/session", with("Cookie", "cti="+in)).wants(t, 200, "signed-out")
}

func TestClientAddress(t *testing.T) {
	s := &Server{opts: Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.9", "192.0.2.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "198.51.100.9", "198.51.100.9"},
		{"10.0.0.1:5", "203.0.113.1, 198.51.100.9, 10.2.2.2", "198.51.100.9"},
		{"10.0.0.1:5", "198.51.100.9, junk", "10.0.0.1"},
		{"10.0.0.1:5", "10.0.0.2", "10.0.0.2"},
		{"[::1]:5", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.0.0.1]:5", "198.51.100.9", "198.51.100.9"},
		{"junk", "198.51.100.9", "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": {c.forwarded}}}
		if got := s.client(r).String(); got != c.want {
			t.Errorf("%s via %s is %s, want %s", c.forwarded, c.remote, got, c.want)
		}
	}
	live := newSite(t)
	live.browser().signIn("ada", "201", with("X-Forwarded-For", "198.51.100.9")).wants(t, 200, "")
	if from := live.gate.seen.Load(); from == nil || from.String() != "127.0.0.1" {
		t.Errorf("counted against %v", from)
	}
}
