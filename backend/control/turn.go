package control

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// turn is one thing being done with an agent's call. Another one waits for its own, or is refused.
type turn struct {
	*Control
	agent tracker.Agent
	call  string        // as the agent names it
	part  tracker.Part  // his part in it when the turn began
	over  chan struct{} // closed when it has ended

	watches bool  // it has had Asterisk do all it wants, and only looks for what comes of it; guarded by mu
	under   *turn // a turn that watches, between which this one has come
}

// begin is a turn with a's part in a call, unless there is another. It is to be ended.
func (c *Control) begin(ctx context.Context, a tracker.Agent, call string) (*turn, error) {
	t, _, err := c.claim(ctx, a, call, false)
	return t, err
}

// beginFor is a turn for what only some sites have, and only some calls are fit for.
func (c *Control) beginFor(ctx context.Context, a tracker.Agent, call string, notAble string, unfit func(*tracker.Part) *dial.Denied) (*turn, error) {
	if notAble != "" {
		return nil, &dial.Denied{Code: NotAble, Text: notAble}
	}
	t, err := c.begin(ctx, a, call)
	if err != nil {
		return nil, err
	}
	if denied := unfit(&t.part); denied != nil {
		t.end()
		return nil, denied
	}
	return t, nil
}

// beginAfter is a turn that begins when there is no other any more, or, with between, none that
// still has Asterisk do something. It is refused when ctx ends before.
func (c *Control) beginAfter(ctx context.Context, a tracker.Agent, call string, between bool) (*turn, error) {
	for {
		t, other, err := c.claim(ctx, a, call, between)
		if other == nil {
			return t, err
		}
		select {
		case <-other.over:
		case <-time.After(glance):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// claim is begin; with between the turn may come between another one and what that looks for. With
// the refusal comes the other turn.
func (c *Control) claim(ctx context.Context, a tracker.Agent, call string, between bool) (t, other *turn, err error) {
	part, is, err := c.opt.Picture.PartOf(ctx, a.Operator, a.Generation, pbx.CallID(call))
	switch {
	case err != nil:
		return nil, nil, &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	case !is:
		return nil, nil, &dial.Denied{Code: UnknownCall, Text: "you have no such call, or no more"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other = c.busy[part.Uniqueid]; other != nil && (!between || !other.watches) {
		return nil, other, &dial.Denied{Code: dial.Busy, Text: "something is being done with this call already"}
	}
	t = &turn{Control: c, agent: a, call: call, part: part, over: make(chan struct{}), under: other}
	c.busy[part.Uniqueid] = t
	return t, nil, nil
}

func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.over)
	if t.busy[t.part.Uniqueid] != t {
		return // another has come between
	}
	delete(t.busy, t.part.Uniqueid)
	if t.under == nil {
		return
	}
	select {
	case <-t.under.over:
	default:
		t.busy[t.part.Uniqueid] = t.under
	}
}

func (t *turn) watch(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watches = on
}

// now is the agent's part in the call; an error when it is over.
func (t *turn) now(ctx context.Context) (tracker.Part, error) {
	part, is, err := t.opt.Picture.PartOf(ctx, t.agent.Operator, t.agent.Generation, pbx.CallID(t.part.Uniqueid))
	switch {
	case err != nil:
		return part, &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	case !is:
		return part, &dial.Denied{Code: UnknownCall, Text: "the call is over"}
	}
	return part, nil
}

// changed is why the agent's part is not any more as it was when the turn began: a colleague who
// was being asked may have hung up meanwhile, and the caller be back. Hanging up minds only that.
func (t *turn) changed(ctx context.Context, event string) error {
	now, err := t.now(ctx)
	if err == nil && (now.Consults != t.part.Consults || (now.Consult == nil) != (t.part.Consult == nil) ||
		event != "hangup" && (now.Party != t.part.Party || now.Phase != t.part.Phase)) {
		return &dial.Denied{Code: NoTalk, Text: "the call has changed meanwhile: look, and ask again"}
	}
	return err
}

// do notes what is to be done with the call, and has Asterisk do it by one of the actions: by the
// next where it does not know the one before. It does not end with ctx once the line is in the
// audit, lest nobody knows what became of the call.
func (t *turn) do(ctx context.Context, event string, where []slog.Attr, actions ...ami.Action) error {
	log := t.opt.Log.With("operator", t.agent.Operator, "event", event, "channel", t.part.Channel)
	attrs := append([]slog.Attr{
		slog.String("operator", t.agent.Operator), slog.String("seat", t.agent.SeatMAC), slog.String("phone", t.agent.Extension),
		slog.String("call", t.call), slog.String("channel", t.part.Channel),
	}, where...)
	if err := t.opt.Audit.Log(ctx, event, append(attrs, slog.String("decision", "allowed"))...); err != nil {
		log.Error("nothing is done with a call, because it cannot be recorded", "err", err)
		return &dial.Denied{Code: dial.Refused, Text: "it cannot be recorded, so it is not done"}
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := t.changed(ask, event) // the audit may have waited for a disk, and what came before for Asterisk
	if err != nil {
		log.Warn("nothing was done with a call that has changed")
		return err
	}
	for _, action := range actions {
		var answer ami.Answer
		answer, err = t.opt.Exchange.Do(ask, action)
		if err == nil && answer.OK() {
			return nil
		}
		if err == nil {
			err = &ami.RefusedError{Message: answer.Get(ami.Text)}
		}
		var refused *ami.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(strings.ToLower(refused.Message), "unknown command") {
			break
		}
	}
	denied := refusal(err)
	log.Warn("nothing was done with a call", "code", denied.Code, "err", err)
	return denied
}

// glance is how often the picture is looked at for what is to come.
const glance = 50 * time.Millisecond

// see waits until the agent's part is as it should be, for so long; false when it does not become
// so. A call that is over meanwhile is an error. Meanwhile the agent may hang up.
func (t *turn) see(ctx context.Context, patience time.Duration, is func(*tracker.Part) bool) (bool, error) {
	t.watch(true)
	defer t.watch(false)
	ctx = context.WithoutCancel(ctx)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if now, err := t.now(ctx); err != nil || is(&now) {
			return err == nil, err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return false, nil
		}
	}
}

// unseen is the refusal when Asterisk took an action on and nothing came of it.
func (t *turn) unseen(event, code, text string) error {
	t.opt.Log.Warn("nothing came of it", "operator", t.agent.Operator, "event", event, "channel", t.part.Channel, "code", code)
	return &dial.Denied{Code: code, Text: text}
}
