package history

import (
	"context"
	"database/sql"
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
		case turn := <-h.turns:
			h.flush()
			turn()
		case <-purge.C:
			purge.Reset(h.purge())
		case <-h.ending:
			h.flush()
			return
		}
	}
}

// flush writes all that waits.
func (h *History) flush() {
	for len(h.queue) > 0 {
		h.save(h.gather(<-h.queue))
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

// save writes calls in their order. It tries for as long as the disk has no room or another
// holds the database: the queue bounds what waits meanwhile. At the end it tries once. A call that
// the database refuses is found by halves and dropped, so that the others are kept.
func (h *History) save(list []tracker.Past) {
	for {
		err := h.insert(list)
		switch {
		case err == nil:
			h.works()
			if h.o.Keep > 0 {
				h.written.Add(int64(len(list)))
			}
			h.o.wrote()
			return
		case !passing(err) && len(list) > 1:
			h.save(list[:len(list)/2])
			h.save(list[len(list)/2:])
			return
		case !passing(err):
			h.refuse("a call that is over is refused by the history's database, and dropped", list[0].Operator, list[0].Call.Uniqueid, err)
			return
		}
		h.stuck(err)
		select {
		case <-time.After(retry):
		case <-h.ending:
			h.lost.Add(int64(len(list)))
			h.o.Log.Error("calls that are over are lost, since the history cannot be written when the server ends", "calls", len(list), "err", err)
			return
		}
	}
}

const insertCall = `INSERT INTO calls (operator, call, uniqueid, service, queue, direction, outgoing, number, name, called, variables,
	started, answered, ended, talked, outcome, handed, handed_to, handed_name, cause, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insert writes calls, and what is to be told of them, all or none.
func (h *History) insert(list []tracker.Past) error {
	// What has ended is written, also while the server ends.
	return h.change(context.Background(), func(ctx context.Context, tx *sql.Tx) (told int, err error) {
		for _, p := range list {
			e := entry(p)
			if h.o.Keep > 0 {
				if e.ID, err = keep(ctx, tx, p.UID, &e); err != nil {
					return 0, err
				}
			}
			if h.o.Tell {
				if err := h.tellEnded(ctx, tx, p, e); err != nil {
					return 0, err
				}
			}
		}
		if h.o.Tell {
			told = len(list)
		}
		return told, nil
	})
}

// keep inserts a call and returns its id.
func keep(ctx context.Context, tx *sql.Tx, uid string, e *Entry) (id int64, err error) {
	var handed Handed
	if e.Transfer != nil {
		handed = *e.Transfer
	}
	done, err := tx.ExecContext(ctx, insertCall, uid, string(e.Call), string(e.Uniqueid), e.Service, e.Queue, string(e.Direction), e.Outgoing,
		e.Caller.Number, e.Caller.Name, e.Called, string(e.Variables), e.Started, e.Answered, e.Ended, e.Talked,
		string(e.Outcome), string(handed.Kind), handed.To, handed.Name, e.Cause, e.search())
	if err != nil {
		return 0, fmt.Errorf("add: %w", err)
	}
	return done.LastInsertId()
}

// Notes go with their calls, by a trigger. Those of calls that never came to be kept, because
// the server was down when they ended, go when they are old, but not during the call.
const (
	longestCall = 24 * time.Hour

	purgeCalls = `DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE ended < ? LIMIT ?)`
	purgeNotes = `DELETE FROM notes WHERE (operator, uniqueid, service) IN (SELECT operator, uniqueid, service FROM notes n WHERE at < ?
		AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.operator = n.operator AND c.uniqueid = n.uniqueid AND c.service = n.service) LIMIT ?)`
	purgeOutbox = `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE created < ? LIMIT ?)`
)

// purge deletes a few of the calls and notes that were kept long enough, and returns when to do
// so again.
func (h *History) purge() time.Duration {
	const all = int64(math.MaxInt64)
	before, noted := all, all
	if h.o.Keep > 0 {
		now := h.o.Clock()
		before, noted = now.Add(-h.o.Keep).UnixMilli(), now.Add(-max(h.o.Keep, longestCall)).UnixMilli()
	}
	steps := []struct {
		statement string
		before    int64
	}{{purgeCalls, before}, {purgeNotes, noted}, {purgeOutbox, all}}
	if h.o.Tell {
		steps = steps[:2]
	}
	again := purgeEvery
	for _, step := range steps {
		done, err := h.o.Write.ExecContext(context.Background(), step.statement, step.before, purgeBatch)
		if err != nil {
			h.warn("what is old cannot be deleted from the history", "err", err)
			again = min(again, time.Minute)
			continue
		}
		if n, err := done.RowsAffected(); err == nil && n == purgeBatch {
			again = time.Millisecond
		}
	}
	if again == purgeEvery {
		h.o.purged()
	}
	return again
}

// warn logs a text, once a minute at most.
func (h *History) warn(text string, more ...any) {
	if now := time.Now(); now.Sub(h.warned[text]) >= time.Minute {
		h.warned[text] = now
		h.o.Log.Warn(text, more...)
	}
}
