package desk

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// board is what the loop owns: what should be, what is, and what is under way. It does no
// I/O and reads no clock.
type board struct {
	grace time.Duration
	now   time.Time
	log   *slog.Logger

	cfg    *config.Snapshot
	agents map[string]*agent // by operator in lower case

	link   pbx.LinkState
	listed bool            // actual is complete: a list has come since the link was made
	actual map[place]*fact // members of queues, as Asterisk has them
	fresh  map[place]*fact // a list that is coming

	ledger map[place]Member // memberships that this server made
	kept   map[string]Pause // pauses on disk, by operator in lower case
	jobs   map[place]*job
	busy   int  // jobs under way
	fixed  bool // this Asterisk cannot change a member's penalty (before 1.8)
	ending bool

	said []func() // what those who wait are told, when the picture has it
}

// place is a telephone in a queue, both in lower case: Asterisk compares them so.
type place struct{ queue, iface string }

func at(queue, iface string) place { return place{strings.ToLower(queue), strings.ToLower(iface)} }

// fact is a member as Asterisk has it.
type fact struct {
	penalty int // -1: not known
	paused  bool
	told    bool   // Asterisk was told why, or that it is paused no more
	why     string // which it never says itself

	queue, iface string // as it was told, when it was
}

// pausedFor says whether Asterisk has the member paused for that reason.
func (f *fact) pausedFor(why string) bool { return f.paused && f.told && f.why == why }

// shown is what the picture was told of an agent.
type shown struct {
	operator   string
	generation uint64
	duty       pbx.Duty
	queues     []pbx.QueueState
}

func newBoard(grace time.Duration) *board {
	return &board{
		grace: grace, link: pbx.LinkStateDown, log: slog.New(slog.DiscardHandler),
		agents: make(map[string]*agent), actual: make(map[place]*fact), ledger: make(map[place]Member),
		kept: make(map[string]Pause), jobs: make(map[place]*job),
	}
}

func (b *board) agent(operator string, generation uint64) *agent {
	if a := b.agents[strings.ToLower(operator)]; a != nil && a.Generation == generation {
		return a
	}
	return nil
}

// recall makes lost agents of those whom a former run has left in queues, or paused.
func (b *board) recall(members []Member, pauses []Pause) {
	for _, m := range members {
		b.ledger[at(m.Queue, m.Interface)] = m
		name := strings.ToLower(m.Operator)
		if b.agents[name] == nil {
			b.agents[name] = &agent{Agent: tracker.Agent{Operator: m.Operator, Extension: m.Interface}, lost: true}
		}
	}
	for _, p := range pauses {
		name := strings.ToLower(p.Operator)
		b.kept[name] = p
		if b.agents[name] == nil {
			b.agents[name] = &agent{Agent: tracker.Agent{Operator: p.Operator}, lost: true}
		}
		b.agents[name].paused = &p
	}
}

// configure puts a configuration in use.
func (b *board) configure(cfg *config.Snapshot) {
	if cfg == b.cfg {
		return
	}
	b.cfg = cfg
	for _, a := range b.agents {
		a.queues = wants(cfg, &a.Agent)
	}
	for _, j := range b.jobs {
		j.again = time.Time{} // what was refused may be right now
	}
}

// enter is an agent who has signed in, or has come back.
func (b *board) enter(in tracker.Agent) {
	name := strings.ToLower(in.Operator)
	a := b.agents[name]
	if a != nil && in.Generation < a.Generation {
		return
	}
	for other, before := range b.agents {
		if other == name || !strings.EqualFold(before.Extension, in.Extension) {
			continue
		}
		if in.Generation < before.Generation {
			return
		}
		b.forget(before)
	}
	if a == nil {
		a = &agent{idle: b.now}
		b.agents[name] = a
	}
	if a.lost {
		if a.paused == nil && !b.now.Before(a.quiet) {
			a.idle = b.now
		}
		a.lost, a.gone = false, time.Time{}
	}
	a.met = false
	if a.Generation != in.Generation {
		a.shown, a.look = nil, b.now
	}
	if !strings.EqualFold(a.Extension, in.Extension) {
		a.noPhone, a.calls = false, pbx.AgentAvailable
	}
	a.Agent, a.queues = in, wants(b.cfg, &in)
}

// leave is the end of a sign-in.
func (b *board) leave(operator string, generation uint64) {
	if a := b.agent(operator, generation); a != nil {
		b.forget(a)
	}
}

// lose is a sign-in whose last client is gone without a word.
func (b *board) lose(operator string, generation uint64, quiet time.Duration) {
	a := b.agent(operator, generation)
	switch {
	case a == nil || a.lost:
	case b.grace <= 0:
		b.forget(a)
	default:
		a.met = false
		a.lost, a.lostAt, a.gone, a.quiet = true, b.now, b.now.Add(b.grace), b.now.Add(quiet)
	}
}

func (b *board) forget(a *agent) {
	for _, w := range a.waiters {
		b.say(w.done, ErrGone)
	}
	delete(b.agents, strings.ToLower(a.Operator))
}

// due does what has come to its time.
func (b *board) due() {
	for _, a := range b.agents {
		if a.lost && a.gone.IsZero() && b.ready() { // of a former run
			a.lostAt, a.gone = b.now, b.now.Add(b.grace)
		}
		if a.lost && !a.gone.IsZero() && !b.now.Before(a.gone) {
			b.forget(a)
			continue
		}
		if a.works() && !b.now.Before(a.workTo) {
			a.rest(a.workTo)
		}
	}
	for _, f := range b.jobs {
		if f.settles && !b.now.Before(f.again) { // the event did not come: the answer must do
			f.settles, f.again = false, time.Time{}
			if is := b.actual[f.place]; is != nil {
				is.paused = f.paused
			}
		}
	}
}

// next is when due has something to do; zero when never.
func (b *board) next() (t time.Time) {
	sooner := func(x time.Time) {
		if x.After(b.now) && (t.IsZero() || x.Before(t)) {
			t = x
		}
	}
	for _, a := range b.agents {
		if a.lost {
			sooner(a.gone)
			sooner(a.quiet)
		}
		if a.works() {
			sooner(a.workTo)
		}
		if a.Generation > 0 && b.ready() {
			sooner(a.look)
		}
	}
	for _, j := range b.jobs {
		sooner(j.again)
	}
	return t
}

func (b *board) ready() bool { return b.link == pbx.LinkStateReady && b.listed }

// member is what Asterisk tells of a member.
func (b *board) member(e *pbx.Event) {
	switch e.Kind {
	case pbx.QueueMembersBegin:
		b.fresh = make(map[place]*fact)
		return
	case pbx.QueueMembersEnd:
		if b.fresh != nil {
			b.actual, b.fresh, b.listed = b.fresh, nil, true
		}
		return
	}
	p := at(e.Queue, e.Interface)
	for _, list := range []map[place]*fact{b.actual, b.fresh} {
		if list == nil {
			continue
		}
		switch is := list[p]; {
		case e.Kind == pbx.QueueMember:
			now := &fact{penalty: e.Number, paused: e.Paused}
			if was := b.actual[p]; was != nil && was.paused == now.paused {
				was.penalty = now.penalty
				now = was // and why, which no event says
			}
			list[p] = now
		case e.Kind == pbx.QueueMemberRemoved:
			delete(list, p)
		case is != nil:
			is.paused = e.Paused
		}
	}
	if j := b.jobs[p]; j != nil && j.settles {
		j.settles, j.again = false, time.Time{}
	}
}

// linked is the state of the link. Without it what was last known stays shown, and nothing
// is done.
func (b *board) linked(s pbx.LinkState) {
	if s == pbx.LinkStateDown {
		b.listed, b.fresh = false, nil
	}
	if s == pbx.LinkStateReady {
		for _, a := range b.agents {
			a.look = b.now
		}
	}
	b.link = s
}

// news is what the picture does not know yet.
func (b *board) news() (list []*shown) {
	for _, a := range b.agents {
		if a.Generation == 0 {
			continue // of a former run: nobody looks
		}
		n := &shown{a.Operator, a.Generation, a.duty(b.now), b.queuesOf(a)}
		if a.shown != nil && sameDuty(a.shown.duty, n.duty) && slices.Equal(a.shown.queues, n.queues) {
			continue
		}
		a.shown = n
		list = append(list, n)
	}
	return list
}

func sameDuty(x, y pbx.Duty) bool {
	next := (x.Next == nil) == (y.Next == nil) && (x.Next == nil || *x.Next == *y.Next)
	return next && x.State == y.State && x.Reason == y.Reason && x.NoPhone == y.NoPhone && x.Since.Equal(y.Since) && x.Until.Equal(y.Until)
}

func (b *board) queuesOf(a *agent) []pbx.QueueState {
	list := make([]pbx.QueueState, 0, len(a.queues))
	for _, w := range a.queues {
		p := w.place
		q := pbx.QueueState{Queue: w.queue, Service: w.service, Penalty: w.penalty}
		m, ours := b.ledger[p]
		j := b.jobs[p]
		goes := j != nil && j.under && (j.verb == remove || j.verb == add && j.operator != a.Operator) // of before
		if is := b.actual[p]; is != nil && !goes && (!ours || m.Operator == a.Operator) {
			q.Member, q.Paused, q.Penalty = true, is.paused, max(0, is.penalty)
		}
		if j != nil {
			q.Error = j.refused
		}
		list = append(list, q)
	}
	return list
}

// Nothing of a telephone's or queue's name may be taken for more than it is.
func sendable(s string) bool { return s != "" && !strings.ContainsAny(s, ",|;\r\n\x00") }
