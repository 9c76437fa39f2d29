package tracker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// deskNotes is a desk that writes down what it is told.
type deskNotes struct{ notes []string }

func (d *deskNotes) Phone(operator string, _ uint64, s pbx.AgentState, afterCall time.Duration) {
	note := operator + " " + string(s)
	if afterCall > 0 {
		note += " " + afterCall.String()
	}
	d.notes = append(d.notes, note)
}
func (d *deskNotes) Member(e *pbx.Event)     { d.notes = append(d.notes, e.Kind.String()+" "+e.Interface) }
func (d *deskNotes) Link(s pbx.LinkState)    { d.notes = append(d.notes, "link "+string(s)) }
func (d *deskNotes) Originated(e *pbx.Event) { d.notes = append(d.notes, "originated "+e.Text) }

// TestDesk: the desk is told what each phone does, and for how long its agent has work to
// do after the call.
func TestDesk(t *testing.T) {
	s := newScene(t, "PJSIP")
	plan := salesAndSupport(t)
	plan.Services[0].AfterCall = 30 * time.Second
	s.p.setPlan(compile(plan))
	notes := &deskNotes{}
	s.p.desk = notes
	s.play(together(talking(), about(pbx.Hold, "2"), about(pbx.Unhold, "2"), dies("2", 16), dies("1", 16),
		born("PJSIP/201-8", "8", "8", pbx.Ring, "201"), dies("8", 16), pbx.Event{Kind: pbx.QueueMember, Interface: "PJSIP/201"},
		pbx.Event{Kind: pbx.OriginateResponse, Text: "x"}, linkDown)...)
	want := []string{"ada ringing", "ada oncall", "ada oncall 30s", "ada held 30s", "ada oncall 30s", "ada available 30s", "ada oncall", "ada available",
		"QueueMember PJSIP/201", "originated x", "link down"}
	if len(notes.notes) != len(want) {
		t.Fatalf("%q\nwant %q", notes.notes, want)
	}
	for i := range want {
		if notes.notes[i] != want[i] {
			t.Errorf("%d: %s, want %s", i, notes.notes[i], want[i])
		}
	}
}

// TestDuty: what an agent does beside calls shows while his phone is idle.
func TestDuty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(Options{Run: "c"})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tr.Run(ctx) }()
		defer func() { cancel(); <-done }()
		if err := tr.SetPlan(ctx, salesAndSupport(t)); err != nil {
			t.Fatal(err)
		}
		e := &ear{t: t}
		if _, err := tr.Watch(ctx, Agent{Operator: "ada", Extension: "PJSIP/201", Generation: 3}, e); err != nil {
			t.Fatal(err)
		}
		states := func() (all string) {
			synctest.Wait()
			_ = tr.do(ctx, func() {}) // a barrier for the race detector
			for _, n := range e.notices {
				switch n.ID {
				case pbx.NoticeAgentState:
					all += string(n.Agent) + "(" + n.Duty.Reason + ") "
				case pbx.NoticeQueues:
					all += n.Queues[0].Queue + string(rune('0'+n.Queues[0].Waiting)) + " "
				}
			}
			e.notices = nil
			_ = tr.do(ctx, func() {})
			return all
		}
		since := time.Now().Add(-time.Minute)
		lunch := pbx.Duty{State: pbx.AgentPaused, Reason: "Lunch", Since: since}
		_ = tr.SetDuty(ctx, "ada", 2, lunch)
		_ = tr.SetDuty(ctx, "bob", 3, lunch)
		if got := states(); got != "" {
			t.Errorf("another sign-in's duty: %s", got)
		}
		_ = tr.SetDuty(ctx, "ada", 3, lunch)
		_ = tr.SetDuty(ctx, "ada", 3, lunch)
		if got := states(); got != "paused(Lunch) " {
			t.Errorf("paused: %s", got)
		}
		b := pbx.NewBatch()
		b.Events = append(b.Events, together(talking(), queueing("q", "400"))...)
		tr.In() <- b
		if got := states(); got != "ringing(Lunch) oncall(Lunch) " {
			t.Errorf("a call in a pause: %s", got)
		}
		_ = tr.SetQueues(ctx, "ada", 3, []pbx.QueueState{{Queue: "help", Service: "Support", Member: true}})
		if got := states(); got != "help1 " {
			t.Errorf("queues: %s", got)
		}
		b = pbx.NewBatch()
		b.Events = append(b.Events, dies("q", 16), dies("2", 16))
		tr.In() <- b
		if got := states(); got != "paused(Lunch) " {
			t.Errorf("after the call: %s", got)
		}
		<-time.After(queuesPause)
		if got := states(); got != "help0 " {
			t.Errorf("a caller less: %s", got)
		}
		second := &ear{t: t}
		if _, err := tr.Watch(ctx, Agent{Operator: "ada", Extension: "PJSIP/201", Generation: 3}, second); err != nil {
			t.Fatal(err)
		}
		if s := second.snapshot; s.State != pbx.AgentPaused || !s.StateSince.Equal(since) || s.Duty.Reason != "Lunch" || len(s.Queues) != 1 || !s.Queues[0].Member {
			t.Errorf("snapshot %+v", s)
		}
	})
}
