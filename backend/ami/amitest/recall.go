package amitest

// callAgain calls the telephone of who has handed on, since nobody took the call.
func (k *consult) callAgain() {
	x, c, p := k.m.x, k.call, k.asker.phone
	if p.Does == Unregistered {
		k.notAgain(callUnavailable)
		return
	}
	busy := p.Does == Busy || len(p.channels) > 1 // beside the one that has handed on
	ch := x.newChannel(p, "")
	ch.call, k.again = c, &leg{ch: ch, phone: p}
	x.voice.identify(c, p, k.again)
	k.m.callsAgain(k)
	c.later(inviteTime, func() {
		if busy {
			k.notAgain(callBusy)
			return
		}
		ch.state = stateRinging
		k.m.againRings(k)
		x.deviceChanged(p)
		switch p.Does {
		case Answer:
			c.later(p.After, k.answerAgain)
		case Decline:
			c.later(p.After, func() { k.notAgain(callDeclined) })
		}
	})
	c.later(askLimit, func() { k.notAgain(callNoAnswer) })
}

// answerAgain is that telephone being lifted.
func (k *consult) answerAgain() {
	c := k.call
	if c.consult != k || k.again.ch.state != stateRinging {
		return
	}
	c.still()
	k.again.ch.state = stateUp
	c.consult, c.talk, c.answeredBy = nil, k.again, k.again.phone.Extension
	k.m.isBackAgain(k)
	k.m.x.deviceChanged(k.again.phone)
	c.talkOn()
}

// notAgain is that nobody answers there either: Asterisk hangs up who waits.
func (k *consult) notAgain(how outcome) {
	c := k.call
	if c.consult != k {
		return
	}
	c.consult, c.result = nil, how
	k.m.givesUp(k, how)
	c.end(&leg{phone: k.asker.phone}, &leg{phone: k.waits.phone})
}

// callsAgain is told by an Asterisk that dials without a caller.
func (m *modern) callsAgain(k *consult) {
	ch := k.again.ch
	m.newChannel(ch)
	m.outgoing(ch, "AppDial2")
	m.connect(ch, k.waits)
	m.alone("DialBegin", ch).add("DialString", ch.phone.Extension).send()
}

func (m *modern) againRings(k *consult) {
	m.newState(k.again.ch)
	m.alone("DialState", k.again.ch).add("DialStatus", "RINGING").send()
}

func (m *modern) isBackAgain(k *consult) {
	ch, b := k.again.ch, k.call.bridge
	m.newState(ch)
	m.alone("DialEnd", ch).add("DialStatus", "ANSWER").send()
	ch.linked = k.waits.linked
	m.enter(b, ch)
	m.peers(k.waits, ch)
	m.peers(ch, k.waits)
	m.connect(k.waits, ch)
	m.askerEnds(k)
}

func (m *modern) givesUp(k *consult, how outcome) {
	if k.again != nil {
		if sip := sipCodes[how.cause]; sip != "" {
			m.hangupRequest(k.again.ch, how.cause, sip)
		}
		m.alone("DialEnd", k.again.ch).add("DialStatus", how.status).send()
		m.hangUp(k.again.ch, how.cause, sipCodes[how.cause])
	}
	m.leaveBridge(k.call.bridge, k.waits)
	m.goes(k)
	m.destroyBridge(k.call.bridge)
	m.askerEnds(k)
}

// cutsNear hangs half ;1 up because who is asked has not answered in time.
func (m *modern) cutsNear(k *consult) {
	m.about("SoftHangupRequest", "call", k.near).int("Cause", 32).send()
	m.nearEnds(k, k.call.bridge, false)
}
