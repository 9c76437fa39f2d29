// Package webhook tells another system what is in the outbox of the history: agents' calls that
// are over, and their notes. Each is a request, signed as the Standard Webhooks have it, and tried
// again until it is taken or three days old. The order is not promised, and one may come twice: its
// id tells. net/http sends, since a request a second needs nothing faster.
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
	atOnce    = 16                 // requests at the same time
	firstTry  = 5 * time.Second    // the pause after the first failure; each is twice the one before
	longest   = time.Hour          // and no longer than this
	giveUp    = 3 * 24 * time.Hour // after it began
	fewest    = 12                 // tries before, whatever the clock says: it may have jumped, or we were down
	again     = time.Minute        // after a failure of the outbox
	farewell  = 3 * time.Second    // for what is on its way when the server ends
	warnEvery = time.Minute
)

// Outbox is what is to be told, as *history.History keeps it.
type Outbox interface {
	Posted() <-chan struct{}
	Due(ctx context.Context, now time.Time, limit int) (list []history.Delivery, next time.Time, err error)
	Settle(ctx context.Context, list []history.Delivery) error
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

	pause func(tries int) time.Duration // pause; for tests
}

// Sender is made by New and lives in Run. Its methods may be called of a nil Sender too, which has
// nobody to tell, and Stats from anywhere.
type Sender struct {
	o      Options
	client *http.Client

	delivered, failed, dropped atomic.Int64

	warned     time.Time // Run's, as is
	unreported int       // failures since then
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
	return &Sender{o: o, client: &http.Client{
		Timeout: o.Timeout,
		// A redirect would take callers' data to who is not configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: o.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
	}}
}

// Run delivers until ctx ends. What is not delivered then stays in the outbox. It returns nil.
func (s *Sender) Run(ctx context.Context) error {
	if s == nil {
		return nil
	}
	defer s.client.CloseIdleConnections()
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
	list, next, err := s.o.Outbox.Due(ctx, now, atOnce)
	switch {
	case err != nil:
		if ctx.Err() != nil {
			return -1
		}
		s.o.Log.Error("the webhook's outbox cannot be read", "err", err)
		return again
	case len(list) > 0:
		if err := s.deliver(ctx, list); err != nil {
			s.o.Log.Error("the webhook's outbox cannot be written, so deliveries come twice", "err", err)
			return again
		}
		return 0
	case next.IsZero():
		return -1
	}
	return max(0, next.Sub(now))
}

// deliver tries each of list once, all at the same time, and settles what became of them. What is
// on its way when ctx ends has a little time left.
func (s *Sender) deliver(ctx context.Context, list []history.Delivery) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(farewell):
			cancel()
		case <-sending.Done():
		}
	})()
	results := make([]error, len(list))
	var tries sync.WaitGroup
	for i := range list {
		tries.Go(func() { results[i] = s.try(sending, &list[i]) })
	}
	tries.Wait()
	now := time.Now()
	settled := list[:0]
	for i, d := range list {
		switch err := results[i]; {
		case err == nil:
			s.delivered.Add(1)
			d.Due = time.Time{}
		case sending.Err() != nil:
			continue // cut by us: it does not count
		default:
			d.Due = s.fails(d, now, err)
		}
		settled = append(settled, d)
	}
	return s.o.Outbox.Settle(context.WithoutCancel(ctx), settled)
}

// fails is when a delivery that has failed is tried again; zero for never.
func (s *Sender) fails(d history.Delivery, now time.Time, err error) (due time.Time) {
	s.failed.Add(1)
	due = now.Add(s.o.pause(d.Tries))
	gone := due.Sub(d.Created) > giveUp && d.Tries+1 >= fewest
	if gone {
		s.dropped.Add(1)
		due = time.Time{}
	}
	if s.unreported++; now.Sub(s.warned) >= warnEvery {
		s.o.Log.Warn("the webhook does not take deliveries", "failures", s.unreported, "message", d.Message, "tries", d.Tries+1, "given_up", gone, "err", err)
		s.warned, s.unreported = now, 0
	}
	return due
}

// pause is how long a delivery waits that has failed tries times before: doubled each time, and a
// random part shorter, so that those which failed together do not come back together.
func pause(tries int) time.Duration {
	d := min(firstTry<<min(tries, 20), longest)
	return d - rand.N(d/2) //nolint:gosec // nobody gains by guessing it
}

// Stats are counted since New.
type Stats struct {
	Delivered, Failed int64 // tries
	Dropped           int64 // deliveries that were given up
}

// Stats is for metrics.
func (s *Sender) Stats() Stats {
	if s == nil {
		return Stats{}
	}
	return Stats{s.delivered.Load(), s.failed.Load(), s.dropped.Load()}
}
