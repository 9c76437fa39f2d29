package tracker

import (
	"errors"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestSignInMidCall: a call that rings pops when it is answered; one that was answered
// has a button only.
func TestSignInMidCall(t *testing.T) {
	s := newScene(t, "")
	s.play(together(calling(), ringing())...)
	e := s.sit("ada", "pjsip/201", 7)
	snap := e.snapshot
	if len(snap.Calls) != 1 || snap.State != pbx.AgentRinging || !snap.StateSince.Equal(snap.Calls[0].Since) || snap.Link != pbx.LinkStateReady || snap.Agent.Generation != 7 {
		t.Errorf("%+v", snap)
	}
	if c := snap.Calls[0]; c.State != pbx.Ringing || c.Phase != pbx.PhaseRinging || c.Service != "Sales" || c.Action != nil {
		t.Errorf("%+v", c)
	}
	s.play(answering()...)
	s.want("ada", "Newstate(Up) oncall Link!")

	s = newScene(t, "")
	s.play(together(calling(), ringing(), answering())...)
	e = s.sit("ada", "PJSIP/201", 7)
	if c := e.snapshot.Calls[0]; c.Phase != pbx.PhaseTalking || c.Action == nil || e.snapshot.State != pbx.AgentOnCall {
		t.Errorf("%+v", c)
	}
	s.play(leaves("2", "b"), enters("2", "b"), dies("2", 16))
	s.want("ada", "Unlink Link Hangup(16) available")
	if s.p.count.Pops != 0 {
		t.Errorf("%d pops", s.p.count.Pops)
	}
}

// TestAwayWhileAnswered: who is without a client when the phone is answered finds the
// button when he is back, and his numbering has gone on.
func TestAwayWhileAnswered(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing())...)
	before := s.ears["ada"].seq
	s.p.unwatch(s.ears["ada"].watch)
	s.p.unwatch(s.ears["ada"].watch)
	s.play(answering()...)
	e := s.sit("ada", "PJSIP/201", 1)
	if e.snapshot.Seq != before+2 || e.snapshot.Calls[0].Action == nil || e.snapshot.State != pbx.AgentOnCall {
		t.Errorf("%+v", e.snapshot)
	}
	if s.p.watchers != 2 || len(s.p.agents) != 2 {
		t.Errorf("%d watchers, %d agents", s.p.watchers, len(s.p.agents))
	}
}

// TestForgotten: who stays away is forgotten, and his phone with him.
func TestForgotten(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	s.p.unwatch(s.ears["ada"].watch)
	s.p.at(s.now.Add(absence - time.Second))
	if len(s.p.agents) != 2 {
		t.Error("forgotten too early")
	}
	s.p.at(s.now.Add(absence + 2*time.Minute))
	if len(s.p.agents) != 1 {
		t.Error("not forgotten")
	}
	s.play(leaves("2", "b"), enters("2", "b"), dies("2", 16)) // nobody is told, and nothing breaks
}

// TestReplaced: a later sign-in of the operator ends the earlier one's watchers.
func TestReplaced(t *testing.T) {
	s := newScene(t, "PJSIP")
	first := s.ears["ada"]
	s.play(together(calling(), ringing())...)
	heard := len(first.notices)
	s.sit("ada", "PJSIP/202", 2)
	s.play(answering()...)
	if len(first.notices) != heard {
		t.Error("the replaced watcher is told")
	}
	s.want("ada", "")
	if err := s.p.watch(Agent{Operator: "ada", Extension: "PJSIP/201", Generation: 1}, &Watch{watcher: &ear{t: t}}); !errors.Is(err, ErrReplaced) {
		t.Errorf("got %v", err)
	}
	s.p.unwatch(first.watch)
	s.p.unwatch(s.ears["ada"].watch)
	if s.p.watchers != 1 { // bob, who has lost his phone to ada
		t.Errorf("%d watchers", s.p.watchers)
	}
	s.play(dies("2", 16))
	if got := s.told("bob"); got != "" {
		t.Errorf("bob, whose phone ada took, is told %s", got)
	}
}

// TestOnePhoneTwoOperators: the later sign-in has the phone.
func TestOnePhoneTwoOperators(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing())...)
	s.told("ada")
	e := s.sit("carl", "PJSIP/201", 1)
	if len(e.snapshot.Calls) != 1 {
		t.Errorf("%+v", e.snapshot)
	}
	s.play(answering()...)
	s.want("ada", "Hangup(16) available")
	s.want("carl", "Newstate(Up) oncall Link!")
	if again := s.sit("ada", "PJSIP/201", 1); len(again.snapshot.Calls) != 0 {
		t.Errorf("ada, who has no phone, is shown %+v", again.snapshot.Calls)
	}
	s.sit("ada", "PJSIP/201", 2)
	s.play(linkDown)
	s.want("carl", "Hangup(0) available link-down")
	s.want("ada", "link-down")
}

// TestTabs: the watchers of an agent share one numbering, and each is flushed once a
// batch.
func TestTabs(t *testing.T) {
	s := newScene(t, "PJSIP")
	one := s.ears["ada"]
	s.play(together(calling(), ringing())...)
	two := s.sit("ada", "PJSIP/201", 1)
	if two.seq != one.seq {
		t.Errorf("numbers %d and %d", one.seq, two.seq)
	}
	flushes, notices := one.flushes, len(one.notices)
	tr := &Tracker{picture: s.p}
	for _, e := range answering() {
		s.p.apply(&e)
	}
	tr.deliver()
	if one.seq != two.seq || one.flushes != flushes+1 || two.flushes != 1 || len(one.notices) != notices+3 || one.notices[notices] != two.notices[0] {
		t.Errorf("numbers %d and %d, flushes %d and %d", one.seq, two.seq, one.flushes, two.flushes)
	}
}

// TestNewPlan changes the configuration under calls.
func TestNewPlan(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), born("PJSIP/trunk-8", "8", "8", pbx.Ring, "308"), step("8", "new", "108", "Answer"),
		born("PJSIP/202-9", "9", "8", pbx.Down, "202"), dials("8", "9"), becomes("9", pbx.Ringing, "", ""))...)
	s.told("ada")
	s.want("bob", "")
	p := salesAndSupport(t)
	p.Services = p.Services[1:] // Sales is gone
	p.Services = append(p.Services, Service{Name: "New", Context: "new", Direction: pbx.Inbound, Action: page(t)})
	s.p.setPlan(compile(p))
	(&Tracker{picture: s.p}).deliver()
	s.want("bob", "Newchannel Dial Newstate(Ringing) ringing")
	s.play(answering()...)
	if c := s.last("ada"); c.Service != "Sales" || len(c.Variables) != 1 {
		t.Errorf("a call lost its service: %+v", c)
	}
	s.want("ada", "Newstate(Up) oncall Link!")
	p = salesAndSupport(t)
	p.Services[0].Variables = []string{"city"}
	s.p.setPlan(compile(p))
	s.play(leaves("2", "b"))
	if c := s.last("ada"); len(c.Variables) != 0 {
		t.Errorf("a variable that is no longer configured is shown: %+v", c.Variables)
	}
	s.p.setPlan(compile(&Plan{}))
	s.play(dies("2", 16), dies("1", 16), dies("9", 16), dies("8", 16))
	if n := len(s.p.phones); n != 2 { // ada's and bob's
		t.Errorf("%d phones are kept", n)
	}
}

// TestAgentState is the order of row D6's states where several calls are there.
func TestAgentState(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), born("PJSIP/trunk-8", "8", "8", pbx.Ring, "308"), step("8", "sales", "101", "Answer"), answering())...)
	s.told("ada")
	s.play(born("PJSIP/201-9", "9", "8", pbx.Down, "201"), dials("8", "9"), becomes("9", pbx.Ringing, "", ""))
	s.want("ada", "Newchannel Dial Newstate(Ringing)")
	s.play(about(pbx.Hold, "2"))
	s.want("ada", "Hold held")
	s.play(becomes("9", pbx.Up, "", ""), enters("8", "c"), enters("9", "c"))
	s.want("ada", "Newstate(Up) oncall Link!")
	s.play(dies("9", 16))
	s.want("ada", "Hangup(16) held")
	s.play(dies("2", 16))
	s.want("ada", "Hangup(16) available")
}
