package tracker

import (
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestAtRing holds what pops while it rings, in services that open then: once per call and
// agent, to everybody whose telephone rings, and what did not pop there at the answer.
func TestAtRing(t *testing.T) {
	const ringsUp = "Newchannel Dial Newstate(Ringing)! ringing"
	bobs := together(born("PJSIP/202-3", "3", "1", pbx.Down, ""), dials("1", "3"), becomes("3", pbx.Ringing, "", ""))
	again := together(dies("2", 19), born("PJSIP/201-4", "4", "1", pbx.Down, "201"), dials("1", "4"), becomes("4", pbx.Ringing, "201", "300"))
	handed := together(passed(pbx.BlindTransfer, "2", "1", "202"), leaves("1", "b"), leaves("2", "b"), dies("2", 16), takes("1"), enters("9", "d"), enters("1", "d"))
	for _, c := range []struct {
		name     string
		events   []pbx.Event
		ada, bob string
		pops     int64
	}{
		{"he answers", together(calling(), ringing(), answering()), ringsUp + " Newstate(Up) oncall Link", "", 1},
		{"both are rung", together(calling(), ringing(), bobs, answering(), dies("3", 26)), ringsUp + " Newstate(Up) oncall Link", ringsUp + " Hangup(26) available", 2},
		{"he is rung again", together(calling(), ringing(), again), ringsUp + " Hangup(19) available Newchannel Dial Newstate(Ringing) ringing", "", 1},
		{"who lost the race gets it handed on: his page is open", together(calling(), ringing(), bobs, answering(), dies("3", 26), handed), ringsUp + " Newstate(Up) oncall Link Unlink Transfer Hangup(16) available",
			ringsUp + " Hangup(26) available Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link", 2},
		{"he hands the call on", together(calling(), ringing(), answering(), handed), ringsUp + " Newstate(Up) oncall Link Unlink Transfer Hangup(16) available",
			ringsUp + " Newstate(Up) oncall Link", 2},
		{"the ringing is not told", together(calling(), ringing()[:2], answering()), "Newchannel Dial Newstate(Up) oncall Link!", "", 1},
		{"his own call", together(born("PJSIP/201-2", "2", "2", pbx.Ringing, "201"), step("2", "campaign", "0551234", "Dial")),
			"Newchannel Newstate(Ringing) Newexten ringing", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := atRing(t)
			s.play(c.events...)
			if c.bob != "" && s.last("bob").Action == nil {
				t.Error("bob has no button")
			}
			s.want("ada", c.ada)
			s.want("bob", c.bob)
			if got := s.p.count.Pops; got != c.pops {
				t.Errorf("%d pops", got)
			}
		})
	}
}

// TestAtRingUnheard: what rang while nobody listened pops at the answer, and so does what a
// resync finds ringing.
func TestAtRingUnheard(t *testing.T) {
	s := atRing(t)
	s.p.unwatch(s.ears["ada"].watch)
	s.play(together(calling(), ringing())...)
	s.sit("ada", "PJSIP/201", 1)
	s.play(answering()...)
	s.want("ada", "Newstate(Up) oncall Link!")

	s = atRing(t)
	s.play(linkDown, linkUp, syncBegin)
	s.told("ada")
	s.play(in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, ""), "sales", "101"), set("1", "calldata", "12345"), exists("PJSIP/201-2", "2", "1", pbx.Ringing, ""), syncEnd)
	if got := s.told("ada"); got != "Newchannel Dial Newstate(Ringing) ringing link-ready" {
		t.Errorf("told %s", got)
	}
	s.play(answering()...)
	s.want("ada", "Newstate(Up) oncall Link!")
}

// atRing is newScene with services that open at ring.
func atRing(t *testing.T) *scene {
	t.Helper()
	s, plan := newScene(t, "PJSIP"), salesAndSupport(t)
	for i := range plan.Services {
		plan.Services[i].AtRing = true
	}
	s.p.setPlan(compile(plan))
	return s
}
