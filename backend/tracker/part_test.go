package tracker

import (
	"fmt"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestPart: which channels a click on a card is about.
func TestPart(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   string // of ada: each call with its own channel, the phase and the other end
	}{
		{"ringing", together(calling(), ringing()), "PJSIP/201-2 ringing PJSIP/trunk-1;"},
		{"talking", talking(), "PJSIP/201-2 talking PJSIP/trunk-1;"},
		{"held", together(talking(), about(pbx.Hold, "2")), "PJSIP/201-2 held PJSIP/trunk-1;"},
		{"asking a colleague on a second line", together(talking(), asks()), "PJSIP/201-2 talking PJSIP/trunk-1;PJSIP/201-3 talking PJSIP/202-4;"},
		{"over", together(talking(), leaves("1", "b"), leaves("2", "b"), dies("2", 16)), ""},
		{"a call out, before the answer", together(born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "campaign", "300", "Dial")), "PJSIP/201-3 dialing ;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.events...)
			got := ""
			for _, call := range s.p.snapshot(s.p.agents["ada"]).Calls {
				for ch := s.p.agents["ada"].phone.first; ch != nil; ch = ch.next {
					if s.p.view(ch).ID == call.ID {
						part := s.p.part(ch)
						got += fmt.Sprintf("%s %s %s;", part.Channel, part.Phase, part.Party)
					}
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestPartOf: only his own calls, of this sign-in, by the id that his screen has.
func TestPartOf(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	p := &Tracker{picture: s.p, requests: make(chan func()), done: make(chan struct{})}
	go func() {
		for f := range p.requests {
			f()
		}
	}()
	defer close(p.requests)
	id := s.p.snapshot(s.p.agents["ada"]).Calls[0].ID
	for _, c := range []struct {
		operator   string
		generation uint64
		id         pbx.CallID
		want       bool
	}{{"ada", 1, id, true}, {"ada", 2, id, false}, {"bob", 1, id, false}, {"eve", 1, id, false}, {"ada", 1, "2", true}, {"ada", 1, "1", false}, {"bob", 1, "2", false}, {"ada", 1, "", false}, {"ada", 1, id + "c", false}} {
		if part, is, err := p.PartOf(t.Context(), c.operator, c.generation, c.id); is != c.want || err != nil || is && part.Uniqueid != "2" {
			t.Errorf("%+v: %+v %v %v", c, part, is, err)
		}
	}
}
