package tracker

import (
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// An agent who asks somebody by Asterisk's attended transfer (Atxfer, or its feature code) does so
// on the same channel: it holds the caller, leaves him, and enters a bridge with half ;1 of a
// Local channel through which the other is called. When that comes to nothing it goes back.

// beginConsult notes that c, who has just entered a bridge, is there to ask. Whom he asks may have
// refused and be gone before he came: then he has asked all the same, and goes back.
func (p *picture) beginConsult(c *channel) {
	if c.phone == nil || !c.holding || c.asks != nil || c.answered.IsZero() {
		return
	}
	if len(c.bridge.members) == 1 {
		c.consults++
	}
	for _, o := range c.bridge.members {
		if o.phone == nil && strings.HasSuffix(o.name, ";1") && o.call == c.call {
			c.asks, c.since = o, p.now
			c.consults++
			o.askedBy = c
			p.touch(c)
			if c.told {
				p.tell(c, pbx.NoticeConsult)
			}
			return
		}
	}
}

// resumeConsult notes that a resync has found o, half a pipe, where the agent's phone is for which
// Asterisk says that it was made: he asks. What Asterisk tells of the hold is over by then.
func (p *picture) resumeConsult(o *channel, e *pbx.Event) {
	c := p.byName(e.Dest.Name)
	if c == nil || c.asks != nil || c.call != o.call || c.bridge == nil || c.bridge.id != e.Bridge || o.phone != nil || !strings.HasSuffix(o.name, ";1") {
		return
	}
	for _, other := range c.bridge.members {
		if other != c && other != o {
			return // all of them talk
		}
	}
	c.asks, c.holding, c.since = o, true, o.started
	c.consults++
	o.askedBy = c
	p.keepHolder(c)
	p.touch(c)
	if c.told {
		p.tell(c, pbx.NoticeConsult)
	}
}

// calledToAsk notes who has had c called, whom a resync has met behind the pipe of an agent who
// asks: while he does, nobody else is called in his call.
func (p *picture) calledToAsk(c *channel) {
	if c.begins() {
		return
	}
	var from *channel
	for _, o := range c.call.legs {
		if half := p.channels[o.half]; half != nil && half.askedBy != nil && o != c && half.askedBy != c {
			from = o
		}
	}
	if from != nil {
		p.dialledBy(c, from)
	}
}

// apart says whether c talks through a pipe while somebody of its call waits alone. That may be an
// agent who asks, of which nothing else was told: whoever he talks with is not to be handed on.
func (p *picture) apart(c *channel) bool {
	if c.asks != nil || c.bridge == nil || len(c.bridge.members) != 2 {
		return false
	}
	piped := false
	for _, o := range c.bridge.members {
		piped = piped || o.phone == nil && (strings.HasSuffix(o.name, ";1") || strings.HasSuffix(o.name, ",1"))
	}
	return piped && slices.ContainsFunc(c.call.legs, func(o *channel) bool {
		return o.bridge != nil && o.bridge != c.bridge && len(o.bridge.members) == 1
	})
}

// endConsult notes that c has left whom it asked, or is half the pipe that has left c. What became
// of it is told by what follows.
func (p *picture) endConsult(c *channel) {
	if c.askedBy != nil {
		c = c.askedBy
	}
	if c.asks == nil {
		return
	}
	c.asks.askedBy = nil
	c.asks, c.holding, c.since = nil, false, p.now
	p.touch(c)
}

// askedFrom is whose agent has c called, to ask; nil for nobody.
func (p *picture) askedFrom(c *channel) *channel {
	if c.phone == nil {
		return nil
	}
	from := p.channels[c.dialledBy]
	if from == nil || from.half == "" {
		return nil
	}
	if half := p.channels[from.half]; half != nil {
		return half.askedBy
	}
	return nil
}

// consult is whom c's agent asks, and how far it is: as far as the furthest that is called.
func (p *picture) consult(c *channel) *pbx.Consult {
	v := &pbx.Consult{Phase: pbx.PhaseDialing}
	v.To, _, _ = strings.Cut(strings.TrimPrefix(c.asks.name, "Local/"), "@")
	called := 0
	for _, o := range c.call.legs {
		if p.askedFrom(o) != c {
			continue
		}
		if o.state == pbx.Down {
			continue
		}
		called++
		if o.agent() != nil && (called == 1 || o.state == pbx.Up) {
			v.Operator, v.Name = o.agent().Operator, o.agent().FullName
		}
		if o.state == pbx.Up {
			v.Phase = pbx.PhaseTalking
			return v
		}
		v.Phase = pbx.PhaseRinging
	}
	if called > 1 {
		v.Operator, v.Name = "", ""
	}
	return v
}
