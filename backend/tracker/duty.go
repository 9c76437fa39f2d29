package tracker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Desk is told what it needs to decide on agents' duties and on their part in queues. It
// is called on the tracker's goroutine only, and must neither block nor call the tracker.
type Desk interface {
	// Phone tells that an agent's phone does something else: s is of calls only. afterCall
	// is the after-call work of the service that he serves or, with AgentAvailable, has just
	// served; 0: none.
	Phone(operator string, generation uint64, s pbx.AgentState, afterCall time.Duration)
	// Member is a QueueMember, QueueMemberRemoved, QueueMemberPaused, QueueMembersBegin or
	// QueueMembersEnd. Its strings are valid during the call only.
	Member(e *pbx.Event)
	// Link is the state of the link to Asterisk.
	Link(s pbx.LinkState)
	// Originated is an OriginateResponse, or the Hangup of a channel that this server has
	// asked for. Its strings are valid during the call only.
	Originated(e *pbx.Event)
}

// ownPrefix begins the Uniqueid of a channel that this server has asked for, from Asterisk 12 on.
const ownPrefix = "cti-"

// originated hands on what becomes of a call that was asked for. Only the Hangup says why
// it did not begin, where PJSIP's OriginateResponse does not.
func (p *picture) originated(e *pbx.Event) {
	if p.desk != nil && (e.Kind == pbx.OriginateResponse || strings.HasPrefix(string(e.Channel.ID), ownPrefix)) {
		p.desk.Originated(e)
	}
}

// queuesPause is how often at most the callers who wait are told anew.
const queuesPause = time.Second

// SetDuty is what an agent does beside calls, from now on. An older generation than that
// of his sign-in changes nothing. It returns when it is in the picture.
func (t *Tracker) SetDuty(ctx context.Context, operator string, generation uint64, d pbx.Duty) error {
	return t.withAgent(ctx, operator, generation, func(p *picture, one *agent) {
		if sameDuty(one.wished, d) {
			return // said once more; since then an end of a call may have been foreseen
		}
		one.wished = d
		if sameDuty(one.duty, d) {
			return
		}
		one.duty = d
		one.told = false
		p.touchAgent(one)
		p.settle()
	})
}

// SetQueues is an agent's part in the queues of his services; the callers who wait there
// are counted here. As SetDuty.
func (t *Tracker) SetQueues(ctx context.Context, operator string, generation uint64, queues []pbx.QueueState) error {
	return t.withAgent(ctx, operator, generation, func(p *picture, one *agent) {
		p.tellQueues(one, slices.Clone(queues))
	})
}

// Post tells an agent something that is of no call. As SetDuty.
func (t *Tracker) Post(ctx context.Context, operator string, generation uint64, n *pbx.Notice) error {
	return t.withAgent(ctx, operator, generation, func(p *picture, one *agent) { p.post(one, n) })
}

func (t *Tracker) withAgent(ctx context.Context, operator string, generation uint64, f func(*picture, *agent)) error {
	return t.do(ctx, func() {
		if one := t.picture.agents[operator]; one != nil && one.Generation == generation {
			f(t.picture, one)
			t.deliver()
		}
	})
}

func sameDuty(a, b pbx.Duty) bool {
	next := (a.Next == nil) == (b.Next == nil) && (a.Next == nil || *a.Next == *b.Next)
	return next && a.State == b.State && a.Reason == b.Reason && a.NoPhone == b.NoPhone && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
}

// shows is the state of an agent whose calls make him calls since then.
func (one *agent) shows(calls pbx.AgentState, since time.Time) (pbx.AgentState, time.Time) {
	if d := &one.duty; calls == pbx.AgentAvailable && d.State != "" && d.State != pbx.AgentAvailable {
		return d.State, d.Since
	}
	return calls, since
}

// foresee shows at the end of a call what the desk is about to say, so that nobody is shown as
// available between the two.
func (p *picture) foresee(one *agent, calls pbx.AgentState) {
	busy := one.calls == pbx.AgentOnCall || one.calls == pbx.AgentHeld
	if p.desk == nil || !busy || calls != pbx.AgentAvailable || one.duty.State != pbx.AgentAvailable {
		return
	}
	switch next := one.duty.Next; {
	case next != nil:
		one.duty = pbx.Duty{State: pbx.AgentPaused, Reason: next.Reason, Since: p.now, NoPhone: one.duty.NoPhone}
	case one.afterCall > 0:
		one.duty = pbx.Duty{State: pbx.AgentAfterCall, Since: p.now, Until: p.now.Add(one.afterCall), NoPhone: one.duty.NoPhone}
	}
}

// tellDesk tells the desk what an agent's phone does.
func (p *picture) tellDesk(one *agent, calls pbx.AgentState) {
	if one.calls == calls && one.toldAfter == one.afterCall {
		return
	}
	one.calls, one.toldAfter = calls, one.afterCall
	if p.desk != nil {
		p.desk.Phone(one.Operator, one.Generation, calls, one.afterCall)
	}
	if calls == pbx.AgentAvailable {
		one.afterCall, one.toldAfter = 0, 0
	}
}

// tellQueues tells an agent of his queues, with who waits there now.
func (p *picture) tellQueues(one *agent, queues []pbx.QueueState) {
	for i := range queues {
		queues[i].Waiting = p.queueing[strings.ToLower(queues[i].Queue)]
	}
	if !slices.Equal(one.queues, queues) {
		one.queues = queues
		p.post(one, &pbx.Notice{ID: pbx.NoticeQueues, Queues: queues})
	}
}

// queuesChanged tells those whom it concerns how many callers wait.
func (p *picture) queuesChanged() {
	if len(p.crowded) == 0 {
		return
	}
	for _, one := range p.agents {
		if slices.ContainsFunc(one.queues, func(q pbx.QueueState) bool { return p.crowded[strings.ToLower(q.Queue)] }) {
			p.tellQueues(one, slices.Clone(one.queues))
		}
	}
	clear(p.crowded)
}

// queue counts a caller who begins to wait in a queue, or with -1 one who does no more.
func (p *picture) queue(name string, by int) {
	name = strings.ToLower(name)
	if p.queueing[name] += by; p.queueing[name] <= 0 {
		delete(p.queueing, name)
	}
	p.crowded[name] = true
}
