package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/tape"
)

// Event is one message of the manager interface: its headers, first value each.
type Event map[string]string

// Watch is a second manager session, with which tests see what Asterisk itself
// says. It keeps every message.
type Watch struct {
	conn net.Conn
	*tape.Tape[Event]
	ended  chan struct{} // closed when nothing is read any more
	nudges sync.WaitGroup
}

// Watch opens a session that sees calls and variables.
func (a *Asterisk) Watch(ctx context.Context) (*Watch, error) {
	w, err := a.open(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	err = w.Do(ctx, "Login", "Username", watchUser, "Secret", ManagerSecret, "Events", "on")
	if err == nil {
		_, _, err = w.Wait(ctx, 0, func(e Event) bool { return e["Event"] == "FullyBooted" })
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("lab: manager session: %w", err)
	}
	w.nudges.Go(w.nudge)
	return w, nil
}

// nudge has Asterisk send what it may have forgotten. A session's thread that goes to sleep while
// an event is queued for it may miss that, and sleeps until the next event, or action: the last
// events of a call then stay away as long as nothing else happens (asterisk/asterisk issue 2145, seen
// at 16 and 22).
func (w *Watch) nudge() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-w.ended:
			return
		}
		if _, err := w.conn.Write([]byte("Action: Ping\r\n\r\n")); err != nil {
			return
		}
	}
}

// Record opens a session as the server's, with events of the same classes, and writes
// every byte that Asterisk sends to raw, until Close has returned.
func (a *Asterisk) Record(ctx context.Context, raw io.Writer, classes string) (*Watch, error) {
	w, err := a.open(ctx, raw)
	if err != nil {
		return nil, err
	}
	if err = w.Do(ctx, "Login", "Username", ManagerUser, "Secret", ManagerSecret, "Events", "off"); err == nil {
		err = w.Do(ctx, "Events", "EventMask", classes)
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("lab: manager session: %w", err)
	}
	return w, nil
}

func (a *Asterisk) open(ctx context.Context, raw io.Writer) (*Watch, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", a.AMI.String())
	if err != nil {
		return nil, err
	}
	w := &Watch{conn: conn, Tape: tape.New[Event](), ended: make(chan struct{})}
	go w.read(io.TeeReader(conn, raw))
	return w, nil
}

// Close ends the session.
func (w *Watch) Close() {
	w.conn.Close()
	<-w.ended
	w.nudges.Wait()
}

// Do sends an action and waits for its response, which must be Success.
func (w *Watch) Do(ctx context.Context, action string, headers ...string) error {
	_, _, err := w.do(ctx, action, headers)
	return err
}

// List sends an action that is answered by a list and returns it, without the event that
// ends it.
func (w *Watch) List(ctx context.Context, action string, headers ...string) (list []Event, err error) {
	id, mark, err := w.do(ctx, action, headers)
	if err != nil {
		return nil, err
	}
	for {
		var e Event
		if e, mark, err = w.Wait(ctx, mark, func(e Event) bool { return e["Event"] != "" && e["ActionID"] == id }); err != nil {
			return nil, fmt.Errorf("%s: %w", action, err)
		}
		if e["EventList"] == "Complete" {
			return list, nil
		}
		list = append(list, e)
	}
}

// do returns also the action's id, and the mark behind its response.
func (w *Watch) do(ctx context.Context, action string, headers []string) (id string, next int, err error) {
	mark := w.Mark()
	id = fmt.Sprintf("%s-%d", action, mark)
	var b strings.Builder
	fmt.Fprintf(&b, "Action: %s\r\nActionID: %s\r\n", action, id)
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	b.WriteString("\r\n")
	if _, err := w.conn.Write([]byte(b.String())); err != nil {
		return id, mark, err
	}
	got, next, err := w.Wait(ctx, mark, func(e Event) bool { return e["Response"] != "" && e["ActionID"] == id })
	if err != nil {
		return id, next, fmt.Errorf("%s: %w", action, err)
	}
	if got["Response"] != "Success" {
		return id, next, fmt.Errorf("%s: %s: %s", action, got["Response"], got["Message"])
	}
	return id, next, nil
}

// Quiet waits until Asterisk has no channel: every call of a test is over, and
// every event about it has been sent.
func (w *Watch) Quiet(ctx context.Context) error {
	// Asked again and again, since a channel may leave the list after its Hangup.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		mark := w.Mark()
		if err := w.Do(ctx, "CoreShowChannels"); err != nil {
			return err
		}
		end, _, err := w.Wait(ctx, mark, func(e Event) bool { return e["Event"] == "CoreShowChannelsComplete" })
		if err != nil {
			return err
		}
		if end["ListItems"] == "0" {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s channels are still there: %w", end["ListItems"], ctx.Err())
		}
	}
}

func (w *Watch) read(from io.Reader) {
	defer close(w.ended)
	lines := bufio.NewReader(from)
	e := Event{}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			w.End(fmt.Errorf("Asterisk closed the manager session: %w", err))
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			w.Add(e)
			e = Event{}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		if _, twice := e[name]; !twice {
			e[name] = strings.TrimPrefix(value, " ")
		}
	}
}
