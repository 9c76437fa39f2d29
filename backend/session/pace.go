package session

import "time"

// A client may send this many frames at once, and this many a second in the long
// run; beyond, it is read more slowly. No one's flood takes the processor from
// others (E11).
const (
	paceBurst = 256
	paceEvery = 5 * time.Millisecond
)

// pace spaces the frames of one client. The zero value is ready.
type pace struct{ free time.Time }

// wait waits for as long as the next frame is too early, a few milliseconds.
func (p *pace) wait(now time.Time) {
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(paceEvery)
	if ahead := p.free.Sub(now) - paceBurst*paceEvery; ahead > 0 {
		<-time.After(ahead)
	}
}
