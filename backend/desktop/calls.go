package desktop

import (
	"slices"
	"strings"
	"time"
)

// event takes in an event of a call.
func (s *State) event(e *Event, now time.Time) string {
	if e.Originate != nil {
		if e.Originate.OK {
			return "called " + e.Originate.Number
		}
		text := e.Originate.Text
		if text == "" {
			text = e.Originate.Reason
		}
		return "call to " + e.Originate.Number + " failed: " + text
	}
	if e.Call == nil {
		return ""
	}
	i := s.find(e.Call.Uniqueid)
	if e.ID == "Hangup" {
		return s.hangup(i, e.Call, now)
	}
	if i < 0 {
		s.Calls = append(s.Calls, Current{Began: now, Since: now, Phase: Ringing})
		i = len(s.Calls) - 1
	}
	c := &s.Calls[i]
	before, first := c.Phase, c.Call == nil || e.ID == "Newchannel"
	c.Call, c.Doubtful = e.Call, false
	if e.Call.Action != nil {
		c.Action = e.Call.Action
	}
	c.enter(phase(e, before), now)
	switch {
	case e.ID == "Transfer":
		c.Transfer = e.Call.Transfer
		return "handed on" + bracketed(goneTo(c.Call))
	case e.ID == "Unlink", e.ID == "Consult": // what follows, or was before, says more
		return ""
	case c.Phase == Talking && c.Phase != before:
		return string(c.Phase) + ": " + c.Who() + c.values()
	case c.Phase != before, first:
		return string(c.Phase) + ": " + c.Who()
	}
	return ""
}

// values are the variables, in a sentence.
func (c *Call) values() string {
	var b strings.Builder
	for _, v := range c.Variables {
		b.WriteString("; " + v.Name + " " + v.Value)
	}
	return b.String()
}

func (c *Current) enter(p Phase, now time.Time) {
	if p == c.Phase {
		return
	}
	c.Phase, c.Since = p, now
	if p == Talking && c.Answered.IsZero() {
		c.Answered = now
	}
}

// phase is the one that e begins, or before.
func phase(e *Event, before Phase) Phase {
	switch e.ID {
	case "Link", "Unhold":
		return Talking
	case "Hold", "Consult":
		return Held
	case "Unlink":
		return Connected
	case "Newchannel", "Newstate", "Dial", "Callerid":
		switch {
		case e.Call.State == "Up" && (before == Ringing || before == Dialling):
			return Connected
		case e.Call.State == "Ring" || e.Call.Direction == "outbound" && before == Ringing && e.Call.State != "Up":
			return Dialling
		}
	}
	return before
}

func (s *State) hangup(i int, call *Call, now time.Time) string {
	if i >= 0 {
		c := s.Calls[i]
		s.past(Past{Call: call, Began: c.Began, Answered: c.Answered, Ended: now, Gone: goneTo(c.Call)})
		s.Calls = append(s.Calls[:i:i], s.Calls[i+1:]...)
	} else if !slices.ContainsFunc(s.Recent, func(p Past) bool { return p.Uniqueid == call.Uniqueid }) {
		s.past(Past{Call: call, Began: now}) // its beginning was missed
	}
	return "over: " + call.Who()
}

// goneTo is where a call that was handed on went; "" when that is not known, or when it
// was not. A transfer without a place is one by which it came.
func goneTo(c *Call) string {
	if c.Transfer == nil {
		return ""
	}
	return c.Transfer.To
}

// Who is the caller as people read it, with the service.
func (c *Call) Who() string {
	who := c.Number
	switch {
	case c.Name != "" && c.Number != "" && c.Name != c.Number:
		who = c.Name + " <" + c.Number + ">"
	case c.Name != "":
		who = c.Name
	case who == "":
		who = "number withheld"
	}
	switch {
	case c.Service != "":
		who += ", " + c.Service
	case c.Direction == "internal":
		who += ", internal"
	}
	return who
}
