package tracker

import (
	"fmt"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

var (
	linkDown  = pbx.Event{Kind: pbx.LinkDown, Text: "connection reset"}
	linkUp    = pbx.Event{Kind: pbx.LinkUp, Text: "11.0.0"}
	syncBegin = pbx.Event{Kind: pbx.SyncBegin}
	syncEnd   = pbx.Event{Kind: pbx.SyncEnd}
)

// in has a channel's dialplan be at context and exten in a resync.
func in(e pbx.Event, context, exten string) pbx.Event {
	e.Channel.Context, e.Channel.Exten = context, exten
	return e
}

// TestResync loses the link in the middle of a call (row A7).
func TestResync(t *testing.T) {
	caller := in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), "sales", "101")
	phone := in(exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), "phones", "")
	for _, c := range []struct {
		name   string
		before []pbx.Event
		during []pbx.Event
		told   string
		left   int
	}{
		{"it goes on", together(calling(), ringing(), answering()), together(phone, caller, set("1", "calldata", "12345")), "", 2},
		{"it goes on, and is bridged again", together(calling(), ringing(), answering()),
			together(caller, phone, syncEnd, leaves("1", "b"), enters("1", "b")), "Unlink Link", 2},
		{"it is over", together(calling(), ringing(), answering()), nil, "Unlink Hangup(0) available", 0},
		{"the caller is gone", together(calling(), ringing()), together(exists("PJSIP/201-2", "2", "1", pbx.Ringing, "")), "", 1},
		{"it was answered meanwhile", together(calling(), ringing()), together(caller, phone), "Newstate(Up) Link oncall", 2},
		{"it is answered while the list comes", together(calling(), ringing()), together(answering()), "Newstate(Up) oncall Link!", 2},
		{"it is over while the list comes", together(calling(), ringing(), answering()), together(dies("2", 16), phone, caller), "Hangup(16) available", 1},
		{"it rings on and is answered then", together(calling(), ringing()),
			together(exists("PJSIP/201-2", "2", "1", pbx.Ringing, ""), in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, ""), "sales", "101"), syncEnd, answering()), "Newstate(Up) oncall Link!", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.before...)
			s.told("ada")
			s.play(linkDown)
			if n := s.ears["ada"].notices[0]; n.Link != pbx.LinkStateDown || n.Text != "connection reset" || !n.Since.Equal(s.now) {
				t.Errorf("told %+v", n)
			}
			s.want("ada", "link-down")
			s.play(linkUp, syncBegin)
			s.want("ada", "link-syncing")
			s.play(c.during...)
			s.play(syncEnd)
			told := s.told("ada")
			if told != join(c.told, "link-ready") && told != join("link-ready", c.told) {
				t.Errorf("\n got %s\nwant %s", told, c.told)
			}
			if len(s.p.channels) != c.left {
				t.Errorf("%d channels are left", len(s.p.channels))
			}
			pops := s.p.count.Pops
			s.play(linkDown, linkUp, syncBegin, syncEnd)
			if s.p.calls != 0 || len(s.p.keys) != 0 || len(s.p.bridges) != 0 || s.p.count.Pops != pops {
				t.Errorf("left over: %d calls, %d keys, %d bridges", s.p.calls, len(s.p.keys), len(s.p.bridges))
			}
		})
	}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// TestFound has the server start in the middle of calls: they are shown, with a button,
// and never pop.
func TestFound(t *testing.T) {
	for _, agentFirst := range []bool{true, false} {
		s := newScene(t, "PJSIP")
		caller := together(in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), "sales", "101"), set("1", "calldata", "12345"))
		caller[0].Channel.CallerID.Number = "300"
		phone := together(in(exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), "campaign", "101"))
		list := together(caller, phone)
		if agentFirst {
			list = together(phone, caller)
		}
		s.play(syncBegin)
		s.told("ada")
		s.play(together(list, syncEnd)...)
		c := s.last("ada")
		if c.Service != "Sales" || c.Caller.Number != "300" || c.Called != "101" || c.Phase != pbx.PhaseTalking || c.Action == nil || c.Action.URL == "" {
			t.Errorf("agent first %v: shown %+v", agentFirst, c)
		}
		s.play(leaves("2", "b"), enters("2", "b"))
		if s.p.count.Pops != 0 {
			t.Errorf("agent first %v: %s", agentFirst, s.told("ada"))
		}
		if agentFirst { // that she talks is known before with whom
			s.want("ada", "oncall Newchannel Newstate(Up) Link link-ready Unlink Link")
		} else {
			s.want("ada", "Newchannel Newstate(Up) Link oncall link-ready Unlink Link")
		}
	}
}

// TestFoundWaiting has the server start while a caller waits in a queue. Then all goes
// as ever.
func TestFoundWaiting(t *testing.T) {
	s := newScene(t, "PJSIP")
	caller := in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, ""), "support", "102")
	caller.Queue = "Help"
	s.play(together(syncBegin, caller, set("1", "calldata", "12345"), syncEnd, ringing(), answering())...)
	s.want("ada", "link-syncing link-ready Newchannel Newstate(Ringing) Callerid ringing Newstate(Up) oncall Link!")
}

// TestFoundQueued finds calls that a queue has given to an agent: the caller talks, and
// does not wait any more. What is known of his waiting stays.
func TestFoundQueued(t *testing.T) {
	caller := in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), "support", "102")
	caller.Queue = "Help"
	phone := in(exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), "phones", "")
	for _, list := range [][]pbx.Event{{caller, phone}, {phone, caller}} {
		s := newScene(t, "PJSIP")
		s.play(syncBegin, list[0], list[1], syncEnd)
		if c := s.last("ada"); c.Service != "Support" || c.Queue != "Help" || len(s.p.waiting) != 0 {
			t.Errorf("shown %+v, %d wait", c, len(s.p.waiting))
		}
	}
	s := newScene(t, "PJSIP")
	s.play(together(calling(), queues("1", "Help", "300"), ringing())...)
	s.play(linkDown, linkUp, syncBegin, phone, caller, syncEnd) // answered meanwhile
	if len(s.p.waiting) != 0 {
		t.Errorf("%d wait", len(s.p.waiting))
	}
	s = newScene(t, "PJSIP")
	s.play(together(calling(), queues("1", "Help", "300"), ringing(), about(pbx.QueueLeave, "1"), answering())...)
	queued := s.last("ada").Queued
	s.play(linkDown, linkUp, syncBegin, phone, caller, syncEnd, leaves("1", "b"), enters("1", "b"))
	if c := s.last("ada"); !c.Queued.Equal(queued) || c.Queue != "Help" || len(s.p.waiting) != 0 {
		t.Errorf("queued %v, before %v, %d wait", c.Queued, queued, len(s.p.waiting))
	}
}

// TestStillWaiting: whoever waits before and after the link was down has waited all the
// time, whether Status tells it or, until 11, QueueStatus.
func TestStillWaiting(t *testing.T) {
	told := in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, ""), "support", "102")
	plain := told
	told.Queue = "Help"
	for _, list := range [][]pbx.Event{{told}, {plain, queues("1", "help", "300")}} {
		s := newScene(t, "PJSIP")
		s.play(together(calling(), queues("1", "Help", "300"))...)
		queued := s.now
		s.play(linkDown, linkUp, syncBegin)
		s.play(list...)
		s.play(syncEnd)
		s.play(ringing()...)
		if c := s.last("ada"); !c.Queued.Equal(queued) {
			t.Errorf("queued %v, not %v", c.Queued, queued)
		}
	}
}

// TestFoundOrphan finds a call whose first channel is gone: it begins with the channel
// that is no agent's.
func TestFoundOrphan(t *testing.T) {
	s := newScene(t, "PJSIP")
	trunk := exists("PJSIP/trunk-9", "9", "1", pbx.Up, "b")
	s.play(syncBegin, exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), trunk, syncEnd)
	if k := s.p.channels["2"].call; k.origin.id != "9" || k.origin.device != "PJSIP/TRUNK" {
		t.Errorf("begins with %+v", k.origin)
	}
}

// TestNoResurrection: what hung up does not come back by an event that comes late.
func TestNoResurrection(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), dies("2", 16), dies("7", 16))...)
	s.told("ada")
	late := born("PJSIP/201-2", "2", "1", pbx.Down, "201")
	seven := born("PJSIP/201-7", "7", "1", pbx.Ringing, "")
	seven.Kind = pbx.NewState
	s.play(late, seven, exists("PJSIP/201-2", "2", "1", pbx.Up, "b"))
	s.want("ada", "")
	s.now = s.now.Add(2*graveTime + time.Second)
	s.play(linkDown, linkUp)
	s.now = s.now.Add(2*graveTime + time.Second)
	s.play(late)
	if s.p.channels["2"] == nil {
		t.Error("a grave is kept for ever")
	}
}

// TestSyncEndAlone: without a beginning nothing is known to be gone.
func TestSyncEndAlone(t *testing.T) {
	s := newScene(t, "")
	s.play(together(calling(), syncEnd, syncBegin, linkDown, syncEnd)...)
	if s.p.calls != 1 || s.p.line.state != pbx.LinkStateDown {
		t.Errorf("%d calls, link %s", s.p.calls, s.p.line.state)
	}
}

// TestRestarted: what was there before Asterisk was restarted is over at once; what has
// come since is not.
func TestRestarted(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	s.told("ada")
	s.play(linkDown, linkUp)
	s.play(born("PJSIP/trunk-9", "99", "99", pbx.Ring, "400"))
	again := syncBegin
	again.Number = 1
	s.play(again)
	if s.p.calls != 1 || s.p.channels["99"] == nil {
		t.Errorf("%d calls", s.p.calls)
	}
	if c := s.last("ada"); c.CauseText != "Asterisk was restarted" {
		t.Errorf("cause %q", c.CauseText)
	}
	s.want("ada", "link-down link-syncing Unlink Hangup(0) available")
}

// TestBornBeforeSync: what was heard of since the link was made is not over because nobody
// names it, as when Status is refused.
func TestBornBeforeSync(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	s.play(linkDown, linkUp, born("PJSIP/trunk-9", "9", "9", pbx.Ring, "400"), queues("9", "help", "400"), syncBegin, syncEnd)
	if s.p.channels["9"] == nil || len(s.p.channels) != 1 || len(s.p.waiting) != 1 {
		t.Errorf("%d channels, %d wait", len(s.p.channels), len(s.p.waiting))
	}
}

// TestTimesOfResync: what is found has lasted for as long as Asterisk says.
func TestTimesOfResync(t *testing.T) {
	s := newScene(t, "PJSIP")
	caller, phone := exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), exists("PJSIP/201-2", "2", "1", pbx.Up, "b")
	caller.Channel.Context, caller.Channel.Exten, caller.Seconds, phone.Seconds = "sales", "101", 90, 60
	waits := exists("PJSIP/trunk-5", "5", "5", pbx.Up, "")
	waits.Channel.Context, waits.Channel.Exten, waits.Queue = "support", "102", "help"
	join := queues("5", "help", "500")
	join.Seconds = 40
	s.play(linkDown, linkUp, syncBegin, caller, phone, waits, join, syncEnd)
	calls := s.sit("ada", "PJSIP/201", 2).snapshot.Calls
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	if c := calls[0]; s.now.Sub(c.Started) < time.Minute || s.now.Sub(c.Answered) < time.Minute {
		t.Errorf("started %v, answered %v ago", s.now.Sub(c.Started), s.now.Sub(c.Answered))
	}
	if k := s.p.waiting[0]; s.now.Sub(k.queuedAt) < 40*time.Second {
		t.Errorf("waits for %v", s.now.Sub(k.queuedAt))
	}
}

// sweep has a slow check list channels.
func (s *scene) sweep(ids ...string) {
	s.play(pbx.Event{Kind: pbx.SweepBegin})
	for _, id := range ids {
		e := about(pbx.SweepChannel, id)
		e.Channel.Name = "PJSIP/trunk-" + id
		s.play(e)
	}
	s.play(pbx.Event{Kind: pbx.SweepEnd})
}

// TestSweep: a channel whose Hangup was lost ends when two sweeps have not found it.
func TestSweep(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	s.told("ada")
	s.sweep("1", "2")
	s.sweep("1")
	s.sweep("1", "2")
	s.sweep("1")
	s.want("ada", "")
	s.play(pbx.Event{Kind: pbx.SweepBegin}) // cut: it says nothing
	s.want("ada", "")
	s.sweep("1")
	s.want("ada", "Hangup(0) available")
	if n := s.p.count.SweptChannels; n != 1 || fmt.Sprint(s.p.corrected) != "[2 PJSIP/201-2]" {
		t.Errorf("ended %d: %v", n, s.p.corrected)
	}
}

// TestSweepHeard: of whom something was heard since a sweep missed him, that one does not
// count.
func TestSweepHeard(t *testing.T) {
	byName := about(pbx.BridgeEnter, "")
	byName.Channel.Name, byName.Bridge = "PJSIP/201-2", "b"
	for _, heard := range [][]pbx.Event{
		{becomes("2", pbx.Up, "", "")},
		{byName},
		{linkDown, linkUp, syncBegin, exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), syncEnd},
	} {
		s := newScene(t, "PJSIP")
		s.play(talking()...)
		s.sweep("1")
		s.play(heard...)
		s.sweep("1")
		if s.p.channels["2"] == nil {
			t.Errorf("ended, though there was a %s", heard[0].Kind)
		}
		s.sweep("1")
		if s.p.channels["2"] != nil {
			t.Error("not ended")
		}
	}
}

// TestSweepFound: a channel that nobody told of counts once, when two sweeps have listed it:
// the list may overtake the news of its birth.
func TestSweepFound(t *testing.T) {
	s := newScene(t, "PJSIP")
	found := func(want int64) {
		t.Helper()
		if n := s.p.count.FoundChannels; n != want {
			t.Errorf("found %d, want %d", n, want)
		}
	}
	s.sweep("7", "8", "8")
	s.play(born("PJSIP/trunk-7", "7", "7", pbx.Ring, "300"))
	found(0)
	s.sweep("7", "8")
	found(1)
	s.sweep("7", "8", "9")
	s.sweep("7")
	s.sweep("7", "9")
	found(1)
	s.sweep("7", "9")
	found(2)
	if got := fmt.Sprint(s.p.corrected); got != "[8 PJSIP/trunk-8 9 PJSIP/trunk-9]" {
		t.Error(got)
	}
	s.sweep("7")
	if len(s.p.strays) != 0 {
		t.Errorf("%d are kept", len(s.p.strays))
	}
}
