package password

import (
	"net/netip"
	"sync"
	"time"
)

// What a guesser is held to. Nothing here locks an account for good: that would let
// anyone keep a whole call centre out by guessing badly on purpose (T17).
const (
	freeTries  = 5                // wrong passwords per account and network before waiting begins
	firstDelay = time.Second      // after the fifth; doubles with each further one
	lastDelay  = 60 * time.Second // and stops here
	forgetting = 15 * time.Minute // without a try, all is forgotten

	netBurst  = 20               // wrong passwords of one network, whatever the account,
	netWindow = 10 * time.Minute // in this time, before its tries are spaced
	netFirst  = time.Second      // apart; doubles with every further netBurst
	netLast   = 16 * time.Second // and stops here
	netMost   = 6 * netBurst     // failures remembered: an hour's worth

	goodFor     = 12 * time.Hour // a network that signed an account in stays known to it
	maxAccounts = 65536          // accounts and networks remembered; some 150 bytes each
	maxNets     = 65536
)

// origin is an account and the network a try comes from.
type origin struct {
	user string
	net  netip.Prefix
}

// network is the address itself for IPv4 and its /64 for IPv6, where one host has
// as many addresses as it likes.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // no address at all is a network of its own
	return p
}

type accountTries struct {
	wrong int // in a row; a try under way counts until it is known to be right
	next  time.Time
}

type netTries struct {
	level float64 // wrong passwords, leaking away at netBurst in netWindow
	at    time.Time
	next  time.Time
}

func (n netTries) now(now time.Time) netTries {
	leaked := now.Sub(n.at).Seconds() * netBurst / netWindow.Seconds()
	n.level, n.at = max(0, n.level-leaked), now
	return n
}

// gap is the time from one try to the next.
func (n netTries) gap() time.Duration {
	if n.level < netBurst {
		return 0
	}
	return doubled(netFirst, int(n.level)/netBurst-1, netLast)
}

// throttle remembers wrong passwords. Safe for concurrent use.
type throttle struct {
	mu       sync.Mutex
	accounts *recent[origin, accountTries]
	nets     *recent[netip.Prefix, netTries]
	good     *recent[origin, struct{}]
}

func newThrottle() *throttle {
	return &throttle{
		accounts: newRecent[origin, accountTries](maxAccounts, forgetting),
		nets:     newRecent[netip.Prefix, netTries](maxNets, netMost/netBurst*netWindow),
		good:     newRecent[origin, struct{}](maxAccounts, goodFor),
	}
}

// admit lets a try begin and counts it as wrong until right or undo tells better,
// so that many tries at once are no way around the delays; or it says how long to
// wait. Every admit is followed by one of right, wrong and undo.
func (t *throttle) admit(o origin) (wait time.Duration) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()

	// Agents already at work behind the same address do not pay for a guesser there.
	if _, known := t.good.get(o, now); !known {
		if n, ok := t.nets.get(o.net, now); ok {
			if n = n.now(now); n.level >= netBurst {
				if wait := n.next.Sub(now); wait > 0 {
					return wait
				}
				n.next = now.Add(n.gap())
				t.nets.put(o.net, n, now)
			}
		}
	}
	a, _ := t.accounts.get(o, now)
	if wait := a.next.Sub(now); a.wrong >= freeTries && wait > 0 {
		return wait
	}
	a.wrong++
	a.next = now.Add(delay(a.wrong))
	t.accounts.put(o, a, now)
	return 0
}

// right ends a try: the password was right.
func (t *throttle) right(o origin) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accounts.remove(o)
	t.good.put(o, struct{}{}, time.Now())
}

// wrong ends a try: the password was wrong.
func (t *throttle) wrong(o origin) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	// The delay runs from the answer, not from the beginning of a long wait for it.
	if a, ok := t.accounts.get(o, now); ok {
		a.next = now.Add(delay(a.wrong))
		t.accounts.put(o, a, now)
	}
	n, _ := t.nets.get(o.net, now)
	n = n.now(now)
	n.level = min(n.level+1, netMost)
	n.next = now.Add(n.gap())
	t.nets.put(o.net, n, now)
}

// undo ends a try that came to nothing: no password was looked at.
func (t *throttle) undo(o origin) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if a, ok := t.accounts.get(o, now); ok {
		t.accounts.put(o, accountTries{wrong: max(0, a.wrong-1)}, now)
	}
}

// delay is the pause after that many wrong passwords in a row.
func delay(wrong int) time.Duration {
	if wrong < freeTries {
		return 0
	}
	return doubled(firstDelay, wrong-freeTries, lastDelay)
}

func doubled(first time.Duration, times int, last time.Duration) time.Duration {
	if times >= 30 { // before the shift overflows
		return last
	}
	return min(first<<times, last)
}
