package phone

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Hold puts the other side on hold, as the hold key does.
func (c *Call) Hold(ctx context.Context) error { return c.reinvite(ctx, true) }

// Unhold takes the call back.
func (c *Call) Unhold(ctx context.Context) error { return c.reinvite(ctx, false) }

func (c *Call) reinvite(ctx context.Context, hold bool) error {
	c.mu.Lock()
	m := c.media
	c.mu.Unlock()
	m.held.Store(hold)
	res, err := c.request(ctx, sip.INVITE, m.offer(), sip.NewHeader("Content-Type", "application/sdp"))
	if err != nil {
		return err
	}
	if res.StatusCode != sip.StatusOK {
		return fmt.Errorf("phone %s: hold: %s", c.phone.acc.User, res.StartLine())
	}
	s, to := c.session()
	return s.WriteRequest(sip.NewRequest(sip.ACK, to))
}

// Refer hands the other side on to a number without asking there (blind transfer),
// and returns when Asterisk has taken the order.
func (c *Call) Refer(ctx context.Context, number string) error {
	to := c.phone.uri(number)
	return c.refer(ctx, "<"+to.String()+">")
}

// ReferTo hands the other side on to the one of another call of this phone
// (attended transfer), which may still ring.
func (c *Call) ReferTo(ctx context.Context, other *Call) error {
	to := c.phone.uri("")
	id, local, remote := other.dialog()
	replaces := url.QueryEscape(id + ";to-tag=" + remote + ";from-tag=" + local)
	return c.refer(ctx, "<"+to.String()+"?Replaces="+replaces+">")
}

func (c *Call) refer(ctx context.Context, to string) error {
	me := c.phone.uri(c.phone.acc.User)
	res, err := c.request(ctx, sip.REFER, nil, sip.NewHeader("Refer-To", to), sip.NewHeader("Referred-By", "<"+me.String()+">"))
	if err != nil {
		return err
	}
	if res.StatusCode != sip.StatusAccepted {
		return fmt.Errorf("phone %s: refer: %s", c.phone.acc.User, res.StartLine())
	}
	return nil
}

// Referred waits until Asterisk says how the transfer went: a SIP code, 200 when the
// other side is gone. Phones hang up then.
func (c *Call) Referred(ctx context.Context) (code int, err error) {
	for {
		c.mu.Lock()
		code, state, changed := c.referred, c.state, c.changed
		c.mu.Unlock()
		if code != 0 {
			return code, nil
		}
		if state == Ended {
			return sip.StatusOK, nil // said with a good-bye
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, fmt.Errorf("phone %s: nothing was said of the transfer: %w", c.phone.acc.User, ctx.Err())
		}
	}
}

// onNotify notes how a transfer went (RFC 3515, 2.4.5), or does what it is told.
func (p *Phone) onNotify(req *sip.Request, tx sip.ServerTransaction) {
	p.warn("respond", tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)))
	f := strings.Fields(string(req.Body()))
	c := p.call(req)
	if event := req.GetHeader("Event"); c != nil && event != nil {
		p.served.Go(func() { p.obey(c, event.Value()) })
	}
	if c == nil || len(f) < 2 || f[0] != "SIP/2.0" {
		return
	}
	if code, err := strconv.Atoi(f[1]); err == nil && code >= 200 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.referred = code
		c.turn()
	}
}

// obey does what an event package for remote control tells of a call.
func (p *Phone) obey(c *Call, event string) {
	p.mu.Lock()
	obeys := p.obeys
	p.mu.Unlock()
	if !obeys {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	switch state, _ := c.State(); {
	case event == "talk" && state == Ringing:
		p.warn("answer", c.Answer(ctx))
	case event == "talk" && state == Up:
		p.warn("resume", c.Unhold(ctx))
	case event == "hold" && state == Up:
		p.warn("hold", c.Hold(ctx))
	}
}

// patience is how long an order may take to be done.
const patience = 5 * time.Second

// session is what sends requests within a call.
type session interface {
	Do(context.Context, *sip.Request) (*sip.Response, error)
	WriteRequest(*sip.Request) error
}

// session returns also where they go.
func (c *Call) session() (session, sip.Uri) {
	if c.incoming {
		return c.server, c.server.InviteRequest.Contact().Address
	}
	return c.client, c.client.InviteResponse.Contact().Address
}

// request sends a request within an answered call and returns the final response.
func (c *Call) request(ctx context.Context, method sip.RequestMethod, body []byte, headers ...sip.Header) (*sip.Response, error) {
	s, to := c.session()
	req := sip.NewRequest(method, to)
	for _, h := range headers {
		req.AppendHeader(h)
	}
	if body != nil {
		req.SetBody(body)
	}
	res, err := s.Do(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("phone %s: %s: %w", c.phone.acc.User, method, err)
	}
	return res, nil
}

// dialog returns what identifies the call: its Call-ID and both tags.
func (c *Call) dialog() (id, local, remote string) {
	if c.incoming {
		inv := c.server.InviteRequest
		local, _ = inv.To().Params.Get("tag")
		remote, _ = inv.From().Params.Get("tag")
		return inv.CallID().Value(), local, remote
	}
	inv := c.client.InviteRequest
	local, _ = inv.From().Params.Get("tag")
	c.mu.Lock()
	defer c.mu.Unlock()
	return inv.CallID().Value(), local, c.remote
}
