package asterisk

import (
	"bytes"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// guard tells messages that Asterisk wrote from those somebody wrote into its events.
//
// Some values go raw into an event: AppData of Newexten and the body of UserEvent in
// all versions, the value of VarSet and the names of people until 13.4, variables in the
// answer to Status, those of channelvars in manager.conf. If a dialplan lets a caller's
// text into a variable (URIDECODE, CURL, a database), a CR LF in that text begins a
// header, and two end the event and begin another one, of the caller's choosing. What is
// done about it, strongest first:
//
//   - Asterisk, from 10 on, is told to leave out every event that holds the beginning
//     of another (forged, in connect.go), and what does not begin so exactly is no
//     event for us. Asterisk sees the event whole, so none passes.
//   - UserEvents are not asked for.
//   - Each event of an answer has our ActionID, which nobody can guess: at its end, or in
//     lists that are newer at its beginning. What has been cut, and the rest of it up to
//     the ActionID, is refused; so is what comes between the items of a newer list, for
//     Asterisk says nothing else meanwhile. One with a header twice is refused too. Of a
//     channel whose Status is refused so no more is believed than that it is there.
//   - Until 11, Newexten and VarSet end with Uniqueid, behind the text. One that does
//     not was cut, and all that follows is refused up to a message that does.
//   - Of a header that comes twice, the one before the text counts, or the one behind
//     it; nothing that begins inside (ami.Message, tail). An event without Privilege as
//     its second header means nothing (Translate).
//   - Values of VarSet are preferred to Newexten's AppData wherever there are any.
//
// What it cannot catch: in versions without the filter (1.4 to 1.8), or when the
// manager's user may not write class system (which is warned of), a text that ends with
// the whole of a forged event but its line breaks, (until 11) one that also forges the
// Uniqueid on both sides of the cut, or one in a name or behind the Uniqueid. Such bytes
// are the bytes Asterisk would have written.
type guard struct {
	legacy bool   // until 11
	until  string // the beginning of the line that ends the quarantine
	left   int    // messages that may still be refused
}

// quarantine is how many messages at most are refused after a cut one. What is
// inside one value cannot be more: the longest has 8 KiB, the shortest message 5 bytes.
const quarantine = 8192 / 5

var (
	newexten = []byte("Newexten")
	varset   = []byte("VarSet")
	status   = []byte("Status")

	chanVariable = []byte("ChanVariable(")
	crlf         = []byte("\r\n")
)

// admit says whether m is to be believed, while r asks.
func (g *guard) admit(m *ami.Message, r *resync) bool {
	event := m.Event()
	if g.left > 0 {
		g.left--
		if ends(m, g.until) {
			g.left = 0
		}
		return false
	}
	switch {
	case r.running() && r.answers(m):
		return g.answer(m, r)
	case event == nil:
		return m.Response() != nil // a rest: what followed a forged message inside a value
	case g.legacy && (bytes.Equal(event, newexten) || bytes.Equal(event, varset)):
		return g.whole(m, "Uniqueid: ")
	}
	return true
}

// answer says whether m, which seems to belong to the answer to what r asks, does.
func (g *guard) answer(m *ami.Message, r *resync) bool {
	switch {
	case m.Len() > 1 && m.KeyAt(1) == ami.ActionID && string(m.At(1)) == r.id:
		return !doubled(m)
	case r.now.kind == askBridges:
		return false
	}
	return g.whole(m, "ActionID: "+r.id) && !doubled(m)
}

// doubled says whether m has a header twice that Asterisk writes once.
func doubled(m *ami.Message) bool {
	for i := range m.Len() {
		switch k := m.KeyAt(i); k {
		case ami.Unknown, ami.Variable, ami.ChanVariable:
		default:
			if m.Place(k) != i {
				return true
			}
		}
	}
	return false
}

// whole says whether m is as Asterisk wrote it. One that does not end with the line
// end was cut, so that what follows is refused up to one that does; one that does but
// holds the beginning of another is refused alone.
func (g *guard) whole(m *ami.Message, end string) bool {
	if !ends(m, end) {
		g.until, g.left = end, quarantine
		return false
	}
	return !m.Tainted()
}

// ends says whether the last line of m begins with prefix. The variables that
// channelvars of manager.conf puts behind every event of 1.8 and 11 do not count.
func ends(m *ami.Message, prefix string) bool {
	for b := m.Bytes(); ; {
		b = bytes.TrimSuffix(b, crlf)
		at := bytes.LastIndexByte(b, '\n') + 1
		if !bytes.HasPrefix(b[at:], chanVariable) {
			return bytes.HasPrefix(b[at:], []byte(prefix))
		}
		b = b[:at]
	}
}
