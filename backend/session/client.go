package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// client is one connection. As a tracker.Watcher it is called on the picture's
// goroutine: it stages and flushes, and never waits.
type client struct {
	srv     *Server
	conn    Conn
	enc     Encoding
	who     *SignedIn              // nil until signed in
	why     atomic.Pointer[Reason] // why it is over; nil while it is not
	cancel  context.CancelFunc     // ends the context of its commands, once it is over
	leaving sync.Mutex

	waiting atomic.Int32 // WebSocket: commands that wait for Asterisk

	// line; the picture's goroutine only
	queues  []pbx.QueueState // as he was told them last
	state   []byte           // the last line of his state
	noPhone bool             // he is told that his telephone is unknown

	// What Snapshot needs, nil afterwards, and leaves.
	about *about
	calls []pbx.Call // in progress then, whose notes are to be told
	first []byte     // line: the answer to the command that signed it in
}

// Snapshot is the first thing a WebSocket client is told. The line protocol has
// none, but events begin there as well.
func (c *client) Snapshot(snap *tracker.Snapshot) {
	if c.enc == line {
		c.begin(snap)
	} else {
		c.send(appendSnapshot(nil, c.enc, snap, c.about))
		c.calls = snap.Calls
	}
	c.about, c.first = nil, nil
}

// Notify stages one event.
func (c *client) Notify(n *pbx.Notice, seq uint64) {
	var err error
	switch {
	case c.why.Load() != nil:
		return
	case c.enc != line || n.Call != nil || n.ID == pbx.NoticeOriginate || n.ID == pbx.NoticeNote:
		err = c.srv.events.stage(c.conn, c.enc, n, seq)
	case n.ID == pbx.NoticeLinkState:
		err = c.conn.Stage(appendLinkLine(nil, n.Link, n.Text))
	case n.ID == pbx.NoticeAgentState:
		c.stageState(n.Agent, n.Duty)
	case n.ID == pbx.NoticeQueues:
		c.stageQueues(n.Queues)
	}
	if err != nil {
		c.fail(err)
	}
}

// appendLinkLine appends the notice of the line protocol that tells of the link to
// Asterisk (rows A8, E10): nobody's answer, so its number is no answer's.
func appendLinkLine(b []byte, state pbx.LinkState, reason string) []byte {
	switch state {
	case pbx.LinkStateReady:
		return append(b, "500 LINK UP"...)
	case pbx.LinkStateSyncing:
		return append(b, "500 LINK SYNCING"...)
	}
	b = append(b, "500 LINK DOWN"...)
	if reason != "" {
		b = append(b, ' ')
		b = append(b, plainLine(reason)...)
	}
	return b
}

// Flush writes what was staged, as far as it goes.
func (c *client) Flush() {
	if c.why.Load() != nil {
		return
	}
	if err := c.conn.Flush(); err != nil {
		c.fail(err)
	}
}

// send writes one frame, as far as it goes.
func (c *client) send(frame []byte) {
	err := c.conn.Stage(frame)
	if err == nil {
		err = c.conn.Flush()
	}
	if err != nil {
		c.fail(err)
	}
}

// fail ends the client for an error of its connection.
func (c *client) fail(err error) { c.leave(reasonOf(err)) }

// leave tells the client why its time is over and closes it; from any goroutine,
// the first call counts. It does not wait.
func (c *client) leave(reason Reason) {
	c.depart(reason, appendBye(nil, c.enc, reason), reason.closeCode())
}

// depart is leave with other last words. When it returns the connection is closed
// with somebody's: why is told only after that, since whoever sees it may go on to
// close for good.
func (c *client) depart(reason Reason, farewell []byte, code int) {
	c.leaving.Lock()
	defer c.leaving.Unlock()
	if c.why.Load() != nil {
		return
	}
	if reason.Code == CodeSlow {
		c.srv.slow.Add(1)
	}
	if reason.Code == CodeLost {
		farewell = nil
	}
	c.conn.Close(farewell, code, reason.Text)
	c.why.Store(&reason)
	c.cancel()
}

// ask has f wait for Asterisk, while the client may go on or end: who is gone must be
// noticed, and makes way for who replaces him. Once the server ends nothing is asked.
func (c *client) ask(f func()) {
	c.srv.ask(func() {
		defer func() {
			if p := recover(); p != nil {
				c.srv.opts.Log.Error("a client's command panicked", "panic", p, "stack", string(debug.Stack()))
				c.leave(ReasonRestart)
			}
		}()
		f()
	})
}

// watch begins to tell the client events.
func (c *client) watch(ctx context.Context) (stop func(), err error) {
	if err := authorise(actWatch, c.who); err != nil {
		return nil, err
	}
	stop, err = c.srv.opts.Picture.Watch(ctx, c.who.agent(), c)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	return stop, nil
}

// unwatched ends a client for which watch has failed.
func (c *client) unwatched(err error) {
	if c.why.Load() != nil {
		return
	}
	if errors.Is(err, errNotSignedIn) {
		c.leave(c.who.Reason()) // End is about to say the same
		return
	}
	c.srv.opts.Log.Error("a client could not be shown the picture", "operator", c.who.Operator, "err", err)
	c.leave(ReasonRestart)
}

// ended is what a Serve method returns: nil for a client that left by itself.
func (c *client) ended() error {
	reason := *c.why.Load()
	if reason.Code == CodeSignedOut || reason.Code == CodeLost {
		return nil
	}
	return &Ended{reason}
}

// Ended is the error of a Serve method that ended its client.
type Ended struct{ Reason Reason }

func (e *Ended) Error() string { return e.Reason.String() }

// reasonOf says what an error of a connection means for its client.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrSlow):
		return ReasonSlow
	case errors.Is(err, ErrSilent):
		return Reason{CodeIdle, "idle: nothing was heard for too long"}
	case errors.Is(err, ErrEncoding):
		return Reason{CodeProtocol, "only text messages in UTF-8 are understood"}
	case errors.Is(err, ErrTooLong):
		return Reason{CodeProtocol, "the message is too long"}
	}
	return ReasonLost
}
