package pbx

import "sync"

// Batch is the events of one read from Asterisk, in order. Batches travel whole
// from the interpreter to the tracker: one hand-over and one flush per read.
type Batch struct{ Events []Event }

var batches = sync.Pool{New: func() any { return &Batch{Events: make([]Event, 0, 64)} }}

// NewBatch is an empty batch, possibly one that was released.
func NewBatch() *Batch { return batches.Get().(*Batch) }

// Release gives b back. The caller must not touch it again, nor keep a string of
// its events without cloning it.
func (b *Batch) Release() {
	clear(b.Events)
	b.Events = b.Events[:0]
	batches.Put(b)
}
