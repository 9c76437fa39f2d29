package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// do carries out a task.
func (d *Desk) do(ctx context.Context, t task) outcome {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch t.verb {
	case keepPause, forgetPause:
		err := d.keep(ctx, t)
		if err != nil {
			d.opt.Log.Error("a pause is not written down: a restart of the server will not know of it", "operator", t.operator, "err", err)
		}
		return outcome{err: err}
	case look:
		return d.look(ctx, t)
	}
	if !sendable(t.queue) || !sendable(t.iface) {
		return outcome{refused: "the name of the queue or of the telephone holds one of , | ;"}
	}
	if t.verb == add && !t.known { // first on disk: what is not there is never taken out
		if err := d.opt.Ledger.PutMember(ctx, Member{t.queue, t.iface, t.operator}); err != nil {
			return outcome{err: err}
		}
	}
	r := d.ask(ctx, t)
	r.kept = t.verb == add && (r.err == nil || t.known || inFlight(r.err))
	forget := t.verb == remove && r.err == nil && r.refused == "" ||
		t.verb == add && !t.known && (r.existed || r.refused != "" || !r.kept)
	if forget {
		r.kept = false
		if err := d.opt.Ledger.DeleteMember(ctx, t.queue, t.iface); err != nil {
			r.err = errors.Join(r.err, err)
		}
	}
	if r.err != nil || r.refused != "" {
		d.opt.Log.Warn("a queue is not as it should be", "queue", t.queue, "phone", t.iface, "operator", t.operator, "err", r.err, "refused", r.refused)
	}
	return r
}

func (d *Desk) keep(ctx context.Context, t task) error {
	if t.verb == forgetPause {
		return d.opt.Ledger.DeletePause(ctx, t.operator)
	}
	return d.opt.Ledger.PutPause(ctx, t.pause)
}

// inFlight says whether what failed may have been done: it was sent, and not answered.
func inFlight(err error) bool {
	return errors.Is(err, ami.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// look asks for the state of the telephone's device, which Asterisk has also for one that
// is not registered. Before 1.6 there is no such function, and no warning.
func (d *Desk) look(ctx context.Context, t task) outcome {
	if strings.ContainsAny(t.iface, "(){}") {
		return outcome{}
	}
	answer, err := d.opt.Exchange.Do(ctx, ami.Getvar("", "DEVICE_STATE("+t.iface+")"))
	unknown := err == nil && answer.Get(ami.Value) == "INVALID"
	if unknown && t.known {
		d.opt.Log.Warn("Asterisk does not know the telephone of a seat", "phone", t.iface, "operator", t.operator)
	}
	return outcome{err: err, unknown: unknown}
}

// ask asks Asterisk for it. That it is so already is what was wanted.
func (d *Desk) ask(ctx context.Context, t task) outcome {
	var a ami.Action
	already := ""
	switch t.verb {
	case add:
		a, already = ami.QueueAdd(t.queue, t.iface, t.name, t.penalty, t.paused), "already there"
	case remove:
		a, already = ami.QueueRemove(t.queue, t.iface), "not there"
	case pause, unpause:
		a = ami.QueuePause(t.queue, t.iface, t.reason, t.paused)
	case penalty:
		a = ami.QueuePenalty(t.queue, t.iface, t.penalty)
	}
	var refused *ami.RefusedError
	if _, err := d.opt.Exchange.Do(ctx, a); err == nil {
		return outcome{}
	} else if !errors.As(err, &refused) {
		return outcome{err: fmt.Errorf("ask Asterisk: %w", err)}
	}
	text, _, _ := strings.Cut(refused.Message, ". ") // what follows is advice for programmers
	switch low := strings.ToLower(text); {
	case already != "" && strings.Contains(low, already):
		return outcome{existed: true}
	case t.verb == remove && (strings.Contains(low, "not dynamic") || strings.Contains(low, "no such queue")):
		return outcome{existed: true} // nothing that this server could take out any more
	}
	return outcome{refused: cmp.Or(text, "refused")}
}
