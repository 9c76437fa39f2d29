package amitest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// listener hears every event of an exchange, in order. It must not keep the bytes.
type listener interface {
	hear(class classes, event []byte)
}

// exchange is the telephone exchange behind a Server. Everything in it is guarded
// by mu; functions without a remark are called with mu held.
type exchange struct {
	mu      sync.Mutex
	clock   *Clock
	voice   voice
	rng     *rand.Rand
	system  string        // systemname, before each uniqueid
	talk    time.Duration // how long who was originated talks; 0: until somebody hangs up
	outside string        // prefix of numbers that leave through the trunk
	started time.Time

	phones    map[string]*phone // by device, in lower case
	desks     []*phone          // the same, in the order they were added
	services  []*Service
	queues    []*queue
	channels  []*channel // in the order they were born
	bridges   []*bridge
	calls     map[*call]struct{}
	listeners []listener

	uids, names, locals, processed int
	ev                             event

	// For Traffic; nil otherwise.
	watch   func(moment moment, c *call, l *leg)
	react   func(c *call, p *phone) (Reaction, time.Duration)
	chatter bool // tell what a busy exchange tells besides
}

// moment is what a watch is told of.
type moment uint8

const (
	momentRing moment = iota
	momentAnswer
	momentHold
	momentUnhold
	momentEnd // of the call; its leg is nil when nobody answered
)

func newExchange(o *Options, clock *Clock) *exchange {
	x := &exchange{
		clock: clock, system: o.SystemName, outside: o.Outside, started: clock.Now(),
		rng: source(o.Seed), phones: map[string]*phone{}, calls: map[*call]struct{}{},
	}
	if o.Dialect == Asterisk14 {
		x.voice = &legacy{x: x}
	} else {
		x.voice = &modern{x: x}
	}
	x.addPhone(Phone{Extension: trunkName, Name: "User " + trunkName, Context: "from-trunk", Does: Answer, After: 3 * time.Second})
	return x
}

// source is random numbers that are the same for a seed. Nothing here is a secret.
func source(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) //nolint:gosec // G404: a simulation repeats itself on purpose
}

// trunkName is the endpoint by which calls come and go unless one says otherwise.
const trunkName = "trunk"

func (x *exchange) addPhone(p Phone) {
	if p.Name == "" {
		p.Name = "User " + p.Extension
	}
	if p.Context == "" {
		p.Context = "agents"
	}
	device := x.voice.device(p.Extension)
	if old := x.phones[strings.ToLower(device)]; old != nil {
		old.Phone = p
		return
	}
	d := &phone{Phone: p, device: device, told: deviceNotInUse}
	d.told = d.status()
	x.phones[strings.ToLower(device)] = d
	x.desks = append(x.desks, d)
}

// phone finds a phone by its device or its extension, without case.
func (x *exchange) phone(name string) *phone {
	if !strings.Contains(name, "/") {
		name = x.voice.device(name)
	}
	return x.phones[strings.ToLower(name)]
}

func (x *exchange) addQueue(q Queue) {
	if q.Strategy == "" {
		q.Strategy = RingAll
	}
	if q.RingFor == 0 {
		q.RingFor = 15 * time.Second
	}
	if q.Retry == 0 {
		q.Retry = time.Second
	}
	n := &queue{Queue: q}
	for _, m := range q.Members {
		if m.Name == "" {
			m.Name = m.Interface
		}
		n.members = append(n.members, &member{iface: m.Interface, name: m.Name, membership: "static", penalty: m.Penalty, login: x.clock.Now()})
	}
	x.queues = append(x.queues, n)
}

// queue finds a queue by its name, without case as app_queue does.
func (x *exchange) queue(name string) *queue {
	for _, q := range x.queues {
		if strings.EqualFold(q.Name, name) {
			return q
		}
	}
	return nil
}

func (x *exchange) service(number string) *Service {
	for _, s := range x.services {
		if s.Number == number {
			return s
		}
	}
	return nil
}

// after has do called with mu held, d of told time from now.
func (x *exchange) after(d time.Duration, do func()) *Step {
	var s *Step
	locked := func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if !s.dead.Load() {
			do()
		}
	}
	s = x.clock.After(d, locked)
	return s
}

// newChannel makes a channel of a phone; it is not told yet.
func (x *exchange) newChannel(p *phone, linked string) *channel {
	ch := x.addChannel(p, x.voice.channelName(p.device), linked)
	ch.sipID = x.uuid()
	return ch
}

func (x *exchange) addChannel(p *phone, name, linked string) *channel {
	now := x.clock.Now()
	id := x.system + strconv.FormatInt(now.Unix(), 10) + "." + strconv.Itoa(x.uids)
	x.uids++
	if linked == "" {
		linked = id
		x.processed++
	}
	ch := &channel{
		name: name, id: id, linked: linked, phone: p, state: stateDown,
		context: p.Context, exten: "s", priority: 1, born: now,
	}
	x.channels = append(x.channels, ch)
	p.channels = append(p.channels, ch)
	return ch
}

// remove takes a channel that has hung up out of the exchange.
func (x *exchange) remove(ch *channel) {
	x.channels = slices.DeleteFunc(x.channels, func(o *channel) bool { return o == ch })
	ch.phone.channels = slices.DeleteFunc(ch.phone.channels, func(o *channel) bool { return o == ch })
	x.voice.forget(ch)
}

func (x *exchange) channel(name string) *channel {
	for _, ch := range x.channels {
		if ch.name == name {
			return ch
		}
	}
	return nil
}

func (x *exchange) newBridge() *bridge {
	b := &bridge{id: x.uuid(), technology: "simple_bridge"}
	x.bridges = append(x.bridges, b)
	return b
}

func (b *bridge) enter(ch *channel) { b.channels = append(b.channels, ch); ch.bridge = b }

func (b *bridge) leave(ch *channel) {
	b.channels = slices.DeleteFunc(b.channels, func(o *channel) bool { return o == ch })
	ch.bridge = nil
}

func (x *exchange) removeBridge(b *bridge) {
	x.bridges = slices.DeleteFunc(x.bridges, func(o *bridge) bool { return o == b })
}

func (x *exchange) uuid() string {
	a, b := x.rng.Uint64(), x.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, 0x8000|b>>50, b&0xffffffffffff)
}

// deviceChanged tells the queues of each phone whose state is another than told
// last, and lets waiting callers have who is free now.
func (x *exchange) deviceChanged(phones ...*phone) {
	for _, p := range phones {
		status := p.status()
		if status == p.told {
			continue
		}
		p.told = status
		x.voice.deviceState(p, status)
		for _, q := range x.queues {
			m := q.member(p.device)
			if m == nil {
				continue
			}
			x.voice.memberStatus(q, m, status)
			if status == deviceNotInUse && len(q.waiting) > 0 {
				x.after(q.Retry, func() { x.serve(q) })
			}
		}
	}
}

// memberState is the device state of a member's interface.
func (x *exchange) memberState(iface string) int {
	if p := x.phones[strings.ToLower(iface)]; p != nil {
		return p.status()
	}
	return deviceInvalid
}

// event is an event being written.
type event struct {
	text
	x     *exchange
	class classes
}

// event begins one; send must follow before the next begins.
func (x *exchange) event(name, class string) *event {
	e := &x.ev
	e.x, e.class, e.b = x, classWords[class], e.b[:0]
	e.add("Event", name)
	e.add("Privilege", class+",all")
	return e
}

func (e *event) add(key, value string) *event {
	e.text.add(key, value)
	return e
}

func (e *event) int(key string, value int) *event {
	e.text.int(key, value)
	return e
}

func (e *event) yes(key string, value bool) *event {
	e.text.yes(key, value)
	return e
}

func (e *event) send() {
	b := e.end()
	for _, l := range e.x.listeners {
		l.hear(e.class, b)
	}
}

// restart forgets every call.
func (x *exchange) restart() {
	for c := range x.calls {
		c.ended = true
		c.still()
		close(c.done)
	}
	clear(x.calls)
	x.channels, x.bridges = nil, nil
	x.uids, x.names, x.locals, x.processed, x.started = 0, 0, 0, 0, x.clock.Now()
	for _, p := range x.desks {
		p.channels = nil
		p.told = p.status()
	}
	for _, q := range x.queues {
		q.waiting = nil
		q.completed, q.abandoned, q.holdTime, q.talkTime = 0, 0, 0, 0
		q.members = slices.DeleteFunc(q.members, func(m *member) bool { return m.membership != "static" })
		for _, m := range q.members {
			*m = member{iface: m.iface, name: m.name, membership: m.membership, penalty: m.penalty, login: x.started}
		}
	}
}
