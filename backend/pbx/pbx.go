// Package pbx is the vocabulary: what an exchange contains, what can happen in
// it, and what an agent is told of it. Names are those of Asterisk 12 and later,
// and of CSTA (ECMA-269) where Asterisk has none. No I/O; imports nothing of ours.
package pbx

// ChannelID is Asterisk's Uniqueid: one leg of a call. It is opaque text (a
// systemname may prefix it); a channel's name can change or be reused, this cannot.
type ChannelID string

// BridgeID names a bridge: BridgeUniqueid since 12; for the older Link events the
// interpreter makes one of the two Uniqueids.
type BridgeID string

// CallID is our own name of a call. It lives as long as the call does, whatever
// Linkedids merge meanwhile, and is never reused within a run of the server.
type CallID string

// CallerID is the calling party. Both are empty when Asterisk says it is unknown,
// and both are hostile text: a caller chooses them.
type CallerID struct{ Number, Name string }

// ChannelState is enum ast_channel_state of Asterisk's include/asterisk/channel.h.
type ChannelState uint8

// The states, in Asterisk's order.
const (
	Down ChannelState = iota
	Rsrvd
	OffHook
	Dialing
	Ring
	Ringing
	Up
	Busy
	DialingOffhook
	PreRing
	numStates
)

var stateWords = [numStates]string{
	"Down", "Rsrvd", "OffHook", "Dialing", "Ring", "Ringing", "Up", "Busy", "Dialing Offhook", "Pre-ring",
}

// String is the word of ast_state2str, or "Unknown".
func (s ChannelState) String() string {
	if s < numStates {
		return stateWords[s]
	}
	return "Unknown"
}

// ParseState reads a word of ast_state2str; false for any other.
func ParseState(word string) (ChannelState, bool) {
	for i, w := range stateWords {
		if w == word {
			return ChannelState(i), true
		}
	}
	return Down, false
}
