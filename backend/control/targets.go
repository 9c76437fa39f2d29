package control

import (
	"context"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Targets are where an agent may hand calls on to, at this moment.
type Targets struct {
	Agents  []Colleague // by operator
	Queues  []pbx.FloorQueue
	Numbers bool // he has a service to call out by
}

// Colleague is somebody else who is signed in. Only who has no call can be given one.
type Colleague struct {
	Operator, FullName string
	State              pbx.AgentState
}

// Targets is what the panel offers a. Where the site has not said how agents and queues are
// dialled, there are none.
func (c *Control) Targets(ctx context.Context, a tracker.Agent) (t Targets, err error) {
	cfg := c.opt.Config.Now()
	if cfg == nil {
		return t, nil
	}
	for _, s := range cfg.ServicesOf(a.Operator) {
		t.Numbers = t.Numbers || s.Type == config.Outbound
	}
	if c.opt.Context == "" {
		return t, nil
	}
	floor, err := c.opt.Picture.Floor(ctx)
	if err != nil {
		return t, &dial.Denied{Code: dial.Refused, Text: "the server is ending"}
	}
	for i := range floor.Agents {
		if o := &floor.Agents[i]; c.colleague(a, o) {
			t.Agents = append(t.Agents, Colleague{o.Operator, o.FullName, o.State})
		}
	}
	for _, q := range floor.Queues {
		if dialable(q.Name) {
			t.Queues = append(t.Queues, q)
		}
	}
	return t, nil
}
