package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/pop"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) {
	if os.Getenv(fleetVariable) != "" {
		runFleet()
		return
	}
	goleak.VerifyTestMain(m)
}

// gate takes the MD5 of a password for its verifier.
type gate struct{}

func (gate) Check(_ context.Context, _, verifier, md5hex string, _ netip.Addr) error {
	if verifier == "" || verifier != md5hex {
		return password.ErrWrong
	}
	return nil
}

// began is when every test's time begins.
var began = time.UnixMilli(1_790_000_000_000)

// house is the doors with a real picture behind them.
type house struct {
	t        testing.TB
	tracker  *tracker.Tracker
	counters *counters
	sessions *session.Server
	live     *config.Live
	ctx      context.Context
	end      context.CancelFunc // of the doors
	doors    sync.WaitGroup

	mu  sync.Mutex
	now time.Time
	in  map[string]*session.SignedIn
}

// newHouse is one without queues and calls out.
func newHouse(t testing.TB) *house {
	return newHouseWith(t, session.Options{Desk: idle{}, Dialer: idle{}}, 0)
}

// newHouseWith has more operators, see desks, and a real desk and dialer unless opts has
// others.
func newHouseWith(t testing.TB, opts session.Options, more int) *house {
	t.Helper()
	h := &house{t: t, live: new(config.Live), now: began, in: make(map[string]*session.SignedIn)}
	h.live.Set(desks(more))
	told := new(hooks)
	h.tracker = tracker.New(tracker.Options{Clock: h.time, Run: "k7-", Desk: told})
	h.counters = newCounters(h)
	told.counters = h.counters
	if opts.Desk == nil {
		opts.Desk, opts.Dialer = h.counters.desk, h.counters.dialer
	}
	opts.Control, opts.Notes = h.counters.control, &notebook{clock: h.time}
	opts.Config, opts.Gate, opts.Clock = h.live, gate{}, h.time
	if opts.Picture == nil {
		opts.Picture = session.PictureOf(h.tracker)
	}
	opts.Version, opts.Log = "1.0.0", slog.New(slog.DiscardHandler)
	h.sessions = session.New(opts)
	var rooms sync.WaitGroup
	inner, endInner := context.WithCancel(context.Background())
	rooms.Go(func() { _ = h.tracker.Run(inner) })
	rooms.Go(func() { _ = h.sessions.Run(inner) })
	rooms.Go(func() { _ = h.counters.desk.Run(inner) })
	rooms.Go(func() { _ = h.counters.dialer.Run(inner) })
	h.ctx, h.end = context.WithCancel(context.Background())
	t.Cleanup(func() {
		h.end()
		h.doors.Wait()
		endInner()
		rooms.Wait()
		if s := h.sessions.Stats(); s.Clients != 0 || s.SignedIn != 0 {
			t.Errorf("left at the end: %+v", s)
		}
	})
	page, err := pop.ParseBrowser("https://crm.example/customer", "id={calldata}", false)
	if err != nil {
		t.Fatal(err)
	}
	err = h.tracker.SetPlan(inner, &tracker.Plan{
		Services: []tracker.Service{{
			Name: "Support", Context: "astcti-service", Direction: pbx.Inbound, Queue: "astcti-queue",
			Variables: []string{"calldata"}, Action: page, Target: "window", AfterCall: 30 * time.Second,
		}},
		Seats: map[string]string{"PJSIP/201": "00:11:22:33:44:55", "PJSIP/202": "00:11:22:33:44:66"},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.happen(pbx.Event{Kind: pbx.LinkUp, Text: "9.0.0"}, pbx.Event{Kind: pbx.SyncBegin},
		pbx.Event{Kind: pbx.QueueMembersBegin}, pbx.Event{Kind: pbx.QueueMembersEnd}, pbx.Event{Kind: pbx.SyncEnd})
	return h
}

// time is the clock of all that clients are told.
func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// happen is one read's worth of events, and waits until they are told.
func (h *house) happen(events ...pbx.Event) {
	b := pbx.NewBatch()
	b.Events = append(b.Events, events...)
	h.tracker.In() <- b
	for h.tracker.Stats().Backlog > 0 {
		h.turn()
	}
	h.turn()
}

// turn waits for a turn of the picture.
func (h *house) turn() {
	w, err := h.tracker.Watch(context.Background(), tracker.Agent{Operator: "nobody", Extension: "NONE/1"}, deaf{})
	if err != nil {
		h.t.Error(err)
		return
	}
	w.Stop()
}

type deaf struct{}

func (deaf) Snapshot(*tracker.Snapshot) {}
func (deaf) Notify(*pbx.Notice, uint64) {}
func (deaf) Flush()                     {}

// desks is a configuration with ada, bob and more: op0, op1, … at PJSIP/1000, ….
func desks(more int) *config.Snapshot {
	seats := []config.Seat{
		{MAC: "00:11:22:33:44:55", Extension: "PJSIP/201", Description: "Desk 1"},
		{MAC: "00:11:22:33:44:66", Extension: "PJSIP/202", Description: "Desk 2"},
	}
	operators := []config.Operator{
		{Username: "ada", FullName: "Ada Lovelace", Verifier: password.MD5Hex("difference"), Enabled: true},
		{Username: "bob", FullName: "Bob Bemer", Verifier: password.MD5Hex("escape"), Enabled: true},
	}
	for i := range more {
		seats = append(seats, config.Seat{MAC: fmt.Sprintf("02:00:00:00:%02X:%02X", i>>8, i&0xFF), Extension: fmt.Sprintf("PJSIP/%d", 1000+i)})
		operators = append(operators, config.Operator{Username: fmt.Sprintf("op%d", i), Verifier: password.MD5Hex("x"), Enabled: true})
	}
	return config.New("test", []config.Service{{
		Name: "Support", Context: "astcti-service", Type: "inbound", Queue: "astcti-queue", Enabled: true,
		Application: "https://crm.example/customer", ParamString: "id={calldata}", Target: "window", Trigger: "browser",
		Variables: []string{"calldata"}, Operators: []config.Assignment{{Username: "ada"}, {Username: "bob", Penalty: 2}}, AfterCall: 30,
		Dispositions: []string{"Sold", "Call back"},
	}, {
		Name: "Campaign", Context: "astcti-campaign", Type: "outbound", Enabled: true, Application: "https://crm.example/campaign",
		Target: "window", Trigger: "browser", Operators: []config.Assignment{{Username: "ada"}},
	}}, seats, operators)
}

// tcp opens a line door on ln.
func (h *house) tcp(ln net.Listener, conf *tls.Config, opts TCPOptions) {
	h.t.Helper()
	opts.Sessions = h.sessions
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	d := NewTCP(opts)
	h.doors.Go(func() {
		if err := d.Serve(h.ctx, ln, conf); err != nil {
			h.t.Errorf("TCP door: %v", err)
		}
	})
}

// web opens a WebSocket door on ln. Who asks is who the query says.
func (h *house) web(ln net.Listener, opts WebSocketOptions) {
	h.t.Helper()
	opts.Sessions, opts.Log = h.sessions, slog.New(slog.DiscardHandler)
	opts.Identify = func(r *http.Request) (*session.SignedIn, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		as := r.URL.Query().Get("as")
		if in := h.in[as]; in != nil {
			return in, nil
		}
		if as == "soon" {
			return nil, fmt.Errorf("not now: %w", &session.NotReady{Err: errors.New("Asterisk is not there")})
		}
		return nil, errors.New("who is that")
	}
	d := NewWebSocket(opts)
	srv := &http.Server{Handler: d, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	h.doors.Go(func() { _ = srv.Serve(ln) })
	h.doors.Go(func() {
		<-h.ctx.Done()
		if err := d.Shutdown(context.Background()); err != nil {
			h.t.Error(err)
		}
		_ = srv.Close()
	})
}

// signIn signs a browser in.
func (h *house) signIn(name, plain, seat string) *session.SignedIn {
	h.t.Helper()
	in, err := h.sessions.SignIn(h.ctx, name, password.MD5Hex(plain), seat, netip.Addr{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.in[name] = in
	return in
}

// loopbackListener is a real one.
func loopbackListener(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// pipes is a listener of net.Pipe, which testing/synctest can see through.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// call is the story of a caller in the queue.
type call struct{ caller, phone pbx.Leg }

func newCall(n int, extension, name string) call {
	caller := pbx.Leg{
		ID: pbx.ChannelID(fmt.Sprintf("pbx1-1790000000.%d", n)), Name: fmt.Sprintf("PJSIP/provider-%08x", n), State: pbx.Ring, StateKnown: true,
		CallerID: pbx.CallerID{Number: "0550100", Name: name}, Context: "astcti-service", Exten: "101",
	}
	phone := pbx.Leg{
		ID: pbx.ChannelID(fmt.Sprintf("pbx1-1790000002.%d", n+1)), Name: fmt.Sprintf("%s-%08x", extension, n+1), State: pbx.Down, StateKnown: true, Context: "from-internal",
	}
	caller.Linkedid, phone.Linkedid = caller.ID, caller.ID
	return call{caller, phone}
}

func (c call) waits() []pbx.Event {
	in := c.caller
	return []pbx.Event{
		{Kind: pbx.NewChannel, Channel: in},
		{Kind: pbx.NewExten, Channel: in, App: "Answer"},
		{Kind: pbx.NewState, Channel: pbx.Leg{ID: in.ID, State: pbx.Up, StateKnown: true}},
		{Kind: pbx.VarSet, Channel: pbx.Leg{ID: in.ID}, Variable: "calldata", Value: "12345"},
		{Kind: pbx.QueueJoin, Channel: pbx.Leg{ID: in.ID}, Queue: "astcti-queue", Number: 1},
	}
}

func (c call) rings() []pbx.Event {
	return []pbx.Event{
		{Kind: pbx.NewChannel, Channel: c.phone},
		{Kind: pbx.DialBegin, Channel: pbx.Leg{ID: c.caller.ID}, Dest: pbx.Leg{ID: c.phone.ID}},
		{Kind: pbx.NewState, Channel: pbx.Leg{ID: c.phone.ID, State: pbx.Ringing, StateKnown: true}},
	}
}

func (c call) answered() []pbx.Event {
	return []pbx.Event{
		{Kind: pbx.NewState, Channel: pbx.Leg{ID: c.phone.ID, State: pbx.Up, StateKnown: true}},
		{Kind: pbx.DialEnd, Channel: pbx.Leg{ID: c.caller.ID}, Dest: pbx.Leg{ID: c.phone.ID}, Text: "ANSWER"},
		{Kind: pbx.AgentConnect, Channel: pbx.Leg{ID: c.caller.ID}, Dest: pbx.Leg{ID: c.phone.ID}, Queue: "astcti-queue"},
		{Kind: pbx.BridgeEnter, Bridge: "b1", Channel: pbx.Leg{ID: c.caller.ID}},
		{Kind: pbx.BridgeEnter, Bridge: "b1", Channel: pbx.Leg{ID: c.phone.ID}},
	}
}

func (c call) held() []pbx.Event {
	return []pbx.Event{{Kind: pbx.Hold, Channel: pbx.Leg{ID: c.phone.ID}}}
}
func (c call) unheld() []pbx.Event {
	return []pbx.Event{{Kind: pbx.Unhold, Channel: pbx.Leg{ID: c.phone.ID}}}
}

func (c call) ends() []pbx.Event {
	return []pbx.Event{
		{Kind: pbx.BridgeLeave, Bridge: "b1", Channel: pbx.Leg{ID: c.caller.ID}},
		{Kind: pbx.Hangup, Channel: pbx.Leg{ID: c.caller.ID}, Number: 16, Text: "Normal Clearing"},
		{Kind: pbx.BridgeLeave, Bridge: "b1", Channel: pbx.Leg{ID: c.phone.ID}},
		{Kind: pbx.Hangup, Channel: pbx.Leg{ID: c.phone.ID}, Number: 16, Text: "Normal Clearing"},
	}
}
