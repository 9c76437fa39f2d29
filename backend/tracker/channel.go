package tracker

import (
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// channel is one leg of a call. Its facts are kept whether anybody looks or not; the
// told… fields are what the agent at its phone knows.
type channel struct {
	id       pbx.ChannelID
	name     string
	callerID pbx.CallerID
	context  string // where its dialplan is
	exten    string
	call     *call
	guess    *call // the call it probably rings for, see guess.go
	bridge   *bridge
	phone    *phone        // nil: a Local channel
	half     pbx.ChannelID // the other half of a Local channel, once both were seen
	previous *channel
	next     *channel // of the phone

	started  time.Time
	since    time.Time // when its phase began
	answered time.Time
	action   *pbx.Action // for a button

	dialledBy  pbx.ChannelID // see through.go
	behind     bool          // the Local channel that began the call
	answeredTo pbx.ChannelID // whose call it has answered
	walk       uint64        // number of the last walk that came by
	side       side
	answersFor *Service         // the service that its agent has answered for: it stays his when the call goes to another
	colleague  pbx.CallerID     // who is there when that is sideColleague
	transfer   *pbx.Transfer    // how the call came to it
	handed     pbx.TransferKind // how the call went on from it
	handedTo   string           // and where to
	handedName string           // and to whom: the full name of the agent there
	handing    bool             // that is still to be told
	gone       bool             // it has hung up

	swept   uint32 // number of the last sweep that listed it
	missing bool   // the last sweep did not
	seen    uint32 // number of the last resync that knew of it
	state   pbx.ChannelState
	legacy  bool   // it came without a Linkedid: Asterisk 11 or older
	live    bool   // it was seen before it was answered, so its answer may pop
	was     string // the phone it had before it was renamed
	zombie  bool   // a masquerade has left it nothing, until 11
	dialled bool
	queued  bool // it is called on behalf of a queue
	linked  bool // it talks with the other side
	holding bool // it put the other side on hold
	held    bool // it is on hold, by itself or by the other side

	asks     *channel // half ;1 of the pipe to whom its agent asks, by Asterisk's attended transfer
	consults int      // how often he has asked so
	askedBy  *channel // the other way round

	optimizing bool // a Local channel, about to be taken out of between others
	early      bool // it is not known yet who dials it
	told       bool // its agent knows of it
	toldDial   bool
	toldCaller bool
	toldLink   bool
	toldState  pbx.ChannelState
}

// shown is the call that the channel's agent sees.
func (c *channel) shown() *call {
	if c.guess != nil {
		return c.guess
	}
	return c.call
}

// serves says whether c's agent serves his call, so that he is shown its service: he
// called a customer through an outbound one, or has the customer on the other side.
func (c *channel) serves() bool {
	s := c.shown().service
	switch {
	case s == nil || c.side == sideColleague:
		return false
	case s.Direction == pbx.Outbound:
		return c.calls() || c.side == sideParty
	}
	return !c.calls() && !c.shown().consults
}

// asked says whether c's agent is only asked by a colleague who has the caller. It is a
// call of its own to him, though not to Asterisk.
func (c *channel) asked() bool {
	s := c.shown().service
	return s != nil && s.Direction == pbx.Inbound && c.side == sideColleague && !c.calls()
}

// begins says whether it is the channel that began the call its agent sees.
func (c *channel) begins() bool { return c.shown().origin.id == c.id }

// calls says whether c's agent calls: his channel began the call, or is behind the Local channel
// that did, through which a program has his telephone called first.
func (c *channel) calls() bool { return c.begins() || c.behind }

// agent is who sits at the channel's phone; nil when nobody does.
func (c *channel) agent() *agent {
	if c.phone == nil {
		return nil
	}
	return c.phone.agent
}

func (c *channel) phase() pbx.Phase {
	switch {
	case c.held, c.asks != nil:
		return pbx.PhaseHeld
	case !c.answered.IsZero():
		return pbx.PhaseTalking
	case c.state != pbx.Ringing && c.begins():
		return pbx.PhaseDialing
	}
	return pbx.PhaseRinging
}

// local says whether name is of a Local channel, which is half a pipe and nobody's phone.
func local(name string) bool { return strings.HasPrefix(name, "Local/") }

// pipe is the name that the two halves of a Local channel share: "Local/201@internal-5a"
// of "Local/201@internal-5a;2" (1.6 and later) and of "Local/201@internal-5a,2" (1.4).
func pipe(name string) string {
	if n := len(name) - 2; n > 0 && (name[n] == ';' || name[n] == ',') {
		return name[:n]
	}
	return ""
}

// known is the channel of an event; nil when there is none. That something happens to
// it shows that it lives.
func (p *picture) known(id pbx.ChannelID) *channel {
	c := p.channels[id]
	if c != nil {
		c.seen, c.missing = p.sync, false
	}
	return c
}

// find is the channel that an event tells of. Events may come in any order, and some
// name a channel in part only: one that is named, and has not hung up lately, is made;
// one without a Uniqueid is looked for by its name. Nil when there is none. before says
// that the event comes before an answer.
func (p *picture) find(l *pbx.Leg, before bool) *channel {
	if l.ID == "" {
		c := p.byName(l.Name)
		if c == nil {
			return nil
		}
		return p.known(c.id)
	}
	if c := p.known(l.ID); c != nil {
		return c
	}
	if l.Name == "" {
		return nil
	}
	c := p.meet(l)
	if c != nil {
		c.live = before && (!l.StateKnown || l.State != pbx.Up)
		p.arrive(c, l)
	}
	return c
}

func (p *picture) byName(name string) *channel {
	if name == "" || local(name) {
		return nil
	}
	ph := p.phones[strings.ToUpper(pbx.Device(name))]
	if ph == nil {
		return nil
	}
	for c := ph.first; c != nil; c = c.next {
		if c.name == name {
			return c
		}
	}
	return nil
}

// meet makes the channel l, still Down, in the call of its Linkedid or in one of its
// own. It is nil, and counted, where a limit forbids it, or when it has hung up already.
func (p *picture) meet(l *pbx.Leg) *channel {
	if l.ID == "" || len(l.ID) > maxName || len(l.Linkedid) > maxName || p.graves.has(l.ID) {
		return nil
	}
	k := p.callFor(l)
	if len(p.channels) >= 4*p.maxCalls || k == nil && p.calls >= p.maxCalls {
		p.count.RefusedChannels++
		return nil
	}
	c := &channel{started: p.now, since: p.now, seen: p.sync, legacy: l.Linkedid == ""}
	c.keepNames(l)
	p.channels[c.id] = c
	c.zombie = strings.HasSuffix(c.name, zombie)
	if c.name == "" || local(c.name) || c.zombie {
		if half := pipe(c.name); half != "" {
			if o := p.halves[half]; o != nil {
				o.half, c.half = c.id, o.id
			} else {
				p.halves[half] = c
			}
		}
	} else {
		p.phoneOf(pbx.Device(c.name)).add(c)
	}
	if k == nil {
		p.newCall(c, l.Linkedid)
		return c
	}
	c.call = k
	k.legs = append(k.legs, c)
	if k.waits() {
		c.queued = true
	}
	if p.keys[c.id] == k && (k.origin.id != c.id || k.origin.name == "") { // the first one, met late
		k.begin(c)
	}
	return c
}

// keepNames copies l's names, in one piece.
func (c *channel) keepNames(l *pbx.Leg) {
	channel, number, name := short(l.Name, maxName), short(l.CallerID.Number, maxName), short(l.CallerID.Name, maxName)
	var b strings.Builder
	b.Grow(len(l.ID) + len(channel) + len(number) + len(name))
	b.WriteString(string(l.ID))
	b.WriteString(channel)
	b.WriteString(number)
	b.WriteString(name)
	all := b.String()
	take := func(n int) (s string) {
		s, all = all[:n], all[n:]
		return s
	}
	c.id = pbx.ChannelID(take(len(l.ID)))
	c.name = take(len(channel))
	c.callerID = pbx.CallerID{Number: take(len(number)), Name: take(len(name))}
}

// arrive gives a channel that was just met its state.
func (p *picture) arrive(c *channel, l *pbx.Leg) {
	if l.StateKnown {
		p.setState(c, l.State)
	}
	p.reveal(c)
}

// callFor is the call that a new channel belongs to: that of the channel its Linkedid
// names, or of the other half of a Local channel. Nil: its own.
func (p *picture) callFor(l *pbx.Leg) *call {
	if l.Linkedid != "" {
		if c := p.channels[l.Linkedid]; c != nil {
			return c.call
		}
		return p.keys[l.Linkedid]
	}
	if local(l.Name) {
		if half := p.halves[pipe(l.Name)]; half != nil {
			return half.call
		}
	}
	return p.keys[l.ID]
}

// setState is the channel's new state. Who was answered does not ring again: such an
// event comes late.
func (p *picture) setState(c *channel, s pbx.ChannelState) {
	if c.state == s || c.state == pbx.Up && (s == pbx.Down || s == pbx.Ring || s == pbx.Ringing) {
		return
	}
	c.state = s
	switch s {
	case pbx.Ring:
		p.placesCall(c)
	case pbx.Ringing:
		if c.answered.IsZero() {
			c.since = p.now
		}
	case pbx.Up:
		c.early = false
		if c.answered.IsZero() && !c.begins() {
			c.answered, c.since = p.now, p.now
			p.prefer(c)
		}
	}
	p.touch(c)
	p.tellState(c)
	if o := p.askedFrom(c); o != nil && o.told {
		p.tell(o, pbx.NoticeConsult)
	}
}

// hangup ends a channel, and with the last one its call.
func (p *picture) hangup(c *channel, cause int, text string) {
	c.linked, c.toldLink = false, false // a Hangup says more than an Unlink
	c.gone = true
	if c.bridge != nil {
		p.leave(c)
	}
	p.withdraw(c, cause, text)
	p.touch(c)
	p.unguess(c)
	ph := c.phone
	if ph != nil {
		ph.remove(c)
		p.dropPhone(ph)
	} else if half := pipe(c.name); p.halves[half] == c {
		delete(p.halves, half)
	}
	delete(p.channels, c.id)
	p.graves.add(c.id)
	k := c.call
	if c.dialled && c.answered.IsZero() && ph != nil && k.service != nil {
		k.rang = pickedFrom(c)
	}
	k.legs = without(k.legs, c)
	if k.origin.id == c.id {
		p.unwait(k)
		p.succeedOrigin(k)
	}
	p.endIfOver(k)
	if ph != nil {
		p.succeed(ph, k)
	}
}

// Causes of Q.850.
const (
	normal            = 16
	answeredElsewhere = 26
)

// elsewhere is what to say of a phone that rang and was not answered. Versions differ:
// 1.4 says 16 to the phones that lost the race and 0 to a caller's who gave up, others
// 26 and 0. What happened can be seen in the call.
func (p *picture) elsewhere(c *channel, cause int, text string) (int, string) {
	if c.begins() || !c.answered.IsZero() || cause != 0 && cause != normal {
		return cause, text
	}
	switch {
	case c.handed == pbx.TransferPickup:
		return answeredElsewhere, "Answered elsewhere"
	case c.asked():
		return normal, "Normal Clearing"
	}
	k := c.shown()
	for _, legs := range [][]*channel{k.legs, k.guests} {
		for _, o := range legs {
			if o != c && o.phone != nil && !p.isParty(o) && !o.answered.IsZero() {
				return answeredElsewhere, "Answered elsewhere"
			}
		}
	}
	return normal, "Normal Clearing"
}

// keep is a caller id that outlives its message.
func keep(id pbx.CallerID) pbx.CallerID {
	return pbx.CallerID{Number: cut(id.Number, maxName), Name: cut(id.Name, maxName)}
}

// maxName is the longest name or number that is kept, in bytes. Asterisk's own names
// are shorter (AST_CHANNEL_NAME is 80); those of callers are what callers choose.
const maxName = 256

// cut is a copy of s of at most n bytes.
func cut(s string, n int) string { return strings.Clone(short(s, n)) }

// short is s of at most n bytes, cut between characters.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
