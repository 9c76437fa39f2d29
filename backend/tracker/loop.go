package tracker

import (
	"context"
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Run owns the picture until ctx ends. It is called once.
func (t *Tracker) Run(ctx context.Context) error {
	defer close(t.done)
	t.publish()
	var later <-chan time.Time // the callers who wait are told of
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-t.in:
			t.turn(b)
		case f := <-t.requests:
			t.picture.at(t.clock())
			f()
		case <-later:
			later = nil
			t.picture.at(t.clock())
			t.picture.queuesChanged()
			t.deliver()
		}
		if later == nil && len(t.picture.crowded) > 0 {
			later = time.After(queuesPause)
		}
		t.publish()
	}
}

// turn applies one batch, tells the watchers and lets each write once.
func (t *Tracker) turn(b *pbx.Batch) {
	p := t.picture
	p.at(t.clock())
	for i := range b.Events {
		p.apply(&b.Events[i])
	}
	p.count.Batches++
	p.changes++
	b.Release()
	t.deliver()
	t.logEnded()
}

// Settle returns when everything that was handed to In before is in the picture and told.
func (t *Tracker) Settle(ctx context.Context) error {
	return t.do(ctx, func() {
		for {
			select {
			case b := <-t.in:
				t.turn(b)
			default:
				return
			}
		}
	})
}

// deliver hands out what the picture has to tell.
func (t *Tracker) deliver() {
	for _, n := range t.picture.out {
		if n.notice.Call != nil {
			n.agent.seq++
		}
		for _, w := range n.agent.watches {
			w.watcher.Notify(n.notice, n.agent.seq)
			if !w.touched {
				w.touched = true
				t.touched = append(t.touched, w)
			}
		}
	}
	t.picture.count.Notices += int64(len(t.picture.out))
	clear(t.picture.out)
	t.picture.out = t.picture.out[:0]
	for _, w := range t.touched {
		w.touched = false
		w.watcher.Flush()
	}
	clear(t.touched)
	t.touched = t.touched[:0]
}

// publish renews what Stats returns.
func (t *Tracker) publish() {
	s := t.picture.stats()
	s.Backlog = len(t.in)
	t.mu.Lock()
	t.stats = s
	t.mu.Unlock()
	if swept := s.SweptChannels + s.FoundChannels; swept > t.swept {
		t.swept = swept
		t.log.Warn("the picture was corrected: Asterisk lists other channels than it told of", "channels", t.picture.corrected,
			"ended", s.SweptChannels, "found", s.FoundChannels)
		t.picture.corrected = nil
	}
	refused := s.RefusedChannels + s.RefusedVariables
	if refused > t.refusals && t.picture.now.Sub(t.warned) >= time.Minute {
		t.refusals, t.warned = refused, t.picture.now
		t.log.Warn("limits of the picture reached", "refused_channels", s.RefusedChannels, "refused_variables", s.RefusedVariables,
			"calls", s.Calls, "channels", s.Channels)
	}
}

// logEnded writes the life of each service call that ended in one line.
func (t *Tracker) logEnded() {
	for i := range t.picture.ended {
		e := &t.picture.ended[i]
		t.log.Info("call ended", "call", e.id, "service", e.service, "queue", e.queue, "operators", e.operators,
			"lasted", e.lasted.Round(time.Millisecond))
	}
	clear(t.picture.ended)
	t.picture.ended = t.picture.ended[:0]
}

// runName begins the ids of the calls of a run: no two runs of one server begin in
// the same millisecond.
func runName(now time.Time) string { return strconv.FormatInt(now.UnixMilli(), 36) + "-" }

// Stats is a summary of the picture. Counters are since the start.
type Stats struct {
	Calls, Channels, Bridges int    // at this moment
	Agents, Watchers         int    // at this moment: signed in, and their clients
	Backlog                  int    // batches that wait in In
	Changes                  uint64 // grows with whatever may have changed the picture, see Floor

	Link      pbx.LinkState
	LinkText  string
	LinkSince time.Time

	Batches, Events, Notices, Pops int64
	ServiceCalls                   int64 // calls that reached a service
	RefusedChannels                int64 // over the limit of channels or calls
	RefusedVariables               int64 // over the limit of variables of a call
	CutValues                      int64 // values of variables that were too long
	SweptChannels                  int64 // whose Hangup was lost: a sweep has ended them
	FoundChannels                  int64 // that a sweep listed and nobody had told of
}
