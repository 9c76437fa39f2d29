package pbx

import "time"

// Floor is what a supervisor sees at one moment: who is signed in, the calls of services and
// of those who are, and the queues of the services. It is a copy, which nobody changes.
type Floor struct {
	Now     time.Time
	Changes uint64 // the tracker's count of what happened until then

	Link      LinkState // until it is LinkStateReady, the rest is what was known last
	LinkText  string    // why, when the link is down
	LinkSince time.Time

	Agents []FloorAgent // by Operator
	Calls  []FloorCall  // oldest first
	Queues []FloorQueue // by Name
}

// FloorAgent is an operator who is signed in. State is what he sees himself.
type FloorAgent struct {
	Operator, FullName string
	SeatMAC            string
	Phone              string // "PJSIP/201"
	State              AgentState
	Since              time.Time
	Until              time.Time    // AgentAfterCall: when it ends by itself; AgentLost: when he leaves his queues; else zero
	Reason             string       // AgentPaused: of the pause, or ""
	Next               *Pause       // begins after this call; nil: none
	NoPhone            bool         // Asterisk does not know his telephone
	Call               CallID       // what he is doing: one of Floor.Calls; "" for none, and for a call that nobody is shown
	Queues             []QueueState // of his services, by name
}

// The phases of a call that is nobody's yet.
const (
	PhaseDialplan Phase = "dialplan" // Asterisk answers: a greeting, a menu
	PhaseWaiting  Phase = "waiting"  // in a queue, and no telephone rings
)

// FloorCall is a call as a whole, whoever takes part in it.
type FloorCall struct {
	ID        CallID
	Service   string // "" for an internal call
	Queue     string
	Direction Direction
	Caller    CallerID
	Called    string // the number the caller dialled
	Phase     Phase
	Agent     string    // operator: who talks, else whose telephone rings, the first by name; "" for nobody who is signed in
	Started   time.Time // when the call began
	Since     time.Time // when Phase began
	Queued    time.Time // when the caller joined Queue; zero without queue
	Waiting   bool      // he is in it still, even if a telephone rings
}

// FloorQueue is the queue of a service. Each member is counted once more in one of the five
// figures behind Members.
type FloorQueue struct {
	Name, Service string
	Waiting       []FloorWaiter // in the order in which they joined

	Members   int // agents who are signed in and called from it
	Available int
	Ringing   int
	OnCall    int // hold included
	AfterCall int
	Paused    int // in all queues or in this one; lost agents too, who are paused so
}

// FloorWaiter is a caller who waits.
type FloorWaiter struct {
	Call   CallID
	Caller CallerID
	Since  time.Time
}
