package asterisk

import (
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Status is how a Link fares. Counters count since it was made.
type Status struct {
	State   pbx.LinkState
	Err     error     // why it is down; nil before the first try and while it is up
	Version string    // of the manager interface, as greeted; "" before
	Since   time.Time // of State

	Guarded  bool   // Asterisk itself leaves out events that somebody's text has forged
	Logins   uint64 // how often the link stood
	Messages uint64 // received
	Events   uint64 // handed over
	Batches  uint64 // handed over
	Overruns uint64 // links dropped because batches were not taken in time
	Forged   uint64 // messages not believed
}

// Reason is Err in words; "" without one.
func (s Status) Reason() string {
	if s.Err == nil {
		return ""
	}
	return s.Err.Error()
}

type counters struct {
	logins, messages, events, batches, overruns, forged atomic.Uint64
	guarded                                             atomic.Bool
}

// linkState is the part of Status that changes as a whole.
type linkState struct {
	state   pbx.LinkState
	version string
	err     error
	since   time.Time
}

func (l *Link) become(s pbx.LinkState, version string, err error) {
	l.state.Store(&linkState{s, version, err, time.Now()})
}

// Status is the link's state now. Any goroutine may call it.
func (l *Link) Status() Status {
	s := l.state.Load()
	return Status{
		State: s.state, Err: s.err, Version: s.version, Since: s.since,
		Guarded:  l.n.guarded.Load(),
		Logins:   l.n.logins.Load(),
		Messages: l.n.messages.Load(),
		Events:   l.n.events.Load(),
		Batches:  l.n.batches.Load(),
		Overruns: l.n.overruns.Load(),
		Forged:   l.n.forged.Load(),
	}
}
