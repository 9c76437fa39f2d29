package phone

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"time"
)

// wire is a phone's socket. It remembers the last messages that went over it, for a test that
// fails.
type wire struct {
	net.PacketConn

	mu   sync.Mutex
	last []string
}

// remembered is how many messages a phone remembers: those of a few calls.
const remembered = 200

func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := w.PacketConn.ReadFrom(b)
	if err == nil {
		w.note("<-", b[:n])
	}
	return n, from, err
}

func (w *wire) WriteTo(b []byte, to net.Addr) (int, error) {
	w.note("->", b)
	return w.PacketConn.WriteTo(b, to)
}

func (w *wire) note(way string, message []byte) {
	line := time.Now().Format("15:04:05.000 ") + way + " " + gist(message)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.last) == remembered {
		w.last = append(w.last[:0], w.last[1:]...)
	}
	w.last = append(w.last, line)
}

// gist is a message in a line: its first, which dialogue and request it is of, and what a
// transfer or a session is about.
func gist(message []byte) string {
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	b := strings.Builder{}
	b.WriteString(lines[0])
	for _, line := range lines[1:] {
		switch name, value, _ := strings.Cut(line, ":"); strings.ToLower(name) {
		case "call-id", "cseq", "from", "to", "refer-to", "replaces", "event", "subscription-state", "reason":
			b.WriteString(" | " + name + ":" + value)
		}
	}
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "a=send") || strings.HasPrefix(line, "a=recv") || strings.HasPrefix(line, "SIP/2.0") {
			b.WriteString(" | " + line)
		}
	}
	return b.String()
}

// Trace is what the phone has sent and got last, a line for each message.
func (p *Phone) Trace() string {
	p.socket.mu.Lock()
	defer p.socket.mu.Unlock()
	return strings.Join(p.socket.last, "\n")
}
