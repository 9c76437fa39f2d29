package dial

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

const (
	margin    = 10 * time.Second       // beyond Timeout, until OriginateResponse must have come
	settling  = 300 * time.Millisecond // until the hang-up that belongs to one must have come
	afterward = 50 * time.Millisecond  // that a notice comes after the answer to the wish
	maxEarly  = 1000

	// tooLong is how long a call keeps its operator from the next one, should its Hangup never
	// come. The call itself goes on: this ends nothing.
	tooLong = 4 * time.Hour
)

// call is one that was asked for, until it has failed or its operator has hung up. That is the
// Hangup of the channel that has our id; where Asterisk gives channels no ids of ours (until
// 11) it is over for us when it has begun.
type call struct {
	pbx.Originated
	agent tracker.Agent

	action   string    // its ActionID; "" until Asterisk has taken it on
	from     time.Time // when it has
	answered bool      // OriginateResponse has come
	ours     bool      // it was of a channel with our id
	reason   int       // its Reason
	cause    int       // of the hang-up; 0: not told
	hungUp   bool
	lost     bool      // the link was, before OriginateResponse
	tell     time.Time // when to tell of it; zero: not yet known
	lasts    bool      // it has begun and was told of
}

// release forgets a call that is not made.
func (d *Dialer) release(c *call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked()
	d.forget(c)
}

// forget lets the operator call again. The caller holds mu.
func (d *Dialer) forget(c *call) {
	delete(d.calls, c.ID)
	if a := d.account(c.agent.Operator); a.call == c {
		a.call = nil
	}
}

// asked is the end of an action. The caller holds mu.
func (d *Dialer) asked() {
	if d.asking--; d.asking == 0 {
		clear(d.early)
	}
}

// accepted is a call that Asterisk has taken on. Its OriginateResponse may have come before
// this, from a version that does not take ids for its channels; then it is among the early.
func (d *Dialer) accepted(c *call, action string) {
	d.mu.Lock()
	now := d.opt.Clock()
	c.action, c.from = action, now
	if e, came := d.early[action]; came && action != "" {
		c.response(&e, now)
	}
	d.asked()
	d.mu.Unlock()
	d.signal()
}

// Originated takes an OriginateResponse, and the Hangup of a channel whose id begins with
// "cti-": from chan_pjsip only that says whether a telephone was busy. Others it passes over.
// It never blocks, and keeps no string of e.
func (d *Dialer) Originated(e *pbx.Event) {
	d.mu.Lock()
	now := d.opt.Clock()
	c := d.find(e)
	switch {
	case c == nil && e.Kind == pbx.OriginateResponse && d.asking > 0 && len(d.early) < maxEarly:
		d.early[strings.Clone(e.Text)] = pbx.Event{Kind: e.Kind, Number: e.Number, Value: strings.Clone(e.Value)}
	case c == nil:
	case e.Kind == pbx.OriginateResponse:
		c.response(e, now)
	case e.Kind == pbx.Hangup:
		c.hungUp, c.cause = true, e.Number
		switch {
		case c.lasts:
			d.forget(c)
		case c.answered:
			c.tell = now
		}
	}
	d.mu.Unlock()
	if c != nil {
		d.signal()
	}
}

// find is the call that an event is of: by the channel's id, which we gave, or by the action's,
// which the link gave. The caller holds mu.
func (d *Dialer) find(e *pbx.Event) *call {
	if c := d.calls[string(e.Channel.ID)]; c != nil || e.Kind != pbx.OriginateResponse || e.Text == "" {
		return c
	}
	for _, c := range d.calls {
		if c.action == e.Text {
			return c
		}
	}
	return nil
}

// response is what Asterisk says of a call. When it does not say why it failed, the hang-up
// may, which comes before or after it, or never.
func (c *call) response(e *pbx.Event, now time.Time) {
	if c.answered {
		return
	}
	c.answered, c.reason, c.OK, c.tell = true, e.Number, e.Value == "Success", now
	c.ours = string(e.Channel.ID) == c.ID
	if !c.OK && c.reason != reasonRinging && c.reason != reasonBusy && !c.hungUp {
		c.tell = now.Add(settling)
	}
}

// Link is the state of the link. When it is lost, nobody will say how a call began, nor that
// one has ended meanwhile.
func (d *Dialer) Link(s pbx.LinkState) {
	d.mu.Lock()
	d.down = s == pbx.LinkStateDown
	if d.down {
		for _, c := range d.calls {
			if c.lasts {
				d.forget(c)
				continue
			}
			c.lost, c.ours, c.tell = !c.answered, false, d.opt.Clock()
		}
	}
	d.mu.Unlock()
	d.signal()
}

func (d *Dialer) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run tells agents how their calls began, until ctx ends. It is called once.
func (d *Dialer) Run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, next := d.due()
		for _, c := range due {
			o := c.Originated
			err := d.opt.Post(ctx, c.agent.Operator, c.agent.Generation, &pbx.Notice{ID: pbx.NoticeOriginate, Originate: &o})
			if err != nil && !errors.Is(err, tracker.ErrStopped) && ctx.Err() == nil {
				d.opt.Log.Error("an agent is not told of his call", "operator", c.agent.Operator, "id", c.ID, "err", err)
			}
		}
		timer.Reset(next)
		select {
		case <-d.wake:
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// due takes out the calls that are to be told of, and says when there will be more.
func (d *Dialer) due() (list []*call, next time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, next := d.opt.Clock(), time.Hour
	for _, c := range d.calls {
		if c.from.IsZero() {
			continue // Originate waits for the answer
		}
		at := c.from.Add(d.opt.Timeout + margin)
		if c.lasts {
			at = c.from.Add(tooLong)
		} else if !c.tell.IsZero() {
			at = c.tell
		}
		if first := c.from.Add(afterward); at.Before(first) {
			at = first
		}
		if wait := at.Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if !c.lasts {
			c.Reason, c.Text = c.outcome()
			list = append(list, c)
		}
		if c.lasts = !c.lasts && c.OK && c.ours && !c.hungUp; !c.lasts {
			d.forget(c)
		}
	}
	return list, next
}
