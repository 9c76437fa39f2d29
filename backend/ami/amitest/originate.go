package amitest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wish is an Originate action.
type wish struct {
	id, channel, context, exten string
	priority                    int
	app, data                   string
	number, who, account        string
	timeout                     time.Duration
	set                         []Variable
	uniqueid                    string
	up                          bool
}

// fate is why an originate failed: the Reason of OriginateResponse and the cause of
// the hangup. Uniqueid and caller id are told only of a channel that came to be.
type fate struct{ reason, cause int }

// originate calls the phone of w, then leads it to where w says.
func (x *exchange) originate(w *wish) *call {
	c := &call{x: x, wish: w, done: make(chan struct{})}
	c.plan.Talk = x.talk
	p := x.phone(w.channel)
	if p == nil || p.Does == Unregistered {
		x.after(inviteTime, func() { x.voice.originateResult(c, &fate{}) })
		return c
	}
	busy := len(p.channels) > 0
	x.calls[c] = struct{}{}
	ch := x.newChannel(p, "")
	c.caller, ch.call = ch, c
	if w.uniqueid != "" {
		ch.id, ch.linked = w.uniqueid, w.uniqueid
	}
	x.voice.originated(c)
	c.later(inviteTime, func() {
		if busy || p.Does == Busy {
			c.originateFails(fate{reason: x.voice.busyReason(), cause: 17})
			return
		}
		ch.state = stateRinging
		x.voice.originateRings(c)
		x.deviceChanged(p)
		switch p.Does {
		case Answer:
			c.later(p.After, c.originateAnswered)
		case Decline:
			c.later(p.After, func() { c.originateFails(fate{reason: x.voice.busyReason(), cause: 21}) })
		}
	})
	c.later(w.timeout, func() {
		if !w.up {
			c.originateFails(fate{reason: 3, cause: 19})
		}
	})
	return c
}

func (c *call) originateAnswered() {
	w, ch := c.wish, c.caller
	if w.up {
		return
	}
	w.up, ch.state = true, stateUp
	c.x.deviceChanged(ch.phone)
	c.x.voice.originateUp(c, c.goOn, func() { c.x.voice.originateResult(c, nil) })
}

func (c *call) originateFails(f fate) {
	c.result = outcome{"", f.cause}
	c.x.voice.originateFailed(c, &f)
	c.end()
}

// goOn leads an originated channel that answered to its application or extension.
func (c *call) goOn() {
	w, ch := c.wish, c.caller
	if w.app != "" {
		ch.app, ch.data = w.app, w.data
		wait, _ := strconv.ParseFloat(w.data, 64)
		if !strings.EqualFold(w.app, "Wait") {
			wait = 0
		}
		c.later(time.Duration(wait*float64(time.Second)), func() {
			c.x.voice.hangUpAlone(c)
			c.end()
		})
		return
	}
	ch.context, ch.exten, ch.dialled, ch.priority = w.context, w.exten, w.exten, w.priority
	c.service = c.x.service(w.exten)
	c.enter()
}

// originateAction is Action: Originate with Async; without it is refused, for it
// would block the session until the phone answers.
func originateAction(s *session, r request) {
	x := s.server.x
	w := &wish{
		id: r.get("ActionID"), channel: r.get("Channel"), context: r.get("Context"), exten: r.get("Exten"), app: r.get("Application"),
		data: r.get("Data"), account: r.get("Account"), priority: 1, timeout: 30 * time.Second, uniqueid: r.get("ChannelId"),
	}
	if fault := w.read(r, x.voice); fault != "" {
		x.voice.originateFault(s, r, fault)
		return
	}
	if w.app == "" && !x.reachable(w.exten) && x.voice.checksExten() {
		s.fail(r, "Extension does not exist.")
		return
	}
	if !truth(r.get("Async")) {
		s.fail(r, "Originate failed")
		return
	}
	s.ok(r, "Originate successfully queued")
	x.originate(w)
}

// read takes the headers that need looking at; the fault is in Asterisk's words.
func (w *wish) read(r request, v voice) string {
	switch {
	case w.channel == "":
		return v.noChannel()
	case !strings.Contains(w.channel, "/"):
		return "Invalid channel"
	}
	if p := r.get("Priority"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 {
			return "Invalid priority"
		}
		w.priority = n
	}
	if t := r.get("Timeout"); t != "" {
		ms, err := strconv.Atoi(t)
		if err != nil || ms < 0 {
			return "Invalid timeout"
		}
		w.timeout = time.Duration(ms) * time.Millisecond
	}
	if w.app == "" && v.checksExten() && (w.exten == "" || w.context == "" || r.get("Priority") == "") {
		return "Originate with 'Exten' requires 'Context' and 'Priority'"
	}
	w.who, w.number = parseCallerID(r.get("CallerID"))
	for _, v := range r.all("Variable") {
		name, value, _ := strings.Cut(v, "=")
		w.set = append(w.set, Variable{name, value})
	}
	slices.Reverse(w.set) // Asterisk puts each before the ones it has
	return ""
}

// reachable tells whether the dialplan has a number.
func (x *exchange) reachable(number string) bool {
	if x.service(number) != nil || x.phone(number) != nil {
		return true
	}
	return x.outside != "" && strings.HasPrefix(number, x.outside) && len(number) > len(x.outside)
}

// parseCallerID reads `"Name" <number>`, `Name <number>` or a bare number.
func parseCallerID(s string) (name, number string) {
	i := strings.LastIndexByte(s, '<')
	j := strings.LastIndexByte(s, '>')
	if i < 0 || j < i {
		return "", strings.TrimSpace(s)
	}
	return strings.Trim(strings.TrimSpace(s[:i]), `"`), s[i+1 : j]
}

// truth is ast_true.
func truth(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

func (m *modern) busyReason() int   { return 0 }
func (m *modern) checksExten() bool { return true }
func (m *modern) noChannel() string { return "Channel not specified" }

func (m *modern) originateFault(s *session, r request, fault string) { s.fail(r, fault) }

// alone begins an event of a dialled channel that nobody in particular dials.
func (m *modern) alone(name string, ch *channel) *event {
	return m.x.event(name, "call").snapshot("Dest", ch)
}

func (m *modern) originated(c *call) {
	ch, w := c.caller, c.wish
	ch.number, ch.who = ch.phone.Extension, ch.phone.Name
	m.newChannel(ch)
	m.outgoing(ch, "AppDial2")
	for _, v := range w.set {
		m.assign(ch, v.Name, v.Value)
	}
	if w.account != "" {
		ch.account = w.account
		m.about("NewAccountCode", "call", ch).add("OldAccountCode", "").send()
	}
	if w.number != "" || w.who != "" {
		ch.number, ch.who = w.number, w.who
		m.callerID(ch)
		ch.peer, ch.peerWho = w.number, w.who
		m.connectedLine(ch)
	}
	_, number, _ := strings.Cut(w.channel, "/")
	m.alone("DialBegin", ch).add("DialString", number).send()
}

func (m *modern) originateRings(c *call) {
	m.newState(c.caller)
	m.alone("DialState", c.caller).add("DialStatus", "RINGING").send()
}

func (m *modern) originateUp(c *call, goOn, result func()) {
	m.newState(c.caller)
	m.alone("DialEnd", c.caller).add("DialStatus", "ANSWER").send()
	goOn() // the dialplan is faster than OriginateResponse
	result()
}

func (m *modern) originateFailed(c *call, f *fate) {
	sip := sipCodes[f.cause]
	if f.cause == 17 || f.cause == 21 {
		m.hangupRequest(c.caller, f.cause, sip)
	}
	m.originateResult(c, f)
	m.hangUp(c.caller, f.cause, sip)
}

func (m *modern) hangUpAlone(c *call) { m.hangUp(c.caller, 0, "") }

// result writes the headers of OriginateResponse up to Uniqueid.
func (e *event) result(w *wish, ch *channel, f *fate, unknown string) *event {
	var word, channel, id string
	var reason int
	if f == nil {
		word, channel, reason, id = "Success", ch.name, 4, ch.id
	} else {
		word, channel, reason, id = "Failure", w.channel, f.reason, unknown
	}
	if w.id != "" {
		e.add("ActionID", w.id)
	}
	e.add("Response", word).add("Channel", channel)
	if w.app != "" {
		e.add("Application", w.app).add("Data", w.data)
	} else {
		e.add("Context", w.context).add("Exten", w.exten)
	}
	return e.int("Reason", reason).add("Uniqueid", id)
}

func (m *modern) originateResult(c *call, f *fate) {
	w := c.wish
	m.x.event("OriginateResponse", "call").result(w, c.caller, f, "<unknown>").
		add("CallerIDNum", orUnknown(w.number)).add("CallerIDName", orUnknown(w.who)).send()
}

func (l *legacy) busyReason() int   { return 5 }
func (l *legacy) checksExten() bool { return false }
func (l *legacy) noChannel() string { return "Invalid channel" }

// originateFault ends the message with a bare line feed and sends an empty block
// after it, as 1.4 does.
func (l *legacy) originateFault(s *session, r request, fault string) {
	t := s.head(r, "Error")
	t.b = append(t.b, "Message: "+fault+"\n\r\n\r\n"...)
	s.put(t.b)
}

func (l *legacy) originated(c *call) {
	ch, w := c.caller, c.wish
	l.newChannel(ch)
	ch.number, ch.who = w.number, w.who
	for _, v := range w.set {
		ch.set(v.Name, v.Value)
	}
	l.newCallerID(ch)
	if w.number != "" {
		l.newCallerID(ch)
	}
}

func (l *legacy) originateRings(c *call) { l.newState(c.caller) }

func (l *legacy) originateUp(c *call, goOn, result func()) {
	l.newState(c.caller)
	result()
	goOn()
}

func (l *legacy) originateFailed(c *call, f *fate) {
	l.hangUp(c.caller, f.cause)
	l.originateResult(c, f)
}

func (l *legacy) hangUpAlone(c *call) { l.hangUp(c.caller, 16) }

func (l *legacy) originateResult(c *call, f *fate) {
	w := c.wish
	number := cmp.Or(w.number, "<unknown>")
	l.x.event("OriginateResponse", "call").result(w, c.caller, f, "<null>").
		add("CallerID", number).add("CallerIDNum", number).add("CallerIDName", orUnknown(w.who)).send()
}
