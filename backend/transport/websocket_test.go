package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

// request is a handshake, as a browser sends it.
func request(host string, headers ...string) string {
	return "GET /ws?as=ada HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
}

const wantJSON = "Sec-WebSocket-Protocol: asteriskcti.v1.json"

func TestWhoMayConnect(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.web(ln, WebSocketOptions{Hosts: []string{"cti.example", "cti.example:8443"}, Origins: []string{"https://crm.example"}})
	in := h.signIn("ada", "difference", "201")
	ticket := func() string {
		code, err := h.sessions.Ticket(in, "https://crm.example")
		if err != nil {
			t.Fatal(err)
		}
		return wantJSON + ", ticket." + code
	}
	once := ticket()
	here := ln.Addr().String()
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"same origin", request(here, wantJSON, "Origin: http://"+here), 101},
		{"same origin by TLS elsewhere", request("cti.example:8443", wantJSON, "Origin: https://cti.example:8443"), 101},
		{"the port that https implies", request("cti.example", wantJSON, "Origin: https://cti.example"), 101},
		{"localhost", request("localhost:8080", wantJSON, "Origin: http://localhost:8080"), 101},
		{"IPv6", request("[::1]:8080", wantJSON, "Origin: http://[::1]:8080"), 101},
		{"allowed origin", request("cti.example", once, "Origin: https://crm.example"), 101},
		{"allowed origin, a ticket that was used", request("cti.example", once, "Origin: https://crm.example"), 401},
		{"allowed origin without a ticket", request("cti.example", wantJSON, "Origin: https://crm.example"), 401},
		{"ticket of another origin", request("cti.example", ticket(), "Origin: https://evil.example"), 403},
		{"XML", request(here, "Sec-WebSocket-Protocol: chat, asteriskcti.v1.xml", "Origin: http://"+here), 101},
		{"no origin", request(here, wantJSON), 403},
		{"null origin", request(here, wantJSON, "Origin: null"), 403},
		{"empty origin", request(here, wantJSON, "Origin: "), 403},
		{"evil origin", request(here, wantJSON, "Origin: http://evil.example"), 403},
		{"evil origin with our name in it", request("cti.example", wantJSON, "Origin: https://cti.example.evil.example"), 403},
		{"origin with a user", request("cti.example", wantJSON, "Origin: https://cti.example@evil.example"), 403},
		{"origin with a path", request("cti.example", wantJSON, "Origin: https://cti.example/"), 403},
		{"two origins", request(here, wantJSON, "Origin: http://"+here, "Origin: http://evil.example"), 403},
		{"other port", request("cti.example", wantJSON, "Origin: https://cti.example:444"), 403},
		{"other scheme", request("cti.example", wantJSON, "Origin: ftp://cti.example"), 403},
		{"name of another, pointing here", request("evil.example", wantJSON, "Origin: http://evil.example"), 403},
		{"no subprotocol", request(here, "Origin: http://"+here), 400},
		{"other subprotocol", request(here, "Sec-WebSocket-Protocol: chat", "Origin: http://"+here), 400},
		{"unknown client", strings.Replace(request(here, wantJSON, "Origin: http://"+here), "as=ada", "as=eve", 1), 401},
		{"nobody is let in yet", strings.Replace(request(here, wantJSON, "Origin: http://"+here), "as=ada", "as=soon", 1), 503},
		{"no WebSocket", strings.Replace(request(here, wantJSON, "Origin: http://"+here), "Upgrade: websocket", "Upgrade: tea", 1), 426},
		{"old WebSocket", strings.Replace(request(here, wantJSON, "Origin: http://"+here), "Version: 13", "Version: 8", 1), 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc := dialTo(t, here)
			defer nc.Close()
			_, _ = io.WriteString(nc, c.request)
			_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second))
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Errorf("answered %s", resp.Status)
			}
			if ext := resp.Header.Get("Sec-WebSocket-Extensions"); ext != "" {
				t.Errorf("extensions %s", ext)
			}
			if c.status == 400 && c.name != "old WebSocket" {
				text, _ := io.ReadAll(resp.Body)
				if !strings.Contains(string(text), "asteriskcti.v1.json") {
					t.Errorf("says %q", text)
				}
			}
		})
	}
}

// masked is a client's frame, with a mask of zeros.
func masked(op byte, payload string) string {
	b := []byte{op}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return string(append(b, 0, 0, 0, 0)) + payload
}

// browser is a client that sees frames, for what no library would send.
type browser struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

// newBrowser shakes hands and sends early in the same packet.
func newBrowser(t *testing.T, nc net.Conn, early string) *browser {
	t.Helper()
	t.Cleanup(func() { nc.Close() })
	_, err := io.WriteString(nc, request("localhost", wantJSON, "Origin: http://localhost")+early)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, nc, bufio.NewReader(nc)}
	resp, err := http.ReadResponse(b.r, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	return b
}

func (b *browser) send(frames string) {
	b.t.Helper()
	if _, err := io.WriteString(b.nc, frames); err != nil {
		b.t.Fatal(err)
	}
}

// next is the next frame: its text, or "(ping)", "(close 1000 why)", "(closed)".
func (b *browser) next() string {
	b.t.Helper()
	_ = b.nc.SetReadDeadline(time.Now().Add(5 * time.Minute))
	op, payload, err := frame(b.r)
	switch {
	case errors.Is(err, io.EOF):
		return "(closed)"
	case err != nil:
		return "(" + err.Error() + ")"
	case op == opPing:
		return "(ping)"
	case op == 0x8A:
		return "(pong " + string(payload) + ")"
	case op == opClose:
		return fmt.Sprintf("(close %d %s)", binary.BigEndian.Uint16(payload), payload[2:])
	}
	return string(payload)
}

func (b *browser) want(texts ...string) {
	b.t.Helper()
	for _, want := range texts {
		if got := b.next(); !strings.HasPrefix(got, want) {
			b.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

const (
	snapshot    = `{"type":"snapshot"`
	notText     = `{"type":"bye","code":"protocol","reason":"only text messages in UTF-8 are understood"}`
	notTextCode = `(close 1008 only text messages in UTF-8 are understood)`
)

func TestFrames(t *testing.T) {
	ping := masked(opText, `{"id":"1","command":"ping"}`)
	for _, c := range []struct {
		name, early, send string
		want              []string
	}{
		{"with the handshake", ping + masked(opPing, "hi"), "", []string{snapshot, `{"type":"reply","id":"1"`, "(pong hi)"}},
		{"in pieces", "", masked(0x01, `{"id":"1",`) + masked(opPing, "x") + masked(0x80, `"command":"ping"}`), []string{snapshot, "(pong x)", `{"type":"reply","id":"1"`}},
		{"not UTF-8", "", masked(opText, "\xff"), []string{snapshot, notText, notTextCode, "(closed)"}},
		{"binary", "", masked(0x82, "{}"), []string{snapshot, notText, notTextCode, "(closed)"}},
		{"too long", "", masked(opText, strings.Repeat("x", maxMessage+1)), []string{snapshot, "(close 1009 ", "(closed)"}},
		{"as long as may be", "", masked(opText, strings.Repeat(" ", maxMessage-27)+`{"id":"1","command":"ping"}`), []string{snapshot, `{"type":"reply","id":"1"`}},
		{"not masked", "", "\x81\x02{}", []string{snapshot, "(close ", "(closed)"}},
		{"no such frame", "", masked(0x83, ""), []string{snapshot, "(close 1002 ", "(closed)"}},
		{"closing", "", masked(opClose, "\x03\xe8bye"), []string{snapshot, "(close 1000 bye)", "(closed)"}},
		{"gone", "", "", []string{snapshot}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			ln := loopbackListener(t)
			h.web(ln, WebSocketOptions{})
			h.signIn("ada", "difference", "201")
			b := newBrowser(t, dialTo(t, ln.Addr().String()), c.early)
			b.send(c.send)
			b.want(c.want...)
		})
	}
}

// A page whose machine is gone is pinged and found; one that answers stays.
func TestHalfOpenPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		p := newPipes()
		h.web(p, WebSocketOptions{})
		in := h.signIn("ada", "difference", "201")
		b := newBrowser(t, p.dial(), "")
		b.want(snapshot)
		began := time.Now()
		for i := range 10 {
			b.want("(ping)")
			if got := time.Since(began); got != 45*time.Second*time.Duration(i+1) {
				t.Errorf("ping %d after %s", i, got)
			}
			b.send(masked(0x8A, ""))
		}
		began = time.Now()
		b.want("(ping)", `{"type":"bye","code":"idle"`, "(close 4009 ")
		if got := time.Since(began); got != 90*time.Second {
			t.Errorf("closed after %s", got)
		}
		if in.Reason() != (session.Reason{}) {
			t.Errorf("the sign-in ended: %s", in.Reason())
		}
	})
}

// Shutdown tells every page, waits for the last, and lets no new one in.
func TestShutdown(t *testing.T) {
	h := newHouse(t)
	d := NewWebSocket(WebSocketOptions{Sessions: h.sessions, Identify: func(r *http.Request) (*session.SignedIn, error) {
		return h.in["ada"], nil
	}})
	ln := loopbackListener(t)
	srv := &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	h.doors.Go(func() { _ = srv.Serve(ln) })
	defer srv.Close()
	h.signIn("ada", "difference", "201")
	open := newBrowser(t, dialTo(t, ln.Addr().String()), "")
	open.want(snapshot)
	stuck, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Shutdown(stuck); err == nil {
		t.Error("a page that does not close: no error") // it has had no time at all
	}
	open.want(`{"type":"bye","code":"restart"`, "(close 1012 ")
	open.nc.Close()
	if err := d.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	nc := dialTo(t, ln.Addr().String())
	defer nc.Close()
	_, _ = io.WriteString(nc, request("localhost", wantJSON, "Origin: http://localhost"))
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Error(resp, err)
	}
}

// Over TLS everything is the flusher's.
func TestSecurePage(t *testing.T) {
	h := newHouse(t)
	ln := loopbackListener(t)
	h.web(tls.NewListener(ln, selfSigned(t)), WebSocketOptions{})
	h.signIn("ada", "difference", "201")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting}}
	defer client.CloseIdleConnections()
	ws, _, err := websocket.Dial(t.Context(), "wss://"+ln.Addr().String()+"/ws?as=ada", &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{protocolJSON}, HTTPHeader: http.Header{"Origin": {"https://" + ln.Addr().String()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	page := &webTalker{ws}
	if got := hear(t, page); !strings.HasPrefix(got, snapshot) {
		t.Error(got)
	}
	c := newCall(4, "PJSIP/201", "Rossi")
	h.happen(c.waits()...)
	h.happen(c.rings()...)
	if got := hear(t, page); !strings.HasPrefix(got, `{"type":"event","event":"Newchannel"`) {
		t.Error(got)
	}
	_ = ws.Close(websocket.StatusNormalClosure, "")
}
