package tracker

import (
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// bridge is where channels hear each other.
type bridge struct {
	id      pbx.BridgeID
	members []*channel
}

// enter puts c into a bridge. With somebody of its call there, both talk.
func (p *picture) enter(c *channel, id pbx.BridgeID) {
	if id == "" || len(id) > 2*maxName+1 || c.bridge != nil && c.bridge.id == id {
		return
	}
	if c.bridge != nil {
		p.leave(c)
	}
	b := p.bridges[id]
	if b == nil {
		b = &bridge{id: pbx.BridgeID(strings.Clone(string(id)))}
		p.bridges[b.id] = b
	}
	c.bridge = b
	b.members = append(b.members, c)
	p.beginConsult(c)
	if len(b.members) < 2 {
		return
	}
	for _, o := range b.members {
		if o.call != c.call && !p.parkedBoth(o, c) {
			p.merge(o.call, c.call)
		}
	}
	n := 0
	for _, o := range b.members {
		if o.call == c.call {
			n++
		}
	}
	if n > 1 {
		for _, o := range b.members {
			if o.call == c.call {
				p.link(o)
			}
		}
		p.placeAll(c.call)
	}
}

// placeAll looks at everybody in a call, after one of them began to talk: it may be heard
// through pipes.
func (p *picture) placeAll(k *call) {
	for _, c := range k.legs {
		p.place(c)
	}
	p.revealAll(k)
}

// parkedBoth says whether a and b are two customers of services who share a bridge. They do
// not talk: they are parked, or in a conference. Their calls stay two.
func (p *picture) parkedBoth(a, b *channel) bool {
	return a.call.service != nil && b.call.service != nil && a.phone != nil && b.phone != nil && p.isParty(a) && p.isParty(b)
}

// leave takes c out of its bridge. Who is left alone there talks with nobody.
func (p *picture) leave(c *channel) {
	b := c.bridge
	meanwhile := slices.ContainsFunc(b.members, func(o *channel) bool { return o.optimizing })
	c.bridge = nil
	b.members = without(b.members, c)
	if len(b.members) == 0 {
		delete(p.bridges, b.id)
	}
	p.tellTransfer(c)
	p.endConsult(c)
	if meanwhile {
		return // the talk goes on, in another bridge
	}
	p.unlink(c)
	if len(b.members) == 1 {
		p.unlink(b.members[0])
	}
}

// optimize is a Local channel being taken out of between two others. One of them moves to
// the other's bridge, which interrupts nobody; who is alone in the end talks no more.
func (p *picture) optimize(e *pbx.Event) {
	on := e.Kind == pbx.OptimizeBegin
	for _, id := range [...]pbx.ChannelID{e.Channel.ID, e.Dest.ID} {
		c := p.known(id)
		if c == nil || c.phone != nil || c.optimizing == on {
			continue
		}
		c.optimizing = on
		if on {
			continue
		}
		for _, o := range c.call.legs {
			if o.bridge == nil || len(o.bridge.members) < 2 {
				p.unlink(o)
			}
		}
	}
}

// link notes that c talks with the other side: the phone was answered, by whatever
// event says so first (rows B5, B6).
func (p *picture) link(c *channel) {
	if c.linked {
		p.tellLink(c)
		return
	}
	c.linked, c.early = true, false
	p.setState(c, pbx.Up)
	if c.answered.IsZero() {
		c.answered, c.since = p.now, p.now
	}
	if c.call.origin.id == c.id {
		p.dropGuests(c.call)
		p.unwait(c.call)
	}
	p.touch(c)
	p.place(c)
	p.prefer(c)
	p.reveal(c)
	p.tellLink(c)
	if c.phone == nil { // a Local channel, through which others may be heard now
		p.placeAll(c.call)
	}
}

func (p *picture) unlink(c *channel) {
	if !c.linked {
		return
	}
	c.linked = false
	if c.held {
		c.held, c.since = false, p.now
	}
	p.touch(c)
	if c.told && c.toldLink {
		c.toldLink = false
		p.tell(c, pbx.NoticeUnlink)
	}
}

// hold notes that c puts the other side on hold, or takes it back.
func (p *picture) hold(c *channel, on bool) {
	if c.holding == on {
		return // after a transfer by REFER there is an Unhold without a Hold
	}
	c.holding = on
	peers := c.call.legs
	if c.bridge != nil {
		peers = c.bridge.members
	}
	held := false
	for _, o := range peers {
		held = held || o.holding
	}
	id := pbx.NoticeHold
	if !held {
		id = pbx.NoticeUnhold
	}
	for _, o := range peers {
		if !o.linked || o.held == held {
			continue
		}
		o.held, o.since = held, p.now
		p.touch(o)
		if o.told {
			p.tell(o, id)
		}
	}
}
