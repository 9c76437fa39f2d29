package tracker

import (
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// absence is how long an agent without a client is remembered, so that one who comes
// back finds his numbering and his state with the time it began.
const absence = 15 * time.Minute

// agent is one sign-in of an operator.
type agent struct {
	Agent
	phone   *phone // nil: somebody else has signed in at it since
	watches []*Watch
	seq     uint64
	state   pbx.AgentState
	since   time.Time
	dirty   bool     // its state may have changed
	told    bool     // his clients know his duty
	duty    pbx.Duty // what is shown: as the desk has it, or as it is foreseen
	wished  pbx.Duty // as the desk had it last
	queues  []pbx.QueueState

	calls                pbx.AgentState // what the desk knows of the phone
	afterCall, toldAfter time.Duration  // of the service that he serves
	left                 time.Time      // when its last watcher went
}

// watch tells w about a, from a snapshot on.
func (p *picture) watch(a Agent, w *Watch) error {
	one := p.agents[a.Operator]
	if one != nil && a.Generation < one.Generation {
		return ErrReplaced
	}
	if one == nil || a.Generation > one.Generation || !strings.EqualFold(a.Extension, one.Extension) {
		if one != nil {
			p.forget(one)
		}
		one = p.signIn(a)
	}
	one.Agent = a
	one.watches = append(one.watches, w)
	w.agent = one
	p.watchers++
	w.watcher.Snapshot(p.snapshot(one))
	return nil
}

// unwatch ends w. Its agent stays for a while.
func (p *picture) unwatch(w *Watch) {
	one := w.agent
	if one == nil {
		return
	}
	w.agent = nil
	p.watchers--
	one.watches = without(one.watches, w)
	if len(one.watches) == 0 {
		one.left = p.now
	}
}

// signIn makes the agent, who takes the phone from whoever had it.
func (p *picture) signIn(a Agent) *agent {
	one := &agent{Agent: a, phone: p.phoneOf(a.Extension)}
	p.agents[a.Operator] = one
	if before := one.phone.agent; before != nil {
		p.takePhone(before)
	}
	one.phone.agent = one
	for c := one.phone.first; c != nil; c = c.next {
		p.acquaint(c)
	}
	calls, since := one.phone.state(p.now)
	one.state, one.since, one.told = calls, since, true
	p.tellDesk(one, calls)
	return one
}

// takePhone ends what an agent sees, because somebody else sits at his phone now.
func (p *picture) takePhone(one *agent) {
	for c := one.phone.first; c != nil; c = c.next {
		p.withdraw(c, 0, "")
	}
	one.phone = nil
	if one.state != pbx.AgentAvailable {
		one.state, one.since = pbx.AgentAvailable, p.now
		p.postState(one)
	}
}

// postState tells an agent's clients his state.
func (p *picture) postState(one *agent) {
	one.told = true
	n := &struct { // in one allocation
		notice pbx.Notice
		duty   pbx.Duty
	}{duty: one.duty}
	n.notice = pbx.Notice{ID: pbx.NoticeAgentState, Agent: one.state, Since: one.since}
	if one.duty.State != "" { // without a desk there are no duties
		n.notice.Duty = &n.duty
	}
	p.post(one, &n.notice)
}

// acquaint makes c known to its agent as the snapshot shows it: what was answered
// before does not pop any more, but has its button.
func (p *picture) acquaint(c *channel) {
	c.action = nil
	c.told = p.visible(c)
	c.toldDial, c.toldCaller = c.dialled || c.state != pbx.Down, c.state == pbx.Ringing || c.state == pbx.Up
	c.toldLink, c.toldState = c.linked && p.through(c), c.state
	if c.told && c.toldLink && c.guess == nil {
		p.answer(c)
	}
	if c.toldLink || c.asks != nil {
		p.keepHolder(c) // whoever gets the caller next is told from whom
	}
}

// forget ends a sign-in: nobody is told about it any more.
func (p *picture) forget(one *agent) {
	for _, w := range one.watches {
		w.agent = nil
		p.watchers--
	}
	one.watches = nil
	if p.agents[one.Operator] == one {
		delete(p.agents, one.Operator)
	}
	if ph := one.phone; ph != nil {
		one.phone, ph.agent = nil, nil
		for c := ph.first; c != nil; c = c.next {
			c.told = false
		}
		p.dropPhone(ph)
	}
}

// sweepAgents forgets those who did not come back.
func (p *picture) sweepAgents() {
	for _, one := range p.agents {
		if len(one.watches) == 0 && p.now.Sub(one.left) >= absence {
			p.forget(one)
		}
	}
}

func (p *picture) snapshot(one *agent) *Snapshot {
	s := &Snapshot{
		Seq: one.seq, Now: p.now, Agent: one.Agent, State: one.state, StateSince: one.since,
		Link: p.line.state, LinkText: p.line.text, LinkSince: p.line.since,
		Duty: one.duty, Queues: slices.Clone(one.queues),
	}
	for i := range s.Queues {
		s.Queues[i].Waiting = p.queueing[strings.ToLower(s.Queues[i].Queue)]
	}
	if one.phone == nil {
		return s
	}
	for c := one.phone.first; c != nil; c = c.next {
		if c.told {
			s.Calls = append(s.Calls, p.view(c))
		}
	}
	slices.SortStableFunc(s.Calls, func(a, b pbx.Call) int {
		if n := a.Started.Compare(b.Started); n != 0 {
			return n
		}
		return strings.Compare(string(a.Uniqueid), string(b.Uniqueid))
	})
	return s
}

// touch notes that the state of c's agent may have changed.
func (p *picture) touch(c *channel) {
	if one := c.agent(); one != nil {
		p.touchAgent(one)
	}
}

func (p *picture) touchAgent(one *agent) {
	if !one.dirty {
		one.dirty = true
		p.dirty = append(p.dirty, one)
	}
}

// settle tells the agents whose state changed by what happened.
func (p *picture) settle() {
	for _, one := range p.dirty {
		one.dirty = false
		if one.phone == nil {
			continue
		}
		calls, _ := one.phone.state(p.now)
		p.foresee(one, calls)
		if state, since := one.shows(calls, p.now); state != one.state {
			one.state, one.since = state, since
			p.postState(one)
		} else if !one.told {
			p.postState(one)
		}
		p.tellDesk(one, calls)
	}
	clear(p.dirty)
	p.dirty = p.dirty[:0]
}

// state is what the channels of a phone make of its agent (row D6), and since when;
// now for an agent who is available. A call that is not shown makes him busy once he
// talks.
func (ph *phone) state(now time.Time) (pbx.AgentState, time.Time) {
	state, since, rank := pbx.AgentAvailable, now, 0
	for c := ph.first; c != nil; c = c.next {
		s, r := pbx.AgentAvailable, 0
		switch c.phase() {
		case pbx.PhaseTalking:
			s, r = pbx.AgentOnCall, 3
		case pbx.PhaseDialing:
			if c.told || c.call.calling {
				s, r = pbx.AgentOnCall, 3
			}
		case pbx.PhaseHeld:
			if s, r = pbx.AgentHeld, 2; c.asks != nil {
				s, r = pbx.AgentOnCall, 3
			}
		case pbx.PhaseRinging:
			if c.told && c.state == pbx.Ringing {
				s, r = pbx.AgentRinging, 1
			}
		}
		if r > rank {
			state, since, rank = s, c.since, r
		}
	}
	return state, since
}

// setLink changes the link's state and tells everybody.
func (p *picture) setLink(state pbx.LinkState, text string) {
	if p.line.state == state && p.line.text == text {
		return
	}
	p.line = line{state, cut(text, maxValue), p.now}
	if p.desk != nil {
		p.desk.Link(state)
	}
	n := &pbx.Notice{ID: pbx.NoticeLinkState, Link: state, Text: p.line.text, Since: p.now}
	for _, one := range p.agents {
		p.post(one, n)
	}
}
