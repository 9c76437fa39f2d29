package config

import (
	"sync/atomic"
)

// Live is the configuration in use. The zero value has none yet; safe for
// concurrent use.
type Live struct {
	now atomic.Pointer[inUse]
}

type inUse struct {
	snapshot   *Snapshot
	superseded chan struct{}
}

// Now is the snapshot in use; nil before the first.
func (l *Live) Now() *Snapshot { return l.load().snapshot }

// Changed returns a channel that is closed when a snapshot takes the place of the
// present one, or of none. Take it before Now, and no change is missed:
//
//	for {
//		changed := live.Changed()
//		apply(live.Now())
//		<-changed
//	}
func (l *Live) Changed() <-chan struct{} { return l.load().superseded }

// Set puts a valid snapshot in use.
func (l *Live) Set(s *Snapshot) {
	l.load()
	close(l.now.Swap(&inUse{s, make(chan struct{})}).superseded)
}

func (l *Live) load() *inUse {
	for {
		if now := l.now.Load(); now != nil {
			return now
		}
		l.now.CompareAndSwap(nil, &inUse{superseded: make(chan struct{})})
	}
}
