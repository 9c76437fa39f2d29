package tracker

import (
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// A Local channel is a pipe: who talks with one half hears whoever talks with the other.
// A queue whose members are Local channels may find two of them answered at once, and
// takes one. An agent who asks a colleague before he hands a call on has the colleague's
// phone in the caller's call, though the two only talk with each other. So what a phone's
// answer means is seen by walking from it through bridges and pipes to whoever is there.

// side is what is known of the other side of a phone.
type side uint8

const (
	sideUnknown   side = iota
	sideParty          // the caller of an inbound call, the one who was called of an outbound one
	sideColleague      // only phones of the house
)

// met is whom a walk has found.
type met struct {
	answered  bool // the walk is from a phone that was answered
	party     bool
	colleague *channel
	dark      bool // a pipe whose other half was never seen: somebody is there
}

// look walks from c, who rings or talks.
func (p *picture) look(c *channel) (m met) {
	p.walk++
	m.answered = c.linked
	p.hears(c, &m)
	return m
}

// through says whether c, who talks, does so with whom his call is with: his caller, if he
// has one, or else any phone or line. Who began the call always does.
func (p *picture) through(c *channel) bool {
	if c.begins() {
		return true
	}
	m := p.look(c)
	return m.party || m.dark || m.colleague != nil && (!c.serves() || !p.begun(c.call))
}

// hears goes from c to those in its bridge; when there are none, to whose call it has
// answered, or while it rings to whoever dialled it.
func (p *picture) hears(c *channel, m *met) {
	c.walk = p.walk
	if b := c.bridge; b != nil && len(b.members) > 1 {
		for _, o := range b.members {
			if o.call == c.call && o.walk != p.walk {
				p.meets(o, m)
			}
			if m.party {
				return
			}
		}
		return
	}
	from := c.dialledBy
	if m.answered {
		from = c.answeredTo
	}
	if o := p.channels[from]; o != nil && o.walk != p.walk {
		p.meets(o, m)
	}
}

// meets notes o, or goes on behind it when it is half a pipe. One whose other half is
// gone leads nowhere.
func (p *picture) meets(o *channel, m *met) {
	switch {
	case o.zombie:
	case o.phone == nil && o.half == "":
		m.dark = true
	case o.phone == nil:
		o.walk = p.walk
		if half := p.channels[o.half]; half != nil && half.walk != p.walk {
			p.hears(half, m)
		}
	case p.isParty(o):
		m.party = true
	case m.colleague == nil:
		m.colleague = o
	}
}

// isParty says whether o is whom the service of its call is there for.
func (p *picture) isParty(o *channel) bool {
	if s := o.call.service; s != nil && s.Direction == pbx.Outbound {
		return p.stranger(o.phone)
	}
	return p.isCaller(o)
}

// isCaller says whether o is whose call it is: who began it, or the line behind the Local
// channel that did. So are customers called back: Asterisk calls them through a Local channel,
// and has its near half wait in the queue.
func (p *picture) isCaller(o *channel) bool { return o.begins() || o.behind && p.stranger(o.phone) }

// isBehind says whether whom src calls is behind the Local channel that began the call.
func (p *picture) isBehind(src *channel) bool {
	if src.phone != nil || src.half == "" {
		return false
	}
	near := p.channels[src.half]
	return near != nil && (near.begins() || near.behind)
}

// isLine says whether c, of which a resync tells and nobody has told who dialled it, is the
// line behind the Local channel that began its call: the oldest that may be.
func (p *picture) isLine(c *channel) bool {
	return c.phone != nil && local(c.call.origin.name) && p.stranger(c.phone) && !slices.ContainsFunc(c.call.legs, func(o *channel) bool { return o.behind })
}

// succeedOrigin has the line behind a Local channel that began a call, and is taken out, be
// who began it.
func (p *picture) succeedOrigin(k *call) {
	for _, o := range k.legs {
		if o.phone != nil && p.isCaller(o) {
			k.origin = origin{id: o.id, name: o.name, device: o.phone.device}
			return
		}
	}
}

// place looks for whom c rings or talks. A colleague's consultation is an internal call,
// which ends for its agent when he gets the caller, and the caller's begins.
func (p *picture) place(c *channel) {
	k := c.call
	if k.service == nil || c.phone == nil || c.guess != nil || c.begins() || !c.linked && !c.answered.IsZero() {
		return
	}
	m := p.look(c)
	now := sideParty
	switch {
	case m.party:
	case m.colleague == nil || k.service.Direction == pbx.Inbound && !p.begun(k):
		return // nothing new is known, or the caller is gone
	case k.last.channel == c.id:
		return // he asks a colleague while the caller waits
	default:
		now = sideColleague
	}
	if now == sideParty && c.side == sideColleague && !p.syncing {
		c.live = true // a resync may have found him asked: the caller comes now
	}
	p.placeAt(c, now, m.colleague)
}

// placeAt notes whom c rings or talks to.
func (p *picture) placeAt(c *channel, now side, colleague *channel) {
	k := c.call
	c.early = false
	if now == c.side {
		p.reveal(c)
		return
	}
	as := *c
	as.side = now
	if c.told && (as.serves() != c.serves() || as.asked() != c.asked()) {
		if as.serves() && k.moved == "" {
			k.moved = pbx.TransferAttended
		}
		p.withdraw(c, 0, "")
		p.renew(c)
	}
	c.side = now
	if colleague != nil {
		c.colleague = colleague.person()
	}
	p.reveal(c)
}

// person is who sits at c's phone, to a colleague. The caller id of a phone that was called
// is what was dialled, which may be a service's number.
func (c *channel) person() pbx.CallerID {
	_, number, _ := strings.Cut(pbx.Device(c.name), "/")
	id := pbx.CallerID{Number: number}
	if a := c.agent(); a != nil {
		id.Name = a.FullName
	}
	return id
}

// renew lets c's part in a call begin now.
func (p *picture) renew(c *channel) {
	c.started, c.since, c.toldLink = p.now, p.now, false
	if !c.answered.IsZero() {
		c.answered = p.now
	}
}
