package history

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// What SQLite answers (sqlite.org/rescode.html) when the same may work later: the disk is full or
// fails, there is no memory, or another process holds the database. Anything else is said of what
// was to be written, or of a table that is broken, and trying again does not help.
var passingCodes = []int{
	5,  // BUSY
	6,  // LOCKED
	7,  // NOMEM
	8,  // READONLY
	9,  // INTERRUPT
	10, // IOERR
	13, // FULL
	14, // CANTOPEN
	15, // PROTOCOL
}

// passing tells whether an error of the database may pass.
func passing(err error) bool {
	var said interface{ Code() int }
	if errors.As(err, &said) {
		return slices.Contains(passingCodes, said.Code()&0xff) // above it is the kind of the kind
	}
	return slices.ContainsFunc([]error{driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, context.Canceled, context.DeadlineExceeded}, func(other error) bool {
		return errors.Is(err, other)
	})
}

// refuse tells of what is dropped. SQLite's text names columns and rules, no values. The writer calls it.
func (h *History) refuse(text, operator string, channel pbx.ChannelID, err error) {
	h.refused.Add(1)
	h.warn(text, "operator", operator, "channel", string(channel), "refused", h.refused.Load(), "err", err)
}

// stuck tells, once, that nothing can be written. The writer calls it.
func (h *History) stuck(err error) {
	if h.failing.Swap(true) {
		return
	}
	h.since = time.Now()
	h.o.Log.Error("calls that are over cannot be written to the history; they wait in memory, as many as find room", "err", err, "room", backlog)
}

// works tells, once, that it can again. The writer calls it.
func (h *History) works() {
	if h.failing.Swap(false) {
		h.o.Log.Info("calls that are over are written to the history again", "after", time.Since(h.since).Round(time.Second), "waiting", len(h.queue), "lost", h.lost.Load())
	}
}
