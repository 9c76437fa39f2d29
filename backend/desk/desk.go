// Package desk is what agents are beside their calls: signed in at a telephone, in the
// queues of their services, paused, at work after a call, or lost for a moment (rows D2
// to D6). It compares what should be with what Asterisk has, and mends the difference,
// again and again; so it does not matter what was missed, nor what somebody else changed.
//
// One goroutine, Run's, owns it all. Everything else is a function put into its inbox.
package desk

import (
	"context"
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

// Picture shows agents their duty and their queues, as *tracker.Tracker does.
type Picture interface {
	SetDuty(ctx context.Context, operator string, generation uint64, d pbx.Duty) error
	SetQueues(ctx context.Context, operator string, generation uint64, queues []pbx.QueueState) error
}

// Member is a membership that this server made: none that is not in the ledger is ever
// ended.
type Member struct{ Queue, Interface, Operator string }

// Pause is an agent's pause, which must outlive the server.
type Pause struct {
	Operator, Reason string
	Since            time.Time
}

// Ledger keeps what must be known after a crash: what it has taken outlives the process when it
// returns.
type Ledger interface {
	Members(ctx context.Context) ([]Member, error)
	PutMember(ctx context.Context, m Member) error
	DeleteMember(ctx context.Context, queue, iface string) error
	Pauses(ctx context.Context) ([]Pause, error)
	PutPause(ctx context.Context, p Pause) error
	DeletePause(ctx context.Context, operator string) error
}

// Config is the configuration in use, a *config.Live.
type Config interface {
	Now() *config.Snapshot
	Changed() <-chan struct{}
}

// Options of a Desk. Exchange, Picture, Ledger and Config are needed.
type Options struct {
	Exchange Exchange
	Picture  Picture
	Ledger   Ledger
	Config   Config
	Grace    time.Duration    // how long a lost agent stays in his queues, paused; 0: not at all
	Clock    func() time.Time // time.Now
	Log      *slog.Logger     // nothing is logged
}

// Desk is made by New and lives in Run. Its methods may be called from anywhere, also
// from the tracker's goroutine; only Pause waits.
type Desk struct {
	opt   Options
	board *board // Run's only
	done  chan struct{}

	mu    sync.Mutex
	inbox []func(*board)
	wake  chan struct{}
}

// New is a Desk without agents.
func New(o Options) *Desk {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{opt: o, board: newBoard(o.Grace), done: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// put has f done by the loop, in order.
func (d *Desk) put(f func(*board)) {
	d.mu.Lock()
	d.inbox = append(d.inbox, f)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Desk) take() []func(*board) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.inbox
	d.inbox = nil
	return list
}

// Run owns the desk until ctx ends. Then everybody is taken out of the queues that this
// server put him into, in farewell at most. It is called once.
func (d *Desk) Run(ctx context.Context) error {
	defer close(d.done)
	if err := d.recall(ctx); err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait()
	actions, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		changed := d.opt.Config.Changed()
		began := time.Now()
		d.turn(actions, &work)
		if took := time.Since(began); took > time.Millisecond { // many agents: what happens meanwhile is one turn's
			select {
			case <-time.After(2 * took):
			case <-ctx.Done():
			}
		}
		if next := d.board.next(); next.IsZero() {
			timer.Reset(time.Hour)
		} else {
			timer.Reset(max(0, next.Sub(d.opt.Clock())))
		}
		select {
		case <-d.wake:
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			d.farewell(actions, &work)
			return nil
		}
	}
}

// turn does what is in the inbox, what is due, and what follows from both.
func (d *Desk) turn(ctx context.Context, work *sync.WaitGroup) {
	b := d.board
	b.now = d.opt.Clock()
	b.configure(d.opt.Config.Now())
	for _, f := range d.take() {
		f(b)
	}
	b.due()
	for _, j := range b.reconcile() {
		work.Go(func() {
			r := d.do(ctx, j)
			d.put(func(b *board) { b.done(j, r) })
		})
	}
	b.answer()
	for _, n := range b.news() {
		err := d.opt.Picture.SetDuty(ctx, n.operator, n.generation, n.duty)
		if err == nil {
			err = d.opt.Picture.SetQueues(ctx, n.operator, n.generation, n.queues)
		}
		if err != nil && !errors.Is(err, tracker.ErrStopped) {
			d.opt.Log.Error("an agent's duty is not shown", "operator", n.operator, "err", err)
		}
	}
	for _, say := range b.said {
		say()
	}
	b.said = b.said[:0]
}

const farewell = 5 * time.Second

// farewell takes everybody out.
func (d *Desk) farewell(ctx context.Context, work *sync.WaitGroup) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	d.board.leaveAll()
	for d.turn(ctx, work); d.board.leaving() && ctx.Err() == nil; d.turn(ctx, work) {
		select {
		case <-d.wake:
		case <-ctx.Done():
		}
	}
}

// recall takes up what a former run of the server has left.
func (d *Desk) recall(ctx context.Context) error {
	members, err := d.opt.Ledger.Members(ctx)
	if err != nil {
		return err
	}
	pauses, err := d.opt.Ledger.Pauses(ctx)
	if err != nil {
		return err
	}
	d.board.recall(members, pauses)
	if len(members) > 0 {
		d.opt.Log.Info("agents of before are waited for", "memberships", len(members), "for", d.opt.Grace)
	}
	return nil
}
