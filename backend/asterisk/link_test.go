package asterisk_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestRetries holds row A2: so many tries, with so long a pause, then one clear
// reason.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		l := start(t, asterisk.Options{Retries: 3, Dial: func(ctx context.Context) (net.Conn, error) {
			tries++
			return refuse(ctx)
		}}, calldata, 8)
		began := time.Now()
		err := <-l.done
		if !errors.Is(err, asterisk.ErrUnreachable) || !errors.Is(err, errRefused) ||
			err.Error() != "given up after 4 tries: asterisk cannot be reached: connection refused" {
			t.Error(err)
		}
		if took := time.Since(began); tries != 4 || took < 3*pause || took > 3*pause+3*pause/5 {
			t.Errorf("%d tries in %v", tries, took)
		}
		// The same reason is told once.
		if b := <-l.out; len(b.Events) != 1 || words(b.Events[0]) != `LinkDown text="asterisk cannot be reached"` || len(l.out) != 0 {
			t.Error(lines(b.Events))
		}
		if s := l.link.Status(); s.State != pbx.LinkStateDown || s.Reason() != "asterisk cannot be reached: connection refused" {
			t.Errorf("%+v", s)
		}
	})
}

// TestRetriesCountFromTheLastLink holds that a link that stood begins the count anew.
func TestRetriesCountFromTheLastLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "11.0.0", on: map[string]func(*client, map[string]string){
			"Status": func(c *client, _ map[string]string) { c.Close() },
		}}
		tries := 0
		l := start(t, asterisk.Options{Retries: 2, Dial: func(ctx context.Context) (net.Conn, error) {
			if tries++; tries%2 == 1 && tries < 6 {
				return f.pipe(ctx)
			}
			return refuse(ctx)
		}}, calldata, 100)
		if err := <-l.done; !errors.Is(err, asterisk.ErrUnreachable) || tries != 7 {
			t.Errorf("%v after %d tries", err, tries)
		}
		l.secretSafe()
	})
}

func TestForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t, asterisk.Options{Retries: -1, Dial: refuse}, calldata, 8)
		<-time.After(24 * time.Hour)
		l.stop()
	})
}

// TestReasons holds that what can go wrong is told apart.
func TestReasons(t *testing.T) {
	say := func(s string) func(context.Context) (net.Conn, error) {
		return func(context.Context) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				_, _ = io.WriteString(there, s)
				if s != "" && !strings.HasPrefix(s, "Asterisk") {
					there.Close()
					return
				}
				_, _ = io.Copy(io.Discard, there) // hears, and says nothing more
				there.Close()
			}()
			return here, nil
		}
	}
	answer := func(action, text string) func(context.Context) (net.Conn, error) {
		f := &fake{version: "5.0.4", on: map[string]func(*client, map[string]string){action: func(c *client, h map[string]string) {
			if text == "" {
				c.Close()
				return
			}
			c.say(strings.ReplaceAll(text, "@", h["ActionID"]))
		}}}
		return f.pipe
	}
	for _, tt := range []struct {
		name string
		dial func(context.Context) (net.Conn, error)
		auth string
		is   error
		text string
	}{
		{"nobody there", refuse, "", asterisk.ErrUnreachable, "asterisk cannot be reached: connection refused"},
		{"a dial without end", func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }, "", asterisk.ErrUnreachable, "asterisk cannot be reached: context deadline exceeded"},
		{"a web server", say("HTTP/1.1 400 Bad Request\r\n\r\n"), "", asterisk.ErrNotAMI, `the peer is not an Asterisk manager: ami: it greets with "HTTP/1.1 400 Bad Request...."`},
		{"one that says nothing", say(""), "", asterisk.ErrNotAMI, "the peer is not an Asterisk manager: ami: it sent no greeting"},
		{"one that only greets", say("Asterisk Call Manager/5.0.4\r\n"), "", asterisk.ErrLost, "the link to Asterisk was lost: no answer to the login"},
		{"a wrong secret", answer("Login", "Response: Error|Message: Authentication failed|ActionID: @"), "secret", asterisk.ErrLoginRefused, "asterisk refuses the manager's login: ami: login refused: Authentication failed"},
		{"no challenge", answer("Challenge", "Response: Error|Message: Permission denied|ActionID: @"), "md5", asterisk.ErrLoginRefused, "asterisk refuses the manager's login: ami: login refused: Permission denied"},
		{"closed at the login", answer("Login", ""), "", asterisk.ErrLost, "the link to Asterisk was lost: it closed the connection: Login: EOF"},
		{"no answer to Status", answer("Status", "Response: Success|Message: for another|ActionID: 7"), "", asterisk.ErrLost, "the link to Asterisk was lost: no answer to what calls there are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := start(t, asterisk.Options{Dial: tt.dial, Auth: tt.auth}, calldata, 100)
				err := <-l.done
				if !errors.Is(err, tt.is) || !strings.HasSuffix(err.Error(), tt.text) {
					t.Error(err)
				}
				l.secretSafe()
			})
		})
	}
}

// TestHalfOpen holds row A8: a link on which nothing comes any more is found dead
// within 20 s, however seldom it is asked, and one on which little comes is not.
func TestHalfOpen(t *testing.T) {
	for _, ping := range []time.Duration{0, time.Second, 10 * time.Second, time.Minute} {
		t.Run(ping.String(), func(t *testing.T) { halfOpen(t, ping) })
	}
}

func halfOpen(t *testing.T, ping time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		var quiet atomic.Bool
		f := &fake{t: t, version: "11.0.0"}
		f.on = map[string]func(*client, map[string]string){"Ping": func(c *client, h map[string]string) {
			if !quiet.Load() {
				c.say("Response: Success|Ping: Pong|ActionID: " + h["ActionID"])
			}
		}}
		l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1, Ping: ping, Sweep: 24 * time.Hour}, calldata, 8)
		l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		<-time.After(time.Hour)
		if s := l.link.Status(); s.State != pbx.LinkStateReady || len(l.out) != 0 {
			t.Fatalf("%+v", s)
		}
		quiet.Store(true)
		began := time.Now()
		e := l.next()
		if took := time.Since(began); e.Kind != pbx.LinkDown || took > 20*time.Second ||
			e.Text != asterisk.ErrLost.Error() {
			t.Errorf("%s after %v", words(e), took)
		}
		quiet.Store(false)
		l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		l.stop()
	})
}

// TestForgotten holds that what Asterisk forgot to send comes a moment later, and that a link on
// which nothing happens is asked no oftener for that.
func TestForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hangup = "Event: Hangup|Privilege: call,all|Uniqueid: "
		var forgotten atomic.Pointer[string]
		var pings atomic.Int32
		f := &fake{t: t, version: "11.0.0", events: make(chan string)}
		f.on = map[string]func(*client, map[string]string){"Ping": func(c *client, h map[string]string) {
			pings.Add(1)
			if event := forgotten.Swap(nil); event != nil {
				c.say(*event)
			}
			c.say("Response: Success|Ping: Pong|ActionID: " + h["ActionID"])
		}}
		l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1, Ping: 10 * time.Second, Sweep: 24 * time.Hour}, calldata, 8)
		l.until(pbx.SyncEnd)
		<-time.After(31500 * time.Millisecond) // between two looks of the link
		if n := pings.Load(); n < 3 || n > 5 {
			t.Fatalf("%d pings in half a minute", n)
		}
		second := hangup + "2"
		forgotten.Store(&second)
		f.events <- hangup + "1"
		told := time.Now()
		l.expect(pbx.Hangup, pbx.Hangup)
		if took := time.Since(told); took > 2*time.Second {
			t.Errorf("the second came after %v", took)
		}
		pings.Store(0)
		<-time.After(9 * time.Second) // once more for what the ping brought
		if n := pings.Load(); n > 1 {
			t.Errorf("%d pings in nine seconds", n)
		}
		l.stop()
	})
}

// TestOverrun holds that a consumer that stands still costs the link, is told so, and
// finds the picture taken anew; and that one that is slow loses nothing.
func TestOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "11.0.0", events: make(chan string)}
		l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1}, calldata, 1)
		l.until(pbx.SyncEnd)
		const hangup = "Event: Hangup|Privilege: call,all|Uniqueid: 1"
		for range 10 {
			f.events <- hangup
			f.events <- hangup
			<-time.After(2900 * time.Millisecond)
			l.expect(pbx.Hangup, pbx.Hangup)
		}
		f.events <- hangup
		f.events <- hangup
		<-time.After(3100 * time.Millisecond)
		s := l.link.Status()
		if s.Overruns != 1 || !errors.Is(s.Err, asterisk.ErrOverrun) || s.State != pbx.LinkStateDown {
			t.Errorf("%+v", s)
		}
		l.expect(pbx.Hangup, pbx.LinkDown, pbx.LinkUp, pbx.SyncBegin)
		l.until(pbx.SyncEnd)
		l.stop()
	})
}

// TestLegacyForger holds that until 11 what follows a cut event is not believed.
func TestLegacyForger(t *testing.T) {
	const newexten = "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1|Context: c|Extension: 1|Priority: 1|Application: NoOp|AppData: x"
	const varset = "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: calldata|Value: x"
	const hangup = "||Event: Hangup|Privilege: call,all|Channel: SIP/2|Uniqueid: 2|Cause: 16"
	const tail = "|Uniqueid: 1"
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "1.1", events: make(chan string, 100)}
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 100)
		l.until(pbx.SyncEnd)
		for _, e := range []string{
			newexten + hangup + tail,
			varset + hangup + "||and more" + tail,
			newexten + "||Event: Hangup|Privilege: call,all|Cause: 16||" + "Event: Hangup|Privilege: call,all|Uniqueid: 2|Cause: 1" + tail,
			newexten + "|Event: Hangup|Uniqueid: 2" + tail,
			newexten + tail + "|ChanVariable(SIP/1): a=1|ChanVariable(SIP/1): b=",
			"Event: Hangup|Privilege: call,all|Channel: SIP/1|Uniqueid: 1|Cause: 16",
		} {
			f.events <- e
		}
		if e := l.next(); e.Kind != pbx.NewExten || e.AppData != "x" {
			t.Error(words(e))
		}
		if e := l.next(); words(e) != `Hangup id="1" name="SIP/1" n=16` {
			t.Error(words(e))
		}
		if n := l.link.Status().Forged; n != 9 {
			t.Errorf("%d messages were not believed", n)
		}
		if !strings.Contains(l.log.String(), "line break") {
			t.Error("nothing is logged")
		}
		l.stop()
	})
}

// TestGuarded holds that it is known whether Asterisk keeps forged events from us.
func TestGuarded(t *testing.T) {
	for _, answer := range []string{"Success", "Error"} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, version: "11.0.0", on: map[string]func(*client, map[string]string){"Filter": func(c *client, h map[string]string) {
				c.say("Response: " + answer + "|Message: Permission denied|ActionID: " + h["ActionID"])
			}}}
			l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 8)
			l.until(pbx.SyncEnd)
			if got := l.link.Status().Guarded; got != (answer == "Success") {
				t.Errorf("%s: %v", answer, got)
			}
			l.stop()
		})
	}
}

func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "11.0.0"}
		up := make(chan struct{})
		l := start(t, asterisk.Options{Dial: func(ctx context.Context) (net.Conn, error) { <-up; return f.pipe(ctx) }}, calldata, 8)
		if _, err := l.link.Do(t.Context(), ami.Ping()); !errors.Is(err, asterisk.ErrDown) {
			t.Error(err)
		}
		close(up)
		l.until(pbx.SyncEnd)
		if a, err := l.link.Do(t.Context(), ami.QueuePause("q", "SIP/1", "", true)); err != nil || !a.OK() {
			t.Error(a, err)
		}
		l.stop()
	})
}

// TestEventBeforeAnswer: an event that comes with the answer behind it, in one read, is told
// at once.
func TestEventBeforeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "11.0.0"}
		f.on = map[string]func(*client, map[string]string){"QueuePause": func(c *client, h map[string]string) {
			c.say("Event: Hangup|Privilege: call,all|Uniqueid: 1||Response: Success|ActionID: " + h["ActionID"])
		}}
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 8)
		l.until(pbx.SyncEnd)
		if _, err := l.link.Do(t.Context(), ami.QueuePause("q", "SIP/1", "", true)); err != nil {
			t.Error(err)
		}
		began := time.Now()
		if l.expect(pbx.Hangup); time.Since(began) > 0 {
			t.Errorf("after %v", time.Since(began))
		}
		l.stop()
	})
}

// TestSetWanted holds that what is wanted can change while the link stands.
func TestSetWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, version: "11.0.0", events: make(chan string)}
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 8)
		l.until(pbx.SyncEnd)
		const other = "Event: VarSet|Privilege: dialplan,all|Uniqueid: 1|Linkedid: 1|Variable: other|Value: "
		f.events <- other + "unheard"
		synctest.Wait()
		l.link.SetWanted(asterisk.Wanted{Variables: map[string]bool{"other": true}})
		f.events <- other + "heard"
		if e := l.next(); e.Value != "heard" {
			t.Error(words(e))
		}
		l.stop()
	})
}
