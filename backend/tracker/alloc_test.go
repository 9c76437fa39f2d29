package tracker

import (
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestAllocations: what changes nothing that anybody sees or that is kept, costs no
// memory, however often it comes.
func TestAllocations(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering(), born("PJSIP/trunk-7", "7", "7", pbx.Ring, "1"), step("7", "elsewhere", "1", "NoOp"))...)
	for _, c := range []struct {
		name  string
		event pbx.Event
	}{
		{"a variable nobody has configured", set("1", "DIALSTATUS", "ANSWER")},
		{"a variable of a channel nobody knows", set("99", "calldata", "1")},
		{"a variable with the value it has", set("1", "calldata", "12345")},
		{"a step in the same place", step("1", "sales", "101", "Dial")},
		{"a step of a call that is hidden", step("7", "elsewhere", "1", "Set")},
		{"a step of a phone", step("2", "phones", "101", "AppDial")},
		{"the state it has", becomes("2", pbx.Up, "201", "300")},
		{"a state of a channel nobody knows", becomes("99", pbx.Up, "", "")},
		{"a new channel twice", born("PJSIP/201-2", "2", "1", pbx.Down, "201")},
		{"a dial twice", dials("1", "2")},
		{"an end of a dial that says nothing", dialed("1", "2", "CANCEL")},
		{"an answer twice", dialed("1", "2", "ANSWER")},
		{"a bridge it is in", enters("2", "b")},
		{"a bridge it is not in", leaves("2", "c")},
		{"a queue it is not in", about(pbx.QueueLeave, "1")},
		{"an unhold without a hold", about(pbx.Unhold, "2")},
		{"the caller id he has", func() pbx.Event {
			e := about(pbx.NewCallerID, "1")
			e.Channel.CallerID = pbx.CallerID{Number: "300", Name: "N300"}
			return e
		}()},
		{"the name it has", pbx.Event{Kind: pbx.Rename, Channel: leg("PJSIP/201-2", "2")}},
	} {
		if n := testing.AllocsPerRun(100, func() { s.p.apply(&c.event) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
		if len(s.p.out) != 0 {
			t.Errorf("%s: tells %d notices", c.name, len(s.p.out))
		}
	}
}

// TestNoticeAllocations: a notice with its call is one allocation; the words for the
// variables are made once.
func TestNoticeAllocations(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	hold, unhold := about(pbx.Hold, "2"), about(pbx.Unhold, "2")
	n := testing.AllocsPerRun(100, func() {
		s.p.apply(&hold)
		s.p.apply(&unhold)
		clear(s.p.out)
		s.p.out = s.p.out[:0]
	})
	if n != 4 { // Hold, held, Unhold, oncall
		t.Errorf("%v allocations for 4 notices", n)
	}
}
