package tape_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/asteriskcti/asteriskcti/e2e/tape"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func is(n int) func(int) bool { return func(m int) bool { return m == n } }

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tp := tape.New[int]()
		tp.Add(1)
		tp.Add(2)
		if _, next, err := tp.Wait(t.Context(), 0, is(1)); next != 1 || err != nil {
			t.Errorf("what has come already: next %d, %v", next, err)
		}
		found := make(chan int)
		go func() {
			item, _, err := tp.Wait(t.Context(), 1, is(3))
			if err != nil {
				t.Error(err)
			}
			found <- item
		}()
		synctest.Wait() // it waits
		tp.Add(3)
		if item := <-found; item != 3 {
			t.Errorf("got %d", item)
		}
		if n := tp.Count(1, func(n int) bool { return n > 0 }); n != 2 || tp.Mark() != 3 {
			t.Errorf("%d behind 1, mark %d", n, tp.Mark())
		}
	})
}

func TestEnd(t *testing.T) {
	tp := tape.New[int]()
	gone, late := errors.New("gone"), errors.New("late")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := tp.Wait(ctx, 0, is(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
	tp.Add(1)
	tp.End(gone)
	tp.End(late)
	if _, _, err := tp.Wait(t.Context(), 0, is(1)); err != nil {
		t.Errorf("what came before the end: %v", err)
	}
	if _, _, err := tp.Wait(t.Context(), 1, is(1)); !errors.Is(err, gone) {
		t.Errorf("after the end: %v", err)
	}
}
