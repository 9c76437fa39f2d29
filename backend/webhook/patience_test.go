package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

// box is an Outbox without a disk.
type box struct {
	mu     sync.Mutex
	list   []history.Delivery
	posted chan struct{}
	err    error
}

func (b *box) Posted() <-chan struct{} { return b.posted }

// put puts a delivery into it, which is named by what it is of.
func (b *box) put(of string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, history.Delivery{ID: int64(len(b.list)), Message: of, Created: time.Now(), Due: time.Now()})
	select {
	case b.posted <- struct{}{}:
	default:
	}
}

func (b *box) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list)
}

func (b *box) breaks(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *box) Due(_ context.Context, now, latest time.Time, limit int) (list []history.Delivery, next time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.list, func(x, y history.Delivery) int {
		return cmp.Or(cmp.Compare(min(x.Tries, 1), min(y.Tries, 1)), x.Due.Compare(y.Due))
	})
	for _, d := range b.list {
		switch is := d.Tries == 0 || !d.Due.After(now) || d.Due.After(latest); {
		case is && len(list) < limit:
			list = append(list, d)
		case !is && next.IsZero():
			next = d.Due
		}
	}
	return list, next, b.err
}

func (b *box) Settle(_ context.Context, list []history.Delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	for _, d := range list {
		if i := slices.IndexFunc(b.list, func(o history.Delivery) bool { return o.Message == d.Message }); !d.Due.IsZero() {
			b.list[i] = d
		} else {
			b.list = slices.Delete(b.list, i, i+1)
		}
	}
	return nil
}

func (b *box) Expire(_ context.Context, before time.Time) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.list)
	b.list = slices.DeleteFunc(b.list, func(d history.Delivery) bool { return d.Created.Before(before) })
	return int64(n - len(b.list)), b.err
}

// far is another system that answers each message by a status; 0: nobody is there.
type far struct {
	mu     sync.Mutex
	status func(message string) int
	header http.Header
	tries  map[string][]time.Time
	all    []time.Time
	busy   atomic.Int64 // requests now
	most   atomic.Int64
}

func (f *far) CloseIdleConnections() {}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := f.busy.Add(1); ; {
		if most := f.most.Load(); n <= most || f.most.CompareAndSwap(most, n) {
			break
		}
	}
	defer f.busy.Add(-1)
	<-time.After(50 * time.Millisecond) // the way there
	f.mu.Lock()
	defer f.mu.Unlock()
	of := r.Header.Get("Webhook-Id")
	f.tries[of] = append(f.tries[of], time.Now())
	f.all = append(f.all, time.Now())
	status := f.status(of)
	if status == 0 {
		return nil, errors.New("nobody there")
	}
	return &http.Response{StatusCode: status, Header: f.header, Body: http.NoBody}, nil
}

func (f *far) answers(status int, header http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.header = func(string) int { return status }, header
}

func (f *far) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

// seen are the times of all requests, and of those of each message.
func (f *far) seen() (all []time.Time, tries map[string][]time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.all), maps.Clone(f.tries)
}

// during runs f while a Sender delivers from b to the far system, in a time of its own.
func during(t *testing.T, f func(b *box, s *Sender, other *far, log *journal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, log := &box{posted: make(chan struct{}, 1)}, new(journal)
		s := New(Options{Outbox: b, URL: "https://crm.example/", Log: slog.New(slog.NewTextHandler(log, nil))})
		other := &far{tries: map[string][]time.Time{}}
		other.answers(204, nil)
		s.transport = other
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- s.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		}()
		f(b, s, other, log)
	})
}

// TestBackAgain: while nobody is there, he is asked for with one request at a time; when he is
// back, all that waits is told within a minute or so.
func TestBackAgain(t *testing.T) {
	during(t, func(b *box, s *Sender, other *far, log *journal) {
		b.put("first")
		<-time.After(time.Second)
		other.answers(0, nil)
		for i := range 500 {
			b.put(fmt.Sprint(i))
			<-time.After(time.Minute)
		}
		if n := other.count(); n < 400 || n > 1100 || other.most.Load() > 2 {
			t.Errorf("%d requests in 500 minutes, %d at once", n, other.most.Load())
		}
		if st := s.Stats(); st.Failing.IsZero() || time.Since(st.Failing) < 8*time.Hour || b.left() != 500 {
			t.Errorf("%+v, %d left", st, b.left())
		}
		if n := strings.Count(log.String(), "does not take"); n < 40 || n > 55 {
			t.Errorf("%d warnings in 500 minutes", n)
		}
		other.answers(204, nil)
		<-time.After(probing + 5*time.Second)
		if st := s.Stats(); b.left() != 0 || st.Delivered != 501 || !st.Failing.IsZero() || other.most.Load() != atOnce || !strings.Contains(log.String(), "again") {
			t.Errorf("%d left, %+v, %d at once", b.left(), st, other.most.Load())
		}
	})
}

// TestOneRefused: one that is never taken holds nothing up, and is tried less and less often, until
// it is given up.
func TestOneRefused(t *testing.T) {
	for _, status := range []int{400, 429, 500} {
		during(t, func(b *box, s *Sender, other *far, log *journal) {
			other.status = func(message string) int {
				if message == "bad" {
					return status
				}
				return 200
			}
			b.put("bad")
			const each = time.Minute
			for i := range int(giveUp / each) {
				b.put(fmt.Sprint(i))
				<-time.After(each)
			}
			<-time.After(2 * longest)
			_, all := other.seen()
			for of, tries := range all {
				if of != "bad" && len(tries) > 1 {
					t.Fatalf("%s is told %d times", of, len(tries))
				}
			}
			tries := all["bad"]
			if len(tries) < 75 || len(tries) > 250 || b.left() != 0 || s.Stats().Dropped != 1 || !strings.Contains(log.String(), "given_up=1") {
				t.Errorf("%d tries, %d left, %+v", len(tries), b.left(), s.Stats())
			}
			if last := tries[len(tries)-1].Sub(tries[0]); last < giveUp || last > giveUp+2*longest {
				t.Errorf("given up after %v", last)
			}
		})
	}
}

// TestManyRefused: where most are never taken, the others arrive within some minutes.
func TestManyRefused(t *testing.T) {
	during(t, func(b *box, _ *Sender, other *far, _ *journal) {
		other.status = func(message string) int {
			if strings.HasPrefix(message, "bad") {
				return 500
			}
			return 200
		}
		put := map[string]time.Time{}
		for i := range 120 {
			good := fmt.Sprint(i)
			for j := range 3 {
				b.put(fmt.Sprintf("bad %d %d", i, j))
			}
			put[good] = time.Now()
			b.put(good)
			<-time.After(30 * time.Second)
		}
		<-time.After(10 * time.Minute)
		_, all := other.seen()
		for good, at := range put {
			if tries := all[good]; len(tries) != 1 || tries[0].Sub(at) > 10*time.Minute {
				t.Fatalf("%s, put at %v, came %v", good, at, tries)
			}
		}
		if n := other.count(); n > 120*3*20 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestGivenUp: while nothing is taken, it is tried once a minute, and given up after three days.
func TestGivenUp(t *testing.T) {
	during(t, func(b *box, s *Sender, other *far, log *journal) {
		other.answers(0, nil)
		for i := range 20 {
			b.put(fmt.Sprint(i))
		}
		<-time.After(giveUp - time.Minute)
		if b.left() != 20 {
			t.Fatalf("%d left", b.left())
		}
		all, each := other.seen()
		for i, d := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, probing, probing} {
			if got := all[i+1].Sub(all[i]) - 50*time.Millisecond; got > d || got <= d/2 {
				t.Errorf("pause %d: %v", i, got)
			}
		}
		for of, tries := range each {
			if len(tries) < 200 {
				t.Errorf("%s has had %d tries of %d", of, len(tries), len(all))
			}
		}
		<-time.After(2 * time.Hour)
		if st := s.Stats(); st.Dropped != 20 || b.left() != 0 || !strings.Contains(log.String(), "deliveries=20") {
			t.Errorf("%+v, %d left", st, b.left())
		}
		n := other.count()
		<-time.After(24 * time.Hour)
		if other.count() != n {
			t.Errorf("%d requests for nothing", other.count()-n)
		}
	})
}

// TestOldIsTriedAgain: what has waited for long since we were down is not given up at once.
func TestOldIsTriedAgain(t *testing.T) {
	during(t, func(b *box, s *Sender, other *far, _ *journal) {
		other.answers(503, nil)
		b.mu.Lock()
		for i := range 100 {
			b.list = append(b.list, history.Delivery{Message: fmt.Sprint(i), Created: time.Now().Add(-10 * giveUp), Due: time.Now().Add(-10 * giveUp)})
		}
		b.mu.Unlock()
		b.put("new")
		<-time.After(25 * time.Minute)
		other.answers(200, nil)
		<-time.After(2 * time.Minute)
		if st := s.Stats(); st.Delivered != 101 || st.Dropped != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestAsked: who is asked to wait waits, an hour at most.
func TestAsked(t *testing.T) {
	const date = "Sun, 01 Mar 2026 12:00:00 GMT" // by their clock
	for _, c := range []struct {
		status int
		header http.Header
		want   time.Duration
		least  time.Duration // where a part of it is random
	}{
		{429, http.Header{"Retry-After": {"120"}}, 2 * time.Minute, 0},
		{503, http.Header{"Retry-After": {"1800"}}, 30 * time.Minute, 0},
		{503, http.Header{"Retry-After": {"Sun, 01 Mar 2026 12:10:00 GMT"}, "Date": {date}}, 10 * time.Minute, 0},
		{429, http.Header{"Retry-After": {"Sun, 01 Mar 2099 12:00:00 GMT"}}, longest, 0},
		{429, http.Header{"Retry-After": {"4000000000"}}, longest, 0},
		{429, http.Header{"Retry-After": {"99999999999999999999"}}, firstTry, 0},
		{429, nil, firstTry, 0},
		{429, http.Header{"Retry-After": {"-5"}}, firstTry, 0},
		{503, http.Header{"Retry-After": {"Sun, 01 Mar 2026 11:00:00 GMT"}, "Date": {date}}, firstTry, firstTry / 2},
		{503, http.Header{"Retry-After": {"soon"}}, firstTry, firstTry / 2},
		{500, http.Header{"Retry-After": {"1800"}}, firstTry, firstTry / 2},
	} {
		during(t, func(b *box, s *Sender, other *far, _ *journal) {
			b.put("first")
			<-time.After(time.Second)
			other.answers(c.status, c.header)
			b.put("x")
			<-time.After(time.Second)
			other.answers(200, nil)
			b.put("y") // what comes meanwhile waits too
			<-time.After(2 * longest)
			all, each := other.seen()
			got := all[2].Sub(each["x"][0]) - 50*time.Millisecond
			if got > c.want || got < c.want && c.least == 0 || got < c.least || len(each["x"]) != 2 || s.Stats().Delivered != 3 {
				t.Errorf("%d %v: it waits %v; %v", c.status, c.header, got, each)
			}
		})
	}
}

func FuzzAsked(f *testing.F) {
	f.Add("120", "")
	f.Add("Sun, 01 Mar 2026 12:10:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, after, date string) {
		for _, status := range []int{200, 429, 500, 503} {
			r := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {after}, "Date": {date}}}
			wait := asked(r, time.Unix(0, 0))
			if wait < 0 || wait > longest || status == 429 && wait == 0 || wait > 0 && status%100 != 29 && status != 503 {
				t.Errorf("%d %q %q: %v", status, after, date, wait)
			}
		}
	})
}

// TestRateOfThem: of too many at once, some are taken: the others come when they are wanted, and
// are not held back for longer each time.
func TestRateOfThem(t *testing.T) {
	during(t, func(b *box, s *Sender, other *far, _ *journal) {
		minute, taken := time.Now(), 0
		other.header = http.Header{"Retry-After": {"60"}}
		other.status = func(string) int { // ten a minute
			if time.Since(minute) >= time.Minute {
				minute, taken = time.Now(), 0
			}
			if taken++; taken > 10 {
				return 429
			}
			return 200
		}
		for i := range 300 {
			b.put(fmt.Sprint(i))
		}
		<-time.After(32 * time.Minute)
		if st := s.Stats(); b.left() != 0 || st.Failed > 32*atOnce {
			t.Errorf("%d left, %+v", b.left(), st)
		}
	})
}

// TestOutboxOutOfOrder: while the outbox cannot be used nothing is sent, and nothing twice.
func TestOutboxOutOfOrder(t *testing.T) {
	during(t, func(b *box, _ *Sender, other *far, log *journal) {
		b.breaks(errors.New("disk full"))
		b.put("a")
		<-time.After(9*again + time.Second)
		if other.count() != 0 || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%d requests, logged: %s", other.count(), log)
		}
		b.breaks(nil)
		<-time.After(again)
		if other.count() != 1 || b.left() != 0 {
			t.Errorf("%d requests, %d left", other.count(), b.left())
		}
		b.put("b")
		<-time.After(10 * time.Millisecond) // it is on its way
		b.breaks(errors.New("disk full"))
		b.put("c")
		<-time.After(10 * again)
		b.breaks(nil)
		<-time.After(2 * again)
		if _, each := other.seen(); len(each["b"]) != 1 || len(each["c"]) != 1 || b.left() != 0 {
			t.Errorf("%v, %d left", each, b.left())
		}
	})
}
