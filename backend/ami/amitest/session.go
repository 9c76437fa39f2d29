package amitest

import (
	"bufio"
	"context"
	"net"
	"regexp"
	"sync"
	"time"
)

// maxPending is how much a client may leave unread before it is cut. Asterisk has
// no such limit but a time-out; its clients are cut as silently.
const maxPending = 64 << 20

// session is one AMI client.
type session struct {
	server *Server
	conn   net.Conn

	// Guarded by the exchange's mu.
	user      *User
	mayRead   classes
	mayWrite  classes
	mask      classes // what it wants to hear
	challenge string
	filters   []filter

	mu      sync.Mutex
	changed *sync.Cond // anything below, or the server's faults
	pending []byte
	spare   []byte
	writing bool
	closing bool // to be closed when all is written
	closed  bool
	corked  bool       // an action is being done: its answer waits until it is
	wire    sync.Mutex // one writer at a time: the session's own or Play
}

// filter is an eventfilter: an event passes when no excluding one matches, and, if
// there are including ones, one of them does.
type filter struct {
	exclude bool
	re      *regexp.Regexp
}

func newSession(s *Server, conn net.Conn) *session {
	n := &session{server: s, conn: conn}
	n.changed = sync.NewCond(&n.mu)
	return n
}

// hear is the exchange telling an event.
func (n *session) hear(class classes, event []byte) {
	if n.mayRead&n.mask&class == 0 || !n.passes(event) {
		return
	}
	n.put(event)
}

func (n *session) passes(event []byte) bool {
	including, matched := false, false
	for _, f := range n.filters {
		hit := f.re.Match(event)
		if f.exclude && hit {
			return false
		}
		if !f.exclude {
			including = true
			matched = matched || hit
		}
	}
	return !including || matched
}

// put queues bytes for the client.
func (n *session) put(b []byte) {
	n.mu.Lock()
	if !n.closed && !n.closing {
		n.pending = append(n.pending, b...)
		if len(n.pending) > maxPending {
			n.server.log.Warn("client does not read", "client", n.conn.RemoteAddr().String())
			n.shut()
		}
	}
	n.changed.Broadcast()
	n.mu.Unlock()
}

// finish closes the connection when all that is queued has been written.
func (n *session) finish() {
	n.mu.Lock()
	n.closing = true
	n.changed.Broadcast()
	n.mu.Unlock()
}

// close cuts the connection at once.
func (n *session) close() {
	n.mu.Lock()
	n.shut()
	n.changed.Broadcast()
	n.mu.Unlock()
}

// shut is close with mu held.
func (n *session) shut() {
	if !n.closed {
		n.closed = true
		_ = n.conn.Close()
	}
}

// write writes what is queued, until the session closes.
func (n *session) write() {
	defer n.close()
	for {
		b, ok := n.take()
		if !ok {
			return
		}
		n.wire.Lock()
		err := n.send(context.Background(), b)
		n.wire.Unlock()
		n.mu.Lock()
		n.writing = false
		n.spare = b
		n.changed.Broadcast()
		n.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take waits for bytes to write; false when there will be none.
func (n *session) take() ([]byte, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		switch {
		case n.closed, n.closing && len(n.pending) == 0:
			return nil, false
		case len(n.pending) > 0 && !n.corked && !n.server.faults.Load().Mute:
			b := n.pending
			n.pending, n.spare = n.spare[:0], nil
			n.writing = true
			return b, true
		}
		n.changed.Wait()
	}
}

// send writes bytes as the faults of the day want it. wire is held.
func (n *session) send(ctx context.Context, b []byte) error {
	f := n.server.faults.Load()
	step := len(b)
	if f.Drip {
		step = 1
	}
	for len(b) > 0 {
		if _, err := n.conn.Write(b[:min(step, len(b))]); err != nil {
			return err
		}
		b = b[min(step, len(b)):]
		if f.DripPause > 0 {
			if err := n.pause(ctx, f.DripPause); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause waits for d of told time, or until the session closes or ctx ends.
func (n *session) pause(ctx context.Context, d time.Duration) error {
	due := false
	wake := func() {
		n.mu.Lock()
		n.changed.Broadcast()
		n.mu.Unlock()
	}
	step := n.server.clock.After(d, func() {
		n.mu.Lock()
		due = true
		n.changed.Broadcast()
		n.mu.Unlock()
	})
	defer step.Stop()
	defer context.AfterFunc(ctx, wake)()
	n.mu.Lock()
	defer n.mu.Unlock()
	for !due && !n.closed && ctx.Err() == nil {
		n.changed.Wait()
	}
	if n.closed {
		return ErrClosed
	}
	return ctx.Err()
}

// read reads actions until the client goes.
func (n *session) read() {
	defer n.server.forget(n)
	defer n.close()
	r := bufio.NewReaderSize(n.conn, 4096)
	for {
		q, err := readRequest(r)
		if err != nil {
			return
		}
		n.do(q)
	}
}

// do does an action. Who reads its answer may rely on that all it began has begun,
// above all when the clock is a Manual one.
func (n *session) do(q request) {
	n.cork(true)
	defer n.cork(false)
	n.server.x.mu.Lock()
	defer n.server.x.mu.Unlock()
	n.act(q)
}

func (n *session) cork(on bool) {
	n.mu.Lock()
	n.corked = on
	n.changed.Broadcast()
	n.mu.Unlock()
}

// head begins the answer to an action.
func (n *session) head(q request, word string) *text {
	t := &text{}
	t.add("Response", word)
	if id := q.get("ActionID"); id != "" {
		t.add("ActionID", id)
	}
	return t
}

func (n *session) ok(q request, message string) {
	n.put(n.head(q, "Success").add("Message", message).end())
}

func (n *session) fail(q request, message string) {
	n.put(n.head(q, "Error").add("Message", message).end())
}
