// Package phone is a SIP phone for tests: it registers, rings, answers, refuses,
// ignores, calls, sends digits as real phones do (RFC 4733), holds, hands calls on
// (RFC 3515, 3891) and hangs up. It may have many calls at once. Its media is 20 ms
// packets of silence over UDP on 127.0.0.1.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/tape"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

func init() {
	// Loopback carries whole datagrams; the library's limit is Ethernet's.
	sip.UDPMTUSize = 60_000
}

// Account is where a phone registers and as whom.
type Account struct {
	Server         netip.AddrPort
	User, Password string
}

// Policy says what a phone does with a call that comes in.
type Policy struct {
	rings, answers bool
	after          time.Duration
	refusal        int
	forward        string // to which number, of a refusal with 302
}

// Ring rings until told otherwise.
func Ring() Policy { return Policy{rings: true} }

// Answer rings for a while, then answers.
func Answer(after time.Duration) Policy { return Policy{rings: true, answers: true, after: after} }

// Busy refuses with 486 Busy Here.
func Busy() Policy { return Policy{refusal: sip.StatusBusyHere} }

// Decline refuses with 603 Decline, as the red button does.
func Decline() Policy { return Policy{refusal: sip.StatusGlobalDecline} }

// Forward has the caller called elsewhere, with 302 Moved Temporarily.
func Forward(number string) Policy {
	return Policy{refusal: sip.StatusMovedTemporarily, forward: number}
}

// Ignore neither rings nor refuses.
func Ignore() Policy { return Policy{} }

// Phone is a registered phone. Its methods may be called from any goroutine.
type Phone struct {
	acc    Account
	ua     *sipgo.UserAgent
	dialog sipgo.DialogUA
	socket *wire
	log    *slog.Logger
	served sync.WaitGroup
	gone   chan struct{} // closed by Close

	mu     sync.Mutex
	policy Policy
	obeys  bool
	calls  map[string]*Call // by Call-ID
	seen   int              // incoming calls that Next has returned, or Forget dropped
	came   *tape.Tape[*Call]
}

// Register opens a phone that rings when called, and registers it.
func Register(ctx context.Context, acc Account, log *slog.Logger) (*Phone, error) {
	p := &Phone{
		acc: acc, policy: Ring(), calls: map[string]*Call{}, came: tape.New[*Call](), gone: make(chan struct{}),
		log: log.With("phone", acc.User),
	}
	if err := p.open(ctx); err != nil {
		return nil, fmt.Errorf("phone %s: %w", acc.User, err)
	}
	if err := p.Register(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// SetPolicy says what to do with the calls that come in from now on.
func (p *Phone) SetPolicy(policy Policy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.policy = policy
}

// SetObeys says whether the phone does what a NOTIFY within a call tells it: Event talk answers
// and resumes, hold holds. Else it says that it has heard, and does nothing.
func (p *Phone) SetObeys(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.obeys = on
}

// Next returns the calls that come in, in their order, each once. One goroutine at
// a time may wait.
func (p *Phone) Next(ctx context.Context) (*Call, error) {
	p.mu.Lock()
	seen := p.seen
	p.mu.Unlock()
	c, next, err := p.came.Wait(ctx, seen, func(*Call) bool { return true })
	if err != nil {
		return nil, fmt.Errorf("phone %s: no call came: %w", p.acc.User, err)
	}
	p.mu.Lock()
	p.seen = next
	p.mu.Unlock()
	return c, nil
}

// Forget drops incoming calls that Next has not returned.
func (p *Phone) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = p.came.Mark()
}

// Close hangs up nothing and says nothing: the phone is gone, as one whose cable
// was pulled.
func (p *Phone) Close() {
	p.mu.Lock()
	calls := make([]*Call, 0, len(p.calls))
	for _, c := range p.calls {
		calls = append(calls, c)
	}
	p.mu.Unlock()
	close(p.gone)
	for _, c := range calls {
		if c.cancel != nil {
			c.cancel(sipgo.WaitAnswerForceCancelErr)
		}
		c.end(0)
	}
	_ = p.socket.Close()
	_ = p.ua.Close()
	p.served.Wait()
}

func (p *Phone) open(ctx context.Context) error {
	var err error
	opt := sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(p.log))
	if p.ua, err = sipgo.NewUA(sipgo.WithUserAgent(p.acc.User), sipgo.WithUserAgentHostname(p.acc.Server.Addr().String()), opt,
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(p.log))); err != nil {
		return err
	}
	server, err := sipgo.NewServer(p.ua, sipgo.WithServerLogger(p.log))
	if err != nil {
		return err
	}
	server.OnInvite(p.onInvite)
	server.OnAck(p.onAck)
	server.OnBye(p.onBye)
	server.OnNotify(p.onNotify)
	for _, method := range []sip.RequestMethod{sip.OPTIONS, sip.INFO} {
		server.OnRequest(method, func(req *sip.Request, tx sip.ServerTransaction) {
			p.warn("respond", tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)))
		})
	}
	var lc net.ListenConfig
	socket, err := lc.ListenPacket(ctx, "udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.socket = &wire{PacketConn: socket}
	local := p.socket.LocalAddr().(*net.UDPAddr).AddrPort()
	// The same socket for what it sends as for what it receives, as phones do.
	client, err := sipgo.NewClient(p.ua, sipgo.WithClientConnectionAddr(local.String()), sipgo.WithClientLogger(p.log))
	if err != nil {
		return err
	}
	p.dialog = sipgo.DialogUA{Client: client, ContactHDR: sip.ContactHeader{
		Address: sip.Uri{Scheme: "sip", User: p.acc.User, Host: local.Addr().String(), Port: int(local.Port())},
	}}
	p.served.Go(func() { p.warn("serve", server.ServeUDP(p.socket)) })
	return p.listening(ctx, local.String())
}

// listening waits until the server has taken the socket: a request before that
// would open a second one on the same port, and fail.
func (p *Phone) listening(ctx context.Context, local string) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := p.ua.TransportLayer().GetConnection("udp", local); err == nil && c != nil {
			_, err := c.TryClose() // gives back the reference
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Register registers again, as phones do from time to time: Asterisk may have
// forgotten.
func (p *Phone) Register(ctx context.Context) error {
	if err := p.register(ctx); err != nil {
		return fmt.Errorf("phone %s: register: %w", p.acc.User, err)
	}
	return nil
}

func (p *Phone) register(ctx context.Context) error {
	req := sip.NewRequest(sip.REGISTER, p.uri(""))
	me := p.uri(p.acc.User)
	from := &sip.FromHeader{Address: me}
	from.Params.Add("tag", sip.GenerateTagN(16))
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: me})
	req.AppendHeader(sip.HeaderClone(&p.dialog.ContactHDR))
	req.AppendHeader(sip.NewHeader("Expires", "3600"))
	client := p.dialog.Client
	res, err := client.Do(ctx, req, sipgo.ClientRequestRegisterBuild)
	if err != nil {
		return err
	}
	if res.StatusCode == sip.StatusUnauthorized {
		if res, err = client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: p.acc.User, Password: p.acc.Password}); err != nil {
			return err
		}
	}
	if res.StatusCode != sip.StatusOK {
		return errors.New(res.StartLine())
	}
	return nil
}

// uri is an address at the server; without a user it is the server itself.
func (p *Phone) uri(user string) sip.Uri {
	return sip.Uri{Scheme: "sip", User: user, Host: p.acc.Server.Addr().String(), Port: int(p.acc.Server.Port())}
}

func (p *Phone) call(req *sip.Request) *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[req.CallID().Value()]
}

func (p *Phone) keep(id string, c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[id] = c
	if c.incoming {
		p.came.Add(c)
	}
}

func (p *Phone) onAck(req *sip.Request, tx sip.ServerTransaction) {
	if c := p.call(req); c != nil && c.server != nil {
		p.warn("ack", c.server.ReadAck(req, tx))
	}
}

func (p *Phone) onBye(req *sip.Request, tx sip.ServerTransaction) {
	c := p.call(req)
	switch {
	case c == nil:
		p.warn("respond", tx.Respond(sip.NewResponseFromRequest(req, sip.StatusCallTransactionDoesNotExists, "No such call", nil)))
	case c.server != nil:
		p.warn("bye", c.server.ReadBye(req, tx))
		c.end(0)
	default:
		p.warn("bye", c.client.ReadBye(req, tx))
		c.end(0)
	}
}

// warn tells of an error that ends nothing by itself: what it means for the call
// shows in the call's state.
func (p *Phone) warn(step string, err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		p.log.Debug("sip", "step", step, "error", err)
	}
}
