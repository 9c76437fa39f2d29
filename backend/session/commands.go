package session

import (
	"context"
	"errors"

	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// maxWaiting are the commands of one client that wait for Asterisk at once.
const maxWaiting = 8

// command is what a WebSocket client may ask; run fills the reply in.
type command struct {
	act act
	run func(ctx context.Context, c *client, m request, r *reply)
}

// commands is all that a WebSocket client may ask (F3).
var commands = map[string]command{
	"ping":      {actPing, func(_ context.Context, c *client, _ request, r *reply) { r.now = c.srv.opts.Clock() }},
	"sign-out":  {actSignOut, nil}, // the reply leaves before the sign-in ends: see answer
	"pause":     {actPause, pause},
	"unpause":   {actPause, pause},
	"ready":     {actWork, work},
	"more-time": {actWork, work},
	"originate": {actOriginate, originate},
	"hangup":    {actHangup, onCall(Control.Hangup)},
	"transfer":  {actTransfer, transfer},
	"complete":  {actTransfer, onCall(Control.Complete)},
	"cancel":    {actTransfer, onCall(Control.Cancel)},
	"hold":      {actPhone, onCall(Control.Hold)},
	"resume":    {actPhone, onCall(Control.Resume)},
	"answer":    {actPhone, onCall(Control.Answer)},
	"targets":   {actAsk, targets},
	"note":      {actNote, note},
}

func pause(ctx context.Context, c *client, m request, r *reply) {
	w := desk.Wish{On: m.Name == "pause", Queue: m.Queue}
	if w.On {
		w.Reason, w.AfterCall = m.Reason, m.AfterCall
	}
	r.deny(c.srv.opts.Desk.Pause(ctx, c.who.Operator, c.who.Generation, w))
}

func work(ctx context.Context, c *client, m request, r *reply) {
	f := c.srv.opts.Desk.Ready
	if m.Name == "more-time" {
		f = c.srv.opts.Desk.MoreTime
	}
	r.deny(f(ctx, c.who.Operator, c.who.Generation))
}

func originate(ctx context.Context, c *client, m request, r *reply) {
	id, err := c.srv.opts.Dialer.Originate(ctx, c.who.agent(), dial.Wish{Number: m.Number, Service: m.Service})
	r.call = id
	r.deny(err)
}

// onCall is a command that needs nothing but one of the agent's calls.
func onCall(do func(k Control, ctx context.Context, a tracker.Agent, call string) error) func(context.Context, *client, request, *reply) {
	return func(ctx context.Context, c *client, m request, r *reply) {
		r.deny(do(c.srv.opts.Control, ctx, c.who.agent(), m.Call))
	}
}

func transfer(ctx context.Context, c *client, m request, r *reply) {
	k := c.srv.opts.Control
	do := k.Transfer
	switch pbx.TransferKind(m.Kind) {
	case pbx.TransferBlind:
	case pbx.TransferAttended:
		do = k.Consult
	default:
		r.code, r.text = refusedMalformed, "the kind of a transfer is blind or attended"
		return
	}
	r.deny(do(ctx, c.who.agent(), m.Call, control.Target(m.To)))
}

func targets(ctx context.Context, c *client, _ request, r *reply) {
	t, err := c.srv.opts.Control.Targets(ctx, c.who.agent())
	if r.deny(err); err == nil {
		r.targets = &t
	}
}

// deny puts an error of the desk, of the dialer or of the control into the reply; nil is none.
func (r *reply) deny(err error) {
	if err != nil {
		r.code, r.text = denied(err)
	}
}

// denied is the code of a refusal, and its text for people.
func denied(err error) (code, text string) {
	var call *dial.Denied
	var refused *desk.Refused
	switch {
	case errors.As(err, &call):
		return call.Code, call.Text
	case errors.As(err, &refused):
		return "refused", "Asterisk refuses: " + refused.Error()
	case errors.Is(err, desk.ErrUnknownReason):
		code = "unknown-reason"
	case errors.Is(err, desk.ErrUnknownQueue):
		code = "unknown-queue"
	case errors.Is(err, desk.ErrDown):
		code = refusedNoLink
	case errors.Is(err, desk.ErrUnanswered):
		code = "unanswered"
	case errors.Is(err, desk.ErrNoWork):
		code = "no-work"
	case errors.Is(err, desk.ErrGone), errors.Is(err, context.Canceled):
		code = refusedSignIn
	default:
		return "refused", "Asterisk was not reached"
	}
	return code, err.Error()
}
