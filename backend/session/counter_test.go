package session

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// counter is a Desk, a Dialer and a Control: it writes down what it is asked, and answers what a
// test says.
type counter struct {
	mu     sync.Mutex
	asked  []string
	err    error
	hold   chan struct{} // what waits for Asterisk waits for this too; nil: not
	broken bool          // it panics
}

func (d *counter) note(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, fmt.Sprintf(format, a...))
}

func (d *counter) answer(ctx context.Context) error {
	d.mu.Lock()
	hold, err, fault := d.hold, d.err, d.broken
	d.mu.Unlock()
	if fault {
		panic("as the test wants it") //nolint:forbidigo // that is what is tested
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (d *counter) Enter(a tracker.Agent) {
	d.note("enter %s %s %d", a.Operator, a.Extension, a.Generation)
}

func (d *counter) Leave(operator string, generation uint64) {
	d.note("leave %s %d", operator, generation)
}

func (d *counter) Lost(operator string, generation uint64, quiet time.Duration) {
	d.note("lost %s %d %v", operator, generation, quiet)
}

func (d *counter) Pause(ctx context.Context, operator string, _ uint64, w desk.Wish) error {
	d.note("pause %s %v %q %q %v", operator, w.On, w.Reason, w.Queue, w.AfterCall)
	if w.Pending != nil {
		w.Pending()
	}
	return d.answer(ctx)
}

func (d *counter) Ready(ctx context.Context, operator string, _ uint64) error {
	d.note("ready %s", operator)
	return d.answer(ctx)
}

func (d *counter) MoreTime(ctx context.Context, operator string, _ uint64) error {
	d.note("more time %s", operator)
	return d.answer(ctx)
}

func (d *counter) Originate(ctx context.Context, a tracker.Agent, w dial.Wish) (string, error) {
	d.note("originate %s %q %q %q", a.Operator, w.Number, w.Context, w.Service)
	if err := d.answer(context.WithoutCancel(ctx)); err != nil { // a call that was sent is followed
		return "", err
	}
	return "cti-1", nil
}

func (d *counter) Hangup(ctx context.Context, a tracker.Agent, call string) error {
	d.note("hangup %s %q", a.Operator, call)
	return d.answer(context.WithoutCancel(ctx))
}

func (d *counter) Transfer(ctx context.Context, a tracker.Agent, call string, to control.Target) error {
	d.note("transfer %s %q %q %q %q %q", a.Operator, call, to.Agent, to.Queue, to.Number, to.Service)
	return d.answer(context.WithoutCancel(ctx))
}

func (d *counter) Consult(ctx context.Context, a tracker.Agent, call string, to control.Target) error {
	d.note("consult %s %q %q %q %q %q", a.Operator, call, to.Agent, to.Queue, to.Number, to.Service)
	return d.answer(context.WithoutCancel(ctx))
}

func (d *counter) does(ctx context.Context, what string, a tracker.Agent, call string) error {
	d.note("%s %s %q", what, a.Operator, call)
	return d.answer(context.WithoutCancel(ctx))
}

func (d *counter) Complete(ctx context.Context, a tracker.Agent, call string) error {
	return d.does(ctx, "complete", a, call)
}

func (d *counter) Cancel(ctx context.Context, a tracker.Agent, call string) error {
	return d.does(ctx, "cancel", a, call)
}

func (d *counter) Hold(ctx context.Context, a tracker.Agent, call string) error {
	return d.does(ctx, "hold", a, call)
}

func (d *counter) Resume(ctx context.Context, a tracker.Agent, call string) error {
	return d.does(ctx, "resume", a, call)
}

func (d *counter) Answer(ctx context.Context, a tracker.Agent, call string) error {
	return d.does(ctx, "answer", a, call)
}

func (d *counter) Can() control.Abilities { return control.Abilities{Attended: true, Answer: true} }

func (d *counter) Targets(ctx context.Context, a tracker.Agent) (control.Targets, error) {
	d.note("targets of %s", a.Operator)
	return control.Targets{
		Agents: []control.Colleague{{Operator: "bob", FullName: "Bob", State: pbx.AgentPaused}},
		Queues: []pbx.FloorQueue{{Name: "q", Service: "S", Available: 2, Waiting: make([]pbx.FloorWaiter, 1)}}, Numbers: true,
	}, d.answer(ctx)
}

// answers makes it answer err from now on.
func (d *counter) answers(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// all is what it was asked until now.
func (d *counter) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

func (d *counter) want(t *testing.T, asked ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.asked, asked) {
		t.Errorf("asked %q\nwant %q", d.asked, asked)
	}
	d.asked = nil
}
