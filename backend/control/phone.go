package control

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// The manager interface can neither hold a call nor answer one: that is the telephone's to do. Many
// telephones do it when they are sent a NOTIFY within the call, with Event "hold", or "talk" to
// answer or to resume (BroadSoft's Remote Control Talk Event Package). They answer 200 whether
// they do it or not, so that too is seen in the picture.

// reacts is how long a telephone may take to do what it was told.
const reacts = 3 * time.Second

// Hold has a's telephone put the caller on hold, and returns when it has.
func (c *Control) Hold(ctx context.Context, a tracker.Agent, call string) error {
	return c.tell(ctx, a, call, order{
		name: "hold", event: "hold",
		fits: func(p *tracker.Part) bool { return p.Phase == pbx.PhaseTalking && p.Consult == nil },
		done: func(p *tracker.Part) bool { return p.Holding },
	})
}

// Resume has a's telephone take the caller back, and returns when it has.
func (c *Control) Resume(ctx context.Context, a tracker.Agent, call string) error {
	return c.tell(ctx, a, call, order{
		name: "resume", event: "talk",
		fits: func(p *tracker.Part) bool { return p.Holding && p.Consult == nil },
		done: func(p *tracker.Part) bool { return !p.Holding },
	})
}

// Answer has a's telephone answer, and returns when it has.
func (c *Control) Answer(ctx context.Context, a tracker.Agent, call string) error {
	return c.tell(ctx, a, call, order{
		name: "answer", event: "talk",
		fits: func(p *tracker.Part) bool { return p.Phase == pbx.PhaseRinging },
		done: func(p *tracker.Part) bool { return p.Phase != pbx.PhaseRinging },
	})
}

// order is what a telephone is told.
type order struct {
	name, event string
	fits        func(*tracker.Part) bool // it can be told so now
	done        func(*tracker.Part) bool // and has done it
}

func (c *Control) tell(ctx context.Context, a tracker.Agent, call string, o order) error {
	notAble := ""
	if !c.opt.PhoneEvents {
		notAble = "telephones take no orders here: control.phone_events is off"
	}
	t, err := c.beginFor(ctx, a, call, notAble, o.unfit)
	if err != nil {
		return err
	}
	defer t.end()
	if o.done(&t.part) {
		return nil
	}
	if err := t.do(ctx, o.name, nil, ami.PJSIPNotify(t.part.Channel, o.event)); err != nil {
		return withoutNotify(err)
	}
	is, err := t.see(ctx, reacts, o.done)
	if err == nil && !is {
		err = t.unseen(o.name, NoReaction, "your telephone did not take the order: use its own key")
	}
	return err
}

// unfit is why a telephone cannot be told so now; what it has done already is not told again.
func (o *order) unfit(part *tracker.Part) *dial.Denied {
	switch {
	case !strings.HasPrefix(strings.ToUpper(part.Channel), "PJSIP/"):
		return &dial.Denied{Code: NotAble, Text: "only telephones of PJSIP take orders: use the telephone's own key"}
	case o.name == "resume" && part.Phase == pbx.PhaseHeld && !part.Holding:
		return &dial.Denied{Code: NoTalk, Text: "the other side has put the call on hold"}
	case !o.done(part) && !o.fits(part):
		return &dial.Denied{Code: NoTalk, Text: "the call is not where this can be done"}
	}
	return nil
}

// withoutNotify says more of the refusal of an Asterisk that does not know the action.
func withoutNotify(err error) error {
	var denied *dial.Denied
	if errors.As(err, &denied) && denied.Code == dial.Refused && strings.Contains(strings.ToLower(denied.Text), "unknown command") {
		return &dial.Denied{Code: NotAble, Text: "this Asterisk cannot tell telephones anything: it needs module res_pjsip_notify, and a pjsip_notify.conf"}
	}
	return err
}
