package tracker

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// The properties below hold of any calls that an Asterisk can tell. Each run plays a
// hundred draws of each; many more are played by
//
//	go test -run Property ./backend/tracker -rapid.checks=10000

// plays draws calls that go on at the same time, and the exchange that knows the truth.
func plays(r *rapid.T, most int) ([]pbx.Event, *exchange, map[string]*tale) {
	x, tales := newExchange(), map[string]*tale{}
	kind := modern
	if rapid.IntRange(0, 3).Draw(r, "version") == 0 {
		kind = legacy
	}
	var scripts [][]pbx.Event
	for n := range rapid.IntRange(1, most).Draw(r, "calls") {
		t := kind(r, n)
		scripts = append(scripts, t.events)
		if t.customer.name != "" {
			x.parties[t.customer.name], tales[t.customer.data] = t.customer, t
		}
	}
	return weave(r, scripts), x, tales
}

func logs(r *rapid.T, events []pbx.Event) {
	for i := range events {
		e := &events[i]
		r.Logf("%3d %-16s %s %s %s %s | %s %s | %s %s %s", i, e.Kind, e.Channel.ID, e.Channel.Name, e.Channel.Linkedid, e.Channel.State, e.Dest.ID, e.Bridge, e.Channel.Context, e.Channel.Exten, e.Text)
	}
}

// ours is a scene with ada, bob and carl at 201, 202 and 203; nobody is at 204.
func ours(r *rapid.T, tech string) *scene {
	s := newScene(r, tech)
	s.sit("carl", tech+"/203", 1)
	return s
}

func techOf(events []pbx.Event) string {
	if slices.ContainsFunc(events, func(e pbx.Event) bool { return e.Kind == pbx.NewChannel && e.Channel.Linkedid != "" }) {
		return "PJSIP"
	}
	return "SIP"
}

// sees plays one event to both.
func sees(s *scene, x *exchange, e *pbx.Event) {
	x.takes(e)
	if told13(e) {
		s.play(*e)
	}
}

// TestPropertyPops: whoever has talked with the customer of a call got his page, once and
// with what is his; nobody else did, whoever was asked, rang, or lost a race. And every card
// closes, and nothing is left of the calls.
func TestPropertyPops(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		events, x, tales := plays(r, 4)
		logs(r, events)
		s := ours(r, techOf(events))
		for i := range events {
			sees(s, x, &events[i])
		}
		popsOnce(r, s)
		cardsClose(r, s)
		empty(r, s, "all hung up")
		for operator, e := range s.ears {
			pops := map[string]int{}
			for _, n := range e.notices {
				if n.Action == nil {
					continue
				}
				c := n.Call
				if len(c.Variables) != 1 {
					r.Fatalf("%s: a pop with variables %v", operator, c.Variables)
				}
				t := tales[c.Variables[0].Value]
				if t == nil {
					r.Fatalf("%s: a pop with %v", operator, c.Variables)
				}
				pops[t.customer.data]++
				if named := serviceOf(c.Service); !slices.Contains(t.services, named) || t.service != "campaign" && c.Caller.Number != t.customer.number {
					r.Fatalf("%s: %s of %s, want %s of %s", operator, c.Service, c.Caller.Number, t.services, t.customer.number)
				}
			}
			for data := range tales {
				want := 0
				if x.heard[[2]string{pbx.Device(e.watch.agent.Extension), data}] {
					want = 1
				}
				if pops[data] != want {
					r.Fatalf("%s: %d pops for %s, want %d", operator, pops[data], data, want)
				}
			}
		}
	})
}

// serviceOf is the context of a service.
func serviceOf(name string) string {
	return map[string]string{"Sales": "sales", "Support": "support", "Campaign": "campaign"}[name]
}

// TestPropertyTroubles: events are lost, doubled and moved, the link is cut and comes back.
// Nothing panics, nothing pops twice, and when Asterisk has no channels nothing is left.
func TestPropertyTroubles(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		events, x, _ := plays(r, 3)
		s := ours(r, techOf(events))
		cut := false
		for i := range events {
			e := &events[i]
			x.takes(e)
			if cut {
				if rapid.IntRange(0, 9).Draw(r, "link") == 0 {
					s.play(x.resync(r)...)
					cut = false
				}
				continue
			}
			if !told13(e) {
				continue
			}
			switch rapid.IntRange(0, 19).Draw(r, "trouble") {
			case 17: // lost
			case 18:
				s.play(*e, *e)
			case 19:
				s.play(*e, linkDown)
				cut = true
			default:
				s.play(*e)
			}
			if rapid.IntRange(0, 19).Draw(r, "late") == 19 {
				s.play(events[rapid.IntRange(0, i).Draw(r, "which")])
			}
		}
		popsOnce(r, s)
		s.play(newExchange().resync(r)...)
		empty(r, s, "a resync without channels")
		cardsClose(r, s)
	})
}
