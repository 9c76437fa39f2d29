package admin

import (
	"net/netip"
	"sync"
	"time"
)

// limiter lets so many things happen within an hour, for each key. Safe for concurrent use.
type limiter struct {
	most int

	mu sync.Mutex
	at map[string][]time.Time // none older than an hour
}

// limiterKeys bounds what a limiter remembers; with more, one is forgotten.
const limiterKeys = 4096

func newLimiter(most int) *limiter { return &limiter{most: most, at: map[string][]time.Time{}} }

// full tells whether the hour's measure of a key is used up.
func (l *limiter) full(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.recent(key, now)) >= l.most
}

// take uses one of a key's measure, and tells whether there was one left.
func (l *limiter) take(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := l.recent(key, now)
	if len(times) >= l.most {
		return false
	}
	if _, known := l.at[key]; !known && len(l.at) >= limiterKeys {
		for other := range l.at {
			delete(l.at, other)
			break
		}
	}
	l.at[key] = append(times, now)
	return true
}

func (l *limiter) recent(key string, now time.Time) []time.Time {
	times := l.at[key]
	for len(times) > 0 && now.Sub(times[0]) >= time.Hour {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(l.at, key)
	}
	return times
}

// network is what counts as one address: of IPv6 everybody has 2^64.
func network(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
