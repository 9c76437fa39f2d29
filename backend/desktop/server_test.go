package desktop_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/desktop"
)

// server is the real one, with its simulated Asterisk; it returns its line door.
func server(t *testing.T) (at string) {
	t.Helper()
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- app.RunDemo(ctx, app.DemoOptions{HTTP: "127.0.0.1:0", TCP: "127.0.0.1:0", Every: 20 * time.Second, Log: slog.New(slog.DiscardHandler), Version: "test", Out: in})
		in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		out.Close()
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		if err != nil {
			t.Fatalf("%v after %s", err, text.String())
		}
		text.Write(buf[:n])
		if m := regexp.MustCompile(`--server (\S+) `).FindStringSubmatch(text.String()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m[1]
		}
	}
}

// agent is a client and what it has been told so far.
type agent struct {
	*desktop.Client
	t     *testing.T
	state desktop.State
	news  chan desktop.News
	done  chan error
	quit  context.CancelFunc
	conn  net.Conn // the newest; read after news that came through it
}

func sitDown(t *testing.T, at, password, seat string, opened chan<- []string) *agent {
	t.Helper()
	dial, err := desktop.Config{Server: at}.Dialer()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &agent{t: t, news: make(chan desktop.News, 1000), done: make(chan error, 1), quit: cancel}
	a.Client = desktop.New(desktop.Options{
		User: "ada", MD5Hex: desktop.MD5Hex(password), Seat: seat,
		Connect: func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			a.conn = conn
			return conn, err
		},
		Opener: &desktop.Opener{Start: func(argv []string) error { opened <- argv; return nil }},
	})
	ended := make(chan struct{})
	go func() {
		a.done <- a.Run(ctx, func(n desktop.News) { a.news <- n })
		close(ended)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return a
}

// until takes news in until good is true of the state.
func (a *agent) until(what string, good func(*desktop.State) bool) {
	a.t.Helper()
	patience := time.After(20 * time.Second)
	for !good(&a.state) {
		select {
		case n := <-a.news:
			if said := a.state.Apply(n, time.Now()); said != "" {
				a.t.Log(said)
			}
		case <-patience:
			a.t.Fatalf("not %s: %+v", what, a.state)
		}
	}
}

func (a *agent) do(c desktop.Command) {
	a.t.Helper()
	if err := a.Do(c); err != nil {
		a.t.Error(err)
	}
}

// TestRealServer is an agent's morning: signed in, member of the queue, paused and back,
// a call whose page opens, cut off and back, and replaced by another client.
func TestRealServer(t *testing.T) {
	at := server(t)
	opened := make(chan []string, 10)
	const seat = "02:00:00:00:00:01"
	ada := sitDown(t, at, "demo-ada", seat, opened)
	ada.until("signed in", func(s *desktop.State) bool {
		return s.Link == desktop.In && s.Duty != "" && len(s.Reasons) > 0 && len(s.Contexts) > 0 && slices.ContainsFunc(s.Queues, func(q desktop.Queue) bool { return q.Member })
	})
	ada.do(desktop.Pause(ada.state.Reasons[1], false))
	ada.until("paused", func(s *desktop.State) bool { return s.Duty == "paused" && s.Reason == s.Reasons[1] })
	ada.do(desktop.Resume)
	ada.until("back", func(s *desktop.State) bool { return s.Duty != "paused" })
	ada.until("in a call", func(s *desktop.State) bool {
		return len(s.Calls) > 0 && s.Calls[0].Phase == desktop.Talking && s.Calls[0].Number != "" && s.Calls[0].Opened != ""
	})
	select {
	case argv := <-opened:
		if page := argv[len(argv)-1]; !strings.HasPrefix(page, "http://127.0.0.1:") || !strings.Contains(page, "/demo/customer?id=") {
			t.Errorf("opened %q", argv)
		}
	default: // where there is no way to a browser, that was said
		if !strings.HasPrefix(ada.state.Calls[0].Opened, "not opened: page http://127.0.0.1:") {
			t.Error(ada.state.Calls[0].Opened)
		}
	}
	ada.conn.Close()
	cut := time.Now()
	ada.until("cut off", func(s *desktop.State) bool { return s.Link != desktop.In })
	ada.until("back in", func(s *desktop.State) bool { return s.Link == desktop.In && s.Duty != "" })
	if back := time.Since(cut); back > 10*time.Second {
		t.Errorf("it took %v", back)
	}
	again := sitDown(t, at, "demo-ada", seat, opened)
	again.until("signed in", func(s *desktop.State) bool { return s.Link == desktop.In })
	if err := <-ada.done; !errors.Is(err, desktop.ErrReplaced) {
		t.Errorf("replaced: %v", err)
	}
	again.quit()
	if err := <-again.done; err != nil {
		t.Error(err)
	}
	wrong := sitDown(t, at, "wrong", seat, opened)
	if err := <-wrong.done; !errors.Is(err, desktop.ErrPassword) {
		t.Errorf("wrong password: %v", err)
	}
	lost := sitDown(t, at, "demo-ada", "02:00:00:00:99:99", opened)
	if err := <-lost.done; err == nil || err.Error() != "the server refuses: unknown seat 02:00:00:00:99:99" {
		t.Errorf("unknown seat: %v", err)
	}
}
