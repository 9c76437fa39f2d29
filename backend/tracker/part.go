package tracker

import (
	"context"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Part is an agent's part in a call, as whoever is to do something with it needs it.
type Part struct {
	Call     pbx.CallID
	Service  string        // "" for an internal call
	Uniqueid pbx.ChannelID // of the agent's own channel
	Channel  string        // its name, "PJSIP/201-0000003c"
	Phase    pbx.Phase
	Asked    bool // a colleague asks him something: the caller is not there
	Apart    bool // he talks with somebody while another one of his call waits: it is not known which is his caller
	Holding  bool // his telephone holds the other side
	Consult  *pbx.Consult
	Consults int    // how many he has begun on this channel
	Party    string // the name of the channel at the other end; "" when it is not known
}

// PartOf is an agent's part in the call that his screen knows by this id, which is the call's or
// that of his own channel; false when it is not his, or no more. An older generation than that of his sign-in has no calls.
func (t *Tracker) PartOf(ctx context.Context, operator string, generation uint64, id pbx.CallID) (part Part, is bool, err error) {
	err = t.ask(ctx, func() {
		one := t.picture.agents[operator]
		if one == nil || one.Generation != generation || one.phone == nil {
			return
		}
		for c := one.phone.first; c != nil; c = c.next {
			if c.told && (t.picture.view(c).ID == id || string(c.id) == string(id)) {
				part, is = t.picture.part(c), true
				return
			}
		}
	})
	return part, is, err
}

func (p *picture) part(c *channel) Part {
	view := p.view(c)
	part := Part{Call: view.ID, Service: view.Service, Uniqueid: c.id, Channel: c.name, Phase: c.phase(), Asked: c.asked(), Apart: p.apart(c), Holding: c.holding && c.asks == nil, Consult: view.Consult, Consults: c.consults}
	if c.behind {
		return part // who began it is his own half of a pipe
	}
	if !c.begins() {
		if o := p.channels[c.shown().origin.id]; o != nil && !o.zombie {
			part.Party = o.name
		}
		return part
	}
	if c.bridge == nil || len(c.bridge.members) != 2 {
		return part
	}
	for _, o := range c.bridge.members {
		if o != c && o.phone != nil && !o.zombie {
			part.Party = o.name
		}
	}
	return part
}
