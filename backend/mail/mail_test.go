package mail

import (
	"context"
	"errors"
	"log/slog"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// post is a Sender over a function, running until the test's end, and its log.
func post(t *testing.T, deliver func(context.Context, Letter) error) (s *Sender, log *strings.Builder, stop func()) {
	t.Helper()
	log = &strings.Builder{}
	s = New(Options{Host: "mail.example", Log: slog.New(slog.NewTextHandler(log, nil))})
	s.deliver = deliver
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return s, log, stop
}

var letter = Letter{To: "ada@example.com", Subject: "A new password", Text: "https://cti.example/secret-link"}

// TestRetry: a failure is tried again after each pause, and given up after the last; a
// refusal for good, at once. No text is in the log.
func TestRetry(t *testing.T) {
	temporary, refused := errors.New("connection refused"), &textproto.Error{Code: 550, Msg: "no such user"}
	all := []time.Duration{0, 5 * time.Second, 35 * time.Second, 155 * time.Second, 395 * time.Second}
	for _, c := range []struct {
		name   string
		errs   []error // of the tries; then none
		want   []time.Duration
		logged string
	}{
		{"sent", nil, all[:1], "letter sent"},
		{"second try", []error{temporary}, all[:2], "letter sent"},
		{"busy", []error{&textproto.Error{Code: 451, Msg: "later"}}, all[:2], "letter sent"},
		{"last try", []error{temporary, temporary, temporary, temporary}, all, "letter sent"},
		{"given up", []error{temporary, temporary, temporary, temporary, temporary}, all, `tries=5 error="connection refused"`},
		{"refused", []error{refused}, all[:1], "tries=1 error=\"550 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var tries []time.Duration
				s, log, stop := post(t, func(context.Context, Letter) error {
					tries = append(tries, time.Since(begin))
					if n := len(tries); n <= len(c.errs) {
						return c.errs[n-1]
					}
					return nil
				})
				if err := s.Send(letter); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Hour)
				stop()
				if len(tries) != len(c.want) {
					t.Fatalf("tries at %v, want %v", tries, c.want)
				}
				for i := range tries {
					if tries[i] != c.want[i] {
						t.Errorf("tries at %v, want %v", tries, c.want)
					}
				}
				if s.left() != 0 || !strings.Contains(log.String(), c.logged) || strings.Contains(log.String(), "secret") {
					t.Errorf("%d left, log:\n%s", s.left(), log)
				}
			})
		})
	}
	var total time.Duration
	for _, p := range pauses {
		total += p + tryFor
	}
	if total >= 10*time.Minute {
		t.Errorf("tried for %v, longer than a link lasts", total)
	}
}

// TestOthersGoOn: a letter that waits for its next try holds no other back.
func TestOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		sent := map[string]time.Duration{}
		s, _, _ := post(t, func(_ context.Context, l Letter) error {
			if l.Subject == "bad" && time.Since(begin) < time.Minute {
				return errors.New("not yet")
			}
			sent[l.Subject] = time.Since(begin)
			return nil
		})
		for _, subject := range []string{"bad", "good"} {
			if err := s.Send(Letter{To: "ada@example.com", Subject: subject}); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Hour)
		synctest.Wait()
		if sent["good"] != 0 || sent["bad"] != 155*time.Second || len(sent) != 2 {
			t.Errorf("sent at %v", sent)
		}
	})
}

// TestQueue: it is bounded, in whatever state the letters are, and its end is told.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, stop := post(t, func(ctx context.Context, _ Letter) error {
			<-ctx.Done() // a server that says nothing
			return ctx.Err()
		})
		var mu sync.Mutex
		taken, full := 0, 0
		var wg sync.WaitGroup
		for range 2 * maxWaiting {
			wg.Go(func() {
				err := s.Send(letter)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					taken++
				case errors.Is(err, ErrFull):
					full++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken != maxWaiting || full != maxWaiting {
			t.Errorf("%d taken, %d not", taken, full)
		}
		<-time.After(tryFor + time.Second)
		if err := s.Send(letter); !errors.Is(err, ErrFull) {
			t.Errorf("one that is tried again has gone: %v", err)
		}
		stop()
		if !strings.Contains(log.String(), "letters=100") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestNoServer(t *testing.T) {
	s := New(Options{From: "x"})
	if s != nil {
		t.Fatal("a sender without a server")
	}
	if err := s.Send(letter); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx) // returns
}

// TestSendRefuses: what could end a header and begin another.
func TestSendRefuses(t *testing.T) {
	s := New(Options{Host: "mail.example"})
	for _, l := range []Letter{
		{To: "", Subject: "x"}, {To: "ada"}, {To: "Ada <ada@example.com>"}, {To: "a@b.example, c@d.example"}, {To: "ada@example.com\r\nBcc: eve@example.com"},
		{To: "ada@example.com", Subject: "x\r\nBcc: eve@example.com"}, {To: "ada@example.com", Subject: "x\n"},
	} {
		if err := s.Send(l); err == nil {
			t.Errorf("%+v is taken", l)
		}
	}
}
