package amitest

import (
	"container/heap"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

type clockMode uint8

const (
	clockReal clockMode = iota
	clockInstant
	clockManual
)

// Clock is the time of one Server: what it writes into uniqueids, and what paces
// its calls. A Clock belongs to one Server. Its methods may be called from
// anywhere.
type Clock struct {
	mode  clockMode
	scale float64
	begin time.Time // real clock: the instant both times agreed

	mu    sync.Mutex
	now   time.Time // instant and manual clocks
	steps stepHeap
	order uint64
	wake  chan struct{}
}

// farFuture is later than any step.
var farFuture = time.Unix(1<<40, 0)

// Step is something a Clock will do.
type Step struct {
	at    time.Time
	order uint64
	do    func()
	dead  atomic.Bool
}

// RealTime is a clock that runs with the wall's. scale is the length of a told
// second: 1 as in life, 0.1 ten times as fast; 0 and less mean 1. Inside a
// testing/synctest bubble it follows the bubble's time.
func RealTime(scale float64) *Clock {
	if scale <= 0 {
		scale = 1
	}
	return &Clock{mode: clockReal, scale: scale, begin: time.Now(), wake: make(chan struct{}, 1)}
}

// Instant is a clock that does not wait: what is due next is done at once, and the
// told time leaps to it. A phone that answers after 3 s answers in the same
// millisecond and says that it rang for 3 s. What would go on for ever never rests
// with such a clock: a caller who waits in a queue needs an Abandon, or the service
// a RingFor.
func Instant() *Clock {
	return &Clock{mode: clockInstant, now: time.Now().Truncate(time.Second), wake: make(chan struct{}, 1)}
}

// Manual is a clock that stands until Advance moves it.
func Manual(start time.Time) *Clock { return &Clock{mode: clockManual, now: start} }

// Now is the told time.
func (c *Clock) Now() time.Time {
	if c.mode == clockReal {
		since := time.Since(c.begin)
		return c.begin.Add(time.Duration(float64(since) / c.scale)).Round(0)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves a Manual clock by d and does, in order, all that falls due on the
// way; when it returns, that is done. It does nothing to other clocks.
func (c *Clock) Advance(d time.Duration) {
	if c.mode != clockManual {
		return
	}
	until := c.Now().Add(d)
	for {
		c.mu.Lock()
		s := c.pop(until)
		if s == nil {
			c.now = until
			c.mu.Unlock()
			return
		}
		c.now = s.at
		c.mu.Unlock()
		s.run()
	}
}

// After has do called once, d of told time from now: on the server's goroutine, or
// on Advance's caller's. Times that are equal keep the order of the calls.
func (c *Clock) After(d time.Duration, do func()) *Step {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order++
	s := &Step{at: now.Add(max(d, 0)), order: c.order, do: do}
	heap.Push(&c.steps, s)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return s
}

// Stop has the step not done, if it is not being done already. Stopping nil does
// nothing.
func (s *Step) Stop() {
	if s != nil {
		s.dead.Store(true)
	}
}

func (s *Step) run() {
	if !s.dead.Load() {
		s.do()
	}
}

// Sleep waits for d of told time; it returns early, with its error, when ctx ends.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	done := make(chan struct{})
	s := c.After(d, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.Stop()
		return ctx.Err()
	}
}

// pop takes the first living step that is due by until.
func (c *Clock) pop(until time.Time) *Step {
	for len(c.steps) > 0 {
		if c.steps[0].dead.Load() {
			heap.Pop(&c.steps)
			continue
		}
		if c.steps[0].at.After(until) {
			return nil
		}
		return heap.Pop(&c.steps).(*Step)
	}
	return nil
}

// next is the step to do now, or how long to wait for one: less than zero for ever.
func (c *Clock) next() (*Step, time.Duration) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mode == clockInstant && len(c.steps) > 0 {
		s := c.pop(farFuture)
		if s == nil {
			return nil, -1
		}
		if s.at.After(c.now) {
			c.now = s.at
		}
		return s, 0
	}
	if s := c.pop(now); s != nil {
		return s, 0
	}
	if len(c.steps) == 0 {
		return nil, -1
	}
	return nil, max(time.Duration(float64(c.steps[0].at.Sub(now))*c.scale), time.Millisecond)
}

// run does the steps of a real or an instant clock until stop is closed.
func (c *Clock) run(stop <-chan struct{}) {
	if c.mode == clockManual {
		return
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		default:
		}
		s, wait := c.next()
		if s != nil {
			s.run()
			continue
		}
		var due <-chan time.Time
		if wait >= 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-stop:
			return
		case <-c.wake:
		case <-due:
		}
	}
}

type stepHeap []*Step

func (h stepHeap) Len() int { return len(h) }
func (h stepHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}
func (h stepHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *stepHeap) Push(x any)   { *h = append(*h, x.(*Step)) }
func (h *stepHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return s
}
