package amitest

import (
	"slices"
	"strings"
	"time"
)

// dialVariables are what app_dial clears when it begins.
var dialVariables = []string{
	"DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME", "ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS",
	"RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS",
}

func (m *modern) dial(c *call, legs []*leg) {
	for _, name := range dialVariables {
		m.assign(c.caller, name, "")
	}
	for _, l := range legs {
		m.newChannel(l.ch)
		m.inherit(c.caller, l)
		l.ch.exten, l.ch.account = c.caller.exten, c.caller.account
		l.ch.peer, l.ch.peerWho = c.caller.number, c.caller.who
		m.outgoing(l.ch, "AppDial")
		if l.ch.account != "" {
			m.about("NewAccountCode", "call", l.ch).add("OldAccountCode", "").send()
		}
		m.connectedLine(l.ch)
	}
	for _, l := range legs {
		m.between("DialBegin", "call", c.caller, l.ch).add("DialString", l.number).send()
	}
}

// inherit gives a called channel the variables it starts with.
func (m *modern) inherit(from *channel, l *leg) {
	number := l.number
	if i := strings.IndexByte(number, '/'); i >= 0 {
		number = number[i+1:]
	}
	m.assign(l.ch, "DIALEDPEERNUMBER", number)
	for _, v := range slices.Backward(from.vars) {
		if strings.HasPrefix(v.Name, "__") {
			m.assign(l.ch, v.Name, v.Value)
		} else if name, once := strings.CutPrefix(v.Name, "_"); once {
			m.assign(l.ch, name, v.Value)
		}
	}
}

func (m *modern) ringing(c *call, legs []*leg) {
	if c.queue != nil {
		m.membersRing(c, legs)
		return
	}
	if !c.rang && len(c.legs) == 1 {
		m.connect(c.caller, legs[0].ch)
	}
	for _, l := range legs {
		l.ch.state = stateRinging
		m.newState(l.ch)
		m.x.deviceChanged(l.phone)
	}
	if !c.rang && c.asked != nil {
		m.nearRings(c.asked, legs[0].ch)
	}
	if !c.rang {
		m.times(c.caller, "RINGTIME", m.x.clock.Now().Sub(c.dialled))
	}
	for _, l := range legs {
		m.between("DialState", "call", c.caller, l.ch).add("DialStatus", "RINGING").send()
	}
}

// connect gives a channel the other's caller id as its connected line.
func (m *modern) connect(ch, to *channel) {
	if ch.peer == to.number && ch.peerWho == to.who {
		return
	}
	ch.peer, ch.peerWho = to.number, to.who
	m.connectedLine(ch)
}

// times sets a duration variable and its twin in milliseconds.
func (m *modern) times(ch *channel, name string, d time.Duration) {
	m.assign(ch, name, itoa(seconds(d)))
	m.assign(ch, name+"_MS", itoa(int(d/time.Millisecond)))
}

func (m *modern) refused(c *call, l *leg) {
	sip := sipCodes[l.refused.cause]
	m.hangupRequest(l.ch, l.refused.cause, sip)
	m.dialEnd(c, l, l.refused.status)
	m.hangUp(l.ch, l.refused.cause, sip)
	if c.queue != nil {
		m.ringNoAnswer(c, l)
	}
}

func (m *modern) accepted(c *call, l *leg, lost []*leg) {
	if c.queue != nil {
		m.memberAccepted(c, l, lost)
		return
	}
	l.ch.state = stateUp
	m.newState(l.ch)
	m.connect(c.caller, l.ch)
	for _, o := range lost {
		m.dialEnd(c, o, "CANCEL")
	}
	m.x.deviceChanged(l.phone)
	for _, o := range lost {
		m.hangUp(o.ch, 26, "")
	}
	m.assign(c.caller, "DIALSTATUS", "ANSWER")
	m.assign(c.caller, "DIALEDPEERNAME", l.ch.name)
	m.assign(c.caller, "DIALEDPEERNUMBER", l.number)
	l.ch.exten = ""
	m.dialEnd(c, l, "ANSWER")
	if c.caller.state != stateUp {
		c.caller.state = stateUp
		m.newState(c.caller)
	}
	if c.asked != nil {
		m.nearUp(c.asked)
	}
	m.bridgeUp(c, l, lost, func() { m.outgoing(l.ch, "AppDial") })
}

// bridgeUp puts both parties into a bridge, the answering one first. between comes
// after the bridge is made.
func (m *modern) bridgeUp(c *call, l *leg, lost []*leg, between func()) {
	c.bridge = m.x.newBridge()
	m.bridgeEvent("BridgeCreate", c.bridge, nil)
	for _, o := range lost {
		m.x.deviceChanged(o.phone)
	}
	between()
	for _, ch := range []*channel{l.ch, c.caller} {
		c.bridge.enter(ch)
		m.bridgeEvent("BridgeEnter", c.bridge, ch)
	}
	m.forgetAsker(c.caller)
	for range 3 { // once for each technology the bridge weighs
		m.peers(c.caller, l.ch)
		m.peers(l.ch, c.caller)
	}
	c.bridge.technology = "native_rtp"
}

// peers tells who the other is. Half a Local channel has no Call-ID: then one is told
// only when there was one before.
func (m *modern) peers(ch, other *channel) {
	m.assign(ch, "BRIDGEPEER", other.name)
	if other.sipID != "" {
		m.assign(ch, "BRIDGEPVTCALLID", other.sipID)
	} else {
		m.clear(ch, "BRIDGEPVTCALLID")
	}
}

func (m *modern) unpeer(ch *channel) {
	m.clear(ch, "BRIDGEPEER")
	m.clear(ch, "BRIDGEPVTCALLID")
}

// clear empties a variable that is set.
func (m *modern) clear(ch *channel, name string) {
	if ch.get(name) != "" {
		ch.unset(name)
		m.varSet(ch, name, "")
	}
}

func (m *modern) leaveBridge(b *bridge, ch *channel) {
	m.quality(ch, m.x.clock.Now().Sub(ch.call.answered))
	b.leave(ch)
	m.bridgeEvent("BridgeLeave", b, ch)
}

func (m *modern) destroyBridge(b *bridge) {
	m.bridgeEvent("BridgeDestroy", b, nil)
	m.x.removeBridge(b)
}

func (m *modern) unanswered(c *call, o outcome) {
	for _, l := range c.legs {
		m.dialEnd(c, l, o.status)
	}
	m.assign(c.caller, "DIALSTATUS", o.status)
	c.next("Hangup")
	m.softHangup(c.caller)
	m.hangUp(c.caller, o.cause, sipCodes[o.cause])
	for _, l := range c.legs {
		m.hangUp(l.ch, 0, "")
	}
}

func (m *modern) abandoned(c *call) {
	cause := 0 // of a SIP CANCEL
	if c.caller.sipID == "" {
		cause = 16
	}
	m.hangupRequest(c.caller, cause, "")
	if c.queue != nil {
		m.queueAbandoned(c)
		return
	}
	for _, l := range c.legs {
		m.dialEnd(c, l, "CANCEL")
	}
	if !c.dialled.IsZero() {
		m.assign(c.caller, "DIALSTATUS", "CANCEL")
	}
	for _, l := range c.legs {
		m.hangUp(l.ch, 16, "")
	}
	m.softHangup(c.caller)
	for _, l := range c.legs {
		m.x.deviceChanged(l.phone)
	}
	m.hangUp(c.caller, cause, "")
}

func (m *modern) finished(c *call, by *channel) {
	if c.queue != nil {
		m.queueFinished(c, by)
		return
	}
	other := c.talk.ch
	if by == other {
		other = c.caller
	}
	m.hangupRequest(by, 16, "")
	m.unpeer(by)
	m.unpeer(other)
	m.leaveBridge(c.bridge, by)
	if by == c.caller {
		m.planEnds(c)
		m.hangUp(c.caller, 16, "")
		m.unhold(c.talk.ch)
		m.leaveBridge(c.bridge, c.talk.ch)
		m.destroyBridge(c.bridge)
		m.hangUp(c.talk.ch, 16, "")
		return
	}
	m.unhold(c.caller)
	m.leaveBridge(c.bridge, c.caller)
	m.planEnds(c)
	m.destroyBridge(c.bridge)
	m.hangUp(c.talk.ch, 16, "")
	m.hangUp(c.caller, 16, "")
}

// planEnds is the caller's dialplan after Dial.
func (m *modern) planEnds(c *call) {
	if !c.planless {
		m.dialTimes(c)
		m.softHangup(c.caller)
	}
}

func (m *modern) dialTimes(c *call) {
	now := m.x.clock.Now()
	m.times(c.caller, "ANSWEREDTIME", now.Sub(c.answered))
	m.times(c.caller, "DIALEDTIME", now.Sub(c.dialled))
	m.assign(c.caller, "DIALSTATUS", "ANSWER")
}

func (m *modern) hold(c *call, by *channel, on bool) {
	held := c.caller
	if by == c.caller {
		held = c.talk.ch
	}
	if on {
		m.about("Hold", "call", by).add("MusicClass", "default").send()
		m.music(held, true)
		return
	}
	m.about("Unhold", "call", by).send()
	m.music(held, false)
}

func (m *modern) music(ch *channel, on bool) {
	if on {
		m.about("MusicOnHoldStart", "call", ch).add("Class", "default").send()
		return
	}
	m.about("MusicOnHoldStop", "call", ch).send()
}

// unhold stops the music of a channel that was still held.
func (m *modern) unhold(ch *channel) {
	if ch.held {
		m.music(ch, false)
	}
}
