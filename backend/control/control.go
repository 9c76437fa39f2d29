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
	busy map[pbx.ChannelID]*turn     // by the agent's channel
	keys map[pbx.ChannelID]time.Time // on which keys were pressed to cancel, and when
}

// New is a Control.
func New(o Options) *Control {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Control{opt: o, busy: make(map[pbx.ChannelID]*turn), keys: make(map[pbx.ChannelID]time.Time)}
}

// Hangup hangs up a's telephone in one of his calls. It returns when Asterisk has taken that on;
// the call's Hangup is told as any other. It waits until Asterisk has taken another order on, but
// not for what comes of that. While a asks a colleague it is refused: it would hand the caller on,
// as Complete does.
func (c *Control) Hangup(ctx context.Context, a tracker.Agent, call string) error {
	t, err := c.beginAfter(ctx, a, call, true)
	if err != nil {
		return err
	}
	defer t.end()
	if t.part.Consult != nil {
		return askingNow()
	}
	return t.do(ctx, "hangup", nil, ami.Hangup(t.part.Channel))
}

func askingNow() error {
	return &dial.Denied{Code: dial.Busy, Text: "somebody is being asked: complete that, or cancel it"}
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
