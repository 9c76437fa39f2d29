package tracker

import (
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Past is an agent's part of a call, when it is over.
type Past struct {
	Operator string        // user name, for people
	UID      string        // who it was, whatever he is called
	Call     *pbx.Call     // as his Hangup tells it: Since is when it ended; read only
	Outgoing bool          // his phone called out: the other side is Called, not Caller
	Handed   *pbx.Transfer // how he handed the call on; nil: he did not
}

// over is what c's agent had of its call, which view shows.
func (c *channel) over(one *agent, view *pbx.Call) Past {
	p := Past{Operator: one.Operator, UID: one.UID, Call: view, Outgoing: c.begins() || view.Direction == pbx.Outbound}
	if c.handed != "" && !c.answered.IsZero() {
		p.Handed = &pbx.Transfer{Kind: c.handed, By: one.Operator, Name: one.FullName, Phone: pbx.Device(c.name), To: c.handedTo, ToName: c.handedName}
	}
	return p
}

// counts says whether what is withdrawn from c's agent was a part of a call of its own: he
// talked, or his phone has ceased to ring. It was none when the channel goes on in another
// call, or somebody else sits at the phone, or another line of it took the call.
func (c *channel) counts(cause int) bool {
	if !c.answered.IsZero() {
		return true
	}
	if cause == 0 && !c.gone {
		return false
	}
	for o := c.phone.first; o != nil; o = o.next {
		if o != c && o.shown() == c.shown() && !o.begins() && !o.answered.IsZero() {
			return false
		}
	}
	return true
}
