// Package control does with a call what an agent could do at his telephone, whatever telephone
// it is: Asterisk hangs his channel up, hands on whoever he talks with, asks a colleague before,
// or tells his telephone to hold, resume and answer (row F3). An agent
// names one of his calls and where it is to go; which channel that is comes from the picture,
// and where it may go from the configuration. Nothing is done that is not in the audit before.
package control

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Picture is what is known of calls and agents, a *tracker.Tracker.
type Picture interface {
	PartOf(ctx context.Context, operator string, generation uint64, id pbx.CallID) (tracker.Part, bool, error)
	Floor(ctx context.Context) (*pbx.Floor, error)
}

// Numbers says which numbers an agent may have called, as *dial.Dialer does.
type Numbers interface {
	Permit(ctx context.Context, event string, a tracker.Agent, w dial.Wish) (*config.Service, error)
}

// Options of a Control. All but Context and Log are needed.
type Options struct {
	Exchange dial.Exchange
	Picture  Picture
	Config   dial.Config
	Numbers  Numbers
	Audit    dial.Audit

	// Context is that of the dialplan in which an agent is reached by the name of his
	// telephone ("201" of PJSIP/201) and a queue by its own; "": calls go to numbers only.
	Context string

	Attended    bool // calls may be asked about before they are handed on: Dial and Queue have t or T
	PhoneEvents bool // telephones do what a NOTIFY within a call tells them

	Log *slog.Logger // nothing is logged
}

// Abilities are what agents may ask for at this site beside hanging up and handing on.
type Abilities struct{ Attended, Hold, Answer bool }

// Can is what the settings allow.
func (c *Control) Can() Abilities {
	return Abilities{Attended: c.opt.Attended, Hold: c.opt.PhoneEvents, Answer: c.opt.PhoneEvents}
}

// The codes of a *dial.Denied, beside those of package dial.
const (
	UnknownCall = "unknown-call" // it is not one of the agent's, or no more
	NoTalk      = "no-talk"      // nobody is there who could be handed on
	NoTarget    = "no-target"    // there is no such agent or queue, or nobody is signed in
	TargetBusy  = "target-busy"  // the agent has a call himself
	NoContext   = "no-context"   // the site has not said how agents and queues are reached
	NoExtension = "no-extension" // the dialplan has nothing there
	NotAble     = "not-able"     // the site has not said that its Asterisk, or its telephones, can do it
	NotBegun    = "not-begun"    // Asterisk has not begun to ask the colleague
	NoConsult   = "no-consult"   // nobody is being asked
	NoReaction  = "no-reaction"  // the telephone has not done it
)

// patience is how long Asterisk is waited for with its answer.
const patience = 10 * time.Second

// Control is made by New. Its methods may be called from anywhere but the tracker's goroutine;
// their errors are *dial.Denied.
type Control struct {
	opt Options

	mu   sync.Mutex
	busy map[pbx.ChannelID]bool      // agents' channels with which something is being done
	keys map[pbx.ChannelID]time.Time // on which keys were pressed to cancel, and when
}

// New is a Control.
func New(o Options) *Control {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Control{opt: o, busy: make(map[pbx.ChannelID]bool), keys: make(map[pbx.ChannelID]time.Time)}
}

// Hangup hangs up a's telephone in one of his calls. It returns when Asterisk has taken that on;
// the call's Hangup is told as any other. While a asks a colleague it is refused: it would hand the
// caller on, as Complete does.
func (c *Control) Hangup(ctx context.Context, a tracker.Agent, call string) error {
	part, done, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer done()
	if part.Consult != nil {
		return askingNow()
	}
	return c.do(ctx, "hangup", a, call, &part, nil, ami.Hangup(part.Channel))
}

// begin is a's part in a call, with which nothing else is done until done is called.
func (c *Control) begin(ctx context.Context, a tracker.Agent, call string) (part tracker.Part, done func(), err error) {
	part, is, err := c.opt.Picture.PartOf(ctx, a.Operator, a.Generation, pbx.CallID(call))
	switch {
	case err != nil:
		return part, nil, &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	case !is:
		return part, nil, &dial.Denied{Code: UnknownCall, Text: "you have no such call, or no more"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[part.Uniqueid] {
		return part, nil, &dial.Denied{Code: dial.Busy, Text: "something is being done with this call already"}
	}
	c.busy[part.Uniqueid] = true
	return part, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.busy, part.Uniqueid)
	}, nil
}

func askingNow() error {
	return &dial.Denied{Code: dial.Busy, Text: "somebody is being asked: complete that, or cancel it"}
}

// changed is why a's part is not any more as it was when it was looked at: a colleague who was
// being asked may have hung up meanwhile, and the caller be back. Hanging up minds only that.
func (c *Control) changed(ctx context.Context, event string, a tracker.Agent, part *tracker.Part) error {
	now, is, err := c.opt.Picture.PartOf(ctx, a.Operator, a.Generation, pbx.CallID(part.Uniqueid))
	switch {
	case err != nil:
		return &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	case !is:
		return &dial.Denied{Code: UnknownCall, Text: "the call is over"}
	case now.Consults != part.Consults, (now.Consult == nil) != (part.Consult == nil),
		event != "hangup" && (now.Party != part.Party || now.Phase != part.Phase):
		return &dial.Denied{Code: NoTalk, Text: "the call has changed meanwhile: look, and ask again"}
	}
	return nil
}

// do notes what is to be done with a call, and has Asterisk do it by one of the actions: by the
// next where it does not know the one before. It does not end with ctx once the line is in the
// audit, lest nobody knows what became of the call.
func (c *Control) do(ctx context.Context, event string, a tracker.Agent, call string, part *tracker.Part, where []slog.Attr, actions ...ami.Action) error {
	attrs := append([]slog.Attr{
		slog.String("operator", a.Operator), slog.String("seat", a.SeatMAC), slog.String("phone", a.Extension),
		slog.String("call", call), slog.String("channel", part.Channel),
	}, where...)
	if err := c.opt.Audit.Log(ctx, event, append(attrs, slog.String("decision", "allowed"))...); err != nil {
		c.opt.Log.Error("nothing is done with a call, because it cannot be recorded", "operator", a.Operator, "event", event, "err", err)
		return &dial.Denied{Code: dial.Refused, Text: "it cannot be recorded, so it is not done"}
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := c.changed(ask, event, a, part) // the audit may have waited for a disk, and what came before for Asterisk
	if err != nil {
		c.opt.Log.Warn("nothing was done with a call that has changed", "operator", a.Operator, "event", event, "channel", part.Channel)
		return err
	}
	for _, action := range actions {
		var answer ami.Answer
		answer, err = c.opt.Exchange.Do(ask, action)
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
	c.opt.Log.Warn("nothing was done with a call", "operator", a.Operator, "event", event, "channel", part.Channel, "code", denied.Code, "err", err)
	return denied
}

// refusal is why Asterisk did not do it.
func refusal(err error) *dial.Denied {
	var refused *ami.RefusedError
	var value *ami.ValueError
	switch {
	case errors.As(err, &refused):
		return &dial.Denied{Code: dial.Refused, Text: "Asterisk refuses: " + refused.Message}
	case errors.As(err, &value):
		return &dial.Denied{Code: dial.Refused, Text: "Asterisk cannot be told of it: its " + value.Header + " cannot be sent"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, ami.ErrClosed):
		return &dial.Denied{Code: dial.Unanswered, Text: "Asterisk does not answer: whether it was done is not known"}
	}
	return &dial.Denied{Code: dial.NoLink, Text: "there is no link to Asterisk"}
}
