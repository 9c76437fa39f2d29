package tracker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// counter is a watcher that checks its numbering. It is called on the tracker's
// goroutine only, and says so to the race detector.
type counter struct {
	next     uint64
	gaps     int
	told     int
	flushes  int
	stopped  bool
	after    int // calls after Stop
	snapshot *tracker.Snapshot
}

func (c *counter) Snapshot(s *tracker.Snapshot) { c.snapshot, c.next = s, s.Seq+1 }

func (c *counter) Notify(n *pbx.Notice, seq uint64) {
	if n.Call == nil {
		seq++
	}
	if seq != c.next {
		c.gaps++
	}
	if n.Call != nil {
		c.next++
	}
	c.told++
	if c.stopped {
		c.after++
	}
}

func (c *counter) Flush() { c.flushes++ }

// batch is events in a batch.
func batch(events ...pbx.Event) *pbx.Batch {
	b := pbx.NewBatch()
	b.Events = append(b.Events, events...)
	return b
}

// ring is a call of agent 201 to himself, that rings and ends: two batches' worth.
func ring(n int) (begins, ends *pbx.Batch) {
	id := pbx.ChannelID(fmt.Sprint("r", n))
	l := pbx.Leg{ID: id, Name: "PJSIP/201-" + string(id), Linkedid: id, State: pbx.Ring, StateKnown: true}
	return batch(pbx.Event{Kind: pbx.NewChannel, Channel: l}), batch(pbx.Event{Kind: pbx.Hangup, Channel: pbx.Leg{ID: id}})
}

var ada = tracker.Agent{Operator: "ada", Extension: "PJSIP/201", Generation: 1}

// TestNoGap signs in and out while events flow: snapshot and notices meet exactly, and
// nothing comes after Stop.
func TestNoGap(t *testing.T) {
	tr := tracker.New(tracker.Options{Run: "c"})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = tr.Run(ctx) })
	wg.Go(func() {
		for n := 0; ; n++ {
			begins, ends := ring(n)
			for _, b := range []*pbx.Batch{begins, ends} {
				select {
				case tr.In() <- b:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range 200 {
				c := &counter{}
				w, err := tr.Watch(ctx, ada, c)
				if err != nil {
					t.Error(err)
					return
				}
				for range 3 { // three turns of the loop
					if err := tr.SetPlan(ctx, &tracker.Plan{}); err != nil {
						t.Error(err)
					}
				}
				w.Stop()
				c.stopped = true
				if c.gaps > 0 || c.flushes > c.told {
					t.Errorf("%d gaps, %d flushes for %d notices", c.gaps, c.flushes, c.told)
				}
				_ = tr.Stats()
			}
		})
	}
	clients.Wait()
	cancel()
	wg.Wait()
}

// TestEnd: nobody waits for a tracker that has ended.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tr.Run(ctx) }()
		w, err := tr.Watch(ctx, ada, &counter{})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.Stop()
		w.Stop()
		if _, err := tr.Watch(t.Context(), ada, &counter{}); !errors.Is(err, tracker.ErrStopped) {
			t.Errorf("Watch returned %v", err)
		}
		if err := tr.SetPlan(t.Context(), &tracker.Plan{}); !errors.Is(err, tracker.ErrStopped) {
			t.Errorf("SetPlan returned %v", err)
		}
		if err := tr.SetPlan(ctx, &tracker.Plan{}); !errors.Is(err, tracker.ErrStopped) && !errors.Is(err, context.Canceled) {
			t.Errorf("SetPlan returned %v", err)
		}
	})
}

// TestNotRunning: a caller's context ends his waiting.
func TestNotRunning(t *testing.T) {
	tr := tracker.New(tracker.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.Watch(ctx, ada, &counter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Watch returned %v", err)
	}
}

// TestReplacedSignIn is Watch's errors and Stats.
func TestReplacedSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := tracker.New(tracker.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = tr.Run(ctx) }()
		later := ada
		later.Generation = 2
		w, err := tr.Watch(ctx, later, &counter{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Stop()
		if _, err := tr.Watch(ctx, ada, &counter{}); !errors.Is(err, tracker.ErrReplaced) {
			t.Errorf("an earlier sign-in got %v", err)
		}
		begins, ends := ring(1)
		tr.In() <- begins
		synctest.Wait()
		s := tr.Stats()
		if s.Calls != 1 || s.Channels != 1 || s.Agents != 1 || s.Watchers != 1 || s.Events != 1 || s.Batches != 1 || s.Notices != 3 || s.Link != pbx.LinkStateDown {
			t.Errorf("%+v", s)
		}
		tr.In() <- ends
		synctest.Wait()
		if s := tr.Stats(); s.Calls != 0 || s.Notices != 5 {
			t.Errorf("%+v", s)
		}
	})
}

// TestCorrectionIsLogged: whoever looks why the picture was wrong is told with which channel.
func TestCorrectionIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer // written by Run's goroutine, read when that has ended
		ctx, cancel := context.WithCancel(t.Context())
		tr := tracker.New(tracker.Options{Run: "c", Log: slog.New(slog.NewTextHandler(&log, nil))})
		done := make(chan error, 1)
		go func() { done <- tr.Run(ctx) }()
		begins, _ := ring(1)
		tr.In() <- begins
		for range 3 {
			tr.In() <- batch(pbx.Event{Kind: pbx.SweepBegin}, pbx.Event{Kind: pbx.SweepEnd})
		}
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if text := log.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "r1 PJSIP/201-r1") || !strings.Contains(text, "ended=1") {
			t.Error(text)
		}
	})
}
