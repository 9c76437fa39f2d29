package store

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"
)

func TestSessions(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx, token := t.Context(), sha256.Sum256([]byte("token"))
	begin := time.UnixMilli(1_700_000_000_123)
	if _, err := s.LoadSession(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Errorf("before: %v", err)
	}
	want := BrowserSession{Token: token, Operator: "ada", UID: "~ada", Seat: "00:11:22:33:44:55", Created: begin}
	if err := s.SaveSession(ctx, want); err != nil {
		t.Fatal(err)
	}
	want.Seen = begin
	// Another process, or the next one, finds it.
	again := open(t, dir)
	if got, err := again.LoadSession(ctx, token); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	want.Seat, want.Seen = "00:11:22:33:44:66", begin.Add(time.Minute)
	if err := s.SaveSession(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := again.TouchSession(ctx, token, begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	want.Seen = begin.Add(time.Hour)
	if got, err := s.LoadSession(ctx, token); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for range 2 { // the second time it is not there
		if err := s.DeleteSession(ctx, token); err != nil {
			t.Error(err)
		}
		if err := s.TouchSession(ctx, token, begin); err != nil {
			t.Error(err)
		}
		if _, err := s.LoadSession(ctx, token); !errors.Is(err, ErrNoSession) {
			t.Errorf("after: %v", err)
		}
	}
}

func TestPurgeSessions(t *testing.T) {
	s := open(t, t.TempDir())
	noon := time.UnixMilli(1_700_000_000_000)
	for i, at := range []struct{ created, seen time.Duration }{{0, 0}, {0, 5 * time.Hour}, {3 * time.Hour, 3 * time.Hour}, {4 * time.Hour, 9 * time.Hour}} {
		err := s.SaveSession(t.Context(), BrowserSession{Token: sha256.Sum256([]byte{byte(i)}), Operator: "ada", UID: "~ada", Created: noon.Add(at.created), Seen: noon.Add(at.seen)})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		created, seen time.Time
		want          int
	}{
		{time.Time{}, time.Time{}, 0},
		{time.Time{}, noon.Add(time.Hour), 1},
		{noon.Add(time.Hour), time.Time{}, 1},
		{noon.Add(time.Hour), noon.Add(8 * time.Hour), 1},
		{noon.Add(time.Hour), noon.Add(8 * time.Hour), 0},
	} {
		if n, err := s.PurgeSessions(t.Context(), c.created, c.seen); n != c.want || err != nil {
			t.Errorf("created before %v, seen before %v: %d, %v; want %d", c.created, c.seen, n, err, c.want)
		}
	}
}
