package session

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// SignedIn is an operator at a seat: an agent, from signing in to the end of it.
// There is one for an operator and one for a seat. A desktop client's is its
// connection's; a browser's is shared by its pages. Its fields never change.
type SignedIn struct {
	Operator   string // user name, as the configuration spells it
	UID        string // who he is, whatever he is called
	FullName   string
	Seat       config.Seat
	Generation uint64 // grows with every sign-in of this run of the server

	srv     *Server
	browser bool
	done    chan struct{} // closed when it ends
	gone    chan struct{} // closed when it has ended and nothing of it is left
	noting  chan pace     // holds a value while nobody reads or writes his notes

	mu     sync.Mutex
	reason Reason
	over   bool
	holds  int // what is still at work for it: its claim and its clients
	pages  []*client
	grace  *time.Timer // of a browser without an open page
}

// newSignedIn is held once, by whoever claims it.
func newSignedIn(s *Server, op config.Operator, seat config.Seat, generation uint64, browser bool) *SignedIn {
	in := &SignedIn{
		Operator: op.Username, UID: op.UID, FullName: op.FullName, Seat: seat, Generation: generation,
		srv: s, browser: browser, done: make(chan struct{}), gone: make(chan struct{}), holds: 1,
		noting: make(chan pace, 1),
	}
	in.noting <- pace{every: noteEvery, burst: noteBurst}
	return in
}

// Done is closed when the sign-in has ended.
func (in *SignedIn) Done() <-chan struct{} { return in.done }

// Reason is why it ended; the zero Reason before Done.
func (in *SignedIn) Reason() Reason {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.reason
}

// SignOut ends it at the operator's own wish.
func (in *SignedIn) SignOut() error {
	if err := authorise(actSignOut, in); err != nil {
		return err
	}
	in.End(ReasonSignedOut)
	return nil
}

// End ends it: each of its clients is told reason and closed, and operator and seat
// are free. The first call counts; true for that one. It does not wait.
func (in *SignedIn) End(reason Reason) bool { return in.end(reason, false) }

// end does, unless something still holds it and only an idle one is to end.
func (in *SignedIn) end(reason Reason, onlyIdle bool) bool {
	in.mu.Lock()
	if in.over || onlyIdle && in.holds > 0 {
		in.mu.Unlock()
		return false
	}
	in.over, in.reason = true, reason
	in.stopGrace()
	pages, holds := slices.Clone(in.pages), in.holds
	close(in.done)
	in.mu.Unlock()
	for _, c := range pages {
		c.leave(reason)
	}
	in.away(reason)
	in.srv.opts.Log.Info("signed out", "operator", in.Operator, "seat", in.Seat.MAC, "extension", in.Seat.Extension,
		"door", in.door(), "generation", in.Generation, "reason", reason.Code)
	if holds == 0 {
		in.vanish()
	}
	return true
}

// away tells the desk that nobody is there any more. When the server ends, the desk ends
// as well and knows what to do.
func (in *SignedIn) away(reason Reason) {
	switch reason.Code {
	case CodeSignedOut, CodeRemoved, CodeReplaced:
		in.srv.opts.Desk.Leave(in.Operator, in.Generation)
	case CodeRestart:
	default:
		in.srv.opts.Desk.Lost(in.Operator, in.Generation, 0)
	}
}

// reload is how long a page may take to come back before its agent counts as lost.
const reload = 5 * time.Second

// vanish is called once, when it is over and nothing holds it.
func (in *SignedIn) vanish() {
	in.srv.mu.Lock()
	in.srv.forget(in)
	in.srv.mu.Unlock()
	close(in.gone)
}

func (in *SignedIn) ended() bool {
	select {
	case <-in.done:
		return true
	default:
		return false
	}
}

// hold keeps it from being gone until release; false when it is over.
func (in *SignedIn) hold() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.over {
		return false
	}
	in.taken()
	return true
}

// taken is one hold more; in.mu is held. Whoever was without a page is there again.
func (in *SignedIn) taken() {
	in.holds++
	if in.grace != nil {
		in.stopGrace()
		in.srv.opts.Desk.Enter(in.agent())
	}
}

func (in *SignedIn) release() {
	in.mu.Lock()
	in.holds--
	last := in.holds == 0
	over := in.over
	if last && !over && in.browser {
		in.srv.opts.Desk.Lost(in.Operator, in.Generation, reload)
		in.grace = time.AfterFunc(in.srv.opts.PageGrace, in.expire)
	}
	in.mu.Unlock()
	if last && over {
		in.vanish()
	}
}

// stopGrace is the end of a browser's time without a page.
func (in *SignedIn) stopGrace() {
	if in.grace != nil {
		in.grace.Stop()
		in.grace = nil
	}
}

// expire ends a browser's sign-in that has had no page for PageGrace; not when one
// came as the timer fired.
func (in *SignedIn) expire() {
	in.end(Reason{CodeIdle, "no page was open any more"}, true)
}

var errTooManyPages = errors.New("too many open pages")

// attach adds a client, which holds it until detach. ErrClosed when it is over.
func (in *SignedIn) attach(c *client) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.over {
		return ErrClosed
	}
	if len(in.pages) >= in.srv.opts.MaxPages {
		return errTooManyPages
	}
	in.taken()
	in.pages = append(in.pages, c)
	return nil
}

func (in *SignedIn) detach(c *client) {
	in.mu.Lock()
	if i := slices.Index(in.pages, c); i >= 0 {
		in.pages = slices.Delete(in.pages, i, i+1)
	}
	in.mu.Unlock()
	in.release()
}

// waitFor waits until nothing is left of those before. It is no matter of a
// caller's patience: two watchers of one telephone must never be.
func waitFor(before []*SignedIn) error {
	if len(before) == 0 {
		return nil
	}
	timer := time.NewTimer(waitGone)
	defer timer.Stop()
	for _, old := range before {
		select {
		case <-old.gone:
		case <-timer.C:
			return errors.New("the former client does not end")
		}
	}
	return nil
}

func (in *SignedIn) door() string {
	if in.browser {
		return "browser"
	}
	return "line"
}

// agent is how the picture knows it.
func (in *SignedIn) agent() tracker.Agent {
	return tracker.Agent{
		Operator: in.Operator, UID: in.UID, FullName: in.FullName,
		SeatMAC: in.Seat.MAC, Extension: in.Seat.Extension, Generation: in.Generation,
	}
}
