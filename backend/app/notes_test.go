package app

import (
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/settings"
)

// TestNotesAreTaken where they are kept, or told.
func TestNotesAreTaken(t *testing.T) {
	for _, c := range []struct {
		keep time.Duration
		url  string
		want bool
	}{{time.Hour, "", true}, {0, "", false}, {0, "https://crm.example/", true}, {time.Hour, "https://crm.example/", true}} {
		s := &server{opts: Options{Settings: settings.Settings{History: settings.History{Keep: c.keep}, Webhook: settings.Webhook{URL: c.url}}}}
		if got := s.notes() != nil; got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
