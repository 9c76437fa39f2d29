package admin

import (
	"context"
	"sync"
	"time"
)

// patience is how long a page waits for the number of changes to apply. In a large call
// centre counting takes longer after an edit: then the page shows the number before, and
// the feed brings the new one.
const patience = 20 * time.Millisecond

// counting is the number of changes that wait to be applied, counted in the background.
type counting struct {
	ctx  context.Context // of the counting; ended by stop
	stop context.CancelFunc
	work sync.WaitGroup

	patience time.Duration

	mu    sync.Mutex
	done  chan struct{} // closed when the count under way is done; nil: none is
	known bool
	count int
	err   error
}

func newCounting() *counting {
	c := &counting{patience: patience}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

func (c *counting) close() {
	c.stop()
	c.work.Wait()
}

// begin counts, unless that is under way: then fresh is false, for what was done since it
// began may be missing.
func (c *counting) begin(count func(context.Context) (int, error)) (done <-chan struct{}, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done != nil {
		return c.done, false
	}
	now := make(chan struct{})
	c.done = now
	c.work.Go(func() {
		n, err := count(c.ctx)
		c.mu.Lock()
		if c.ctx.Err() != nil {
			err = nil // the end: what was known last will do
		}
		if c.err = err; err == nil && c.ctx.Err() == nil {
			c.count, c.known = n, true
		}
		c.done = nil
		c.mu.Unlock()
		close(now)
	})
	return now, true
}

func (c *counting) last() (n int, known bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count, c.known, c.err
}

// pending counts the changes that are not applied yet; the last number known when that
// takes longer than a page should wait.
func (a *Admin) pending(ctx context.Context) (int, error) {
	c := a.counting
	late := time.NewTimer(c.patience)
	defer late.Stop()
	for fresh := false; !fresh; {
		var done <-chan struct{}
		done, fresh = c.begin(func(ctx context.Context) (int, error) { return a.store.PendingCount(ctx, a.opts.Live.Now()) })
		wait := late.C
		if _, known, _ := c.last(); !known {
			wait = nil // the first count is waited for
		}
		select {
		case <-done:
		case <-wait:
			fresh = true
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	n, _, err := c.last()
	return n, err
}
