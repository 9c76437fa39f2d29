package history

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Outcome is how an agent's part of a call ended.
type Outcome string

// The outcomes.
const (
	Answered    Outcome = "answered"
	Transferred Outcome = "transferred" // answered, and handed on
	Missed      Outcome = "missed"      // his telephone rang and nobody answered
	Elsewhere   Outcome = "elsewhere"   // his telephone rang and another answered
	Busy        Outcome = "busy"        // the telephone that was called was busy, or refused
	Unanswered  Outcome = "unanswered"  // a call of his own that nobody answered
)

// Entry is an agent's part of one call. Times are Unix milliseconds. Numbers, names and
// values are what callers chose.
type Entry struct {
	ID        int64           `json:"id,omitempty"` // a later one has a higher; 0 for one that is not kept
	Call      pbx.CallID      `json:"call"`
	Uniqueid  pbx.ChannelID   `json:"uniqueid"` // of the agent's own channel
	Service   string          `json:"service"`  // "" for an internal call
	Queue     string          `json:"queue"`
	Direction pbx.Direction   `json:"direction"`
	Outgoing  bool            `json:"outgoing"` // his phone called out: the other side is Called
	Caller    Party           `json:"caller"`
	Called    string          `json:"called"`
	Variables json.RawMessage `json:"variables"` // of []pbx.Variable
	Started   int64           `json:"started"`
	Answered  int64           `json:"answered"` // 0: never
	Ended     int64           `json:"ended"`
	Talked    int64           `json:"talked"` // seconds
	Outcome   Outcome         `json:"outcome"`
	Transfer  *Handed         `json:"transfer,omitempty"` // Transferred
	Cause     int             `json:"cause"`              // Q.850
	Note      *Note           `json:"note,omitempty"`
}

// Note is what the agent has written of the call.
type Note struct {
	Disposition string `json:"disposition"`
	Text        string `json:"text"`
	At          int64  `json:"at"`
}

// Party is who called.
type Party struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

// Handed is how a call went on from an agent.
type Handed struct {
	Kind pbx.TransferKind `json:"kind"`
	To   string           `json:"to"`               // a number, a telephone or a parking space; "" when unknown
	Name string           `json:"toName,omitempty"` // full name of the agent there; "" when there was none
}

// entry is what is kept of a call.
func entry(p tracker.Past) Entry {
	c := p.Call
	e := Entry{
		Call: c.ID, Uniqueid: c.Uniqueid, Service: c.Service, Queue: c.Queue, Direction: c.Direction, Outgoing: p.Outgoing,
		Caller: Party{text(c.Caller.Number), text(c.Caller.Name)}, Called: text(c.Called), Variables: variables(c.Variables),
		Started: c.Started.UnixMilli(), Ended: c.Since.UnixMilli(), Outcome: outcome(p), Cause: c.Cause,
	}
	if !c.Answered.IsZero() {
		e.Answered = c.Answered.UnixMilli()
		e.Talked = int64(max(0, c.Since.Sub(c.Answered)) / time.Second) // the clock may have been set back
	}
	if p.Handed != nil {
		e.Transfer = &Handed{p.Handed.Kind, text(p.Handed.To), text(p.Handed.ToName)}
	}
	return e
}

// Causes of Q.850.
const (
	causeBusy      = 17
	causeRejected  = 21
	causeElsewhere = 26
)

func outcome(p tracker.Past) Outcome {
	switch cause := p.Call.Cause; {
	case p.Handed != nil:
		return Transferred
	case !p.Call.Answered.IsZero():
		return Answered
	case cause == causeBusy || cause == causeRejected:
		return Busy
	case p.Outgoing:
		return Unanswered
	case cause == causeElsewhere:
		return Elsewhere
	}
	return Missed
}

func variables(list []pbx.Variable) json.RawMessage {
	if len(list) == 0 {
		return json.RawMessage("[]")
	}
	raw, _ := json.Marshal(list) // texts: cannot fail
	return raw
}

// text is what a caller chose, as UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// search is what an entry is found by.
func (e *Entry) search() string {
	if e.Outgoing {
		return folded(e.Called + "\n" + e.Service)
	}
	return folded(e.Caller.Number + "\n" + e.Caller.Name + "\n" + e.Service)
}

func folded(s string) string { return strings.ToLower(s) }
