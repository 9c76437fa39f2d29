package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/password"
)

// desktop is a client of the line protocol.
type desktop struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func newDesktop(t testing.TB, nc net.Conn) *desktop {
	t.Cleanup(func() { nc.Close() })
	return &desktop{t, nc, bufio.NewReader(nc)}
}

// ask sends what is not "" and returns the next line, "(closed)" at the end.
func (d *desktop) ask(text string) string {
	d.t.Helper()
	if text != "" {
		if _, err := io.WriteString(d.nc, text+"\n"); err != nil {
			return "(" + err.Error() + ")"
		}
	}
	_ = d.nc.SetReadDeadline(time.Now().Add(10 * time.Minute))
	l, err := d.r.ReadString('\n')
	if err == io.EOF {
		return "(closed)"
	} else if err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimSuffix(l, "\n")
}

func (d *desktop) signIn(name, plain, mac string) {
	d.t.Helper()
	for _, step := range [][2]string{{"", "100 WELCOME"}, {"USER " + name, "100 OK"}, {"PASS " + password.MD5Hex(plain), "102 OK"}, {"MAC " + mac, "100 OK"}, {"", "510 STATE available"}} {
		if got := d.ask(step[0]); got != step[1] {
			d.t.Fatalf("%s: %s", step[0], got)
		}
	}
}

const full = "101 KO too many connections that have not signed in, try later"

// Strangers have few places; who signs in leaves his (T32).
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.tcp(ln, nil, TCPOptions{MaxPerAddress: 2})
	dial := func() *desktop { return newDesktop(t, dialTo(t, ln.Addr().String())) }
	one, two := dial(), dial()
	two.ask("")
	one.signIn("ada", "difference", "00:11:22:33:44:55")
	three := dial()
	if got := three.ask(""); got != "100 WELCOME" {
		t.Errorf("a place that was left: %s", got)
	}
	if got := dial().ask(""); got != full {
		t.Errorf("the third stranger: %s", got)
	}
	two.ask("QUIT")
	two.ask("")
	// The place is free once the server has seen the last of it.
	for deadline := time.Now().Add(10 * time.Second); ; {
		if got := dial().ask(""); got == "100 WELCOME" {
			break
		} else if time.Now().After(deadline) {
			t.Fatal("never free again")
		}
	}
	if got := one.ask("NOOP"); got != "100 OK" {
		t.Errorf("who is signed in: %s", got)
	}
}

// Who finds no place waits for one, in order, and not for ever.
func TestWaitForPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.tcp(p, nil, TCPOptions{MaxStrangers: 1})
		began := time.Now()
		next := func() *desktop {
			defer synctest.Wait() // and waits behind those before
			return newDesktop(t, p.dial())
		}
		one, two, three := next(), next(), next()
		one.ask("")
		<-time.After(20 * time.Second)
		one.ask("QUIT")
		one.ask("")
		if got, took := two.ask(""), time.Since(began); got != "100 WELCOME" || took != 20*time.Second {
			t.Errorf("the second: %s after %v", got, took)
		}
		for range 15 { // signs of life of who has the place
			two.ask("NOOP")
			<-time.After((placeWait - 20*time.Second) / 16)
		}
		if got, took := three.ask(""), time.Since(began); got != "(closed)" || took != placeWait {
			t.Errorf("the third: %s after %v", got, took)
		}
		two.nc.Close()
	})
}

// Clients that say nothing, or always a little, lose their places, and those who
// want to sign in come in (T32).
func TestSlowloris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.tcp(p, nil, TCPOptions{MaxStrangers: 50, MaxPerAddress: 50})
		stop := make(chan struct{})
		var attackers sync.WaitGroup
		for i := range 50 {
			nc := p.dial()
			attackers.Go(func() { _, _ = io.Copy(io.Discard, nc) })
			attackers.Go(func() {
				defer nc.Close()
				for {
					text := []string{"", "U", "NOOP\n"}[i%3]
					if _, err := io.WriteString(nc, text); err != nil {
						return
					}
					select {
					case <-time.After(10 * time.Second):
					case <-stop:
						return
					}
				}
			})
		}
		synctest.Wait()
		if got := newDesktop(t, p.dial()).ask(""); got != "(closed)" {
			t.Errorf("the 51st of one address: %s", got)
		}
		<-time.After(31 * time.Second)
		newDesktop(t, p.dial()).signIn("ada", "difference", "00:11:22:33:44:55")
		<-time.After(90 * time.Second)
		synctest.Wait()
		if n := h.sessions.Stats().Clients; n != 0 {
			t.Errorf("%d clients after two minutes", n) // ada has been silent for 90 s
		}
		close(stop)
		attackers.Wait()
	})
}

// A flood of bad lines ends itself, and disturbs nobody.
func TestFlood(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.tcp(ln, nil, TCPOptions{})
	good := newDesktop(t, dialTo(t, ln.Addr().String()))
	good.signIn("ada", "difference", "00:11:22:33:44:55")
	for _, flood := range []string{
		strings.Repeat("x", 10<<20),                                            // a line of 10 MB
		strings.Repeat("\x00\xff\n", 100000), strings.Repeat("NOPE\n", 100000), // lines without sense
		strings.Repeat("\x16\x03\x01", 1000) + "\n", // TLS at the wrong door
	} {
		bad := newDesktop(t, dialTo(t, ln.Addr().String()))
		var sent sync.WaitGroup
		sent.Go(func() { _, _ = io.WriteString(bad.nc, flood) }) // the server closes on the way
		var told []string
		for last := ""; !strings.HasPrefix(last, "("); {
			last = bad.ask("")
			told = append(told, last)
			if len(told) > 20 {
				t.Fatal("it goes on")
			}
			if len(told) == 2 && len(flood) < 5000 {
				break // one bad line alone does not end it
			}
		}
		bad.nc.Close()
		sent.Wait()
		if told[0] != "100 WELCOME" || len(told) > 1 && !strings.HasPrefix(told[1], "101 KO ") && !strings.HasPrefix(told[1], "(") {
			t.Errorf("told %q", told)
		}
		if got := good.ask("NOOP"); got != "100 OK" {
			t.Errorf("the other client: %s", got)
		}
	}
}

// What was said before the end arrives, though the client sends on and on.
func TestLastWordArrives(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.tcp(ln, nil, TCPOptions{MaxPerAddress: 100})
	for range 50 {
		d := newDesktop(t, dialTo(t, ln.Addr().String()))
		_, _ = io.WriteString(d.nc, "NOOP\nQUIT\n"+strings.Repeat("NOOP\n", 2000))
		for _, want := range []string{"100 WELCOME", "100 OK", "900 OK", "(closed)"} {
			if got := d.ask(""); got != want {
				t.Fatalf("%s instead of %s", got, want)
			}
		}
	}
}

func TestTLS(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.tcp(ln, selfSigned(t), TCPOptions{})
	nc, err := tls.Dial("tcp", ln.Addr().String(), trusting)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesktop(t, nc)
	d.signIn("ada", "difference", "00:11:22:33:44:55")
	c := newCall(4, "PJSIP/201", "Rossi")
	h.happen(c.waits()...)
	h.happen(c.rings()...)
	if got := d.ask(""); !strings.HasPrefix(got, `<event id="Newchannel">`) {
		t.Error(got)
	}
	plain := newDesktop(t, dialTo(t, ln.Addr().String()))
	if got := plain.ask("USER ada"); strings.HasPrefix(got, "100") {
		t.Errorf("without TLS: %s", got)
	}
}

// A handshake that never comes frees its place.
func TestTLSHandshakeTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.tcp(p, selfSigned(t), TCPOptions{})
		d := newDesktop(t, p.dial())
		began := time.Now()
		if got := d.ask(""); got != "(closed)" || time.Since(began) != handshakeTime {
			t.Errorf("%s after %s", got, time.Since(began))
		}
	})
}

// A half-open client: nothing comes from it and nothing of what is sent is read.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.tcp(p, nil, TCPOptions{})
		d := newDesktop(t, p.dial())
		d.signIn("ada", "difference", "00:11:22:33:44:55")
		c := newCall(4, "PJSIP/201", "Rossi")
		h.happen(c.waits()...)
		h.happen(c.rings()...)
		began := time.Now()
		for h.sessions.Stats().Clients > 0 {
			<-time.After(100 * time.Millisecond)
		}
		if took := time.Since(began); took > stall+time.Second {
			t.Errorf("found after %s", took)
		}
	})
}

// faulty is a listener that fails now and then.
type faulty struct {
	net.Listener
	faults int
}

func (f *faulty) Accept() (net.Conn, error) {
	if f.faults > 0 {
		f.faults--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAcceptErrorsAreSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.tcp(&faulty{p, 20}, nil, TCPOptions{})
		if got := newDesktop(t, p.dial()).ask(""); got != "100 WELCOME" {
			t.Error(got)
		}
	})
}

func TestServeReturnsTheListenersError(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	ln.Close()
	if err := NewTCP(TCPOptions{Sessions: h.sessions}).Serve(h.ctx, ln, nil); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// A cleartext listener that others can reach is warned of (E12, T13).
func TestWarnOfCleartext(t *testing.T) {
	for _, c := range []struct {
		addr string
		conf *tls.Config
		warn bool
	}{{"127.0.0.1:0", nil, false}, {"0.0.0.0:0", nil, true}, {"0.0.0.0:0", selfSigned(t), false}} {
		var log bytes.Buffer
		h := newHouse(t)
		ln, err := net.Listen("tcp", c.addr)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(h.ctx)
		cancel()
		if err := NewTCP(TCPOptions{Sessions: h.sessions, Log: slog.New(slog.NewTextHandler(&log, nil))}).Serve(ctx, ln, c.conf); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(log.String(), "level=WARN"); got != c.warn {
			t.Errorf("%s, TLS %t: %s", c.addr, c.conf != nil, log.String())
		}
	}
}
