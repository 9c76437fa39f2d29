package webhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

// kept is a history with an outbox in dir, until close.
func kept(t *testing.T, dir string) *history.History {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	write, read, err := st.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.Open(t.Context(), history.Options{Write: write, Read: read, Keep: time.Hour, Tell: true})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func note(t *testing.T, h *history.History, text string) {
	t.Helper()
	n := pbx.Note{Call: "r-1", Uniqueid: "pbx1-1.2", Service: "Support", Text: text}
	if _, err := h.Note(t.Context(), tracker.Agent{Operator: "ada", UID: "~ada"}, n, func(string, string) bool { return true }); err != nil {
		t.Fatal(err)
	}
}

// crm is another system: it checks what it is sent as its makers would, knowing the secret and
// the Standard Webhooks alone.
type crm struct {
	*httptest.Server
	t      *testing.T
	answer func(n int, w http.ResponseWriter, r *http.Request) // to the nth request, from 1; nil: 204

	mu   sync.Mutex
	got  []letter
	came chan struct{}
}

type letter struct{ id, stamp, kind, text string }

func newCRM(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *crm {
	t.Helper()
	c := &crm{t: t, answer: answer, came: make(chan struct{}, 1000)}
	c.Server = httptest.NewTLSServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	l := letter{id: r.Header.Get("webhook-id"), stamp: r.Header.Get("webhook-timestamp")}
	if !verify(secret, r.Header, body, time.Now()) || l.id == "" {
		c.t.Errorf("not signed as it should be: %v", r.Header)
	}
	if r.Method != http.MethodPost || r.URL.RequestURI() != "/hook?token=hidden" || r.Header.Get("Content-Type") != "application/json" || r.UserAgent() != "AsteriskCTI/1.0" {
		c.t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	var event struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Operator, Text string
			Caller         struct{ Name string }
		}
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Data.Operator != "ada" || event.Timestamp.IsZero() {
		c.t.Errorf("%s: %v", body, err)
	}
	l.kind, l.text = event.Type, event.Data.Text+event.Data.Caller.Name
	c.mu.Lock()
	c.got = append(c.got, l)
	n := len(c.got)
	c.mu.Unlock()
	if c.came <- struct{}{}; c.answer != nil {
		c.answer(n, w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// wait waits until n requests have come, and returns them.
func (c *crm) wait(n int) []letter {
	c.t.Helper()
	for range n {
		select {
		case <-c.came:
		case <-time.After(30 * time.Second):
			c.t.Fatal("nothing comes")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]letter(nil), c.got...)
}

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// sending runs a Sender from h to a server until stop, or the test's end.
func sending(t *testing.T, h Outbox, server *httptest.Server, change func(*Options)) (s *Sender, log *journal, stop func()) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	log = new(journal)
	o := Options{
		Outbox: h, URL: server.URL + "/hook?token=hidden", Key: key, Roots: roots, Version: "1.0", Log: slog.New(slog.NewTextHandler(log, nil)),
		pause: func(int, time.Duration) time.Duration { return time.Millisecond },
	}
	if change != nil {
		change(&o)
	}
	s = New(o)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, log, stop
}

// until waits for something that follows a request.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		<-time.After(time.Millisecond)
	}
}

func TestDelivered(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	c := newCRM(t, nil)
	s, log, _ := sending(t, h, c.Server, nil)
	note(t, h, "first")
	h.Add(tracker.Past{Operator: "ada", Call: &pbx.Call{ID: "r-1", Uniqueid: "pbx1-1.2", Service: "Support", Direction: pbx.Inbound, Caller: pbx.CallerID{Name: "Rossi & Figli"}, Since: time.Now()}})
	note(t, h, "second\nline")
	kinds := map[string]string{}
	for _, l := range c.wait(3) {
		if strings.HasPrefix(l.id, "msg_") {
			kinds[l.text] = l.kind
		}
	}
	if len(kinds) != 3 || kinds["first"] != "call.noted" || kinds["second\nline"] != "call.noted" || kinds["Rossi & Figli"] != "call.ended" {
		t.Errorf("%v", kinds)
	}
	until(t, "the outbox is not emptied", func() bool { return h.Stats().Outbox == 0 })
	if st := s.Stats(); st != (Stats{Delivered: 3}) || log.String() != "" {
		t.Errorf("%+v %s", st, log)
	}
}

// TestRetried: what is not taken comes again, with its own id, and nothing of it is in the log.
func TestRetried(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	c := newCRM(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader([]int{500, 410, 304, 201}[n-1])
		_, _ = io.WriteString(w, strings.Repeat("long answer ", 100_000))
	})
	s, log, _ := sending(t, h, c.Server, nil)
	note(t, h, "delicate")
	got := c.wait(4)
	for _, l := range got {
		if l.id != got[0].id || l.text != "delicate" {
			t.Errorf("%+v", got)
		}
	}
	until(t, "the outbox is not emptied", func() bool { return h.Stats().Outbox == 0 })
	if st := s.Stats(); st != (Stats{Delivered: 1, Failed: 3}) {
		t.Errorf("%+v", st)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "it answers 500") || strings.Contains(text, "delicate") || strings.Contains(text, "hidden") {
		t.Errorf("logged: %s", text)
	}
}

// TestSlow: who does not answer is given up in time, and holds nothing up for ever.
func TestSlow(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	over := make(chan struct{})
	c := newCRM(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1: // never, also when nobody waits any more: that answer could still arrive
			<-over
		case 2: // an answer that does not end
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})
	defer close(over)
	s, log, _ := sending(t, h, c.Server, func(o *Options) { o.Timeout = 300 * time.Millisecond })
	note(t, h, "x")
	c.wait(2)
	until(t, "it is not taken", func() bool { return s.Stats().Delivered == 1 })
	if text := strings.ToLower(log.String()); s.Stats().Failed == 0 || strings.Contains(text, "hidden") || !strings.Contains(text, "no answer in 300ms") {
		t.Errorf("logged: %s", text)
	}
}

// TestRedirect: nobody sends what is told to another place.
func TestRedirect(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it went to %s", r.URL) }))
	defer other.Close()
	c := newCRM(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if codes := []int{301, 302, 303, 307, 308}; n <= len(codes) {
			http.Redirect(w, r, other.URL, codes[n-1])
		}
	})
	s, _, _ := sending(t, h, c.Server, func(o *Options) { o.Roots.AddCert(other.Certificate()) })
	note(t, h, "x")
	c.wait(6)
	until(t, "it is not taken", func() bool { return s.Stats() == Stats{Delivered: 1, Failed: 5} })
}

// TestDown: what was to be told while the other system or we were away is told afterwards.
func TestDown(t *testing.T) {
	dir := t.TempDir()
	h := kept(t, dir)
	c := newCRM(t, nil)
	gone := newCRM(t, nil)
	gone.Close()
	s, log, stop := sending(t, h, gone.Server, nil)
	note(t, h, "told late")
	until(t, "nothing is tried", func() bool { return s.Stats().Failed > 2 })
	stop()
	if text := log.String(); !strings.Contains(text, "refused") || strings.Contains(text, "hidden") {
		t.Errorf("logged: %s", text)
	}
	note(t, h, "while nobody sends")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = kept(t, dir)
	defer h.Close()
	if n := h.Stats().Outbox; n != 1 {
		t.Errorf("%d wait", n)
	}
	sending(t, h, c.Server, nil)
	if got := c.wait(1); got[0].text != "while nobody sends" { // in the place of the one before
		t.Errorf("%+v", got)
	}
	until(t, "the outbox is not emptied", func() bool { return h.Stats().Outbox == 0 })
}

// TestStranger: whose certificate nobody vouches for is told nothing.
func TestStranger(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	c := newCRM(t, nil)
	c.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s, log, stop := sending(t, h, c.Server, func(o *Options) { o.Roots = x509.NewCertPool() })
	note(t, h, "x")
	until(t, "nothing is tried", func() bool { return s.Stats().Failed > 0 })
	stop()
	if len(c.wait(0)) > 0 || !strings.Contains(log.String(), "certificate") {
		t.Errorf("%+v, logged: %s", c.wait(0), log)
	}
}

// TestEnd: what is on its way when the server ends may arrive.
func TestEnd(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	answer := make(chan struct{})
	c := newCRM(t, func(int, http.ResponseWriter, *http.Request) { <-answer })
	s, _, stop := sending(t, h, c.Server, nil)
	note(t, h, "x")
	c.wait(1)
	ended := make(chan struct{})
	go func() {
		stop()
		close(ended)
	}()
	close(answer)
	<-ended
	if st := s.Stats(); st != (Stats{Delivered: 1}) || h.Stats().Outbox != 0 {
		t.Errorf("%+v, %d wait", st, h.Stats().Outbox)
	}
}

// TestTalkative: what the other system writes does not fill the log, and is not taken for ours.
func TestTalkative(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	c := newCRM(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1: // its own address in a redirect that is none
			w.Header().Set("Location", "http://[crm"+r.URL.RequestURI())
			w.WriteHeader(http.StatusFound)
		case 2:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 " + strings.Repeat("x\x1b", 20_000) + "\r\n\r\n"))
			_ = conn.Close()
		}
	})
	s, log, _ := sending(t, h, c.Server, nil)
	note(t, h, "x")
	c.wait(1)
	until(t, "it is not tried again", func() bool { return s.Stats().Delivered == 1 })
	if text := log.String(); strings.Contains(text, "hidden") || !strings.Contains(text, "it answers 302") {
		t.Errorf("logged: %.1000s", text)
	}
	if text := s.fault(errors.New(strings.Repeat("é", 9000))).Error(); len(text) > maxFault+3 {
		t.Errorf("%d bytes are logged", len(text))
	}
}

// TestDeadConnection: a connection that leads nowhere any more, as after a change of routers, is
// not used for the next try.
func TestDeadConnection(t *testing.T) {
	h := kept(t, t.TempDir())
	defer h.Close()
	c := newCRM(t, nil)
	c.Close()
	c.Server = httptest.NewUnstartedServer(c)
	c.EnableHTTP2 = true
	c.StartTLS()
	t.Cleanup(c.Close)
	line := newLine(t, c.Listener.Addr().String())
	s, _, _ := sending(t, h, c.Server, func(o *Options) {
		o.URL, o.Timeout = strings.Replace(o.URL, c.Listener.Addr().String(), line.Addr().String(), 1), 500*time.Millisecond
	})
	note(t, h, "first")
	until(t, "the first does not come", func() bool { return s.Stats().Delivered == 1 })
	line.cut.Store(true) // what is connected hears nothing any more
	note(t, h, "second")
	until(t, "no try fails", func() bool { return s.Stats().Failed > 0 })
	until(t, "the second does not come", func() bool { return s.Stats().Delivered == 2 })
}

// line takes connections on to another address, until it is cut: those that are there by then are
// dead and stay open, and new ones are taken on.
type line struct {
	net.Listener
	cut atomic.Bool
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l := new(line)
	var err error
	if l.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	over := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		close(over)
		all.Wait()
	})
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			away, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				return
			}
			before := !l.cut.Load()
			pass := func(from, to net.Conn) {
				b := make([]byte, 4096)
				for {
					n, err := from.Read(b)
					if err != nil {
						return
					}
					if before && l.cut.Load() {
						continue
					}
					_, _ = to.Write(b[:n])
				}
			}
			all.Go(func() { pass(near, away) })
			all.Go(func() { pass(away, near) })
			all.Go(func() {
				<-over
				_, _ = near.Close(), away.Close()
			})
		}
	})
	return l
}
