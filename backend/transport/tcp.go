package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

// handshakeTime is what a client has for its part of TLS.
const handshakeTime = 10 * time.Second

// TCPOptions are the options of a TCP door; zero values take the defaults.
type TCPOptions struct {
	Sessions      *session.Server
	Log           *slog.Logger // slog.Default
	MaxStrangers  int          // connections that have not signed in; 200. More wait, two minutes at most
	MaxPerAddress int          // of them from one address, or one /64 of IPv6; 20
}

// TCP is the door of the line protocol. Its listeners share one count of strangers.
type TCP struct {
	opts      TCPOptions
	strangers *strangers
	warned    seldom
	refused   atomic.Int64
}

// NewTCP makes the door; Serve opens it.
func NewTCP(opts TCPOptions) *TCP {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.MaxStrangers <= 0 {
		opts.MaxStrangers = maxPlaces
	}
	if opts.MaxPerAddress <= 0 {
		opts.MaxPerAddress = maxPerNet
	}
	return &TCP{opts: opts, strangers: newStrangers(opts.MaxStrangers, opts.MaxPerAddress)}
}

// Refused counts the connections that found no place, since the start.
func (d *TCP) Refused() int64 { return d.refused.Load() }

// Serve accepts clients from ln, over TLS if conf is not nil (E12), until ctx ends;
// then it closes ln, tells every client, and returns nil when the last is gone, a
// few seconds later at most. An error of ln that is not passing is returned.
func (d *TCP) Serve(ctx context.Context, ln net.Listener, conf *tls.Config) error {
	if conf == nil && !loopback(ln.Addr()) {
		d.opts.Log.Warn("passwords and calls can be read on the way: this listener is cleartext and can be reached from other machines",
			"listen", ln.Addr().String())
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	return d.accept(ctx, ln, func(nc net.Conn, g *stranger) {
		clients.Go(func() { d.serve(ctx, nc, conf, g) })
	})
}

func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return !ok || t.IP.IsLoopback()
}

// accept hands every client that finds a place, or may wait for one, to start.
func (d *TCP) accept(ctx context.Context, ln net.Listener, start func(nc net.Conn, g *stranger)) error {
	var pause time.Duration
	for {
		nc, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				nc.Close()
			}
			return nil
		}
		switch {
		case err == nil:
			pause = 0
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			// Out of descriptors, most likely: it passes as clients leave.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			d.opts.Log.Warn("a client could not be accepted", "listen", ln.Addr().String(), "err", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		g, ok := d.strangers.enter(remoteAddr(nc))
		if !ok {
			d.refuse(ctx, nc)
			continue
		}
		start(nc, g)
	}
}

// refuse closes a client that found no place, and says why if that takes no time.
func (d *TCP) refuse(ctx context.Context, nc net.Conn) {
	d.refused.Add(1)
	d.opts.Log.Log(ctx, d.warned.level(), "too many clients that have not signed in", "from", remoteAddr(nc))
	_, _ = tryWrite(bareSocket(nc), []byte("101 KO too many connections that have not signed in, try later\n"))
	_ = nc.Close()
}

func (d *TCP) serve(ctx context.Context, nc net.Conn, conf *tls.Config, g *stranger) {
	leave := sync.OnceFunc(g.leave)
	defer leave()
	if !g.wait(ctx) {
		d.refuse(ctx, nc)
		return
	}
	from := remoteAddr(nc)
	tune(nc)
	if conf != nil {
		secure := tls.Server(nc, conf)
		if err := handshake(ctx, secure); err != nil {
			d.opts.Log.Debug("TLS handshake failed", "from", from, "err", err)
			_ = nc.Close()
			return
		}
		nc = secure
	}
	c := newLineConn(nc, leave)
	defer c.finish()
	defer survive(d.opts.Log)
	_ = d.opts.Sessions.ServeLine(ctx, c, from) // logged there
}

func handshake(ctx context.Context, secure *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	return secure.HandshakeContext(ctx)
}

// survive keeps one client's panic from ending the server for all.
func survive(log *slog.Logger) {
	if p := recover(); p != nil {
		log.Error("a client's goroutine panicked", "panic", p, "stack", string(debug.Stack()))
	}
}
