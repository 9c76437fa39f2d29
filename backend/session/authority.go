package session

import "errors"

// act is something a client may ask for, whichever door and spelling it uses.
type act string

const (
	actSignIn    act = "sign-in"   // USER, PASS, MAC
	actPing      act = "ping"      // NOOP, ping
	actLeave     act = "leave"     // QUIT
	actSignOut   act = "sign-out"  // sign-out, POST /api/sign-out
	actWatch     act = "watch"     // to be told events
	actOriginate act = "originate" // ORIG
	actPause     act = "pause"     // PAUSE
	actHangup    act = "hangup"    // hangup
	actTransfer  act = "transfer"  // transfer, complete, cancel
	actPhone     act = "phone"     // hold, resume, answer
	actNote      act = "note"      // note
	actWork      act = "work"      // READY, MORE: of work after a call
	actAsk       act = "ask"       // REASONS, CONTEXTS, targets: what he may choose from
	actTicket    act = "ticket"    // POST /api/ticket
)

// need is who may do an act.
type need uint8

const (
	nobody need = iota // what a missing row means
	anyone
	agent // signed in, with a seat
)

// authority is the one table of rights, for every door. What has no row is denied.
var authority = map[act]need{
	actSignIn:    anyone,
	actPing:      anyone,
	actLeave:     anyone,
	actSignOut:   agent,
	actWatch:     agent,
	actOriginate: agent,
	actPause:     agent,
	actHangup:    agent,
	actTransfer:  agent,
	actNote:      agent,
	actPhone:     agent,
	actWork:      agent,
	actAsk:       agent,
	actTicket:    agent,
}

// needsLink are the acts that Asterisk has to carry out. While there is no link they are
// refused at once; nothing is kept for later (row A8).
var needsLink = map[act]bool{actOriginate: true, actPause: true, actHangup: true, actTransfer: true, actPhone: true}

// waits are the acts whose answer is Asterisk's, or the disk's, which may take seconds or never come. They
// are carried out beside the client's own goroutine: see (*client).ask.
var waits = map[act]bool{actOriginate: true, actPause: true, actWork: true, actHangup: true, actTransfer: true, actPhone: true, actNote: true}

var (
	errNotSignedIn = errors.New("sign in first")
	errDenied      = errors.New("not allowed")
)

// authorise says whether who may do a; a nil who is not signed in. It is asked for
// every single command, and looks whether who is still signed in at that moment.
func authorise(a act, who *SignedIn) error {
	switch authority[a] {
	case anyone:
		return nil
	case agent:
		if who == nil || who.ended() {
			return errNotSignedIn
		}
		return nil
	}
	return errDenied
}
