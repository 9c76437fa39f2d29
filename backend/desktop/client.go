package desktop

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// The waits between tries to connect. A wait is drawn from nothing up to as long as the
// connection has been away, so whoever comes back does so by the time the break has
// doubled: a break of 10 s is over within the 20 s that the server keeps a place. It is
// full jitter: a thousand clients of a restarted server do not come at once.
const (
	shortestCeiling = 500 * time.Millisecond
	longestCeiling  = 30 * time.Second
	settled         = 10 * time.Second // a connection that lasted as long begins anew
)

// Options of New.
type Options struct {
	Connect            func(context.Context) (net.Conn, error) // of Config.Dialer
	User, MD5Hex, Seat string                                  // Seat is a MAC
	Opener             *Opener
	Random             func() float64 // from 0 to less than 1; nil: at random
}

// Client is one agent's line to the server.
type Client struct {
	opts     Options
	commands chan Command
}

// New makes a client. It does nothing before Run.
func New(o Options) *Client {
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return &Client{opts: o, commands: make(chan Command, 16)}
}

// Errors of Run. A *Refused says what the server has said.
var (
	ErrReplaced = errors.New("signed in elsewhere: this name or this seat is in use by another client now")
	ErrPassword = errors.New("wrong name or password")
)

// Refused is a refusal that trying again would not change.
type Refused struct{ Text string }

func (e *Refused) Error() string { return "the server refuses: " + e.Text }

// Do sends a command, from any goroutine, without waiting; an Answered tells what came of
// it. What is asked while there is no connection is refused, never kept for later.
func (c *Client) Do(command Command) error {
	if err := command.check(); err != nil {
		return err
	}
	select {
	case c.commands <- command:
		return nil
	default:
		return errors.New("too many commands are waiting for their answers")
	}
}

// Run signs in, again and again, and calls tell with all that happens, from one
// goroutine. When ctx ends it signs out and returns nil. Other errors end the tries:
// ErrPassword, ErrReplaced, *Refused, ErrCleartext, and certificates that are not valid.
// It may be called again afterwards.
func (c *Client) Run(ctx context.Context, tell func(News)) error {
	var away time.Time // since when there is no connection; zero before the first
	for {
		tell(Connecting{})
		began := time.Now()
		err := c.session(ctx, tell)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it ended because it was told to
		case hopeless(err), errors.Is(err, ErrPassword), errors.Is(err, ErrReplaced), errors.As(err, new(*Refused)):
			tell(Stopped{Show(err.Error())})
			return err
		}
		now := time.Now()
		if away.IsZero() || now.Sub(began) >= settled && wasIn(err) {
			away = now
		}
		wait := c.wait(now.Sub(away))
		tell(Lost{Show(err.Error()), wait})
		if !c.idle(ctx, wait, tell) {
			return nil
		}
	}
}

// wait draws the wait before the next try.
func (c *Client) wait(away time.Duration) time.Duration {
	ceiling := min(max(away, shortestCeiling), longestCeiling)
	return time.Duration(c.opts.Random() * float64(ceiling))
}

// idle waits, and refuses commands meanwhile. False: ctx is over.
func (c *Client) idle(ctx context.Context, wait time.Duration, tell func(News)) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
			return true
		case command := <-c.commands:
			tell(Answered{Command: command, Text: "not connected"})
		}
	}
}

// lostError is the end of a connection; in says whether the agent had signed in by it.
type lostError struct {
	err error
	in  bool
}

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

func wasIn(err error) bool {
	var lost *lostError
	return errors.As(err, &lost) && lost.in
}

// verdict puts the server's no to signing in, or its last words, into an error: one that
// Run ends with, unless a later try may do better.
func verdict(text string) error {
	switch text {
	case "wrong name or password":
		return ErrPassword
	case "signed in elsewhere":
		return ErrReplaced
	}
	for _, passing := range []string{
		"too ", "not ready", "this seat is in use", "this operator is signed in at another seat", "this seat has another telephone",
		"the server ", "idle", "10 errors",
	} {
		if strings.HasPrefix(text, passing) {
			return fmt.Errorf("the server says: %s", text)
		}
	}
	return &Refused{text}
}
