package app

import (
	"bufio"
	"bytes"
	"context"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// expected is a message that an agent is to be told, and the event it comes of. An
// agent's n-th message is the n-th he is expected to be told: so a client knows when
// the event of a message was sent, and whether one is missing, without any mark of
// the benchmark's in the messages themselves.
type expected struct {
	event  int32  // place in the corpus
	begins string // how its JSON begins
	holds  string // what is in it
}

// script is what each agent is expected to be told, in order.
type script [][]expected

func (s script) count(events int) (n int) {
	for _, agent := range s {
		for i := range agent {
			if int(agent[i].event) < events {
				n++
			}
		}
	}
	return n
}

func expectEvent(event int32, name, uniqueid string) expected {
	return expected{event, `{"type":"event","event":"` + name + `","`, `"uniqueid":"` + uniqueid + `"`}
}

func expectState(event int32, state string) expected {
	return expected{event, `{"type":"agent","agent":{"state":"` + state + `"`, ""}
}

// rehearseOurs has the interpreter and a picture take a corpus event by event, with
// nobody else around.
func rehearseOurs(c *amitest.Corpus, agents int) (script, error) {
	plan, wanted := PlanOf(callCentre(agents))
	s := &stage{script: make(script, agents), turns: make([]int32, len(c.Ends)+2), turn: -1, over: make(chan struct{})}
	t := tracker.New(tracker.Options{Clock: s.clock})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- t.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	if err := t.SetPlan(ctx, plan); err != nil {
		return nil, err
	}
	for n := range agents {
		if _, err := t.Watch(ctx, tracker.Agent{Operator: operatorOf(n), Extension: phoneOf(n), Generation: 1}, actor{s, n}); err != nil {
			return nil, err
		}
	}
	s.turn = 0
	turns := 0
	take := func(event int32, b *pbx.Batch) {
		s.turns[turns] = event
		turns++
		t.In() <- b
	}
	up := pbx.NewBatch()
	up.Events = append(up.Events, pbx.Event{Kind: pbx.LinkUp}, pbx.Event{Kind: pbx.SyncBegin}, pbx.Event{Kind: pbx.SyncEnd})
	take(ofLink, up)
	r := ami.NewReader(bytes.NewReader(c.Text))
	for n := range c.Ends {
		m, err := r.Next()
		if err != nil {
			return nil, err
		}
		b := pbx.NewBatch()
		if b.Events = asterisk.Translate(m, &wanted, b.Events); len(b.Events) == 0 {
			b.Release()
			continue
		}
		take(int32(n), b)
	}
	take(noMore, pbx.NewBatch())
	<-s.over
	return s.script, nil
}

// stage writes down what a picture tells. Each turn of the picture is one event's:
// its clock, which is read once in a turn, tells which.
type stage struct {
	script script
	turns  []int32 // event of each turn, written before the turn
	turn   int     // the next; negative before the first
	event  int32   // of this turn
	over   chan struct{}
}

// Turns that are no event's.
const (
	ofLink = -1 // nobody is there yet when the link comes up
	noMore = -2
)

func (s *stage) clock() time.Time {
	if s.turn >= 0 {
		s.event = s.turns[s.turn]
		s.turn++
		if s.event == noMore {
			close(s.over)
		}
	}
	return time.Now()
}

// actor is the one watcher of an agent.
type actor struct {
	*stage
	agent int
}

func (actor) Snapshot(*tracker.Snapshot) {}
func (actor) Flush()                     {}

func (a actor) Notify(n *pbx.Notice, _ uint64) {
	switch {
	case a.event < 0:
	case n.Call != nil:
		a.script[a.agent] = append(a.script[a.agent], expectEvent(a.event, string(n.ID), string(n.Call.Uniqueid)))
	case n.ID == pbx.NoticeAgentState:
		a.script[a.agent] = append(a.script[a.agent], expectState(a.event, string(n.Agent)))
	}
}

// rehearseObvious does the same for the obvious way.
func rehearseObvious(c *amitest.Corpus, agents int) (script, error) {
	s := make(script, agents)
	number := make(map[string]int, agents)
	for n := range agents {
		number[phoneOf(n)] = n
	}
	table := newObviousTable()
	r := bufio.NewReader(bytes.NewReader(c.Text))
	for n := range c.Ends {
		m, err := readObviously(r)
		if err != nil {
			return nil, err
		}
		table.apply(m, func(phone string, m *obviousMessage) {
			agent, ok := number[phone]
			switch {
			case !ok:
			case m.Call != nil:
				s[agent] = append(s[agent], expectEvent(int32(n), m.Event, m.Call.Uniqueid))
			default:
				s[agent] = append(s[agent], expectState(int32(n), m.Agent.State))
			}
		})
	}
	return s, nil
}
