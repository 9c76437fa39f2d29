package tracker

import (
	"slices"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// A call goes from agent to agent in many ways, and the versions tell of few of them
// (row B8). So what is told is only how it went; that it went, and from whom, is seen
// in who had the caller before. The caller's call, with his data, goes on meanwhile.

// holder is the agent's phone that had the caller last.
type holder struct {
	device         string // in upper case; "" before the first
	phone          string // "PJSIP/201"
	operator, name string // "" when nobody was signed in
	channel        pbx.ChannelID
}

// keepHolder notes that c, who has the caller now, is the one to have had him last.
func (p *picture) keepHolder(c *channel) {
	k := c.call
	if !c.serves() || p.stranger(c.phone) {
		return
	}
	k.moved = ""
	if k.last.channel == c.id && k.last.operator == c.operator() {
		return
	}
	k.last = holder{device: c.phone.device, phone: pbx.Device(c.name), channel: c.id}
	if a := c.agent(); a != nil {
		k.last.operator, k.last.name = a.Operator, a.FullName
	}
}

func (c *channel) operator() string {
	if a := c.agent(); a != nil {
		return a.Operator
	}
	return ""
}

// cameFrom notes how the call came to c, who is about to be shown it. While another
// agent still talks, it did not come from him.
func (p *picture) cameFrom(c *channel) {
	k := c.shown()
	last := &k.last
	if c.transfer != nil || !c.serves() || c.begins() || last.device == "" || last.device == c.phone.device {
		return
	}
	if o := p.channels[last.channel]; k.moved == "" && o != nil && o.linked {
		return
	}
	kind := k.moved
	if kind == "" {
		kind = pbx.TransferRedirect
	}
	c.transfer = &pbx.Transfer{Kind: kind, By: last.operator, Name: last.name, Phone: last.phone}
}

// handOver notes that c's agent hands the call on. to is a number, a phone or a parking
// space. A blind transfer may be to a parking lot, so it is told when he is out of the talk:
// of a parking Asterisk tells before that.
func (p *picture) handOver(c *channel, kind pbx.TransferKind, to string) {
	k := c.call
	if k.last.channel == c.id && k.moved != pbx.TransferPark {
		k.moved = kind
	}
	for _, o := range k.legs { // that Asterisk told of before it told why
		if t := o.transfer; t != nil && t.Kind == pbx.TransferRedirect && o != c && t.Phone == pbx.Device(c.name) && o.answered.IsZero() {
			o.transfer = &pbx.Transfer{Kind: kind, By: t.By, Name: t.Name, Phone: t.Phone}
		}
	}
	if c.handed == kind || c.handed == pbx.TransferPark { // which a transfer to the lot says once more
		return
	}
	c.handed, c.handedTo = kind, cut(to, maxName)
	if kind != pbx.TransferPark {
		c.handedName = p.nameAt(c.handedTo)
	}
	p.unlink(c)
	if c.handing = true; kind != pbx.TransferBlind || c.bridge == nil {
		p.tellTransfer(c)
	}
}

// nameAt is the full name of the one agent whose phone has a number, or is to, as a device;
// "" when there is none, or several.
func (p *picture) nameAt(to string) (name string) {
	if to == "" {
		return ""
	}
	for device, ph := range p.phones {
		_, number, _ := strings.Cut(device, "/")
		if ph.agent == nil || !strings.EqualFold(number, to) && !strings.EqualFold(device, to) {
			continue
		}
		if name != "" {
			return ""
		}
		name = ph.agent.FullName
	}
	return name
}

// tellTransfer tells c's agent that he has handed the call on, if that is still to be told.
func (p *picture) tellTransfer(c *channel) {
	if !c.handing || !c.told {
		return
	}
	c.handing = false
	if n := p.prepare(c, pbx.NoticeTransfer); n != nil {
		a := c.agent()
		n.call.Transfer = &pbx.Transfer{Kind: c.handed, By: a.Operator, Name: a.FullName, Phone: pbx.Device(c.name), To: c.handedTo, ToName: c.handedName}
		p.out = append(p.out, told{a, &n.notice})
	}
}

// attended looks whether the merger of two calls is the end of an attended transfer: an
// agent has called somebody (lose, from device), and now the caller he had (win) is there
// instead of him.
func (p *picture) attended(win, lose *call, device string) {
	if device == "" || win.last.device != device {
		return
	}
	asked := false
	for _, c := range lose.legs {
		asked = asked || c.id != lose.origin.id && c.phone != nil
	}
	if !asked {
		return
	}
	win.moved = pbx.TransferAttended
	if c := p.channels[win.last.channel]; c != nil && c.call == win {
		p.handOver(c, pbx.TransferAttended, lose.called)
	}
}

// transferred is a transfer that Asterisk tells of, before or after what it means.
func (p *picture) transferred(e *pbx.Event) {
	if e.Number != 1 {
		return
	}
	c := p.known(e.Channel.ID)
	if c == nil {
		c = p.byName(e.Channel.Name)
	}
	if c == nil || c.phone == nil {
		return
	}
	if e.Kind == pbx.BlindTransfer {
		p.handOver(c, pbx.TransferBlind, e.Text)
		return
	}
	second := p.known(e.Dest.ID)
	if second == nil { // until 11 it is not told
		second = otherLine(c)
	}
	to := ""
	switch {
	case second != nil && second.call != c.call:
		to = second.call.called
	case c.call.last.channel != c.id: // whoever was asked has the caller already
		_, to, _ = strings.Cut(c.call.last.phone, "/")
	}
	p.handOver(c, pbx.TransferAttended, to)
	if second != nil && second.id == e.Dest.ID && second.call != c.call && second.bridge == nil {
		p.takesPlace(c.call, second)
	}
}

// otherLine is the line on which c's agent has called somebody; nil when there is none.
func otherLine(c *channel) *channel {
	for o := c.phone.first; o != nil; o = o.next {
		if o.call != c.call && o.begins() {
			return o
		}
	}
	return nil
}

// takesPlace has the caller of k take the place of second, with which an agent was calling
// somebody: what rings, rings for him now.
func (p *picture) takesPlace(k *call, second *channel) {
	for _, c := range second.call.legs {
		if c.dialledBy == second.id {
			c.dialledBy = k.origin.id
		}
	}
	p.attended(k, second.call, second.call.origin.device)
	p.placeAll(p.merge(k, second.call))
}

// parked is a caller who was parked. A blind transfer to the parking lot has been told
// before.
func (p *picture) parked(e *pbx.Event) {
	c := p.find(&e.Channel, false)
	if c == nil {
		return
	}
	c.call.moved = pbx.TransferPark
	if o := p.channels[c.call.last.channel]; o != nil && o.call == c.call && o.phone != nil {
		p.handOver(o, pbx.TransferPark, strconv.Itoa(e.Number))
	}
}

// pickedUp is a phone that takes the call for which another one rings.
func (p *picture) pickedUp(e *pbx.Event) {
	c, rang := p.find(&e.Channel, false), p.find(&e.Dest, true)
	if c == nil || rang == nil || rang.phone == nil {
		return
	}
	rang.handed = pbx.TransferPickup
	c.transfer = pickedFrom(rang)
}

// picksUp notes that c, which was not dialled but makes a call itself, answers src's: it
// takes that of a phone which rings, or has just ceased to.
func (p *picture) picksUp(c, src *channel) {
	if c.transfer != nil {
		return
	}
	c.transfer = src.call.rang
	for _, o := range src.call.legs {
		if o.dialledBy == src.id && o.phone != nil && o.answered.IsZero() {
			o.handed = pbx.TransferPickup
			c.transfer = pickedFrom(o)
		}
	}
}

// pickedFrom says that somebody takes the call for which c rings.
func pickedFrom(c *channel) *pbx.Transfer {
	t := &pbx.Transfer{Kind: pbx.TransferPickup, Phone: pbx.Device(c.name)}
	if a := c.agent(); a != nil {
		t.By, t.Name = a.Operator, a.FullName
	}
	return t
}

// keepHolders notes who has the callers that a resync has found.
func (p *picture) keepHolders() {
	for _, c := range p.channels {
		if c.linked && c.phone != nil && p.through(c) {
			p.keepHolder(c)
		}
	}
	for _, c := range p.channels {
		if c.phone != nil && c.linked && c.side == sideColleague && p.asks(c) {
			p.placeAt(c, sideParty, nil)
			p.keepHolder(c)
		}
	}
}

// asks says of c, whom a resync has found with a colleague, whether it is he who has the
// caller and asks: nobody else has, and he is at the end of the pipe from which a feature
// code (*2) has the colleague called.
func (p *picture) asks(c *channel) bool {
	k := c.call
	if last := p.channels[k.last.channel]; last != nil && last.call == k || !p.begun(k) || c.bridge == nil {
		return false
	}
	return slices.ContainsFunc(c.bridge.members, func(o *channel) bool {
		return o.phone == nil && (strings.HasSuffix(o.name, ";1") || strings.HasSuffix(o.name, ",1"))
	})
}

// consults notes that k is an agent's who has a caller at his phone already. A phone of which
// the configuration does not know may be a line to the outside, which has the calls of many:
// it is a telephone that asks when it has its caller on hold.
func (p *picture) consults(k *call) {
	c := p.channels[k.origin.id]
	if c == nil || c.phone == nil {
		return
	}
	stranger := p.stranger(c.phone)
	for o := c.phone.first; o != nil; o = o.next {
		switch {
		case o == c || o.call == k:
		case stranger && o.begins() && !o.call.consults && o.call.service != nil: // others have come in by it
			k.consults = false
			return
		case o.serves() && !o.answered.IsZero() && (o.holding || !stranger):
			k.consults = true
		}
	}
}

// twin is another channel of c's phone that shows the same call: a second contact, or
// the line on which an agent asked a colleague.
func (p *picture) twin(c *channel) *channel {
	for o := c.phone.first; o != nil; o = o.next {
		if o != c && o.told && o.shown() == c.shown() && o.serves() == c.serves() && o.begins() == c.begins() {
			return o
		}
	}
	return nil
}

// prefer shows c, who was answered, instead of its twin who rings.
func (p *picture) prefer(c *channel) {
	if c.told || c.agent() == nil {
		return
	}
	if o := p.twin(c); o != nil && o.answered.IsZero() {
		p.withdraw(o, answeredElsewhere, "Answered elsewhere")
		p.reveal(c)
	}
}

// succeed shows what else a phone does for a call when what was shown of it has hung up.
func (p *picture) succeed(ph *phone, k *call) {
	for c := ph.first; c != nil; c = c.next {
		if !c.told && c.shown() == k && (c.linked || c.state == pbx.Ringing && c.answered.IsZero()) {
			p.reveal(c)
		}
	}
}
