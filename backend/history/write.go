package history

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// write is the one goroutine that changes the database.
func (h *History) write() {
	purge := time.NewTimer(0)
	defer purge.Stop()
	for {
		select {
		case p := <-h.queue:
			h.save(h.gather(p))
		case <-purge.C:
			purge.Reset(h.purge())
		case <-h.ending:
			for len(h.queue) > 0 {
				h.save(h.gather(<-h.queue))
			}
			return
		}
	}
}

// gather is p and what comes soon after it.
func (h *History) gather(p tracker.Past) []tracker.Past {
	list := []tracker.Past{p}
	soon := time.NewTimer(gather)
	defer soon.Stop()
	ending := h.ending
	for len(list) < batch {
		select {
		case next := <-h.queue:
			list = append(list, next)
			continue
		default:
		}
		select {
		case next := <-h.queue:
			list = append(list, next)
		case <-soon.C:
			return list
		case <-ending:
			return list
		}
	}
	return list
}

// save writes calls, and tries for as long as it takes: the queue bounds what waits
// meanwhile. At the end it tries once.
func (h *History) save(list []tracker.Past) {
	for {
		err := h.insert(list)
		if err == nil {
			h.written.Add(int64(len(list)))
			h.o.wrote()
			return
		}
		h.warn("calls that are over cannot be written to the history", err)
		select {
		case <-time.After(retry):
		case <-h.ending:
			h.lost.Add(int64(len(list)))
			return
		}
	}
}

const insertCall = `INSERT INTO calls (operator, call, uniqueid, service, queue, direction, outgoing, number, name, called, variables,
	started, answered, ended, talked, outcome, handed, handed_to, cause, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insert writes calls, all or none.
func (h *History) insert(list []tracker.Past) (err error) {
	ctx := context.Background() // what has ended is written, also while the server ends
	tx, err := h.o.Write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the error is told
		}
	}()
	add, err := tx.PrepareContext(ctx, insertCall)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer func() { _ = add.Close() }() // the transaction's end closes it anyway
	for _, p := range list {
		e := entry(p)
		var handed Handed
		if e.Transfer != nil {
			handed = *e.Transfer
		}
		_, err := add.ExecContext(ctx, p.Operator, string(e.Call), string(e.Uniqueid), e.Service, e.Queue, string(e.Direction), e.Outgoing,
			e.Caller.Number, e.Caller.Name, e.Called, string(e.Variables), e.Started, e.Answered, e.Ended, e.Talked,
			string(e.Outcome), string(handed.Kind), handed.To, e.Cause, e.search())
		if err != nil {
			return fmt.Errorf("add: %w", err)
		}
	}
	return tx.Commit()
}

// purge deletes a few of the calls that were kept long enough, and returns when to do so
// again.
func (h *History) purge() time.Duration {
	before := int64(math.MaxInt64)
	if h.o.Keep > 0 {
		before = h.o.Clock().Add(-h.o.Keep).UnixMilli()
	}
	done, err := h.o.Write.ExecContext(context.Background(), `DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE ended < ? LIMIT ?)`, before, purgeBatch)
	if err != nil {
		h.warn("old calls cannot be deleted from the history", err)
		return time.Minute
	}
	if n, err := done.RowsAffected(); err == nil && n == purgeBatch {
		return time.Millisecond
	}
	h.o.purged()
	return purgeEvery
}

// warn logs, once a minute at most.
func (h *History) warn(text string, err error) {
	if now := time.Now(); now.Sub(h.warned) >= time.Minute {
		h.warned = now
		h.o.Log.Warn(text, "err", err, "waiting", len(h.queue), "lost", h.lost.Load())
	}
}
