package amitest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

func TestBannerThatIsNotAMI(t *testing.T) {
	s := listen(t, amitest.Options{})
	s.SetFaults(amitest.Faults{Banner: "SSH-2.0-OpenSSH_9.2\r\n"})
	if c := dial(t, s); c.greeting != "SSH-2.0-OpenSSH_9.2" {
		t.Errorf("greeting %q", c.greeting)
	}
}

func TestCutInTheMiddleOfAMessage(t *testing.T) {
	s := listen(t, amitest.Options{})
	c := dial(t, s)
	c.login(everything)
	c.events()
	if err := s.Cut(context.Background()); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c.r)
	if err != nil || !bytes.HasPrefix(b, []byte("Event: Hangup\r\n")) || bytes.HasSuffix(b, []byte("\r\n")) {
		t.Errorf("%v after %q", err, b)
	}
}

// TestMute: nothing comes, not even the answer to Ping, until the fault is taken
// back; then all of it does.
func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.InMemory(amitest.Options{Users: []amitest.User{everything}})
		defer s.Close()
		c := dial(t, s)
		defer c.conn.Close()
		_ = c.conn.SetDeadline(time.Now().Add(time.Hour))
		c.login(everything)
		c.events()
		s.SetFaults(amitest.Faults{Mute: true})
		c.send("Ping")
		_ = c.conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := c.r.Peek(1); err == nil {
			t.Error("it spoke")
		}
		_ = c.conn.SetReadDeadline(time.Time{})
		s.SetFaults(amitest.Faults{})
		c.r.Reset(c.conn)
		if m := c.message(); m.get("Ping") != "Pong" {
			t.Error(m)
		}
	})
}

func TestDeafToOneAction(t *testing.T) {
	s := listen(t, amitest.Options{})
	c := dial(t, s)
	c.login(everything)
	s.SetFaults(amitest.Faults{Deaf: []string{"ping"}})
	c.send("Ping")
	if r := c.ask("CoreSettings"); r.get("AMIversion") != "11.0.0" {
		t.Error(r)
	}
}

func TestDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.InMemory(amitest.Options{})
		defer s.Close()
		s.SetFaults(amitest.Faults{Drip: true, DripPause: second})
		conn, err := s.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begin := time.Now()
		b := make([]byte, 100)
		for i := range len("Asterisk Call Manager/11.0.0\r\n") {
			if n, err := conn.Read(b); n != 1 || err != nil {
				t.Fatalf("read %d bytes, %v", n, err)
			}
			if at := time.Since(begin); at != time.Duration(i)*second {
				t.Fatalf("byte %d after %v", i, at)
			}
		}
	})
}

func TestCloseAfterLogin(t *testing.T) {
	s := listen(t, amitest.Options{})
	s.SetFaults(amitest.Faults{CloseAfterLogin: true})
	c := dial(t, s)
	c.login(everything)
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		t.Errorf("%q, %v", b, err)
	}
}

func TestLongLine(t *testing.T) {
	s := listen(t, amitest.Options{})
	c := dial(t, s)
	c.login(everything)
	c.events()
	const size = 10 << 20
	done := make(chan error, 1)
	go func() { done <- s.Inject(context.Background(), amitest.LongLine(size)) }()
	if m := c.message(); len(m.get("AppData")) != size+2 {
		t.Errorf("AppData has %d bytes", len(m.get("AppData")))
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestDownAndUp: the port stays, calls go on while nobody listens.
func TestDownAndUp(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: second})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 1, Phones: []string{"201"}})
	address := s.Addr()
	c := dial(t, s)
	c.login(everything)
	s.Call(amitest.Call{From: "300", To: "101", Digits: "1", Talk: time.Minute})
	s.Down()
	if _, err := io.ReadAll(c.r); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if conn, err := s.Dial(context.Background()); err == nil {
		conn.Close()
		t.Error("it is down and answers")
	}
	s.Clock().Advance(10 * second)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if s.Addr() != address {
		t.Errorf("it was at %s, is at %s", address, s.Addr())
	}
	c = dial(t, s)
	c.login(everything)
	if l := c.list("CoreShowChannels"); len(l) != 3 || l[0].get("BridgeId") == "" {
		t.Errorf("the call went on as %v", l)
	}
}

// TestRestart: Asterisk comes back without calls and dynamic members, and says
// since when it runs.
func TestRestart(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddPhone(amitest.Phone{Extension: "201"})
	s.AddQueue(amitest.Queue{Name: "q", Members: []amitest.Member{{Interface: "PJSIP/201"}}})
	s.AddService(amitest.Service{Number: "102", Context: "astcti", Queue: "q"})
	c := dial(t, s)
	c.login(everything)
	c.ask("QueueAdd", "Queue: q", "Interface: PJSIP/202")
	live := s.Call(amitest.Call{From: "300", To: "102"})
	s.Clock().Advance(time.Minute)
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	<-live.Done()
	c = dial(t, s)
	c.login(everything)
	if l := c.list("CoreShowChannels"); len(l) != 1 {
		t.Errorf("channels: %v", l)
	}
	if l := c.list("QueueStatus"); len(l) != 3 || l[1].get("Location") != "PJSIP/201" || l[1].get("Status") != "1" {
		t.Errorf("queue: %v", l)
	}
	if r := c.ask("CoreStatus"); r.get("CoreStartupTime") != "09:01:00" {
		t.Error(r)
	}
	s.Clock().Advance(time.Hour)
	if n := len(c.events()); n != 0 {
		t.Errorf("%d events of calls that are no more", n)
	}
}

// TestManySessions: each hears what it asked for, in the same order.
func TestManySessions(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: second})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
	var clients []*client
	for range 20 {
		c := dial(t, s)
		c.login(everything)
		c.events()
		clients = append(clients, c)
	}
	if n := s.Clients(); n != 20 {
		t.Errorf("%d clients", n)
	}
	s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: second})
	s.Clock().Advance(time.Minute)
	first := clients[0].events()
	for i, c := range clients[1:] {
		got := c.events()
		if len(got) != len(first) {
			t.Fatalf("client %d heard %d events, the first %d", i+1, len(got), len(first))
		}
		for j := range got {
			if got[j].String() != first[j].String() {
				t.Fatalf("client %d heard %v, the first %v", i+1, got[j], first[j])
			}
		}
	}
}

// TestClientThatIsGone does not keep the exchange from speaking to others.
func TestClientThatIsGone(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: second})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
	gone, here := dial(t, s), dial(t, s)
	gone.login(everything)
	here.login(everything)
	here.events()
	_ = gone.conn.Close()
	for range 3 {
		s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: second})
		s.Clock().Advance(time.Minute)
	}
	if n := count(here.events(), "DialEnd", "DialStatus", "ANSWER"); n != 3 {
		t.Errorf("heard %d answers", n)
	}
}
