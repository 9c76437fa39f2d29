package amitest

import (
	"slices"
	"time"
)

// Channel states, as enum ast_channel_state has them.
const (
	stateDown    = 0
	stateRing    = 4
	stateRinging = 5
	stateUp      = 6
)

var stateWords = [...]string{"Down", "Rsrvd", "OffHook", "Dialing", "Ring", "Ringing", "Up", "Busy"}

// Device states, as app_queue writes them into Status.
const (
	deviceNotInUse    = 1
	deviceInUse       = 2
	deviceInvalid     = 4
	deviceUnavailable = 5
	deviceRinging     = 6
	deviceRingInUse   = 7
	deviceOnHold      = 8
)

// Variable is a channel variable.
type Variable struct{ Name, Value string }

// channel is one leg of a call.
type channel struct {
	name, id, linked string
	phone            *phone // whose leg it is
	call             *call
	state            int
	number, who      string // caller id
	peer, peerWho    string // connected line
	account          string
	context, exten   string
	priority         int
	app, data        string
	dialled          string // DNID: what the one who called typed
	vars             []Variable
	born             time.Time
	bridge           *bridge
	sipID            string // its SIP Call-ID; "" of half a Local channel
	held             bool   // the other side put it on hold
}

// set stores a variable, the newest first as Asterisk lists them.
func (ch *channel) set(name, value string) {
	ch.unset(name)
	ch.vars = slices.Insert(ch.vars, 0, Variable{name, value})
}

func (ch *channel) unset(name string) {
	ch.vars = slices.DeleteFunc(ch.vars, func(v Variable) bool { return v.Name == name })
}

func (ch *channel) get(name string) string {
	for _, v := range ch.vars {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// bridge joins two channels that talk.
type bridge struct {
	id         string
	technology string
	channels   []*channel
}

// Reaction is what a phone does when it is called.
type Reaction uint8

// The reactions. The delay of a phone or a call counts from when it begins to ring.
const (
	Ignore       Reaction = iota // it rings until the caller or the exchange gives up
	Answer                       // somebody lifts it
	Busy                         // 486, at once or after ringing
	Decline                      // 603 by the one it rings for
	Unregistered                 // the exchange does not know where it is: it is not called at all
)

// Phone is a telephone of the exchange.
type Phone struct {
	Extension string        // "201": channels are PJSIP/201-… (22) or SIP/201-… (1.4)
	Name      string        // caller id name; "User 201" when empty
	Context   string        // where its own calls begin; "agents" when empty
	Does      Reaction      // when it is called
	After     time.Duration // of ringing, before it does so
}

type phone struct {
	Phone
	device   string // "PJSIP/201"
	channels []*channel
	told     int // device state told last
}

// status is the phone's device state.
func (p *phone) status() int {
	if p.Does == Unregistered {
		return deviceUnavailable
	}
	var ringing, up, held int
	for _, ch := range p.channels {
		switch ch.state {
		case stateRinging:
			ringing++
		case stateUp, stateRing:
			up++
			if ch.held {
				held++
			}
		}
	}
	switch {
	case ringing > 0 && up > 0:
		return deviceRingInUse
	case ringing > 0:
		return deviceRinging
	case up > 0 && held == up:
		return deviceOnHold
	case up > 0:
		return deviceInUse
	}
	return deviceNotInUse
}

// Strategy is how a queue chooses whom to ring.
type Strategy string

// The strategies.
const (
	RingAll Strategy = "ringall" // every free member at once
	Linear  Strategy = "linear"  // one at a time, from the first
	Random  Strategy = "random"  // one at a time
)

// Member is a static member of a queue.
type Member struct {
	Interface string // "PJSIP/201"
	Name      string // the interface when empty
	Penalty   int
}

// Queue is a queue of the exchange.
type Queue struct {
	Name      string
	Strategy  Strategy      // RingAll when empty
	RingFor   time.Duration // how long members ring in one go; 15 s when zero
	Retry     time.Duration // pause before the next go; 1 s when zero
	RingInUse bool          // members in a call are rung too
	Events    bool          // 1.4 only: eventwhencalled=vars, that is AgentCalled, AgentConnect, AgentComplete
	Members   []Member
}

type queue struct {
	Queue
	members              []*member
	waiting              []*call
	next                 int // Linear: where the next go begins
	completed, abandoned int
	holdTime, talkTime   int // running means, seconds
}

type member struct {
	iface, name, membership string
	penalty, taken          int
	last, lastPause, login  time.Time
	paused, inCall          bool
	reason                  string
}

// Service is a number of the dialplan that callers from outside reach: it answers,
// reads digits, sets variables, then dials phones or queues the caller.
type Service struct {
	Number   string        // what callers dial: "101"
	Context  string        // where its dialplan lies
	Digits   int           // how many digits Read waits for; 0: the caller is asked nothing
	Prompt   string        // the sound file Read plays
	Variable string        // the variable the digits go to; "calldata" when empty
	Set      []Variable    // further Set steps before Dial or Queue
	Phones   []string      // extensions to ring at once
	Queue    string        // or the queue to wait in
	RingFor  time.Duration // Dial's limit, 30 s when zero; Queue's, none when zero
	Options  string        // of Dial or Queue: "tT"
}

// seconds is a duration as Asterisk counts it.
func seconds(d time.Duration) int { return int(d / time.Second) }

// unix is a time as app_queue writes it: 0 for never.
func unix(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return int(t.Unix())
}
