package app

import (
	"context"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// followPlan puts each configuration in use, in the picture and in what the link
// translates, until ctx ends (row J2).
func (s *server) followPlan(ctx context.Context) error {
	for {
		changed := s.live.Changed()
		if cfg := s.live.Now(); cfg != nil {
			plan, wanted := PlanOf(cfg)
			s.link.SetWanted(wanted) // first: the picture must not wait for what is not translated
			if err := s.tracker.SetPlan(ctx, plan); err != nil {
				return ended("a new configuration", err)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// PlanOf is what of a configuration concerns calls: enabled services and the seats'
// phones, for the picture and for the link.
func PlanOf(cfg *config.Snapshot) (*tracker.Plan, asterisk.Wanted) {
	plan := &tracker.Plan{Seats: make(map[string]string, len(cfg.Seats))}
	wanted := asterisk.Wanted{Variables: map[string]bool{}, Contexts: map[string]bool{}}
	for i := range cfg.Services {
		s := &cfg.Services[i]
		if !s.Enabled {
			continue
		}
		plan.Services = append(plan.Services, tracker.Service{
			Name: s.Name, Context: s.Context, Direction: pbx.Direction(s.Type), Queue: s.Queue,
			Variables: s.Variables, Action: s.Template(), Target: s.Target, AtRing: s.OpenAt == config.Ring,
			AfterCall: time.Duration(cfg.AfterCall(s)) * time.Second,
		})
		wanted.Contexts[s.Context] = true
		for _, v := range s.Variables {
			wanted.Variables[v] = true
		}
	}
	for _, seat := range cfg.Seats {
		plan.Seats[strings.ToUpper(seat.Extension)] = seat.MAC
	}
	return plan, wanted
}
