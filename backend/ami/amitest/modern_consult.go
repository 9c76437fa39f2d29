package amitest

// asks tells that the asker has pressed the keys: it is Asterisk that holds who waits.
func (m *modern) asks(k *consult) {
	m.about("Hold", "call", k.asker).send()
	m.music(k.waits, true)
}

// calls makes a Local channel, and takes the asker to its half ;1; half ;2 calls then.
func (m *modern) calls(k *consult) {
	near, second, asker := k.near, k.far.caller, k.asker
	m.newChannel(near)
	m.newChannel(second)
	m.assign(near, "TRANSFERERNAME", asker.name)
	m.assign(near, "ATTENDEDTRANSFER", asker.name)
	m.bridgeEvent("BridgeCreate", k.bridge, nil)
	m.assign(second, "ATTENDEDTRANSFER", asker.name)
	m.assign(second, "TRANSFERERNAME", asker.name)
	second.number, second.who = asker.number, asker.who
	m.callerID(second)
	m.pipe("LocalBridge", k).add("Context", second.context).add("Exten", second.exten).add("LocalOptimization", "Yes").send()
	m.connect(near, asker)
	m.enter(k.bridge, near)
	m.forgetAsker(near)
	m.leaveBridge(k.call.bridge, asker)
	m.enter(k.bridge, asker)
	m.peers(near, asker)
	m.peers(asker, near)
	m.connect(asker, near)
}

// pipe begins an event of both halves of the Local channel.
func (m *modern) pipe(name string, k *consult) *event {
	return m.x.event(name, "call").snapshot("LocalOne", k.near).snapshot("LocalTwo", k.far.caller)
}

func (m *modern) enter(b *bridge, ch *channel) {
	b.enter(ch)
	m.bridgeEvent("BridgeEnter", b, ch)
}

// forgetAsker is what half a Local channel does when it has entered a bridge.
func (m *modern) forgetAsker(ch *channel) { m.clear(ch, "ATTENDEDTRANSFER") }

// nearRings tells at half ;1 what half ;2 has heard of the first telephone that rings.
func (m *modern) nearRings(k *consult, leg *channel) {
	near := k.near
	if other := near.other(); other != nil {
		m.connect(other, leg)
	}
	near.state = stateRinging
	m.newState(near)
	near.number, near.who = leg.number, leg.who
	m.callerID(near)
	m.alone("DialState", near).add("DialStatus", "RINGING").send()
}

func (m *modern) nearUp(k *consult) {
	near := k.near
	near.state = stateUp
	m.newState(near)
	m.alone("DialEnd", near).add("DialStatus", "ANSWER").send()
	if other := near.other(); other != nil {
		m.peers(near, other)
		m.peers(other, near)
	}
}

// returns takes the asker back. gone: who was asked is, and the Local channel with him.
func (m *modern) returns(k *consult, gone bool) {
	b, asker, waits := k.call.bridge, k.asker, k.waits
	if gone {
		m.nearEnds(k, k.bridge, true)
	}
	m.leaveBridge(k.bridge, asker)
	m.enter(b, asker)
	m.music(waits, false)
	m.peers(waits, asker)
	m.peers(asker, waits)
	m.about("Unhold", "call", asker).send()
	if gone {
		m.connect(asker, waits)
	} else {
		m.nearEnds(k, k.bridge, false)
	}
	m.destroyBridge(k.bridge)
}

// nearEnds hangs half ;1 up; asked, if the other half has told it to.
func (m *modern) nearEnds(k *consult, b *bridge, asked bool) {
	if asked {
		m.assign(k.near, "CHANLOCALSTATUS", k.far.caller.get("DIALSTATUS"))
		m.hangupRequest(k.near, 16, "")
	}
	m.unpeer(k.near)
	m.leaveBridge(b, k.near)
	m.hangUp(k.near, 16, "")
}

// handsOn brings half ;1 to who waits, and hangs the asker up.
func (m *modern) handsOn(k *consult) {
	c, asker, waits, near := k.call, k.asker, k.waits, k.near
	m.hangupRequest(asker, 16, "")
	rings := k.far.talk == nil
	if rings {
		m.unpeer(asker)
		m.leaveBridge(k.bridge, asker)
	}
	e := m.x.event("BridgeMerge", "call")
	e.bridgeAs("To", c.bridge, len(c.bridge.channels))
	e.bridgeAs("From", k.bridge, len(k.bridge.channels))
	e.send()
	m.leaveBridge(k.bridge, near)
	m.enter(c.bridge, near)
	if !rings {
		m.unpeer(asker)
		m.leaveBridge(k.bridge, asker)
	}
	m.music(waits, false)
	m.peers(waits, near)
	m.peers(near, waits)
	m.handedOn(k)
	if c.queue != nil {
		m.agentComplete(c, "transfer")
	}
	m.connect(waits, near)
	m.connect(near, waits)
	if len(k.far.legs) == 1 {
		m.connect(k.far.legs[0].ch, waits)
	}
	if !rings {
		m.askerEnds(k)
		m.connect(k.far.talk.ch, waits)
	}
}

// askerEnds hangs up who has handed on: as long as nobody has the call, Asterisk may call him again.
func (m *modern) askerEnds(k *consult) {
	m.destroyBridge(k.bridge)
	if k.askerCalled {
		m.planEnds(k.call)
	}
	m.hangUp(k.asker, 16, "")
}

func (m *modern) handedOn(k *consult) {
	e := m.x.event("AttendedTransfer", "call").add("Result", "Success")
	e.snapshot("OrigTransferer", k.asker) //nolint:misspell // Asterisk's word, as the others here
	e.bridgeAs("Orig", k.call.bridge, len(k.call.bridge.channels))
	e.snapshot("SecondTransferer", k.asker) //nolint:misspell // the same
	e.bridgeAs("Second", k.bridge, len(k.bridge.channels))
	e.snapshot("Transferee", k.waits).snapshot("TransferTarget", k.near) //nolint:misspell // the same
	e.add("IsExternal", "No").add("DestType", "Bridge").add("DestBridgeUniqueid", k.call.bridge.id).send()
}

// optimises puts ch in the place of half ;2, and hangs the Local channel up.
func (m *modern) optimises(k *consult, ch *channel) {
	far, near, second := k.far, k.near, k.far.caller
	old := ch.bridge
	id := m.optimised
	m.optimised++
	m.pipe("LocalOptimizationBegin", k).snapshot("Source", ch).add("DestUniqueId", second.id).int("Id", id).send()
	m.leaveBridge(old, ch)
	m.unpeer(second)
	second.number, second.who = ch.number, ch.who
	m.callerID(second)
	m.leaveBridge(far.bridge, second)
	far.bridge.enter(ch)
	m.bridgeBegin("BridgeEnter", far.bridge, ch).add("SwapUniqueid", second.id).send()
	m.peers(far.talk.ch, ch)
	m.peers(ch, far.talk.ch)
	m.unpeer(near)
	m.pipe("LocalOptimizationEnd", k).add("Success", "No").int("Id", id).send()
	m.leaveBridge(old, near)
	m.planEnds(far)
	m.assign(near, "CHANLOCALSTATUS", "ANSWER")
	m.hangupRequest(near, 16, "")
	m.hangUp(second, 16, "")
	m.destroyBridge(old)
	m.hangUp(near, 16, "")
}

// leaves tells that who waits hangs up.
func (m *modern) leaves(k *consult) {
	c := k.call
	m.hangupRequest(k.waits, 16, "")
	if c.queue != nil {
		m.agentComplete(c, "caller")
	}
	if !k.given {
		m.music(k.waits, false)
	}
	m.unpeer(k.waits)
	m.leaveBridge(c.bridge, k.waits)
	m.goes(k)
	if !k.given {
		m.destroyBridge(c.bridge)
	}
}

// goes ends who waits, who has left his bridge.
func (m *modern) goes(k *consult) {
	if k.waits == k.call.caller {
		m.planEnds(k.call)
	}
	m.hangUp(k.waits, 16, "")
}

// fails ends what is left when who waits is gone and who is asked still rings.
func (m *modern) fails(k *consult) {
	switch {
	case k.again != nil:
		m.hangUp(k.again.ch, 16, "")
		m.destroyBridge(k.call.bridge)
		m.askerEnds(k)
	case k.given:
		m.nearEnds(k, k.call.bridge, false)
		m.destroyBridge(k.call.bridge)
		m.askerEnds(k)
	default:
		m.nearEnds(k, k.bridge, false)
		m.unpeer(k.asker)
		m.leaveBridge(k.bridge, k.asker)
		m.askerEnds(k)
	}
}
