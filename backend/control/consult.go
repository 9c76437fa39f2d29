package control

import (
	"context"
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
	notAble := ""
	if !c.opt.Attended {
		notAble = "this site does not ask colleagues at a click: control.attended is off"
	}
	t, err := c.beginFor(ctx, a, call, notAble, cannotAsk)
	if err != nil {
		return err
	}
	defer t.end()
	place, exten, err := c.resolve(ctx, a, to)
	if err != nil {
		return err
	}
	if strings.Trim(exten, "0123456789") != "" { // # would end what is keyed in, * may be a feature's
		return &dial.Denied{Code: NoTarget, Text: "Asterisk calls who is to be asked by keys, and this has none: hand the call on without asking"}
	}
	t.keepApart()
	defer c.keepContext(ctx, t.part.Channel)()
	where := to.attrs(pbx.TransferAttended, place, exten)
	if err := t.do(ctx, "transfer", where, ami.Atxfer(t.part.Channel, place, exten)); err != nil {
		return err
	}
	began := func(now *tracker.Part) bool { return now.Consults > t.part.Consults }
	held, err := t.see(ctx, holdsIn, func(now *tracker.Part) bool { return began(now) || now.Phase == pbx.PhaseHeld })
	switch {
	case err != nil:
		return err
	case !held:
		return t.unseen("transfer", NotBegun, "Asterisk did not begin the transfer: the Dial or Queue of this call needs option t or T, and features.conf an atxfer")
	}
	called, err := t.see(ctx, callsIn, began)
	if err == nil && !called {
		err = t.unseen("transfer", NotBegun, "Asterisk called nobody: it gives the caller back")
	}
	return err
}

// cannotAsk is why nobody can be asked about a call now.
func cannotAsk(part *tracker.Part) *dial.Denied {
	switch {
	case part.Consult != nil:
		return &dial.Denied{Code: dial.Busy, Text: "somebody is being asked already"}
	case part.Holding:
		return &dial.Denied{Code: NoTalk, Text: "take the caller back from hold first"}
	case part.Asked || part.Phase != pbx.PhaseTalking:
		return &dial.Denied{Code: NoTalk, Text: "nobody is there to be handed on"}
	case part.Apart:
		return notTheCaller()
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
	t, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer t.end()
	if t.part.Consult == nil {
		return nobodyAsked()
	}
	return t.do(ctx, "complete", nil, ami.Hangup(t.part.Channel))
}

// Cancel ends what Consult began, and returns when a talks with his caller again. While Consult
// still waits for whom it has called, or whatever else is being done, it waits too: keys pressed
// between those of an Atxfer would be taken for some of them.
func (c *Control) Cancel(ctx context.Context, a tracker.Agent, call string) error {
	t, err := c.beginAfter(ctx, a, call, false)
	if err != nil {
		return err
	}
	defer t.end()
	if t.part.Consult == nil {
		return nobodyAsked()
	}
	if err := t.do(ctx, "cancel", nil, ami.CancelAtxfer(t.part.Channel)); err != nil {
		return err
	}
	c.pressed(t.part.Uniqueid)
	back, err := t.see(ctx, backIn, func(now *tracker.Part) bool { return now.Consult == nil })
	if err == nil && !back {
		err = t.unseen("cancel", dial.Unanswered, "Asterisk did not take the caller back: features.conf needs an atxferabort; the colleague can hang up")
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
func (t *turn) keepApart() {
	t.mu.Lock()
	at := t.keys[t.part.Uniqueid]
	t.mu.Unlock()
	if wait := time.Until(at.Add(keysApart)); wait > 0 {
		t.watch(true)
		defer t.watch(false)
		<-time.After(wait)
	}
}

func nobodyAsked() error { return &dial.Denied{Code: NoConsult, Text: "nobody is being asked"} }
