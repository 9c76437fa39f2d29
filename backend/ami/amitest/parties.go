package amitest

import "slices"

// newLeg is a phone about to be called, with a channel of its own.
func (c *call) newLeg(p *phone, number string, m *member) *leg {
	l := &leg{phone: p, number: number, member: m, does: p.Does, after: p.After}
	if r, ok := c.plan.Replies[p.Extension]; ok {
		l.does, l.after = r.Does, r.After
	}
	if c.x.react != nil {
		l.does, l.after = c.x.react(c, p)
	}
	if len(p.channels) > 0 && p.Extension != trunkName {
		l.does, l.after = Busy, 0
	}
	l.ch = c.x.newChannel(p, c.caller.linked)
	l.ch.call = c
	c.x.voice.identify(c, p, l)
	return l
}

// ring has the legs ring and do what they will do.
func (c *call) ring(legs []*leg) {
	c.later(inviteTime, func() {
		var ring []*leg
		for _, l := range legs {
			if l.does == Busy && l.after == 0 {
				c.refuse(l, callBusy)
			} else if c.rings(l) {
				ring = append(ring, l)
			}
		}
		if len(ring) == 0 {
			return
		}
		c.x.voice.ringing(c, ring)
		c.patience()
		c.rang = true
		for _, l := range ring {
			l.rang = c.x.clock.Now()
			c.tell(momentRing, l)
			switch l.does {
			case Answer:
				c.later(l.after, func() { c.answer(l) })
			case Decline:
				c.later(l.after, func() { c.refuse(l, callDeclined) })
			case Busy:
				c.later(l.after, func() { c.refuse(l, callBusy) })
			}
		}
	})
}

// patience has the caller hang up some time after he began to wait.
func (c *call) patience() {
	if c.plan.Abandon <= 0 || c.impatient {
		return
	}
	c.impatient = true
	c.later(c.plan.Abandon, func() {
		if c.talk == nil {
			c.hangup(c.caller)
		}
	})
}

func (c *call) rings(l *leg) bool { return c.talk == nil && slices.Contains(c.legs, l) }

// refuse is a leg that says no.
func (c *call) refuse(l *leg, how outcome) {
	if !c.rings(l) {
		return
	}
	l.refused, c.refusal = how, how
	c.legs = slices.DeleteFunc(slices.Clone(c.legs), func(o *leg) bool { return o == l })
	c.x.voice.refused(c, l)
	c.x.remove(l.ch)
	c.x.deviceChanged(l.phone)
	switch {
	case len(c.legs) > 0:
	case c.queue != nil:
		c.rest()
	default:
		c.giveUp(how)
	}
}

// answer is a leg that is lifted: the others stop, the two talk.
func (c *call) answer(l *leg) {
	if !c.rings(l) {
		return
	}
	lost := slices.DeleteFunc(slices.Clone(c.legs), func(o *leg) bool { return o == l })
	c.talk, c.legs, c.answered = l, nil, c.x.clock.Now()
	c.result, c.answeredBy = callAnswered, l.phone.Extension
	if c.queue != nil {
		c.leaveQueue()
	}
	c.x.voice.accepted(c, l, lost)
	if l.member != nil {
		l.member.inCall = true
	}
	c.tell(momentAnswer, l)
	for _, h := range c.plan.Holds {
		c.later(h.After, func() {
			c.hold(h.By, true)
			c.later(h.For, func() { c.hold(h.By, false) })
		})
	}
	c.talkOn()
	if k := c.asked; k != nil && k.given {
		k.m.askerEnds(k)
		k.join(k.waits)
		c.x.deviceChanged(k.asker.phone)
	}
}

// talkOn has the two talk for as long as is planned.
func (c *call) talkOn() {
	c.talkEnds.Stop()
	if c.plan.Talk > 0 {
		c.later(c.plan.Talk, func() { c.hangup(c.side(c.plan.HangupBy)) })
		c.talkEnds = c.steps[len(c.steps)-1]
	}
}

// giveUp ends Dial without an answer; the dialplan's Hangup follows.
func (c *call) giveUp(how outcome) {
	legs := c.legs
	c.result = how
	c.x.voice.unanswered(c, how)
	c.legs = nil
	c.end(legs...)
}

// side is the channel of one of the two parties; nil when that party is not there.
func (c *call) side(p Party) *channel {
	if p == Caller {
		return c.caller
	}
	if c.talk != nil {
		return c.talk.ch
	}
	return nil
}

// hangup is a party that hangs up, at any time.
func (c *call) hangup(by *channel) {
	if c.ended || by == nil {
		return
	}
	if k := c.consult; k != nil && k.hangup(by) {
		return
	}
	if c.asked != nil && by == c.asked.near {
		by = c.caller
	}
	if c.talk != nil {
		c.x.voice.finished(c, by)
		c.end(c.talk)
		return
	}
	if c.wish != nil && !c.wish.up {
		c.originateFails(fate{reason: 3, cause: 16})
		return
	}
	if by == c.caller {
		legs := c.legs
		c.result = callCancelled
		if c.queue != nil {
			c.leaveQueue()
			c.queue.abandoned++
		}
		c.x.voice.abandoned(c)
		c.legs = nil
		c.end(legs...)
		return
	}
	for _, l := range c.legs {
		if l.ch == by {
			c.refuse(l, callDeclined)
			return
		}
	}
}

// hold has a party press its hold key, or take the other back.
func (c *call) hold(by Party, on bool) {
	if c.ended || c.talk == nil || c.consult != nil {
		return
	}
	held := &c.heldByIt
	if by == Caller {
		held = &c.heldByUs
	}
	if *held == on {
		return
	}
	*held = on
	ch, other := c.talk.ch, c.caller
	if by == Caller {
		ch, other = c.caller, c.talk.ch
	}
	other.held = on
	c.x.voice.hold(c, ch, on)
	c.x.deviceChanged(other.phone)
	if by == Callee {
		if on {
			c.tell(momentHold, c.talk)
		} else {
			c.tell(momentUnhold, c.talk)
		}
	}
}

// end forgets a call whose channels the voice has hung up.
func (c *call) end(legs ...*leg) {
	if c.ended {
		return
	}
	c.ended = true
	c.still()
	delete(c.x.calls, c)
	for _, l := range legs {
		c.x.deviceChanged(l.phone)
	}
	c.x.deviceChanged(c.caller.phone)
	c.tell(momentEnd, c.talk)
	close(c.done)
	if k := c.asked; k != nil {
		c.asked = nil
		k.lost()
	}
}

func (c *call) tell(m moment, l *leg) {
	if c.x.watch != nil {
		c.x.watch(m, c, l)
	}
}
