package session

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Every way through the sign-in, and every refusal on it (E1 to E6, E11).
func TestLineConversations(t *testing.T) {
	const wrong = "PASS 00000000000000000000000000000000"
	const noName = "101 KO not a name: letters, digits and . _ @ - are"
	const noPause = "302 KO usage: PAUSE IN [reason], PAUSE AFTER [reason] or PAUSE OUT"
	const badMAC = "101 KO not a MAC address: write six pairs of hex digits, 00:1A:2B:3C:4D:5E"
	for name, talk := range map[string][][2]string{
		"in the usual order": {{user("ada"), "100 OK"}, {pass("ada"), "102 OK"}, {"MAC " + mac1, "100 OK"}, {"NOOP", "100 OK"}, {"QUIT", "900 OK"}},
		"seat first":         {{"MAC " + mac1, "100 OK"}, {user("ada"), "100 OK"}, {pass("ada"), "102 OK"}, {"NOOP", "100 OK"}},
		"seat between":       {{user("ada"), "100 OK"}, {"MAC 00-11-22-33-44-01", "100 OK"}, {pass("ada"), "102 OK"}},
		"lower case":         {{"user ada", "100 OK"}, {"pass " + secret("ada"), "102 OK"}, {"mac " + strings.ToLower(mac1), "100 OK"}, {"quit", "900 OK"}},
		"second thoughts":    {{user("bob"), "100 OK"}, {user("ada"), "100 OK"}, {"MAC " + mac2, "100 OK"}, {"MAC " + mac1, "100 OK"}, {pass("ada"), "102 OK"}},
		"wrong, then right":  {{user("ada"), "100 OK"}, {wrong, "101 KO wrong name or password"}, {pass("ada"), "102 OK"}},
		"nobody":             {{user("nobody"), "100 OK"}, {wrong, "101 KO wrong name or password"}},
		"disabled":           {{user("eve"), "100 OK"}, {pass("eve"), "101 KO wrong name or password"}},
		"password first":     {{pass("ada"), "101 KO send USER first"}, {user("ada"), "100 OK"}, {pass("ada"), "102 OK"}},
		"twice":              {{user("ada"), "100 OK"}, {pass("ada"), "102 OK"}, {user("ada"), "101 KO already signed in"}, {pass("ada"), "101 KO already signed in"}, {"MAC " + mac1, "100 OK"}, {"MAC " + mac1, "101 KO already signed in"}},
		"unknown seat":       {{"MAC 00:00:00:00:00:00", "101 KO unknown seat"}, {user("ada"), "100 OK"}, {pass("ada"), "102 OK"}, {"MAC 00:00:00:00:00:00", "101 KO unknown seat"}, {"MAC " + mac1, "100 OK"}},
		"no seat":            {{"MAC", "101 KO usage: MAC 00:11:22:33:44:55"}, {"MAC PJSIP/201", badMAC}, {"MAC 00:11:22:33:44:0g", badMAC}},
		"parameters": {
			{"USER", "101 KO usage: USER name"}, {"USER a b", "101 KO usage: USER name"}, {"PASS", "101 KO usage: PASS md5hex"}, {"NOOP 1", "101 KO usage: NOOP"},
			{"QUIT now", "101 KO usage: QUIT"}, {"USER <b>", noName}, {"USER " + strings.Repeat("a", 65), noName},
		},
		"unknown":     {{"HELP", "101 KO unknown command"}, {"EHLO x", "101 KO unknown command"}, {"<event/>", "101 KO unknown command"}},
		"bytes":       {{"NOOP\x00", "101 KO the line holds a control character"}, {"USER \xff", "101 KO the line is not UTF-8"}, {"USER a\x1b[2J", "101 KO the line holds a control character"}, {"NOOP", "100 OK"}},
		"long":        {{"USER " + strings.Repeat("a", 508), "101 KO the line is longer than 512 bytes"}, {"NOOP", "100 OK"}},
		"blanks":      {{"  USER \t ada  ", "100 OK"}},
		"before time": {{"ORIG 1 c 1", "101 KO sign in first"}, {"PAUSE IN", "302 KO sign in first"}},
		"work": {
			{user("ada"), "100 OK"}, {pass("ada"), "102 OK"}, {"ORIG 1 c 1", "101 KO sign in first"}, {"REASONS", "101 KO sign in first"}, {"MAC " + mac1, "100 OK"},
			{"ORIG 1 c 1", "100 OK"}, {"ORIG 1 c", "101 KO usage: ORIG exten context priority"},
			{"ORIG 1 c 0", "101 KO the priority must be a number, 1 or more"}, {"ORIG 1 c x", "101 KO the priority must be a number, 1 or more"},
			{"READY", "100 OK"}, {"MORE", "100 OK"}, {"READY 1", "101 KO usage: READY"}, {"REASONS", "100 OK Break|Lunch|Meeting"}, {"CONTEXTS", "100 OK out"},
			{"PAUSE", noPause}, {"PAUSE UP", noPause}, {"PAUSE OUT Lunch", noPause},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				c := r.line()
				for _, step := range talk {
					if got := c.talk(t, step[0]); len(got) != 1 || got[0] != step[1] {
						t.Fatalf("%s: %q, want %q", step[0], got, step[1])
					}
				}
				if synctest.Wait(); c.isOver() != (talk[len(talk)-1][1] == "900 OK") {
					t.Errorf("over: %t", c.isOver())
				}
			})
		})
	}
}

func TestLineEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		c.talk(t, user("ada"), pass("ada"))
		r.picture.tell("PJSIP/201", answered())
		if synctest.Wait(); len(c.said()) != 0 {
			t.Error("events without a seat")
		}
		c.talk(t, "MAC "+mac1)
		r.picture.tell("PJSIP/201", &pbx.Notice{ID: pbx.NoticeAgentState, Agent: pbx.AgentRinging})
		r.picture.tell("PJSIP/202", answered())
		r.picture.tell("PJSIP/201", answered())
		synctest.Wait()
		wantSaid(t, c.said(), encoded(t, XML, answered(), 2)) // number 1 is not of the line protocol
		close(c.in)
		if synctest.Wait(); !c.isOver() || c.err != nil {
			t.Errorf("after the end of the connection: over %t, %v", c.isOver(), c.err)
		}
		if n := r.Stats().SignedIn; n != 0 {
			t.Errorf("%d signed in", n)
		}
	})
}

// Empty lines are no commands; pipelined ones are answered in order.
func TestLinePipelined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		for _, l := range []string{"", " \t ", user("ada"), "", pass("ada"), "NOOP", "NOPE", "MAC " + mac1, "QUIT", "NOOP"} {
			c.in <- l
		}
		synctest.Wait()
		wantSaid(t, c.said(), "100 OK", "102 OK", "100 OK", "101 KO unknown command", "100 OK", "900 OK")
	})
}

func TestLineTimes(t *testing.T) {
	const silent = "101 KO idle: nothing was heard for too long"
	signIn := []string{user("ada"), pass("ada"), "MAC " + mac1}
	for _, c := range []struct {
		name  string
		first []string
		every time.Duration // NOOPs after that; 0: none
		after time.Duration // it is closed after this
	}{
		{"silent at the door", nil, 0, 30 * time.Second},
		{"silent half-way", []string{user("ada"), "MAC " + mac1}, 0, 30 * time.Second},
		{"busy, never signing in", []string{user("ada")}, 25 * time.Second, 2 * time.Minute},
		{"without a seat", signIn[:2], 0, 90 * time.Second},
		{"signed in", signIn, 0, 90 * time.Second},
		{"signed in and busy", signIn, 89 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				client := r.line()
				client.talk(t, c.first...)
				began := time.Now()
				stop := make(chan struct{})
				if c.every > 0 {
					go func() {
						for {
							select {
							case <-time.After(c.every):
								client.in <- "NOOP"
							case <-stop:
								return
							}
						}
					}()
				}
				select {
				case <-client.served:
					if got := time.Since(began); got != c.after {
						t.Errorf("closed after %s, want %s", got, c.after)
					}
					if said := client.said(); said[len(said)-1] != silent {
						t.Errorf("told %q", said)
					}
				case <-time.After(time.Hour):
					if c.after != 0 {
						t.Error("never closed")
					}
				}
				close(stop)
			})
		})
	}
}

// A wait for the password gate is the server's, not the client's.
func TestGateIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.gate.wait = make(chan struct{})
		c := r.line()
		c.talk(t, user("ada"))
		c.in <- pass("ada")
		c.in <- "MAC " + mac1
		<-time.After(10 * time.Minute)
		if c.isOver() {
			t.Fatal("closed while the password was checked")
		}
		close(r.gate.wait)
		synctest.Wait()
		wantSaid(t, c.said(), "102 OK", "100 OK")
	})
}

func TestLineFaultsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		for range 3 { // one good line starts the count anew; what is refused for another reason is no fault
			for range 9 {
				c.talk(t, "NOPE")
			}
			c.talk(t, "NOOP")
		}
		var told []string
		for range 10 {
			told = c.talk(t, "NOPE")
		}
		synctest.Wait()
		told = append(told, c.said()...)
		wantSaid(t, told, "101 KO unknown command", "101 KO 10 errors in a row")
		var ended *Ended
		if !c.isOver() || !errors.As(c.err, &ended) || ended.Reason.Code != CodeProtocol {
			t.Errorf("over %t: %v", c.isOver(), c.err)
		}
	})
}

func TestLineNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("no link to Asterisk yet")
		r := newRoom(t, Options{Ready: func() error { return why }})
		c := r.line()
		wantSaid(t, c.talk(t, user("ada"), pass("ada"), "MAC "+mac1),
			"100 OK", "101 KO not ready: no link to Asterisk yet", "101 KO not ready: no link to Asterisk yet")
		why = nil
		wantSaid(t, c.talk(t, pass("ada"), "MAC "+mac1), "102 OK", "100 OK")
	})
}

func TestLineRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		waiting, signedIn := r.line(), r.line()
		signedIn.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		r.cancel()
		synctest.Wait()
		for _, c := range []*wireless{waiting, signedIn} {
			wantSaid(t, c.said(), "101 KO the server is restarting, connect again")
			if !c.isOver() {
				t.Error("not closed")
			}
		}
	})
}

// A flood is read slowly, and no line of it is lost.
func TestLineFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		began := time.Now()
		const lines = 2000
		go func() {
			for range lines {
				c.in <- "NOOP"
			}
			c.in <- "QUIT"
		}()
		<-c.served
		if n := len(c.said()); n != lines+1 {
			t.Errorf("%d answers", n)
		}
		if took := time.Since(began); took < 8*time.Second || took > 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// FuzzLine sends any sequence of commands: each line that is not empty has exactly
// one answer, and nothing has an effect before its time.
func FuzzLine(f *testing.F) {
	f.Add("USER ada\nPASS " + secret("ada") + "\nMAC " + mac1 + "\nNOOP\nQUIT\nNOOP")
	f.Add("MAC " + mac1 + "\nUSER ada\nPASS " + secret("ada") + "\nORIG 1 c 1\nPAUSE IN")
	f.Add("PASS x\nPASS\n\n\x00\nUSER \xff\nUSER ada\nUSER ada\nMAC x\nPAUSE\nORIG")
	f.Add(strings.Repeat("NOPE\n", 12))
	f.Add(strings.Repeat("a", 600) + "\nNOOP")
	f.Fuzz(func(t *testing.T, script string) {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, Options{})
			c := r.line()
			var passed, seated, faults int
			for text := range strings.SplitSeq(script, "\n") {
				select {
				case c.in <- text:
				case <-c.served:
				}
				synctest.Wait()
				said := slices.DeleteFunc(c.said(), func(l string) bool { return l == pausePending }) // an answer follows it
				if c.isOver() {
					if words := strings.Fields(text); len(said) > 0 && said[0] != "900 OK" && faults != 9 {
						t.Fatalf("%q ended it: %q", words, said)
					}
					return
				}
				if want := min(1, len(strings.TrimSpace(text))); len(said) != want && len(strings.Fields(text)) > 0 {
					t.Fatalf("%q: %d answers %q", text, len(said), said)
				}
				if len(said) == 0 {
					continue
				}
				token := said[0][:min(6, len(said[0]))]
				switch {
				case token == "102 OK":
					passed++
				case token == "100 OK" && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "MAC"):
					seated++
				}
				if !strings.Contains("100 OK 102 OK 101 KO 302 KO 300 OK", token) || strings.ContainsAny(said[0], "\r\n") {
					t.Fatalf("%q: %q is no answer", text, said)
				}
				if faults++; token[4:] == "OK" {
					faults = 0
				}
				if in := r.Stats().SignedIn; in > 0 != (passed > 0 && seated > 0) {
					t.Fatalf("%d signed in after %d passwords and %d seats", in, passed, seated)
				}
			}
		})
	})
}

// TestLineLink: desktop clients are told of the link to Asterisk, and what needs it is
// refused while it is away.
func TestLineLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down error
		r := newRoom(t, Options{Linked: func() error { return down }})
		c := r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		down = errors.New("the link to Asterisk is down, try again when it is back")
		wantSaid(t, c.talk(t, "PAUSE IN", "ORIG 1 out 1", "PAUSE", "NOOP"),
			"302 KO the link to Asterisk is down, try again when it is back", "101 KO the link to Asterisk is down, try again when it is back",
			"302 KO the link to Asterisk is down, try again when it is back", "100 OK")
	})
	for _, tt := range []struct {
		state  pbx.LinkState
		reason string
		want   string
	}{
		{pbx.LinkStateDown, "asterisk cannot be reached", "500 LINK DOWN asterisk cannot be reached"},
		{pbx.LinkStateDown, "a\r\nEvent: b\x00", "500 LINK DOWN a  Event: b "},
		{pbx.LinkStateSyncing, "", "500 LINK SYNCING"},
		{pbx.LinkStateReady, "", "500 LINK UP"},
	} {
		if got := string(appendLinkLine(nil, tt.state, tt.reason)); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
