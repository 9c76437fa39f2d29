package amitest

// queueVariables are what app_queue clears when a caller comes.
var queueVariables = []string{"ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS", "QUEUEWAIT", "QUEUEWAIT_MS"}

func (m *modern) join(c *call) {
	for _, name := range queueVariables {
		m.assign(c.caller, name, "")
	}
	m.about("QueueCallerJoin", "agent", c.caller).add("Queue", c.queue.Name).int("Position", c.position).int("Count", len(c.queue.waiting)).send()
	m.music(c.caller, true)
}

// agent adds the headers that app_queue's agent events share.
func (e *event) agent(q *queue, l *leg) *event {
	return e.add("Queue", q.Name).add("Interface", l.member.iface).add("MemberName", l.member.name)
}

func (m *modern) ringMembers(c *call, legs []*leg) {
	for _, l := range legs {
		m.newChannel(l.ch)
		m.inherit(c.caller, l)
		before := *l.ch // DialBegin is told from the channel as it was
		l.ch.exten, l.ch.peer, l.ch.peerWho = c.caller.exten, c.caller.number, c.caller.who
		m.between("AgentCalled", "agent", c.caller, l.ch).agent(c.queue, l).send()
		m.between("DialBegin", "call", c.caller, &before).add("DialString", l.member.iface).send()
	}
}

func (m *modern) membersRing(c *call, legs []*leg) {
	if c.queue.Strategy != RingAll {
		m.connect(c.caller, legs[0].ch)
	}
	for _, l := range legs {
		l.ch.state = stateRinging
		m.newState(l.ch)
		m.outgoing(l.ch, "AppQueue")
		m.connectedLine(l.ch)
		m.between("DialState", "call", c.caller, l.ch).add("DialStatus", "RINGING").send()
		m.x.deviceChanged(l.phone)
	}
}

func (m *modern) ringNoAnswer(c *call, l *leg) {
	m.between("AgentRingNoAnswer", "agent", c.caller, l.ch).agent(c.queue, l).int("RingTime", int(l.rangFor(m.x.clock.Now()).Milliseconds())).send()
}

func (m *modern) gaveUp(c *call, legs []*leg) {
	for _, l := range legs {
		m.between("AgentRingNoAnswer", "agent", c.caller, l.ch).agent(c.queue, l).int("RingTime", int(c.queue.RingFor.Milliseconds())).send()
		m.dialEnd(c, l, "NOANSWER")
	}
	for _, l := range legs {
		m.dialEnd(c, l, "CANCEL")
	}
	for _, l := range legs {
		m.hangUp(l.ch, 0, "")
	}
}

// waited sets how long the caller was in the queue.
func (m *modern) waited(c *call) {
	m.assign(c.caller, "QUEUEWAIT", itoa(c.queueWait))
	m.assign(c.caller, "QUEUEWAIT_MS", itoa(c.queueWait*1000))
}

func (m *modern) callerLeave(c *call) {
	m.about("QueueCallerLeave", "agent", c.caller).add("Queue", c.queue.Name).int("Position", c.place).int("Count", len(c.queue.waiting)).send()
	m.assign(c.caller, "QUEUEPOSITION", itoa(c.place))
}

func (m *modern) memberAccepted(c *call, l *leg, lost []*leg) {
	l.ch.state = stateUp
	m.newState(l.ch)
	m.x.deviceChanged(l.phone)
	m.dialEnd(c, l, "ANSWER")
	for _, o := range lost {
		m.dialEnd(c, o, "CANCEL")
	}
	m.connect(c.caller, l.ch)
	for _, o := range lost {
		m.dialEnd(c, o, "CANCEL") // told twice, as it is
	}
	for _, o := range lost {
		m.hangUp(o.ch, 26, "")
		m.x.deviceChanged(o.phone)
	}
	m.music(c.caller, false)
	m.callerLeave(c)
	m.waited(c)
	m.between("AgentConnect", "agent", c.caller, l.ch).agent(c.queue, l).int("HoldTime", c.queueWait).int("RingTime", seconds(l.rangFor(m.x.clock.Now()))).send()
	m.bridgeUp(c, l, nil, func() {})
}

func (m *modern) agentComplete(c *call, reason string) {
	talked := m.x.clock.Now().Sub(c.answered)
	m.between("AgentComplete", "agent", c.caller, c.talk.ch).agent(c.queue, c.talk).int("HoldTime", c.queueWait).
		int("TalkTime", seconds(talked)).add("Reason", reason).send()
}

func (m *modern) queueFinished(c *call, by *channel) {
	l, caller := c.talk, c.caller
	reason, other := "caller", l.ch
	if by == l.ch {
		reason, other = "agent", caller
	}
	talked := m.x.clock.Now().Sub(c.answered)
	m.hangupRequest(by, 0, "")
	m.agentComplete(c, reason)
	m.unpeer(by)
	m.unpeer(other)
	m.leaveBridge(c.bridge, by)
	m.unhold(other)
	m.leaveBridge(c.bridge, other)
	m.destroyBridge(c.bridge)
	m.times(caller, "ANSWEREDTIME", talked)
	m.times(caller, "DIALEDTIME", m.x.clock.Now().Sub(c.dialled))
	m.softHangup(caller)
	m.hangUp(by, 16, "")
	m.hangUp(other, 16, "")
	m.x.took(c)
}

func (m *modern) queueAbandoned(c *call) {
	m.music(c.caller, false)
	for range 2 {
		for _, l := range c.legs {
			m.dialEnd(c, l, "CANCEL")
		}
	}
	m.leaveTimes(c)
	m.assign(c.caller, "ABANDONED", "TRUE")
	m.queueAbandon(c)
	for _, l := range c.legs {
		m.hangUp(l.ch, 0, "")
	}
	m.callerLeave(c)
	for _, l := range c.legs {
		m.x.deviceChanged(l.phone)
	}
	m.softHangup(c.caller)
	m.hangUp(c.caller, 0, "")
}

func (m *modern) queueAbandon(c *call) {
	m.about("QueueCallerAbandon", "agent", c.caller).add("Queue", c.queue.Name).int("Position", c.place).int("OriginalPosition", c.position).int("HoldTime", c.queueWait).send()
}

func (m *modern) leaveTimes(c *call) {
	m.waited(c)
	m.times(c.caller, "DIALEDTIME", m.x.clock.Now().Sub(c.dialled))
	m.times(c.caller, "ANSWEREDTIME", 0)
}

func (m *modern) queueLeft(c *call) {
	m.assign(c.caller, "ABANDONED", "TRUE")
	m.queueAbandon(c)
	m.leaveTimes(c)
	m.music(c.caller, false)
	m.callerLeave(c)
	m.assign(c.caller, "QUEUESTATUS", "TIMEOUT")
	c.next("NoOp", "QUEUESTATUS=TIMEOUT")
	c.next("Hangup")
	m.softHangup(c.caller)
	m.hangUp(c.caller, 16, "")
}

// member writes the headers of all QueueMember events.
func (m *modern) member(name string, q *queue, mb *member, status int) {
	m.x.event(name, "agent").add("Queue", q.Name).add("MemberName", mb.name).add("Interface", mb.iface).add("StateInterface", mb.iface).
		add("Membership", mb.membership).int("Penalty", mb.penalty).int("CallsTaken", mb.taken).int("LastCall", unix(mb.last)).
		int("LastPause", unix(mb.lastPause)).int("LoginTime", unix(mb.login)).yes("InCall", mb.inCall).int("Status", status).
		yes("Paused", mb.paused).add("PausedReason", mb.reason).yes("Ringinuse", q.RingInUse).int("Wrapuptime", 0).send()
}

func (m *modern) memberStatus(q *queue, mb *member, status int) {
	m.member("QueueMemberStatus", q, mb, status)
}

func (m *modern) memberAdded(q *queue, mb *member) {
	m.member("QueueMemberAdded", q, mb, m.x.memberState(mb.iface))
}

func (m *modern) memberRemoved(q *queue, mb *member) {
	m.member("QueueMemberRemoved", q, mb, m.x.memberState(mb.iface))
}

func (m *modern) memberPaused(q *queue, mb *member) {
	m.member("QueueMemberPause", q, mb, m.x.memberState(mb.iface))
}

func (m *modern) memberPenalty(q *queue, mb *member) {
	m.member("QueueMemberPenalty", q, mb, m.x.memberState(mb.iface))
}
