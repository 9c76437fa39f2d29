package desktop

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxRecent is how many calls that are over are remembered.
const maxRecent = 50

// State is what the agent sees. It is fed by Apply alone, on one goroutine; readers may
// read its fields between two calls.
type State struct {
	Link Link
	Why  string    // of Away and Ended
	Gone time.Time // since when there is no connection
	Next time.Time // of Away: the next try

	PBX   string // what is wrong with the server's link to Asterisk; "" for nothing
	Phone string // the agent's telephone, if Asterisk does not know it

	Duty   string    // available, ringing, oncall, held, paused, aftercall, lost; "" before it is told
	Reason string    // of a pause
	Since  time.Time // when Duty began, by this PC's clock
	Until  time.Time // of aftercall: its end
	After  *string   // the reason of a pause that was granted for after this call

	Queues   []Queue // in the order in which they were told of first
	Calls    []Current
	Recent   []Past   // the newest first
	Reasons  []string // of pauses
	Contexts []string // that the agent may call out from
}

// Link is the connection to the server.
type Link int

// The states of Link.
const (
	Reaching Link = iota // a connection is being made
	In                   // signed in
	Away                 // waiting for the next try
	Ended                // there will be none
)

// Queue is one of the agent's queues.
type Queue struct {
	Name    string
	Member  bool
	Refused string // what Asterisk says against having the agent there as he should be; "" for nothing
}

// Phase is what happens in a call.
type Phase string

// The phases of a call.
const (
	Dialling  Phase = "dialling"
	Ringing   Phase = "ringing"
	Connected Phase = "connected" // but not yet with the other side
	Talking   Phase = "talking"
	Held      Phase = "on hold"
)

// Current is a call in progress.
type Current struct {
	*Call
	Phase    Phase
	Began    time.Time // the call
	Since    time.Time // its phase
	Answered time.Time // zero: not yet
	Action   *Action   // what it asked to open; nil for nothing
	Opened   string    // what became of that
	Doubtful bool      // the connection was lost during it: it may be over
}

// Past is a call that is over.
type Past struct {
	*Call
	Began    time.Time
	Answered time.Time // zero: never
	Ended    time.Time // zero: a part of it was missed, for want of a connection
	Gone     string    // where it was handed on to; "" for hung up
}

// Apply takes in what happened at now, and says it in a sentence: "" when nobody needs
// to be told.
func (s *State) Apply(n News, now time.Time) string {
	switch n := n.(type) {
	case Connecting:
		s.Link = Reaching
	case SignedIn:
		s.Link, s.Gone, s.PBX, s.Phone, s.After = In, time.Time{}, "", "", nil
		for i := range s.Queues { // memberships are told anew
			s.Queues[i].Member, s.Queues[i].Refused = false, ""
		}
		return "signed in"
	case Lost:
		s.away(Away, n.Why, now)
		s.Next = now.Add(n.Retry)
		return fmt.Sprintf("not connected: %s; next try in %s", n.Why, n.Retry.Round(100*time.Millisecond))
	case Stopped:
		s.away(Ended, n.Why, now)
		return "stopped: " + n.Why
	case Answered:
		return s.answered(n)
	case Opened:
		return s.opened(n)
	case Line:
		if n.Event != nil {
			return s.event(n.Event, now)
		}
		return s.notice(n, now)
	}
	return ""
}

func (s *State) away(to Link, why string, now time.Time) {
	if s.Gone.IsZero() {
		s.Gone = now
	}
	s.Link, s.Why = to, why
	if to == Ended {
		s.Duty = ""
	}
	for i := range s.Calls {
		s.Calls[i].Doubtful = true
	}
}

func (s *State) answered(a Answered) string {
	word, rest, _ := strings.Cut(string(a.Command), " ")
	switch {
	case a.Command == reasons || a.Command == contexts:
		var list []string
		if a.OK && a.Text != "" {
			list = strings.Split(a.Text, "|")
		}
		if a.Command == reasons {
			s.Reasons = list
		} else {
			s.Contexts = list
		}
		return ""
	case !a.OK:
		return said(a.Command) + ": " + a.Text
	case word == "ORIG":
		return "Asterisk calls your telephone, then " + Show(strings.Fields(rest)[0])
	case word == "PAUSE":
		s.After = nil
		if how, reason, _ := strings.Cut(rest, " "); how != "OUT" && busy(s.Duty) { // a pause at once shows after the call too
			s.After = &reason
			return "a pause follows this call" + bracketed(reason)
		}
		return said(a.Command) + ": granted"
	}
	return ""
}

// said names a command as people do.
func said(c Command) string {
	word, _, _ := strings.Cut(string(c), " ")
	switch {
	case c == Resume:
		return "end of the pause"
	case word == "PAUSE":
		return "pause"
	case word == "ORIG":
		return "call"
	case c == Ready:
		return "ready"
	case c == More:
		return "more time"
	}
	return Show(word)
}

func (s *State) opened(o Opened) string {
	text := "opened: " + o.What
	switch {
	case o.Waits:
		text = "to be opened: " + o.What
	case o.Fault != "":
		text = "not opened: " + o.What + ": " + o.Fault
	}
	if i := s.find(o.Call); i >= 0 {
		s.Calls[i].Opened = text
	}
	return text
}

// Latest is the last call that asked to open something; nil when none did.
func (s *State) Latest() *Current {
	for i := len(s.Calls) - 1; i >= 0; i-- {
		if s.Calls[i].Action != nil {
			return &s.Calls[i]
		}
	}
	return nil
}

func (s *State) find(uniqueid string) int {
	return slices.IndexFunc(s.Calls, func(c Current) bool { return c.Uniqueid == uniqueid })
}

// bracketed is a word in brackets, or nothing.
func bracketed(word string) string {
	if word == "" {
		return ""
	}
	return " (" + word + ")"
}
