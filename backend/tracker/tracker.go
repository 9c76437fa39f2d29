// Package tracker keeps the picture: which calls there are, whose they are, and what
// each signed-in agent is to be told of them (rows B1 to B9). One goroutine owns it,
// Run's. Events come in on one channel in their order, and signing in, signing out
// and a new configuration are turns of the same loop, so that nothing falls between a
// snapshot and the notices after it. There are no locks around the picture, and it
// changes in one way only: picture.apply, which does no I/O and reads no clock.
package tracker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Agent is an operator at a seat. His phone is every channel whose pbx.Device is
// Extension, without case.
type Agent struct {
	Operator   string // user name: the key
	UID        string // who he is, whatever he is called: for what is kept of his calls
	FullName   string
	SeatMAC    string
	Extension  string // "PJSIP/201"
	Generation uint64 // of the sign-in: a later one of the same operator has a higher number
}

// Watcher is one client of an agent. It is called on the tracker's goroutine only,
// and must neither block nor call the tracker.
type Watcher interface {
	// Snapshot is the first call, once, in the turn of Watch.
	Snapshot(s *Snapshot)
	// Notify tells one thing. seq is the agent's own numbering of what happens in calls:
	// the next number each time. A state (of the agent, of the link) carries the number
	// before it, for the next state makes up for one that was missed. n is shared and
	// never changes; it may be kept.
	Notify(n *pbx.Notice, seq uint64)
	// Flush ends a batch of events that told this watcher something: time to write.
	Flush()
}

// Snapshot is what an agent's screen shows at one moment. It never changes.
type Snapshot struct {
	Seq        uint64 // number of the last notice before it
	Now        time.Time
	Agent      Agent
	State      pbx.AgentState
	StateSince time.Time
	Duty       pbx.Duty
	Queues     []pbx.QueueState // of his services, by name
	Link       pbx.LinkState
	LinkText   string // why, when the link is down
	LinkSince  time.Time
	Calls      []pbx.Call // oldest first. What is here pops no more: Action is for a button
}

// The errors of Watch and SetPlan.
var (
	ErrStopped  = errors.New("tracker: not running any more")
	ErrReplaced = errors.New("tracker: the operator has signed in again since")
)

// Options of a Tracker. The zero value of each field is a default.
type Options struct {
	Clock    func() time.Time // time.Now
	Log      *slog.Logger     // nothing is logged
	MaxCalls int              // calls at once, 10,000; each with 4 channels on average
	Backlog  int              // batches that In holds, 256
	Desk     Desk             // nobody
	Past     func(Past)       // is told each agent's part of a call when it is over, as a Watcher is; nil: nobody
	Run      string           // begins every call's id; must differ from run to run
}

// Tracker is made by New and lives in Run. Its methods may be called from anywhere,
// but not from a Watcher.
type Tracker struct {
	in       chan *pbx.Batch
	requests chan func()
	done     chan struct{} // closed when Run ends
	clock    func() time.Time
	log      *slog.Logger

	picture  *picture // Run's only
	touched  []*Watch // Run's only: to be flushed
	warned   time.Time
	refusals int64
	swept    int64

	mu    sync.Mutex
	stats Stats
}

// New is a Tracker that knows of no calls, no services and no agents.
func New(o Options) *Tracker {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxCalls <= 0 {
		o.MaxCalls = 10_000
	}
	if o.Backlog <= 0 {
		o.Backlog = 256
	}
	now := o.Clock()
	if o.Run == "" {
		o.Run = runName(now)
	}
	p := newPicture(o.Run, o.MaxCalls, now)
	p.desk, p.past = o.Desk, o.Past
	return &Tracker{
		in:       make(chan *pbx.Batch, o.Backlog),
		requests: make(chan func()),
		done:     make(chan struct{}),
		clock:    o.Clock,
		log:      o.Log,
		picture:  p,
	}
}

// In takes what happens, in order. The tracker releases each batch. A full channel
// means that the tracker cannot follow: drop the link and take the picture anew.
func (t *Tracker) In() chan<- *pbx.Batch { return t.in }

// SetPlan puts a configuration in use, from the next event on. Calls keep the service
// they have. p must not change any more. It returns when p is in use.
func (t *Tracker) SetPlan(ctx context.Context, p *Plan) error {
	return t.do(ctx, func() {
		t.picture.setPlan(compile(p))
		t.deliver()
	})
}

// Watch is one Watcher being told of one agent.
type Watch struct {
	t       *Tracker
	agent   *agent // nil once stopped; the loop's only
	watcher Watcher
	touched bool
}

// Watch tells w about a, beginning with a snapshot. Several watchers of one agent
// share one numbering. A higher Generation than before replaces the sign-in: its
// watchers are told nothing any more. A lower one is refused with ErrReplaced.
func (t *Tracker) Watch(ctx context.Context, a Agent, w Watcher) (*Watch, error) {
	watch := &Watch{t: t, watcher: w}
	var err error
	stopped := t.do(ctx, func() {
		err = t.picture.watch(a, watch)
		t.deliver() // to whom had the phone before
	})
	if stopped != nil {
		return nil, stopped
	}
	if err != nil {
		return nil, err
	}
	return watch, nil
}

// Stop ends the watch. When it returns, the watcher will not be called again. It may
// be called more than once, and after the tracker has ended.
func (w *Watch) Stop() {
	_ = w.t.do(context.Background(), func() { w.t.picture.unwatch(w) })
}

// do runs f, which may change the picture, in a turn of the loop and waits for it.
func (t *Tracker) do(ctx context.Context, f func()) error {
	return t.ask(ctx, func() {
		t.picture.changes++
		f()
	})
}

// ask is do for what changes nothing.
func (t *Tracker) ask(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	turn := func() {
		f()
		close(ran)
	}
	select {
	case t.requests <- turn:
	case <-t.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	// The loop has taken it and runs it at once; it cannot end in between.
	<-ran
	return nil
}

// Stats is a summary of the last turn, for pages and metrics. Any goroutine.
func (t *Tracker) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}
