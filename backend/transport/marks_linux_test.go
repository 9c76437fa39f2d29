package transport

import (
	"testing"
	"time"
)

// An agent who stops reading is cut; nobody else loses a message (F5).
func TestStalledAgentHarmsNobody(t *testing.T) {
	const n = 10
	s := launch(t)
	w := start(t, "ours", s, n).(*ours)
	s.order("stall 0")
	told := 0
	for w.h.sessions.Stats().Slow == 0 {
		for i := range n {
			w.tell(i, time.Now())
		}
		for range 20 {
			w.tell(0, time.Now())
		}
		w.flush()
		if told += n - 1; told > 1_000_000 {
			t.Fatal("never cut")
		}
	}
	for range 100 {
		for i := range n {
			w.tell(i, time.Now())
		}
		w.flush()
		told += n - 1
	}
	if got := settled(s, told); got.Messages != told {
		t.Errorf("the others had %d messages of %d", got.Messages, told)
	}
}

// Memory of an idle agent, sign-in included, against the library as it comes (F3).
func TestIdleAgentIsSmall(t *testing.T) {
	const n = 200
	theirs := idleMemory(t, "coder", n)
	ours := idleMemory(t, "ours", n)
	t.Logf("ours %.1f KB, the library's %.1f KB", ours/1024, theirs/1024)
	if ours > 0.7*theirs {
		t.Errorf("ours %.1f KB, more than 0.7 times %.1f KB", ours/1024, theirs/1024)
	}
}
