package session

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(documented{m}) }

var here = netip.MustParseAddr("192.0.2.7")

const (
	mac1 = "00:11:22:33:44:01"
	mac2 = "00:11:22:33:44:02"
)

// secret is what the fake gate takes for the password of name.
func secret(name string) string { return password.MD5Hex(name + "'s password") }

// gate is a password gate without hashing. A test may hold it up.
type gate struct{ wait chan struct{} }

func (g *gate) Check(ctx context.Context, _, verifier, md5hex string, _ netip.Addr) error {
	if g.wait != nil {
		select {
		case <-g.wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if verifier == "" || verifier != md5hex {
		return password.ErrWrong
	}
	return nil
}

func twoDesks() *config.Snapshot {
	return config.New("test", []config.Service{
		{Name: "Support", Context: "astcti-service", Type: "inbound", Queue: "astcti-queue", Enabled: true,
			Variables: []string{"calldata"}, Operators: []config.Assignment{{Username: "ada"}, {Username: "bob"}}},
		{Name: "Out", Context: "out", Type: "outbound", Enabled: true, Operators: []config.Assignment{{Username: "ada"}}},
	}, []config.Seat{
		{MAC: mac1, Extension: "PJSIP/201", Description: "Desk 1"},
		{MAC: mac2, Extension: "PJSIP/202", Description: "Desk 2"},
	}, []config.Operator{
		{Username: "ada", UID: "~ada", FullName: "Ada Lovelace", Verifier: secret("ada"), Enabled: true},
		{Username: "bob", FullName: "Bob", Verifier: secret("bob"), Enabled: true},
		{Username: "eve", FullName: "Eve", Verifier: secret("eve")},
	})
}

// room is a Server with what it needs around it.
type room struct {
	*Server
	t       *testing.T
	live    *config.Live
	gate    *gate
	desk    *counter
	picture *stage
	ctx     context.Context
	cancel  context.CancelFunc
	clients sync.WaitGroup
	ran     chan error // of Run
}

func newRoom(t *testing.T, opts Options) *room {
	t.Helper()
	r := &room{t: t, live: new(config.Live), gate: new(gate), desk: new(counter), picture: &stage{t: t, watches: make(map[string]*watch)}}
	r.live.Set(twoDesks())
	opts.Desk, opts.Dialer, opts.Control = r.desk, r.desk, r.desk
	opts.Config, opts.Gate, opts.Picture, opts.Log = r.live, r.gate, r.picture, slog.New(slog.DiscardHandler)
	r.Server = New(opts)
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.ran = make(chan error, 1)
	go func() { r.ran <- r.Run(r.ctx) }()
	t.Cleanup(func() {
		r.cancel()
		if err := <-r.ran; err != nil {
			t.Error(err)
		}
		r.clients.Wait()
		if s := r.Stats(); s.SignedIn != 0 || s.Clients != 0 {
			t.Errorf("left at the end: %+v", s)
		}
	})
	return r
}

// line connects a client of the line protocol, and greets it.
func (r *room) line() *wireless {
	r.t.Helper()
	c := newWireless()
	defer func() { wantSaid(r.t, c.next(r.t), "100 WELCOME") }()
	r.clients.Go(func() {
		c.err = r.ServeLine(r.ctx, c, here)
		close(c.served)
	})
	return c
}

// page opens a WebSocket.
func (r *room) page(in *SignedIn, enc Encoding) *wireless {
	c := newWireless()
	r.clients.Go(func() {
		c.err = r.ServeEvents(r.ctx, c, in, enc)
		close(c.served)
	})
	return c
}

// signIn signs a browser in.
func (r *room) signIn(name, seat string) *SignedIn {
	r.t.Helper()
	in, err := r.SignIn(r.ctx, name, secret(name), seat, here)
	if err != nil {
		r.t.Fatalf("%s at %s: %v", name, seat, err)
	}
	return in
}

// stage is a Picture that tells what a test says, and holds that nobody is watched
// twice.
type stage struct {
	t       *testing.T
	mu      sync.Mutex
	watches map[string]*watch // by telephone
	calls   []pbx.Call        // in progress, ada's
}

type watch struct {
	agent   tracker.Agent
	clients []tracker.Watcher
	seq     uint64
}

func (s *stage) Watch(_ context.Context, a tracker.Agent, w tracker.Watcher) (func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.watches[a.Extension]; old == nil {
		s.watches[a.Extension] = &watch{agent: a}
	} else if old.agent != a {
		s.t.Errorf("%+v watches beside %+v", a, old.agent)
	}
	for phone, other := range s.watches {
		if other.agent.Operator == a.Operator && phone != a.Extension {
			s.t.Errorf("%s watches %s and %s", a.Operator, a.Extension, phone)
		}
	}
	at := s.watches[a.Extension]
	at.clients = append(at.clients, w)
	w.Snapshot(&tracker.Snapshot{Seq: at.seq, Agent: a, State: pbx.AgentAvailable, Link: pbx.LinkStateReady, Calls: s.of(a.Operator)})
	return func() { s.unwatch(a.Extension, w) }, nil
}

func (s *stage) of(operator string) []pbx.Call {
	if operator == "ada" {
		return s.calls
	}
	return nil
}

func (s *stage) PartOf(_ context.Context, operator string, _ uint64, id pbx.CallID) (part tracker.Part, is bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.of(operator) {
		if string(c.Uniqueid) == string(id) {
			return tracker.Part{Call: c.ID, Service: c.Service, Uniqueid: c.Uniqueid}, true, nil
		}
	}
	return part, false, nil
}

func (s *stage) Post(_ context.Context, operator string, generation uint64, n *pbx.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.watches {
		if at.agent.Operator == operator && at.agent.Generation == generation {
			for _, w := range at.clients {
				w.Notify(n, at.seq)
				w.Flush()
			}
		}
	}
	return nil
}

func (s *stage) unwatch(phone string, w tracker.Watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.watches[phone]
	at.clients = slices.DeleteFunc(at.clients, func(o tracker.Watcher) bool { return o == w })
	if len(at.clients) == 0 {
		delete(s.watches, phone)
	}
}

// tell tells the agent of a telephone.
func (s *stage) tell(phone string, n *pbx.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.watches[phone]
	if at == nil {
		return
	}
	at.seq++
	for _, w := range at.clients {
		w.Notify(n, at.seq)
		w.Flush()
	}
}

// wireless is a Conn without a network.
type wireless struct {
	in     chan string
	frame  []byte        // the last one read
	err    error         // of Serve
	served chan struct{} // closed when Serve has returned

	mu      sync.Mutex
	out     []string
	staged  []string
	slow    bool
	states  bool // said returns those of the agent, too
	code    int
	known   bool
	ended   chan struct{}
	endOnce sync.Once
	heard   chan struct{}
}

func newWireless() *wireless {
	return &wireless{in: make(chan string, 64), served: make(chan struct{}), ended: make(chan struct{}), heard: make(chan struct{}, 1)}
}

func (c *wireless) ReadFrame(limit int, silence time.Duration) ([]byte, error) {
	select {
	case <-c.ended:
		return nil, ErrClosed
	default:
	}
	timer := time.NewTimer(silence)
	defer timer.Stop()
	select {
	case s, more := <-c.in:
		switch {
		case !more:
			return nil, io.EOF
		case len(s) > limit:
			return nil, ErrTooLong
		}
		c.frame = append(c.frame[:0], s...) // as the doors do: valid until the next
		return c.frame, nil
	case <-c.ended:
		return nil, ErrClosed
	case <-timer.C:
		return nil, ErrSilent
	}
}

func (c *wireless) Stage(frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended:
		return ErrClosed
	default:
	}
	if c.slow {
		return ErrSlow
	}
	c.staged = append(c.staged, string(frame))
	return nil
}

func (c *wireless) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	return nil
}

func (c *wireless) flush() {
	hear(c.staged...)
	c.out = append(c.out, c.staged...)
	c.staged = nil
	select {
	case c.heard <- struct{}{}:
	default:
	}
}

func (c *wireless) Close(farewell []byte, code int, _ string) {
	c.endOnce.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.slow {
			c.staged = nil
		}
		if farewell != nil {
			c.staged = append(c.staged, string(farewell))
		}
		c.code = code
		c.flush()
		close(c.ended)
	})
}

func (c *wireless) Known() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = true
}

// said returns the frames since the last call.
func (c *wireless) said() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.out
	c.out = nil
	if !c.states {
		out = slices.DeleteFunc(out, func(frame string) bool { return strings.HasPrefix(frame, "510 STATE ") })
	}
	return out
}

// next waits for frames.
func (c *wireless) next(t *testing.T) []string {
	t.Helper()
	for {
		if out := c.said(); len(out) > 0 {
			return out
		}
		select {
		case <-c.heard:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is said")
		}
	}
}

// isOver tells whether the client was closed.
func (c *wireless) isOver() bool {
	select {
	case <-c.served:
		return true
	default:
		return false
	}
}

// talk sends lines, each when the one before was answered, and returns the answers.
func (c *wireless) talk(t *testing.T, lines ...string) (out []string) {
	t.Helper()
	for _, l := range lines {
		c.in <- l
		out = append(out, c.next(t)...)
	}
	return out
}

func user(name string) string { return "USER " + name }
func pass(name string) string { return "PASS " + strings.ToUpper(secret(name)) }

func wantSaid(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
