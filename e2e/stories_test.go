package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// TestStories tells the same stories on each version of Asterisk, and in each
// encoding of the WebSocket.
func TestStories(t *testing.T) {
	for version, encoding := range map[int]string{22: client.JSON, 16: client.XML} {
		t.Run(fmt.Sprintf("asterisk %d", version), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, version, encoding)
			w.story("service, desktop client answers", func(w *world, ada, grace *agent) { answered(w, "101", site.Support, ada, grace) })
			w.story("service, browser answers", func(w *world, ada, grace *agent) { answered(w, "101", site.Support, grace, ada) })
			w.story("queue, desktop client answers", func(w *world, ada, grace *agent) { answered(w, "102", site.Sales, ada, grace) })
			w.story("queue, browser answers", func(w *world, ada, grace *agent) { answered(w, "102", site.Sales, grace, ada) })
			w.story("caller gives up", func(w *world, ada, grace *agent) { givenUp(w, "101", ada, grace) })
			w.story("caller gives up in the queue", func(w *world, ada, grace *agent) { givenUp(w, "102", ada, grace) })
			w.story("nobody answers", func(w *world, ada, grace *agent) { unanswered(w, "111", ada, grace) })
			w.story("nobody answers the queue", func(w *world, ada, grace *agent) { unanswered(w, "112", ada, grace) })
			w.story("everybody is busy", busy)
			w.story("internal call", internal)
			w.story("two calls at once", together)
			w.story("hostile names", hostileNames)
			w.story("name as long as a line", func(w *world, ada, grace *agent) {
				named(w, "121", ada, grace, func(shown string) bool { return cutOf(shown, lab.LongName) })
			})
			w.story("name with line ends", func(w *world, ada, grace *agent) {
				named(w, "122", ada, grace, func(shown string) bool { return strings.HasPrefix(shown, "Eve") })
			})
			w.story("name with quotes", func(w *world, ada, grace *agent) {
				named(w, "123", ada, grace, func(shown string) bool { return shown == `"><img src=x onerror=alert(1)>` })
			})
			w.story("forged event", forged)
			w.story("new configuration during a call", reconfigured)
			w.story("bad configuration", badConfiguration)
			w.story("other ways to Asterisk", otherWays)
			w.story("Asterisk dies and comes back", reborn)
		})
	}
}

// answered: both phones ring, one answers. He gets the pop, once; the other none.
func answered(w *world, number, service string, winner, loser *agent) {
	c := w.dial(number, "Camille Durand")
	ringing, other := winner.rings(), loser.rings()
	w.soon(ringing.Answer)
	link := winner.popped(service)
	if link.CallerName != "Camille Durand" {
		w.t.Errorf("the caller's name is %q", link.CallerName)
	}
	w.ended(other)
	loser.links(0)
	w.hangUp(c)
	w.ended(ringing)
	winner.links(1)
}

func givenUp(w *world, number string, ada, grace *agent) {
	c := w.dial(number, "")
	ringing, other := ada.rings(), grace.rings()
	w.hangUp(c)
	w.ended(ringing)
	w.ended(other)
	ada.links(0)
	grace.links(0)
}

func unanswered(w *world, number string, ada, grace *agent) {
	c := w.dial(number, "")
	ringing, other := ada.rings(), grace.rings()
	w.ended(ringing)
	w.ended(other)
	w.ended(c)
	ada.links(0)
	grace.links(0)
}

func busy(w *world, ada, grace *agent) {
	ada.phone.SetPolicy(phone.Busy())
	grace.phone.SetPolicy(phone.Decline())
	w.ended(w.dial("101", ""))
	ada.links(0)
	grace.links(0)
}

// internal: a call from agent to agent is shown to both, and pops nothing (B7).
func internal(w *world, ada, grace *agent) {
	var c *phone.Call
	w.soon(func(ctx context.Context) (err error) {
		c, err = grace.phone.Dial(ctx, ada.Phone(), "Neighbour")
		*w.made = append(*w.made, c)
		return err
	})
	ringing := ada.rings()
	w.soon(ringing.Answer)
	w.soon(func(ctx context.Context) error { return c.Wait(ctx, phone.Up) })
	if link := ada.told("Link"); link.URL != "" || link.CallerName != "Neighbour" {
		w.t.Errorf("an internal call: action %q, caller %q", link.URL, link.CallerName)
	}
	if link := grace.told("Link"); link.URL != "" {
		w.t.Errorf("an internal call: action %q", link.URL)
	}
	w.hangUp(c)
	ada.links(1)
	grace.links(1)
}

// together: two callers, two agents: each gets his own caller's data.
func together(w *world, ada, grace *agent) {
	grace.phone.SetPolicy(phone.Busy())
	first := w.dial("101", "First")
	ringing := ada.rings()
	w.soon(ringing.Answer)
	ada.popped(site.Support)
	grace.told("Hangup") // her phone was busy: her part is over
	ada.phone.SetPolicy(phone.Busy())
	grace.phone.SetPolicy(phone.Ring())
	grace.mark = grace.events.Mark()
	grace.phone.Forget()
	second := w.call("101", "Second")
	w.soon(func(ctx context.Context) error { return second.Digits(ctx, "54321") })
	answer := grace.rings()
	w.soon(answer.Answer)
	link := grace.told("Link")
	if link.Variables["calldata"] != "54321" || link.CallerName != "Second" {
		w.t.Errorf("the second call brought %q of %q", link.Variables["calldata"], link.CallerName)
	}
	w.hangUp(second)
	grace.links(1)
	w.hangUp(first)
	w.ended(ringing)
	if n := ada.count("Link"); n != 1 {
		w.t.Errorf("ada: %d Links, want 1", n)
	}
}

// hostileNames: whatever a caller calls himself is one event on one line, shown as
// it came. (Asterisk keeps the backslashes of a quoted name, RFC 3261 or not.)
func hostileNames(w *world, ada, grace *agent) {
	for _, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egnp.exe\u202c \u200f\u2066x", `back\slash & amp;`, "]]>&lt;", strings.Repeat("a", 4096),
	} {
		ada.mark, grace.mark = ada.events.Mark(), grace.events.Mark()
		c := w.dial("101", name)
		ringing, other := ada.rings(), grace.rings()
		w.soon(ringing.Answer)
		link := ada.popped(site.Support)
		plain := strings.NewReplacer(`\`, "")
		if !cutOf(plain.Replace(link.CallerName), plain.Replace(name)) {
			w.t.Errorf("%.60q is told as %.60q", name, link.CallerName)
		}
		w.ended(other)
		w.hangUp(c)
		ada.links(1)
		grace.links(0)
	}
}

// named: callers' names that only a dialplan can make.
func named(w *world, number string, ada, grace *agent, right func(string) bool) {
	c := w.dial(number, "")
	ringing, other := ada.rings(), grace.rings()
	w.soon(ringing.Answer)
	link := ada.popped(site.Support)
	if !right(link.CallerName) {
		w.t.Errorf("the caller's name is told as %.200q", link.CallerName)
	}
	w.ended(other)
	w.hangUp(c)
	w.ended(ringing)
	ada.links(1)
	grace.links(0)
}

// forged: a caller's data that is an event of the manager interface changes no
// call, and reaches the agent as it is.
func forged(w *world, ada, grace *agent) {
	c := w.call("124", "")
	ringing, other := ada.rings(), grace.rings()
	w.soon(ringing.Answer)
	link := ada.told("Link")
	if got := link.Variables["calldata"]; !strings.HasPrefix(got, "one") || !strings.Contains(got, "Event: Hangup") {
		w.t.Errorf("calldata is %q", got)
	}
	w.ended(other)
	w.hangUp(c)
	w.ended(ringing)
	ada.links(1)
	grace.links(0)
}

// cutOf says whether shown is a name, or what Asterisk or we left of a long one.
func cutOf(shown, name string) bool {
	const leastCut = 64
	shown = strings.TrimSuffix(shown, "…")
	return shown == name || len(shown) >= leastCut && strings.HasPrefix(name, shown)
}
