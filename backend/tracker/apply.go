package tracker

import (
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// apply changes the picture by what happened, and puts into out what that means to the
// agents. It takes events in any order, twice, or not at all.
func (p *picture) apply(e *pbx.Event) {
	p.count.Events++
	switch e.Kind {
	case pbx.VarSet:
		p.varSet(e)
	case pbx.NewExten:
		p.newExten(e)
	case pbx.NewChannel:
		p.newChannel(e)
	case pbx.NewState:
		p.newState(e)
	case pbx.NewCallerID:
		p.newCallerID(e)
	case pbx.Rename:
		if c := p.known(e.Channel.ID); c != nil {
			p.rename(c, e.Channel.Name)
		}
	case pbx.Hangup:
		p.originated(e)
		p.hungUp(e)
	case pbx.DialBegin:
		p.dialBegin(e)
	case pbx.DialEnd:
		p.dialEnd(e)
	case pbx.BridgeEnter:
		if c := p.find(&e.Channel, false); c != nil {
			p.enter(c, e.Bridge)
		}
	case pbx.BridgeLeave:
		if c := p.known(e.Channel.ID); c != nil && c.bridge != nil && c.bridge.id == e.Bridge {
			p.leave(c)
		}
	case pbx.Hold, pbx.Unhold:
		if c := p.known(e.Channel.ID); c != nil {
			p.hold(c, e.Kind == pbx.Hold)
		}
	case pbx.QueueJoin:
		p.queueJoin(e)
	case pbx.QueueLeave, pbx.QueueAbandon:
		if c := p.known(e.Channel.ID); c != nil {
			p.unwait(c.call)
		}
	case pbx.AgentCalled:
		p.agentCalled(e)
	case pbx.AgentConnect:
		p.agentConnect(e)
	case pbx.BlindTransfer, pbx.AttendedTransfer:
		p.transferred(e)
	case pbx.OptimizeBegin, pbx.OptimizeEnd:
		p.optimize(e)
	case pbx.Pickup:
		p.pickedUp(e)
	case pbx.Park:
		p.parked(e)
	case pbx.QueueMember, pbx.QueueMemberRemoved, pbx.QueueMemberPaused, pbx.QueueMembersBegin, pbx.QueueMembersEnd:
		if p.desk != nil {
			p.desk.Member(e)
		}
	case pbx.OriginateResponse:
		if c := p.known(e.Channel.ID); c != nil { // until 11 nothing else may tell
			p.placesCall(c)
		}
		p.originated(e)
	case pbx.LinkUp, pbx.LinkDown, pbx.SyncBegin, pbx.SyncChannel, pbx.SyncEnd, pbx.SweepBegin, pbx.SweepChannel, pbx.SweepEnd:
		p.applySync(e)
	}
	if len(p.dirty) > 0 {
		p.settle()
	}
}

func (p *picture) varSet(e *pbx.Event) {
	name, configured := p.plan.variables[strings.TrimLeft(e.Variable, "_")]
	if !configured {
		return
	}
	if c := p.known(e.Channel.ID); c != nil {
		p.setVariable(c.call, name, e.Value)
	}
}

// newExten is a step in the dialplan. What the caller's channel does there tells the
// service (row B2); so does a Local channel's, as long as there is none.
func (p *picture) newExten(e *pbx.Event) {
	if appOfCalled(e.App) {
		return
	}
	c := p.find(&e.Channel, true)
	if c == nil {
		return
	}
	s := p.plan.byContext[e.Channel.Context]
	k := c.call
	if k.origin.id != c.id {
		if k.service == nil && c.phone == nil {
			p.serve(k, s, false)
		}
		return
	}
	moved := p.moveTo(c, e.Channel.Context, e.Channel.Exten)
	p.placesCall(c)
	p.serve(k, s, e.App == "Answer")
	if moved && c.told && s != nil { // not all versions tell of other contexts
		p.tell(c, pbx.NoticeNewexten)
	}
}

// appOfCalled says whether app is none of the dialplan, but a name that Dial, Queue and
// Originate give to what the phone they call does (apps/app_dial.c, main/dial.c).
func appOfCalled(app string) bool {
	return app == "AppDial" || app == "AppDial2" || app == "AppQueue"
}

// moveTo notes where the dialplan of the caller's channel is; false when it was there.
func (p *picture) moveTo(c *channel, context, exten string) bool {
	if c.context == context && c.exten == exten {
		return false
	}
	if c.context != context {
		c.context = cut(context, maxName)
	}
	c.exten = cut(exten, maxName)
	k := c.call
	k.context = c.context
	if k.called == "" && len(exten) > 0 && exten != "s" && exten != "h" {
		k.called = c.exten
	}
	return true
}

func (p *picture) newChannel(e *pbx.Event) {
	l := &e.Channel
	c := p.known(l.ID)
	if c != nil { // it was met before, by an event that came early
		p.rename(c, l.Name)
		return
	}
	if c = p.meet(l); c == nil {
		return
	}
	c.live = true
	c.early = !c.legacy && !c.begins()                               // from 13 on it is told before it rings
	if l.Exten != "" && c.phone != nil && c.call.origin.id == c.id { // a Local channel has the number behind it, and until 11 a phone that is called none
		p.moveTo(c, l.Context, l.Exten)
		c.context, c.exten = "", "" // the first step there is still to be told
	}
	p.arrive(c, l)
}

func (p *picture) newState(e *pbx.Event) {
	if !e.Channel.StateKnown {
		return
	}
	c := p.find(&e.Channel, true)
	if c == nil {
		return
	}
	p.setState(c, e.Channel.State)
	if c.state == pbx.Ringing {
		p.guess(c, &e.Channel)
	}
}

// newCallerID is a new caller id. It counts when it is the caller's; that of a called
// phone is the number that was dialled (row B4).
func (p *picture) newCallerID(e *pbx.Event) {
	if c := p.known(e.Channel.ID); c != nil {
		p.setCaller(c, e.Channel.CallerID)
	}
}

func (p *picture) setCaller(c *channel, id pbx.CallerID) {
	if id.Number == "" && id.Name == "" {
		return
	}
	if c.callerID != id {
		c.callerID = keep(id)
	}
	if c.call.origin.id == c.id {
		c.call.callerID = c.callerID
	}
}

func (p *picture) hungUp(e *pbx.Event) {
	id := e.Channel.ID
	if c := p.channels[id]; c != nil {
		p.hangup(c, e.Number, e.Text)
	} else if id != "" && len(id) <= maxName && !p.graves.has(id) {
		p.graves.add(pbx.ChannelID(strings.Clone(string(id))))
	}
}

func (p *picture) dialBegin(e *pbx.Event) {
	dst := p.find(&e.Dest, true)
	src := p.find(&e.Channel, true)
	switch {
	case dst == nil:
		return
	case src == nil:
		if e.Channel.ID == "" { // an Originate rings its own phone first
			p.placesCall(dst)
		}
		return
	}
	p.setCaller(src, e.Channel.CallerID)
	p.placesCall(src)
	if p.tie(src, dst) {
		dst.dialled = true
		p.dialledBy(dst, src)
		p.tellDial(dst)
	}
}

// tie makes src, who calls, and dst, who is called, one call.
func (p *picture) tie(src, dst *channel) bool {
	if src == dst {
		return false
	}
	if src.call != dst.call && src.call.waits() {
		dst.queued = true
	}
	k := p.merge(src.call, dst.call)
	return k.origin.id != dst.id
}

func (p *picture) dialEnd(e *pbx.Event) {
	if e.Text != "ANSWER" {
		return
	}
	src, dst := p.find(&e.Channel, true), p.find(&e.Dest, false)
	if src != nil && dst != nil && src.call != dst.call && dst.begins() && dst.call.calling {
		p.picksUp(dst, src) // told of before or after by a Pickup
	}
	if src != nil && dst != nil && p.tie(src, dst) {
		dst.answeredTo = src.id
		p.link(dst)
	}
}

func (p *picture) queueJoin(e *pbx.Event) {
	c := p.find(&e.Channel, true)
	if c == nil {
		return
	}
	p.setCaller(c, e.Channel.CallerID)
	p.placesCall(c)
	k := c.call
	p.wait(k, e.Queue, p.now.Add(-time.Duration(e.Seconds)*time.Second))
	p.serveQueue(k, e.Queue)
	if c.told && c.begins() {
		p.tell(c, pbx.NoticeJoin)
	}
}

// agentCalled is a phone that a queue rings. Until 11 the phone has a name only, or
// none but its member's.
func (p *picture) agentCalled(e *pbx.Event) {
	src, dst := p.find(&e.Channel, true), p.member(e, true)
	if src == nil || dst == nil {
		return
	}
	p.inQueue(src.call, e.Queue)
	dst.queued = true
	if p.tie(src, dst) {
		p.dialledBy(dst, src)
	}
}

// dialledBy notes who dials dst. While a Local channel does of which nobody has the other
// half yet, it is not known for whom.
func (p *picture) dialledBy(dst, src *channel) {
	dst.dialledBy = src.id
	dst.behind = dst.behind || p.isBehind(src)
	if p.place(dst); src.phone != nil || dst.call.service == nil {
		dst.early = false
	}
	p.reveal(dst)
	if dst.phone == nil { // the dialplan behind a pipe may be faster than what is told of the pipe
		for _, c := range dst.call.legs {
			if c.early && c.phone != nil {
				p.place(c)
			}
		}
	}
	if o := p.askedFrom(dst); o != nil && o.told && dst.state != pbx.Down { // 16 and 22 may tell of the ringing first
		p.tell(o, pbx.NoticeConsult)
	}
}

func (p *picture) agentConnect(e *pbx.Event) {
	src, dst := p.find(&e.Channel, true), p.member(e, false)
	if src == nil || dst == nil {
		return
	}
	p.inQueue(src.call, e.Queue)
	dst.queued = true
	if p.tie(src, dst) {
		dst.answeredTo = src.id
		p.link(dst)
	}
}

// inQueue notes the queue of a call whose joining was not seen.
func (p *picture) inQueue(k *call, queue string) {
	if k.queue == "" && queue != "" {
		k.queue = cut(queue, maxName)
		p.serveQueue(k, queue)
	}
}

// member is the phone that an event of a queue tells of: by its channel, or the newest
// one of its device that is in nobody's call yet.
func (p *picture) member(e *pbx.Event, before bool) *channel {
	if c := p.find(&e.Dest, before); c != nil {
		return c
	}
	ph := p.phones[strings.ToUpper(e.Interface)]
	if ph == nil || e.Dest.ID != "" || e.Dest.Name != "" {
		return nil
	}
	for c := ph.first; c != nil; c = c.next {
		if c.call.origin.id == c.id && !c.call.calling {
			return c
		}
	}
	return nil
}
