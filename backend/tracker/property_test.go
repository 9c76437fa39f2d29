package tracker

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// script is one call of a random kind, as Asterisk would send it: n makes its ids.
func script(r *rapid.T, n int) []pbx.Event {
	id := func(leg int) string { return fmt.Sprintf("%d.%d", n, leg) }
	legacy := rapid.Bool().Draw(r, "legacy")
	linkedid, tech := id(0), "PJSIP"
	if legacy {
		linkedid, tech = "", "SIP"
	}
	caller := rapid.SampledFrom([]string{"trunk", "trunk", "201", "202"}).Draw(r, "caller")
	context := rapid.SampledFrom([]string{"sales", "support", "campaign", "elsewhere"}).Draw(r, "context")
	number := rapid.SampledFrom([]string{"300", "301", ""}).Draw(r, "number")
	queued := rapid.Bool().Draw(r, "queued")
	events := together(
		born(fmt.Sprintf("%s/%s-%d", tech, caller, n), id(0), linkedid, pbx.Down, number), becomes(id(0), pbx.Ring, number, ""),
		step(id(0), context, "101", "Answer"), becomes(id(0), pbx.Up, number, ""),
		set(id(0), "calldata", fmt.Sprint(n)), set(id(0), "_city", "Rome"), set(id(0), "unknown", "x"))
	if queued {
		events = append(events, queues(id(0), "help", number))
	}
	phones := rapid.IntRange(1, 3).Draw(r, "phones")
	for i := 1; i <= phones; i++ {
		phone := rapid.SampledFrom([]string{"201", "202", "203"}).Draw(r, "phone")
		events = append(events, born(fmt.Sprintf("%s/%s-%d.%d", tech, phone, n, i), id(i), linkedid, pbx.Down, phone))
		if !legacy || !queued {
			events = append(events, dials(id(0), id(i)))
		}
		events = append(events, becomes(id(i), pbx.Ringing, phone, number))
	}
	winner := id(rapid.IntRange(1, phones).Draw(r, "winner"))
	if rapid.Bool().Draw(r, "answered") {
		bridge := fmt.Sprint("b", n)
		events = append(events, becomes(winner, pbx.Up, "", ""))
		if !legacy {
			events = append(events, dialed(id(0), winner, "ANSWER"))
		}
		if queued {
			events = append(events, about(pbx.QueueLeave, id(0)), two(pbx.AgentConnect, id(0), winner, ""))
		}
		for range rapid.IntRange(1, 3).Draw(r, "bridgings") {
			events = append(events, enters(id(0), bridge), enters(winner, bridge), about(pbx.Hold, winner), about(pbx.Unhold, winner), leaves(winner, bridge))
		}
		if rapid.Bool().Draw(r, "renamed") {
			e := about(pbx.Rename, winner)
			e.Channel.Name = tech + "/202-renamed"
			events = append(events, e)
		}
	}
	for i := 0; i <= phones; i++ {
		events = append(events, dies(id(i), 16))
	}
	return events
}

// weave mixes scripts as an exchange does: each keeps its order.
func weave(r *rapid.T, scripts [][]pbx.Event) []pbx.Event {
	var all []pbx.Event
	for {
		scripts = slices.DeleteFunc(scripts, func(s []pbx.Event) bool { return len(s) == 0 })
		if len(scripts) == 0 {
			return all
		}
		i := rapid.IntRange(0, len(scripts)-1).Draw(r, "next")
		n := rapid.IntRange(1, len(scripts[i])).Draw(r, "events")
		all = append(all, scripts[i][:n]...)
		scripts[i] = scripts[i][n:]
	}
}

// TestPropertyWhateverComes plays calls whose events are lost, doubled and moved. The picture
// stays sound, nothing pops twice for one call and agent, and after a resync that names
// nothing all is forgotten.
func TestPropertyWhateverComes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var scripts [][]pbx.Event
		for n := range rapid.IntRange(1, 4).Draw(r, "calls") {
			scripts = append(scripts, script(r, n))
		}
		events := weave(r, scripts)
		troubled := rapid.Bool().Draw(r, "troubled")
		if troubled {
			for range rapid.IntRange(1, 10).Draw(r, "troubles") {
				i, j := rapid.IntRange(0, len(events)-1).Draw(r, "i"), rapid.IntRange(0, len(events)-1).Draw(r, "j")
				switch rapid.IntRange(0, 3).Draw(r, "trouble") {
				case 0: // lost
					events = slices.Delete(events, i, i+1)
				case 1: // doubled
					events = slices.Insert(events, j, events[i])
				case 2: // swapped
					events[i], events[j] = events[j], events[i]
				case 3: // the link was lost and came back, and some channels are named
					e := events[i]
					e.Kind, e.Bridge = pbx.SyncChannel, events[j].Bridge
					events = slices.Insert(events, j, linkDown, linkUp, syncBegin, e, syncEnd)
				}
				if len(events) == 0 {
					return
				}
			}
		}
		for i, e := range events {
			r.Logf("%d %s %s %s %s %s %s", i, e.Kind, e.Channel.ID, e.Channel.Name, e.Channel.State, e.Dest.ID, e.Bridge)
		}
		s := newScene(r, rapid.SampledFrom([]string{"PJSIP", "SIP", ""}).Draw(r, "agents"))
		at := rapid.IntRange(0, len(events)).Draw(r, "sign-in")
		s.play(events[:at]...)
		s.sit("carl", rapid.SampledFrom([]string{"SIP/201", "PJSIP/202", "PJSIP/203"}).Draw(r, "carl"), 1)
		s.play(events[at:]...)
		popsOnce(r, s)
		if !troubled {
			empty(r, s, "all hung up")
		}
		s.play(linkDown, linkUp, syncBegin, syncEnd)
		empty(r, s, "a resync without channels")
		for _, e := range s.ears {
			if one := e.watch.agent; one != nil && one.state != pbx.AgentAvailable {
				r.Fatalf("%s is %s without calls", one.Operator, one.state)
			}
		}
	})
}

// popsOnce: an action comes with a Link, and once for each call and agent.
func popsOnce(r *rapid.T, s *scene) {
	for operator, e := range s.ears {
		popped := map[pbx.CallID]bool{}
		for _, n := range e.notices {
			if n.Action == nil {
				continue
			}
			if n.ID != pbx.NoticeLink || popped[n.Call.ID] {
				r.Fatalf("%s: %s pops for call %s, %v", operator, n.ID, n.Call.ID, popped)
			}
			popped[n.Call.ID] = true
			if len(n.Call.Variables) > 0 && n.Call.Variables[0].Name == "unknown" {
				r.Fatal("a variable nobody configured is shown")
			}
		}
	}
}

func empty(r *rapid.T, s *scene, when string) {
	p := s.p
	if p.calls != 0 || len(p.channels) != 0 || len(p.keys) != 0 || len(p.bridges) != 0 || len(p.halves) != 0 || len(p.waiting) != 0 {
		r.Fatalf("%s: %d calls, %d channels, %d keys, %d bridges, %d halves, %d waiting",
			when, p.calls, len(p.channels), len(p.keys), len(p.bridges), len(p.halves), len(p.waiting))
	}
	for device, ph := range p.phones {
		if ph.agent == nil && !p.plan.seat(device) {
			r.Fatalf("%s: phone %s is kept", when, device)
		}
	}
}

// TestPropertyToldIsComplete: to each agent, a card that opens is closed, and what is told of
// it lies between.
func TestPropertyToldIsComplete(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var scripts [][]pbx.Event
		for n := range rapid.IntRange(1, 5).Draw(r, "calls") {
			scripts = append(scripts, script(r, n))
		}
		s := newScene(r, rapid.SampledFrom([]string{"PJSIP", "SIP"}).Draw(r, "agents"))
		s.play(weave(r, scripts)...)
		cardsClose(r, s)
	})
}

// cardsClose: to each agent, a card that opens is closed, and what is told of it lies
// between.
func cardsClose(r *rapid.T, s *scene) {
	for operator, e := range s.ears {
		type card struct {
			call pbx.CallID
			leg  pbx.ChannelID
		}
		open := map[card]bool{}
		for _, n := range e.notices {
			if n.Call == nil {
				continue
			}
			c := card{n.Call.ID, n.Call.Uniqueid}
			if opens := n.ID == pbx.NoticeNewchannel; opens == open[c] {
				r.Fatalf("%s: %s of %v, which is open: %v", operator, n.ID, c, open[c])
			}
			open[c] = n.ID != pbx.NoticeHangup
			if n.Call.Since.IsZero() || n.Call.Since.After(s.now) || n.Call.Started.After(n.Call.Since) {
				r.Fatalf("%s: %s since %v, started %v", operator, n.ID, n.Call.Since, n.Call.Started)
			}
		}
		for c, still := range open {
			if still {
				r.Fatalf("%s: %v stays open", operator, c)
			}
		}
	}
}

// TestClockStandsStill: apply reads no clock.
func TestClockStandsStill(t *testing.T) {
	s := newScene(t, "PJSIP")
	then := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	s.p.at(then)
	for _, e := range together(calling(), ringing(), answering()) {
		s.p.apply(&e)
	}
	for _, n := range s.p.out {
		if n.notice.Call != nil && !n.notice.Call.Started.Equal(then) {
			t.Errorf("%s started at %v", n.notice.ID, n.notice.Call.Started)
		}
	}
}
