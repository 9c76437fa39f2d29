package desk

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

type blank struct{}

func (blank) SetDuty(context.Context, string, uint64, pbx.Duty) error           { return nil }
func (blank) SetQueues(context.Context, string, uint64, []pbx.QueueState) error { return nil }

// BenchmarkTurn is a turn in which nothing is to be done, with 1,000 agents in 5 queues each.
// After one that took longer than a millisecond the desk rests twice as long, so that it never
// has more than a third of a processor: turns/s is what that leaves.
func BenchmarkTurn(b *testing.B) {
	const agents, queues = 1000, 5
	var operators []config.Operator
	var services []config.Service
	for i := range agents {
		operators = append(operators, config.Operator{Username: fmt.Sprintf("op%d", i), Enabled: true})
	}
	for q := range queues {
		s := config.Service{Name: fmt.Sprintf("S%d", q), Context: fmt.Sprintf("s%d", q), Type: config.Inbound, Queue: fmt.Sprintf("queue%d", q), Enabled: true}
		for i := range agents {
			s.Operators = append(s.Operators, config.Assignment{Username: operators[i].Username})
		}
		services = append(services, s)
	}
	live := new(config.Live)
	live.Set(config.New("", services, nil, operators))
	x := &exchange{members: map[string]*pbx.Event{}, refuse: map[string]string{}}
	d := New(Options{Exchange: x, Picture: blank{}, Ledger: empty(), Config: live, Grace: time.Second})
	x.desk = d
	x.lists()
	for i := range agents {
		d.Enter(tracker.Agent{Operator: operators[i].Username, Extension: fmt.Sprintf("PJSIP/%d", i), Generation: uint64(i + 1)})
	}
	var work sync.WaitGroup
	for d.turn(b.Context(), &work); d.board.busy > 0; d.turn(b.Context(), &work) {
		<-d.wake
	}
	b.ReportAllocs()
	for b.Loop() {
		d.turn(b.Context(), &work)
	}
	took := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(time.Second)/float64(3*took), "turns/s")
	work.Wait()
}
