package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"

	"crypto/tls"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

const (
	pendingWebSocket = 512 << 10 // bytes, then the client is slow
	maxMessage       = 32 << 10  // bytes
	smallBuffer      = 512       // bytes; must hold a whole control frame, 127
)

// wsConn is a session.Conn of WebSocket text messages. The library reads, and
// answers pings; messages are framed here (RFC 6455, section 5.2) and leave by the
// wire, as the library's own control frames do.
type wsConn struct {
	wire
	ws    *websocket.Conn
	early []byte // came with the handshake

	// Of the reader.
	silence time.Duration
	pinged  bool // and nothing heard since
}

func newWSConn(nc net.Conn, early []byte) *wsConn {
	if t, ok := nc.(*tls.Conn); ok {
		tune(t.NetConn())
	} else {
		tune(nc)
	}
	c := &wsConn{early: early}
	c.init(nc, pendingWebSocket)
	return c
}

// ReadFrame returns the next text message. Any byte from the client ends a silence,
// pongs too: half-way through one it is pinged. limit is that of the library, which
// closes with 1009 beyond it.
func (c *wsConn) ReadFrame(_ int, silence time.Duration) ([]byte, error) {
	c.silence, c.pinged = silence, false
	// A context that can end would close the connection without a word; and it costs a
	// timer. Close wakes the reader instead.
	kind, message, err := c.ws.Read(context.Background())
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		return nil, session.ErrTooLong
	case websocket.CloseStatus(err) != -1:
		return nil, io.EOF
	case err != nil:
		return nil, c.readError(err)
	case kind != websocket.MessageText || !utf8.Valid(message):
		return nil, session.ErrEncoding
	}
	return message, nil
}

// Stage appends a text message.
func (c *wsConn) Stage(frame []byte) error { return c.stage(frame, appendText) }

func (c *wsConn) Flush() error { return c.flush() }

// Close makes farewell and a close frame the last to leave.
func (c *wsConn) Close(farewell []byte, code int, reason string) {
	c.end(func(b []byte) []byte {
		if farewell != nil {
			b = appendText(b, farewell)
		}
		return appendClose(b, code, reason)
	})
}

// Known has nothing to tell: the request was identified before the upgrade.
func (c *wsConn) Known() {}

const (
	opText  = 0x81 // FIN set
	opClose = 0x88
	opPing  = 0x89
	opMask  = 0x0F

	maxControl = 125 // bytes of a control frame's payload
)

func appendText(b, p []byte) []byte {
	switch n := len(p); {
	case n <= 125:
		b = append(b, opText, byte(n))
	case n <= 0xFFFF:
		b = append(b, opText, 126, byte(n>>8), byte(n))
	default:
		b = append(b, opText, 127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, p...)
}

func appendClose(b []byte, code int, reason string) []byte {
	for len(reason) > maxControl-2 {
		_, n := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-n]
	}
	b = append(b, opClose, byte(2+len(reason)), byte(code>>8), byte(code))
	return append(b, reason...)
}

// bareConn is the connection as the library sees it: what it reads is watched for
// silence, what it writes are whole control frames, and its Close is not the end.
type bareConn wsConn

func (b *bareConn) Read(p []byte) (int, error) {
	if len(b.early) > 0 {
		n := copy(p, b.early)
		if b.early = b.early[n:]; len(b.early) == 0 {
			b.early = nil
		}
		return n, nil
	}
	for {
		if err := b.arm(b.silence / 2); err != nil {
			return 0, err
		}
		n, err := b.nc.Read(p)
		if n > 0 {
			b.pinged = false
			return n, nil
		}
		if b.pinged || !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		b.pinged = true
		if _, err := b.Write([]byte{opPing, 0}); err != nil {
			return 0, err
		}
	}
}

// Write takes a control frame of the library, whole: its buffer holds one, and it
// flushes each. After a close frame nothing leaves any more.
func (b *bareConn) Write(p []byte) (int, error) {
	err := b.stage(p, func(b, frame []byte) []byte { return append(b, frame...) })
	if errors.Is(err, session.ErrClosed) {
		return len(p), nil // ours has left; the library's answer to the client's is one too many
	}
	if err == nil {
		err = b.flush()
	}
	if err != nil {
		return 0, err
	}
	if len(p) > 0 && p[0]&opMask == opClose&opMask {
		b.last()
	}
	return len(p), nil
}

// Close wakes the reader. The door closes the socket, when all has left.
func (b *bareConn) Close() error {
	b.end(func(p []byte) []byte { return p })
	return nil
}

// The rest of net.Conn, of which the library uses nothing.

func (b *bareConn) LocalAddr() net.Addr                { return b.nc.LocalAddr() }
func (b *bareConn) RemoteAddr() net.Addr               { return b.nc.RemoteAddr() }
func (b *bareConn) SetDeadline(t time.Time) error      { return b.nc.SetDeadline(t) }
func (b *bareConn) SetReadDeadline(t time.Time) error  { return b.nc.SetReadDeadline(t) }
func (b *bareConn) SetWriteDeadline(t time.Time) error { return b.nc.SetWriteDeadline(t) }
