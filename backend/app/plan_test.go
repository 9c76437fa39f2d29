package app

import (
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// TestPlanAfterCall: a service works after its calls as long as it says, or as the limits do.
func TestPlanAfterCall(t *testing.T) {
	cfg := config.New("", []config.Service{
		{Name: "inherits", Context: "a", Type: config.Inbound, AfterCall: config.InheritAfterCall, Enabled: true},
		{Name: "none", Context: "b", Type: config.Inbound, Enabled: true},
		{Name: "own", Context: "c", Type: config.Inbound, AfterCall: 7, Enabled: true},
	}, nil, nil)
	for _, limit := range []int{0, 30} {
		cfg.Limits.AfterCall = limit
		plan, _ := PlanOf(cfg)
		for i, want := range []int{limit, 0, 7} {
			if s := plan.Services[i]; s.AfterCall != time.Duration(want)*time.Second {
				t.Errorf("%s, limit %d: %v", s.Name, limit, s.AfterCall)
			}
		}
	}
}
