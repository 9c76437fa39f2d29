package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// The errors of Pause and its like.
var (
	ErrGone          = errors.New("signed out meanwhile")
	ErrDown          = errors.New("there is no link to Asterisk")
	ErrUnknownReason = errors.New("not one of the reasons for a pause")
	ErrUnknownQueue  = errors.New("not one of your queues")
	ErrUnanswered    = errors.New("asterisk does not answer")
	ErrNoWork        = errors.New("there is no after-call work")
)

// Refused is a pause that Asterisk refused, in its words.
type Refused struct{ Queue, Text string }

func (e *Refused) Error() string { return fmt.Sprintf("queue %s: %s", e.Queue, e.Text) }

// Wish is what an agent asks for (rows D5, D6).
type Wish struct {
	On        bool
	Reason    string // one of the configured; "" for none
	Queue     string // "": all of his
	AfterCall bool   // with On: when the call that he is in has ended

	Pending func() // called when the wish is valid and Asterisk is about to be asked; must not block; nil: not
}

// waiter waits for a wish to be granted.
type waiter struct {
	queue string     // in lower case; "": all
	wish  bool       // for a pause, or its end
	done  chan error // of one place
}

// Enter is an agent who has signed in, or whose client is there again. An older
// generation than one that is known does nothing.
func (d *Desk) Enter(a tracker.Agent) { d.put(func(b *board) { b.enter(a) }) }

// Leave is the end of a sign-in: he leaves his queues.
func (d *Desk) Leave(operator string, generation uint64) {
	d.put(func(b *board) { b.leave(operator, generation) })
}

// Lost is a sign-in whose last client is gone: he is paused after quiet, and leaves his
// queues when he is not back after the grace time.
func (d *Desk) Lost(operator string, generation uint64, quiet time.Duration) {
	d.put(func(b *board) { b.lose(operator, generation, quiet) })
}

// Pause carries out a wish and waits until Asterisk has granted it, for patience at most.
// The errors are those above, *Refused and ctx's. What was refused has changed nothing.
func (d *Desk) Pause(ctx context.Context, operator string, generation uint64, w Wish) error {
	return d.wait(ctx, operator, func(b *board, done chan error) { b.wish(operator, generation, w, done) })
}

// Ready ends after-call work and waits until Asterisk has the agent's memberships so, as
// Pause does, if there is a link.
func (d *Desk) Ready(ctx context.Context, operator string, generation uint64) error {
	return d.work(ctx, operator, generation, func(b *board, a *agent) { a.rest(b.now) })
}

// MoreTime makes after-call work a minute longer.
func (d *Desk) MoreTime(ctx context.Context, operator string, generation uint64) error {
	return d.work(ctx, operator, generation, func(_ *board, a *agent) { a.more() })
}

func (d *Desk) work(ctx context.Context, operator string, generation uint64, f func(*board, *agent)) error {
	return d.wait(ctx, operator, func(b *board, done chan error) {
		switch a := b.agent(operator, generation); {
		case a == nil:
			b.say(done, ErrGone)
		case !a.works():
			b.say(done, ErrNoWork)
		case !b.ready():
			f(b, a)
			b.say(done, nil)
		default:
			f(b, a)
			a.waiters = append(a.waiters, &waiter{done: done})
		}
	})
}

// wait has f done by the loop and waits for what is said to its channel.
func (d *Desk) wait(ctx context.Context, operator string, f func(*board, chan error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrUnanswered)
	defer cancel()
	done := make(chan error, 1)
	d.put(func(b *board) { f(b, done) })
	select {
	case err := <-done:
		return err
	case <-d.done:
		return ErrGone
	case <-ctx.Done():
		d.put(func(b *board) { b.giveUp(operator, done) })
		return context.Cause(ctx)
	}
}

// Phone is what an agent's telephone does, as tracker.Desk has it.
func (d *Desk) Phone(operator string, generation uint64, s pbx.AgentState, afterCall time.Duration) {
	d.put(func(b *board) {
		if a := b.agent(operator, generation); a != nil {
			busy := a.busy()
			a.phone(s, afterCall, b.now)
			if !a.met || busy && !a.busy() { // the picture has met him just now, or foresees what follows
				a.met, a.shown = true, nil
			}
		}
	})
}

// Member is a fact about a queue.
func (d *Desk) Member(e *pbx.Event) {
	fact := pbx.Event{
		Kind: e.Kind, Queue: strings.Clone(e.Queue), Interface: strings.Clone(e.Interface), Number: e.Number, Paused: e.Paused,
	}
	d.put(func(b *board) { b.member(&fact) })
}

// Link is the state of the link.
func (d *Desk) Link(s pbx.LinkState) { d.put(func(b *board) { b.linked(s) }) }

// wish begins to carry w out.
func (b *board) wish(operator string, generation uint64, w Wish, done chan error) {
	a := b.agent(operator, generation)
	switch {
	case a == nil:
		b.say(done, ErrGone)
	case w.On && w.Reason != "" && (b.cfg == nil || !slices.Contains(b.cfg.PauseReasons, w.Reason)):
		b.say(done, ErrUnknownReason)
	case w.Queue != "" && !slices.ContainsFunc(a.queues, func(q want) bool { return strings.EqualFold(q.queue, w.Queue) }):
		b.say(done, ErrUnknownQueue)
	case len(a.queues) > 0 && !b.ready():
		b.say(done, ErrDown)
	default:
		if w.Pending != nil {
			w.Pending()
		}
		undo := a.pause(w, b.now)
		if a.undo == nil {
			a.undo = undo
		}
		a.waiters = append(a.waiters, &waiter{queue: strings.ToLower(w.Queue), wish: true, done: done})
	}
}

// giveUp ends the wait of one who does not wait any more.
func (b *board) giveUp(operator string, done chan error) {
	a := b.agents[strings.ToLower(operator)]
	if a == nil {
		return
	}
	i := slices.IndexFunc(a.waiters, func(w *waiter) bool { return w.done == done })
	switch {
	case i < 0:
	case i == len(a.waiters)-1 && a.waiters[i].wish:
		b.fail(a, ErrUnanswered)
	default: // a later wish has taken its place
		a.waiters = slices.Delete(a.waiters, i, i+1)
	}
}

// fail ends all waiting of a, and has what he wished undone: wishes that wait together
// fail together.
func (b *board) fail(a *agent, err error) {
	if a.undo != nil {
		a.undo()
	}
	for _, w := range a.waiters {
		b.say(w.done, err)
	}
	a.waiters, a.undo = nil, nil
}

// say answers who waits, at the end of the turn: then the picture shows what came of it.
func (b *board) say(done chan<- error, err error) {
	b.said = append(b.said, func() { done <- err })
}

// answer tells those who wait that their wish is granted, or that there is no link any
// more.
func (b *board) answer() {
	for _, a := range b.agents {
		if len(a.waiters) == 0 {
			continue
		}
		if len(a.queues) > 0 && !b.ready() {
			b.fail(a, ErrDown)
			continue
		}
		a.waiters = slices.DeleteFunc(a.waiters, func(w *waiter) bool {
			if !b.granted(a, w) {
				return false
			}
			b.say(w.done, nil)
			return true
		})
		if len(a.waiters) == 0 {
			a.undo = nil
		}
	}
}

// granted says whether Asterisk has a's memberships as he wishes.
func (b *board) granted(a *agent, w *waiter) bool {
	for _, q := range a.queues {
		if w.queue != "" && !strings.EqualFold(q.queue, w.queue) {
			continue
		}
		p := q.place
		if j := b.jobs[p]; j != nil && (j.under || j.settles) {
			return false // what is known of it is about to change
		}
		is := b.actual[p]
		if away, why := a.away(p, b.now); is != nil && (is.paused != away || away && !is.pausedFor(why)) {
			return false
		}
	}
	return true
}

// refuse takes back what an agent waits for when Asterisk does not do it.
func (b *board) refuse(t task, r outcome) {
	if t.verb != pause && t.verb != unpause {
		return
	}
	a := b.agents[strings.ToLower(t.operator)]
	if a == nil {
		return
	}
	err := r.err
	if r.refused != "" {
		err = &Refused{t.queue, r.refused}
	}
	b.fail(a, err)
}
