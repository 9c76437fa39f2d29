package amitest

import (
	"fmt"
	"time"
)

// modern speaks as Asterisk 22 with chan_pjsip.
type modern struct {
	x         *exchange
	optimised int // Local channels
}

func (m *modern) greeting() string               { return "Asterisk Call Manager/11.0.0\r\n" }
func (m *modern) device(extension string) string { return "PJSIP/" + extension }
func (m *modern) forget(*channel)                {}
func (m *modern) separator() string              { return "," }

func (m *modern) channelName(device string) string {
	m.x.names++
	return fmt.Sprintf("%s-%08x", device, m.x.names-1)
}

func (m *modern) readArgs(s *Service) []string {
	return []string{s.Prompt, itoa(s.Digits), "", "1", "5"}
}

func (m *modern) phoneOptions() string { return "tTkK" }

func (m *modern) dialTarget(number string) string { return m.device(number) }

func (m *modern) entry(p *phone, s *Service) string { return p.Context }

func (m *modern) identify(c *call, p *phone, l *leg) { l.ch.number, l.ch.who = p.Extension, p.Name }

// snapshot writes the 14 headers that every channel event has since 13.
func (e *event) snapshot(prefix string, ch *channel) *event {
	e.channel(prefix, ch)
	return e
}

func (t *text) channel(prefix string, ch *channel) {
	t.add(prefix+"Channel", ch.name).int(prefix+"ChannelState", ch.state).add(prefix+"ChannelStateDesc", stateWords[ch.state])
	t.add(prefix+"CallerIDNum", orUnknown(ch.number)).add(prefix+"CallerIDName", escapeC(orUnknown(ch.who)))
	t.add(prefix+"ConnectedLineNum", orUnknown(ch.peer)).add(prefix+"ConnectedLineName", escapeC(orUnknown(ch.peerWho)))
	t.add(prefix+"Language", "en").add(prefix+"AccountCode", ch.account)
	t.add(prefix+"Context", ch.context).add(prefix+"Exten", ch.exten).int(prefix+"Priority", ch.priority)
	t.add(prefix+"Uniqueid", ch.id).add(prefix+"Linkedid", ch.linked)
}

// about begins an event of one channel.
func (m *modern) about(name, class string, ch *channel) *event {
	return m.x.event(name, class).snapshot("", ch)
}

// between begins an event of two.
func (m *modern) between(name, class string, ch, dest *channel) *event {
	return m.about(name, class, ch).snapshot("Dest", dest)
}

func (m *modern) newState(ch *channel)      { m.about("Newstate", "call", ch).send() }
func (m *modern) newChannel(ch *channel)    { m.about("Newchannel", "call", ch).send() }
func (m *modern) connectedLine(ch *channel) { m.about("NewConnectedLine", "call", ch).send() }

func (m *modern) callerID(ch *channel) {
	m.about("NewCallerid", "call", ch).add("CID-CallingPres", "0 (Presentation Allowed, Not Screened)").send()
}

func (m *modern) varSet(ch *channel, name, value string) {
	m.about("VarSet", "dialplan", ch).add("Variable", name).add("Value", escapeC(value)).send()
}

// assign stores a variable; an empty one is a variable too.
func (m *modern) assign(ch *channel, name, value string) {
	ch.set(name, value)
	m.varSet(ch, name, value)
}

func (m *modern) step(ch *channel, app, data string) {
	m.about("Newexten", "dialplan", ch).add("Extension", ch.exten).add("Application", app).add("AppData", data).send()
}

// outgoing is the step a called channel is shown in.
func (m *modern) outgoing(ch *channel, app string) {
	ch.app, ch.data = app, "(Outgoing Line)"
	m.step(ch, app, ch.data)
}

func (m *modern) born(c *call) {
	m.newChannel(c.caller)
	m.assign(c.caller, "SIPDOMAIN", "127.0.0.1")
}

func (m *modern) arrived(c *call, s *Service) {
	ch := c.caller
	if ch.context == s.Context {
		return
	}
	ch.app, ch.data = "Goto", s.Context+","+ch.exten+",1"
	m.step(ch, ch.app, ch.data)
	ch.context = s.Context
}

func (m *modern) digit(ch *channel, d string, end bool) {
	if !end {
		m.about("DTMFBegin", "dtmf", ch).add("Digit", d).add("Direction", "Received").send()
		return
	}
	m.about("DTMFEnd", "dtmf", ch).add("Digit", d).int("DurationMs", int(digitLength/time.Millisecond)).add("Direction", "Received").send()
}

// hangUp tells the end of a channel and removes it.
func (m *modern) hangUp(ch *channel, cause int, sip string) {
	e := m.about("Hangup", "call", ch).int("Cause", cause).add("Cause-txt", causes[cause])
	if sip != "" {
		e.add("TechCause", sip)
	}
	e.send()
	m.x.remove(ch)
}

func (m *modern) hangupRequest(ch *channel, cause int, sip string) {
	e := m.about("HangupRequest", "call", ch)
	if cause > 0 {
		e.int("Cause", cause)
	}
	if sip != "" {
		e.add("TechCause", sip)
	}
	e.send()
}

func (m *modern) softHangup(ch *channel) {
	m.about("SoftHangupRequest", "call", ch).int("Cause", 16).send()
}

func (m *modern) dialEnd(c *call, l *leg, status string) {
	m.between("DialEnd", "call", c.caller, l.ch).add("DialStatus", status).send()
}

// bridgeHeaders are the seven headers of a bridge.
func (t *text) bridge(b *bridge, channels int) { t.bridgeAs("", b, channels) }

func (t *text) bridgeAs(prefix string, b *bridge, channels int) {
	t.add(prefix+"BridgeUniqueid", b.id).add(prefix+"BridgeType", "basic").add(prefix+"BridgeTechnology", b.technology).add(prefix+"BridgeCreator", "<unknown>")
	t.add(prefix+"BridgeName", "<unknown>").int(prefix+"BridgeNumChannels", channels).add(prefix+"BridgeVideoSourceMode", "none")
}

func (m *modern) bridgeEvent(name string, b *bridge, ch *channel) {
	m.bridgeBegin(name, b, ch).send()
}

func (m *modern) bridgeBegin(name string, b *bridge, ch *channel) *event {
	e := m.x.event(name, "call")
	e.bridge(b, len(b.channels))
	if ch != nil {
		e.snapshot("", ch)
	}
	return e
}
