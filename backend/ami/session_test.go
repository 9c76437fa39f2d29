package ami_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// peer is the other end of a session: a test's Asterisk.
type peer struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

// pair is a session and its peer, over a pipe without any buffer. They live in the
// bubble of a synctest, so their deadlines take no time.
func pair(t *testing.T, silence time.Duration) (*ami.Session, *peer) {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	return ami.NewSession(here, silence), &peer{t, there, bufio.NewReader(there)}
}

// say sends lines, as if separated by CR LF.
func (p *peer) say(lines ...string) {
	if _, err := io.WriteString(p.c, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		p.t.Error(err)
	}
}

// hear reads one action: its name and headers.
func (p *peer) hear() (name string, headers map[string]string) {
	headers = map[string]string{}
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return "", nil
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return headers["Action"], headers
		}
		k, v, _ := strings.Cut(line, ": ")
		headers[k] = v
	}
}

// expect reads one action and answers it with lines, and its ActionID.
func (p *peer) expect(action string, answer ...string) map[string]string {
	name, h := p.hear()
	if name != action {
		p.t.Errorf("it sends %q, not %q", name, action)
	}
	p.say(append(answer, "ActionID: "+h["ActionID"], "")...)
	return h
}

func TestOpen(t *testing.T) {
	for _, md5 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, p := pair(t, time.Minute)
			go func() {
				p.say("Asterisk Call Manager/11.0.0")
				if md5 {
					p.expect("Challenge", "Response: Success", "Challenge: 659139772")
				}
				h := p.expect("Login", "Response: Success", "Message: Authentication accepted")
				if md5 && h["Key"] != "14e0cc6b045abff11663121ad5689eaf" || !md5 && h["Secret"] != "ctipass" {
					t.Errorf("login with %v", h)
				}
				p.say("Event: FullyBooted", "Privilege: system,all", "")
			}()
			version, err := s.Open("cti", "ctipass", md5)
			if err != nil || version != "11.0.0" {
				t.Fatal(version, err)
			}
			m, err := s.Next()
			if err != nil || string(m.Event()) != "FullyBooted" {
				t.Error(m, err)
			}
			synctest.Wait()
			p.c.Close()
			if _, err := s.Next(); !errors.Is(err, io.EOF) {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := pair(t, time.Minute)
		go func() {
			p.say("Asterisk Call Manager/5.0.4")
			_, h := p.hear()
			<-time.After(time.Second) // as 16 and 22 do
			p.say("Response: Error", "ActionID: "+h["ActionID"], "Message: Authentication failed", "")
			p.c.Close()
		}()
		_, err := s.Open("cti", "hunter2", false)
		if !errors.Is(err, ami.ErrLoginRefused) || !strings.Contains(err.Error(), "Authentication failed") || strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	})
}

func TestOpenBadSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := pair(t, time.Minute)
		go p.say("Asterisk Call Manager/5.0.4")
		_, err := s.Open("cti", "hunter2\r\nAction: Command", false)
		var bad *ami.ValueError
		if !errors.As(err, &bad) || strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	})
}

// TestSilence holds that a link on which nothing comes any more is found dead.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := pair(t, 15*time.Second)
		go p.say("Event: A", "")
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := s.Next()
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 15*time.Second {
			t.Error(err, time.Since(began))
		}
	})
}

// TestStuckWrite holds that a peer that does not read costs the link, not a goroutine.
func TestStuckWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := pair(t, 0)
		began := time.Now()
		if _, err := s.Send(ami.Ping()); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > 6*time.Second {
			t.Error(err, time.Since(began))
		}
		if _, err := s.Do(t.Context(), ami.Ping()); !errors.Is(err, ami.ErrClosed) {
			t.Error(err)
		}
		s.Close()
	})
}

// running is a session whose Next is called by a goroutine that passes on the names
// of what it gets.
func running(t *testing.T) (*ami.Session, *peer, <-chan string) {
	s, p := pair(t, 0)
	events := make(chan string, 100)
	go func() {
		defer close(events)
		for {
			m, err := s.Next()
			if err != nil {
				return
			}
			if m == nil {
				continue // an answer, and nothing behind it
			}
			events <- string(m.Event()) + string(m.Response())
		}
	}()
	return s, p, events
}

func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p, events := running(t)
		type result struct {
			text string
			err  error
		}
		results := make(chan result, 2)
		for _, q := range []string{"q1", "q2"} {
			go func() {
				a, err := s.Do(t.Context(), ami.QueueRemove(q, "SIP/1"))
				results <- result{q + a.Get(ami.Text), err}
			}()
		}
		_, first := p.hear()
		_, second := p.hear()
		// Answered in the other order, with an event and somebody else's answer between.
		p.say("Response: Success", "ActionID: "+second["ActionID"], "Message: for "+second["Queue"], "",
			"Event: Hangup", "Uniqueid: 1", "ActionID: "+first["ActionID"], "",
			"Response: Success", "ActionID: strange", "",
			"Response: Success", "",
			"Response: Error", "ActionID: "+first["ActionID"], "Message: not\x1b there", "")
		for range 2 {
			r := <-results
			var refused *ami.RefusedError
			if q := r.text[:2]; q == second["Queue"] {
				if r.err != nil || r.text != q+"for "+q {
					t.Error(r)
				}
			} else if !errors.As(r.err, &refused) || refused.Message != "not. there" || refused.Action != "QueueRemove" {
				t.Error(r)
			}
		}
		for _, want := range []string{"Hangup", "Success", "Success"} {
			if e := <-events; e != want {
				t.Errorf("%q, want %q", e, want)
			}
		}
		s.Close()
	})
}

func TestDoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p, events := running(t)
		go p.hear()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Do(ctx, ami.Ping()); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		synctest.Wait()
		var bad *ami.ValueError
		if _, err := s.Do(t.Context(), ami.QueueRemove("a\n", "")); !errors.As(err, &bad) {
			t.Error(err)
		}

		lost := make(chan error)
		go func() { _, err := s.Do(t.Context(), ami.Ping()); lost <- err }()
		p.hear()
		p.c.Close()
		if err := <-lost; !errors.Is(err, ami.ErrClosed) || !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		if _, open := <-events; open {
			t.Error("an event after the end")
		}
		<-s.Done()
	})
}

// TestOriginateResponse holds that what Originate came to is an event, though it
// carries a Response and the ActionID of the action.
func TestOriginateResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p, events := running(t)
		go func() {
			h := p.expect("Originate", "Response: Success", "Message: Originate successfully queued")
			p.say("Event: OriginateResponse", "Privilege: call,all", "ActionID: "+h["ActionID"], "Response: Failure", "Reason: 0", "Uniqueid: <null>", "")
		}()
		if _, err := s.Do(t.Context(), ami.Originate(ami.Call{Channel: "SIP/1", Priority: 1})); err != nil {
			t.Error(err)
		}
		if e := <-events; e != "OriginateResponse" {
			t.Error(e)
		}
		s.Close()
	})
}
