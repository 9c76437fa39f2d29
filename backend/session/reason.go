package session

// Reason is why a client's time is over. Code is for programs, Text for people, in
// English.
type Reason struct {
	Code string
	Text string
}

// The codes of Reason, as a "bye" carries them.
const (
	CodeReplaced  = "replaced"   // the operator or the seat signed in elsewhere
	CodeSignedOut = "signed-out" // on request
	CodeRemoved   = "removed"    // operator or seat is no longer in the configuration
	CodeSlow      = "slow"       // it did not read what it was told
	CodeIdle      = "idle"       // it said nothing for too long
	CodeRestart   = "restart"    // the server ends
	CodeBusy      = "busy"       // the sign-in has too many pages open already
	CodeProtocol  = "protocol"   // it does not speak the protocol
	CodeLost      = "lost"       // the connection broke; nobody is left to be told
)

// Reasons that need no words of their own.
var (
	ReasonReplaced  = Reason{CodeReplaced, "signed in elsewhere"}
	ReasonSignedOut = Reason{CodeSignedOut, "signed out"}
	ReasonSlow      = Reason{CodeSlow, "too slow: events were not read in time"}
	ReasonRestart   = Reason{CodeRestart, "the server is restarting, connect again"}
	ReasonLost      = Reason{CodeLost, "connection lost"}
)

func (r Reason) String() string { return r.Code + ": " + r.Text }

// closeCode is the status code of a WebSocket's close frame: those of RFC 6455
// (section 7.4.1) where one fits, else private ones.
func (r Reason) closeCode() int {
	switch r.Code {
	case CodeReplaced:
		return 4001
	case CodeSignedOut:
		return 4002
	case CodeRemoved:
		return 4003
	case CodeSlow:
		return 4008
	case CodeIdle:
		return 4009
	case CodeRestart:
		return 1012
	case CodeBusy:
		return 1013
	case CodeProtocol:
		return 1008
	}
	return 1001 // going away
}
