// Package history keeps agents' calls that are over and what they note of their calls, for a
// time that is configured, so that each finds his own again: after a reload, at another browser,
// the next day. The picture hands each call over without waiting; one goroutine writes them, many
// at once. What is to be told to another system of it is written beside it, in one transaction.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

const (
	backlog    = 1024                  // calls that wait to be written
	batch      = 256                   // that are written at once
	gather     = 50 * time.Millisecond // how long the first of a batch waits for others
	retry      = time.Second           // after a write that failed
	purgeEvery = time.Hour
	purgeBatch = 500 // rows at once, so that a call which has ended waits for few
)

// Options of Open. Write and Read are needed, of one database; Close closes them.
type Options struct {
	Write *sql.DB // of one connection
	Read  *sql.DB
	Keep  time.Duration    // how long a call is kept after its end; 0: nothing is, and what was is deleted
	Tell  bool             // calls and notes are also put into the outbox; without, what is there is deleted
	Clock func() time.Time // time.Now
	Log   *slog.Logger     // nothing is logged

	maxOutbox int64 // maxOutbox; for tests

	wrote  func() // after each batch; for tests
	purged func() // when there is nothing left to delete; for tests
}

// History is made by Open and ended by Close. Any goroutine may call its methods.
type History struct {
	o      Options
	queue  chan tracker.Past
	turns  chan func() // run by the writer, when what was queued before is written
	posted chan struct{}
	ending chan struct{}
	ended  sync.WaitGroup

	warned map[string]time.Time // the writer's, as is
	since  time.Time            // when it began to fail

	written, lost    atomic.Int64
	refused          atomic.Int64
	failing          atomic.Bool
	waiting, dropped atomic.Int64 // of the outbox
}

// Open begins to write, and to delete what was kept long enough. The error is the database's,
// which is left open.
func Open(ctx context.Context, o Options) (*History, error) {
	if o.maxOutbox == 0 {
		o.maxOutbox = maxOutbox
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, f := range []*func(){&o.wrote, &o.purged} {
		if *f == nil {
			*f = func() {}
		}
	}
	h := &History{
		o: o, queue: make(chan tracker.Past, backlog), turns: make(chan func()), posted: make(chan struct{}, 1), ending: make(chan struct{}),
		warned: map[string]time.Time{},
	}
	if o.Tell {
		var n int64
		if err := o.Read.QueryRowContext(ctx, `SELECT count(*) FROM deliveries`).Scan(&n); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		h.waiting.Store(n)
	}
	h.ended.Go(h.write)
	return h, nil
}

// Add hands over a call that is over. It never waits: when too many are to be written
// already, the call is counted and lost. It must not be called after Close.
func (h *History) Add(p tracker.Past) {
	if h.o.Keep <= 0 && !h.o.Tell {
		return
	}
	select {
	case h.queue <- p:
	default:
		h.lost.Add(1)
	}
}

// Close writes what still waits and closes the database.
func (h *History) Close() error {
	close(h.ending)
	h.ended.Wait()
	return errors.Join(h.o.Read.Close(), h.o.Write.Close())
}

// Stats are counted since Open.
type Stats struct {
	Written, Lost int64 // calls
	Waiting       int   // to be written, now
	Refused       int64 // calls and notes that the database has refused, and nobody keeps
	Failing       bool  // nothing can be written, now

	Outbox, Dropped int64 // deliveries: waiting now, and dropped because too many were
}

// Stats is for metrics.
func (h *History) Stats() Stats {
	return Stats{
		Written: h.written.Load(), Lost: h.lost.Load(), Waiting: len(h.queue), Refused: h.refused.Load(), Failing: h.failing.Load(),
		Outbox: h.waiting.Load(), Dropped: h.dropped.Load(),
	}
}
