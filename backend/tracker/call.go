package tracker

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// The limits of what one call keeps.
const (
	maxVariables = 64
	maxValue     = 4 << 10 // bytes
	maxKeys      = 64      // and those of its living channels
)

// call is a set of channels with what belongs to the caller, whoever talks with him:
// id, caller id, service, queue and variables. It lives until its last channel hangs
// up, whatever Linkedids merge meanwhile.
type call struct {
	number uint64     // calls are counted; a lower number is older
	id     pbx.CallID // made when it is first shown
	keys   []pbx.ChannelID
	legs   []*channel
	guests []*channel // phones that probably ring for it, see guess.go
	born   time.Time

	origin   origin
	calling  bool // the origin was seen to call, so it is no phone that is being called
	callerID pbx.CallerID
	called   string // the number the caller dialled
	context  string // where the caller's dialplan is

	service   *Service
	certain   bool // the service was found by Answer or by a queue
	queue     string
	queuedAt  time.Time
	inQueue   bool
	waitSeen  uint32 // number of the last resync that knew of its waiting
	variables []pbx.Variable
	shown     []pbx.Variable // those of shownFor, in its order; never changed, only replaced
	shownFor  *Service

	last     holder           // the agent who had it last
	moved    pbx.TransferKind // how it left him; "" when nobody said
	rang     *pbx.Transfer    // the phone that rang last and hung up unanswered, as whoever picks it up is told
	consults bool             // an agent calls a service, while a caller waits for him

	pops      []popped
	operators []string // who talked

	firstLegs [3]*channel // room for legs and keys as most calls need it
	firstKey  [1]pbx.ChannelID
}

// origin is the channel that began a call. It is remembered when it has hung up.
type origin struct {
	id     pbx.ChannelID
	name   string
	device string // in upper case; "" for a Local channel
}

func (k *call) waits() bool { return k.inQueue }

// begin makes c the channel that began the call.
func (k *call) begin(c *channel) {
	k.origin = origin{id: c.id, name: c.name}
	if c.phone != nil {
		k.origin.device = c.phone.device
	}
	k.callerID = c.callerID
	k.called, k.context, k.calling = "", "", false
}

// begunBy notes that a channel began the call that is not known yet.
func (k *call) begunBy(id pbx.ChannelID) {
	k.origin = origin{id: pbx.ChannelID(strings.Clone(string(id)))}
	k.callerID = pbx.CallerID{}
}

// newCall begins a call with c. Channels to come find it by key, a Linkedid, or by c.
func (p *picture) newCall(c *channel, key pbx.ChannelID) {
	p.born++
	p.calls++
	k := &call{number: p.born, born: p.now}
	k.legs = append(k.firstLegs[:0], c)
	c.call = k
	k.begin(c)
	if key == "" || key == c.id {
		key = c.id
	} else {
		key = pbx.ChannelID(strings.Clone(string(key)))
	}
	k.keys = append(k.firstKey[:0], key)
	p.keys[key] = k
}

// callID is the call's id: what the run begins with, and its number in letters.
func (p *picture) callID(k *call) pbx.CallID {
	if k.id == "" {
		k.id = pbx.CallID(p.run + strconv.FormatUint(k.number, 36))
	}
	return k.id
}

// endIfOver forgets a call that has no channel left.
func (p *picture) endIfOver(k *call) {
	if len(k.legs) > 0 || len(k.guests) > 0 {
		return
	}
	p.unwait(k)
	for _, key := range k.keys {
		delete(p.keys, key)
	}
	p.calls--
	if k.service != nil {
		p.ended = append(p.ended, ended{
			id: p.callID(k), service: k.service.Name, queue: k.queue, operators: k.operators, lasted: p.now.Sub(k.born),
		})
	}
}

// merge makes one call of two: the one that has a service goes on, else the older. Of two
// that have one, the one whose caller is there goes on. What belonged to a caller who is
// gone ends with him: an agent whose channel outlives its calls (app_agent_pool) brings
// nothing of the last one to the next.
func (p *picture) merge(a, b *call) *call {
	if a == b {
		return a
	}
	win, lose, over := a, b, false
	switch served := b.service != nil; {
	case served != (a.service != nil):
		if served {
			win, lose = b, a
		}
	case served && p.begun(a) != p.begun(b):
		over = true
		if p.begun(b) {
			win, lose = b, a
		}
	case b.number < a.number:
		win, lose = b, a
	}
	if over {
		lose.variables, lose.pops, lose.last, lose.moved = nil, nil, holder{}, ""
	}
	p.attended(win, lose, lose.origin.device)
	settled := p.settleGuesses(win, lose)
	for _, c := range lose.legs {
		if !slices.Contains(settled, c) {
			if p.withdraw(c, 0, ""); !c.answered.IsZero() {
				p.renew(c)
			}
		}
		c.call = win
		c.side, c.behind, c.handed, c.handing = sideUnknown, false, "", false
		if c.transfer != nil && c.transfer.Kind != pbx.TransferPickup { // that is told before
			c.transfer = nil
		}
		if win.waits() || c.legacy && !c.dialled && !lose.calling && win.queue != "" {
			c.queued = c.queued || !c.dialled // who waits gets a member; until 11 only a queue rings a phone without a Dial
		}
		if c.answered.IsZero() && c.state == pbx.Up { // it was its own caller until now
			c.answered, c.since = p.now, p.now
		}
	}
	for _, c := range lose.guests {
		p.withdraw(c, 0, "")
		c.guess = win
	}
	win.legs = append(win.legs, lose.legs...)
	win.guests = append(win.guests, lose.guests...)
	for _, key := range lose.keys {
		p.keys[key] = win
	}
	win.keys = append(win.keys, lose.keys...)
	p.dropKeys(win)
	for _, v := range lose.variables {
		if !slices.ContainsFunc(win.variables, func(w pbx.Variable) bool { return w.Name == v.Name }) && len(win.variables) < maxVariables {
			win.variables = append(win.variables, v)
		}
	}
	win.shownFor, win.shown = nil, nil
	win.pops = append(win.pops, lose.pops...)
	if lose.waits() {
		seen := max(lose.waitSeen, win.waitSeen)
		p.unwait(lose)
		p.wait(win, lose.queue, lose.queuedAt)
		win.waitSeen = seen
	}
	if win.last.device == "" {
		win.last, win.moved = lose.last, lose.moved
	}
	lose.legs, lose.guests, lose.keys = nil, nil, nil
	p.calls--
	p.revealAll(win)
	return win
}

// dropKeys forgets the older Linkedids of channels that are gone when a call has very
// many: one that never ends, such as a conference room, would collect those of all its
// guests.
func (p *picture) dropKeys(k *call) {
	older := len(k.keys) - maxKeys/2
	if len(k.keys) <= maxKeys {
		return
	}
	k.keys = slices.DeleteFunc(k.keys, func(key pbx.ChannelID) bool {
		if older--; older < 0 || key == k.origin.id || p.channels[key] != nil {
			return false
		}
		delete(p.keys, key)
		return true
	})
}

// begun says whether the channel that began k still lives, or is yet to be met.
func (p *picture) begun(k *call) bool {
	return p.channels[k.origin.id] != nil || k.origin.name == ""
}

// revealAll shows the call to those of its agents who do not know of it, and pops for
// those of whom it was not certain that they talk with its caller.
func (p *picture) revealAll(k *call) {
	for _, c := range k.legs {
		p.reveal(c)
		p.tellLink(c)
	}
	for _, c := range k.guests {
		p.reveal(c)
	}
}

// placesCall notes that c calls somebody, so it is no phone that is being called:
// until 11 both begin alike.
func (p *picture) placesCall(c *channel) {
	if k := c.call; !k.calling && k.origin.id == c.id {
		k.calling = true
		p.revealAll(k)
	}
}

// serve gives the call a service that its caller reached in the dialplan (row B2):
// the first context of a service counts, until one answers.
func (p *picture) serve(k *call, s *Service, answers bool) {
	switch {
	case s == nil || k.certain:
		return
	case k.service == nil:
		p.count.ServiceCalls++
	case k.service == s || !answers:
		k.certain = k.certain || answers && k.service == s
		return
	}
	k.service, k.certain = s, answers
	p.consults(k)
	p.revealAll(k)
}

// serveQueue gives the call the service of a queue, whatever it had before (row B2).
func (p *picture) serveQueue(k *call, queue string) {
	s := p.plan.queue(queue)
	if s == nil {
		return
	}
	if k.service == nil {
		p.count.ServiceCalls++
	}
	k.service, k.certain = s, true
	p.consults(k)
	p.revealAll(k)
}

// wait notes that the call waits in a queue. One that is known to wait there goes on
// waiting: a resync tells it again.
func (p *picture) wait(k *call, queue string, since time.Time) {
	k.waitSeen = p.sync
	if k.inQueue && strings.EqualFold(k.queue, queue) {
		if since.Before(k.queuedAt.Add(-time.Second)) { // known better now
			k.queuedAt = since
		}
		return
	}
	p.unwait(k)
	if k.queue != queue {
		k.queue = cut(queue, maxName)
	}
	k.queuedAt, k.inQueue = since, true
	p.waiting = append(p.waiting, k)
	p.queue(k.queue, 1)
}

func (p *picture) unwait(k *call) {
	if k.inQueue {
		k.inQueue = false
		p.waiting = without(p.waiting, k)
		p.queue(k.queue, -1)
	}
}

// setVariable keeps a variable that some service has (row B3).
func (p *picture) setVariable(k *call, name, value string) {
	i := slices.IndexFunc(k.variables, func(v pbx.Variable) bool { return v.Name == name })
	switch {
	case i >= 0 && k.variables[i].Value == value:
		return
	case i < 0 && len(k.variables) >= maxVariables:
		p.count.RefusedVariables++
		return
	}
	if len(value) > maxValue {
		p.count.CutValues++
	}
	value = cut(value, maxValue)
	if i >= 0 {
		k.variables[i].Value = value
	} else {
		k.variables = append(k.variables, pbx.Variable{Name: name, Value: value})
	}
	k.shownFor, k.shown = nil, nil
}

// of are the variables that service s shows.
func (k *call) of(s *Service) []pbx.Variable {
	if s == nil || len(k.variables) == 0 {
		return nil
	}
	if k.shownFor == s {
		return k.shown
	}
	list := make([]pbx.Variable, 0, min(len(s.Variables), len(k.variables)))
	for _, name := range s.Variables {
		if v, is := k.value(name); is {
			list = append(list, pbx.Variable{Name: name, Value: v})
		}
	}
	k.shownFor, k.shown = s, list
	return list
}

func (k *call) value(name string) (string, bool) {
	for i := range k.variables {
		if k.variables[i].Name == name {
			return k.variables[i].Value, true
		}
	}
	return "", false
}
