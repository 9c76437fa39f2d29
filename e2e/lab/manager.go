package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// Event is one message of the manager interface: its headers, first value each.
type Event map[string]string

// Watch is a second manager session, with which tests see what Asterisk itself
// says. It keeps every event, so that Wait may ask for one that has already come.
type Watch struct {
	conn net.Conn

	mu     sync.Mutex
	seen   []Event
	more   chan struct{} // closed and replaced at every message
	closed error
}

// Watch opens a session that sees calls and variables.
func (a *Asterisk) Watch(ctx context.Context) (*Watch, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", a.AMI.String())
	if err != nil {
		return nil, err
	}
	w := &Watch{conn: conn, more: make(chan struct{})}
	go w.read()
	err = w.Do(ctx, "Login", "Username", watchUser, "Secret", ManagerSecret, "Events", "on")
	if err == nil {
		_, err = w.Wait(ctx, 0, func(e Event) bool { return e["Event"] == "FullyBooted" })
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("lab: manager session: %w", err)
	}
	return w, nil
}

// Close ends the session.
func (w *Watch) Close() { w.conn.Close() }

// Mark is the number of events so far: Wait and Count look behind it.
func (w *Watch) Mark() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen)
}

// Wait returns the first event behind mark for which want holds, waiting for it
// until ctx ends.
func (w *Watch) Wait(ctx context.Context, mark int, want func(Event) bool) (Event, error) {
	for {
		w.mu.Lock()
		for ; mark < len(w.seen); mark++ {
			if want(w.seen[mark]) {
				e := w.seen[mark]
				w.mu.Unlock()
				return e, nil
			}
		}
		more, closed := w.more, w.closed
		w.mu.Unlock()
		if closed != nil {
			return nil, closed
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Count says how many events behind mark hold.
func (w *Watch) Count(mark int, want func(Event) bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.seen[mark:] {
		if want(e) {
			n++
		}
	}
	return n
}

// Do sends an action and waits for its response, which must be Success.
func (w *Watch) Do(ctx context.Context, action string, headers ...string) error {
	mark := w.Mark()
	id := fmt.Sprintf("%s-%d", action, mark)
	var b strings.Builder
	fmt.Fprintf(&b, "Action: %s\r\nActionID: %s\r\n", action, id)
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	b.WriteString("\r\n")
	if _, err := w.conn.Write([]byte(b.String())); err != nil {
		return err
	}
	got, err := w.Wait(ctx, mark, func(e Event) bool { return e["Response"] != "" && e["ActionID"] == id })
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if got["Response"] != "Success" {
		return fmt.Errorf("%s: %s: %s", action, got["Response"], got["Message"])
	}
	return nil
}

// Quiet waits until Asterisk has no channel: every call of a test is over, and
// every event about it has been sent.
func (w *Watch) Quiet(ctx context.Context) error {
	for {
		mark := w.Mark()
		if err := w.Do(ctx, "CoreShowChannels"); err != nil {
			return err
		}
		end, err := w.Wait(ctx, mark, func(e Event) bool { return e["Event"] == "CoreShowChannelsComplete" })
		if err != nil {
			return err
		}
		if end["ListItems"] == "0" {
			return nil
		}
		if _, err := w.Wait(ctx, mark, func(e Event) bool { return e["Event"] == "Hangup" }); err != nil {
			return fmt.Errorf("%s channels are still there: %w", end["ListItems"], err)
		}
	}
}

func (w *Watch) read() {
	lines := bufio.NewReader(w.conn)
	e := Event{}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			w.mu.Lock()
			w.closed = errors.Join(errors.New("Asterisk closed the session"), err)
			close(w.more)
			w.mu.Unlock()
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if line != "" {
			name, value, _ := strings.Cut(line, ":")
			if _, twice := e[name]; !twice {
				e[name] = strings.TrimPrefix(value, " ")
			}
			continue
		}
		w.mu.Lock()
		w.seen = append(w.seen, e)
		close(w.more)
		w.more = make(chan struct{})
		w.mu.Unlock()
		e = Event{}
	}
}
