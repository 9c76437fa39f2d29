package password

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrWrong says that the name, the password or both are wrong, or the operator is
	// disabled. Which of them, nobody outside is told.
	ErrWrong = errors.New("wrong name or password")
	// ErrBusy says that there are too many sign-ins at this moment; the same try may
	// succeed later.
	ErrBusy = errors.New("too many sign-ins at once, try again")
)

// Throttled says that too many passwords were wrong; it says so for names that do
// not exist as well.
type Throttled struct {
	RetryAfter time.Duration // above 0; at most a minute
}

func (e *Throttled) Error() string {
	return fmt.Sprintf("too many wrong passwords, try again in %s", e.RetryAfter.Round(time.Second))
}

// Options of a Gate; zero values take the defaults.
type Options struct {
	Parallel  int           // hashes at once; GOMAXPROCS. Each takes 19 MiB and a processor for 25 ms
	Waiting   int           // tries that wait for a hash at most; 2048
	Wait      time.Duration // the longest one waits; 30 s: 2,000 sign-ins after a restart on two processors
	CacheSize int           // right passwords remembered; 16384
	CacheTTL  time.Duration // and for how long; 12 h
	Log       *slog.Logger  // slog.Default
}

// Gate checks passwords: few at a time, guessers later, and those it has just seen
// to be right without hashing again. Safe for concurrent use.
type Gate struct {
	opts     Options
	verify   func(verifier, secret string) bool
	made     func(verifier string) bool
	slots    chan struct{}
	waiting  atomic.Int64
	throttle *throttle
	who      string   // whose passwords, for the log
	cacheKey [32]byte // of this process alone

	mu    sync.Mutex
	cache *recent[[sha256.Size]byte, struct{}]

	right, cached, wrong, busy, throttled atomic.Uint64
}

// NewGate makes a gate for the verifiers of one pepper.
func NewGate(p *Pepper, opts Options) *Gate {
	g := newGate(opts)
	g.verify, g.made = p.verify, p.Made
	return g
}

func newGate(opts Options) *Gate {
	opts.Parallel = orDefault(opts.Parallel, runtime.GOMAXPROCS(0))
	opts.Waiting = orDefault(opts.Waiting, 2048)
	opts.Wait = orDefault(opts.Wait, 30*time.Second)
	opts.CacheSize = orDefault(opts.CacheSize, 16384)
	opts.CacheTTL = orDefault(opts.CacheTTL, 12*time.Hour)
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	g := &Gate{
		opts:     opts,
		slots:    make(chan struct{}, opts.Parallel),
		throttle: newThrottle(),
		who:      "operator",
		cache:    newRecent[[sha256.Size]byte, struct{}](opts.CacheSize, opts.CacheTTL),
	}
	_, _ = rand.Read(g.cacheKey[:]) // never fails (Go 1.24)
	return g
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Check tells whether md5hex is the MD5 of the operator's password: nil, ErrWrong,
// ErrBusy, *Throttled, ErrMD5Hex, or ctx's error. The caller looks the operator up
// and passes the verifier in use, or "" for one who is unknown or disabled: the
// answer and the time it takes are then those of a wrong password. It blocks while
// others are hashed; a caller's own time limit for signing in should not run
// meanwhile.
func (g *Gate) Check(ctx context.Context, user, verifier, md5hex string, from netip.Addr) error {
	md5hex, err := ParseMD5Hex(md5hex)
	if err != nil {
		return err
	}
	return g.check(ctx, user, verifier, md5hex, from)
}

// check is Check of what is hashed: an MD5, or the password of a manager.
func (g *Gate) check(ctx context.Context, user, verifier, secret string, from netip.Addr) error {
	o := origin{strings.ToLower(user[:min(len(user), 128)]), network(from)}
	// Before the cache: what it knows must not be guessed any faster.
	if wait := g.throttle.admit(o); wait > 0 {
		g.throttled.Add(1)
		return &Throttled{RetryAfter: wait}
	}
	key := g.key(o.user, verifier, secret)
	if g.remembers(key) {
		g.cached.Add(1)
		g.throttle.right(o)
		return nil
	}
	if err := g.enter(ctx); err != nil {
		g.throttle.undo(o)
		return err
	}
	ok := g.verify(verifier, secret)
	<-g.slots
	if !ok {
		g.wrong.Add(1)
		g.throttle.wrong(o)
		g.logWrong(o.user, verifier, from)
		if verifier != "" && !g.made(verifier) {
			g.opts.Log.Warn("a password was made with another pepper file and cannot be checked: bring that file back or set the password anew", g.who, o.user)
		}
		return ErrWrong
	}
	g.right.Add(1)
	g.throttle.right(o)
	g.remember(key)
	return nil
}

// logWrong names accounts only: what somebody typed who is none may be a password,
// in the wrong field.
func (g *Gate) logWrong(user, verifier string, from netip.Addr) {
	if verifier == "" {
		g.opts.Log.Info("sign-in refused: unknown or disabled "+g.who, "from", from)
		return
	}
	g.opts.Log.Info("sign-in refused: wrong password", g.who, user, "from", from)
}

// enter takes a slot, after a bounded wait among a bounded number of others.
func (g *Gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(g.opts.Waiting) {
		g.busy.Add(1)
		return ErrBusy
	}
	timer := time.NewTimer(g.opts.Wait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-timer.C:
		g.busy.Add(1)
		return ErrBusy
	case <-ctx.Done():
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
}

// key covers the verifier, so that a changed password or a disabled operator is
// forgotten by itself. Neither user nor verifier holds a NUL.
func (g *Gate) key(user, verifier, secret string) (key [sha256.Size]byte) {
	mac := hmac.New(sha256.New, g.cacheKey[:])
	mac.Write([]byte(user + "\x00" + verifier + "\x00" + secret))
	mac.Sum(key[:0])
	return key
}

func (g *Gate) remembers(key [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.cache.get(key, time.Now())
	return ok
}

func (g *Gate) remember(key [sha256.Size]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cache.put(key, struct{}{}, time.Now())
}

// Stats are counters since the start, for metrics.
type Stats struct {
	Right, Cached, Wrong, Busy, Throttled uint64
	Waiting                               int64 // now
}

// Stats may be called at any time.
func (g *Gate) Stats() Stats {
	return Stats{
		Right: g.right.Load(), Cached: g.cached.Load(), Wrong: g.wrong.Load(),
		Busy: g.busy.Load(), Throttled: g.throttled.Load(), Waiting: g.waiting.Load(),
	}
}
