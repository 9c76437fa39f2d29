package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a Viewer that shows what a test pushes.
type watched struct {
	who    string
	frames chan any // string, []byte, error or what returns one; nil panics
	done   chan struct{}
	asked  atomic.Int64
}

func (w *watched) Who() string           { return w.who }
func (w *watched) Done() <-chan struct{} { return w.done }
func (w *watched) Next(ctx context.Context) ([]byte, error) {
	w.asked.Add(1)
	select {
	case f := <-w.frames:
		switch f := f.(type) {
		case string:
			return []byte(f), nil
		case []byte:
			return f, nil
		case func() error:
			return nil, f()
		}
		return nil, f.(error)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// signedOut ends a viewer as a Next may that looks whether he is signed in.
func signedOut(w *watched) error {
	close(w.done)
	return io.EOF
}

// refused is an error with a status.
type refused int

func (r refused) Status() int { return int(r) }
func (refused) Error() string { return "no" }

// gallery is the door with its server.
type gallery struct {
	t    testing.TB
	door *Pages
	mu   sync.Mutex
	view map[string]*watched // by the query's as
}

func (g *gallery) viewer(name string) *watched {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.view[name] == nil {
		g.view[name] = &watched{who: name, frames: make(chan any), done: make(chan struct{})}
	}
	return g.view[name]
}

func newGallery(t testing.TB, ln net.Listener, hosts ...string) *gallery {
	g := &gallery{t: t, view: make(map[string]*watched)}
	g.door = NewPages(PagesOptions{Hosts: hosts, Log: slog.New(slog.DiscardHandler), Open: func(r *http.Request) (Viewer, error) {
		switch name := r.URL.Query().Get("as"); name {
		case "":
			return nil, errors.New("who is that")
		case "editor":
			return nil, fmt.Errorf("who: %w", refused(http.StatusForbidden))
		case "odd":
			return nil, refused(http.StatusTeapot)
		default:
			return g.viewer(name), nil
		}
	}})
	srv := &http.Server{Handler: g.door, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(ln) })
	t.Cleanup(func() {
		if err := g.door.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		_ = srv.Close()
		serving.Wait()
		if g.door.all != 0 || len(g.door.each) != 0 {
			t.Errorf("%d are left, %v", g.door.all, g.door.each)
		}
	})
	return g
}

func TestWhoMayWatch(t *testing.T) {
	ln := loopbackListener(t)
	newGallery(t, ln, "cti.example")
	here := ln.Addr().String()
	as := func(name, req string) string { return strings.Replace(req, "as=ada", "as="+name, 1) }
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"our page", request(here, "Origin: http://"+here), 101},
		{"our page behind a proxy", request("cti.example", "Origin: https://cti.example"), 101},
		{"with a subprotocol", request(here, wantJSON, "Origin: http://"+here), 101},
		{"no origin", request(here, "X: y"), 403},
		{"null origin", request(here, "Origin: null"), 403},
		{"foreign origin", request(here, "Origin: http://evil.example"), 403},
		{"another port", request("cti.example", "Origin: https://cti.example:444"), 403},
		{"two origins", request(here, "Origin: http://"+here, "Origin: http://evil.example"), 403},
		{"a name that points here", request("evil.example", "Origin: http://evil.example"), 403},
		{"nobody", as("", request(here, "Origin: http://"+here)), 401},
		{"nobody from a foreign page", as("", request(here, "Origin: http://evil.example")), 403},
		{"who may not", as("editor", request(here, "Origin: http://"+here)), 403},
		{"another status", as("odd", request(here, "Origin: http://"+here)), 401},
		{"no WebSocket", strings.Replace(request(here, "Origin: http://"+here), "Upgrade: websocket", "Upgrade: tea", 1), 426},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc := dialTo(t, here)
			defer nc.Close()
			if resp := answered(t, nc, c.request); resp.StatusCode != c.status || resp.Header.Get("Sec-WebSocket-Extensions") != "" {
				t.Errorf("answered %s, %v", resp.Status, resp.Header)
			}
		})
	}
}

// answered is what a handshake is answered with.
func answered(t *testing.T, nc net.Conn, request string) *http.Response {
	t.Helper()
	_, _ = io.WriteString(nc, request)
	_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// TestPagesPush: frames come whole and in order, and every end has its code.
func TestPagesPush(t *testing.T) {
	big := strings.Repeat("x", 3*pendingWebSocket) // larger than what may be pending
	for _, c := range []struct {
		name string
		end  func(g *gallery, v *watched, b *browser)
		want string
	}{
		{"nothing more", func(_ *gallery, v *watched, _ *browser) { v.frames <- fmt.Errorf("so: %w", io.EOF) }, "(close 1000 )"},
		{"a fault", func(_ *gallery, v *watched, _ *browser) { v.frames <- errors.New("no floor") }, "(close 1011 "},
		{"a panic", func(_ *gallery, v *watched, _ *browser) { v.frames <- nil }, "(close 1011 "},
		{"signed out", func(_ *gallery, v *watched, _ *browser) { close(v.done) }, "(close 4001 signed out)"},
		{"signed out, and nothing more for him", func(_ *gallery, v *watched, _ *browser) { v.frames <- func() error { return signedOut(v) } }, "(close 4001 signed out)"},
		{"restart", func(g *gallery, _ *watched, _ *browser) { g.door.cancel() }, "(close 1012 "},
		{"the page goes", func(_ *gallery, _ *watched, b *browser) { b.send(masked(opClose, "\x03\xe8bye")) }, "(close 1000 bye)"},
		{"the page says too much", func(_ *gallery, _ *watched, b *browser) {
			b.send(masked(opText, "hello") + masked(opPing, "hi"))
			b.want("(pong hi)")
			b.send(masked(opText, strings.Repeat("x", maxPageMessage+1)))
		}, "(close 1009 "},
		{"no text", func(_ *gallery, _ *watched, b *browser) { b.send(masked(0x82, "hello")) }, "(close 1008 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			ln := loopbackListener(t)
			g := newGallery(t, ln)
			b := newBrowser(t, dialTo(t, ln.Addr().String()), "")
			v := g.viewer("ada")
			pushed := make(chan struct{})
			go func() {
				defer close(pushed)
				for _, f := range []string{"one", big, "three"} {
					v.frames <- f
				}
			}()
			b.want("one")
			if got := b.nextLarge(); got != big {
				t.Errorf("%d bytes", len(got))
			}
			b.want("three")
			<-pushed
			c.end(g, v, b)
			b.want(c.want, "(closed)")
		})
	}
}

// nextLarge is the next frame, of any size.
func (b *browser) nextLarge() string {
	b.t.Helper()
	head := make([]byte, 10)
	if _, err := io.ReadFull(b.r, head); err != nil || head[1] != 127 {
		b.t.Fatalf("%x, %v", head, err)
	}
	n := int(head[7])<<16 | int(head[8])<<8 | int(head[9])
	text := make([]byte, n)
	if _, err := io.ReadFull(b.r, text); err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// TestPagesShutdown: after it nobody is let in, and it waits for the last.
func TestPagesShutdown(t *testing.T) {
	ln := loopbackListener(t)
	g := newGallery(t, ln)
	b := newBrowser(t, dialTo(t, ln.Addr().String()), "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.door.Shutdown(ended); err == nil {
		t.Error("a page that does not close: no error")
	}
	b.want("(close 1012 ")
	b.nc.Close()
	if err := g.door.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if resp := answered(t, dialTo(t, ln.Addr().String()), request("localhost", "Origin: http://localhost")); resp.StatusCode != http.StatusServiceUnavailable {
		t.Error(resp.Status)
	}
}

// TestPagesLimits: one sign-in has so many pages, and all have.
func TestPagesLimits(t *testing.T) {
	ln := loopbackListener(t)
	g := newGallery(t, ln)
	var open []net.Conn
	try := func(name string) int {
		nc := dialTo(t, ln.Addr().String())
		open = append(open, nc)
		return answered(t, nc, strings.Replace(request("localhost", "Origin: http://localhost"), "as=ada", "as="+name, 1)).StatusCode
	}
	for i := range maxPages {
		if got := try(fmt.Sprint("m", i/maxPagesOfOne)); got != 101 {
			t.Fatalf("page %d: %d", i, got)
		}
	}
	if got := try("m0"); got != http.StatusTooManyRequests {
		t.Errorf("one more of one: %d", got)
	}
	if got := try("other"); got != http.StatusServiceUnavailable {
		t.Errorf("one more of all: %d", got)
	}
	for _, nc := range open {
		nc.Close()
	}
	g.door.clients.Wait()
	if got := try("m0"); got != 101 {
		t.Errorf("after all have gone: %d", got)
	}
	open[len(open)-1].Close()
}

// TestPagesSlow: who does not read is cut, and nothing is asked for meanwhile; so is who
// reads a little now and then.
func TestPagesSlow(t *testing.T) {
	for name, c := range map[string]struct {
		each  time.Duration
		bytes int
		after time.Duration
	}{
		"nothing":  {time.Hour, 1, stall},
		"a little": {stall - time.Second, 1000, pageFrameWithin + closeWait},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				g := newGallery(t, p)
				b := newBrowser(t, p.dial(), "")
				v := g.viewer("ada")
				began := time.Now()
				v.frames <- strings.Repeat("x", 1<<20)
				var took time.Duration
				gone := make(chan struct{})
				go func() {
					g.door.clients.Wait()
					took = time.Since(began)
					close(gone)
				}()
				for tick, text := time.NewTicker(c.each), make([]byte, c.bytes); ; {
					select {
					case <-gone:
					case <-tick.C:
						if _, err := b.nc.Read(text); err == nil {
							continue
						}
						<-gone
					}
					break
				}
				if took < c.after || took > c.after+lingering {
					t.Errorf("cut after %s, not %s", took, c.after)
				}
				if n := v.asked.Load(); n != 1 {
					t.Errorf("asked for %d frames", n)
				}
			})
		})
	}
}

// TestPagesHalfOpen: a page whose machine is gone is pinged and found.
func TestPagesHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		newGallery(t, p)
		b := newBrowser(t, p.dial(), "")
		began := time.Now()
		b.want("(ping)")
		b.send(masked(0x8A, ""))
		b.want("(ping)", "(close 4009 ")
		if got := time.Since(began); got != pageSilence*3/2 {
			t.Errorf("closed after %s", got)
		}
	})
}
