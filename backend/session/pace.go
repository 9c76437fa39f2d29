package session

import "time"

// A client may send this many frames at once, and this many a second in the long
// run; beyond, it is read more slowly. No one's flood takes the processor from
// others (E11).
const (
	paceBurst = 256
	paceEvery = 5 * time.Millisecond
)

// pace spaces what one client sends.
type pace struct {
	every time.Duration // one in the long run
	burst time.Duration // so much of it at once
	free  time.Time
}

// ofFrames is the pace of all frames.
func ofFrames() pace { return pace{every: paceEvery, burst: paceBurst * paceEvery} }

// ahead is how much too early the next one is; 0 or less when it is not.
func (p *pace) ahead(now time.Time) time.Duration {
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(p.every)
	return p.free.Sub(now) - p.burst
}

// wait waits for as long as the next frame is too early, a few milliseconds.
func (p *pace) wait(now time.Time) {
	if ahead := p.ahead(now); ahead > 0 {
		<-time.After(ahead)
	}
}
