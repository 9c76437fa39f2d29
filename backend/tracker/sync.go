package tracker

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// applySync takes what tells of the link itself, and the resync that makes the picture
// true again after it was down (row A7): what goes on goes on, what was not named nor
// born meanwhile is over, and nothing pops, for nobody saw it being answered.
func (p *picture) applySync(e *pbx.Event) {
	switch e.Kind {
	case pbx.LinkUp:
		p.syncing = false
		p.sync++ // what happens from now on is of the Asterisk that is there now
		p.setLink(pbx.LinkStateSyncing, "")
	case pbx.LinkDown:
		p.syncing = false
		p.setLink(pbx.LinkStateDown, e.Text)
	case pbx.SyncBegin:
		if e.Number == 1 {
			p.endUnseen("Asterisk was restarted")
		}
		p.syncing = true
		p.setLink(pbx.LinkStateSyncing, "")
	case pbx.SyncChannel:
		p.syncChannel(e)
	case pbx.SyncEnd:
		if !p.syncing {
			return
		}
		p.syncing = false
		p.endUnseen("")
		p.endWaits()
		p.adopt()
		p.keepHolders()
		p.settle()
		p.setLink(pbx.LinkStateReady, "")
	case pbx.SweepBegin:
		p.sweep++
	case pbx.SweepChannel:
		p.sweepChannel(&e.Channel)
	case pbx.SweepEnd:
		p.endSweep()
	}
}

// stray is a channel that a slow check has listed and nobody has told of.
type stray struct {
	sweep   uint32 // number of the last one that listed it
	counted bool
}

// sweepChannel is a channel of a slow check. One that two of them know and nobody else was
// missed; what it does next, or the next resync, tells more of it.
func (p *picture) sweepChannel(l *pbx.Leg) {
	if c := p.channels[l.ID]; c != nil {
		c.swept, c.missing = p.sweep, false
		return
	}
	s, before := p.strays[l.ID]
	switch {
	case p.graves.has(l.ID) || len(l.ID) > maxName || !before && len(p.strays) >= 4*p.maxCalls:
		return
	case before && s.sweep != p.sweep && !s.counted:
		s.counted = true
		p.count.FoundChannels++
		p.correct(string(l.ID), l.Name)
	}
	s.sweep = p.sweep
	p.strays[pbx.ChannelID(strings.Clone(string(l.ID)))] = s
}

// endSweep ends the channels that are in no list any more: those that two checks one after
// the other did not find, since one may be born while it is being listed.
func (p *picture) endSweep() {
	var gone []*channel
	for _, c := range p.channels {
		switch {
		case c.swept == p.sweep:
		case c.missing:
			gone = append(gone, c)
			p.correct(string(c.id), c.name)
		default:
			c.missing = true
		}
	}
	maps.DeleteFunc(p.strays, func(_ pbx.ChannelID, s stray) bool { return s.sweep != p.sweep })
	p.count.SweptChannels += int64(len(gone))
	p.endAll(gone, "lost")
	p.settle()
}

// correct notes the first few channels of which the picture was wrong.
func (p *picture) correct(id, name string) {
	if len(p.corrected) < 5 {
		p.corrected = append(p.corrected, id+" "+cut(name, maxName))
	}
}

// syncChannel is a channel that exists.
func (p *picture) syncChannel(e *pbx.Event) {
	l := &e.Channel
	c := p.known(l.ID)
	met := c == nil
	if met {
		if c = p.meet(l); c == nil {
			return
		}
		c.live = true
		since := p.now.Add(-time.Duration(e.Seconds) * time.Second)
		c.started, c.since = since, since
		if l.Linkedid != "" && l.Linkedid != l.ID && c.call.origin.id == c.id {
			c.call.begunBy(l.Linkedid) // which may be named later
		}
		c.queued = c.queued || c.call.queue != "" && c.call.origin.id != c.id
	}
	c.early = false
	c.behind = c.behind || c.dialledBy == "" && p.isLine(c)
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
	if met {
		p.calledToAsk(c)
	}
	p.arrive(c, l)
	if met && !c.answered.IsZero() { // since when is not told: not before it was made
		c.answered, c.since = c.started, c.started
	}
	if e.Bridge != "" {
		p.resumeConsult(c, e)
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

// endUnseen ends the channels of which nothing was heard since the link was made, or since
// SyncBegin.
func (p *picture) endUnseen(text string) {
	var gone []*channel
	for _, c := range p.channels {
		if c.seen != p.sync {
			gone = append(gone, c)
		}
	}
	p.endAll(gone, text)
}

// endAll ends channels, the oldest first.
func (p *picture) endAll(gone []*channel, text string) {
	slices.SortFunc(gone, func(a, b *channel) int {
		if n := a.started.Compare(b.started); n != 0 {
			return n
		}
		return strings.Compare(string(a.id), string(b.id))
	})
	for _, c := range gone {
		p.hangup(c, 0, text)
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
