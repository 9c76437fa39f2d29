package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

const (
	moreTime     = time.Minute      // of after-call work, each time it is asked for
	maxAfterCall = 30 * time.Minute // in all
)

// What Asterisk is told a member is paused for, when it is no pause of the agent's own.
const (
	reasonAfterCall = "after call"
	reasonLost      = "lost"
)

// agent is an operator at a telephone.
type agent struct {
	tracker.Agent
	queues []want // of his services, by name

	idle     time.Time         // since when he is neither paused nor at work
	paused   *Pause            // in all queues; nil: not
	partly   map[string]string // reasons of pauses in single queues, by queue in lower case
	next     *pbx.Pause        // begins after this call
	workFrom time.Time         // of after-call work; zero: none
	workTo   time.Time

	lost   bool
	lostAt time.Time
	quiet  time.Time // until then a lost agent is not paused yet
	gone   time.Time // then he leaves his queues; zero: when the link has stood for the grace time

	calls     pbx.AgentState
	afterCall time.Duration // of the service that he serves now

	look    time.Time // when Asterisk is to be asked for his telephone
	noPhone bool      // it does not know it

	waiters []*waiter
	undo    func() // makes him what he was before the wishes that wait; nil: none does

	shown *shown // what the picture knows of him
	met   bool   // it has told of his telephone since he was there last
}

// want is a queue that an agent is to be in.
type want struct {
	place          place
	queue, service string
	penalty        int
}

// wants are the queues of an agent's enabled services. Of two services with one queue
// the first counts.
func wants(cfg *config.Snapshot, in *tracker.Agent) []want {
	var list []want
	if cfg == nil {
		return nil
	}
	for _, s := range cfg.ServicesOf(in.Operator) {
		if s.Queue == "" || s.Type != config.Inbound || slices.ContainsFunc(list, func(w want) bool { return strings.EqualFold(w.queue, s.Queue) }) {
			continue
		}
		penalty, _ := s.Penalty(in.Operator)
		list = append(list, want{at(s.Queue, in.Extension), s.Queue, s.Name, penalty})
	}
	return list
}

// duty is what the picture is to show of a beside calls.
func (a *agent) duty(now time.Time) pbx.Duty {
	d := pbx.Duty{State: pbx.AgentAvailable, Since: a.idle, Next: a.next, NoPhone: a.noPhone}
	switch {
	case a.lostFor(now):
		d.State, d.Since, d.Until = pbx.AgentLost, a.lostAt, a.gone
	case a.paused != nil:
		d.State, d.Reason, d.Since = pbx.AgentPaused, a.paused.Reason, a.paused.Since
	case a.works():
		d.State, d.Since, d.Until = pbx.AgentAfterCall, a.workFrom, a.workTo
	}
	return d
}

// lostFor says whether a has been lost for longer than a page takes to be loaded again.
func (a *agent) lostFor(now time.Time) bool { return a.lost && !now.Before(a.quiet) }

func (a *agent) works() bool { return !a.workFrom.IsZero() }

// away says whether a member is to be paused in a queue, and why. Who will be at work or
// paused after a call is paused in the call already, lest another one comes in between.
func (a *agent) away(p place, now time.Time) (bool, string) {
	reason, partly := a.partly[p.queue]
	switch {
	case a.lostFor(now):
		return true, reasonLost
	case a.paused != nil:
		return true, a.paused.Reason
	case a.works(), a.busy() && a.afterCall > 0:
		return true, reasonAfterCall
	case a.busy() && a.next != nil:
		return true, a.next.Reason
	}
	return partly, reason
}

func (a *agent) busy() bool { return a.calls == pbx.AgentOnCall || a.calls == pbx.AgentHeld }

// phone is what the telephone does now. Work begins when the last call ends; a new call
// ends it.
func (a *agent) phone(s pbx.AgentState, afterCall time.Duration, now time.Time) {
	was := a.busy()
	a.calls = s
	if a.busy() {
		a.afterCall, a.workFrom = afterCall, time.Time{}
		return
	}
	if !was {
		return
	}
	a.idle = now
	a.afterCall = 0
	switch {
	case a.next != nil:
		a.paused, a.next = &Pause{a.Operator, a.next.Reason, now}, nil
	case afterCall > 0 && a.paused == nil:
		a.workFrom, a.workTo = now, now.Add(afterCall)
	}
}

// rest ends after-call work.
func (a *agent) rest(now time.Time) {
	if a.works() {
		a.workFrom, a.workTo, a.idle = time.Time{}, time.Time{}, now
	}
}

// more makes after-call work longer.
func (a *agent) more() {
	if a.works() {
		to, most := a.workTo.Add(moreTime), a.workFrom.Add(maxAfterCall)
		if to.After(most) {
			to = most
		}
		if to.After(a.workTo) { // a service may have more than most
			a.workTo = to
		}
	}
}

// pause is the agent's wish; undo takes it back.
func (a *agent) pause(w Wish, now time.Time) (undo func()) {
	paused, next, idle, partly := a.paused, a.next, a.idle, a.partly
	from, to := a.workFrom, a.workTo
	undo = func() {
		a.paused, a.next, a.idle, a.partly, a.workFrom, a.workTo = paused, next, idle, partly, from, to
	}
	a.partly = make(map[string]string, len(partly)+1)
	for q, reason := range partly {
		a.partly[q] = reason
	}
	queue := strings.ToLower(w.Queue)
	switch {
	case w.On && w.AfterCall && a.busy() && queue == "": // in one queue it can begin at once
		a.next = &pbx.Pause{Reason: w.Reason}
	case w.On && queue != "":
		a.partly[queue] = w.Reason
	case w.On:
		a.paused, a.next = &Pause{a.Operator, w.Reason, now}, nil
		a.workFrom, a.workTo = time.Time{}, time.Time{}
		clear(a.partly)
	case queue != "":
		delete(a.partly, queue)
		if a.paused != nil { // he stays paused in the others
			for _, o := range a.queues {
				if o.place.queue != queue {
					a.partly[o.place.queue] = a.paused.Reason
				}
			}
			a.paused, a.idle = nil, now
		}
	default:
		if a.paused != nil {
			a.idle = now
		}
		a.paused, a.next = nil, nil
		clear(a.partly)
	}
	return undo
}
