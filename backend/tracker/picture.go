package tracker

import (
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// picture is the live exchange. Nothing in it knows of goroutines, sockets or the
// time of day: at tells it the time, apply what happened, and out is what is to be
// told to whom.
type picture struct {
	run      string
	maxCalls int
	plan     *plan
	now      time.Time

	channels map[pbx.ChannelID]*channel
	phones   map[string]*phone // by device, in upper case
	keys     map[pbx.ChannelID]*call
	bridges  map[pbx.BridgeID]*bridge
	halves   map[string]*channel // first seen half of each Local channel, by its name without the half
	waiting  []*call             // callers who wait in a queue
	queueing map[string]int      // how many, by queue in lower case
	crowded  map[string]bool     // queues of which that is still to be told
	agents   map[string]*agent   // by operator
	desk     Desk                // nil: nobody
	past     func(Past)          // nil: nobody
	graves   graves

	changes  uint64 // turns that may have changed it
	walk     uint64 // walks so far, see through.go
	calls    int
	born     uint64 // calls so far
	watchers int
	line     line
	syncing  bool
	sync     uint32 // number of the resync
	sweep    uint32 // number of the slow check
	strays   map[pbx.ChannelID]stray

	out   []told
	dirty []*agent // whose state may have changed
	ended []ended
	count Stats // its counters

	corrected []string // the first channels that a slow check ended or found, to be logged
	swept     time.Time
}

// told is a notice for an agent.
type told struct {
	agent  *agent
	notice *pbx.Notice
}

// line is the connection to Asterisk.
type line struct {
	state pbx.LinkState
	text  string
	since time.Time
}

// ended is what is logged of a call.
type ended struct {
	id             pbx.CallID
	service, queue string
	operators      []string
	lasted         time.Duration
}

func newPicture(run string, maxCalls int, now time.Time) *picture {
	return &picture{
		run: run, maxCalls: maxCalls, now: now, swept: now,
		plan:     compile(&Plan{}),
		channels: make(map[pbx.ChannelID]*channel),
		phones:   make(map[string]*phone),
		keys:     make(map[pbx.ChannelID]*call),
		bridges:  make(map[pbx.BridgeID]*bridge),
		halves:   make(map[string]*channel),
		queueing: make(map[string]int),
		crowded:  make(map[string]bool),
		agents:   make(map[string]*agent),
		strays:   make(map[pbx.ChannelID]stray),
		graves:   newGraves(now),
		line:     line{state: pbx.LinkStateDown, since: now},
	}
}

// at sets the time of what follows.
func (p *picture) at(now time.Time) {
	p.now = now
	p.graves.age(now)
	if now.Sub(p.swept) >= time.Minute {
		p.swept = now
		p.sweepAgents()
	}
}

// setPlan puts a configuration in use. A call keeps its service, in its new form if
// the configuration still has it; one without may find that it is in a new one.
func (p *picture) setPlan(n *plan) {
	p.plan = n
	for _, k := range p.keys {
		k.shownFor, k.shown = nil, nil
		if k.service != nil {
			if s := n.byName[k.service.Name]; s != nil {
				k.service = s
			}
			continue
		}
		if k.waits() {
			p.serveQueue(k, k.queue)
		}
		if k.calling {
			p.serve(k, n.byContext[k.context], false)
		}
	}
	for _, ph := range p.phones {
		for c := ph.first; c != nil; c = c.next {
			if c.answersFor != nil {
				if s := n.byName[c.answersFor.Name]; s != nil {
					c.answersFor = s
				}
			}
			p.reveal(c)
		}
		p.dropPhone(ph)
	}
	p.settle()
}

func (p *picture) stats() Stats {
	s := p.count
	s.Calls, s.Channels, s.Bridges = p.calls, len(p.channels), len(p.bridges)
	s.Agents, s.Watchers, s.Changes = len(p.agents), p.watchers, p.changes
	s.Link, s.LinkText, s.LinkSince = p.line.state, p.line.text, p.line.since
	return s
}

// phone is a device with its channels, and the agent who sits at it. Local channels
// have none: a Local channel is never anybody's phone.
type phone struct {
	device string // "PJSIP/201", in upper case
	first  *channel
	agent  *agent // nil: nobody
}

// phoneOf is the phone of a device, made if need be.
func (p *picture) phoneOf(device string) *phone {
	device = strings.ToUpper(device)
	ph := p.phones[device]
	if ph == nil {
		ph = &phone{device: strings.Clone(device)}
		p.phones[ph.device] = ph
	}
	return ph
}

// dropPhone forgets a phone that has neither channel nor agent nor seat.
func (p *picture) dropPhone(ph *phone) {
	if ph.first == nil && p.stranger(ph) {
		delete(p.phones, ph.device)
	}
}

// stranger says whether the configuration does not know ph: a line to the outside, or a
// telephone at which no agent sits.
func (p *picture) stranger(ph *phone) bool { return ph.agent == nil && !p.plan.seat(ph.device) }

func (ph *phone) add(c *channel) {
	c.phone, c.previous, c.next = ph, nil, ph.first
	if ph.first != nil {
		ph.first.previous = c
	}
	ph.first = c
}

func (ph *phone) remove(c *channel) {
	if c.previous != nil {
		c.previous.next = c.next
	} else {
		ph.first = c.next
	}
	if c.next != nil {
		c.next.previous = c.previous
	}
	c.previous, c.next = nil, nil
}

// graves are the channels that hung up lately. None of them comes back, be it that
// its Newchannel or a resync's list comes late. They are kept for 60 to 120 seconds.
type graves struct {
	young, old map[pbx.ChannelID]struct{}
	turned     time.Time
}

const (
	graveTime = time.Minute
	maxGraves = 32_768 // in each half
)

func newGraves(now time.Time) graves {
	return graves{young: make(map[pbx.ChannelID]struct{}), old: make(map[pbx.ChannelID]struct{}), turned: now}
}

func (g *graves) age(now time.Time) {
	if now.Sub(g.turned) >= graveTime || len(g.young) >= maxGraves {
		g.young, g.old, g.turned = g.old, g.young, now
		clear(g.young)
	}
}

func (g *graves) add(id pbx.ChannelID) {
	if len(g.young) < maxGraves {
		g.young[id] = struct{}{}
	}
}

func (g *graves) has(id pbx.ChannelID) bool {
	if _, is := g.young[id]; is {
		return true
	}
	_, is := g.old[id]
	return is
}

// without is list without its element x, in place; the order does not matter.
func without[T comparable](list []T, x T) []T {
	i := slices.Index(list, x)
	if i < 0 {
		return list
	}
	last := len(list) - 1
	var zero T
	list[i], list[last] = list[last], zero
	return list[:last]
}
