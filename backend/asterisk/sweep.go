package asterisk

import (
	"math/rand/v2"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// sweep asks which channels there are, for as long as the session stands: whose Hangup was
// lost must not live for ever (row B1). It asks for the members of queues too: those of a
// queue that queues.conf has no more, or of an app_queue that was unloaded, leave without
// an event. It is asked and answered like a Status and a QueueStatus of the resync, in its
// place among the events and behind the same guard, in all versions. It is c's own goroutine
// that looks whether it is time, with each answer to a ping; so it never meets a resync,
// which each session has once, at its beginning.
func (c *conn) sweep(m *ami.Message) error {
	if c.due.IsZero() || m.Event() != nil || time.Now().Before(c.due) {
		return nil
	}
	c.sweepLater()
	if !c.barred {
		c.sync.todo = append(c.sync.todo, step{action: ami.GetStatus(), kind: askSweep})
	}
	c.sync.todo = append(c.sync.todo, step{action: ami.QueueStatus(""), kind: askMembers})
	return c.sync.next()
}

func (c *conn) sweepLater() {
	c.due = time.Now().Add(c.l.opt.Sweep + rand.N(c.l.opt.Sweep/10+1)) //nolint:gosec // spreads load, hides nothing
}
