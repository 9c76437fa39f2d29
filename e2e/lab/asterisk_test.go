package lab_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStart boots each version, restarts it and finds it usable.
func TestStart(t *testing.T) {
	for _, version := range []int{16, 22} {
		t.Run(map[int]string{16: "asterisk 16", 22: "asterisk 22"}[version], func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			root, err := lab.Prepare(ctx, version, slog.New(slog.NewTextHandler(t.Output(), nil)))
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			a, err := root.Start(ctx, lab.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("Asterisk %s booted in %v", root.Released, time.Since(began).Round(time.Millisecond))
			quiet(t, ctx, a)
			a.Kill()
			if err := a.Restart(ctx); err != nil {
				t.Fatal(err)
			}
			quiet(t, ctx, a)
			began = time.Now()
			if err := a.Stop(); err != nil {
				t.Error(err)
			}
			t.Logf("stopped in %v", time.Since(began).Round(time.Millisecond))
			t.Log(a.Log())
		})
	}
}

func quiet(t *testing.T, ctx context.Context, a *lab.Asterisk) {
	t.Helper()
	w, err := a.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Quiet(ctx); err != nil {
		t.Error(err)
	}
}
