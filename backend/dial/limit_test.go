package dial

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// TestRate holds that the seventh call in a minute and the 61st in an hour wait, as long as
// they are told, and that nobody waits for another.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.run(t)
		bert := anna
		bert.Operator = "bert"
		call := func(a tracker.Agent) {
			t.Helper()
			id, _ := r.dial(a, "0551234", "")
			r.end(id, "Success", 4, "")
			r.hangUp(id)
		}
		begin := time.Now()
		for range 6 {
			call(anna)
			<-time.After(5 * time.Second)
		}
		_, text := r.dial(anna, "0551234", Rate)
		wait := time.Until(begin.Add(time.Minute))
		if seconds := int(wait.Seconds()) + 1; !strings.HasSuffix(text, fmt.Sprintf("wait %d seconds", seconds)) {
			t.Errorf("%q, not %d seconds", text, seconds)
		}
		upper := anna
		upper.Operator = "ANNA"
		r.dial(upper, "0551234", Rate)
		call(bert)
		<-time.After(wait)
		call(anna) // the first has left the window
		for n := 7; n < 60; n++ {
			<-time.After(20 * time.Second)
			call(anna)
		}
		<-time.After(20 * time.Second)
		_, text = r.dial(anna, "0551234", Rate)
		wait = time.Until(begin.Add(time.Hour))
		if minutes := int(wait.Minutes()) + 1; !strings.HasSuffix(text, fmt.Sprintf("wait %d minutes", minutes)) {
			t.Errorf("%q, not %d minutes", text, minutes)
		}
		<-time.After(wait)
		call(anna)
	})
}

// TestRateChanges holds that the numbers of the configuration in use come before those of the
// boot file, from the moment it is in use.
func TestRateChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{PerMinute: 2})
		r.run(t)
		call := func() {
			t.Helper()
			id, _ := r.dial(anna, "0551234", "")
			r.end(id, "Success", 4, "")
			r.hangUp(id)
		}
		limit := func(l config.Limits) {
			was := r.live.Now()
			next := config.New("", was.Services, nil, nil)
			next.Limits = l
			r.live.Set(next)
		}
		refused := func(want string) {
			t.Helper()
			if _, text := r.dial(anna, "0551234", Rate); !strings.HasPrefix(text, want) {
				t.Errorf("%q, want %q", text, want)
			}
		}
		call()
		call()
		refused("2 calls a minute and 60 an hour")
		limit(config.Limits{PerMinute: 3, PerHour: 4})
		call()
		refused("3 calls a minute and 4 an hour")
		limit(config.Limits{PerMinute: 1})
		refused("1 calls a minute and 60 an hour")
		limit(config.Limits{PerMinute: 100, PerHour: 4})
		call()
		refused("100 calls a minute and 4 an hour")
		limit(config.Limits{})
		refused("2 calls a minute and 60 an hour")
	})
}

// TestOneAtATime holds that a call must have ended, or be given up, before the next.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Timeout: 20 * time.Second})
		r.run(t)
		bert := anna
		bert.Operator = "bert"
		id, _ := r.dial(anna, "0551234", "")
		r.dial(anna, "0551234", Busy)
		other, _ := r.dial(bert, "0551234", "")
		r.end(other, "Failure", reasonBusy, "busy")
		r.dial(anna, "0551234", Busy)
		r.end(id, "Failure", reasonRinging, "no-answer")

		id, _ = r.dial(anna, "0551234", "") // of this one Asterisk tells nothing
		begin := time.Now()
		r.wants(id, "failed")
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("given up after %v", took)
		}
		r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Value: "Success"}) // too late
		id, _ = r.dial(anna, "0551234", "")
		r.end(id, "Success", 4, "")
		for range 2 {
			_, text := r.dial(anna, "0551234", Busy)
			if !strings.Contains(text, "hang up") {
				t.Errorf("%q while he talks", text)
			}
			r.hangUp(other) // which is not his
		}
		<-time.After(time.Hour)
		r.dial(anna, "0551234", Busy)
		r.hangUp(id)
		id, _ = r.dial(anna, "0551234", "")
		r.hangUp(id) // before it is told that he had answered
		r.end(id, "Success", 4, "")
		r.dial(anna, "0551234", "")
	})
}

// TestNotForEver holds what frees an operator whose call has no end that is told: that its channel
// has another id than we gave, that the link was lost, four hours.
func TestNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.run(t)
		r.dial(anna, "0551234", "")
		r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: "1790000000.1"}, Text: "tag-1", Value: "Success"})
		if n := <-r.told; !n.Originate.OK {
			t.Errorf("told %+v", n.Originate)
		}

		id, _ := r.dial(anna, "0551234", "")
		r.end(id, "Success", 4, "")
		r.dial(anna, "0551234", Busy)
		r.Link(pbx.LinkStateDown)
		r.Link(pbx.LinkStateReady)

		id, _ = r.dial(anna, "0551234", "")
		r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Value: "Success"})
		r.Link(pbx.LinkStateDown) // before it is told
		r.Link(pbx.LinkStateReady)
		r.wants(id, "")

		id, _ = r.dial(anna, "0551234", "")
		r.end(id, "Success", 4, "")
		<-time.After(tooLong - time.Minute)
		r.dial(anna, "0551234", Busy)
		<-time.After(time.Minute)
		synctest.Wait()
		id, _ = r.dial(anna, "0551234", "")
		r.end(id, "Success", 4, "")
		r.hangUp(id)
		select {
		case n := <-r.told:
			t.Errorf("told %+v", n.Originate)
		default:
		}
		if len(r.calls) > 0 {
			t.Errorf("%v is kept", r.calls)
		}
	})
}
