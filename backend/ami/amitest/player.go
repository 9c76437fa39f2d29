package amitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Recording is what an Asterisk sent once.
type Recording struct {
	Greeting string // its first line, without line end
	Text     []byte // the events, as they were, in order
}

// ReadRecording takes the bytes a real Asterisk sent to a client. The greeting and
// the answers to that client's actions are left out: they mean nothing to another
// client. So is FullyBooted, which came because that client signed in. Everything
// else stays byte for byte, forged and broken blocks too.
func ReadRecording(sent []byte) (*Recording, error) {
	greeting, rest, ok := bytes.Cut(sent, []byte("\r\n"))
	if !ok || !bytes.HasPrefix(greeting, []byte("Asterisk Call Manager/")) {
		return nil, errors.New("not a recording of AMI: it begins with no greeting")
	}
	r := &Recording{Greeting: string(greeting)}
	for len(rest) > 0 {
		block := rest
		if i := bytes.Index(rest, []byte("\r\n\r\n")); i >= 0 {
			block = rest[:i+4]
		}
		if bytes.HasPrefix(block, []byte("Response: Follows")) {
			if i := bytes.Index(rest, []byte("--END COMMAND--\r\n\r\n")); i >= 0 {
				block = rest[:i+len("--END COMMAND--\r\n\r\n")]
			}
		}
		rest = rest[len(block):]
		if !answer(block) {
			r.Text = append(r.Text, block...)
		}
	}
	return r, nil
}

// answer tells a response, or an item of a list that one announced.
func answer(block []byte) bool {
	if bytes.HasPrefix(block, []byte("Response: ")) || bytes.HasPrefix(block, []byte("Event: FullyBooted\r\n")) {
		return true
	}
	return bytes.HasPrefix(block, []byte("Event: ")) && bytes.Contains(block, []byte("\r\nActionID: ")) &&
		!bytes.HasPrefix(block, []byte("Event: OriginateResponse\r\n"))
}

// Pace is how a recording is written. The zero value writes it at once.
type Pace struct {
	Chunk      int           // bytes per write; 0: all in one
	PerMessage bool          // one write per message, as Asterisk does it; Chunk counts for nothing
	Pause      time.Duration // told time between two writes
}

// ErrNoClient is given when nobody has signed in.
var ErrNoClient = errors.New("no client has signed in")

// Play writes a recording to every client that has signed in, to one after the
// other, each after all that it was told before. It returns when all is written.
func (s *Server) Play(ctx context.Context, r *Recording, p Pace) error {
	clients := s.loggedIn()
	if len(clients) == 0 {
		return ErrNoClient
	}
	for _, n := range clients {
		if err := n.play(ctx, r.Text, p); err != nil {
			return fmt.Errorf("play: %w", err)
		}
	}
	return nil
}

func (n *session) play(ctx context.Context, b []byte, p Pace) error {
	if err := n.drain(ctx); err != nil {
		return err
	}
	n.wire.Lock()
	defer n.wire.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = n.conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	for len(b) > 0 {
		size := p.next(b)
		if err := n.send(ctx, b[:size]); err != nil {
			return err
		}
		b = b[size:]
		if p.Pause > 0 && len(b) > 0 {
			if err := n.pause(ctx, p.Pause); err != nil {
				return err
			}
		}
	}
	return nil
}

// next is how many bytes the next write has.
func (p Pace) next(b []byte) int {
	if p.PerMessage {
		if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
			return i + 4
		}
		return len(b)
	}
	if p.Chunk > 0 {
		return min(p.Chunk, len(b))
	}
	return len(b)
}

// Drain returns when all that was told so far has been handed to the network.
func (s *Server) Drain(ctx context.Context) error {
	for _, n := range s.all() {
		if err := n.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (n *session) drain(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		n.mu.Lock()
		n.changed.Broadcast()
		n.mu.Unlock()
	})
	defer stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for (len(n.pending) > 0 || n.writing) && !n.closed && ctx.Err() == nil {
		n.changed.Wait()
	}
	if n.closed {
		return ErrClosed
	}
	return ctx.Err()
}
