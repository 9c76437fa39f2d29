package amitest

// blindTransfer is Action: BlindTransfer: whoever talks with the channel goes on in the dialplan.
func blindTransfer(n *session, q request) {
	x := n.server.x
	ch := x.channel(q.get("Channel"))
	switch {
	case q.get("Channel") == "":
		n.fail(q, "No channel specified")
	case q.get("Exten") == "":
		n.fail(q, "No extension specified")
	case ch == nil:
		n.fail(q, "Channel specified does not exist")
	case ch.call.other(ch) == nil:
		n.fail(q, "Transfer invalid")
	default:
		n.ok(q, "Transfer succeeded")
		x.move(ch, ch.call.other(ch), q.get("Context"), q.get("Exten"), true)
	}
}

// redirect is Action: Redirect: the channel itself goes on in the dialplan, and whoever it talked
// with is left.
func redirect(n *session, q request) {
	ch := n.server.x.channel(q.get("Channel"))
	if ch == nil {
		n.fail(q, "Channel does not exist: "+q.get("Channel"))
		return
	}
	other := ch.call.other(ch)
	if other == nil { // only who talks is redirected here
		n.fail(q, "Redirect failed")
		return
	}
	n.ok(q, "Redirect successful")
	n.server.x.move(other, ch, q.get("Context"), q.get("Exten"), false)
}

// other is the other side of ch, who talks; nil when there is none, or it waits.
func (c *call) other(ch *channel) *channel {
	switch {
	case c.talk == nil || c.consult != nil:
		return nil
	case ch == c.caller:
		return c.talk.ch
	case ch == c.talk.ch:
		return c.caller
	}
	return nil
}

// move ends the talk of two: gone hangs up, on goes on at exten as the caller of what follows.
// blind says that Asterisk tells of it.
func (x *exchange) move(gone, on *channel, context, exten string, blind bool) {
	c := on.call
	m, modern := x.voice.(*modern)
	if !modern {
		return // 1.4 has neither action here
	}
	if blind {
		m.blindTransfer(c, gone, on, context, exten)
	}
	m.parted(c, gone, on, blind)
	c.still()
	c.tell(momentEnd, c.talk)
	next := c
	if on != c.caller { // the one who was called becomes a caller himself
		next = &call{x: x, caller: on, done: c.done}
		next.plan.Talk, next.plan.HangupBy = c.plan.Talk, Caller
		delete(x.calls, c)
		c.ended = true
		x.calls[next] = struct{}{}
		on.call = next
	}
	next.talk, next.legs, next.bridge, next.queue, next.service = nil, nil, nil, nil, nil
	next.plan.Ring, next.plan.Replies, next.plan.Holds = nil, nil, nil
	next.rang, next.impatient, next.heldByUs, next.heldByIt, on.held = false, false, false, false, false
	on.context, on.exten, on.priority = context, exten, 1
	x.deviceChanged(gone.phone)
	if x.queue(exten) != nil {
		next.service = &Service{Context: context, Queue: exten, Options: "tT"}
		next.join(next.service)
		return
	}
	if next.service = x.service(exten); next.service != nil {
		next.enter()
		return
	}
	next.dialNumber(exten)
}

func (m *modern) blindTransfer(c *call, gone, on *channel, context, exten string) {
	e := m.x.event("BlindTransfer", "call").add("Result", "Success").snapshot("Transferer", gone).snapshot("Transferee", on) //nolint:misspell // Asterisk's word
	e.bridge(c.bridge, len(c.bridge.channels))
	e.add("IsExternal", "Yes").add("Context", context).add("Extension", exten).send()
}

// parted takes both out of their bridge: who hands on first, who is redirected himself first.
func (m *modern) parted(c *call, gone, on *channel, blind bool) {
	if c.queue != nil {
		m.agentComplete(c, "transfer")
		m.x.took(c)
	}
	m.unpeer(gone)
	m.unpeer(on)
	m.unhold(on)
	first, second := on, gone
	if blind {
		first, second = gone, on
	}
	m.leaveBridge(c.bridge, first)
	m.leaveBridge(c.bridge, second)
	m.hangUp(gone, 16, "")
	m.destroyBridge(c.bridge)
}
