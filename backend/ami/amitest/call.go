package amitest

import (
	"slices"
	"strings"
	"time"
)

// The pace of a caller's fingers, as in the recordings.
const (
	firstDigit  = 400 * time.Millisecond // after the prompt began
	digitLength = 100 * time.Millisecond
	digitGap    = 105 * time.Millisecond
	digitWait   = 5 * time.Second // Read's own limit for a digit that does not come
	inviteTime  = 3 * time.Millisecond
)

// outcome is how a call went, in the words of DIALSTATUS.
type outcome struct {
	status string
	cause  int
}

var (
	callAnswered    = outcome{"ANSWER", 16}
	callNoAnswer    = outcome{"NOANSWER", 16}
	callBusy        = outcome{"BUSY", 17}
	callDeclined    = outcome{"NOANSWER", 21}
	callUnavailable = outcome{"CHANUNAVAIL", 3}
	callCancelled   = outcome{"CANCEL", 0}
	callTimedOut    = outcome{"TIMEOUT", 16} // of a queue
)

// leg is a phone that a call rings.
type leg struct {
	ch      *channel
	phone   *phone
	number  string // what Dial was told: "201", "5551234@trunk"
	member  *member
	does    Reaction
	after   time.Duration
	rang    time.Time // when it began to; zero before
	refused outcome
}

// rangFor is how long it has rung.
func (l *leg) rangFor(now time.Time) time.Duration {
	if l.rang.IsZero() {
		return 0
	}
	return now.Sub(l.rang)
}

// call is a caller in the dialplan, and what rings for him.
type call struct {
	x       *exchange
	plan    Call
	caller  *channel
	service *Service // nil for a call that reached none
	legs    []*leg   // ringing
	refusal outcome  // of the last leg that said no
	talk    *leg
	bridge  *bridge
	queue   *queue
	wish    *wish  // of an Originate; nil for a call that came
	options string // of Dial or Queue

	consult  *consult // one of the two asks somebody before he hands the call on
	asked    *consult // or this is the call to whom is asked
	planless bool     // its caller was called himself: no dialplan goes on when the talk is over
	talkEnds *Step    // when the talk is over

	position, place    int // in the queue: when it came, when it left
	goes               int // how often the queue rang members
	resting            bool
	dialled, joined    time.Time
	queueWait          int
	rang, impatient    bool
	answered           time.Time
	heldByUs, heldByIt bool // caller, callee pressed hold
	ended              bool
	steps              []*Step
	result             outcome
	answeredBy         string
	done               chan struct{}
}

// place begins a call from outside, or from a phone whose extension is p.From.
func (x *exchange) place(p Call) *call {
	via := p.Via
	if via == "" {
		via = trunkName
		if x.phone(p.From) != nil {
			via = p.From
		}
	}
	from := x.phone(via)
	if from == nil {
		x.addPhone(Phone{Extension: via, Context: "from-trunk", Does: Unregistered})
		from = x.phone(via)
	}
	c := &call{x: x, plan: p, done: make(chan struct{})}
	x.calls[c] = struct{}{}
	c.caller = x.newChannel(from, "")
	ch := c.caller
	ch.call, ch.state = c, stateRing
	ch.number, ch.who = p.From, p.Name
	if p.From == from.Extension && p.Name == "" {
		ch.who = from.Name
	}
	ch.exten, ch.dialled = p.To, p.To
	c.service = x.service(p.To)
	ch.context = x.voice.entry(from, c.service)
	x.voice.born(c)
	x.deviceChanged(from)
	c.enter()
	return c
}

// later has do called d from now unless the call has ended.
func (c *call) later(d time.Duration, do func()) {
	c.steps = append(c.steps, c.x.after(d, func() {
		if !c.ended {
			do()
		}
	}))
}

// still stops all that the call would do by itself.
func (c *call) still() {
	for _, s := range c.steps {
		s.Stop()
	}
	c.steps = nil
}

// run tells that a step of the caller's dialplan begins.
func (c *call) run(app string, args ...string) {
	c.caller.app, c.caller.data = app, strings.Join(args, c.x.voice.separator())
	c.x.voice.step(c.caller, app, c.caller.data)
}

// next is run for the step after the one before.
func (c *call) next(app string, args ...string) {
	c.caller.priority++
	c.run(app, args...)
}

// enter leads the caller to where his number goes.
func (c *call) enter() {
	s := c.service
	if s == nil {
		c.dialNumber(c.caller.exten)
		return
	}
	c.x.voice.arrived(c, s)
	c.caller.priority = 1
	c.run("Answer")
	if c.caller.state != stateUp {
		c.caller.state = stateUp
		c.x.voice.newState(c.caller)
	}
	if s.Digits == 0 {
		c.collected()
		return
	}
	c.next("Read", append([]string{"cdata"}, c.x.voice.readArgs(s)...)...)
	c.x.voice.assign(c.caller, "READSTATUS", "ERROR")
	if c.plan.Digits == "" {
		c.later(digitWait, c.readDigits)
		return
	}
	c.later(firstDigit, func() { c.press(0) })
}

// press is the caller's finger on the i-th digit.
func (c *call) press(i int) {
	d := c.plan.Digits[i : i+1]
	c.x.voice.digit(c.caller, d, false)
	c.later(digitLength, func() {
		c.x.voice.digit(c.caller, d, true)
		switch {
		case d == "#", i+1 >= c.service.Digits:
			c.readDigits()
		case i+1 == len(c.plan.Digits):
			c.later(digitWait, c.readDigits)
		default:
			c.later(digitGap, func() { c.press(i + 1) })
		}
	})
}

// readDigits ends Read.
func (c *call) readDigits() {
	digits, _, _ := strings.Cut(c.plan.Digits, "#")
	status := "OK"
	digits = digits[:min(len(digits), c.service.Digits)]
	if digits == "" {
		status = "TIMEOUT"
	}
	c.x.voice.assign(c.caller, "cdata", digits)
	c.x.voice.assign(c.caller, "READSTATUS", status)
	c.collected()
}

// collected sets the service's variables and dials or queues.
func (c *call) collected() {
	s := c.service
	set := slices.Concat(s.Set, c.plan.Set)
	if s.Digits > 0 {
		name := s.Variable
		if name == "" {
			name = "calldata"
		}
		set = slices.Insert(set, 0, Variable{name, c.caller.get("cdata")})
	}
	for _, v := range set {
		c.next("Set", v.Name+"="+v.Value)
		c.x.voice.assign(c.caller, v.Name, v.Value)
	}
	if s.Queue != "" {
		c.join(s)
		return
	}
	limit := s.RingFor
	if limit == 0 {
		limit = 30 * time.Second
	}
	phones := s.Phones
	if c.plan.Ring != nil {
		phones = c.plan.Ring
	}
	c.dial(phones, limit, s.Options)
}

// dialNumber is the dialplan of a phone: another phone, or the way out.
func (c *call) dialNumber(number string) {
	limit := 20 * time.Second
	if c.x.phone(number) == nil {
		number, limit = strings.TrimPrefix(number, c.x.outside)+"@"+trunkName, 30*time.Second
	}
	c.dial([]string{number}, limit, c.x.voice.phoneOptions())
}

// dial is application Dial: it rings numbers, all at once.
func (c *call) dial(numbers []string, limit time.Duration, options string) {
	c.options = options
	targets := make([]string, len(numbers))
	for i, n := range numbers {
		targets[i] = c.x.voice.dialTarget(n)
	}
	args := []string{strings.Join(targets, "&"), itoa(seconds(limit))}
	if options != "" {
		args = append(args, options)
	}
	if c.service != nil {
		c.next("Dial", args...)
	} else {
		c.run("Dial", args...)
	}
	c.dialled = c.x.clock.Now()
	var legs []*leg
	for _, n := range numbers {
		_, via, far := strings.Cut(n, "@")
		if !far {
			via = n
		}
		if p := c.x.phone(via); p != nil && p.Does != Unregistered {
			legs = append(legs, c.newLeg(p, n, nil))
		}
	}
	c.legs = legs
	c.x.voice.dial(c, legs)
	if len(legs) == 0 {
		c.giveUp(callUnavailable)
		return
	}
	c.ring(slices.Clone(legs))
	c.later(limit, func() {
		if c.talk == nil {
			c.giveUp(callNoAnswer)
		}
	})
}
