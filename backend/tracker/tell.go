package tracker

import (
	"slices"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// What an agent is told of his leg is the same for every version of Asterisk, in the
// same order (row E10):
//
//	he is dialled:     Newchannel Dial     Newstate(Ringing)          Newstate(Up) Link Unlink Hangup
//	a queue rings him: Newchannel          Newstate(Ringing) Callerid Newstate(Up) Link Unlink Hangup
//	he calls:          Newchannel Newstate Newexten …                 Newstate(Up) Link Unlink Hangup
//
// What is to pop comes with Link, or with Newstate(Ringing) when the service opens at ring.
// A leg that is found late, as the older versions make it, is told from the beginning.
// Newexten tells of the contexts of services only.

// visible says whether c's agent may see its call (row B7): it is a service's, or a
// call of a seat, or he makes it himself.
func (p *picture) visible(c *channel) bool {
	k := c.shown()
	return k.service != nil || k.calling && (k.origin.id == c.id || p.plan.seat(k.origin.device))
}

// role is the service that c's agent serves in the call, and its direction for him.
// Who calls a service himself, or is called by a colleague, has an internal call.
func (c *channel) role() (*Service, pbx.Direction) {
	s := c.shown().service
	switch {
	case !c.serves():
		return nil, pbx.Internal
	case c.answersFor != nil:
		s = c.answersFor
	}
	return s, s.Direction
}

// view is the call as c's agent sees it.
func (p *picture) view(c *channel) pbx.Call {
	k := c.shown()
	s, direction := c.role()
	v := pbx.Call{
		ID: p.callID(k), Uniqueid: c.id, Channel: c.name, Linkedid: k.origin.id,
		State: c.state, Phase: c.phase(), Direction: direction,
		Caller: k.callerID, Called: k.called, Context: k.context,
		Started: c.started, Since: c.since, Answered: c.answered, Action: c.action,
	}
	if c.asked() {
		v.ID += "c"
		v.Caller, v.Called, v.Context = c.colleague, "", ""
	}
	if s != nil {
		v.Service, v.Context, v.Variables, v.Transfer = s.Name, s.Context, k.of(s), c.transfer
	}
	if c.asks != nil {
		v.Consult = p.consult(c)
	}
	if s != nil && c.queued || c.begins() {
		v.Queue, v.Queued = k.queue, k.queuedAt
	}
	return v
}

// news is a notice with its call, in one allocation.
type news struct {
	notice pbx.Notice
	call   pbx.Call
}

// prepare is a notice of c, to be completed and posted; nil when nobody looks.
func (p *picture) prepare(c *channel, id pbx.NoticeID) *news {
	one := c.agent()
	if len(one.watches) == 0 {
		one.seq++
		return nil
	}
	n := &news{call: p.view(c)}
	n.notice = pbx.Notice{ID: id, Call: &n.call}
	return n
}

// tell posts a plain notice of c, whose agent knows of it.
func (p *picture) tell(c *channel, id pbx.NoticeID) {
	if n := p.prepare(c, id); n != nil {
		p.out = append(p.out, told{c.agent(), &n.notice})
	}
}

// post posts a notice that is of no call: a state, which has no number of its own.
func (p *picture) post(one *agent, n *pbx.Notice) {
	if len(one.watches) > 0 {
		p.out = append(p.out, told{one, n})
	}
}

// reveal makes c known to its agent, from the beginning, if he may see it and does not
// know of it.
func (p *picture) reveal(c *channel) {
	if c.told || c.early || c.agent() == nil || c.handed != "" || !p.visible(c) || p.twin(c) != nil {
		return
	}
	p.cameFrom(c)
	c.told = true
	c.toldDial, c.toldCaller, c.toldLink, c.toldState = false, false, false, pbx.Down
	p.touch(c)
	if n := p.prepare(c, pbx.NoticeNewchannel); n != nil {
		n.call.State, n.call.Phase = pbx.Down, pbx.PhaseRinging
		if c.begins() {
			n.call.Phase = pbx.PhaseDialing
		}
		n.call.Answered, n.call.Action = time.Time{}, nil
		p.out = append(p.out, told{c.agent(), &n.notice})
	}
	if c.dialled && c.answered.IsZero() {
		p.tellDial(c)
	}
	p.tellState(c)
	p.tellLink(c)
}

// tellDial tells that c is dialled; a queue does not dial.
func (p *picture) tellDial(c *channel) {
	if c.told && !c.toldDial && !c.queued && !c.begins() {
		c.toldDial = true
		p.tellSoFar(c, pbx.NoticeDial)
	}
}

// tellState tells c's state, where it is news.
func (p *picture) tellState(c *channel) {
	if !c.told || c.toldState == c.state {
		return
	}
	if c.state == pbx.Ringing {
		p.tellDial(c) // 16 and 22 may tell of the ringing first
	}
	if c.state == pbx.Up {
		p.tellCaller(c) // the ringing was not seen
	}
	c.toldState = c.state
	action := p.ring(c)
	if n := p.prepare(c, pbx.NoticeNewstate); n != nil {
		n.notice.Action = action
		p.out = append(p.out, told{c.agent(), &n.notice})
	}
	if c.state == pbx.Ringing {
		p.tellCaller(c)
	}
}

// tellCaller tells whose call it is to a phone that was not dialled (row B4).
func (p *picture) tellCaller(c *channel) {
	if c.queued && !c.toldCaller && !c.begins() {
		c.toldCaller = true
		p.tellSoFar(c, pbx.NoticeCallerid)
	}
}

// tellSoFar tells what comes before the channel's newest state.
func (p *picture) tellSoFar(c *channel, id pbx.NoticeID) {
	if n := p.prepare(c, id); n != nil {
		n.call.State = c.toldState
		p.out = append(p.out, told{c.agent(), &n.notice})
	}
}

// tellLink tells that c talks, with what is to pop. While it is not certain with whom,
// it waits.
func (p *picture) tellLink(c *channel) {
	if !c.linked || c.phone == nil || c.asks != nil || c.told && c.toldLink || c.guess != nil || !p.through(c) {
		return
	}
	p.keepHolder(c)
	if !c.told {
		return
	}
	c.toldLink = true
	action := p.answer(c)
	if c.serves() {
		c.answersFor = c.call.service
	}
	if !c.live {
		action = nil
	}
	if action != nil {
		p.count.Pops++
	}
	if n := p.prepare(c, pbx.NoticeLink); n != nil {
		n.notice.Action = action
		p.out = append(p.out, told{c.agent(), &n.notice})
	}
}

// withdraw tells c's agent that his part of the call is over.
func (p *picture) withdraw(c *channel, cause int, text string) {
	if !c.told {
		return
	}
	c.told = false
	p.touch(c)
	one := c.agent()
	if one == nil {
		return
	}
	n, keeps := p.prepare(c, pbx.NoticeHangup), p.past != nil && c.counts(cause)
	if n == nil && keeps {
		n = &news{call: p.view(c)} // for the history alone: his page is being loaded anew
	}
	if n != nil {
		n.call.Phase, n.call.Since = pbx.PhaseEnded, p.now
		n.call.Cause, n.call.CauseText = p.elsewhere(c, cause, text)
		n.call.CauseText = cut(n.call.CauseText, maxName)
		if n.notice.Call != nil {
			p.out = append(p.out, told{one, &n.notice})
		}
		if keeps {
			p.past(c.over(one, &n.call))
		}
	}
	c.action, c.answersFor = nil, nil
}

// popped is an entry of the ledger of a call (row B6): to this operator an action was
// given out, and this is the one for his button.
type popped struct {
	operator, service string
	action            *pbx.Action
}

// ring returns the action that is to pop while c rings, and enters it in the ledger. A resync
// finds what rang before, and when nobody listens it can still pop at the answer.
func (p *picture) ring(c *channel) *pbx.Action {
	if c.state != pbx.Ringing || !c.live || c.guess != nil || p.syncing || c.begins() || len(c.agent().watches) == 0 {
		return nil
	}
	s, _ := c.role()
	if s == nil || !s.AtRing {
		return nil
	}
	action := p.open(c, s)
	if action != nil {
		p.count.Pops++
	}
	return action
}

// answer notes who serves the call, and returns the action that is to pop.
func (p *picture) answer(c *channel) *pbx.Action {
	k, operator := c.call, c.agent().Operator
	if !slices.Contains(k.operators, operator) {
		k.operators = append(k.operators, operator)
	}
	s, _ := c.role()
	if s != nil && s.AfterCall != c.agent().afterCall {
		c.agent().afterCall = s.AfterCall
		p.touch(c)
	}
	return p.open(c, s)
}

// open is the action of c's service s for its agent: nil when it popped before, or there is
// none. c.action is the same for the button, always.
func (p *picture) open(c *channel, s *Service) *pbx.Action {
	if s == nil || s.Action == nil {
		return nil
	}
	k, operator := c.call, c.agent().Operator
	for i := range k.pops {
		if was := &k.pops[i]; was.operator == operator {
			if was.service != s.Name { // he had it for another service before: a button will do
				was.service, was.action = s.Name, expand(k, s, operator)
			}
			c.action = was.action
			return nil
		}
	}
	c.action = expand(k, s, operator)
	k.pops = append(k.pops, popped{operator, s.Name, c.action})
	return c.action
}

// expand is the action of a service with the values of a call (row C2). A variable of
// the service comes before a built-in of the same name.
func expand(k *call, s *Service, operator string) *pbx.Action {
	r := s.Action.Expand(func(name string) string {
		if slices.Contains(s.Variables, name) {
			v, _ := k.value(name)
			return v
		}
		switch name {
		case "callerid_num":
			return k.callerID.Number
		case "callerid_name":
			return k.callerID.Name
		case "uniqueid", "linkedid":
			return string(k.origin.id)
		case "channel":
			return k.origin.name
		case "context":
			return s.Context
		case "extension":
			return k.called
		case "queue":
			return k.queue
		case "service":
			return s.Name
		case "operator":
			return operator
		}
		return ""
	})
	if r.URL != "" {
		return &pbx.Action{Type: "browser", URL: r.URL, Target: s.Target}
	}
	return &pbx.Action{Type: "application", Program: r.Program, Args: r.Args}
}
