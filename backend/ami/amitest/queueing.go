package amitest

import (
	"slices"
	"strings"
)

func (q *queue) member(iface string) *member {
	for _, m := range q.members {
		if strings.EqualFold(m.iface, iface) {
			return m
		}
	}
	return nil
}

// join is application Queue.
func (c *call) join(s *Service) {
	c.queue, c.options = c.x.queue(s.Queue), s.Options
	args := []string{s.Queue}
	if s.Options != "" || s.RingFor > 0 {
		args = append(args, s.Options)
	}
	if s.RingFor > 0 {
		args = append(args, "", "", itoa(seconds(s.RingFor)))
	}
	c.next("Queue", args...)
	if c.queue == nil {
		c.giveUp(callUnavailable)
		return
	}
	c.joined, c.dialled = c.x.clock.Now(), c.x.clock.Now()
	c.queue.waiting = append(c.queue.waiting, c)
	c.position = len(c.queue.waiting)
	c.x.voice.join(c)
	c.patience()
	if s.RingFor > 0 {
		c.later(s.RingFor, c.queueTimeout)
	}
	c.x.serve(c.queue)
}

// serve rings members for whoever waits and has nobody ringing, the first come
// first (autofill=yes).
func (x *exchange) serve(q *queue) {
	for _, c := range slices.Clone(q.waiting) {
		if c.ended || c.resting || len(c.legs) > 0 {
			continue
		}
		members := x.choose(q)
		if len(members) == 0 {
			return
		}
		for _, m := range members {
			c.legs = append(c.legs, c.newLeg(x.phone(m.iface), m.iface, m))
		}
		c.goes++
		round := c.goes
		x.voice.ringMembers(c, c.legs)
		c.ring(slices.Clone(c.legs))
		c.later(q.RingFor, func() {
			if c.talk == nil && c.goes == round && len(c.legs) > 0 {
				c.noOneCame()
			}
		})
	}
}

// choose is the members to ring next.
func (x *exchange) choose(q *queue) []*member {
	var free []*member
	least := -1
	for _, m := range q.members {
		if m.paused || x.phone(m.iface) == nil {
			continue
		}
		state := x.memberState(m.iface)
		if state != deviceNotInUse && (!q.RingInUse || state != deviceInUse) {
			continue
		}
		if least < 0 || m.penalty < least {
			least = m.penalty
		}
		free = append(free, m)
	}
	free = slices.DeleteFunc(free, func(m *member) bool { return m.penalty > least })
	if len(free) == 0 || q.Strategy == RingAll {
		return free
	}
	i := q.next % len(free)
	if q.Strategy == Random {
		i = x.rng.IntN(len(free))
	}
	q.next = i + 1
	return free[i : i+1]
}

// noOneCame ends one go of the queue.
func (c *call) noOneCame() {
	legs := c.legs
	c.x.voice.gaveUp(c, legs)
	c.dropLegs()
	c.rest()
}

// dropLegs forgets ringing legs that the voice has hung up.
func (c *call) dropLegs() {
	legs := c.legs
	c.legs = nil
	for _, l := range legs {
		c.x.deviceChanged(l.phone)
	}
}

// rest is the queue's pause before its next go.
func (c *call) rest() {
	c.resting = true
	q := c.queue
	c.later(q.Retry, func() {
		c.resting = false
		c.x.serve(q)
	})
}

// queueTimeout is Queue's own limit.
func (c *call) queueTimeout() {
	if c.talk != nil {
		return
	}
	if len(c.legs) > 0 {
		c.x.voice.gaveUp(c, c.legs)
	}
	c.leaveQueue()
	c.queue.abandoned++
	c.result = callTimedOut
	legs := c.legs
	c.legs = nil
	c.x.voice.queueLeft(c)
	c.end(legs...)
}

// leaveQueue takes the caller out of the line and gives how long he waited.
func (c *call) leaveQueue() {
	q := c.queue
	c.place = slices.Index(q.waiting, c) + 1
	q.waiting = slices.DeleteFunc(q.waiting, func(o *call) bool { return o == c })
	c.queueWait = seconds(c.x.clock.Now().Sub(c.joined))
}

// took counts a call for a member, in every queue he is in (shared_lastcall=yes).
func (x *exchange) took(c *call) {
	m := c.talk.member
	if m == nil {
		return
	}
	q := c.queue
	q.completed++
	q.holdTime += (c.queueWait - q.holdTime) / q.completed
	q.talkTime += (seconds(x.clock.Now().Sub(c.answered)) - q.talkTime) / q.completed
	for _, other := range x.queues {
		if same := other.member(m.iface); same != nil {
			same.taken++
			same.last = x.clock.Now()
		}
	}
	m.inCall = false
}
