package app

import (
	"errors"
	"sync"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestTestPop: the agent who is meant sees one call that is answered, pops, and is over;
// the next message to her has the next number; nobody else sees anything.
func TestTestPop(t *testing.T) {
	pbxServer, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pbxServer.Close)
	o, err := startOurs(pbxServer.Addr(), 2)
	if err != nil {
		t.Fatal(err)
	}
	var open, over sync.WaitGroup
	screens := make([]screen, 2)
	open.Add(2)
	for n := range screens {
		over.Go(func() { screens[n] = watchScreen(t.Context(), o.addr, n, &open) })
	}
	open.Wait()

	tests := tester{o.clients, o.tracker}
	agents, err := tests.Agents(t.Context())
	if err != nil || len(agents) != 2 || agents[0].Busy || agents[0].FullName == "" || agents[0].Phone == "" {
		t.Error(agents, err)
	}
	action := &pbx.Action{Type: "browser", URL: "https://crm.example/?id=1", Target: "pane"}
	if err := tests.TestPop(t.Context(), operatorOf(0), "Calls", action); err != nil {
		t.Error(err)
	}
	if err := tests.TestPop(t.Context(), "nobody", "Calls", action); !errors.Is(err, errSignedOut) {
		t.Error(err)
	}
	floor, err := o.tracker.Floor(t.Context())
	if err != nil || len(floor.Calls) != 0 || floor.Agents[0].State != pbx.AgentAvailable {
		t.Error("the test left something behind:", floor, err)
	}
	if err := o.stop(); err != nil {
		t.Error(err)
	}
	over.Wait()
	for n := range screens {
		var events []string
		for _, f := range screens[n].frames {
			if f.Type != "event" {
				continue
			}
			events = append(events, f.Event)
			if f.Seq != uint64(len(events)) {
				t.Errorf("%s has the number %d", f.Event, f.Seq)
			}
			if pop := f.Event == "Link"; pop != (f.Action != nil) || pop && f.Action.URL != action.URL {
				t.Errorf("%s with %v", f.Event, f.Action)
			}
		}
		if want := [][]string{{"Link", "Hangup"}, nil}[n]; len(events) != len(want) || len(want) > 0 && (events[0] != want[0] || events[1] != want[1]) {
			t.Errorf("agent %d saw %v", n, events)
		}
	}
}
