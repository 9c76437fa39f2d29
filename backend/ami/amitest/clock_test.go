package amitest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestManualClockDoesWhatFallsDue(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	c := Manual(start)
	var done []string
	note := func(s string) func() { return func() { done = append(done, s+c.Now().Sub(start).String()) } }
	c.After(2*time.Second, note("b"))
	c.After(time.Second, func() {
		note("a")()
		c.After(500*time.Millisecond, note("n")) // due within the same Advance
	})
	c.After(2*time.Second, note("c"))
	c.After(3*time.Second, note("late"))
	stopped := c.After(time.Second, note("never"))
	stopped.Stop()
	c.Advance(2 * time.Second)
	if want := []string{"a1s", "n1.5s", "b2s", "c2s"}; !slices.Equal(done, want) {
		t.Errorf("did %v, want %v", done, want)
	}
	if got := c.Now().Sub(start); got != 2*time.Second {
		t.Errorf("it is %v, want 2 s", got)
	}
}

func TestInstantClockLeaps(t *testing.T) {
	c := Instant()
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() { c.run(stop); close(ended) }()
	begin := c.Now()
	if err := c.Sleep(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := c.Now().Sub(begin); got != time.Hour {
		t.Errorf("it leapt %v, want an hour", got)
	}
	close(stop)
	<-ended
}

func TestRealClockScales(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := RealTime(0.1)
		stop := make(chan struct{})
		go c.run(stop)
		real, told := time.Now(), c.Now()
		if err := c.Sleep(context.Background(), 30*time.Second); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(real); got != 3*time.Second {
			t.Errorf("30 told seconds took %v, want 3 s", got)
		}
		if got := c.Now().Sub(told); got != 30*time.Second {
			t.Errorf("it is %v later, want 30 s", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep = %v", err)
		}
		close(stop)
		synctest.Wait()
	})
}

func TestEscapeC(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"plain 100% = yes & no":            "plain 100% = yes & no",
		`O'Brien`:                          `O\'Brien`,
		`"Big" Co`:                         `\"Big\" Co`,
		"http://crm.example/?id=1":         `http://crm.example/\?id=1`,
		"a\r\nEvent: Hangup\r\n\r\nb\tc\\": `a\r\nEvent: Hangup\r\n\r\nb\tc\\`,
		"Zoë Müller":                       "Zoë Müller",
	} {
		if got := escapeC(in); got != want {
			t.Errorf("escapeC(%q) = %q, want %q", in, got, want)
		}
	}
}
