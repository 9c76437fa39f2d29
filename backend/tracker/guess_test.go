package tracker

import (
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// member is a phone of Asterisk 1.8 that a queue rings, and that shows number.
func member(name, id, number string) []pbx.Event {
	return together(born(name, id, "", pbx.Down, "201"), becomes(id, pbx.Ringing, "201", number))
}

func linked(a, b string) []pbx.Event { return together(enters(a, a+"+"+b), enters(b, a+"+"+b)) }

// TestGuess is a queue of Asterisk 1.4 to 11, where only the number that a phone shows
// tells for whom it rings (row B5).
func TestGuess(t *testing.T) {
	const rung = "Newchannel Newstate(Ringing) Callerid ringing"
	for _, c := range []struct {
		name     string
		events   []pbx.Event
		ada, bob string
	}{
		{"one caller", together(queueing("1", "300"), member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""), linked("1", "2")),
			rung + " Newstate(Up) oncall Link!", ""},
		{"1.4 has the caller's number as the phone's own", together(queueing("1", "300"), born("SIP/201-2", "2", "", pbx.Down, ""), becomes("2", pbx.Ringing, "300", "")),
			rung, ""},
		{"another number", together(queueing("1", "300"), member("SIP/201-2", "2", "301")), "", ""},
		{"no number", together(queueing("1", ""), member("SIP/201-2", "2", "")), "", ""},
		{"two with one number", together(queueing("1", "300"), queueing("9", "300"), member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""), about(pbx.QueueLeave, "9"), linked("9", "2")),
			"Newchannel Callerid Newstate(Up) Link! oncall", ""},
		{"a guess that was wrong", together(queueing("1", "300"), member("SIP/201-2", "2", "300"), queueing("9", "300"), becomes("2", pbx.Up, "", ""), linked("9", "2")),
			rung + " Newstate(Up) oncall Hangup(0) Newchannel Callerid Newstate(Up) Link!", ""},
		{"a guess that another phone proves wrong", together(queueing("1", "300"), member("SIP/201-2", "2", "300"), member("SIP/202-3", "3", "300"),
			becomes("3", pbx.Up, "", ""), linked("1", "3"), dies("2", 16)),
			rung + " Hangup(26) available", rung + " Newstate(Up) oncall Link!"},
		{"the caller gives up", together(queueing("1", "300"), member("SIP/201-2", "2", "300"), dies("1", 0), dies("2", 16)),
			rung + " Hangup(16) available", ""},
		{"a caller who waits no more", together(queueing("1", "300"), about(pbx.QueueLeave, "1"), member("SIP/201-2", "2", "300")), "", ""},
		{"AgentCalled by names", together(queueing("1", "300"), born("SIP/201-2", "2", "", pbx.Down, ""),
			pbx.Event{Kind: pbx.AgentCalled, Channel: pbx.Leg{Name: "SIP/trunk-1"}, Dest: pbx.Leg{Name: "SIP/201-2"}, Interface: "SIP/201"}, becomes("2", pbx.Ringing, "", "")),
			rung, ""},
		{"AgentCalled by its member", together(queueing("1", "300"), born("SIP/201-2", "2", "", pbx.Down, ""),
			pbx.Event{Kind: pbx.AgentCalled, Channel: pbx.Leg{Name: "SIP/trunk-1"}, Interface: "sip/201"}, becomes("2", pbx.Ringing, "", "")),
			rung, ""},
		{"AgentConnect comes before the Link", together(queueing("1", "300"), queueing("9", "300"), member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""),
			pbx.Event{Kind: pbx.AgentConnect, Channel: pbx.Leg{ID: "9"}, Dest: pbx.Leg{ID: "2", Name: "SIP/201-2"}}, linked("9", "2")),
			"Newchannel Callerid Newstate(Up) Link! oncall", ""},
		{"a call from elsewhere is no guess", together(queueing("1", "300"), born("SIP/x-9", "9", "", pbx.Ring, "300"), born("SIP/201-2", "2", "", pbx.Down, ""),
			dials("9", "2"), becomes("2", pbx.Ringing, "201", "300")), "", ""},
		{"a guess that a hidden call proves wrong", together(queueing("1", "300"), born("SIP/x-9", "9", "", pbx.Ring, "300"), member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""), linked("9", "2")),
			rung + " Newstate(Up) oncall Hangup(0)", ""},
		{"the phone calls itself", together(queueing("1", "300"), born("SIP/201-2", "2", "", pbx.Down, "201"), becomes("2", pbx.Ring, "201", "300"), becomes("2", pbx.Ringing, "201", "300")),
			"Newchannel Newstate(Ring) oncall Newstate(Ringing) ringing", ""},
		{"new versions tell it", together(queueing("1", "300"), born("SIP/201-2", "2", "7", pbx.Down, "201"), becomes("2", pbx.Ringing, "201", "300")), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "SIP")
			s.play(c.events...)
			s.want("ada", c.ada)
			s.want("bob", c.bob)
			for id := range s.p.channels {
				s.play(dies(string(id), 16))
			}
			if s.p.calls != 0 || len(s.p.keys) != 0 || len(s.p.waiting) != 0 {
				t.Errorf("left over: %d calls, %d keys, %d waiting", s.p.calls, len(s.p.keys), len(s.p.waiting))
			}
		})
	}
}

// TestGuessNeverPops: the card is shown, and nothing pops before it is certain.
func TestGuessNeverPops(t *testing.T) {
	s := newScene(t, "SIP")
	s.play(together(queueing("1", "300"), member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""))...)
	if c := s.last("ada"); c.Service != "Support" || c.Queue != "help" || c.Action != nil || s.p.count.Pops != 0 {
		t.Errorf("%+v, %d pops", c, s.p.count.Pops)
	}
	if n := len(s.sit("carl", "SIP/201", 1).snapshot.Calls); n != 1 {
		t.Errorf("%d calls in the snapshot", n)
	}
}
