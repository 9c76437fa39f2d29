package control

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// becomes changes ada's part in the call "talk" after a while.
func becomes(after time.Duration, change func(*tracker.Part)) func(*room) {
	return func(r *room) { r.later(after, change) }
}

func (r *room) later(after time.Duration, change func(*tracker.Part)) {
	time.AfterFunc(after, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		part, is := r.parts["talk"]
		if change(&part); is {
			r.parts["talk"] = part
		}
		if part.Uniqueid == "" {
			delete(r.parts, "talk")
		}
	})
}

func holds(p *tracker.Part) { p.Phase, p.Holding = pbx.PhaseHeld, true }

func asks(p *tracker.Part) {
	p.Phase, p.Holding, p.Consult = pbx.PhaseHeld, false, &pbx.Consult{To: "202", Phase: pbx.PhaseRinging}
	p.Consults++
}

func isBack(p *tracker.Part) { p.Phase, p.Consult = pbx.PhaseTalking, nil }

func isOver(p *tracker.Part) { *p = tracker.Part{} }

// asking does something within ada's call as it is when part has changed it, and checks what came of it.
func asking(t *testing.T, part func(*tracker.Part), then func(*room), do func(*room) error, wantCode string, took time.Duration, wantDone string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom("house")
		r.opt.Attended, r.opt.PhoneEvents = true, true
		p := r.parts["talk"]
		if part != nil {
			part(&p)
		}
		r.parts["talk"], r.then = p, then
		began := time.Now()
		err := do(r)
		if got := strings.Join(r.done, "; "); code(err) != wantCode || got != wantDone {
			t.Errorf("%v (%s), did %q, want %s %q", err, code(err), got, wantCode, wantDone)
		}
		if got := time.Since(began); got < took || got > took+glance {
			t.Errorf("%s after %v, want %v", code(err), got, took)
		}
		if len(r.busy) != 0 {
			t.Error("the call is still held")
		}
		<-time.After(time.Minute) // for what comes later
	})
}

// putBack is what follows an Atxfer, so that the telephone's own transfers go where they went.
const putBack = "Setvar PJSIP/201-1 TRANSFER_CONTEXT xfer"

// TestConsult: what counts is not that Asterisk takes the order, but what is seen of it.
func TestConsult(t *testing.T) {
	const did = "audit transfer allowed; Atxfer PJSIP/201-1 house 202; " + putBack
	both := func(r *room) {
		r.later(100*time.Millisecond, holds)
		r.later(300*time.Millisecond, asks)
	}
	at := func(first, second time.Duration) func(*room) {
		return func(r *room) {
			r.later(first, holds)
			r.later(second, asks)
		}
	}
	for _, c := range []struct {
		name string
		part func(*tracker.Part)
		to   Target
		then func(*room)
		code string
		took time.Duration
		done string
	}{
		{"begins", nil, Target{Agent: "bob"}, both, "<nil>", 300 * time.Millisecond, did},
		{"begins late, after a pause for keys", nil, Target{Agent: "bob"}, at(time.Second, 6*time.Second), "<nil>", 6 * time.Second, did},
		{"a busy colleague", nil, Target{Agent: "bob"}, func(r *room) {
			r.later(100*time.Millisecond, asks)
			r.later(101*time.Millisecond, isBack)
		}, "<nil>", 100 * time.Millisecond, did},
		{"not allowed", nil, Target{Agent: "bob"}, nil, NotBegun, holdsIn, did},
		{"nobody is called", nil, Target{Agent: "bob"}, becomes(time.Second, holds), NotBegun, time.Second + callsIn, did},
		{"the caller hangs up", nil, Target{Agent: "bob"}, becomes(time.Second, isOver), UnknownCall, time.Second, did},
		{"a number", nil, Target{Number: "0551234"}, both, "<nil>", 300 * time.Millisecond, "audit transfer allowed; Atxfer PJSIP/201-1 out 0551234; " + putBack},
		{"a number without keys", nil, Target{Number: "+39055", Service: "campaign"}, both, NoTarget, 0, ""},
		{"a number that may not be called", nil, Target{Number: "0900123"}, both, dial.Policy, 0, "audit transfer denied policy"},
		{"a queue with letters", nil, Target{Queue: "Help"}, both, NoTarget, 0, ""},
		{"on hold", holds, Target{Agent: "bob"}, both, NoTalk, 0, ""},
		{"once more", asks, Target{Agent: "bob"}, both, dial.Busy, 0, ""},
		{"while it rings", func(p *tracker.Part) { p.Phase = pbx.PhaseRinging }, Target{Agent: "bob"}, both, NoTalk, 0, ""},
		{"asked himself", func(p *tracker.Part) { p.Asked = true }, Target{Agent: "bob"}, both, NoTalk, 0, ""},
		{"a busy agent", nil, Target{Agent: "cem"}, both, TargetBusy, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			asking(t, c.part, c.then, func(r *room) error { return r.Consult(context.Background(), ada, "talk", c.to) }, c.code, c.took, c.done)
		})
	}
}

// TestAfterConsult: how it ends.
func TestAfterConsult(t *testing.T) {
	complete := func(r *room) error { return r.Complete(context.Background(), ada, "talk") }
	cancel := func(r *room) error { return r.Cancel(context.Background(), ada, "talk") }
	blind := func(r *room) error { return r.Transfer(context.Background(), ada, "talk", Target{Agent: "bob"}) }
	asking(t, asks, nil, complete, "<nil>", 0, "audit complete allowed; Hangup PJSIP/201-1")
	asking(t, nil, nil, complete, NoConsult, 0, "")
	asking(t, asks, becomes(200*time.Millisecond, isBack), cancel, "<nil>", 200*time.Millisecond, "audit cancel allowed; CancelAtxfer PJSIP/201-1")
	asking(t, asks, becomes(200*time.Millisecond, isBack), func(r *room) error {
		if err := cancel(r); err != nil {
			return err
		}
		r.then = becomes(0, asks)
		return r.Consult(context.Background(), ada, "talk", Target{Agent: "bob"})
	}, "<nil>", keysApart, "audit cancel allowed; CancelAtxfer PJSIP/201-1; audit transfer allowed; Atxfer PJSIP/201-1 house 202; "+putBack)
	asking(t, asks, nil, cancel, dial.Unanswered, backIn, "audit cancel allowed; CancelAtxfer PJSIP/201-1")
	asking(t, nil, nil, cancel, NoConsult, 0, "")
	asking(t, asks, nil, blind, dial.Busy, 0, "")
}

// TestMeanwhile: who has asked and waits for the colleague's telephone to ring may hang up at once,
// and cancel, which is done as soon as there is something to cancel. Nothing else comes between.
func TestMeanwhile(t *testing.T) {
	const asked = "audit transfer allowed; Atxfer PJSIP/201-1 house 202; "
	bob := Target{Agent: "bob"}
	for _, c := range []struct {
		name         string
		begins       time.Duration // after which the colleague is called
		do           func(context.Context, *room) error
		code         string
		took         time.Duration // of both
		consult, did string
	}{
		{"hangs up", 4 * time.Second, func(ctx context.Context, r *room) error {
			err := r.Hangup(ctx, ada, "talk")
			r.later(0, isOver)
			return err
		}, "<nil>", 2 * time.Second, UnknownCall, asked + "audit hangup allowed; Hangup PJSIP/201-1; " + putBack},
		{"hangs up in vain", 4 * time.Second, func(ctx context.Context, r *room) error {
			r.says["Hangup"] = errors.New("no link")
			defer func() {
				if err := r.Consult(ctx, ada, "talk", bob); code(err) != dial.Busy {
					t.Errorf("asks once more: %v", err)
				}
			}()
			return r.Hangup(ctx, ada, "talk")
		}, dial.NoLink, 4 * time.Second, "<nil>", asked + "audit hangup allowed; Hangup PJSIP/201-1; " + putBack},
		{"cancels", 4 * time.Second, func(ctx context.Context, r *room) error {
			r.then = becomes(100*time.Millisecond, isBack)
			return r.Cancel(ctx, ada, "talk")
		}, "<nil>", 4*time.Second + 100*time.Millisecond, "<nil>", asked + putBack + "; audit cancel allowed; CancelAtxfer PJSIP/201-1"},
		{"cancels what does not begin", time.Minute, func(ctx context.Context, r *room) error { return r.Cancel(ctx, ada, "talk") },
			NoConsult, time.Second + callsIn, NotBegun, asked + putBack},
		{"goes away while he cancels", 4 * time.Second, func(ctx context.Context, r *room) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			return r.Cancel(ctx, ada, "talk")
		}, dial.Busy, 4 * time.Second, "<nil>", asked + putBack},
		{"hands on", 4 * time.Second, func(ctx context.Context, r *room) error { return r.Transfer(ctx, ada, "talk", bob) }, dial.Busy, 4 * time.Second, "<nil>", asked + putBack},
		{"holds", 4 * time.Second, func(ctx context.Context, r *room) error { return r.Hold(ctx, ada, "talk") }, dial.Busy, 4 * time.Second, "<nil>", asked + putBack},
	} {
		t.Run(c.name, func(t *testing.T) {
			asking(t, nil, func(r *room) {
				r.then = nil
				r.later(time.Second-glance/2, holds)
				r.later(c.begins-glance/2, asks)
			}, func(r *room) error {
				consult := make(chan error)
				go func() { consult <- r.Consult(context.Background(), ada, "talk", bob) }()
				<-time.After(2 * time.Second)
				err := c.do(context.Background(), r)
				if got := <-consult; code(got) != c.consult {
					t.Errorf("asking: %v, want %s", got, c.consult)
				}
				return err
			}, c.code, c.took, c.did)
		})
	}
}

// TestChanged: nothing is done with a call that has changed while the audit was written. A caller
// whose colleague has hung up meanwhile would lose his agent.
func TestChanged(t *testing.T) {
	meanwhile := func(change func(*tracker.Part)) func(*room) {
		return func(r *room) {
			p := r.parts["talk"]
			if change(&p); p.Uniqueid == "" {
				delete(r.parts, "talk")
				return
			}
			r.parts["talk"] = p
		}
	}
	for _, c := range []struct {
		name         string
		part, change func(*tracker.Part)
		do           func(context.Context, *room) error
		code, done   string
	}{
		{"the colleague hangs up", asks, isBack, func(ctx context.Context, r *room) error { return r.Complete(ctx, ada, "talk") }, NoTalk, "audit complete allowed"},
		{"he asks at his telephone", nil, asks, func(ctx context.Context, r *room) error { return r.Hangup(ctx, ada, "talk") }, NoTalk, "audit hangup allowed"},
		{"he holds at his telephone", nil, holds, func(ctx context.Context, r *room) error { return r.Hangup(ctx, ada, "talk") }, "<nil>", "audit hangup allowed; Hangup PJSIP/201-1"},
		{"he asks already", asks, nil, func(ctx context.Context, r *room) error { return r.Hangup(ctx, ada, "talk") }, dial.Busy, ""},
		{"another is there", nil, func(p *tracker.Part) { p.Party = "PJSIP/203-9" },
			func(ctx context.Context, r *room) error { return r.Transfer(ctx, ada, "talk", Target{Agent: "bob"}) }, NoTalk, "audit transfer allowed"},
		{"the caller is gone", nil, isOver,
			func(ctx context.Context, r *room) error { return r.Transfer(ctx, ada, "talk", Target{Agent: "bob"}) }, UnknownCall, "audit transfer allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom("house")
			if c.part != nil {
				meanwhile(c.part)(r)
			}
			if c.change != nil {
				r.slow = meanwhile(c.change)
			}
			if err := c.do(t.Context(), r); code(err) != c.code || strings.Join(r.done, "; ") != c.done {
				t.Errorf("%v, did %q", err, r.done)
			}
		})
	}
}

// TestPhone: a telephone says that it has heard, whether it does it or not.
func TestPhone(t *testing.T) {
	hold := func(r *room) error { return r.Hold(context.Background(), ada, "talk") }
	resume := func(r *room) error { return r.Resume(context.Background(), ada, "talk") }
	answer := func(r *room) error { return r.Answer(context.Background(), ada, "talk") }
	rings := func(p *tracker.Part) { p.Phase = pbx.PhaseRinging }
	resumes := func(p *tracker.Part) { p.Phase, p.Holding = pbx.PhaseTalking, false }
	ofSIP := func(p *tracker.Part) { p.Channel = "SIP/201-1" }
	const soon = 200 * time.Millisecond
	asking(t, nil, becomes(soon, holds), hold, "<nil>", soon, "audit hold allowed; PJSIPNotify PJSIP/201-1 Event=hold")
	asking(t, nil, nil, hold, NoReaction, reacts, "audit hold allowed; PJSIPNotify PJSIP/201-1 Event=hold")
	asking(t, holds, nil, hold, "<nil>", 0, "")
	asking(t, rings, nil, hold, NoTalk, 0, "")
	asking(t, asks, nil, hold, NoTalk, 0, "")
	asking(t, ofSIP, nil, hold, NotAble, 0, "")
	asking(t, holds, becomes(soon, resumes), resume, "<nil>", soon, "audit resume allowed; PJSIPNotify PJSIP/201-1 Event=talk")
	asking(t, holds, nil, resume, NoReaction, reacts, "audit resume allowed; PJSIPNotify PJSIP/201-1 Event=talk")
	asking(t, nil, nil, resume, "<nil>", 0, "")
	asking(t, func(p *tracker.Part) { p.Phase = pbx.PhaseHeld }, nil, resume, NoTalk, 0, "")
	asking(t, rings, becomes(soon, resumes), answer, "<nil>", soon, "audit answer allowed; PJSIPNotify PJSIP/201-1 Event=talk")
	asking(t, rings, becomes(soon, isOver), answer, UnknownCall, soon, "audit answer allowed; PJSIPNotify PJSIP/201-1 Event=talk")
	asking(t, rings, nil, answer, NoReaction, reacts, "audit answer allowed; PJSIPNotify PJSIP/201-1 Event=talk")
	asking(t, nil, nil, answer, "<nil>", 0, "")
}

// TestNotAble: what the settings do not say is not tried, nor what Asterisk does not know.
func TestNotAble(t *testing.T) {
	r := newRoom("house")
	for _, err := range []error{
		r.Consult(t.Context(), ada, "talk", Target{Agent: "bob"}), r.Hold(t.Context(), ada, "talk"),
		r.Resume(t.Context(), ada, "talk"), r.Answer(t.Context(), ada, "ring"),
	} {
		if code(err) != NotAble || len(r.done) > 0 || r.Can() != (Abilities{}) {
			t.Errorf("%v, did %q", err, r.done)
		}
	}
	r.opt.PhoneEvents, r.opt.Attended = true, true
	r.says["PJSIPNotify"] = &ami.RefusedError{Message: "Invalid/unknown command: PJSIPNotify. Use Action: ListCommands"}
	if err := r.Hold(t.Context(), ada, "talk"); code(err) != NotAble || !strings.Contains(err.Error(), "res_pjsip_notify") {
		t.Error(err)
	}
	r.says["PJSIPNotify"] = &ami.RefusedError{Message: "Permission denied"}
	if err := r.Hold(t.Context(), ada, "talk"); code(err) != dial.Refused {
		t.Error(err)
	}
	if r.Can() != (Abilities{Attended: true, Hold: true, Answer: true}) {
		t.Error(r.Can())
	}
}

// TestMissing: a caller is not handed on to what is not there; what Asterisk does not say is.
func TestMissing(t *testing.T) {
	r := newRoom("house")
	r.lacks = "(house,202,"
	if err := r.Transfer(t.Context(), ada, "talk", Target{Agent: "bob"}); code(err) != NoExtension || len(r.done) > 0 {
		t.Errorf("%v, did %q", err, r.done)
	}
	r.says["Getvar"] = errors.New("no link")
	if err := r.Transfer(t.Context(), ada, "talk", Target{Agent: "bob"}); err != nil {
		t.Error(err)
	}
}
