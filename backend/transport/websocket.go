package transport

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

// The subprotocols (F1).
const (
	protocolJSON = "asteriskcti.v1.json"
	protocolXML  = "asteriskcti.v1.xml"
)

// WebSocketOptions are the options of a WebSocket door.
type WebSocketOptions struct {
	Sessions *session.Server
	// Identify says who asks, by the cookie of a page of ours; any error is answered 401.
	Identify func(*http.Request) (*session.SignedIn, error)
	// Hosts are the names this server goes by, as a Host header carries them
	// ("cti.example", "cti.example:8443"). Any other name is refused with 403, since a
	// page elsewhere can have its own name point here; bare addresses and localhost
	// always pass, as they cannot.
	Hosts []string
	// Origins may connect besides pages of this server itself ("https://crm.example"),
	// each with a ticket: the cookie counts for our own pages only.
	Origins []string
	Log     *slog.Logger // slog.Default
}

// WebSocket is the handler of GET /ws. A connection outlives its request: it has a
// goroutine of its own, and net/http forgets it. Call Shutdown at the end.
type WebSocket struct {
	opts WebSocketOptions
	door
}

// door counts clients in and out.
type door struct {
	guard   guard
	log     *slog.Logger
	ctx     context.Context // of the clients; ended by Shutdown
	cancel  context.CancelFunc
	warned  seldom
	mu      sync.Mutex // Shutdown waits only for those that came before
	closing bool
	clients sync.WaitGroup
}

func (d *door) init(g guard, log *slog.Logger) {
	if d.guard, d.log = g, log; log == nil {
		d.log = slog.Default()
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
}

// NewWebSocket makes the handler.
func NewWebSocket(opts WebSocketOptions) *WebSocket {
	d := &WebSocket{opts: opts}
	d.init(guard{opts.Hosts, opts.Origins}, opts.Log)
	return d
}

// Shutdown tells every client that the server restarts, and returns when the last
// is gone: nil, some seconds later at most, or the error of ctx. New clients are
// answered 503.
func (d *door) Shutdown(ctx context.Context) error {
	d.mu.Lock()
	d.closing = true
	d.mu.Unlock()
	d.cancel()
	gone := make(chan struct{})
	go func() {
		d.clients.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter counts one more client.
func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closing {
		d.clients.Add(1)
	}
	return !d.closing
}

// ServeHTTP answers 403 for a wrong Host or Origin, 400 without a subprotocol of
// ours, 401 for an unknown client, 503 while nobody is let in; and it upgrades the rest.
func (d *WebSocket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.refuses(w, r) {
		return
	}
	protocol, enc := chooseProtocol(r.Header)
	if protocol == "" {
		http.Error(w, "ask for the subprotocol "+protocolJSON+" or "+protocolXML, http.StatusBadRequest)
		return
	}
	who, err := d.identify(r)
	var notReady *session.NotReady
	if errors.As(err, &notReady) { // who he is, it will tell when he comes again
		http.Error(w, notReady.Err.Error(), http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		d.log.Debug("WebSocket of an unknown client", "from", r.RemoteAddr, "err", err)
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	if !d.enter() {
		http.Error(w, "the server is ending", http.StatusServiceUnavailable)
		return
	}
	c, err := upgrade(w, r, protocol)
	if err != nil {
		d.clients.Done()
		d.log.Debug("WebSocket handshake failed", "from", r.RemoteAddr, "err", err)
		return // it has been answered
	}
	// Not on this goroutine: it would keep the request, its buffers and net/http's deep
	// stack for as long as the client stays, some 10 KB.
	go d.serve(c, who, enc)
}

// refuses answers a request that does not come from a page that may connect.
func (d *door) refuses(w http.ResponseWriter, r *http.Request) bool {
	why := d.guard.foreign(r)
	if why == "" {
		return false
	}
	d.log.Log(r.Context(), d.warned.level(), "WebSocket refused", "why", why,
		"host", r.Host, "origin", r.Header.Get("Origin"), "from", r.RemoteAddr)
	http.Error(w, why, http.StatusForbidden)
	return true
}

// identify is who asks: by the cookie on pages of ours, by a ticket on others (row F1).
func (d *WebSocket) identify(r *http.Request) (*session.SignedIn, error) {
	if origin := r.Header.Get("Origin"); d.guard.elsewhere(origin) {
		return d.opts.Sessions.Redeem(ticketOf(r.Header), strings.ToLower(origin))
	}
	return d.opts.Identify(r)
}

// ticketOf is the ticket among the wishes for a subprotocol, the one header of a
// WebSocket's handshake that a page may choose; an address would end up in logs.
func ticketOf(h http.Header) string {
	for _, list := range h.Values("Sec-WebSocket-Protocol") {
		for wish := range strings.SplitSeq(list, ",") {
			if code, ok := strings.CutPrefix(strings.TrimSpace(wish), "ticket."); ok {
				return code
			}
		}
	}
	return ""
}

func (d *WebSocket) serve(c *wsConn, who *session.SignedIn, enc session.Encoding) {
	defer d.clients.Done()
	defer c.finish()
	defer survive(d.log)
	_ = d.opts.Sessions.ServeEvents(d.ctx, c, who, enc) // logged there
}

// chooseProtocol takes the first of the client's wishes that we know.
func chooseProtocol(h http.Header) (string, session.Encoding) {
	for _, list := range h.Values("Sec-WebSocket-Protocol") {
		for wish := range strings.SplitSeq(list, ",") {
			switch wish = strings.TrimSpace(wish); wish {
			case protocolJSON:
				return wish, session.JSON
			case protocolXML:
				return wish, session.XML
			}
		}
	}
	return "", session.JSON
}

// upgrade shakes hands. Errors have been answered.
func upgrade(w http.ResponseWriter, r *http.Request, protocol ...string) (*wsConn, error) {
	lean := &leanWriter{ResponseWriter: w}
	ws, err := websocket.Accept(lean, r, &websocket.AcceptOptions{
		Subprotocols:       protocol,
		InsecureSkipVerify: true, // foreign has looked, and more strictly
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxMessage)
	lean.c.ws = ws
	return lean.c, nil
}

// leanWriter gives the library a small connection of ours in the place of net/http's
// with its buffers of 4 KiB each way.
type leanWriter struct {
	http.ResponseWriter
	c *wsConn
}

// Hijack is called by websocket.Accept.
func (w *leanWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ := rw.Peek(rw.Reader.Buffered()) // frames sent with the handshake
	w.c = newWSConn(nc, append([]byte(nil), early...))
	bare := (*bareConn)(w.c)
	return bare, bufio.NewReadWriter(bufio.NewReaderSize(bare, smallBuffer), bufio.NewWriterSize(bare, smallBuffer)), nil
}
