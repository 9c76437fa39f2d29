package amitest

import (
	"fmt"
	"slices"
	"strings"
)

// legacy speaks as Asterisk 1.4 with chan_sip.
type legacy struct {
	x *exchange
	// Names carry the address of the channel's structure, and memory is used again.
	free []uint32
	next uint32
}

func (l *legacy) greeting() string               { return "Asterisk Call Manager/1.0\r\n" }
func (l *legacy) device(extension string) string { return "SIP/" + extension }
func (l *legacy) separator() string              { return "|" }

func (l *legacy) channelName(device string) string {
	address := 0x9c001850 + l.next*0x9ee0
	if n := len(l.free); n > 0 {
		address, l.free = l.free[n-1], l.free[:n-1]
	} else {
		l.next++
	}
	return fmt.Sprintf("%s-%08x", device, address)
}

func (l *legacy) forget(ch *channel) {
	var address uint32
	if _, err := fmt.Sscanf(ch.name[strings.LastIndexByte(ch.name, '-')+1:], "%x", &address); err == nil {
		l.free = append(l.free, address)
	}
}

func (l *legacy) readArgs(s *Service) []string { return []string{s.Prompt, itoa(s.Digits), ""} }

func (l *legacy) phoneOptions() string { return "" }

func (l *legacy) dialTarget(number string) string { return l.device(number) }

// entry: a SIP peer of 1.4 arrives in the context of its service.
func (l *legacy) entry(p *phone, s *Service) string {
	if s != nil {
		return s.Context
	}
	return p.Context
}

// identify does nothing: a channel of 1.4 is unknown when it is born.
func (l *legacy) identify(*call, *phone, *leg) {}

func (l *legacy) newChannel(ch *channel) {
	l.x.event("Newchannel", "call").add("Channel", ch.name).add("State", "Down").add("CallerIDNum", orUnknown(ch.number)).
		add("CallerIDName", orUnknown(ch.who)).add("Uniqueid", ch.id).send()
}

func (l *legacy) newState(ch *channel) {
	l.x.event("Newstate", "call").add("Channel", ch.name).add("State", stateWords[ch.state]).add("CallerID", orUnknown(ch.number)).
		add("CallerIDName", orUnknown(ch.who)).add("Uniqueid", ch.id).send()
}

// newCallerID writes Unknown with a capital, as only this event does.
func (l *legacy) newCallerID(ch *channel) {
	number, who := ch.number, ch.who
	if number == "" {
		number = "<Unknown>"
	}
	if who == "" {
		who = "<Unknown>"
	}
	l.x.event("Newcallerid", "call").add("Channel", ch.name).add("CallerID", number).add("CallerIDName", who).add("Uniqueid", ch.id).
		add("CID-CallingPres", "0 (Presentation Allowed, Not Screened)").send()
}

func (l *legacy) step(ch *channel, app, data string) {
	l.x.event("Newexten", "call").add("Channel", ch.name).add("Context", ch.context).add("Extension", ch.exten).int("Priority", ch.priority).
		add("Application", app).add("AppData", data).add("Uniqueid", ch.id).send()
}

func (l *legacy) hangUp(ch *channel, cause int) {
	l.x.event("Hangup", "call").add("Channel", ch.name).add("Uniqueid", ch.id).int("Cause", cause).add("Cause-txt", causes[cause]).send()
	l.x.remove(ch)
}

func (l *legacy) born(c *call) {
	ch := c.caller
	for _, v := range []Variable{{"SIPURI", "sip:" + ch.phone.Extension + "@127.0.0.1"}, {"SIPDOMAIN", "127.0.0.1"}, {"SIPUSERAGENT", "Trunk"}, {"SIPCALLID", ch.sipID}} {
		ch.set(v.Name, v.Value)
	}
	l.newChannel(c.caller)
	l.newState(c.caller)
}

func (l *legacy) arrived(*call, *Service) {}

// assign is silent: VarSet came with 1.6. So did READSTATUS.
func (l *legacy) assign(ch *channel, name, value string) {
	if name != "READSTATUS" {
		ch.set(name, value)
	}
}

func (l *legacy) digit(*channel, string, bool) {}

func (l *legacy) dial(c *call, legs []*leg) {
	for _, g := range legs {
		l.newChannel(g.ch)
		l.x.event("Dial", "call").add("Source", c.caller.name).add("Destination", g.ch.name).add("CallerID", orUnknown(c.caller.number)).
			add("CallerIDName", orUnknown(c.caller.who)).add("SrcUniqueID", c.caller.id).add("DestUniqueID", g.ch.id).send()
		g.ch.number, g.ch.exten = c.caller.exten, c.caller.exten
		l.newCallerID(g.ch)
		g.ch.app, g.ch.data = "AppDial", "(Outgoing Line)"
	}
}

func (l *legacy) ringing(c *call, legs []*leg) {
	for _, g := range legs {
		g.ch.state = stateRinging
		l.newState(g.ch)
		l.x.deviceChanged(g.phone)
	}
}

func (l *legacy) refused(_ *call, g *leg) { l.hangUp(g.ch, g.refused.cause) }

func (l *legacy) accepted(c *call, g *leg, lost []*leg) {
	g.ch.state = stateUp
	l.newState(g.ch)
	l.x.deviceChanged(g.phone)
	for _, o := range lost {
		l.hangUp(o.ch, 16)
		l.x.deviceChanged(o.phone)
	}
	if c.queue != nil {
		l.leave(c)
		if c.queue.Events {
			l.x.event("AgentConnect", "agent").add("Queue", c.queue.Name).add("Uniqueid", c.caller.id).add("Channel", g.ch.name).
				add("Member", g.member.iface).add("MemberName", g.member.name).int("Holdtime", c.queueWait).
				add("BridgedChannel", g.ch.id).variables(c.caller).send()
		}
	}
	if c.caller.state != stateUp {
		c.caller.state = stateUp
		l.newState(c.caller)
	}
	l.link("Link", c)
	c.bridge = l.x.newBridge()
	c.bridge.enter(c.caller)
	c.bridge.enter(g.ch)
	c.caller.set("BRIDGEPEER", g.ch.name)
	g.ch.set("BRIDGEPEER", c.caller.name)
}

func (l *legacy) link(name string, c *call) {
	a, b := c.caller, c.talk.ch
	l.x.event(name, "call").add("Channel1", a.name).add("Channel2", b.name).add("Uniqueid1", a.id).add("Uniqueid2", b.id).
		add("CallerID1", orUnknown(a.number)).add("CallerID2", orUnknown(b.number)).send()
}

// variables are the caller's, as eventwhencalled=vars adds them.
func (e *event) variables(ch *channel) *event {
	for _, v := range ch.vars {
		e.add("Variable", v.Name+"="+v.Value)
	}
	return e
}

// hangUpLegs hangs up what rings, the last called first as app_dial does.
func (l *legacy) hangUpLegs(c *call, cause int) {
	for _, g := range slices.Backward(c.legs) {
		l.hangUp(g.ch, cause)
		l.x.deviceChanged(g.phone)
	}
}

func (l *legacy) unanswered(c *call, o outcome) {
	l.hangUpLegs(c, 16)
	c.next("Hangup")
	l.hangUp(c.caller, o.cause)
}

func (l *legacy) abandoned(c *call) {
	l.hangUpLegs(c, 16)
	if c.queue != nil {
		l.queueAbandon(c)
	}
	l.hangUp(c.caller, 0)
}

func (l *legacy) finished(c *call, by *channel) {
	l.link("Unlink", c)
	l.x.removeBridge(c.bridge)
	cause := 16
	if c.queue != nil {
		cause = 0
		if c.queue.Events {
			reason := "caller"
			if by == c.talk.ch {
				reason = "agent"
			}
			l.x.event("AgentComplete", "agent").add("Queue", c.queue.Name).add("Uniqueid", c.caller.id).add("Channel", c.talk.ch.name).
				add("MemberName", c.talk.member.name).int("HoldTime", c.queueWait).int("TalkTime", seconds(l.x.clock.Now().Sub(c.answered))).
				add("Reason", reason).variables(c.caller).send()
		}
	}
	l.hangUp(c.talk.ch, 16)
	if by == c.caller { // the phone's state is told before the call is counted
		l.x.deviceChanged(c.talk.phone)
	}
	if c.queue != nil {
		l.x.took(c)
	}
	l.x.deviceChanged(c.talk.phone)
	l.hangUp(c.caller, cause)
}

func (l *legacy) hold(_ *call, by *channel, on bool) {
	name := "Unhold"
	if on {
		name = "Hold"
	}
	l.x.event(name, "call").add("Channel", by.name).add("Uniqueid", by.id).send()
}

func (l *legacy) join(c *call) {
	l.x.event("Join", "call").add("Channel", c.caller.name).add("CallerID", orUnknown(c.caller.number)).add("CallerIDName", orUnknown(c.caller.who)).
		add("Queue", c.queue.Name).int("Position", c.position).int("Count", len(c.queue.waiting)).add("Uniqueid", c.caller.id).send()
}

func (l *legacy) leave(c *call) {
	l.x.event("Leave", "call").add("Channel", c.caller.name).add("Queue", c.queue.Name).int("Count", len(c.queue.waiting)).add("Uniqueid", c.caller.id).send()
}

func (l *legacy) ringMembers(c *call, legs []*leg) {
	for _, g := range legs {
		l.newChannel(g.ch)
		g.ch.number, g.ch.who, g.ch.exten = c.caller.number, c.caller.who, c.caller.exten
		if c.queue.Events {
			l.x.event("AgentCalled", "agent").add("AgentCalled", g.member.iface).add("AgentName", g.member.name).add("ChannelCalling", c.caller.name).
				add("CallerID", orUnknown(c.caller.number)).add("CallerIDName", orUnknown(c.caller.who)).add("Context", c.caller.context).
				add("Extension", c.caller.exten).int("Priority", c.caller.priority).variables(c.caller).send()
		}
		g.ch.app, g.ch.data = "AppQueue", "(Outgoing Line)"
	}
}

func (l *legacy) gaveUp(_ *call, legs []*leg) {
	for _, g := range legs {
		l.hangUp(g.ch, 16)
		l.x.deviceChanged(g.phone)
	}
}

func (l *legacy) queueAbandon(c *call) {
	l.x.event("QueueCallerAbandon", "agent").add("Queue", c.queue.Name).add("Uniqueid", c.caller.id).int("Position", c.place).
		int("OriginalPosition", c.position).int("HoldTime", c.queueWait).send()
	l.leave(c)
}

func (l *legacy) queueLeft(c *call) {
	l.queueAbandon(c)
	c.next("Hangup")
	l.hangUp(c.caller, 16)
}

func (l *legacy) deviceState(*phone, int) {}

func (l *legacy) member(name string, q *queue, m *member, status int) {
	l.x.event(name, "agent").add("Queue", q.Name).add("Location", m.iface).add("MemberName", m.name).add("Membership", m.membership).
		int("Penalty", m.penalty).int("CallsTaken", m.taken).int("LastCall", unix(m.last)).int("Status", status).yes("Paused", m.paused).send()
}

func (l *legacy) memberStatus(q *queue, m *member, status int) {
	l.member("QueueMemberStatus", q, m, status)
}

func (l *legacy) memberAdded(q *queue, m *member) {
	l.member("QueueMemberAdded", q, m, l.x.memberState(m.iface))
}

func (l *legacy) memberRemoved(q *queue, m *member) {
	l.x.event("QueueMemberRemoved", "agent").add("Queue", q.Name).add("Location", m.iface).add("MemberName", m.name).send()
}

func (l *legacy) memberPaused(q *queue, m *member) {
	l.x.event("QueueMemberPaused", "agent").add("Queue", q.Name).add("Location", m.iface).add("MemberName", m.name).yes("Paused", m.paused).send()
}

// memberPenalty is not of 1.4.
func (l *legacy) memberPenalty(*queue, *member) {}
