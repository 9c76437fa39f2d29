package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// State of a call, in the order it passes them; some may be skipped.
type State int

// The states.
const (
	Calling State = iota // sent, or received and not yet rung
	Ringing
	Up
	Ended
)

func (s State) String() string { return [...]string{"calling", "ringing", "up", "ended"}[s] }

// Call is one call of a phone. Its methods may be called from any goroutine.
type Call struct {
	phone    *Phone
	incoming bool
	// Name and Number are the caller's as an incoming call shows them.
	Name, Number string

	server *sipgo.DialogServerSession // of an incoming call
	client *sipgo.DialogClientSession // of an outgoing one
	decide chan Policy                // what to do with an incoming call that rings
	cancel context.CancelCauseFunc    // gives up an outgoing call that is not answered
	media  *media

	mu       sync.Mutex
	state    State
	code     int
	remote   string        // the other side's tag, of an outgoing call
	referred int           // how a transfer went
	changed  chan struct{} // closed and replaced with every change
}

func (p *Phone) newCall(incoming bool) *Call {
	return &Call{phone: p, incoming: incoming, decide: make(chan Policy, 1), changed: make(chan struct{})}
}

// State returns the state, and the SIP code that ended the call if one did.
func (c *Call) State() (State, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.code
}

// Wait waits for a state. It fails when the call ends before, or ctx does.
func (c *Call) Wait(ctx context.Context, want State) error {
	for {
		c.mu.Lock()
		state, code, changed := c.state, c.code, c.changed
		c.mu.Unlock()
		if state == want {
			return nil
		}
		if state > want {
			return fmt.Errorf("phone %s: the call is %v (%d), wanted %v", c.phone.acc.User, state, code, want)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("phone %s: the call is still %v, wanted %v: %w", c.phone.acc.User, state, want, ctx.Err())
		}
	}
}

func (c *Call) enter(s State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s > c.state {
		c.state = s
		c.turn()
	}
}

func (c *Call) turn() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// end ends the call here: its media stops, its state says so.
func (c *Call) end(code int) {
	c.mu.Lock()
	if c.state != Ended {
		c.code = code
	}
	m := c.media
	c.mu.Unlock()
	if m != nil {
		m.close()
	}
	c.enter(Ended)
}

// Answer answers a ringing call and returns when it is up.
func (c *Call) Answer(ctx context.Context) error { return c.act(ctx, Answer(0), Up) }

// Refuse refuses a ringing call, as Busy or Decline do.
func (c *Call) Refuse(ctx context.Context, p Policy) error { return c.act(ctx, p, Ended) }

func (c *Call) act(ctx context.Context, p Policy, then State) error {
	select {
	case c.decide <- p:
		return c.Wait(ctx, then)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Digits sends digits as telephone events and returns when the last is sent.
func (c *Call) Digits(ctx context.Context, digits string) error {
	c.mu.Lock()
	m := c.media
	c.mu.Unlock()
	if m == nil {
		return errors.New("the call has no media yet")
	}
	return m.send(ctx, digits)
}

// Hangup ends the call whatever its state: it cancels, declines or says good-bye.
func (c *Call) Hangup(ctx context.Context) error {
	switch state, _ := c.State(); {
	case state == Ended:
		return nil
	case state == Up && c.incoming:
		defer c.end(0)
		return c.server.Bye(ctx)
	case state == Up:
		defer c.end(0)
		return c.client.Bye(ctx)
	case c.incoming:
		return c.Refuse(ctx, Decline())
	default:
		c.cancel(nil)
		return c.Wait(ctx, Ended)
	}
}

// Dial calls a number under a caller's name, which may hold anything but control
// bytes, and returns as soon as the call is on its way.
func (p *Phone) Dial(ctx context.Context, number, name string) (*Call, error) {
	c := p.newCall(false)
	var err error
	if c.media, err = newMedia(); err != nil {
		return nil, fmt.Errorf("phone %s: media: %w", p.acc.User, err)
	}
	req := sip.NewRequest(sip.INVITE, p.uri(number))
	from := &sip.FromHeader{DisplayName: quote(name), Address: p.uri(p.acc.User)}
	from.Params.Add("tag", sip.GenerateTagN(16))
	req.AppendHeader(from)
	req.AppendHeader(sip.HeaderClone(&p.dialog.ContactHDR))
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(c.media.offer())
	if c.client, err = p.dialog.WriteInvite(ctx, req); err != nil {
		c.media.close()
		return nil, fmt.Errorf("phone %s: call %s: %w", p.acc.User, number, err)
	}
	// The call outlives the caller's ctx, as calls do.
	var answered context.Context
	answered, c.cancel = context.WithCancelCause(context.Background())
	p.keep(req.CallID().Value(), c)
	p.served.Go(func() { c.end(c.establish(answered)) })
	return c, nil
}

// establish sees an outgoing call through until it ends, and returns the SIP code
// that refused it, or 0.
func (c *Call) establish(answered context.Context) int {
	defer c.cancel(nil)
	err := c.client.WaitAnswer(answered, sipgo.AnswerOptions{
		Username: c.phone.acc.User, Password: c.phone.acc.Password,
		OnResponse: func(res *sip.Response) error {
			// A 100 has no tag, and may be handed over after the 180 that it came before.
			if tag, is := res.To().Params.Get("tag"); is {
				c.mu.Lock()
				c.remote = tag
				c.mu.Unlock()
			}
			if res.StatusCode == sip.StatusRinging || res.StatusCode == sip.StatusSessionInProgress {
				c.enter(Ringing)
			}
			return nil
		},
	})
	var refused *sipgo.ErrDialogResponse
	switch {
	case errors.As(err, &refused):
		return refused.Res.StatusCode
	case err != nil:
		c.phone.warn("call", err)
		return 0
	}
	c.phone.warn("ack", c.client.Ack(context.Background()))
	if err := c.media.start(c.client.InviteResponse.Body()); err != nil {
		c.phone.warn("answer", err)
		return 0
	}
	c.enter(Up)
	select {
	case <-c.client.Context().Done():
	case <-c.phone.gone:
	}
	return 0
}

// onInvite sees an incoming call through until it is up or refused.
func (p *Phone) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if c := p.call(req); c != nil {
		// A re-INVITE: nothing changes here.
		res := sip.NewSDPResponseFromRequest(req, c.media.offer())
		res.AppendHeader(sip.HeaderClone(&p.dialog.ContactHDR))
		p.warn("respond", tx.Respond(res))
		return
	}
	c := p.newCall(true)
	c.Name, c.Number = unquote(req.From().DisplayName), req.From().Address.User
	var err error
	if c.server, err = p.dialog.ReadInvite(req, tx); err != nil {
		p.warn("invite", err)
		return
	}
	p.mu.Lock()
	policy := p.policy
	p.mu.Unlock()
	p.keep(req.CallID().Value(), c)
	if policy.rings {
		p.warn("ring", c.server.Respond(sip.StatusRinging, "Ringing", nil))
		c.enter(Ringing)
	}
	for {
		var due <-chan time.Time
		if policy.answers {
			t := time.NewTimer(policy.after)
			defer t.Stop()
			due = t.C
		}
		switch {
		case policy.refusal != 0:
			var to []sip.Header
			if policy.forward != "" {
				to = append(to, &sip.ContactHeader{Address: p.uri(policy.forward)})
			}
			p.warn("refuse", c.server.Respond(policy.refusal, reasons[policy.refusal], nil, to...))
			c.end(policy.refusal)
			return
		case policy.answers && policy.after == 0:
			c.answer(req)
			return
		}
		select {
		case <-c.server.Context().Done(): // cancelled
			c.end(sip.StatusRequestTerminated)
			return
		case policy = <-c.decide:
		case <-due:
			policy.after = 0
		}
	}
}

func (c *Call) answer(req *sip.Request) {
	m, err := newMedia()
	if err == nil {
		err = m.start(req.Body())
	}
	if err == nil {
		c.mu.Lock()
		c.media = m
		c.mu.Unlock()
		err = c.server.RespondSDP(m.offer()) // returns with the ACK
	}
	if err != nil {
		c.phone.warn("answer", err)
		c.end(0)
		return
	}
	c.enter(Up)
}

var reasons = map[int]string{sip.StatusBusyHere: "Busy Here", sip.StatusGlobalDecline: "Decline", sip.StatusMovedTemporarily: "Moved Temporarily"}

// quote escapes a display name for a quoted string (RFC 3261, 25.1).
func quote(name string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)
}

func unquote(name string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(name)
}
