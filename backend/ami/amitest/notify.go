package amitest

import "strings"

// pjsipNotify is Action: PJSIPNotify: it sends a telephone a message within its call. Asterisk says
// only that it was sent. Those of the simulation do what Event: hold and Event: talk mean.
func pjsipNotify(n *session, q request) {
	x := n.server.x
	name := q.get("Channel")
	if name == "" {
		n.fail(q, "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.")
		return
	}
	ch := x.channel(name)
	if ch == nil || !strings.HasPrefix(ch.name, "PJSIP/") {
		n.fail(q, "Channel not found")
		return
	}
	n.ok(q, "NOTIFY sent")
	for _, v := range q.all("Variable") {
		if event, is := strings.CutPrefix(v, "Event="); is && ch.phone.Extension != trunkName {
			ch.call.later(inviteTime, func() { ch.call.told(ch, event) })
		}
	}
}

// told is the telephone of ch getting an order.
func (c *call) told(ch *channel, event string) {
	switch {
	case event == "hold":
		c.key(ch, true)
	case event != "talk":
	case ch.state != stateRinging:
		c.key(ch, false)
	case c.wish != nil && ch == c.caller:
		c.originateAnswered()
	case c.consult != nil && c.consult.again != nil && ch == c.consult.again.ch:
		c.consult.answerAgain()
	default:
		for _, l := range c.legs {
			if l.ch == ch {
				c.answer(l)
				return
			}
		}
	}
}

// key is the hold key of one of two who talk. Nobody hangs up while he is on hold.
func (c *call) key(ch *channel, hold bool) {
	if c.other(ch) == nil {
		return
	}
	by := Callee
	if ch == c.caller {
		by = Caller
	}
	c.hold(by, hold)
	if hold {
		c.talkEnds.Stop()
	} else {
		c.talkOn()
	}
}
