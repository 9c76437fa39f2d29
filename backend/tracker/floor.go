package tracker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// reload is how long an agent whose last client went is on the floor as he was: a page takes
// that long to be loaded again. After that he has signed out, or the desk says he is lost.
const reload = 5 * time.Second

// Floor is the whole of it for supervisors. The loop stands still while the facts are copied;
// what else there is to do is done by whoever asks. Stats.Changes tells whether it is worth
// asking; but what the passing of time alone changes (agents who have gone) is not counted
// there: ask every few seconds in any case.
func (t *Tracker) Floor(ctx context.Context) (*pbx.Floor, error) {
	var f *pbx.Floor
	var services *plan
	if err := t.ask(ctx, func() { f, services = t.picture.floor(), t.picture.plan }); err != nil {
		return nil, err
	}
	arrange(f, services)
	return f, nil
}

// floor copies the facts, in any order.
func (p *picture) floor() *pbx.Floor {
	f := &pbx.Floor{
		Now: p.now, Changes: p.changes, Link: p.line.state, LinkText: p.line.text, LinkSince: p.line.since,
		Agents: make([]pbx.FloorAgent, 0, len(p.agents)), Calls: make([]pbx.FloorCall, 0, p.calls),
	}
	for _, one := range p.agents {
		if p.present(one) {
			f.Agents = append(f.Agents, p.onFloor(one))
		}
	}
	for key, k := range p.keys {
		if key == k.keys[0] && k.matters() { // a call has several keys
			f.Calls = append(f.Calls, p.asWhole(k))
		}
	}
	return f
}

// present says whether somebody is signed in still: a sign-in is remembered for longer.
func (p *picture) present(one *agent) bool {
	if len(one.watches) > 0 || p.now.Sub(one.left) < reload {
		return true
	}
	return one.duty.State == pbx.AgentLost && (one.duty.Until.IsZero() || p.now.Before(one.duty.Until))
}

func (p *picture) onFloor(one *agent) pbx.FloorAgent {
	f := pbx.FloorAgent{
		Operator: one.Operator, FullName: one.FullName, SeatMAC: one.SeatMAC, Phone: one.Extension,
		State: one.state, Since: one.since, Next: one.duty.Next, NoPhone: one.duty.NoPhone,
		Queues: one.queues, // replaced as a whole, never changed
	}
	if one.state == one.duty.State {
		f.Until, f.Reason = one.duty.Until, one.duty.Reason
	}
	if one.phone == nil {
		return f
	}
	best := 0
	for c := one.phone.first; c != nil; c = c.next {
		if r := rank(c.phase()); c.told && r > best {
			best, f.Call = r, p.callID(c.shown())
		}
	}
	return f
}

// rank orders the phases by how much they say of what somebody does.
func rank(s pbx.Phase) int {
	switch s {
	case pbx.PhaseTalking:
		return 4
	case pbx.PhaseDialing:
		return 3
	case pbx.PhaseHeld:
		return 2
	}
	return 1
}

// matters says whether supervisors are shown the call: it is a service's, or an agent's.
func (k *call) matters() bool {
	told := func(c *channel) bool { return c.told && c.shown() == k }
	return k.service != nil || slices.ContainsFunc(k.legs, told) || slices.ContainsFunc(k.guests, told)
}

func (p *picture) asWhole(k *call) pbx.FloorCall {
	f := pbx.FloorCall{
		ID: p.callID(k), Queue: k.queue, Direction: pbx.Internal, Caller: k.callerID, Called: k.called,
		Phase: pbx.PhaseDialplan, Started: k.born, Since: k.born, Queued: k.queuedAt, Waiting: k.waits(),
	}
	if k.service != nil {
		f.Service, f.Direction = k.service.Name, k.service.Direction
	}
	for _, c := range k.legs {
		if c.started.Before(f.Started) { // a resync tells since when
			f.Started, f.Since = c.started, c.started
		}
	}
	if f.Waiting {
		f.Phase, f.Since = pbx.PhaseWaiting, k.queuedAt
	}
	best := 0
	for _, legs := range [...][]*channel{k.legs, k.guests} {
		for _, c := range legs {
			if r := p.partIn(c, k); r > best || r == best && r > 0 && c.operator() < f.Agent {
				best, f.Phase, f.Since, f.Agent = r, c.phase(), c.since, c.operator()
			}
		}
	}
	return f
}

// partIn is how much c's part tells of k: that of an agent more than that of another
// telephone, nothing that of the caller's own line or of a colleague who is only asked.
func (p *picture) partIn(c *channel, k *call) int {
	switch {
	case c.shown() != k, c.phone == nil, c.asked(), c.handed != "", c.zombie:
		return 0
	case c.agent() != nil:
		return 4 + rank(c.phase())
	case p.isCaller(c):
		return 0
	}
	return rank(c.phase())
}

// arrange puts a floor in order, and adds its queues.
func arrange(f *pbx.Floor, services *plan) {
	slices.SortFunc(f.Agents, func(a, b pbx.FloorAgent) int { return strings.Compare(a.Operator, b.Operator) })
	slices.SortFunc(f.Calls, func(a, b pbx.FloorCall) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	f.Queues = make([]pbx.FloorQueue, 0, len(services.byQueue))
	for _, s := range services.byQueue {
		f.Queues = append(f.Queues, pbx.FloorQueue{Name: s.Queue, Service: s.Name})
	}
	slices.SortFunc(f.Queues, func(a, b pbx.FloorQueue) int { return strings.Compare(a.Name, b.Name) })
	at := make(map[string]*pbx.FloorQueue, len(f.Queues))
	for i := range f.Queues {
		at[strings.ToLower(f.Queues[i].Name)] = &f.Queues[i]
	}
	for i := range f.Agents {
		for _, part := range f.Agents[i].Queues {
			if q := at[strings.ToLower(part.Queue)]; q != nil && part.Member {
				count(q, f.Agents[i].State, part.Paused)
			}
		}
	}
	for i := range f.Calls {
		c := &f.Calls[i]
		if q := at[strings.ToLower(c.Queue)]; q != nil && c.Waiting {
			q.Waiting = append(q.Waiting, pbx.FloorWaiter{Call: c.ID, Caller: c.Caller, Since: c.Queued})
		}
	}
	for i := range f.Queues { // among equals, whose call is older
		slices.SortStableFunc(f.Queues[i].Waiting, func(a, b pbx.FloorWaiter) int { return a.Since.Compare(b.Since) })
	}
}

// count counts a member of q. Who talks is paused in his queues already when work or a pause
// is to follow, and talks all the same.
func count(q *pbx.FloorQueue, state pbx.AgentState, paused bool) {
	q.Members++
	switch {
	case state == pbx.AgentOnCall, state == pbx.AgentHeld:
		q.OnCall++
	case state == pbx.AgentRinging:
		q.Ringing++
	case state == pbx.AgentAfterCall:
		q.AfterCall++
	case state == pbx.AgentAvailable && !paused:
		q.Available++
	default:
		q.Paused++
	}
}
