package desk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// TestWishes: of two wishes that wait, who does not wait for the first any more does not
// take the second with it; and what is refused changes nothing.
func TestWishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		synctest.Wait()
		h.x.mu.Lock()
		h.x.silent = true // no event says that a pause is there: it settles after a while
		h.x.mu.Unlock()
		first, leave := context.WithCancel(t.Context())
		said := make(chan error, 2)
		go func() { said <- h.Pause(first, "ada", 1, Wish{On: true, Reason: "Lunch"}) }()
		synctest.Wait()
		second := make(chan error, 1)
		go func() { second <- h.Pause(t.Context(), "ada", 1, Wish{On: true, Reason: "Meeting"}) }()
		synctest.Wait()
		leave()
		if err := <-said; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentPaused, "Meeting")
		h.x.mu.Lock()
		h.x.silent, h.x.refuse["QueuePause sales"] = false, "no"
		h.x.mu.Unlock()
		go func() { said <- h.Pause(t.Context(), "ada", 1, Wish{On: true, Reason: "Lunch"}) }()
		if err := h.Pause(t.Context(), "ada", 1, Wish{}); err == nil {
			t.Error("granted")
		}
		if err := <-said; err == nil {
			t.Error("granted")
		}
		h.screen.shows(t, "ada", pbx.AgentPaused, "Meeting")
	})
}

// TestAnewInCall: who signs in anew during a call has work after it, and no other call
// meanwhile.
func TestAnewInCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.Phone("ada", 1, pbx.AgentOnCall, 30*time.Second)
		synctest.Wait()
		h.x.mu.Lock()
		h.x.asked = nil
		h.x.mu.Unlock()
		h.Enter(ada(2))
		h.x.want(t)
		h.Phone("ada", 2, pbx.AgentOnCall, 30*time.Second)
		h.Phone("ada", 2, pbx.AgentAvailable, 30*time.Second)
		h.screen.shows(t, "ada", pbx.AgentAfterCall, "")
		h.x.want(t)
	})
}

// TestMore: a minute more never makes it less.
func TestMore(t *testing.T) {
	for _, c := range []struct{ has, want time.Duration }{
		{30 * time.Second, 90 * time.Second}, {maxAfterCall - time.Second, maxAfterCall}, {time.Hour, time.Hour},
	} {
		a := &agent{workFrom: time.Unix(0, 0), workTo: time.Unix(0, 0).Add(c.has)}
		if a.more(); a.workTo.Sub(a.workFrom) != c.want {
			t.Errorf("%v: %v", c.has, a.workTo.Sub(a.workFrom))
		}
	}
}

// TestReasons: Asterisk hears of each reason, once, also after a resync; and a wish is granted
// only when nothing is under way that would undo it.
func TestReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false", "QueueAdd Help PJSIP/201 0 false")
		pause := func(w Wish) {
			t.Helper()
			if err := h.Pause(t.Context(), "ada", 1, w); err != nil {
				t.Error(err)
			}
		}
		pause(Wish{On: true, Reason: "Lunch"})
		h.x.want(t, "QueuePause sales PJSIP/201 true Lunch", "QueuePause Help PJSIP/201 true Lunch")
		pause(Wish{On: true, Reason: "Meeting"})
		h.x.want(t, "QueuePause sales PJSIP/201 true Meeting", "QueuePause Help PJSIP/201 true Meeting")
		h.x.lists()
		h.x.want(t)
		pause(Wish{})
		h.x.want(t, "QueuePause sales PJSIP/201 false", "QueuePause Help PJSIP/201 false")
	})
}

// TestAlready: a member of whom Asterisk says that he is there already, though no list had
// him, is told what he is to be.
func TestAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.x.mu.Lock()
		h.x.members["help pjsip/202"] = &pbx.Event{Kind: pbx.QueueMember, Queue: "Help", Interface: "PJSIP/202", Number: 9, Paused: true}
		h.x.mu.Unlock()
		h.Enter(tracker.Agent{Operator: "bob", Extension: "PJSIP/202", Generation: 2})
		h.x.want(t, "QueueAdd Help PJSIP/202 2 false", "QueuePause Help PJSIP/202 false")
	})
}

// TestUnanswered: who may have been put into a queue is taken out of it again.
func TestUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := empty()
		h := opens(t, map[string]*pbx.Event{}, l)
		h.x.mute, h.x.silent = "QueueAdd", true
		h.Enter(tracker.Agent{Operator: "bob", Extension: "PJSIP/202", Generation: 2})
		h.x.want(t, "QueueAdd Help PJSIP/202 2 false")
		h.Leave("bob", 2)
		h.x.want(t, "QueueRemove Help PJSIP/202")
		if len(l.members) > 0 {
			t.Errorf("the ledger holds %v", l.members)
		}
	})
}

// TestEnd: it takes no longer than Asterisk does.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		synctest.Wait()
		began := time.Now()
		h.stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}
