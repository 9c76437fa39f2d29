package story_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/story"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStories plays, one after another at one Asterisk, a story of each thing that
// telephones can do with a call. That each does what its name says is in the steps.
func TestStories(t *testing.T) {
	names := []string{
		"xfer-blind-refer", "xfer-blind-feature", "xfer-attended-refer", "xfer-attended-feature", "xfer-semi-attended",
		"pickup-group", "queue-freepbx-transfer", "two-calls-one-agent", "conference-three", "originate-agent-first",
	}
	for _, opt := range []struct {
		version int
		tech    string
	}{{16, lab.PJSIP}, {22, lab.PJSIP}, {16, lab.SIP}} {
		t.Run(fmt.Sprint("asterisk ", opt.version, " ", opt.tech), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			t.Cleanup(cancel)
			log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
			s := open(t, ctx, log, opt.version, opt.tech)
			played := 0
			for _, st := range story.All {
				if slices.Contains(names, st.Name) {
					began := time.Now()
					s.Play(st)
					t.Logf("%s: %v", st.Name, time.Since(began).Round(time.Millisecond))
					played++
				}
			}
			if played != len(names) {
				t.Errorf("%d stories played, want %d", played, len(names))
			}
		})
	}
}

func open(t *testing.T, ctx context.Context, log *slog.Logger, version int, tech string) *story.Stage {
	t.Helper()
	root, err := lab.Prepare(ctx, version, log)
	if err != nil {
		t.Fatal(err)
	}
	ast, err := root.Start(ctx, lab.Options{Dir: t.TempDir(), Tech: tech})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ast.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(ast.Log())
		}
	})
	watch, err := ast.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	return story.New(ctx, t, ast, watch, log)
}
