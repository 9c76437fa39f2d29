package amitest

import "time"

// Party is one of the two sides of a call.
type Party uint8

// The parties.
const (
	Caller Party = iota
	Callee       // the phone that answered
)

// Reply is what a phone does in one call.
type Reply struct {
	Does  Reaction
	After time.Duration // of ringing
}

// HoldPlan is a stretch of music on hold.
type HoldPlan struct {
	After time.Duration // from the answer
	For   time.Duration
	By    Party // who presses the key; the other one is held
}

// Call is a call to place, and its whole story. Caller id is the caller's to
// choose: any bytes may stand in it.
type Call struct {
	From, Name string           // caller id. An extension of a phone is an internal call, from that phone
	To         string           // a Service's number, an extension, or a number outside
	Via        string           // endpoint it comes by: "300" gives PJSIP/300-…; "trunk" when empty
	Digits     string           // what the caller types when asked; # ends it
	Set        []Variable       // further Set steps, after the service's own
	Ring       []string         // of a service without queue: the extensions it dials, instead of its own
	Replies    map[string]Reply // by extension: what phones do in this call, instead of what they do by themselves
	Abandon    time.Duration    // the caller hangs up this long after a phone rings or he joins a queue, unless answered; 0: he does not
	Talk       time.Duration    // from the answer until HangupBy hangs up; 0: until Hangup
	HangupBy   Party
	Holds      []HoldPlan
}

// Live is a call that was placed.
type Live struct{ c *call }

// Done is closed when all of the call's channels have hung up.
func (l *Live) Done() <-chan struct{} { return l.c.done }

// Uniqueid is that of the caller's channel.
func (l *Live) Uniqueid() string { return l.c.caller.id }

// Channel is the name of the caller's channel.
func (l *Live) Channel() string { return l.c.caller.name }

// AnsweredBy is the extension of the phone that answered; "" when none did (yet).
func (l *Live) AnsweredBy() string {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	return l.c.answeredBy
}

// Status is how the call went, in words of DIALSTATUS: ANSWER, NOANSWER, BUSY,
// CANCEL (the caller hung up first), CHANUNAVAIL, or TIMEOUT of a queue; "" while
// that is open.
func (l *Live) Status() string {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	return l.c.result.status
}

// Hangup has a party hang up. Nothing happens when that party is not in the call,
// or no longer.
func (l *Live) Hangup(by Party) {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	l.c.hangup(l.c.side(by))
}

// Hold has a party put the other on hold; nothing happens before the answer.
func (l *Live) Hold(by Party) {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	l.c.hold(by, true)
}

// Unhold has a party take the other back.
func (l *Live) Unhold(by Party) {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	l.c.hold(by, false)
}

// Answer has a ringing phone lifted now, whatever it would do by itself. False when
// it does not ring for this call.
func (l *Live) Answer(extension string) bool {
	l.c.x.mu.Lock()
	defer l.c.x.mu.Unlock()
	for _, g := range l.c.legs {
		if g.phone.Extension == extension && g.ch.state == stateRinging {
			l.c.answer(g)
			return true
		}
	}
	return false
}
