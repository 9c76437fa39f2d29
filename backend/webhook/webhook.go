// Package webhook tells another system what is in the outbox of the history: agents' calls that
// are over, and their notes. Each is a request, signed as the Standard Webhooks have it, and tried
// again until it is taken or three days old. While nothing is taken, one is tried at a time, and
// the others wait for it. The order is not promised, and one may come twice: its id tells. net/http
// sends, since a request a second needs nothing faster.
package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

const (
	atOnce   = 16                 // requests at the same time
	firstTry = 5 * time.Second    // the pause after the first failure; each is twice the one before
	longest  = time.Hour          // of one delivery, and no longer than this
	probing  = time.Minute        // of all, while nothing is taken
	giveUp   = 3 * 24 * time.Hour // after it began
	fewest   = 12                 // tries before, whatever the clock says: it may have jumped, or we were down
	patience = 60                 // tries in a row that fail before all that is old is given up, for the same reason
	again    = time.Minute        // after a failure of the outbox
	farewell = 3 * time.Second    // for what is on its way when the server ends

	warnEvery = 10 * time.Minute
)

// Outbox is what is to be told, as *history.History keeps it.
type Outbox interface {
	Posted() <-chan struct{}
	Due(ctx context.Context, now, latest time.Time, limit int) (list []history.Delivery, next time.Time, err error)
	Settle(ctx context.Context, list []history.Delivery) error
	Expire(ctx context.Context, before time.Time) (gone int64, err error)
}

// Options of New. Outbox and Key are needed.
type Options struct {
	Outbox  Outbox
	URL     string         // "" for nobody to tell
	Key     []byte         // of the signatures
	Timeout time.Duration  // of one try; 10 s
	Roots   *x509.CertPool // who vouches for the other system's certificate; nil: those of the system
	Version string         // told as User-Agent
	Log     *slog.Logger   // slog.Default

	pause func(failures int, most time.Duration) time.Duration // pause; for tests
}

// Sender is made by New and lives in Run. Its methods may be called of a nil Sender too, which has
// nobody to tell, and Stats from anywhere.
type Sender struct {
	o         Options
	transport interface {
		http.RoundTripper
		CloseIdleConnections()
	}

	delivered, failed, dropped atomic.Int64
	failing                    atomic.Pointer[time.Time] // since when; nil: it takes what it is sent

	// Run's, as is all below.
	up       bool               // the last round had one that was taken
	failures int                // rounds in a row that had none
	shut     time.Time          // nothing is tried before
	settled  []history.Delivery // what the outbox is not told yet

	warned     map[string]time.Time
	unreported int // failures since the last warning
}

// New makes a Sender, or returns nil for no URL.
func New(o Options) *Sender {
	if o.URL == "" {
		return nil
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.pause == nil {
		o.pause = pause
	}
	return &Sender{
		o: o, warned: map[string]time.Time{},
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: o.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// Run delivers until ctx ends. What is not delivered then stays in the outbox. It returns nil.
func (s *Sender) Run(ctx context.Context) error {
	if s == nil {
		return nil
	}
	defer s.transport.CloseIdleConnections()
	for {
		wait := s.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var due <-chan time.Time // none: nothing waits
		if wait >= 0 {
			due = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.o.Outbox.Posted():
		case <-due:
		}
	}
}

// round delivers what is due and returns how long there is nothing to do; negative: for ever.
func (s *Sender) round(ctx context.Context) time.Duration {
	now := time.Now()
	if wait := s.shut.Sub(now); wait > 0 {
		return wait
	}
	if err := s.settle(ctx); err != nil {
		return s.rest(now, err)
	}
	limit := 1
	if s.up {
		limit = atOnce
	}
	list, next, err := s.o.Outbox.Due(ctx, now, now.Add(longest), limit)
	switch {
	case ctx.Err() != nil:
		return -1
	case err != nil:
		return s.rest(now, err)
	case len(list) > 0:
		s.deliver(ctx, list)
		return 0
	case next.IsZero():
		return -1
	}
	return max(0, next.Sub(now))
}

// settle tells the outbox what has become of deliveries. While it cannot be told, nothing is sent,
// for the same would be sent again.
func (s *Sender) settle(ctx context.Context) error {
	if len(s.settled) == 0 {
		return nil
	}
	err := s.o.Outbox.Settle(context.WithoutCancel(ctx), s.settled)
	if err == nil {
		s.settled = nil
	}
	return err
}

// rest leaves an outbox alone that is out of order, and returns for how long.
func (s *Sender) rest(now time.Time, err error) time.Duration {
	if until := now.Add(again); until.After(s.shut) {
		s.shut = until
	}
	s.warn(now, "the webhook's outbox is out of order, so nothing is delivered", "err", err)
	return again
}

// deliver tries each of list once, all at the same time, and settles what became of them. What is
// on its way when ctx ends has a little time left.
func (s *Sender) deliver(ctx context.Context, list []history.Delivery) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(farewell):
			cancel()
		case <-sending.Done():
		}
	})()
	results := make([]result, len(list))
	var tries sync.WaitGroup
	for i := range list {
		tries.Go(func() { results[i] = s.try(sending, &list[i]) })
	}
	tries.Wait()
	now := time.Now()
	taken, failed, wait := 0, 0, time.Duration(0)
	for i, d := range list {
		switch r := results[i]; {
		case r.err == nil:
			taken++
			d.Due = time.Time{}
		case sending.Err() != nil:
			continue // cut by us: it does not count
		default:
			failed++
			wait = max(wait, r.wait)
			s.fails(&d, now, r)
		}
		s.settled = append(s.settled, d)
	}
	s.delivered.Add(int64(taken))
	s.failed.Add(int64(failed))
	err := s.settle(ctx)
	if s.judge(now, taken, failed, wait); err == nil && s.failures > 0 && s.failures%patience == 0 {
		err = s.expire(ctx, now)
	}
	if err != nil {
		s.rest(now, err)
	}
}

// fails says when a delivery that has failed is tried again; never when it is old. That it failed
// when nothing else was taken either is not held against it.
func (s *Sender) fails(d *history.Delivery, now time.Time, r result) {
	if s.up {
		d.Tries++
	}
	d.Due = now.Add(max(r.wait, s.o.pause(d.Tries, longest)))
	s.unreported++
	if s.warn(now, "the webhook does not take deliveries", "failures", s.unreported, "message", d.Message, "tries", d.Tries, "err", r.err) {
		s.unreported = 0
	}
	if now.Sub(d.Created) > giveUp && d.Tries >= fewest {
		d.Due = time.Time{}
		s.warn(now, "a delivery is given up, which the webhook has not taken for three days", "message", d.Message, "given_up", s.dropped.Add(1), "err", r.err)
	}
}

// judge sees from a round whether the other system is there, and until when it is left alone.
func (s *Sender) judge(now time.Time, taken, failed int, wait time.Duration) {
	switch {
	case taken > 0:
		if since := s.failing.Swap(nil); since != nil && now.Sub(*since) >= probing {
			s.o.Log.Info("the webhook takes deliveries again", "after", now.Sub(*since).Round(time.Second))
		}
		s.up, s.failures = true, 0
	case failed > 0:
		if s.failures == 0 {
			s.failing.Store(&now)
		}
		s.up = false
		s.failures++
		wait = max(wait, s.o.pause(s.failures, probing))
		s.transport.CloseIdleConnections() // they may lead to where nobody answers any more
	}
	s.shut = now.Add(wait)
}

// expire gives up what is old, when nothing was taken for long enough.
func (s *Sender) expire(ctx context.Context, now time.Time) error {
	gone, err := s.o.Outbox.Expire(context.WithoutCancel(ctx), now.Add(-giveUp))
	if gone > 0 {
		s.dropped.Add(gone)
		s.o.Log.Error("the webhook has taken nothing for three days: what is older is given up", "deliveries", gone)
	}
	return err
}

// warn logs a text, every ten minutes at most, and says whether it did.
func (s *Sender) warn(now time.Time, text string, more ...any) bool {
	if last, is := s.warned[text]; is && now.Sub(last) < warnEvery {
		return false
	}
	s.warned[text] = now
	s.o.Log.Warn(text, more...)
	return true
}

// pause is how long to wait after some failures in a row: doubled each time, and a random part
// shorter, so that those which failed together do not come back together.
func pause(failures int, most time.Duration) time.Duration {
	d := min(firstTry<<min(max(0, failures-1), 20), most)
	return d - rand.N(d/2) //nolint:gosec // nobody gains by guessing it
}

// Stats are counted since New.
type Stats struct {
	Delivered, Failed int64     // tries
	Dropped           int64     // deliveries that were given up
	Failing           time.Time // since when nothing is taken; zero: it is
}

// Stats is for metrics and the configurator.
func (s *Sender) Stats() Stats {
	if s == nil {
		return Stats{}
	}
	st := Stats{Delivered: s.delivered.Load(), Failed: s.failed.Load(), Dropped: s.dropped.Load()}
	if since := s.failing.Load(); since != nil {
		st.Failing = *since
	}
	return st
}
