package control

import (
	"context"
	"log/slog"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Target is where a call is to go: one of Agent, Queue and Number. All of it is as the agent, or
// whoever sits at his PC, has sent it.
type Target struct {
	Agent   string // an operator
	Queue   string
	Number  string
	Service string // by which the number is called, as in dial.Wish
}

// Transfer hands the other side of one of a's calls on, without asking there before. It returns
// when Asterisk has done it; the call's Transfer and Hangup are told as any other. Until Asterisk
// 12 there is no action that tells of it: the other side is redirected, and the agent who gets the
// call is told it so.
func (c *Control) Transfer(ctx context.Context, a tracker.Agent, call string, to Target) error {
	t, err := c.begin(ctx, a, call)
	if err != nil {
		return err
	}
	defer t.end()
	part := &t.part
	if part.Asked || part.Phase != pbx.PhaseTalking && part.Phase != pbx.PhaseHeld {
		return &dial.Denied{Code: NoTalk, Text: "nobody is there to be handed on"}
	}
	if part.Apart {
		return notTheCaller()
	}
	place, exten, err := c.resolve(ctx, a, to)
	if err != nil {
		return err
	}
	if part.Consult != nil {
		return askingNow()
	}
	actions := []ami.Action{ami.BlindTransfer(part.Channel, place, exten)}
	if part.Party != "" {
		actions = append(actions, ami.Redirect(part.Party, place, exten))
	}
	return t.do(ctx, "transfer", to.attrs(pbx.TransferBlind, place, exten), actions...)
}

func notTheCaller() *dial.Denied {
	return &dial.Denied{Code: NoTalk, Text: "somebody waits while you talk with another: end that before, lest the wrong one is handed on"}
}

// attrs are what the audit says of where a call goes.
func (to *Target) attrs(kind pbx.TransferKind, place, exten string) []slog.Attr {
	attrs := []slog.Attr{slog.String("kind", string(kind)), slog.String("context", place), slog.String("extension", exten)}
	switch {
	case to.Agent != "":
		return append(attrs, slog.String("agent", to.Agent))
	case to.Queue != "":
		return append(attrs, slog.String("queue", to.Queue))
	}
	return append(attrs, slog.String("number", to.Number))
}

// resolve is where in the dialplan the target is, if a may hand calls on to it and something
// is there: a caller who is handed on to nothing is lost.
func (c *Control) resolve(ctx context.Context, a tracker.Agent, to Target) (place, exten string, err error) {
	if place, exten, err = c.place(ctx, a, to); err == nil && c.missing(ctx, place, exten) {
		err = &dial.Denied{Code: NoExtension, Text: "the dialplan has no " + exten + " in " + place}
	}
	return place, exten, err
}

// missing says whether Asterisk says that it has no such extension. One without func_dialplan, or
// older than 1.6, says nothing of it.
func (c *Control) missing(ctx context.Context, place, exten string) bool {
	if !dialable(place) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := c.opt.Exchange.Do(ctx, ami.Getvar("", "DIALPLAN_EXISTS("+place+","+exten+",1)"))
	return err == nil && answer.OK() && answer.Get(ami.Value) == "0"
}

func (c *Control) place(ctx context.Context, a tracker.Agent, to Target) (place, exten string, err error) {
	switch {
	case one(to.Agent, to.Queue, to.Number) != 1:
		return "", "", &dial.Denied{Code: NoTarget, Text: "name one: an agent, a queue or a number"}
	case to.Number != "":
		s, err := c.opt.Numbers.Permit(ctx, "transfer", a, dial.Wish{Number: to.Number, Service: to.Service})
		if err != nil {
			return "", "", err
		}
		return s.Context, to.Number, nil
	case c.opt.Context == "":
		return "", "", &dial.Denied{Code: NoContext, Text: "calls go to agents and queues where control.context says how they are dialled"}
	case to.Queue != "":
		exten, err = c.queue(to.Queue)
	default:
		exten, err = c.phone(ctx, a, to.Agent)
	}
	return c.opt.Context, exten, err
}

func one(texts ...string) (n int) {
	for _, t := range texts {
		if t != "" {
			n++
		}
	}
	return n
}

// queue is the extension of an enabled service's queue, which is its name as it is configured.
func (c *Control) queue(name string) (string, error) {
	if cfg := c.opt.Config.Now(); cfg != nil {
		for i := range cfg.Services {
			if s := &cfg.Services[i]; s.Enabled && strings.EqualFold(s.Queue, name) && dialable(s.Queue) {
				return s.Queue, nil
			}
		}
	}
	return "", &dial.Denied{Code: NoTarget, Text: "there is no such queue"}
}

// phone is the extension of a colleague's telephone: its name without the technology.
func (c *Control) phone(ctx context.Context, a tracker.Agent, operator string) (string, error) {
	floor, err := c.opt.Picture.Floor(ctx)
	if err != nil {
		return "", &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	}
	for i := range floor.Agents {
		o := &floor.Agents[i]
		if !strings.EqualFold(o.Operator, operator) || !c.colleague(a, o) {
			continue
		}
		if busy(o.State) {
			return "", &dial.Denied{Code: TargetBusy, Text: "this agent has a call himself"}
		}
		return number(o.Phone), nil
	}
	return "", &dial.Denied{Code: NoTarget, Text: "this agent is not signed in"}
}

// colleague says whether o is somebody else of the configuration, at another telephone that can
// be dialled.
func (c *Control) colleague(a tracker.Agent, o *pbx.FloorAgent) bool {
	cfg := c.opt.Config.Now()
	if cfg == nil {
		return false
	}
	known, is := cfg.Operator(o.Operator)
	return is && known.Enabled && !strings.EqualFold(o.Operator, a.Operator) && !strings.EqualFold(o.Phone, a.Extension) &&
		o.State != pbx.AgentLost && !o.NoPhone && dialable(number(o.Phone))
}

func busy(s pbx.AgentState) bool {
	return s == pbx.AgentOnCall || s == pbx.AgentHeld || s == pbx.AgentRinging
}

// number is what a telephone is dialled by in the house: "201" of "PJSIP/201".
func number(phone string) string {
	_, name, _ := strings.Cut(phone, "/")
	return name
}

// maxDialable is AST_MAX_EXTENSION of Asterisk without its NUL.
const maxDialable = 79

// dialable says whether a name can be an extension that stands for itself.
func dialable(name string) bool {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._-", r)
	}
	return name != "" && len(name) <= maxDialable && strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0
}
