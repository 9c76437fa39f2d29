package transport

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

const (
	maxPages        = 200              // connections of managers' pages
	maxPagesOfOne   = 8                // of one sign-in
	maxPageMessage  = 4 << 10          // bytes; nothing is expected from a page at all
	pageSilence     = 90 * time.Second // half-way through it the page is pinged
	pageFrameWithin = 20 * time.Second // a frame must have left
)

// Viewer is a page that shows what the server pushes.
type Viewer interface {
	// Who is the sign-in that the page belongs to: the same text for all pages of one.
	Who() string
	// Next waits for the next frame, a text in UTF-8, which stays as it is until Next is called
	// again: when that frame has left, so a page behind a thin line gets fewer. The error io.EOF
	// ends the connection well, any other as a failure of ours. It must return when ctx ends,
	// and is then called no more.
	Next(ctx context.Context) ([]byte, error)
	// Done is closed when the sign-in ends.
	Done() <-chan struct{}
}

// PagesOptions are the options of Pages.
type PagesOptions struct {
	// Open says who asks, by the cookie of a page of ours, and for what. An error is answered
	// 401, or 403 if it has a method Status() int that says so.
	Open  func(*http.Request) (Viewer, error)
	Hosts []string     // as WebSocketOptions.Hosts
	Log   *slog.Logger // slog.Default
}

// Pages is the handler of a WebSocket on which only the server speaks. Only pages of this
// server may connect. Call Shutdown at the end.
//
// A connection ends with code 1000 when there is nothing more to come, 1011 for a fault of
// ours, 1012 when the server restarts, 4001 when the sign-in ends, 4008 when the page does not
// read, 4009 when its machine is silent.
type Pages struct {
	opts PagesOptions
	door

	open sync.Mutex
	all  int
	each map[string]int
}

// NewPages makes the handler.
func NewPages(opts PagesOptions) *Pages {
	d := &Pages{opts: opts, each: make(map[string]int)}
	d.init(guard{hosts: opts.Hosts}, opts.Log)
	return d
}

// ServeHTTP answers 403 for a wrong Host or Origin, 401 or 403 as Open says, 429 for one page
// too many of a sign-in, 503 for one too many of all; and it upgrades the rest.
func (d *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.refuses(w, r) {
		return
	}
	v, err := d.opts.Open(r)
	if err != nil {
		d.log.Debug("page of an unknown manager", "from", r.RemoteAddr, "err", err)
		var with interface{ Status() int }
		if errors.As(err, &with) && with.Status() == http.StatusForbidden {
			http.Error(w, "you may not see this", http.StatusForbidden)
			return
		}
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	who := v.Who()
	if status := d.take(who); status != 0 {
		http.Error(w, "too many pages are open", status)
		return
	}
	if !d.enter() {
		d.leave(who)
		http.Error(w, "the server is ending", http.StatusServiceUnavailable)
		return
	}
	c, err := upgrade(w, r)
	if err != nil {
		d.clients.Done()
		d.leave(who)
		d.log.Debug("WebSocket handshake failed", "from", r.RemoteAddr, "err", err)
		return // it has been answered
	}
	c.ws.SetReadLimit(maxPageMessage)
	go d.serve(c, v, who) //nolint:contextcheck // it outlives the request; not on this goroutine, see WebSocket
}

// take counts one more page; 0, or the status that refuses it.
func (d *Pages) take(who string) int {
	d.open.Lock()
	defer d.open.Unlock()
	switch {
	case d.each[who] >= maxPagesOfOne:
		return http.StatusTooManyRequests
	case d.all >= maxPages:
		return http.StatusServiceUnavailable
	}
	d.all++
	d.each[who]++
	return 0
}

func (d *Pages) leave(who string) {
	d.open.Lock()
	defer d.open.Unlock()
	d.all--
	if d.each[who]--; d.each[who] == 0 {
		delete(d.each, who)
	}
}

var (
	errSignedOut = errors.New("signed out")
	errFailed    = errors.New("failed")
)

// serve pushes until one of the three ends: the page, its sign-in or the door.
func (d *Pages) serve(c *wsConn, v Viewer, who string) {
	defer d.clients.Done()
	defer d.leave(who)
	defer c.finish()
	ctx, cancel := context.WithCancelCause(d.ctx)
	var others sync.WaitGroup
	others.Go(func() {
		defer survive(d.log)
		cancel(deafTo(c))
	})
	others.Go(func() {
		select {
		case <-v.Done():
			cancel(errSignedOut)
		case <-ctx.Done():
		}
	})
	why := errFailed
	func() {
		defer survive(d.log)
		why = d.push(ctx, c, v)
	}()
	select {
	case <-v.Done(): // which says more than that there is nothing to show him
		why = errSignedOut
	default:
	}
	cancel(why)
	code, reason := goodbye(context.Cause(ctx))
	c.Close(nil, code, reason)
	others.Wait()
}

// push sends frame after frame, and returns why it ends.
func (d *Pages) push(ctx context.Context, c *wsConn, v Viewer) error {
	for {
		frame, err := v.Next(ctx)
		switch {
		case errors.Is(err, io.EOF), err != nil && ctx.Err() != nil:
			return io.EOF
		case err != nil:
			d.log.Warn("nothing to push to a page", "err", err)
			return errFailed
		}
		if err := c.Stage(frame); err != nil {
			return err
		}
		if err := c.Flush(); err != nil {
			return err
		}
		if err := c.drain(ctx, pageFrameWithin); err != nil {
			return err
		}
	}
}

// deafTo reads what the page sends, which is nothing but pongs, until the connection ends.
func deafTo(c *wsConn) error {
	for {
		if _, err := c.ReadFrame(maxPageMessage, pageSilence); err != nil {
			return err
		}
	}
}

// goodbye is what a page is told at the end.
func goodbye(why error) (code int, reason string) {
	switch {
	case errors.Is(why, context.Canceled):
		return 1012, "the server is restarting, connect again"
	case errors.Is(why, errSignedOut):
		return 4001, "signed out"
	case errors.Is(why, session.ErrSlow):
		return 4008, "too slow"
	case errors.Is(why, session.ErrSilent):
		return 4009, "silent for too long"
	case errors.Is(why, session.ErrEncoding):
		return 1008, "nothing is expected here"
	case errors.Is(why, errFailed):
		return 1011, "the server could not go on"
	}
	return 1000, ""
}
