package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Picture is what the tracker does for a client. From the moment Watch is called w
// is told things on the picture's own goroutine; when stop returns it is told
// nothing more.
type Picture interface {
	Watch(ctx context.Context, a tracker.Agent, w tracker.Watcher) (stop func(), err error)
	PartOf(ctx context.Context, operator string, generation uint64, id pbx.CallID) (part tracker.Part, is bool, err error)
	Post(ctx context.Context, operator string, generation uint64, n *pbx.Notice) error
}

// Desk is what agents are beside their calls, as *desk.Desk keeps it. Enter, Leave and
// Lost do not wait.
type Desk interface {
	Enter(a tracker.Agent)
	Leave(operator string, generation uint64)
	Lost(operator string, generation uint64, quiet time.Duration)
	Pause(ctx context.Context, operator string, generation uint64, w desk.Wish) error
	Ready(ctx context.Context, operator string, generation uint64) error
	MoreTime(ctx context.Context, operator string, generation uint64) error
}

// Dialer makes calls, as *dial.Dialer does.
type Dialer interface {
	Originate(ctx context.Context, a tracker.Agent, w dial.Wish) (id string, err error)
}

// Control does what agents ask for with their calls, as *control.Control does.
type Control interface {
	Hangup(ctx context.Context, a tracker.Agent, call string) error
	Transfer(ctx context.Context, a tracker.Agent, call string, to control.Target) error
	Consult(ctx context.Context, a tracker.Agent, call string, to control.Target) error
	Complete(ctx context.Context, a tracker.Agent, call string) error
	Cancel(ctx context.Context, a tracker.Agent, call string) error
	Hold(ctx context.Context, a tracker.Agent, call string) error
	Resume(ctx context.Context, a tracker.Agent, call string) error
	Answer(ctx context.Context, a tracker.Agent, call string) error
	Can() control.Abilities
	Targets(ctx context.Context, a tracker.Agent) (control.Targets, error)
}

// Notes keeps what agents write of their calls. Its errors are [ErrUnknownCall], [ErrDisposition]
// and those of its disk.
type Notes interface {
	// Note keeps n in place of what was written before. A call in progress is given with its
	// Call and Service; without Call, it is the last that is over of those with the Uniqueid.
	// may says whether a service has a disposition. Returned is the note as it is now.
	Note(ctx context.Context, a tracker.Agent, n pbx.Note, may func(service, disposition string) bool) (pbx.Note, error)
	// Notes are what was written of calls; most have none.
	Notes(ctx context.Context, a tracker.Agent, calls []pbx.Call) ([]pbx.Note, error)
}

// Config is the configuration in use, a *config.Live.
type Config interface {
	Now() *config.Snapshot // nil before the first
	Changed() <-chan struct{}
}

// Gate checks a password, as *password.Gate does.
type Gate interface {
	Check(ctx context.Context, user, verifier, md5hex string, from netip.Addr) error
}

// Options of a Server. Picture, Desk, Dialer, Control, Config and Gate are needed; the zero value
// of any other takes its default. Without Notes, agents are told that nothing is noted here.
type Options struct {
	Picture Picture
	Desk    Desk
	Dialer  Dialer
	Control Control
	Notes   Notes
	Config  Config
	Gate    Gate
	Ready   func() error // why nobody can sign in yet, nil when they can (A3)
	Linked  func() error // why Asterisk cannot be asked anything now, nil when it can (A8)
	Log     *slog.Logger

	Refuse bool // a second sign-in of an operator or seat is refused, instead of replacing the first (D1)

	SignInSilence time.Duration // between two lines before sign-in; 30 s
	SignInTotal   time.Duration // spent waiting for a client before it has signed in; 2 min
	Idle          time.Duration // between two lines or messages afterwards (E6); 90 s
	PageGrace     time.Duration // a browser's sign-in outlives its last open page by this; 60 s
	MaxPages      int           // open WebSockets of one sign-in; 16

	Version string           // told in the snapshot
	Demo    bool             // told in the snapshot
	Clock   func() time.Time // of what clients are told, not of time-outs; time.Now
}

func (o *Options) setDefaults() {
	setDefault(&o.SignInSilence, 30*time.Second)
	setDefault(&o.SignInTotal, 2*time.Minute)
	setDefault(&o.Idle, 90*time.Second)
	setDefault(&o.PageGrace, time.Minute)
	setDefault(&o.MaxPages, 16)
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	if o.Linked == nil {
		o.Linked = func() error { return nil }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
}

func setDefault[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// Server knows who is signed in where, and serves one client after another of
// whichever door. Safe for concurrent use.
type Server struct {
	opts   Options
	events encoder

	mu         sync.Mutex
	generation uint64
	operators  map[string]*SignedIn // by nameKey; also who has ended and is not gone yet
	phones     map[string]*SignedIn // by phoneKey; as well
	stopping   bool

	asking  sync.WaitGroup // what waits for Asterisk
	tickets tickets

	clients, replaced, slow atomic.Int64
}

// New makes a Server. Call Run as well: it watches the configuration.
func New(opts Options) *Server {
	opts.setDefaults()
	return &Server{
		opts: opts, operators: make(map[string]*SignedIn), phones: make(map[string]*SignedIn),
		tickets: tickets{open: make(map[[sha256.Size]byte]ticket)},
	}
}

// Run ends the sign-ins that a new configuration no longer has room for, each
// within moments of the change (J2), until ctx ends; then it ends them all, and
// nobody can sign in any more. It returns nil, when Asterisk has answered what clients
// have asked, or is waited for no longer.
func (s *Server) Run(ctx context.Context) error {
	for {
		changed := s.opts.Config.Changed()
		if cfg := s.opts.Config.Now(); cfg != nil {
			s.sweep(cfg)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			s.stop()
			s.asking.Wait()
			return nil
		}
	}
}

func (s *Server) sweep(cfg *config.Snapshot) {
	for _, in := range s.signedIn() {
		if reason, ok := stillThere(cfg, in); !ok {
			in.End(reason)
		}
	}
}

func (s *Server) stop() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	for _, in := range s.signedIn() {
		in.End(ReasonRestart)
	}
}

// ask runs f, which waits for Asterisk; not when the server is ending.
func (s *Server) ask(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.asking.Go(f)
	}
}

// signedIn lists those who have not ended.
func (s *Server) signedIn() []*SignedIn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*SignedIn, 0, len(s.operators))
	for _, in := range s.operators {
		if !in.ended() {
			all = append(all, in)
		}
	}
	return all
}

// Stats are figures for metrics and pages.
type Stats struct {
	SignedIn int   // agents, now
	Clients  int64 // connections, now; those that are signing in included
	Replaced int64 // sign-ins replaced by a later one, since the start
	Slow     int64 // clients cut because they did not read, since the start
}

// Stats may be called at any time.
func (s *Server) Stats() Stats {
	return Stats{SignedIn: len(s.signedIn()), Clients: s.clients.Load(), Replaced: s.replaced.Load(), Slow: s.slow.Load()}
}

// NotReady is why nobody can sign in yet.
type NotReady struct{ Err error }

func (e *NotReady) Error() string { return "not ready: " + e.Err.Error() }
func (e *NotReady) Unwrap() error { return e.Err }

var (
	errNoConfiguration = errors.New("no configuration is in use")
	errStopping        = errors.New("the server is ending")
)

// ready returns the configuration in use, or why nobody can sign in.
func (s *Server) ready() (*config.Snapshot, error) {
	if err := s.opts.Ready(); err != nil {
		return nil, &NotReady{err}
	}
	cfg := s.opts.Config.Now()
	if cfg == nil {
		return nil, &NotReady{errNoConfiguration}
	}
	return cfg, nil
}
