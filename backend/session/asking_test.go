package session

import (
	"testing"
	"testing/synctest"
	"time"
)

// asks are the commands that wait for Asterisk, through both doors.
var asks = []struct{ line, json string }{
	{"PAUSE IN", `{"id":"1","command":"pause"}`},
	{"READY", `{"id":"1","command":"ready"}`},
	{"MORE", `{"id":"1","command":"more-time"}`},
	{"ORIG 0551234 out 1", `{"id":"1","command":"originate","number":"0551234"}`},
}

// eachAsk has a test hold a client whose command Asterisk does not answer. The test ends by
// letting it answer, which must not be told to a client that is over.
func eachAsk(t *testing.T, test func(t *testing.T, r *room, c *wireless)) {
	for _, ask := range asks {
		for _, door := range []string{"line", "page"} {
			t.Run(ask.line+"/"+door, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRoom(t, Options{})
					hold := make(chan struct{})
					r.desk.hold = hold
					defer close(hold)
					var c *wireless
					if door == "line" {
						c = r.line()
						c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
						c.in <- ask.line
					} else {
						c = r.page(r.signIn("ada", mac1), JSON)
						c.in <- ask.json
					}
					synctest.Wait()
					c.said()
					began := time.Now()
					test(t, r, c)
					if took := time.Since(began); took > 0 {
						t.Errorf("it took %s", took)
					}
				})
			})
		}
	}
}

// Who is replaced while Asterisk is asked goes at once, and whoever replaces him is in.
func TestReplacedWhileAsking(t *testing.T) {
	eachAsk(t, func(t *testing.T, r *room, c *wireless) {
		second := r.line()
		wantSaid(t, second.talk(t, user("bob"), "MAC "+mac1, pass("bob")), "100 OK", "100 OK", "102 OK")
		synctest.Wait()
		if said := c.said(); len(said) != 1 || !c.isOver() {
			t.Errorf("over %t, told %q", c.isOver(), said)
		}
		if s := r.Stats(); s.SignedIn != 1 || s.Clients != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A client that is cut while Asterisk is asked is noticed at once.
func TestCutWhileAsking(t *testing.T) {
	eachAsk(t, func(t *testing.T, r *room, c *wireless) {
		close(c.in)
		synctest.Wait()
		if !c.isOver() || r.Stats().Clients != 0 {
			t.Errorf("over %t, %+v", c.isOver(), r.Stats())
		}
		asked := r.desk.all()
		if last := asked[len(asked)-1]; last != "lost ada 1 0s" && last != "lost ada 1 5s" {
			t.Errorf("asked %q", asked)
		}
		if said := c.said(); len(said) != 0 {
			t.Errorf("told %q", said)
		}
	})
}

// A removed operator's command is not waited for either.
func TestRemovedWhileAsking(t *testing.T) {
	eachAsk(t, func(t *testing.T, r *room, c *wireless) {
		for _, in := range r.signedIn() {
			in.End(Reason{CodeRemoved, "this operator was removed or disabled"})
		}
		synctest.Wait()
		if said := c.said(); len(said) != 1 || !c.isOver() {
			t.Errorf("over %t, told %q", c.isOver(), said)
		}
	})
}

// The answers of the line protocol come in the order of the commands, and each command sees
// what those before it have done.
func TestLineOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		r.desk.hold = make(chan struct{})
		for _, l := range []string{"PAUSE IN Lunch", "", "NOOP", "PAUSE FOO", "ORIG 0551234 out 1", "QUIT"} {
			c.in <- l
		}
		synctest.Wait()
		wantSaid(t, c.said(), "301 PAUSE PENDING")
		close(r.desk.hold)
		synctest.Wait()
		wantSaid(t, c.said(), "300 OK", "100 OK", "302 KO usage: "+pauseUsage, "100 OK", "900 OK")
		r.desk.want(t, "enter ada PJSIP/201 1", `pause ada true "Lunch" "" false`, `originate ada "0551234" "out" ""`, "leave ada 1")
	})
}

// Commands that wait count as faults as others do.
func TestFaultsWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		for range maxFaults {
			c.in <- "ORIG 0551234 out x"
		}
		synctest.Wait()
		if said := c.said(); len(said) != maxFaults+1 || said[maxFaults] != "101 KO 10 errors in a row" || !c.isOver() {
			t.Errorf("over %t, told %q", c.isOver(), said)
		}
	})
}

// The server does not end before what it has asked of Asterisk is known.
func TestEndWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		page := r.page(r.signIn("ada", mac1), JSON)
		r.desk.hold = make(chan struct{})
		page.in <- `{"id":"1","command":"originate","number":"0551234"}`
		synctest.Wait()
		page.said()
		ended := make(chan struct{})
		go func() { r.clients.Wait(); close(ended) }()
		r.cancel()
		synctest.Wait()
		<-ended
		wantSaid(t, page.said(), `{"type":"bye","code":"restart","reason":"the server is restarting, connect again"}`)
		select {
		case err := <-r.ran:
			t.Fatalf("the server has ended: %v", err)
		default:
		}
		close(r.desk.hold)
		synctest.Wait()
		select {
		case err := <-r.ran:
			r.ran <- err
		default:
			t.Fatal("the server does not end")
		}
	})
}

// A command that panics ends its client, and nothing else.
func TestPanicWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c, page := r.line(), r.page(r.signIn("bob", mac2), JSON)
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		r.desk.broken = true
		c.in <- "READY"
		synctest.Wait()
		wantSaid(t, c.said(), "101 KO the server is restarting, connect again")
		page.said()
		page.in <- `{"id":"1","command":"originate","number":"0551234"}`
		synctest.Wait()
		wantSaid(t, page.said(), `{"type":"bye","code":"restart","reason":"the server is restarting, connect again"}`)
		if !c.isOver() || !page.isOver() {
			t.Errorf("over %t, %t", c.isOver(), page.isOver())
		}
	})
}
