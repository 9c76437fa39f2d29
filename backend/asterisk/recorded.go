package asterisk

import "github.com/asteriskcti/asteriskcti/backend/ami"

// Recorded believes what a Link would have believed, for a recording of one. One
// goroutine only.
type Recorded struct {
	guard guard
	idle  resync // asks nothing
}

// NewRecorded is for a recording of this version of the manager interface, as greeted. With
// "", for a recording that does not tell, less is refused: what until 11 follows an event
// that was cut.
func NewRecorded(version string) *Recorded {
	return &Recorded{guard: guard{legacy: version != "" && major(version) < 2}}
}

// Believes says whether the next message is one that Asterisk wrote, as far as can be told.
// Each message of the recording is asked about once, in order.
func (r *Recorded) Believes(m *ami.Message) bool { return r.guard.admit(m, &r.idle) }
