package pbx

// EventKind says what an Event is.
type EventKind uint8

// The kinds. The fields of Event that each one fills are named behind it; Channel
// always means at least Channel.ID.
const (
	_ EventKind = iota

	LinkUp       // Text: version of the manager interface. The link is signed in; a resync follows.
	LinkDown     // Text: the reason, for people
	SyncBegin    // what is not named by SyncChannel until SyncEnd, nor born meanwhile, is gone. Number 1: Asterisk was restarted, so all of before is
	SyncChannel  // Channel (whole), Bridge, Queue, Dest.Name: the channel whose phone has had it called, to ask before it transfers; Vars follow as VarSet
	SyncEnd      //
	NewChannel   // Channel (whole)
	NewState     // Channel (ID, State; CallerID where the event has one)
	NewExten     // Channel (ID, Context, Exten), App, AppData
	VarSet       // Channel, Variable, Value (already unescaped)
	NewCallerID  // Channel (ID, CallerID)
	DialBegin    // Channel: who dials (ID empty for an originate), Dest: what is dialled
	DialEnd      // Channel, Dest, Text: DialStatus (ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL)
	BridgeEnter  // Bridge, Channel
	BridgeLeave  // Bridge, Channel
	QueueJoin    // Channel, Queue, Number: position
	QueueLeave   // Channel, Queue
	QueueAbandon // Channel, Queue
	AgentCalled  // Channel: caller, Dest: phone, Queue, Interface
	AgentConnect // Channel: caller, Dest: phone (one of the two may lack its ID in 1.4 to 11), Queue, Interface
	Hold         // Channel
	Unhold       // Channel
	Rename       // Channel (ID, Name: the new one)
	Hangup       // Channel, Number: cause (Q.850), Text: cause in words

	BlindTransfer     // Channel: who transfers, Dest: who is transferred (until 11 one may lack its ID), Text: extension, Number: 1 when it succeeded
	AttendedTransfer  // Channel: the first channel of who transfers, Dest: his second one, Number: 1 when it succeeded
	Pickup            // Channel: who picks up, Dest: the phone that rang
	Park              // Channel: who is parked, Interface: the phone of who parked him, Number: space
	Unpark            // Channel: who was parked, Dest: who takes him (ID empty: nobody did in time, or he gave up)
	OptimizeBegin     // Channel, Dest: the halves of a Local channel that is about to be taken out of between others
	OptimizeEnd       // Channel, Dest: it is out, or stays
	OriginateResponse // Channel (ID empty when it failed), Text: ActionID, Number: Reason, Value: "Success" or "Failure"

	QueueMember        // Queue, Interface, Number: penalty, Paused, Text: reason of the pause, Value: membership ("dynamic", "static", "realtime"), Variable: his name there
	QueueMemberRemoved // Queue, Interface
	QueueMemberPaused  // Queue, Interface, Paused, Text: reason
	QueueMembersBegin  // all members of all queues follow, as QueueMember
	QueueMembersEnd    //

	SweepBegin   // a list of all channels follows, outside a resync: what is in no such list any more is gone
	SweepChannel // Channel.ID
	SweepEnd     //
	numEventKinds
)

var eventWords = [numEventKinds]string{
	"", "LinkUp", "LinkDown", "SyncBegin", "SyncChannel", "SyncEnd", "NewChannel", "NewState", "NewExten", "VarSet",
	"NewCallerID", "DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave", "QueueJoin", "QueueLeave", "QueueAbandon",
	"AgentCalled", "AgentConnect", "Hold", "Unhold", "Rename", "Hangup",
	"BlindTransfer", "AttendedTransfer", "Pickup", "Park", "Unpark", "OptimizeBegin", "OptimizeEnd", "OriginateResponse",
	"QueueMember", "QueueMemberRemoved", "QueueMemberPaused", "QueueMembersBegin", "QueueMembersEnd", "SweepBegin", "SweepChannel", "SweepEnd",
}

// String is the kind's name.
func (k EventKind) String() string {
	if k < numEventKinds {
		return eventWords[k]
	}
	return "?"
}

// Leg is what an event tells of one channel. Fields an event does not carry are
// empty, which means "not told", not "none"; StateKnown tells Down from not told.
type Leg struct {
	ID         ChannelID
	Name       string // "PJSIP/201-00000001"
	Linkedid   ChannelID
	CallerID   CallerID
	Connected  CallerID // ConnectedLineNum/Name: the other side, as this phone shows it
	Context    string
	Exten      string
	State      ChannelState
	StateKnown bool
}

// Event is one fact from Asterisk, whatever its version. It is a flat value, so
// that a batch of them is one allocation reused for ever. Its strings may share
// memory with many others: who keeps one beyond the batch clones it
// (strings.Clone).
type Event struct {
	Kind            EventKind
	Channel         Leg
	Dest            Leg
	Bridge          BridgeID
	Queue           string
	Interface       string // "PJSIP/201", "Local/201@internal/n"
	App, AppData    string
	Variable, Value string
	Text            string
	Number          int
	Seconds         int // since when, in a resync: since the channel was made (SyncChannel), since he joined the queue (QueueJoin)
	Paused          bool
}

// Device is the part of a channel's name that says which phone it is:
// "PJSIP/201" of "PJSIP/201-0000003c". A name without a dash is its own device.
func Device(channel string) string {
	for i := len(channel) - 1; i > 0; i-- {
		if channel[i] == '-' {
			return channel[:i]
		}
	}
	return channel
}
