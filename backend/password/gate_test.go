package password

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const hashTime = 25 * time.Millisecond // of the pretended hash, on the test's clock

var (
	home  = netip.MustParseAddr("192.0.2.1")
	right = MD5Hex("right")
	wrong = MD5Hex("wrong")
)

// pass lets time go by, on the clock of synctest.
func pass(d time.Duration) { <-time.After(d) }

// testGate hashes on the clock of synctest. The verifier of a password is its MD5
// with a prefix.
func testGate(opts Options) (g *Gate, hashing, most *atomic.Int64) {
	opts.Log = slog.New(slog.DiscardHandler)
	g = newGate(opts)
	hashing, most = new(atomic.Int64), new(atomic.Int64)
	g.made = func(string) bool { return true }
	g.verify = func(verifier, md5hex string) bool {
		for n := hashing.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		pass(hashTime)
		hashing.Add(-1)
		return verifier == "v:"+md5hex
	}
	return g, hashing, most
}

func (g *Gate) try(t *testing.T, user, verifier, md5hex string, from netip.Addr) error {
	t.Helper()
	return g.Check(t.Context(), user, verifier, md5hex, from)
}

// retryAfter is the wait that err asks for; 0 for any other error.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Throttled](err); ok {
		return e.RetryAfter
	}
	return 0
}

func TestCheck(t *testing.T) {
	p := testPepper()
	v, err := p.Hash(right)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	g := NewGate(p, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	foreign := strings.Replace(v, p.ID(), "00000000", 1)
	for _, c := range []struct {
		name, verifier, md5hex string
		want                   error
	}{
		{"right", v, right, nil},
		{"right in capitals", v, strings.ToUpper(right), nil},
		{"wrong", v, wrong, ErrWrong},
		{"unknown", "", right, ErrWrong},
		{"another pepper", foreign, right, ErrWrong},
		{"no MD5", v, "right", ErrMD5Hex},
	} {
		if err := g.try(t, "ada", c.verifier, c.md5hex, home); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if s := g.Stats(); s != (Stats{Right: 1, Cached: 1, Wrong: 3}) {
		t.Errorf("stats %+v", s)
	}
	if n := strings.Count(log.String(), "another pepper file"); n != 1 {
		t.Errorf("%d warnings of another pepper:\n%s", n, log.String())
	}
	if !strings.Contains(log.String(), `msg="sign-in refused: wrong password" operator=ada from=192.0.2.1`) {
		t.Errorf("who was refused, and from where, is not in\n%s", log.String())
	}
	if err := g.try(t, "typed-in-the-wrong-field", "", right, home); !errors.Is(err, ErrWrong) {
		t.Error(err)
	}
	for _, secret := range []string{right, v, foreign, "typed-in-the-wrong-field"} {
		if strings.Contains(log.String(), secret) {
			t.Error("a secret in the log")
		}
	}
}

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := testGate(Options{CacheSize: 3})
		v := "v:" + right
		took := func(user, verifier, md5hex string) time.Duration {
			begin := time.Now()
			_ = g.try(t, user, verifier, md5hex, home)
			return time.Since(begin)
		}
		for _, c := range []struct {
			name, user, verifier, md5hex string
			after, want                  time.Duration
		}{
			{"first", "ada", v, right, 0, hashTime},
			{"again", "Ada", v, right, 0, 0},
			{"wrong is never remembered", "ada", v, wrong, 0, hashTime},
			{"nor wrong again", "ada", v, wrong, 0, hashTime},
			{"another operator", "bob", v, right, 0, hashTime},
			{"disabled", "ada", "", right, 0, hashTime},
			{"new password", "ada", "v:" + wrong, right, 0, hashTime},
			{"back", "ada", v, right, 12*time.Hour - time.Minute, 0},
			{"too old", "ada", v, right, 2 * time.Minute, hashTime},
		} {
			pass(c.after)
			if got := took(c.user, c.verifier, c.md5hex); got != c.want {
				t.Errorf("%s: took %v, want %v", c.name, got, c.want)
			}
		}
		for i := range 10 {
			took(fmt.Sprint("op", i), v, right)
		}
		if n := len(g.cache.byKey); n != 3 || n != g.cache.order.Len() {
			t.Errorf("%d remembered, want 3", n)
		}
	})
}

func TestGateBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, most := testGate(Options{Parallel: 2, Waiting: 10, Wait: 4 * hashTime})
		var wg sync.WaitGroup
		var ok, busy atomic.Int64
		for i := range 20 {
			wg.Go(func() {
				switch err := g.try(t, fmt.Sprint("op", i), "v:"+right, right, home); {
				case err == nil:
					ok.Add(1)
				case errors.Is(err, ErrBusy):
					busy.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// Two are hashed at once and ten may wait; of these the last two would have
		// waited longer than four hashes take, or just as long.
		if most.Load() != 2 || ok.Load()+busy.Load() != 20 || ok.Load() < 8 || ok.Load() > 12 {
			t.Errorf("at once %d, ok %d, busy %d", most.Load(), ok.Load(), busy.Load())
		}
		if s := g.Stats(); s.Waiting != 0 || s.Busy != uint64(busy.Load()) {
			t.Errorf("%+v", s)
		}
		// Being busy is no wrong password: all may try again at once.
		for i := range 20 {
			if err := g.try(t, fmt.Sprint("op", i), "v:"+right, right, home); err != nil {
				t.Errorf("op%d: %v", i, err)
			}
		}
	})
}

func TestCheckEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, hashing, _ := testGate(Options{Parallel: 1})
		go func() { _ = g.try(t, "first", "", wrong, home) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), hashTime/2)
		defer cancel()
		for range 2 * freeTries { // gives up each time: not one counts as a wrong password
			if err := g.Check(ctx, "ada", "v:"+right, right, home); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		}
		if err := g.try(t, "ada", "v:"+right, right, home); err != nil || hashing.Load() != 0 {
			t.Errorf("%v, still hashing %d", err, hashing.Load())
		}
	})
}

func TestThrottleAccount(t *testing.T) {
	for name, verifier := range map[string]string{"known": "v:" + right, "unknown": ""} {
		synctest.Test(t, func(t *testing.T) {
			g, _, _ := testGate(Options{})
			for i := range freeTries {
				if err := g.try(t, "ada", verifier, wrong, home); !errors.Is(err, ErrWrong) {
					t.Fatalf("%s: try %d: %v", name, i+1, err)
				}
			}
			for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
				want *= time.Second
				// Even the right password has to wait, or guessing would go on.
				if got := retryAfter(g.try(t, "ada", verifier, right, home)); got != want {
					t.Fatalf("%s: wait %v, want %v", name, got, want)
				}
				pass(want)
				if err := g.try(t, "ada", verifier, wrong, home); !errors.Is(err, ErrWrong) {
					t.Fatalf("%s: after %v: %v", name, want, err)
				}
			}
			// T17: the operator elsewhere signs in meanwhile, and here after the delay.
			elsewhere := netip.MustParseAddr("192.0.2.2")
			if err := g.try(t, "ada", "v:"+right, right, elsewhere); err != nil {
				t.Errorf("%s: elsewhere: %v", name, err)
			}
			pass(lastDelay)
			if err := g.try(t, "ada", "v:"+right, right, home); err != nil {
				t.Errorf("%s: after the last delay: %v", name, err)
			}
			for range freeTries {
				if err := g.try(t, "ada", verifier, wrong, home); !errors.Is(err, ErrWrong) {
					t.Fatalf("%s: not forgiven: %v", name, err)
				}
			}
		})
	}
}

// TestThrottleAtOnce: a thousand guesses sent together are still five.
func TestThrottleAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := testGate(Options{Parallel: 4})
		var wg sync.WaitGroup
		var hashed atomic.Int64
		for range 1000 {
			wg.Go(func() {
				if err := g.try(t, "ada", "v:"+right, wrong, home); errors.Is(err, ErrWrong) {
					hashed.Add(1)
				}
			})
		}
		wg.Wait()
		if hashed.Load() != freeTries {
			t.Errorf("%d guesses, want %d", hashed.Load(), freeTries)
		}
	})
}

func TestThrottleForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := testGate(Options{})
		for range freeTries {
			_ = g.try(t, "ada", "", wrong, home)
		}
		pass(forgetting)
		for i := range freeTries {
			if err := g.try(t, "ada", "", wrong, home); !errors.Is(err, ErrWrong) {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
	})
}

func TestThrottleNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, _ := testGate(Options{})
		v := "v:" + right
		if err := g.try(t, "ada", v, right, home); err != nil {
			t.Fatal(err)
		}
		for i := range netBurst {
			if err := g.try(t, fmt.Sprint("guess", i), "", wrong, home); !errors.Is(err, ErrWrong) {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
		// From now on the network's tries are a second apart, whoever it tries.
		if err := g.try(t, "fresh", "", wrong, home); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
		if wait := retryAfter(g.try(t, "bob", v, right, home)); wait <= 0 || wait > netFirst {
			t.Errorf("bob waits %v, want up to %v", wait, netFirst)
		}
		// Who signed in from there before does not wait.
		if err := g.try(t, "ada", v, right, home); err != nil {
			t.Errorf("ada: %v", err)
		}
		if err := g.try(t, "bob", v, right, netip.MustParseAddr("192.0.2.9")); err != nil {
			t.Errorf("bob elsewhere: %v", err)
		}
		pass(netFirst)
		if err := g.try(t, "eve", v, right, home); err != nil {
			t.Errorf("eve, a second later: %v", err)
		}
		// Guessing on makes it slower, up to a bound, and quiet makes it well again.
		for i := range 200 {
			err := g.try(t, fmt.Sprint("more", i), "", wrong, home)
			if wait := retryAfter(err); wait > netLast {
				t.Fatalf("wait %v, want at most %v", wait, netLast)
			} else if wait > 0 {
				pass(wait)
			}
		}
		pass(netMost / netBurst * netWindow)
		for i := range netBurst {
			if err := g.try(t, fmt.Sprint("later", i), "", wrong, home); !errors.Is(err, ErrWrong) {
				t.Fatalf("not forgotten: %v", err)
			}
		}
	})
}

func TestNetwork(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		if same := network(netip.MustParseAddr(c.a)) == network(netip.MustParseAddr(c.b)); same != c.same {
			t.Errorf("%s and %s: same %v", c.a, c.b, same)
		}
	}
	_ = network(netip.Addr{}) // no address: no crash
}

func TestRecentIsBounded(t *testing.T) {
	r := newRecent[int, int](100, time.Hour)
	now := time.Now()
	for i := range 1000 {
		r.put(i, i, now.Add(time.Duration(i)*time.Second))
	}
	if len(r.byKey) != 100 || r.order.Len() != 100 {
		t.Errorf("%d keys, %d in order", len(r.byKey), r.order.Len())
	}
	if _, ok := r.get(899, now.Add(1000*time.Second)); ok {
		t.Error("the oldest stayed")
	}
	if v, ok := r.get(999, now.Add(1000*time.Second)); !ok || v != 999 {
		t.Error("the newest went")
	}
	r.put(1000, 0, now.Add(3*time.Hour))
	if len(r.byKey) != 1 {
		t.Errorf("%d keys after their time", len(r.byKey))
	}
}

// TestFailuresCostTheSame counts the work instead of timing it: unknown, disabled
// and wrong each hash once, and answer with one and the same error (T15).
func TestFailuresCostTheSame(t *testing.T) {
	p := testPepper()
	v, err := p.Hash(right)
	if err != nil {
		t.Fatal(err)
	}
	g := NewGate(p, Options{Log: slog.New(slog.DiscardHandler)})
	var hashed int
	verify := g.verify
	g.verify = func(verifier, md5hex string) bool { hashed++; return verify(verifier, md5hex) }
	for i, verifier := range []string{v, "", "garbage", strings.Replace(v, p.ID(), "00000000", 1)} {
		if err := g.try(t, fmt.Sprint("op", i), verifier, wrong, home); err != ErrWrong { //nolint:errorlint // the very same
			t.Errorf("%q: %v", verifier, err)
		}
		if hashed != i+1 {
			t.Errorf("%q: hashed %d times", verifier, hashed-i)
		}
	}
}

// BenchmarkFailure shows the time of each kind of failure; they must be alike.
func BenchmarkFailure(b *testing.B) {
	p := testPepper()
	v, _ := p.Hash(right)
	for name, verifier := range map[string]string{"wrong": v, "unknown": "", "other-pepper": strings.Replace(v, p.ID(), "00000000", 1)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p.verify(verifier, wrong) {
					b.Fatal("right")
				}
			}
		})
	}
}

func BenchmarkCached(b *testing.B) {
	g, _, _ := testGate(Options{})
	g.verify = func(string, string) bool { return true }
	for b.Loop() {
		if err := g.Check(b.Context(), "ada", "v:"+right, right, home); err != nil {
			b.Fatal(err)
		}
	}
}
