package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

const (
	maxBusy   = 16              // actions under way at once
	settling  = 3 * time.Second // until the event of a pause must have come
	firstWait = time.Second     // after a refusal; doubled up to
	lastWait  = time.Minute
	patience  = 10 * time.Second // with the answer to an action

	lookAgain  = time.Minute // for a telephone that Asterisk did not know
	lookSeldom = time.Hour   // for one that it knows
)

// verb is what is to be done about a place.
type verb uint8

const (
	add verb = iota + 1
	remove
	pause
	unpause
	penalty
	keepPause   // write down an operator's pause
	forgetPause // and its end
	look        // whether Asterisk knows the telephone
)

// job is the work on one place, one thing at a time. It stays while there is something to
// remember about it.
type job struct {
	place
	verb     verb
	under    bool      // way
	settles  bool      // its answer has come, its event has not
	again    time.Time // not before
	failures int
	refused  string // why, in Asterisk's words; ""
	paused   bool   // what it makes of the member

	queue, iface, name string // as they are written
	operator, reason   string
	penalty            int
	known              bool // it stood in the ledger already; look: Asterisk knew it
	pause              Pause
}

// task is a copy of a job, for those who do it.
type task job

// outcome is how a task went. existed: Asterisk had the member before.
type outcome struct {
	err     error
	refused string
	existed bool
	kept    bool // add: the ledger on disk has the member, who may be there after all
	unknown bool // look: there is no such telephone
}

// reconcile compares what should be with what is, and begins what follows from it.
func (b *board) reconcile() (list []task) {
	b.keepPauses(&list)
	if !b.ready() {
		return list
	}
	wanted := make(map[place]bool)
	for _, a := range b.inOrder() {
		if a.Extension == "" {
			continue
		}
		if a.Generation > 0 && !b.now.Before(a.look) {
			b.begin(&list, job{place: at("", a.Extension), verb: look, iface: a.Extension, operator: a.Operator, known: !a.noPhone})
		}
		for _, w := range a.queues {
			wanted[w.place] = true
			b.wanted(a, w, &list)
		}
	}
	for p, m := range b.ledger {
		if !wanted[p] {
			b.begin(&list, job{place: p, verb: remove, queue: m.Queue, iface: m.Interface, operator: m.Operator})
		}
	}
	for p, is := range b.actual { // of somebody else's making, whom we have paused
		if _, ours := b.ledger[p]; is.told && is.paused && !wanted[p] && !ours {
			b.begin(&list, job{place: p, verb: unpause, queue: is.queue, iface: is.iface})
		}
	}
	for p, j := range b.jobs {
		if _, ours := b.ledger[p]; !j.under && !wanted[p] && !ours && j.verb < keepPause {
			delete(b.jobs, p)
		}
	}
	return list
}

// inOrder are the agents in a fixed order, so that the same comes of the same.
func (b *board) inOrder() []*agent {
	list := make([]*agent, 0, len(b.agents))
	for _, a := range b.agents {
		list = append(list, a)
	}
	slices.SortFunc(list, func(x, y *agent) int { return cmp.Compare(x.Operator, y.Operator) })
	return list
}

// wanted is one place in which a member should be.
func (b *board) wanted(a *agent, w want, list *[]task) {
	p := w.place
	j := job{place: p, queue: w.queue, iface: a.Extension, name: nameOf(a), operator: a.Operator, penalty: w.penalty}
	j.paused, j.reason = a.away(p, b.now)
	before, ours := b.ledger[p]
	j.known = ours
	is := b.actual[p]
	switch {
	case is == nil:
		if a.lost && a.Generation == 0 {
			return // Asterisk was restarted as well: he will come, or not
		}
		j.verb = add
	case ours && !strings.EqualFold(before.Operator, a.Operator):
		j.verb = remove // and in again, in his own name
	case j.paused && !is.pausedFor(j.reason):
		j.verb = pause
	case is.paused != j.paused:
		j.verb = unpause
	case ours && is.penalty != w.penalty && b.fixed:
		j.verb = remove // and in again
	case ours && is.penalty != w.penalty:
		j.verb = penalty
	default:
		if done := b.jobs[p]; done != nil && !done.under && !done.settles {
			done.failures, done.refused, done.again = 0, "", time.Time{}
		}
		return
	}
	b.begin(list, j)
}

// maxMemberName is what a queue keeps of a member's name, in bytes (app_queue.c, struct member).
const maxMemberName = 79

// nameOf is how a queue calls the agent.
func nameOf(a *agent) string {
	name := a.FullName
	if !sendable(name) {
		return a.Operator
	}
	for len(name) > maxMemberName { // whole characters only
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return name
}

// begin begins a job, unless one is under way there, or it is too early, or there are
// enough of them.
func (b *board) begin(list *[]task, j job) {
	before := b.jobs[j.place]
	if before != nil {
		if before.under || before.settles && before.paused == j.paused {
			return
		}
		if before.verb == j.verb {
			if before.again.After(b.now) {
				return
			}
			j.failures, j.refused = before.failures, before.refused
		}
	}
	if b.busy >= maxBusy {
		return
	}
	b.busy++
	j.under = true
	b.jobs[j.place] = &j
	*list = append(*list, task(j))
}

// done takes what came of a task.
func (b *board) done(t task, r outcome) {
	b.busy--
	j := b.jobs[t.place]
	if j == nil {
		return
	}
	j.under, j.again = false, time.Time{}
	if t.verb == look {
		delete(b.jobs, t.place)
		b.looked(t, r)
		return
	}
	if r.kept {
		b.ledger[t.place] = Member{t.queue, t.iface, t.operator}
	}
	if r.err != nil || r.refused != "" {
		if j.refused = r.refused; r.err != nil {
			j.refused = plain(r.err)
		}
		b.fixed = b.fixed || t.verb == penalty && strings.Contains(strings.ToLower(r.refused), "unknown command")
		wait := min(firstWait<<min(j.failures, 10), lastWait)
		j.failures++
		j.again = b.now.Add(wait)
		b.refuse(t, r)
		return
	}
	j.failures, j.refused = 0, ""
	switch t.verb {
	case add:
		switch {
		case b.actual[t.place] != nil:
		case r.existed: // as it was: it is told once more what it is to be
			b.actual[t.place] = &fact{penalty: -1, paused: !t.paused}
		default:
			b.actual[t.place] = &fact{penalty: t.penalty, paused: t.paused, told: true}
		}
	case remove:
		delete(b.ledger, t.place)
		delete(b.actual, t.place)
	case pause, unpause:
		is := b.actual[t.place]
		if is == nil {
			break
		}
		is.told, is.why, is.queue, is.iface = true, t.reason, t.queue, t.iface
		if is.paused != t.paused {
			j.settles, j.again = true, b.now.Add(settling)
		}
	case penalty:
		if is := b.actual[t.place]; is != nil {
			is.penalty = t.penalty
		}
	case keepPause:
		b.kept[t.place.iface] = t.pause
	case forgetPause:
		delete(b.kept, t.place.iface)
	}
}

// plain is an error as an agent may read it.
func plain(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "Asterisk does not answer"
	case errors.Is(err, ami.ErrClosed):
		return "the link to Asterisk was lost"
	}
	return "the server could not do it; its log says why"
}

// looked is what Asterisk knows of a telephone. One that it does not know may be made.
func (b *board) looked(t task, r outcome) {
	a := b.agents[strings.ToLower(t.operator)]
	if a == nil || !strings.EqualFold(a.Extension, t.iface) {
		return
	}
	a.noPhone, a.look = r.unknown, b.now.Add(lookAgain)
	if !r.unknown && r.err == nil {
		a.look = b.now.Add(lookSeldom)
	}
}

// keepPauses has each agent's pause on disk. It stays there when the server ends: who was
// paused is so after its restart.
func (b *board) keepPauses(list *[]task) {
	if b.ending {
		return
	}
	for name, a := range b.agents {
		was, is := b.kept[name]
		switch {
		case a.paused != nil && (!is || was != *a.paused):
			b.begin(list, job{place: place{iface: name}, verb: keepPause, operator: a.Operator, pause: *a.paused})
		case a.paused == nil && is:
			b.begin(list, job{place: place{iface: name}, verb: forgetPause, operator: a.Operator})
		}
	}
	for name, p := range b.kept {
		if b.agents[name] == nil {
			b.begin(list, job{place: place{iface: name}, verb: forgetPause, operator: p.Operator})
		}
	}
}

// leaveAll takes everybody out, because the server ends.
func (b *board) leaveAll() {
	for _, a := range b.agents {
		for _, w := range a.waiters {
			b.say(w.done, ErrGone)
		}
	}
	clear(b.agents)
	b.ending = true
	for _, j := range b.jobs {
		j.again = time.Time{}
	}
}

// leaving says whether somebody is still to be taken out.
func (b *board) leaving() bool {
	if b.busy > 0 || !b.ready() {
		return b.busy > 0
	}
	if len(b.ledger) > 0 {
		return true
	}
	for _, is := range b.actual {
		if is.told && is.paused {
			return true
		}
	}
	return false
}
