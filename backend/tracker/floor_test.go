package tracker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// floor is what a supervisor sees now, a line for each agent, call and queue; times are in
// seconds before now.
func (s *scene) floor() string {
	f := s.p.floor()
	arrange(f, s.p.plan)
	return written(f)
}

func written(f *pbx.Floor) string {
	ago := func(at time.Time) any {
		if at.IsZero() {
			return "-"
		}
		return int(f.Now.Sub(at).Seconds())
	}
	var b strings.Builder
	ids := map[pbx.CallID]string{"": "-"}
	for i, c := range f.Calls {
		ids[c.ID] = fmt.Sprint("#", i+1)
	}
	fmt.Fprintf(&b, "%s\n", f.Link)
	for _, a := range f.Agents {
		fmt.Fprintf(&b, "%s %s %s since %v until %v %q %s\n", a.Operator, a.Phone, a.State, ago(a.Since), ago(a.Until), a.Reason, ids[a.Call])
	}
	for _, c := range f.Calls {
		fmt.Fprintf(&b, "%s %s/%s %s %s to %q %s of %q began %v since %v queued %v %v\n", ids[c.ID], c.Service, c.Queue, c.Direction, c.Caller.Number, c.Called,
			c.Phase, c.Agent, ago(c.Started), ago(c.Since), ago(c.Queued), c.Waiting)
	}
	for _, q := range f.Queues {
		fmt.Fprintf(&b, "%s of %s:", q.Name, q.Service)
		for _, w := range q.Waiting {
			fmt.Fprintf(&b, " %s %s %v", ids[w.Call], w.Caller.Number, ago(w.Since))
		}
		fmt.Fprintf(&b, "; %d: %d %d %d %d %d\n", q.Members, q.Available, q.Ringing, q.OnCall, q.AfterCall, q.Paused)
	}
	return b.String()
}

// TestFloor follows a caller of a queue who gets an agent, beside one who gets none.
func TestFloor(t *testing.T) {
	s := newScene(t, "SIP")
	for _, name := range []string{"ada", "bob"} {
		one := s.p.agents[name]
		one.duty = pbx.Duty{State: pbx.AgentAvailable}
		s.p.tellQueues(one, []pbx.QueueState{{Queue: "help", Service: "Support", Member: true}})
	}
	bob := s.p.agents["bob"]
	bob.duty = pbx.Duty{State: pbx.AgentPaused, Reason: "lunch", Since: s.now}
	s.p.touchAgent(bob)
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   string
	}{
		{"one in a menu, one of no service", together(born("SIP/trunk-1", "1", "", pbx.Down, "300"), becomes("1", pbx.Ring, "300", ""), step("1", "support", "102", "Answer"),
			born("SIP/trunk-9", "9", "", pbx.Ring, "900"), step("9", "elsewhere", "1", "NoOp")), `ready
ada SIP/201 available since 5 until - "" -
bob SIP/202 paused since 5 until - "lunch" -
#1 Support/ inbound 300 to "102" dialplan of "" began 4 since 4 queued - false
Help of Support:; 2: 1 0 0 0 1
`},
		{"two wait", together(queues("1", "help", "300"), queueing("5", "500")), `ready
ada SIP/201 available since 12 until - "" -
bob SIP/202 paused since 12 until - "lunch" -
#1 Support/help inbound 300 to "102" waiting of "" began 11 since 6 queued 6 true
#2 Support/help inbound 500 to "102" waiting of "" began 5 since 0 queued 0 true
Help of Support: #1 300 6 #2 500 0; 2: 1 0 0 0 1
`},
		{"it rings", together(born("SIP/201-2", "2", "", pbx.Down, "201"), two(pbx.AgentCalled, "1", "2", ""), becomes("2", pbx.Ringing, "201", "300")), `ready
ada SIP/201 ringing since 0 until - "" #1
bob SIP/202 paused since 15 until - "lunch" -
#1 Support/help inbound 300 to "102" ringing of "ada" began 14 since 0 queued 9 true
#2 Support/help inbound 500 to "102" waiting of "" began 8 since 3 queued 3 true
Help of Support: #1 300 9 #2 500 3; 2: 0 1 0 0 1
`},
		{"they talk", together(becomes("2", pbx.Up, "201", "300"), two(pbx.AgentConnect, "1", "2", ""), about(pbx.QueueLeave, "1"), enters("2", "b"), enters("1", "b")), `ready
ada SIP/201 oncall since 4 until - "" #1
bob SIP/202 paused since 20 until - "lunch" -
#1 Support/help inbound 300 to "102" talking of "ada" began 19 since 4 queued 14 false
#2 Support/help inbound 500 to "102" waiting of "" began 13 since 8 queued 8 true
Help of Support: #2 500 8; 2: 0 0 1 0 1
`},
		{"on hold", together(about(pbx.Hold, "2")), `ready
ada SIP/201 held since 0 until - "" #1
bob SIP/202 paused since 21 until - "lunch" -
#1 Support/help inbound 300 to "102" held of "ada" began 20 since 0 queued 15 false
#2 Support/help inbound 500 to "102" waiting of "" began 14 since 9 queued 9 true
Help of Support: #2 500 9; 2: 0 0 1 0 1
`},
		{"the link is down", together(linkDown), `down
ada SIP/201 held since 1 until - "" #1
bob SIP/202 paused since 22 until - "lunch" -
#1 Support/help inbound 300 to "102" held of "ada" began 21 since 1 queued 16 false
#2 Support/help inbound 500 to "102" waiting of "" began 15 since 10 queued 10 true
Help of Support: #2 500 10; 2: 0 0 1 0 1
`},
		{"and there again: one gave up, one talks on, one is new", together(linkUp, syncBegin, named(exists("SIP/trunk-1", "1", "", pbx.Up, "b"), "300"),
			exists("SIP/201-2", "2", "", pbx.Up, "b"), found("SIP/trunk-7", "7", "700", 60, 40), syncEnd), `ready
ada SIP/201 held since 8 until - "" #2
bob SIP/202 paused since 29 until - "lunch" -
#1 Support/Help inbound 700 to "102" waiting of "" began 62 since 41 queued 41 true
#2 Support/help inbound 300 to "102" held of "ada" began 28 since 8 queued 23 false
Help of Support: #1 700 41; 2: 0 0 1 0 1
`},
	} {
		s.play(c.events...)
		if got := s.floor(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// named is e with its channel's number.
func named(e pbx.Event, number string) pbx.Event {
	e.Channel.CallerID.Number = number
	return e
}

// found is a caller whom a resync finds in the queue Help.
func found(name, id, number string, age, waits int) []pbx.Event {
	e, q := named(exists(name, id, "", pbx.Up, ""), number), queues(id, "Help", number)
	e.Channel.Context, e.Channel.Exten, e.Seconds = "support", "102", age
	q.Seconds = waits
	return []pbx.Event{e, q}
}

// TestFloorOutbound: whoever calls out talks; the customer's line is not taken for an agent.
func TestFloorOutbound(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(born("PJSIP/201-1", "1", "1", pbx.Ring, "201"), step("1", "campaign", "0550", "Dial"), born("PJSIP/trunk-2", "2", "1", pbx.Down, ""),
		dials("1", "2"), becomes("2", pbx.Ringing, "", ""))...)
	const rings = `ready
ada PJSIP/201 oncall since 4 until - "" #1
bob PJSIP/202 available since 5 until - "" -
#1 Campaign/ outbound 201 to "0550" dialing of "ada" began 4 since 4 queued - false
Help of Support:; 0: 0 0 0 0 0
`
	if got := s.floor(); got != rings {
		t.Error(got)
	}
	s.play(together(becomes("2", pbx.Up, "", ""), dialed("1", "2", "ANSWER"), enters("1", "b"), enters("2", "b"))...)
	if got := s.floor(); !strings.Contains(got, `talking of "ada" began 8 since 0 `) {
		t.Error(got)
	}
}

// TestFloorCounts: every state of a member is counted once.
func TestFloorCounts(t *testing.T) {
	f := &pbx.Floor{}
	states := []pbx.AgentState{pbx.AgentAvailable, pbx.AgentRinging, pbx.AgentOnCall, pbx.AgentHeld, pbx.AgentPaused, pbx.AgentAfterCall, pbx.AgentLost}
	for _, state := range states {
		for _, paused := range []bool{false, true} {
			f.Agents = append(f.Agents, pbx.FloorAgent{State: state, Queues: []pbx.QueueState{{Queue: "HELP", Member: true, Paused: paused}, {Queue: "gone", Member: true}}},
				pbx.FloorAgent{State: state, Queues: []pbx.QueueState{{Queue: "Help", Paused: paused}}})
		}
	}
	arrange(f, compile(salesAndSupport(t)))
	if got, want := fmt.Sprintf("%+v", f.Queues), "[{Name:Help Service:Support Waiting:[] Members:14 Available:1 Ringing:2 OnCall:4 AfterCall:2 Paused:5}]"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestFloorPresence: who has gone is not there any more, who is lost still is.
func TestFloorPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(Options{Run: "c"})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tr.Run(ctx) }()
		defer func() { cancel(); <-done }()
		want := func(states ...pbx.AgentState) {
			t.Helper()
			f, err := tr.Floor(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var got []pbx.AgentState
			for _, a := range f.Agents {
				got = append(got, a.State)
			}
			if fmt.Sprint(got) != fmt.Sprint(states) {
				t.Errorf("got %s, want %s", got, states)
			}
		}
		var watches []*Watch
		for i, name := range []string{"ada", "bob"} {
			w, err := tr.Watch(ctx, Agent{Operator: name, Extension: fmt.Sprint("PJSIP/20", i), Generation: 1}, &silent{})
			if err != nil {
				t.Fatal(err)
			}
			watches = append(watches, w)
		}
		before := tr.Stats().Changes
		want(pbx.AgentAvailable, pbx.AgentAvailable)
		if tr.Stats().Changes != before {
			t.Error("to look is a change")
		}
		for _, w := range watches {
			w.Stop()
		}
		synctest.Wait()
		if tr.Stats().Changes == before {
			t.Error("to sign out is none")
		}
		want(pbx.AgentAvailable, pbx.AgentAvailable) // they may be loading their pages anew
		<-time.After(reload)
		_ = tr.SetDuty(ctx, "bob", 1, pbx.Duty{State: pbx.AgentLost, Since: time.Now(), Until: time.Now().Add(time.Minute)})
		want(pbx.AgentLost)
		<-time.After(time.Minute)
		want()
		tr.In() <- pbx.NewBatch()
		_ = tr.Settle(ctx)
		synctest.Wait()
		if is := tr.Stats().Changes; is < before+4 {
			t.Errorf("%d changes", is-before)
		}
		cancel()
		synctest.Wait()
		if _, err := tr.Floor(context.Background()); err != ErrStopped { //nolint:errorlint // exactly that
			t.Error(err)
		}
	})
}

// BenchmarkFloor is what it costs that somebody looks on, with 1,000 agents, 300 calls and 50
// queues: "turn" is how long the loop stands still, "whole" is all of it, and "event" is an
// event of the same picture.
func BenchmarkFloor(b *testing.B) {
	plan := &Plan{}
	for i := range 50 {
		plan.Services = append(plan.Services, Service{Name: fmt.Sprint("S", i), Context: fmt.Sprint("s", i), Direction: pbx.Inbound, Queue: fmt.Sprint("q", i)})
	}
	p := newPicture("c", 10_000, time.Unix(0, 0))
	p.setPlan(compile(plan))
	for i := range 1000 {
		a := Agent{Operator: fmt.Sprint("op", i), FullName: fmt.Sprint("Operator ", i), Extension: fmt.Sprint("PJSIP/", 1000+i)}
		if err := p.watch(a, &Watch{watcher: &silent{}}); err != nil {
			b.Fatal(err)
		}
		one, list := p.agents[a.Operator], make([]pbx.QueueState, 5)
		for j := range list {
			list[j] = pbx.QueueState{Queue: fmt.Sprint("q", (i+j)%50), Member: true}
		}
		p.tellQueues(one, list)
	}
	for i := range 300 {
		a, c, q := fmt.Sprint(2*i), fmt.Sprint(2*i+1), i%50
		for _, e := range together(born("PJSIP/trunk-"+a, a, a, pbx.Ring, "0301234567"), step(a, fmt.Sprint("s", q), "101", "Answer"), queues(a, fmt.Sprint("q", q), "0301234567"),
			born(fmt.Sprintf("PJSIP/%d-%s", 1000+i, c), c, a, pbx.Down, ""), becomes(c, pbx.Ringing, "", "")) {
			p.apply(&e)
		}
		if i%3 > 0 {
			for _, e := range together(becomes(c, pbx.Up, "", ""), about(pbx.QueueLeave, a), enters(c, "b"+a), enters(a, "b"+a)) {
				p.apply(&e)
			}
		}
	}
	p.out = nil
	f := p.floor()
	arrange(f, p.plan)
	if len(f.Agents) != 1000 || len(f.Calls) != 300 || len(f.Queues) != 50 || len(f.Queues[0].Waiting) != 2 || f.Queues[0].Members != 100 {
		b.Fatalf("%d agents, %d calls, %+v", len(f.Agents), len(f.Calls), f.Queues[0])
	}
	b.Run("turn", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.floor()
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			arrange(p.floor(), p.plan)
		}
	})
	b.Run("event", func(b *testing.B) {
		hold, unhold := about(pbx.Hold, "3"), about(pbx.Unhold, "3")
		tr := &Tracker{picture: p}
		for i := 0; b.Loop(); i++ {
			if i%2 == 0 {
				p.apply(&hold)
			} else {
				p.apply(&unhold)
			}
			tr.deliver()
		}
	})
}
