package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

const (
	stall     = 5 * time.Second // without progress: the client is cut
	closeWait = 5 * time.Second // for what is staged when a connection ends
	lingering = time.Second     // for the client's own end after that
	chunk     = 16 << 10        // bytes written at once by the flusher: a record of TLS
)

// wire is a connection's way out. Frames are staged whole, in order, by whomever;
// flush hands them to the socket with one write that does not wait. What the socket
// does not take is a goroutine's to write, which lives until nothing is left. A
// client that leaves more than limit bytes, or makes no progress for stall, is slow.
type wire struct {
	nc    net.Conn
	raw   syscall.RawConn // nil where there is no bare socket: TLS, tests
	limit int             // bytes

	mu       sync.Mutex
	out      *buffer // what the flusher is writing; its first frame may have begun
	off      int     // what of out has gone
	pend     *buffer // whole frames, none begun
	flushing bool    // a flusher lives
	slow     bool
	closing  bool // the last frame is staged
	until    time.Time
	err      error         // the connection is broken
	idle     chan struct{} // closed by the flusher when it ends, if anyone waits
}

// buffer is of a pool: an idle connection has none.
type buffer struct{ b []byte }

const keepBuffer = 64 << 10 // bytes; a larger one is left to the collector

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 2048)} }}

func (b *buffer) release() {
	if b != nil && cap(b.b) <= keepBuffer {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

func (w *wire) init(nc net.Conn, limit int) {
	w.nc, w.raw, w.limit = nc, bareSocket(nc), limit
}

// A framing appends one frame as the wire carries it.
type framing func(b, frame []byte) []byte

func (w *wire) stage(frame []byte, f framing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case w.closing:
		return session.ErrClosed
	case w.slow:
		return session.ErrSlow
	}
	if !w.fits(len(frame)) {
		// One batch can be larger than the limit: it is not slow who was never tried.
		if w.push(); w.err != nil {
			return w.err
		}
		if !w.fits(len(frame)) {
			w.slow = true
			return session.ErrSlow
		}
	}
	w.append(frame, f)
	return nil
}

// fits says whether n more bytes may be pending. A single frame always may.
func (w *wire) fits(n int) bool {
	var pending int
	if w.out != nil {
		pending = len(w.out.b) - w.off
	}
	if w.pend != nil {
		pending += len(w.pend.b)
	}
	return pending == 0 || pending+n <= w.limit
}

func (w *wire) append(frame []byte, f framing) {
	if w.pend == nil {
		w.pend = buffers.Get().(*buffer)
	}
	w.pend.b = f(w.pend.b, frame)
}

func (w *wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.push()
	return w.err
}

// push hands pend to the socket as far as it goes and the rest to a flusher. w.mu
// is held, in all that follows down to end.
func (w *wire) push() {
	if w.err != nil || w.flushing || w.pend == nil {
		return
	}
	n, err := tryWrite(w.raw, w.pend.b)
	switch {
	case err != nil:
		w.fail(err)
	case n == len(w.pend.b):
		w.pend.release()
		w.pend = nil
	default:
		w.out, w.off, w.pend = w.pend, n, nil
		w.flushing = true
		go w.flusher()
	}
}

// fail breaks the connection; its reader wakes up.
func (w *wire) fail(err error) {
	if w.err != nil {
		return
	}
	w.err = err
	w.drop()
	go abort(w.nc) // it waits for the reader to let go
}

func (w *wire) drop() {
	w.pend.release()
	w.pend = nil
	if !w.flushing { // else the flusher still reads it
		w.out.release()
		w.out = nil
	}
}

// end stages the last frames, in the place of those not begun if the client is
// slow, and wakes the reader. false when it had ended before.
func (w *wire) end(last func(b []byte) []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing || w.err != nil {
		return false
	}
	if w.slow && w.pend != nil {
		w.pend.b = w.pend.b[:0]
	}
	if w.pend == nil {
		w.pend = buffers.Get().(*buffer)
	}
	w.pend.b = last(w.pend.b)
	w.closed()
	w.push()
	return true
}

// last says that the last frame is staged.
func (w *wire) last() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closing {
		w.closed()
	}
}

func (w *wire) closed() {
	w.closing, w.until = true, time.Now().Add(closeWait)
	_ = w.nc.SetReadDeadline(time.Unix(1, 0)) // the past; a broken connection needs no waking
}

// flusher writes until nothing is left. Nobody else writes meanwhile, so a frame is
// never split by another.
func (w *wire) flusher() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && w.next() {
		part := w.out.b[w.off:min(w.off+chunk, len(w.out.b))]
		by := time.Now().Add(stall)
		if w.closing && by.After(w.until) {
			by = w.until
		}
		_ = w.nc.SetWriteDeadline(by) // if it fails, so does Write
		w.mu.Unlock()
		n, err := w.nc.Write(part)
		w.mu.Lock()
		w.off += n
		if err != nil && (n == 0 || !w.mayGoOn(err)) {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = session.ErrSlow
			}
			w.fail(err)
		}
	}
	_ = w.nc.SetWriteDeadline(time.Time{}) // an old one would fail the next attempt
	w.flushing = false
	w.out.release()
	w.out = nil
	if w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}

// next makes out what is to be written now.
func (w *wire) next() bool {
	if w.off < len(w.out.b) {
		return true
	}
	if w.pend == nil {
		return false
	}
	w.out.release()
	w.out, w.off, w.pend = w.pend, 0, nil
	return len(w.out.b) > 0
}

// mayGoOn says whether a write that timed out half-way was progress. A record of
// TLS that was cut is the end of its connection.
func (w *wire) mayGoOn(err error) bool {
	if _, isTLS := w.nc.(*tls.Conn); isTLS || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	return !w.closing || time.Now().Before(w.until)
}

// arm lets the next read wait for at most d; ErrClosed when the wire has ended, also
// if that happens at this very moment.
func (w *wire) arm(d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case w.closing:
		return session.ErrClosed
	}
	return w.nc.SetReadDeadline(time.Now().Add(d))
}

// readError says what an error of reading means.
func (w *wire) readError(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case w.closing:
		return session.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return session.ErrSilent
	}
	return err
}

// finish closes the connection for good: after what is staged has left, and after
// the client has closed too or had the time to. To close at once would throw away
// what it has not read yet (RFC 1122, 4.2.2.13). It waits, for some seconds at most;
// the door's goroutine calls it when nothing else uses the connection.
func (w *wire) finish() {
	w.end(func(b []byte) []byte { return b })
	if idle := w.untilIdle(); idle != nil {
		<-idle
	}
	w.mu.Lock()
	broken := w.err != nil
	w.mu.Unlock()
	if half, ok := w.nc.(interface{ CloseWrite() error }); ok && !broken && half.CloseWrite() == nil {
		w.linger()
	}
	_ = w.nc.Close()
}

// untilIdle is closed when all that is staged has left, or never will; nil when it is so now.
// Only the last one asked for is, and only the door's goroutine asks.
func (w *wire) untilIdle() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.flushing {
		return nil
	}
	w.idle = make(chan struct{})
	return w.idle
}

// drain waits until all that was flushed has left, for so long at most: ErrSlow after that.
func (w *wire) drain(ctx context.Context, d time.Duration) error {
	idle := w.untilIdle()
	if idle == nil {
		return nil
	}
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-idle:
		return w.flush() // nothing is left, or the connection is broken
	case <-late.C:
		return session.ErrSlow
	case <-ctx.Done():
		return ctx.Err()
	}
}

// linger reads what the client still sends until it closes, for a while and so much.
func (w *wire) linger() {
	_ = w.nc.SetReadDeadline(time.Now().Add(lingering))
	var b [512]byte // io.Discard would take 8 KiB, of each of thousands at a restart
	for left := maxSkipped; left > 0; {
		n, err := w.nc.Read(b[:])
		if err != nil {
			return
		}
		left -= n
	}
}

// abort closes nc without waiting for anything: TLS would first send its farewell.
func abort(nc net.Conn) {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // what a stalled client has not taken is not kept for it
	}
	_ = nc.Close()
}
