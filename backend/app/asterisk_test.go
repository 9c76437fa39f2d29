package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// The secret of the Asterisk of these tests, and a wrong one; both must be seen nowhere.
const canary, wrongCanary = "canary-secret-of-the-manager", "canary-that-is-wrong"

func exchange(t *testing.T, o amitest.Options) *amitest.Server {
	t.Helper()
	user := amitest.DefaultUser
	user.Secret = canary
	o.Users = append(o.Users, user)
	s, err := amitest.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddPhone(amitest.Phone{Extension: "201"})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 5, Phones: []string{"201"}, RingFor: time.Minute})
	return s
}

func reach(s *amitest.Server) store.AsteriskLink {
	return store.AsteriskLink{Address: s.Addr(), Username: amitest.DefaultUser.Name}
}

// unset is a server whose boot file says nothing of Asterisk, with its log.
func unset(t *testing.T) (*started, *Asterisk, *logged) {
	t.Helper()
	log := new(logged)
	made := make(chan *Asterisk, 1)
	one := begin(t, Options{
		Settings: untold(t.TempDir()), Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		made: func(s *server) { made <- s.reached },
	})
	return one, <-made, log
}

// untold is settings without a word of Asterisk.
func untold(dir string) settings.Settings {
	s := settings.Defaults()
	s.DataDir, s.HTTP.Listen, s.TCP.Listen, s.Metrics.Listen = dir, "127.0.0.1:0", "127.0.0.1:0", ""
	return s
}

type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// secretSafe looks for the canaries in texts and in every file below a folder.
func secretSafe(t *testing.T, dir string, texts ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		texts = append(texts, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, wrongCanary) {
			t.Errorf("a secret is told: %.2000s", text)
		}
	}
}

// TestFirstStart: without a word of Asterisk in the boot file the server runs, and what an
// administrator gives is used at once: a wrong secret, the right one, another Asterisk. An
// agent who is signed in stays so, and sees the calls of the Asterisk that is there.
func TestFirstStart(t *testing.T) {
	s, a, log := unset(t)
	s.apply(centre)
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		text := s.until("/readyz", http.StatusServiceUnavailable)
		if strings.Contains(text, "the connection to Asterisk is not configured yet") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready because %q", text)
		}
	}
	s.until("/healthz", http.StatusOK)
	state, err := a.Asterisk(t.Context())
	if err != nil || state.Code != asterisk.CodeUnset || state.State != "down" || state.Link.Address != "127.0.0.1:5038" || len(state.Fixed) != 0 || state.Link.HasSecret {
		t.Errorf("%+v, %v", state, err)
	}
	first, second := exchange(t, amitest.Options{}), exchange(t, amitest.Options{})
	var noted []config.Change
	ed := store.Editor{By: "root", Record: func(_ context.Context, c config.Change) error { noted = append(noted, c); return nil }}
	set := func(link store.AsteriskLink, secret string) store.AsteriskLink {
		t.Helper()
		saved, err := a.SetAsterisk(t.Context(), ed, link, secret)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	saved := set(reach(first), wrongCanary)
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		if state, err = a.Asterisk(t.Context()); err != nil {
			t.Fatal(err)
		}
		if state.Code == asterisk.CodeWrongLogin {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", state)
		}
	}
	secretSafe(t, s.settings.DataDir, fmt.Sprintf("%+v", state))
	saved = set(saved, canary)
	s.until("/readyz", http.StatusOK)
	ada := s.dial()
	ada.signIn("ada", "correct horse", "00:11:22:33:44:55")

	saved.Address = second.Addr()
	if _, err := a.SetAsterisk(t.Context(), ed, saved, ""); err == nil || !strings.Contains(err.Error(), "must be given") {
		t.Errorf("the stored secret goes to another address: %v", err)
	}
	if first.Clients() != 1 || second.Clients() != 0 {
		t.Errorf("%d and %d links", first.Clients(), second.Clients())
	}
	saved = set(saved, canary)
	s.until("/readyz", http.StatusOK)
	call := second.Call(amitest.Call{From: "300", To: "101", Digits: "12345", Ring: []string{"201"},
		Replies: map[string]amitest.Reply{"201": {Does: amitest.Answer}}, Talk: time.Hour})
	for l := ""; !strings.HasPrefix(l, `<event id="Link">`); {
		l = ada.line()
	}
	call.Hangup(amitest.Caller)
	if first.Clients() != 0 || second.Clients() != 1 {
		t.Errorf("%d and %d links", first.Clients(), second.Clients())
	}
	if same := set(saved, ""); same != saved {
		t.Errorf("an edit without a change: %+v, was %+v", same, saved)
	}
	s.end()
	secretSafe(t, s.settings.DataDir, log.String(), fmt.Sprintf("%+v", noted))
	if len(noted) != 3 || !strings.Contains(log.String(), "not configured yet") {
		t.Errorf("noted %+v, logged\n%s", noted, log)
	}

	// After a restart what is stored is used.
	again := begin(t, Options{Settings: untold(s.settings.DataDir), Log: slog.New(slog.DiscardHandler)})
	again.until("/readyz", http.StatusOK)
}

// TestFixed: what the boot file gives is shown as such and wins; where it gives the secret,
// nothing of the rest is taken from a page.
func TestFixed(t *testing.T) {
	pbx := exchange(t, amitest.Options{})
	open := func(change func(*settings.AMI)) *Asterisk {
		st, err := store.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		s := settings.Defaults()
		change(&s.AMI)
		return &Asterisk{store: st, settings: s, log: slog.New(slog.DiscardHandler), link: asterisk.NewLink(asterisk.Options{}, nil)}
	}
	whole := open(func(s *settings.AMI) {
		s.Address, s.Username, s.Secret, s.Retries = pbx.Addr(), amitest.DefaultUser.Name, canary, 3
	})
	state, err := whole.Asterisk(t.Context())
	if err != nil || len(state.Fixed) != 6 || state.Link.Address != pbx.Addr() || !state.Link.HasSecret || strings.Contains(fmt.Sprintf("%+v", state), canary) {
		t.Errorf("%+v, %v", state, err)
	}
	_, err = whole.SetAsterisk(t.Context(), store.Editor{}, store.AsteriskLink{Address: "evil:1", Username: "eve"}, "x")
	if faults, ok := errors.AsType[config.Faults](err); !ok || faults[0].Code != "asterisk.fixed" {
		t.Error(err)
	}
	trial, err := whole.TryAsterisk(t.Context(), store.Editor{}, store.AsteriskLink{Address: "evil:1", Username: "eve"}, "x")
	if err != nil || trial.Code != "" {
		t.Errorf("the boot file's is not tried: %+v, %v", trial, err)
	}
	if c, err := whole.connection(t.Context()); err != nil || c.Retries != 3 || c.Secret != canary {
		t.Errorf("%d tries, %v", c.Retries, err)
	}

	part := open(func(s *settings.AMI) { s.Address, s.Auth = pbx.Addr(), "secret" })
	if c, err := part.connection(t.Context()); err != nil || c.Dial != nil {
		t.Errorf("dials without a secret: %v", err)
	}
	saved, err := part.SetAsterisk(t.Context(), store.Editor{}, store.AsteriskLink{Address: "evil:1", Username: "cti"}, canary)
	if err != nil || saved.Address != pbx.Addr() || saved.Auth != "secret" {
		t.Errorf("%+v, %v", saved, err)
	}
	if state, err := part.Asterisk(t.Context()); err != nil || !slices.Equal(state.Fixed, []string{"address", "auth"}) || state.Link.Address != pbx.Addr() {
		t.Errorf("%+v, %v", state, err)
	}
	if c, err := part.connection(t.Context()); err != nil || c.Dial == nil || c.Retries != -1 {
		t.Errorf("%+v, %v", c.Retries, err)
	}
}

// TestTryAsterisk: a trial is noted before anything is dialled, changes nothing, sends the
// stored secret nowhere else, and only one is made at a time.
func TestTryAsterisk(t *testing.T) {
	s, a, log := unset(t)
	pbx := exchange(t, amitest.Options{Users: []amitest.User{{Name: "weak", Secret: canary, Read: "all", Write: "agent,originate"}}})
	ctx := t.Context()
	var noted []config.Change
	ed := store.Editor{By: "root", Record: func(_ context.Context, c config.Change) error { noted = append(noted, c); return nil }}
	full := errors.New("disk full")
	if _, err := a.TryAsterisk(ctx, store.Editor{Record: func(context.Context, config.Change) error { return full }}, reach(pbx), canary); !errors.Is(err, full) {
		t.Error(err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler()) // its complaints of handshakes are expected
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	foreign := store.AsteriskLink{Address: secure.Listener.Addr().String(), Username: "cti", TLS: true}
	pinned := foreign
	pinned.CAPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))
	plain := reach(pbx)
	plain.TLS = true
	weak := reach(pbx)
	weak.Username = "weak"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	for _, c := range []struct {
		link    store.AsteriskLink
		secret  string
		code    string
		missing []string
	}{
		{reach(pbx), canary, "", nil},
		{reach(pbx), wrongCanary, asterisk.CodeWrongLogin, nil},
		{weak, canary, asterisk.CodeTooFewRights, []string{"system", "reporting"}},
		{foreign, canary, asterisk.CodeTLS, nil},        // nobody vouches for it
		{plain, canary, asterisk.CodeTLS, nil},          // an Asterisk without TLS
		{pinned, canary, asterisk.CodeNotAsterisk, nil}, // trusted, and a web server
		{store.AsteriskLink{Address: ln.Addr().String(), Username: "x"}, canary, asterisk.CodeRefused, nil},
	} {
		trial, err := a.TryAsterisk(ctx, ed, c.link, c.secret)
		if err != nil || trial.Code != c.code || (trial.Reason == "") != (c.code == "") || !slices.Equal(trial.Missing, c.missing) {
			t.Errorf("%+v: %+v, %v", c.link, trial, err)
		}
		secretSafe(t, s.settings.DataDir, fmt.Sprintf("%+v", trial))
	}
	if len(noted) != 7 || noted[0].Action != Tried || noted[0].By != "root" {
		t.Errorf("noted %+v", noted)
	}
	if _, err := a.TryAsterisk(ctx, ed, reach(pbx), ""); err == nil || pbx.Clients() != 0 || len(noted) != 7 {
		t.Errorf("%v with %d links", err, pbx.Clients())
	}
	if _, err := a.SetAsterisk(ctx, ed, reach(pbx), canary); err != nil {
		t.Fatal(err)
	}
	if trial, err := a.TryAsterisk(ctx, ed, reach(pbx), ""); err != nil || trial.Code != "" {
		t.Errorf("with the stored secret: %+v, %v", trial, err)
	}
	if _, err := a.TryAsterisk(ctx, ed, foreign, ""); err == nil {
		t.Error("the stored secret goes elsewhere")
	}
	a.trying.Lock()
	if trial, err := a.TryAsterisk(ctx, ed, reach(pbx), canary); err != nil || trial.Code != CodeBusy {
		t.Errorf("two at once: %+v, %v", trial, err)
	}
	a.trying.Unlock()
	s.end()
	secretSafe(t, s.settings.DataDir, log.String(), fmt.Sprintf("%+v", noted))
}

// TestAsteriskByTLS: a pinned certificate is enough, and is needed.
func TestAsteriskByTLS(t *testing.T) {
	pbx := exchange(t, amitest.Options{})
	model := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate for 127.0.0.1
	defer model.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: model.TLS.Certificates}) //nolint:gosec // the client asks for 1.2
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { through(c, pbx.Addr()) })
		}
	})
	t.Cleanup(func() { ln.Close(); all.Wait() })
	s, a, _ := unset(t)
	s.apply(centre)
	link := store.AsteriskLink{Address: ln.Addr().String(), Username: amitest.DefaultUser.Name, TLS: true,
		CAPEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: model.Certificate().Raw}))}
	if _, err := a.SetAsterisk(t.Context(), store.Editor{}, link, canary); err != nil {
		t.Fatal(err)
	}
	s.until("/readyz", http.StatusOK)
	s.end()
}

// through hands on both ways, until both have ended.
func through(c net.Conn, address string) {
	defer c.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	back := make(chan struct{})
	go func() { defer close(back); _, _ = io.Copy(c, to); c.Close() }()
	_, _ = io.Copy(to, c)
	to.Close()
	<-back
}
