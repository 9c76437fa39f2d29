package app

import (
	"context"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// counters are the rooms that the picture tells of agents: the desk, and the dialer of
// their calls.
type counters struct {
	desk   *desk.Desk
	dialer *dial.Dialer
}

func (c *counters) Phone(operator string, generation uint64, s pbx.AgentState, afterCall time.Duration) {
	c.desk.Phone(operator, generation, s, afterCall)
}

func (c *counters) Member(e *pbx.Event) { c.desk.Member(e) }

func (c *counters) Link(s pbx.LinkState) {
	c.desk.Link(s)
	c.dialer.Link(s)
}

func (c *counters) Originated(e *pbx.Event) { c.dialer.Originated(e) }

// ledger is the store as the desk knows it.
type ledger struct{ *store.Store }

func (l ledger) Members(ctx context.Context) ([]desk.Member, error) {
	rows, err := l.QueueMembers(ctx)
	list := make([]desk.Member, len(rows))
	for i, r := range rows {
		list[i] = desk.Member{Queue: r.Queue, Interface: r.Interface, Operator: r.Operator}
	}
	return list, err
}

func (l ledger) PutMember(ctx context.Context, m desk.Member) error {
	return l.PutQueueMember(ctx, m.Queue, m.Interface, m.Operator)
}

func (l ledger) DeleteMember(ctx context.Context, queue, iface string) error {
	return l.DeleteQueueMember(ctx, queue, iface)
}

func (l ledger) Pauses(ctx context.Context) ([]desk.Pause, error) {
	rows, err := l.Store.Pauses(ctx)
	list := make([]desk.Pause, len(rows))
	for i, r := range rows {
		list[i] = desk.Pause{Operator: r.Operator, Reason: r.Reason, Since: time.UnixMilli(r.Since)}
	}
	return list, err
}

func (l ledger) PutPause(ctx context.Context, p desk.Pause) error {
	return l.Store.PutPause(ctx, p.Operator, p.Reason, p.Since)
}
