// Package tape records what comes in and lets tests wait for it: nothing is missed
// because nobody was looking, and nothing is waited for by the clock.
package tape

import (
	"context"
	"sync"
)

// Tape is a growing record of items. Its methods may be called from any goroutine.
type Tape[T any] struct {
	mu    sync.Mutex
	items []T
	ended error
	more  chan struct{} // closed and replaced whenever something changes
}

// New is an empty tape.
func New[T any]() *Tape[T] { return &Tape[T]{more: make(chan struct{})} }

// Add records an item.
func (t *Tape[T]) Add(item T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.items = append(t.items, item)
	t.turn()
}

// End says that nothing will come any more, and why. Only the first end counts.
func (t *Tape[T]) End(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended == nil {
		t.ended = why
		t.turn()
	}
}

func (t *Tape[T]) turn() {
	close(t.more)
	t.more = make(chan struct{})
}

// Mark is the number of items so far: the other methods look behind one.
func (t *Tape[T]) Mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.items)
}

// Since returns what came behind mark.
func (t *Tape[T]) Since(mark int) []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]T(nil), t.items[mark:]...)
}

// Wait returns the first item behind mark that is wanted, and the mark behind that
// item. It waits until the tape or ctx ends.
func (t *Tape[T]) Wait(ctx context.Context, mark int, wanted func(T) bool) (item T, next int, err error) {
	for {
		t.mu.Lock()
		for ; mark < len(t.items); mark++ {
			if wanted(t.items[mark]) {
				item = t.items[mark]
				t.mu.Unlock()
				return item, mark + 1, nil
			}
		}
		more, ended := t.more, t.ended
		t.mu.Unlock()
		if ended != nil {
			return item, mark, ended
		}
		select {
		case <-more:
		case <-ctx.Done():
			return item, mark, ctx.Err()
		}
	}
}

// Count says how many items behind mark are wanted.
func (t *Tape[T]) Count(mark int, wanted func(T) bool) (n int) {
	for _, item := range t.Since(mark) {
		if wanted(item) {
			n++
		}
	}
	return n
}
