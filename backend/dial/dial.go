// Package dial makes the calls that agents ask for (B10, C3, C4). An agent names a number,
// and may name one of his services; everything else is the configuration's: his own
// telephone is rung first, then the number is dialled in the context of the service. Which
// numbers that may be and how many calls is decided here, and every decision stands in the
// audit before it is carried out: without the line there is no call.
package dial

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Exchange carries out actions, as *asterisk.Link does.
type Exchange interface {
	Do(ctx context.Context, a ami.Action) (ami.Answer, error)
}

// Config is the configuration in use, a *config.Live.
type Config interface{ Now() *config.Snapshot }

// Audit writes a line that is on disk when it returns nil, as *audit.Log does.
type Audit interface {
	Log(ctx context.Context, event string, attrs ...slog.Attr) error
}

// Options of a Dialer. Exchange, Config, Post and Audit are needed.
type Options struct {
	Exchange Exchange
	Config   Config
	// Post tells an agent something, as (*tracker.Tracker).Post does.
	Post  func(ctx context.Context, operator string, generation uint64, n *pbx.Notice) error
	Audit Audit

	Site               Site
	PerMinute, PerHour int              // calls of one operator at most, where the configuration says nothing; 0: 6 and 60
	Timeout            time.Duration    // to ring the agent's telephone; 0: 30 s
	Clock              func() time.Time // time.Now
	Log                *slog.Logger     // nothing is logged
}

// Wish is what an agent asks for. All of it is as he, or whoever sits at his PC, has sent it.
type Wish struct {
	Number  string
	Context string // of one of his outbound services (ORIG), or ""
	Service string // the name of one (WebSocket), without case, or ""
}

// The codes of a Denied.
const (
	NoService  = "no-service" // none of his outbound services
	BadNumber  = "number"     // it is none
	Policy     = "policy"     // the service may not call it
	Rate       = "rate"       // too many calls; Text says how long to wait
	Busy       = "busy"       // his call before has not ended
	Refused    = "refused"    // by Asterisk, in its words; or there is no telephone, or no audit
	NoLink     = "no-link"    // there is no link to Asterisk
	Unanswered = "unanswered" // Asterisk may have the action and does not say what it did with it
)

// Denied is why a call is not made. Text is for people, in English.
type Denied struct{ Code, Text string }

func (e *Denied) Error() string { return e.Text }

// patience is how long Asterisk is waited for with its answer to the action.
const patience = 10 * time.Second

// Dialer is made by New; Run must run for anybody to be told how his call began. Its methods
// may be called from anywhere, Originated and Link also from the tracker's goroutine.
type Dialer struct {
	opt  Options
	wake chan struct{}

	mu       sync.Mutex
	down     bool
	accounts map[string]*account  // by operator in lower case
	calls    map[string]*call     // that have not been told of, or last, by id
	early    map[string]pbx.Event // OriginateResponse of no known call, by ActionID, while asking > 0
	asking   int                  // actions without an answer
}

// account is what an operator has asked for of late.
type account struct {
	minute, hour window // calls
	refusals     window // that were written down
	unwritten    int    // since, those that were not
	call         *call  // that has not ended, as far as is known; nil: none
}

// New is a Dialer that knows of no calls.
func New(o Options) *Dialer {
	o.PerMinute, o.PerHour = cmp.Or(max(o.PerMinute, 0), 6), cmp.Or(max(o.PerHour, 0), 60)
	o.Timeout = cmp.Or(max(o.Timeout, 0), 30*time.Second)
	o.Site.complete()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Dialer{
		opt: o, wake: make(chan struct{}, 1), accounts: make(map[string]*account),
		calls: make(map[string]*call), early: make(map[string]pbx.Event),
	}
}

// Originate calls a, and then the number for him. It returns when Asterisk has taken the
// action on; a notice of this id then tells how the call to his own telephone went. The error
// is a *Denied. It does not end with ctx once the line is in the audit, lest nobody knows
// whether a call was made; it takes 10 s at most then.
func (d *Dialer) Originate(ctx context.Context, a tracker.Agent, w Wish) (id string, err error) {
	s, denied := choose(d.opt.Config.Now(), a.Operator, w)
	c := &call{Originated: pbx.Originated{ID: "cti-" + rand.Text(), Number: w.Number, Service: w.Service}, agent: a}
	if s != nil {
		c.Service = s.Name
	}
	if denied == nil {
		denied = d.opt.Site.allows(s, w.Number)
	}
	if denied == nil && !config.ValidExtension(a.Extension) {
		denied = &Denied{Refused, "you are signed in without a telephone"}
	}
	if denied == nil {
		denied = d.reserve(c)
	}
	if denied != nil {
		d.note(ctx, "originate", c, w, denied)
		return "", denied
	}
	if err := d.opt.Audit.Log(ctx, "originate", append(c.attrs(), slog.String("id", c.ID), slog.String("decision", "allowed"))...); err != nil {
		d.release(c)
		d.opt.Log.Error("a call is refused, because it cannot be recorded", "operator", a.Operator, "err", err)
		return "", &Denied{Refused, "the call cannot be recorded, so it is not made"}
	}
	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	answer, err := d.opt.Exchange.Do(ask, ami.Originate(ami.Call{
		Channel: a.Extension, Context: s.Context, Exten: w.Number, Priority: 1,
		CallerID: s.CallerID, Timeout: d.opt.Timeout, ChannelID: c.ID,
	}))
	if denied := refusal(answer, err); denied != nil {
		d.release(c)
		d.opt.Log.Warn("a call is not made", "operator", a.Operator, "phone", a.Extension, "code", denied.Code, "err", err)
		return "", denied
	}
	d.accepted(c, answer.Get(ami.ActionID))
	return c.ID, nil
}

// Permit says whether a may have a number called in another way than by Originate, event being
// the name of that way in the audit: the same services, numbers and limits hold, and the call is
// counted. A refusal stands in the audit, as one of Originate does; the call itself does not yet.
func (d *Dialer) Permit(ctx context.Context, event string, a tracker.Agent, w Wish) (*config.Service, error) {
	s, denied := choose(d.opt.Config.Now(), a.Operator, w)
	c := &call{Originated: pbx.Originated{Number: w.Number, Service: w.Service}, agent: a}
	if s != nil {
		c.Service = s.Name
	}
	if denied == nil {
		denied = d.opt.Site.allows(s, w.Number)
	}
	if denied == nil {
		d.mu.Lock()
		denied = d.spend(d.account(a.Operator), d.opt.Clock())
		d.mu.Unlock()
	}
	if denied != nil {
		d.note(ctx, event, c, w, denied)
		return nil, denied
	}
	return s, nil
}

// refusal is what an answer to Originate says against it; nil when Asterisk took it on.
func refusal(answer ami.Answer, err error) *Denied {
	var refused *ami.RefusedError
	var value *ami.ValueError
	switch {
	case errors.As(err, &refused):
		return &Denied{Refused, "Asterisk refuses the call: " + refused.Message}
	case errors.As(err, &value):
		return &Denied{Refused, "Asterisk cannot be told of the call: its " + value.Header + " cannot be sent"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, ami.ErrClosed): // it may have been sent
		return &Denied{Unanswered, "Asterisk does not answer: whether your telephone will ring is not known"}
	case err != nil:
		return &Denied{NoLink, "there is no link to Asterisk"}
	case !answer.OK():
		return &Denied{Refused, "Asterisk refuses the call: " + answer.Get(ami.Text)}
	}
	return nil
}
