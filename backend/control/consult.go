package control

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Asterisk says of an attended transfer only that it will press the keys for it (Atxfer) on the
// agent's channel. Where Dial or Queue lacks option t or T nothing follows but the keys' sounds.
// So whether it has begun is seen in the picture: first the caller is put on hold, then somebody
// is called.
const (
	holdsIn = 4 * time.Second // after Atxfer the caller is on hold
	callsIn = 6 * time.Second // and then somebody is called: Asterisk may wait for more keys
	backIn  = 3 * time.Second // after CancelAtxfer the caller is back

	// Keys that follow those of CancelAtxfer are taken for more of the same by 16 and 22, for
	// featuredigittimeout, which is 1 s unless configured otherwise.
	keysApart = 2 * time.Second
)

// Consult has Asterisk ask the target before one of a's calls is handed on to it; meanwhile the
// caller is on hold. It returns when the target is being called. Then Complete hands the call on
// and Cancel takes it back, which Asterisk does by itself when the target cannot be had.
func (c *Control) Consult(ctx context.Context, a tracker.Agent, call string, to Target) error {
	if !c.opt.Attended {
		return &dial.Denied{Code: NotAble, Text: "this site does not ask colleagues at a click: control.attended is off"}
	}
	part, done, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer done()
	switch {
	case part.Consult != nil:
		return &dial.Denied{Code: dial.Busy, Text: "somebody is being asked already"}
	case part.Holding:
		return &dial.Denied{Code: NoTalk, Text: "take the caller back from hold first"}
	case part.Asked || part.Phase != pbx.PhaseTalking:
		return &dial.Denied{Code: NoTalk, Text: "nobody is there to be handed on"}
	}
	place, exten, err := c.resolve(ctx, a, to)
	if err != nil {
		return err
	}
	if strings.Trim(exten, "0123456789") != "" { // # would end what is keyed in, * may be a feature's
		return &dial.Denied{Code: NoTarget, Text: "Asterisk calls who is to be asked by keys, and this has none: hand the call on without asking"}
	}
	c.keepApart(part.Uniqueid)
	defer c.keepContext(ctx, part.Channel)()
	where := to.attrs(pbx.TransferAttended, place, exten)
	if err := c.do(ctx, "transfer", a, call, &part, where, ami.Atxfer(part.Channel, place, exten)); err != nil {
		return err
	}
	began := func(now *tracker.Part) bool { return now.Consults > part.Consults }
	held, err := c.see(ctx, a, &part, holdsIn, func(now *tracker.Part) bool { return began(now) || now.Phase == pbx.PhaseHeld })
	switch {
	case err != nil:
		return err
	case !held:
		return c.unseen(a, &part, "transfer", NotBegun, "Asterisk did not begin the transfer: the Dial or Queue of this call needs option t or T, and features.conf an atxfer")
	}
	called, err := c.see(ctx, a, &part, callsIn, began)
	switch {
	case err != nil:
		return err
	case !called:
		return c.unseen(a, &part, "transfer", NotBegun, "Asterisk called nobody: it gives the caller back")
	}
	return nil
}

// keepContext returns what puts the context back in which the telephone's own feature codes
// transfer. Atxfer leaves its own on the channel, where a number dialled would ask nobody.
func (c *Control) keepContext(ctx context.Context, channel string) func() {
	const variable = "TRANSFER_CONTEXT"
	ask := func(a ami.Action) (ami.Answer, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return c.opt.Exchange.Do(ctx, a)
	}
	before, err := ask(ami.Getvar(channel, variable))
	return func() {
		if err != nil || !before.OK() {
			return
		}
		if _, err := ask(ami.Setvar(channel, variable, before.Get(ami.Value))); err != nil {
			c.opt.Log.Warn("the context of the telephone's own transfers was not put back", "channel", channel, "err", err)
		}
	}
}

// Complete hands a's caller on to whom a asks, by hanging up a's telephone, which is how Asterisk
// takes it. Who still rings then rings for the caller. It returns as Hangup does.
func (c *Control) Complete(ctx context.Context, a tracker.Agent, call string) error {
	part, done, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer done()
	if part.Consult == nil {
		return nobodyAsked()
	}
	return c.do(ctx, "complete", a, call, &part, nil, ami.Hangup(part.Channel))
}

// Cancel ends what Consult began, and returns when a talks with his caller again.
func (c *Control) Cancel(ctx context.Context, a tracker.Agent, call string) error {
	part, done, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer done()
	if part.Consult == nil {
		return nobodyAsked()
	}
	if err := c.do(ctx, "cancel", a, call, &part, nil, ami.CancelAtxfer(part.Channel)); err != nil {
		return err
	}
	c.pressed(part.Uniqueid)
	back, err := c.see(ctx, a, &part, backIn, func(now *tracker.Part) bool { return now.Consult == nil })
	if err == nil && !back {
		err = c.unseen(a, &part, "cancel", dial.Unanswered, "Asterisk did not take the caller back: features.conf needs an atxferabort; the colleague can hang up")
	}
	return err
}

// pressed notes that keys were pressed to cancel.
func (c *Control) pressed(id pbx.ChannelID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.keys, func(_ pbx.ChannelID, at time.Time) bool { return time.Since(at) > keysApart })
	c.keys[id] = time.Now()
}

// keepApart waits until other keys can follow those.
func (c *Control) keepApart(id pbx.ChannelID) {
	c.mu.Lock()
	at := c.keys[id]
	c.mu.Unlock()
	if wait := time.Until(at.Add(keysApart)); wait > 0 {
		<-time.After(wait)
	}
}

func nobodyAsked() error { return &dial.Denied{Code: NoConsult, Text: "nobody is being asked"} }

// glance is how often the picture is looked at for what is to come.
const glance = 50 * time.Millisecond

// see waits until a's part is as it should be, for so long; false when it does not become so. A
// call that is over meanwhile is an error.
func (c *Control) see(ctx context.Context, a tracker.Agent, part *tracker.Part, patience time.Duration, is func(*tracker.Part) bool) (bool, error) {
	ctx = context.WithoutCancel(ctx)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		now, there, err := c.opt.Picture.PartOf(ctx, a.Operator, a.Generation, pbx.CallID(part.Uniqueid))
		switch {
		case err != nil:
			return false, &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
		case !there:
			return false, &dial.Denied{Code: UnknownCall, Text: "the call is over"}
		case is(&now):
			return true, nil
		}
		select {
		case <-tick.C:
		case <-late.C:
			return false, nil
		}
	}
}

// unseen is the refusal when Asterisk took an action on and nothing came of it.
func (c *Control) unseen(a tracker.Agent, part *tracker.Part, event, code, text string) error {
	c.opt.Log.Warn("nothing came of it", "operator", a.Operator, "event", event, slog.String("channel", part.Channel), "code", code)
	return &dial.Denied{Code: code, Text: text}
}
