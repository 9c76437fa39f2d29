package tracker

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// seen is what an agent's snapshot shows of those of his calls that judges, who saw
// everything, holds to be knowable: a line for each, in the order of their channels. Times
// are left out: nobody tells a resync when something began. So are Transfer (who had the
// call before is nowhere to be asked), Action (of whether a page popped nobody asks),
// Called and Context (Status tells where the dialplan is, not where it began), Cause, and
// whether one is on hold, which Status does not tell.
func (s *scene) seen(operator string, judge *scene, x *exchange) string {
	one := s.ears[operator].watch.agent
	var lines []string
	for _, c := range s.p.snapshot(one).Calls {
		if !judge.knowable(c.Uniqueid, x) {
			continue
		}
		phase, queue := c.Phase, c.Queue
		if phase == pbx.PhaseHeld {
			phase = pbx.PhaseTalking
		}
		if known := judge.p.channels[c.Uniqueid]; known != nil && (known.shown().queue == "" || !known.queued && !known.begins()) {
			queue = "" // he took the caller from one whom a queue had called, or was asked through one
		}
		if s.p.channels[c.Uniqueid].legacy {
			if queue = ""; phase != pbx.PhaseTalking {
				continue
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s service %q queue %q caller %s variables %v of %s", c.Uniqueid, c.Channel, c.State, phase, c.Direction, c.Service, queue, c.Caller.Number, c.Variables, s.partners(c.Uniqueid)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// knowable says whether Status can tell what a channel's call is about. It cannot when who
// began the call is gone, or is in another part of the dialplan than the service's, where
// a transfer has sent him. Until 11 nothing ties a phone that rings to a caller, and no one
// tells the queue of who does not wait there any more.
func (s *scene) knowable(id pbx.ChannelID, x *exchange) bool {
	c := s.p.channels[id]
	if c == nil {
		return true // so it is wrong to show it
	}
	if k := c.call; k.consults { // so it depends on the call that is asked about
		o := s.p.channels[k.origin.id]
		if o == nil || o.phone == nil || s.p.stranger(o.phone) { // that seems to ask while it has a caller on hold
			return false
		}
		for o = o.phone.first; o != nil; o = o.next {
			if !s.began(o.call, x) {
				return false
			}
		}
	}
	return s.began(c.call, x)
}

// began says whether who began a call is still where its service is.
func (s *scene) began(k *call, x *exchange) bool {
	first := x.lines[k.origin.id]
	return first != nil && (k.service == nil || k.service == s.p.plan.byContext[first.leg.Context])
}

// partners are the channels of one call.
func (s *scene) partners(id pbx.ChannelID) []pbx.ChannelID {
	var list []pbx.ChannelID
	for _, c := range s.p.channels[id].call.legs {
		list = append(list, c.id)
	}
	slices.Sort(list)
	return list
}

// waits are the queues of those who wait.
func (s *scene) waits() string {
	var list []string
	for _, k := range s.p.waiting {
		list = append(list, k.queue)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// TestPropertyResync: who knows nothing of what went on before, and asks Asterisk then, has
// the same picture as who saw everything.
func TestPropertyResync(t *testing.T) {
	differs(t, func(*rapid.T, int) int { return 0 })
}

// differs plays calls to one who sees everything, and to one who does not see the events
// from one that is drawn to another, after which he asks.
func differs(t *testing.T, drawn func(r *rapid.T, events int) int) {
	rapid.Check(t, func(r *rapid.T) {
		events, x, _ := plays(r, 3)
		logs(r, events)
		tech := techOf(events)
		all, part := ours(r, tech), ours(r, tech)
		from := drawn(r, len(events))
		to := rapid.IntRange(from, len(events)-1).Draw(r, "to")
		synced := false
		for i := range events {
			sees(all, x, &events[i])
			if (i < from || i > to) && told13(&events[i]) {
				part.play(events[i])
			}
			if synced && x.settled() {
				same(r, all, part, x, fmt.Sprint("later, after ", i))
			}
			if i != to {
				continue
			}
			if !x.settled() {
				to++
				continue
			}
			r.Logf("resync after %d", i)
			part.play(x.resync(nil)...)
			same(r, all, part, x, "after the resync")
			synced = true
		}
		popsOnce(r, part)
		cardsClose(r, part)
		empty(r, part, "all hung up")
	})
}

func same(r *rapid.T, all, part *scene, x *exchange, when string) {
	for operator := range all.ears {
		if a, b := all.seen(operator, all, x), part.seen(operator, all, x); a != b {
			r.Fatalf("%s, %s\nall  %s\npart %s", when, operator, a, b)
		}
	}
	if a, b := all.waits(), part.waits(); a != b {
		r.Fatalf("%s: in queues\nall  %s\npart %s", when, a, b)
	}
}

// TestPropertyResyncIsSilent: who missed nothing is told nothing of calls by a resync.
func TestPropertyResyncIsSilent(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		events, x, _ := plays(r, 3)
		logs(r, events)
		s := ours(r, techOf(events))
		at := rapid.IntRange(0, len(events)-1).Draw(r, "at")
		for i := range events {
			if i > at && x.settled() {
				break
			}
			sees(s, x, &events[i])
		}
		for operator := range s.ears {
			s.told(operator)
		}
		s.play(x.resync(r)...)
		for operator := range s.ears {
			if got := s.told(operator); got != "link-down link-syncing link-ready" {
				r.Fatalf("%s was told %s", operator, got)
			}
		}
	})
}

// TestPropertyGap: who lost any stretch of events, and asks Asterisk then, has the same
// picture as who saw everything.
func TestPropertyGap(t *testing.T) {
	differs(t, func(r *rapid.T, events int) int { return rapid.IntRange(0, events-1).Draw(r, "from") })
}
