package pbx

import "time"

// NoticeID is the id of an event as clients see it. The call ids are those of the
// line protocol (row E10), the same for every version of Asterisk.
type NoticeID string

// The ids. Those of calls carry Notice.Call. The others are states, which the next one makes up for.
const (
	NoticeNewchannel NoticeID = "Newchannel" // the agent's phone takes part in a call that is shown
	NoticeCallerid   NoticeID = "Callerid"   // it rings for a call that was not dialled (queue)
	NoticeDial       NoticeID = "Dial"       // it is dialled
	NoticeNewstate   NoticeID = "Newstate"
	NoticeNewexten   NoticeID = "Newexten"
	NoticeJoin       NoticeID = "Join"
	NoticeLink       NoticeID = "Link" // answered; Action is set once per call and agent
	NoticeUnlink     NoticeID = "Unlink"
	NoticeHold       NoticeID = "Hold"
	NoticeUnhold     NoticeID = "Unhold"
	NoticeConsult    NoticeID = "Consult"  // he asks somebody while the caller is held: see Call.Consult
	NoticeTransfer   NoticeID = "Transfer" // the agent has handed the call on; his part ends
	NoticeHangup     NoticeID = "Hangup"
	NoticeAgentState NoticeID = "AgentState"
	NoticeQueues     NoticeID = "Queues"
	NoticeOriginate  NoticeID = "OriginateResponse"
	NoticeNote       NoticeID = "Note"
	NoticeLinkState  NoticeID = "LinkState"
)

// Phase is where an agent's part of a call stands.
type Phase string

// The phases, in the order a call passes them; Talking and Held may alternate.
const (
	PhaseDialing Phase = "dialing" // the agent's own phone calls out
	PhaseRinging Phase = "ringing"
	PhaseTalking Phase = "talking"
	PhaseHeld    Phase = "held"
	PhaseEnded   Phase = "ended"
)

// Direction of a call, as its service says, or Internal.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
	Internal Direction = "internal"
)

// Variable is a dialplan variable of a service with its value for one call.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Call is one agent's view of one call: what his screen shows. It is a copy;
// nobody changes it once a notice or a snapshot holds it.
type Call struct {
	ID        CallID
	Uniqueid  ChannelID // of the agent's own channel
	Channel   string    // name of the agent's own channel
	Linkedid  ChannelID // Uniqueid of the channel that began the call
	State     ChannelState
	Phase     Phase
	Direction Direction
	Caller    CallerID
	Called    string // the number the caller dialled
	Context   string // of the service
	Service   string // "" for an internal call
	Queue     string
	Variables []Variable // in the order of the service's configuration; only those that were set
	Started   time.Time  // when the agent's phone first took part
	Since     time.Time  // when Phase began
	Queued    time.Time  // when the caller joined the queue; zero without queue
	Answered  time.Time  // zero before
	Cause     int        // of hangup, Q.850; 0 before
	CauseText string
	Transfer  *Transfer // nil: the call came to this agent first
	Consult   *Consult  // nil: Asterisk has him ask nobody on this channel
	Action    *Action   // for a button: what popped for this agent, or would have, had his answer been seen; nil before
}

// TransferKind is the way in which a call went from one agent to another.
type TransferKind string

// The kinds.
const (
	TransferBlind    TransferKind = "blind"
	TransferAttended TransferKind = "attended"
	TransferRedirect TransferKind = "redirect" // no event told how: AMI Redirect, the dialplan, or Asterisk 1.4
	TransferPickup   TransferKind = "pickup"
	TransferPark     TransferKind = "park"
)

// Transfer says how a call came to this agent from a colleague; in a NoticeTransfer,
// how it went on from him.
type Transfer struct {
	Kind  TransferKind `json:"kind"`
	By    string       `json:"by,omitempty"`    // operator who had the call; "" when nobody was signed in there
	Name  string       `json:"name,omitempty"`  // his full name
	Phone string       `json:"phone,omitempty"` // his phone, "PJSIP/201"
	To    string       `json:"to,omitempty"`    // NoticeTransfer: the number or phone it went to; "" when unknown

	// ToName is the full name of who is signed in there; "" when nobody is.
	ToName string `json:"toName,omitempty"`
}

// Consult is whom an agent asks, by Asterisk's attended transfer, before he hands his call on:
// on the same channel, while the caller is held. One that he makes on a second line of his
// telephone is a call of its own.
type Consult struct {
	To             string // the number that is called
	Operator, Name string // whose telephone that is; "" when nobody is signed in there, or it is not known yet
	Phase          Phase  // PhaseDialing, PhaseRinging or PhaseTalking
}

// Action is what an agent's screen is to do, with every value already in place.
type Action struct {
	Type    string   `json:"type"`              // "browser" or "application"
	URL     string   `json:"url,omitempty"`     // browser: an absolute http(s) address
	Target  string   `json:"target,omitempty"`  // browser: "window" (one tab, reused), "pane", "tab" (a new one each time), "button"
	Program string   `json:"program,omitempty"` // application: never from a caller
	Args    []string `json:"args,omitempty"`    // application: one argument each, no shell
}

// AgentState is what the server holds true of an agent.
type AgentState string

// The states this server tells apart.
const (
	AgentAvailable AgentState = "available"
	AgentRinging   AgentState = "ringing"
	AgentOnCall    AgentState = "oncall"
	AgentHeld      AgentState = "held"
	AgentPaused    AgentState = "paused"
	AgentAfterCall AgentState = "aftercall"
	AgentLost      AgentState = "lost" // no client of his is there any more
)

// Duty is what an agent does beside calls. It shows while his phone is idle.
type Duty struct {
	State  AgentState // AgentAvailable, AgentPaused, AgentAfterCall or AgentLost
	Reason string     // of the pause; "" without one
	Since  time.Time
	Until  time.Time // AgentAfterCall: when it ends by itself; AgentLost: when he leaves his queues; else zero
	Next   *Pause    // begins after this call; nil: none

	NoPhone bool // Asterisk does not know his telephone: no call can reach him
}

// Pause is a pause that is wished for.
type Pause struct{ Reason string }

// QueueState is an agent's part in one queue of his services.
type QueueState struct {
	Queue, Service string
	Member         bool // he is called from it
	Paused         bool // as a member
	Penalty        int
	Waiting        int    // callers in it
	Error          string // why he is no member, in English
}

// Originated is how a call that an agent asked for began, or why not.
type Originated struct {
	ID      string // as his request was answered
	Number  string
	Service string
	OK      bool
	Reason  string // "busy", "no-answer", "unreachable", "rejected", "congestion", "failed"; "" when OK
	Text    string // the reason in English
}

// Note is what an agent has written of a call of his, in progress or over. Its texts are his.
type Note struct {
	Call        CallID
	Uniqueid    ChannelID // of his own channel
	Service     string    // "" for an internal call
	Disposition string    // one of the service's, or ""
	Text        string    // may have several lines
	At          time.Time // when it was written
}

// LinkState is the state of the connection to Asterisk.
type LinkState string

// The link's states. Until LinkReady the picture may be incomplete.
const (
	LinkStateDown    LinkState = "down"
	LinkStateSyncing LinkState = "syncing"
	LinkStateReady   LinkState = "ready"
)

// Notice is one thing an agent is told. It is shared by all his clients and by
// their encoders: read only.
type Notice struct {
	ID     NoticeID
	Call   *Call   // call ids
	Action *Action // NoticeLink, once per call and agent
	Agent  AgentState
	Duty   *Duty // NoticeAgentState
	Link   LinkState
	Text   string    // NoticeLinkState: reason when down
	Since  time.Time // NoticeAgentState, NoticeLinkState

	Queues    []QueueState // NoticeQueues: all of his
	Originate *Originated  // NoticeOriginate
	Note      *Note        // NoticeNote: it is without disposition and text when it was removed
}
