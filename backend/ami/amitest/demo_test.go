package amitest_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// demo starts a demo on a clock that stands, and a client that hears all of it.
func demo(t *testing.T, occupied *[]string, d amitest.Dialect) (*amitest.Demo, *client) {
	t.Helper()
	m := &amitest.Demo{
		Occupied: func() []string { return *occupied },
		Every:    20 * time.Second,
		Options:  amitest.Options{Dialect: d, Clock: amitest.Manual(epoch), Seed: 11, Users: []amitest.User{everything}},
	}
	if err := m.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	c := dial(t, m.Server())
	c.login(everything)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return m, c
}

// watch follows what the demo tells and finds fault with two calls at one phone.
type watch struct {
	t                          *testing.T
	alive                      map[string]string // Uniqueid → device, of phones
	answered                   map[string]int    // by device
	dialled                    map[string]bool
	calls, abandoned, held     int
	digits, languages, numbers map[string]int
}

func newWatch(t *testing.T) *watch {
	return &watch{t: t, alive: map[string]string{}, answered: map[string]int{}, dialled: map[string]bool{}, digits: map[string]int{}, languages: map[string]int{}, numbers: map[string]int{}}
}

func (w *watch) see(all []message) {
	for _, m := range all {
		device, _, _ := strings.Cut(m.get("Channel"), "-")
		switch m.get("Event") {
		case "Newchannel":
			if device == "PJSIP/trunk" {
				w.calls++
				w.numbers[m.get("CallerIDNum")]++
				break
			}
			for id, d := range w.alive {
				if d == device {
					w.t.Errorf("%s is called by %s while in %s", device, m.get("Uniqueid"), id)
				}
			}
			w.alive[m.get("Uniqueid")] = device
		case "Hangup":
			delete(w.alive, m.get("Uniqueid"))
		case "DialEnd":
			d, _, _ := strings.Cut(m.get("DestChannel"), "-")
			w.dialled[d] = true
			if m.get("DialStatus") == "ANSWER" {
				w.answered[d]++
			}
		case "HangupRequest":
			if device == "PJSIP/trunk" && m.get("ConnectedLineNum") == "<unknown>" {
				w.abandoned++
			}
		case "Hold":
			w.held++
		case "VarSet":
			switch m.get("Variable") {
			case "calldata":
				w.digits[m.get("Value")]++
			case "language":
				w.languages[m.get("Value")]++
			}
		}
	}
}

func (w *watch) run(m *amitest.Demo, c *client, d time.Duration) {
	for range int(d / time.Second) {
		m.Server().Clock().Advance(time.Second)
		w.see(c.events())
	}
}

// TestDemoLeavesAlone: the phone of who takes no calls rings for no service.
func TestDemoLeavesAlone(t *testing.T) {
	occupied := []string{"201", "203"}
	m, c := demo(t, &occupied, amitest.Asterisk22)
	c.ask("QueuePause", "Interface: PJSIP/202", "Paused: true") // as the server does; the queue knows, the other service does not
	w := newWatch(t)
	w.run(m, c, 20*time.Minute)
	if w.calls < 25 || w.dialled["PJSIP/202"] || w.answered["PJSIP/201"] < 5 || w.answered["PJSIP/203"] < 5 {
		t.Errorf("%d calls, dialled %v, answered %v", w.calls, w.dialled, w.answered)
	}
}

// TestDemoCallsWhoIsSignedIn lets an hour pass: nobody is called while nobody is
// there, then one agent's phone, then three.
func TestDemoCallsWhoIsSignedIn(t *testing.T) {
	var occupied []string
	m, c := demo(t, &occupied, amitest.Asterisk22)
	w := newWatch(t)
	w.run(m, c, 5*time.Minute)
	if w.calls != 0 {
		t.Fatalf("%d calls for nobody", w.calls)
	}
	if err := m.PlaceCall(); !errors.Is(err, amitest.ErrNobody) {
		t.Errorf("PlaceCall = %v", err)
	}
	occupied = []string{"PJSIP/202", "PJSIP/999"}
	w.run(m, c, 10*time.Second)
	if w.answered["PJSIP/202"] != 1 {
		t.Errorf("after 10 s: answered %v", w.answered)
	}
	w.run(m, c, 20*time.Minute)
	if w.answered["PJSIP/202"] < 25 || len(w.answered) != 1 {
		t.Errorf("answered %v", w.answered)
	}
	occupied = []string{"201", "202", "203"}
	w.run(m, c, 30*time.Minute)
	for _, d := range []string{"PJSIP/201", "PJSIP/202", "PJSIP/203"} {
		if w.answered[d] < 10 {
			t.Errorf("%s answered %d calls: %v", d, w.answered[d], w.answered)
		}
	}
	if w.abandoned == 0 || w.abandoned > w.calls/3 || w.held == 0 {
		t.Errorf("%d of %d calls abandoned, %d held", w.abandoned, w.calls, w.held)
	}
	if len(w.digits) != len(amitest.Customers()) || len(w.languages) < 3 || len(w.numbers) < 6 {
		t.Errorf("digits %v, languages %v, numbers %v", w.digits, w.languages, w.numbers)
	}
	for d := range w.digits {
		if _, ok := amitest.FindCustomer(d); !ok {
			t.Errorf("nobody has the number %s", d)
		}
	}
	occupied = nil
	w.run(m, c, time.Minute)
	before := w.calls
	w.run(m, c, 10*time.Minute)
	if w.calls != before || m.Server().Channels() != 0 {
		t.Errorf("%d calls after everybody left, %d channels", w.calls-before, m.Server().Channels())
	}
}

// TestDemoButton: as many calls at once as there are phones to take them.
func TestDemoButton(t *testing.T) {
	occupied := []string{"PJSIP/201", "PJSIP/203"}
	m, c := demo(t, &occupied, amitest.Asterisk22)
	w := newWatch(t)
	if err := m.PlaceCall(); err != nil {
		t.Fatal(err)
	}
	if err := m.PlaceCall(); !errors.Is(err, amitest.ErrAllBusy) { // all phones are about to ring
		t.Errorf("PlaceCall = %v", err)
	}
	w.run(m, c, 7*time.Second)
	if err := m.PlaceCall(); err != nil {
		t.Error(err)
	}
	w.run(m, c, 6*time.Second)
	if w.answered["PJSIP/201"] != 1 || w.answered["PJSIP/203"] != 1 {
		t.Errorf("answered %v", w.answered)
	}
	if !w.dialled["PJSIP/202"] {
		t.Error("the phone nobody sits at did not ring")
	}
}

// TestDemoStands: nobody calls unasked, and who is asked for talks as long as was said, without
// holding or giving up.
func TestDemoStands(t *testing.T) {
	occupied := []string{"PJSIP/201"}
	m, c := demo(t, &occupied, amitest.Asterisk22)
	m.Every, m.Talk = 0, 10*time.Minute
	w := newWatch(t)
	w.run(m, c, 30*time.Minute)
	if w.calls != 0 {
		t.Fatalf("%d calls that nobody asked for", w.calls)
	}
	for n := 1; n <= 20; n++ {
		if err := m.PlaceCall(); err != nil {
			t.Fatal(err)
		}
		w.run(m, c, 9*time.Minute)
		if w.answered["PJSIP/201"] != n || m.Server().Channels() == 0 {
			t.Fatalf("call %d: answered %d, %d channels after nine minutes", n, w.answered["PJSIP/201"], m.Server().Channels())
		}
		w.run(m, c, 2*time.Minute)
		if m.Server().Channels() != 0 {
			t.Fatalf("call %d: %d channels after eleven minutes", n, m.Server().Channels())
		}
	}
	if w.abandoned != 0 || w.held != 0 {
		t.Errorf("%d gave up, %d were held", w.abandoned, w.held)
	}
}

// TestDemoRings: a telephone that rings for as long as was said, until it is answered at a click.
func TestDemoRings(t *testing.T) {
	occupied := []string{"PJSIP/201"}
	m, c := demo(t, &occupied, amitest.Asterisk22)
	m.Every, m.Ring = 0, 15*time.Second
	w := newWatch(t)
	w.run(m, c, 5*time.Second)
	for n := 1; n <= 2; n++ {
		if err := m.PlaceCall(); err != nil {
			t.Fatal(err)
		}
		w.run(m, c, 15*time.Second)
		if w.answered["PJSIP/201"] != n-1 {
			t.Fatalf("call %d: answered too soon", n)
		}
		w.run(m, c, 4*time.Second)
		if w.answered["PJSIP/201"] != n {
			t.Fatalf("call %d: not answered", n)
		}
		w.run(m, c, time.Minute)
	}
}

// TestDemoOfBothServices: the two services take turns, in both dialects.
func TestDemoOfBothServices(t *testing.T) {
	for _, d := range []amitest.Dialect{amitest.Asterisk22, amitest.Asterisk14} {
		occupied := []string{"201"}
		m, c := demo(t, &occupied, d)
		seen := map[string]bool{}
		for range 180 {
			m.Server().Clock().Advance(time.Second)
			for _, e := range c.events() {
				if e.get("Application") == "Answer" {
					seen[e.get("Context")] = true
				}
			}
		}
		for _, s := range amitest.DemoServices {
			if !seen[s.Context] {
				t.Errorf("%s: %s was never called", d, s.Context)
			}
		}
	}
}

// TestDemoPortInUse says so.
func TestDemoPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := &amitest.Demo{Options: amitest.Options{Address: l.Addr().String()}}
	if err := m.Listen(); err == nil {
		m.Close()
		t.Error("the port is in use")
	}
}

func TestCustomers(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range amitest.Customers() {
		if len(c.Number) != 5 || c.Name == "" || c.City == "" || c.Country == "" || c.Contract == "" || !strings.HasPrefix(c.Phone, "+") || len(c.Orders) == 0 {
			t.Errorf("incomplete: %+v", c)
		}
		if seen[c.Number] {
			t.Errorf("twice: %s", c.Number)
		}
		seen[c.Number] = true
		c.Orders[0].What = "changed"
	}
	if c, _ := amitest.FindCustomer("12345"); c.Orders[0].What == "changed" {
		t.Error("a caller changed the table")
	}
	if _, ok := amitest.FindCustomer("1"); ok {
		t.Error("found nobody")
	}
	if got := (amitest.Order{DaysAgo: 3}).Date(epoch).Format(time.DateOnly); got != "2026-02-26" {
		t.Error(got)
	}
}
