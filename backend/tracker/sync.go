package tracker

import (
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// applySync takes what tells of the link itself, and the resync that makes the picture
// true again after it was down (row A7): what goes on goes on, what was not named nor
// born meanwhile is over, and nothing pops, for nobody saw it being answered.
func (p *picture) applySync(e *pbx.Event) {
	switch e.Kind {
	case pbx.LinkUp:
		p.syncing = false
		p.setLink(pbx.LinkStateSyncing, "")
	case pbx.LinkDown:
		p.syncing = false
		p.setLink(pbx.LinkStateDown, e.Text)
	case pbx.SyncBegin:
		p.syncing = true
		p.sync++
		p.setLink(pbx.LinkStateSyncing, "")
	case pbx.SyncChannel:
		p.syncChannel(e)
	case pbx.SyncEnd:
		if !p.syncing {
			return
		}
		p.syncing = false
		p.endUnseen()
		p.endWaits()
		p.adopt()
		p.keepHolders()
		p.settle()
		p.setLink(pbx.LinkStateReady, "")
	}
}

// syncChannel is a channel that exists.
func (p *picture) syncChannel(e *pbx.Event) {
	l := &e.Channel
	c := p.known(l.ID)
	if c == nil {
		if c = p.meet(l); c == nil {
			return
		}
		c.live = true
		if l.Linkedid != "" && l.Linkedid != l.ID && c.call.origin.id == c.id {
			c.call.begunBy(l.Linkedid) // which may be named later
		}
		c.queued = c.queued || c.call.queue != "" && c.call.origin.id != c.id
	}
	c.early = false
	p.rename(c, l.Name)
	if l.StateKnown && l.State == pbx.Up && c.answered.IsZero() && (e.Bridge != "" || c.call.origin.id != c.id) {
		c.live = false
	}
	p.setCaller(c, l.CallerID)
	if k := c.call; k.origin.id == c.id && l.Exten != "" && !appOfCalled(e.App) {
		p.moveTo(c, l.Context, l.Exten)
		p.placesCall(c)
		p.serve(k, p.plan.byContext[l.Context], false)
	}
	if e.Queue != "" {
		p.syncQueue(c, e)
	}
	p.arrive(c, l)
	if e.Bridge != "" {
		p.enter(c, e.Bridge)
	}
}

// syncQueue notes that c's dialplan is in a queue: there it waits, or talks with whom the
// queue has found.
func (p *picture) syncQueue(c *channel, e *pbx.Event) {
	k := c.call
	if e.Bridge == "" {
		p.wait(k, e.Queue, p.now)
		p.serveQueue(k, e.Queue)
		return
	}
	p.inQueue(k, e.Queue)
	for _, o := range k.legs {
		if o != c && !o.dialled {
			o.queued = true
		}
	}
}

// endUnseen ends the channels that are gone, the oldest first.
func (p *picture) endUnseen() {
	var gone []*channel
	for _, c := range p.channels {
		if c.seen != p.sync {
			gone = append(gone, c)
		}
	}
	slices.SortFunc(gone, func(a, b *channel) int {
		if n := a.started.Compare(b.started); n != 0 {
			return n
		}
		return strings.Compare(string(a.id), string(b.id))
	})
	for _, c := range gone {
		p.hangup(c, 0, "")
	}
}

// endWaits ends the waiting of those of whom it was not told again.
func (p *picture) endWaits() {
	for i := len(p.waiting) - 1; i >= 0; i-- {
		if k := p.waiting[i]; k.waitSeen != p.sync {
			p.unwait(k)
		}
	}
}

// adopt finds a beginning for the calls whose first channel is gone, as it is after some
// transfers: the oldest channel that is no seat's phone, or else the oldest.
func (p *picture) adopt() {
	for _, k := range p.keys {
		if k.origin.name != "" || len(k.legs) == 0 {
			continue
		}
		found := k.legs[0]
		for _, c := range k.legs {
			if c.phone != nil && !p.plan.seat(c.phone.device) {
				found = c
				break
			}
		}
		k.begin(found)
	}
}
