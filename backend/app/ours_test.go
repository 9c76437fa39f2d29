package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
	"github.com/asteriskcti/asteriskcti/backend/transport"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// The phones of amitest.Traffic are PJSIP/2001 and on; agent n sits at the n-th.
const firstPhone = 2001

func phoneOf(agent int) string    { return fmt.Sprintf("PJSIP/%d", firstPhone+agent) }
func operatorOf(agent int) string { return fmt.Sprintf("agent%d", firstPhone+agent) }

// crm is the page that a call of the traffic opens.
const crm = "https://crm.example/customer"

// callCentre is a configuration for the calls of amitest.Traffic: one service, and
// an agent at each of the first phones.
func callCentre(agents int) *config.Snapshot {
	calls := config.Service{
		Name: "Calls", Context: "ext-queues", Type: config.Inbound, Enabled: true,
		Application: crm, ParamString: "id={calldata}&caller={callerid_num}", Variables: []string{"calldata"},
	}
	seats := make([]config.Seat, agents)
	operators := make([]config.Operator, agents)
	for n := range agents {
		operators[n] = config.Operator{Username: operatorOf(n), FullName: fmt.Sprintf("Agent %d", n), Enabled: true}
		seats[n] = config.Seat{MAC: fmt.Sprintf("02:00:00:00:%02x:%02x", n>>8, n&0xFF), Extension: phoneOf(n), Description: fmt.Sprintf("Desk %d", n)}
		calls.Operators = append(calls.Operators, config.Assignment{Username: operatorOf(n)})
	}
	return config.New("bench", []config.Service{calls}, seats, operators)
}

// ours is the whole path: the real rooms, joined as Run joins them, without a store,
// pages and passwords. Who asks as ?agent=7 is signed in as agent 7.
type ours struct {
	*server
	g    *errgroup.Group
	end  context.CancelFunc
	addr string
}

// startOurs returns when the link to the Asterisk at ami stands and agents may come.
func startOurs(ami string, agents int) (*ours, error) {
	ctx, end := context.WithCancel(context.Background())
	g, ctx := errgroup.WithContext(ctx)
	// Lines are made as in life, and then thrown away.
	s := &server{log: slog.New(slog.NewTextHandler(io.Discard, nil)), live: new(config.Live)}
	o := &ours{server: s, g: g, end: end}
	s.live.Set(callCentre(agents))
	told := new(counters)
	s.tracker = tracker.New(tracker.Options{Desk: told, Log: s.log})
	s.link = asterisk.NewLink(asterisk.Options{
		Dial:     func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", ami) },
		Username: amitest.DefaultUser.Name, Secret: amitest.DefaultUser.Secret, Log: s.log,
	}, s.tracker.In())
	s.desk = desk.New(desk.Options{Exchange: s.link, Picture: s.tracker, Ledger: noLedger{}, Config: s.live, Log: s.log})
	s.dialer = dial.New(dial.Options{Exchange: s.link, Config: s.live, Post: s.tracker.Post, Log: s.log})
	told.desk, told.dialer = s.desk, s.dialer
	s.clients = session.New(session.Options{Picture: session.PictureOf(s.tracker), Desk: s.desk, Dialer: s.dialer, Control: control.New(control.Options{}), Config: s.live, Gate: nobody{}, Log: s.log})
	g.Go(func() error { return s.tracker.Run(ctx) })
	g.Go(func() error { return s.clients.Run(ctx) })
	g.Go(func() error { return s.desk.Run(ctx) })
	plan, wanted := PlanOf(s.live.Now())
	s.link.SetWanted(wanted)
	err := s.tracker.SetPlan(ctx, plan)
	if err == nil {
		g.Go(func() error { return s.link.Run(ctx) })
		err = o.listen(ctx)
	}
	for tick := time.NewTicker(time.Millisecond); err == nil && s.tracker.Stats().Link != pbx.LinkStateReady; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(err, o.stop())
	}
	return o, nil
}

func (o *ours) listen(ctx context.Context) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.addr = ln.Addr().String()
	sockets := transport.NewWebSocket(transport.WebSocketOptions{Sessions: o.clients, Identify: o.identify, Log: o.log})
	mux := http.NewServeMux()
	mux.Handle("GET /ws", sockets)
	browsers := &http.Server{Handler: mux}
	web.Limit(browsers)
	serveHTTP(ctx, o.g, browsers, ln, sockets.Shutdown)
	return nil
}

func (o *ours) identify(r *http.Request) (*session.SignedIn, error) {
	var agent int
	if _, err := fmt.Sscan(r.URL.Query().Get("agent"), &agent); err != nil {
		return nil, err
	}
	return o.clients.Resume(operatorOf(agent), phoneOf(agent))
}

func (o *ours) address() string { return o.addr }

// stop ends it: each client is told.
func (o *ours) stop() error {
	o.end()
	return o.g.Wait()
}

// nobody is a gate that opens for no password.
type nobody struct{}

func (nobody) Check(context.Context, string, string, string, netip.Addr) error {
	return errors.New("nobody signs in here")
}

// noLedger keeps nothing.
type noLedger struct{}

func (noLedger) Members(context.Context) ([]desk.Member, error)     { return nil, nil }
func (noLedger) PutMember(context.Context, desk.Member) error       { return nil }
func (noLedger) DeleteMember(context.Context, string, string) error { return nil }
func (noLedger) Pauses(context.Context) ([]desk.Pause, error)       { return nil, nil }
func (noLedger) PutPause(context.Context, desk.Pause) error         { return nil }
func (noLedger) DeletePause(context.Context, string) error          { return nil }
