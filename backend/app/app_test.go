package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const centre = `<asteriskcti version="1">
<services><service name="Sales" context="astcti" type="inbound" queue="" trigger="browser" application="https://crm.example/c" param_string="id={calldata}" enabled="true">
<variable name="calldata"/><operator username="ada" penalty="0"/></service></services>
<seats><seat mac="00:11:22:33:44:55" extension="PJSIP/201" description="Desk 1"/><seat mac="00:11:22:33:44:66" extension="PJSIP/202" description="Desk 2"/></seats>
<operators><operator username="ada" fullname="Ada" password="correct horse" enabled="true"/><operator username="grace" fullname="Grace" password="battery staple" enabled="true"/></operators>
</asteriskcti>`

// started is a whole server beside a simulated Asterisk.
type started struct {
	t        *testing.T
	settings settings.Settings
	pbx      *amitest.Server
	at       Addresses
	stop     context.CancelFunc
	ended    chan error
}

func start(t *testing.T, change func(*settings.Settings)) *started {
	t.Helper()
	pbx, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pbx.Close)
	pbx.AddPhone(amitest.Phone{Extension: "201"})
	pbx.AddPhone(amitest.Phone{Extension: "202"})
	pbx.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 5, Phones: []string{"201", "202"}, RingFor: time.Minute})
	s := settings.Defaults()
	s.DataDir = t.TempDir()
	s.HTTP.Listen, s.TCP.Listen, s.Metrics.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	s.AMI.Address, s.AMI.Username, s.AMI.Secret = pbx.Addr(), amitest.DefaultUser.Name, settings.Secret(amitest.DefaultUser.Secret)
	if change != nil {
		change(&s)
	}
	one := begin(t, Options{Settings: s, Log: slog.New(slog.DiscardHandler)})
	one.pbx = pbx
	return one
}

// begin runs a server until the test's end.
func begin(t *testing.T, o Options) *started {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	one := &started{t: t, settings: o.Settings, stop: stop, ended: make(chan error, 1)}
	open := make(chan Addresses, 1)
	o.Listening = func(at Addresses) { open <- at }
	go func() { one.ended <- Run(ctx, o) }()
	select {
	case one.at = <-open:
	case err := <-one.ended:
		stop()
		t.Fatalf("it did not start: %v", err)
	}
	t.Cleanup(one.end)
	return one
}

func (s *started) end() {
	s.stop()
	if err := <-s.ended; err != nil {
		s.t.Errorf("Run returned %v", err)
	}
	s.ended <- nil
}

// apply publishes a configuration as an administrator does.
func (s *started) apply(xml string) {
	s.t.Helper()
	doc, err := config.ReadXML(strings.NewReader(xml), "test")
	if err != nil {
		s.t.Fatal(err)
	}
	s.edit(func(st *store.Store) error {
		_, err := st.Import(s.t.Context(), doc, nil)
		return err
	})
}

// edit changes the working configuration and publishes it.
func (s *started) edit(change func(*store.Store) error) {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), s.settings.DataDir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	if err := change(st); err != nil {
		s.t.Fatal(err)
	}
	if _, err := st.Publish(s.t.Context(), filepath.Join(s.settings.DataDir, "published")); err != nil {
		s.t.Fatal(err)
	}
}

// until polls GET path until it answers status, and returns the last answer's text.
func (s *started) until(path string, status int) string {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		code, text := get(s.t, "http://"+s.at.HTTP+path)
		if code == status {
			return text
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: still %d %q", path, code, text)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	_, _ = bufio.NewReader(resp.Body).WriteTo(&b)
	return resp.StatusCode, b.String()
}

// desktop is a client of the line protocol.
type desktop struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func (s *started) dial() *desktop {
	s.t.Helper()
	c, err := net.Dial("tcp", s.at.TCP)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	d := &desktop{s.t, c, bufio.NewReader(c)}
	d.expect("100 WELCOME")
	return d
}

// notice is a line that tells of queues and states, and answers nothing.
var notice = regexp.MustCompile(`^(20[01]|51[01]) `)

// line is the next one that is no notice.
func (d *desktop) line() string {
	d.t.Helper()
	_ = d.c.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		l, err := d.r.ReadString('\n')
		if err != nil {
			d.t.Fatalf("read: %v after %q", err, l)
		}
		if !notice.MatchString(l) {
			return strings.TrimRight(l, "\n")
		}
	}
}

func (d *desktop) expect(begin string) string {
	d.t.Helper()
	l := d.line()
	if !strings.HasPrefix(l, begin) {
		d.t.Fatalf("got %q, want %q…", l, begin)
	}
	return l
}

func (d *desktop) say(command, answer string) {
	d.t.Helper()
	if _, err := fmt.Fprintf(d.c, "%s\n", command); err != nil {
		d.t.Fatal(err)
	}
	d.expect(answer)
}

func (d *desktop) signIn(user, pass, mac string) {
	d.t.Helper()
	d.say("USER "+user, "100 OK")
	d.say("PASS "+password.MD5Hex(pass), "102 OK")
	d.say("MAC "+mac, "100 OK")
}

// TestCallPops is the product: a call with digits, a phone that answers, one pop,
// and none where the phone only rang; then a configuration changed under the call.
func TestCallPops(t *testing.T) {
	s := start(t, nil)
	if text := s.until("/readyz", http.StatusServiceUnavailable); !strings.Contains(text, "no configuration") {
		t.Errorf("not ready because %q", text)
	}
	s.apply(centre)
	s.until("/readyz", http.StatusOK)
	ada, grace := s.dial(), s.dial()
	ada.signIn("ada", "correct horse", "00:11:22:33:44:55")
	grace.signIn("grace", "battery staple", "00:11:22:33:44:66")

	call := s.pbx.Call(amitest.Call{From: "300", Name: "<b>Eve</b>", To: "101", Digits: "12345", Ring: []string{"201", "202"},
		Replies: map[string]amitest.Reply{"201": {Does: amitest.Ignore}, "202": {Does: amitest.Ignore}}, Talk: time.Hour})
	ringing := func(d *desktop) {
		for !strings.Contains(d.line(), "<state>Ringing</state>") {
		}
	}
	ringing(ada)
	ringing(grace)
	if !call.Answer("201") {
		t.Fatal("phone 201 did not ring")
	}
	var links, actions int
	for {
		l := ada.line()
		if strings.HasPrefix(l, `<event id="Link">`) {
			links++
			actions += strings.Count(l, "<action")
			for _, part := range []string{`<data key="calldata">12345</data>`, `<url>https://crm.example/c?id=12345</url>`, `<calleridname>&lt;b&gt;Eve&lt;/b&gt;</calleridname>`} {
				if !strings.Contains(l, part) {
					t.Errorf("no %s in %s", part, l)
				}
			}
			call.Hangup(amitest.Caller)
		}
		if strings.HasPrefix(l, `<event id="Hangup">`) {
			break
		}
	}
	if links != 1 || actions != 1 {
		t.Errorf("the agent who answered saw %d links and %d actions", links, actions)
	}
	for l := ""; !strings.HasPrefix(l, `<event id="Hangup">`); {
		if l = grace.line(); strings.HasPrefix(l, `<event id="Link">`) {
			t.Errorf("the agent whose phone only rang saw %s", l)
		}
	}

	s.apply(strings.Replace(centre, `fullname="Grace" password="battery staple" enabled="true"`, `fullname="Grace" password="battery staple" enabled="false"`, 1))
	grace.expect("101 KO") // she is told, and out
	ada.say("NOOP", "100 OK")
	code, text := get(t, "http://"+s.at.Metrics+"/metrics")
	for _, line := range []string{"astcti_pops_total 1\n", "astcti_sign_ins_right_total 2\n", "astcti_sign_ins_wrong_total 0\n"} {
		if code != 200 || !strings.Contains(text, line) {
			t.Errorf("metrics: %d without %s", code, line)
		}
	}
	ada.say("QUIT", "900 OK")
}

// TestOneServerPerFolder: a second one is refused, and the first is not disturbed.
func TestOneServerPerFolder(t *testing.T) {
	s := start(t, nil)
	second := s.settings
	err := Run(t.Context(), Options{Settings: second, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "another server runs on it") {
		t.Errorf("got %v", err)
	}
	s.until("/healthz", http.StatusOK)
}

// TestErrorLog: what net/http says comes as lines of our log.
func TestErrorLog(t *testing.T) {
	var b strings.Builder
	l := errorLog(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelInfo})))
	l.Printf("http: TLS handshake error from 192.0.2.1:1: EOF") // anybody can cause as many as he likes
	l.Printf("http: panic serving 192.0.2.1:1: x\ngoroutine 1")
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=ERROR msg="web server" err="http: panic serving`) {
		t.Errorf("logged %s", got)
	}
}

// TestDemo: it says where to go, becomes ready, and ends without a word of warning.
func TestDemo(t *testing.T) {
	said, say := io.Pipe()
	var log strings.Builder
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- RunDemo(ctx, DemoOptions{HTTP: "127.0.0.1:0", TCP: "127.0.0.1:0", Every: 20 * time.Second, Out: say, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	}()
	var home string
	lines := bufio.NewScanner(said)
	for home == "" && lines.Scan() {
		_, home, _ = strings.Cut(lines.Text(), "Open     ")
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	for deadline := time.Now().Add(20 * time.Second); ; {
		code, text := get(t, home+"/readyz")
		if code == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %d %s", code, text)
		}
		<-time.After(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil || log.Len() > 0 {
		t.Errorf("ended with %v, logged %s", err, log.String())
	}
	say.Close()
}

// TestEndTellsClients: they hear of it before the line goes.
func TestEndTellsClients(t *testing.T) {
	s := start(t, nil)
	s.apply(centre)
	s.until("/readyz", http.StatusOK)
	ada := s.dial()
	ada.signIn("ada", "correct horse", "00:11:22:33:44:55")
	s.end()
	ada.expect("101 KO")
}

// TestNoAsterisk: the tries are used up, and the error says why (row A2).
func TestNoAsterisk(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := ln.Addr().String()
	ln.Close()
	s := settings.Defaults()
	s.DataDir = t.TempDir()
	s.HTTP.Listen, s.TCP.Listen, s.Metrics.Listen = "127.0.0.1:0", "", ""
	s.AMI = settings.AMI{Address: nowhere, Username: "x", Secret: "y", Auth: "md5", Retries: 0, RetryPause: 5 * time.Second, Ping: time.Second}
	err = Run(t.Context(), Options{Settings: s, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, asterisk.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

// TestAddressInUse: nothing is half started.
func TestAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := settings.Defaults()
	s.DataDir = t.TempDir()
	s.HTTP.Listen, s.TCP.Listen, s.Metrics.Listen = "127.0.0.1:0", ln.Addr().String(), ""
	if err := Run(t.Context(), Options{Settings: s, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "tcp.listen") {
		t.Errorf("got %v", err)
	}
}
