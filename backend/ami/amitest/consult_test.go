package amitest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// desk is an exchange like that of the recordings in calls, on a clock that stands: a service that
// rings 201, and 202, who is asked.
type desk struct {
	t     *testing.T
	s     *amitest.Server
	c     *client
	clock *amitest.Clock
	call  *amitest.Live
	all   []message
}

func newDesk(t *testing.T, asked amitest.Reply, options string) *desk {
	d := &desk{t: t, clock: amitest.Manual(epoch)}
	d.s = listen(t, amitest.Options{Clock: d.clock})
	d.s.AddPhone(amitest.Phone{Extension: "300", Context: "from-trunk"})
	d.s.AddPhone(amitest.Phone{Extension: "201", Context: "from-phones", Does: amitest.Answer, After: second / 2})
	d.s.AddPhone(amitest.Phone{Extension: "202", Context: "from-phones", Does: asked.Does, After: asked.After})
	d.s.AddService(amitest.Service{
		Number: "131", Context: "astcti", Set: []amitest.Variable{{Name: "calldata", Value: "12345"}},
		Phones: []string{"201"}, RingFor: 20 * second, Options: options,
	})
	d.c = dial(t, d.s)
	d.c.login(everything)
	d.c.events()
	d.call = d.s.Call(amitest.Call{From: "300", Via: "300", To: "131"})
	d.wait(second)
	return d
}

// wait lets time pass and keeps what is told.
func (d *desk) wait(t time.Duration) {
	d.clock.Advance(t)
	d.all = append(d.all, d.c.events()...)
}

// of is the channel of a telephone that came last.
func (d *desk) of(extension string) string {
	for _, m := range slices.Backward(d.all) {
		if ch := m.get("Channel"); strings.HasPrefix(ch, "PJSIP/"+extension+"-") {
			return ch
		}
	}
	d.t.Fatalf("%s has no channel", extension)
	return ""
}

// do has the manager do something with a telephone's channel.
func (d *desk) do(want, action, extension string, more ...string) {
	d.t.Helper()
	if got := d.c.ask(action, append([]string{"Channel: " + d.of(extension)}, more...)...); got.get("Message") != want {
		d.t.Fatalf("%s: %v", action, got)
	}
}

func (d *desk) ask() {
	d.t.Helper()
	d.do("Atxfer successfully queued", "Atxfer", "201", "Context: from-phones", "Exten: 202")
	d.wait(second)
}

func (d *desk) hangUp(extension string) {
	d.t.Helper()
	d.do("Channel Hungup", "Hangup", extension)
	d.wait(second)
}

// consults are the recorded attended transfers, and how to play them here.
var consults = []struct {
	name  string
	asked amitest.Reply
	play  func(d *desk)
}{
	{"xfer-attended-ami", answers(second / 2), func(d *desk) {
		d.ask()
		d.hangUp("201")
		d.hangUp("202")
	}},
	{"xfer-attended-aborted", answers(second / 2), func(d *desk) {
		d.ask()
		d.do("CancelAtxfer successfully queued", "CancelAtxfer", "201")
		d.wait(second)
		d.hangUp("300")
	}},
	{"xfer-attended-declined", answers(second / 2), func(d *desk) {
		d.ask()
		d.hangUp("202")
		d.hangUp("300")
	}},
	{"xfer-attended-no-answer", ignores, func(d *desk) {
		d.ask()
		d.wait(15 * second)
		d.hangUp("300")
	}},
	{"xfer-feature-semi", answers(2 * second), func(d *desk) {
		d.ask()
		d.hangUp("201")
		d.wait(second)
		d.hangUp("300")
	}},
	{"xfer-feature-recall", ignores, func(d *desk) {
		d.ask()
		d.hangUp("201")
		d.wait(16 * second)
		d.hangUp("300")
	}},
}

// TestConsults: each channel and each bridge is told the same as on the real one.
func TestConsults(t *testing.T) {
	for _, c := range consults {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.asked, "tT")
			c.play(d)
			select {
			case <-d.call.Done():
			default:
				t.Fatal("the call has not ended")
			}
			if n := d.s.Channels(); n != 0 {
				t.Fatalf("%d channels are left", n)
			}
			b, err := os.ReadFile(filepath.Join("calls", c.name, "22.ami"))
			if err != nil {
				t.Fatal(err)
			}
			want, got := fromHold(parse(string(b))), fromHold(d.all)
			for _, name := range sortedKeys(want, got) {
				diff(t, name, want[name], got[name])
			}
		})
	}
}

// aside are what differs between exchanges, or is not told here: who a telephone says it is, its
// keys, and the quality of the sound; and whether one half of the Local channel
// still hears that the other has hung up.
func aside(m message) bool {
	name := m.get("Event")
	if name == "HangupRequest" && strings.HasPrefix(m.get("Channel"), "Local/") || m.get("Variable") == "CHANLOCALSTATUS" {
		return true
	}
	return name == "NewCallerid" || name == "NewConnectedLine" || name == "QueueMemberStatus" || strings.HasPrefix(name, "DTMF") ||
		name == "" || strings.HasPrefix(m.get("Variable"), "RTPAUDIO") || strings.HasPrefix(name, "RTCP") || name == "TestEvent"
}

// fromHold sorts what is told after the first Hold by what it is of: a channel, its variables, a bridge.
func fromHold(all []message) map[string][]string {
	n := &normal{ids: map[string]string{}}
	out := map[string][]string{}
	held := false
	for _, m := range all {
		whole := n.text(m)
		held = held || m.get("Event") == "Hold"
		if !held || aside(m) {
			continue
		}
		var kept []string
		for part := range strings.SplitSeq(whole, "|") {
			header, _, _ := strings.Cut(part, "=")
			switch {
			case strings.Contains(header, "CallerID"), strings.Contains(header, "ConnectedLine"):
			case strings.HasSuffix(header, "BridgeTechnology"): // it changes while the call goes on
			default:
				kept = append(kept, strings.TrimSuffix(part, "kK"))
			}
		}
		text := strings.Join(kept, "|")
		key := m.get("Channel") + m.get("LocalOneChannel")
		if key == "" {
			key = m.get("DestChannel")
		}
		if key == "" {
			key = "bridge " + n.id(m.get("BridgeUniqueid"), "B")
		}
		key = channel.ReplaceAllString(key, "$1/$2-x")
		if m.get("Event") == "VarSet" {
			key += " variables"
			if strings.HasPrefix(m.get("Variable"), "BRIDGEP") && slices.Contains(out[key], text) {
				continue
			}
		}
		out[key] = append(out[key], text)
	}
	return out
}

// TestConsultEnds: what no recording has. Everything ends, and nobody is left alone.
func TestConsultEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked amitest.Reply
		play  func(d *desk)
		left  int // channels
	}{
		{"the caller hangs up, they talk on", answers(second / 2), func(d *desk) {
			d.ask()
			d.hangUp("300")
		}, 2},
		{"and hang up", answers(second / 2), func(d *desk) {
			d.ask()
			d.hangUp("300")
			d.hangUp("202")
		}, 0},
		{"the caller hangs up while it rings", ignores, func(d *desk) {
			d.ask()
			d.hangUp("300")
		}, 0},
		{"the caller hangs up after he was handed on", ignores, func(d *desk) {
			d.ask()
			d.hangUp("201")
			d.hangUp("300")
		}, 0},
		{"the colleague is busy", busy, (*desk).ask, 2},
		{"it is not known where he is", amitest.Reply{Does: amitest.Unregistered}, (*desk).ask, 2},
		{"he declines after the call was handed on", amitest.Reply{Does: amitest.Decline, After: 2 * second}, func(d *desk) {
			d.ask()
			d.hangUp("201")
			d.wait(2 * second)
		}, 2},
		{"and the one who handed on is gone", ignores, func(d *desk) {
			d.ask()
			d.hangUp("201")
			d.s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Unregistered})
			d.wait(16 * second)
		}, 0},
		{"or does not answer", ignores, func(d *desk) {
			d.ask()
			d.hangUp("201")
			d.s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Ignore})
			d.wait(31 * second)
		}, 0},
		{"the caller hangs up meanwhile", ignores, func(d *desk) {
			d.ask()
			d.hangUp("201")
			d.wait(14 * second)
			d.hangUp("300")
		}, 0},
		{"half the Local channel is hung up", answers(second / 2), func(d *desk) {
			d.ask()
			if r := d.c.ask("Hangup", "Channel: Local/202@from-phones-00000000;1"); r.get("Response") != "Success" {
				d.t.Fatal(r)
			}
			d.wait(second)
		}, 2},
		{"before the keys are heard", answers(second / 2), func(d *desk) {
			d.do("Atxfer successfully queued", "Atxfer", "201", "Exten: 202")
			d.hangUp("201")
		}, 0},
		{"twice", answers(second / 2), func(d *desk) {
			d.ask()
			d.do("CancelAtxfer successfully queued", "CancelAtxfer", "201")
			d.wait(second)
			d.ask()
			d.hangUp("201")
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.asked, "tT")
			c.play(d)
			if n := d.s.Channels(); n != c.left {
				t.Errorf("%d channels are left, want %d", n, c.left)
			}
			if n := len(d.c.list("BridgeList")) - 1; n != c.left/2 {
				t.Errorf("%d bridges are left, want %d", n, c.left/2)
			}
			if c.left > 0 {
				d.s.AddPhone(amitest.Phone{Extension: "202", Context: "from-phones", Does: amitest.Answer})
				d.c.send("Hangup", "Channel: "+d.talking())
				d.wait(20 * second)
			}
			if n := d.s.Channels(); n != 0 {
				t.Errorf("%d channels are left for ever", n)
			}
			for _, e := range []string{"300", "201", "202"} {
				if !d.s.Idle(e) {
					t.Errorf("%s is not idle", e)
				}
			}
		})
	}
}

// talking is a channel that lives.
func (d *desk) talking() string {
	d.t.Helper()
	for _, m := range d.c.list("CoreShowChannels") {
		if ch := m.get("Channel"); ch != "" {
			return ch
		}
	}
	d.t.Fatal("nobody talks")
	return ""
}

// TestAtxferAnswers: Asterisk says that keys were pressed, and nothing of what comes of them.
func TestAtxferAnswers(t *testing.T) {
	d := newDesk(t, answers(second), "")
	for _, c := range []struct{ action, channel, exten, want string }{
		{"Atxfer", "", "202", "No channel specified"},
		{"Atxfer", "PJSIP/201-99", "", "No extension specified"},
		{"Atxfer", "PJSIP/201-99", "202", "Channel specified does not exist"},
		{"CancelAtxfer", "", "", "No channel specified"},
		{"CancelAtxfer", "PJSIP/201-99", "", "Channel specified does not exist"},
		{"PJSIPNotify", "", "", "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel."},
		{"PJSIPNotify", "PJSIP/201-99", "", "Channel not found"},
	} {
		if got := d.c.ask(c.action, "Channel: "+c.channel, "Exten: "+c.exten); got.get("Response") != "Error" || got.get("Message") != c.want {
			t.Errorf("%s: %v", c.action, got)
		}
	}
	d.ask() // its Dial has no option t
	d.do("CancelAtxfer successfully queued", "CancelAtxfer", "201")
	d.wait(second)
	if d.s.Channels() != 2 || d.call.Status() != "ANSWER" {
		t.Error("keys that nothing heeds did something")
	}
	if got := d.c.ask("Getvar", "Channel: "+d.of("201"), "Variable: TRANSFER_CONTEXT").get("Value"); got != "from-phones" {
		t.Errorf("TRANSFER_CONTEXT is %q", got)
	}
	d.hangUp("300")

	old := listen(t, amitest.Options{Dialect: amitest.Asterisk14})
	c := dial(t, old)
	c.login(everything)
	for _, action := range []string{"Atxfer", "CancelAtxfer", "PJSIPNotify"} {
		if got := c.ask(action, "Channel: SIP/201-1", "Exten: 202").get("Message"); got != "Invalid/unknown command" {
			t.Errorf("1.4 answers %s: %s", action, got)
		}
	}
}

// TestNotify: telephones do what they are told, and only that.
func TestNotify(t *testing.T) {
	clock := amitest.Manual(epoch)
	s := listen(t, amitest.Options{Clock: clock})
	s.AddPhone(amitest.Phone{Extension: "300", Context: "from-trunk"})
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Ignore})
	s.AddPhone(amitest.Phone{Extension: "202", Does: amitest.Ignore})
	s.AddService(amitest.Service{Number: "131", Context: "astcti", Phones: both})
	d := &desk{t: t, s: s, c: dial(t, s), clock: clock}
	d.c.login(everything)
	d.call = s.Call(amitest.Call{From: "300", Via: "300", To: "131", Talk: 10 * second})
	d.wait(second)
	tell := func(event string, want ...string) {
		t.Helper()
		before := len(d.all)
		d.do("NOTIFY sent", "PJSIPNotify", "201", "Variable: Event="+event)
		d.wait(second)
		var got []string
		for _, m := range d.all[before:] {
			if e := m.get("Event"); slices.Contains([]string{"Hold", "Unhold", "MusicOnHoldStart", "MusicOnHoldStop", "DialEnd", "BridgeEnter"}, e) {
				got = append(got, e+" "+channel.ReplaceAllString(m.get("Channel"), "$2"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", event, got, want)
		}
	}
	tell("hold")
	tell("talk", "DialEnd 300", "DialEnd 300", "BridgeEnter 201", "BridgeEnter 300")
	if d.call.AnsweredBy() != "201" {
		t.Fatal("201 has not answered")
	}
	tell("check-sync")
	tell("hold", "Hold 201", "MusicOnHoldStart 300")
	tell("hold")
	clock.Advance(time.Minute) // nobody hangs up who waits
	tell("talk", "Unhold 201", "MusicOnHoldStop 300")
	tell("talk")
	d.wait(11 * second) // and then he talks on for as long as he would have
	if s.Channels() != 0 {
		t.Error("300 has not hung up")
	}
}

// TestAskerCalled: who has called somebody hands him on, with events that say so.
func TestAskerCalled(t *testing.T) {
	d := newDesk(t, answers(second/2), "tT")
	d.hangUp("300")
	d.all = nil
	call := d.s.Call(amitest.Call{From: "201", To: "300"})
	d.wait(second / 4)
	call.Answer("300")
	d.wait(second / 4)
	d.ask()
	d.hangUp("201")
	var got []string
	for _, m := range d.all {
		if m.get("Event") == "AttendedTransfer" {
			got = append(got, channel.ReplaceAllString(m.get("OrigTransfererChannel")+" "+m.get("TransfereeChannel"), "$2")) //nolint:misspell // Asterisk's words
		}
	}
	if !slices.Equal(got, []string{"201 300"}) {
		t.Errorf("told %q", got)
	}
	if n := d.s.Channels(); n != 2 {
		t.Errorf("%d channels", n)
	}
	d.hangUp("300")
	select {
	case <-call.Done():
	default:
		t.Error("the call has not ended")
	}
	if n := d.s.Channels(); n != 0 {
		t.Errorf("%d channels are left", n)
	}
}
