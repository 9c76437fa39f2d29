package transport

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// seldom is the level of a warning that strangers can cause as often as they like: a
// few are enough to find a wrong setting, and more would fill the log.
type seldom struct{ last atomic.Int64 }

func (s *seldom) level() slog.Level {
	now, last := time.Now().Unix(), s.last.Load()
	if now-last < 10 || !s.last.CompareAndSwap(last, now) {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
