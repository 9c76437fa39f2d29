package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// frame is what is looked at of a message to an agent.
type frame struct {
	Type, Event string
	Seq         uint64
	Call        struct {
		Channel, State string
		Variables      []pbx.Variable
	}
	Action *pbx.Action
	Code   string // of a bye
}

// screen collects what one agent is told, until the server says goodbye.
type screen struct {
	frames []frame
	err    error
}

func watchScreen(ctx context.Context, addr string, agent int, ready *sync.WaitGroup) (s screen) {
	there := sync.OnceFunc(ready.Done)
	defer there()
	ws, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://%s/ws?agent=%d", addr, agent), &websocket.DialOptions{
		Subprotocols: []string{"asteriskcti.v1.json"}, HTTPHeader: http.Header{"Origin": {"http://" + addr}},
	})
	if err != nil {
		s.err = err
		return s
	}
	defer ws.CloseNow()
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusServiceRestart {
				s.err = err
			}
			return s
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			s.err = fmt.Errorf("%w: %s", err, b)
			return s
		}
		there() // the first frame is the snapshot
		s.frames = append(s.frames, f)
	}
}

// TestNothingIsLost pours the traffic of a busy call centre, as fast as it is read,
// over the whole server with 200 agents, and holds what each was told against what
// the traffic says of itself: every answered call pops once, at the agent who
// answered it, with what its caller typed; and nothing else reaches anybody.
func TestNothingIsLost(t *testing.T) {
	const agents = 200
	corpus := amitest.Traffic{Seed: 3, Calls: 60, Agents: agents, Queues: 10, Bytes: 3 << 20}.Generate()
	pbxServer, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pbxServer.Close)
	o, err := startOurs(pbxServer.Addr(), agents)
	if err != nil {
		t.Fatal(err)
	}
	var open, over sync.WaitGroup
	screens := make([]screen, agents)
	open.Add(agents)
	for n := range agents {
		over.Go(func() { screens[n] = watchScreen(t.Context(), o.addr, n, &open) })
	}
	open.Wait()
	before := o.tracker.Stats().Events
	if _, err := pbxServer.Flood(t.Context(), corpus, amitest.Flood{}); err != nil {
		t.Error(err)
	}
	want := before + meant(t, corpus)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); o.tracker.Stats().Events < want && !t.Failed(); {
		select {
		case <-tick.C:
		case <-late:
			t.Errorf("the picture saw %d events of %d", o.tracker.Stats().Events, want)
		}
	}
	if err := o.stop(); err != nil {
		t.Error(err)
	}
	over.Wait()
	expectTruth(t, corpus, screens)
}

// meant is how many events the picture is to see of a corpus.
func meant(t *testing.T, c *amitest.Corpus) (n int64) {
	_, wanted := PlanOf(callCentre(1))
	r := ami.NewReader(strings.NewReader(string(c.Text)))
	for range c.Ends {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		n += int64(len(asterisk.Translate(m, &wanted, nil)))
	}
	return n
}

func expectTruth(t *testing.T, c *amitest.Corpus, screens []screen) {
	type pop struct{ device, calldata string }
	pops := map[pop]int{}
	for n := range screens {
		device, s := phoneOf(n), &screens[n]
		if s.err != nil {
			t.Errorf("%s: %v", device, s.err)
		}
		last := len(s.frames) - 1
		if last < 1 || s.frames[0].Type != "snapshot" || s.frames[last].Code != "restart" {
			t.Fatalf("%s: no snapshot at first or no goodbye at last: %d frames", device, len(s.frames))
		}
		var truth amitest.Truth
		var seq uint64
		begun, called, up, ended := 0, 0, 0, 0
		for _, f := range s.frames[1:last] {
			if f.Type == "event" {
				seq++
				if pbx.Device(f.Call.Channel) != device {
					t.Errorf("%s was told of %s", device, f.Call.Channel)
				}
			}
			if f.Seq != seq {
				t.Fatalf("%s: number %d after %d messages", device, f.Seq, seq)
			}
			if f.Action != nil {
				if f.Event != "Link" || len(f.Call.Variables) != 1 || !strings.HasPrefix(f.Action.URL, crm+"?id="+f.Call.Variables[0].Value+"&") {
					t.Errorf("%s: an action where there is none, or of another call: %+v", device, f)
					continue
				}
				pops[pop{device, f.Call.Variables[0].Value}]++
			}
			switch {
			case f.Event == "Newchannel":
				begun++
			case f.Event == "Newstate" && f.Call.State == "Ringing":
				truth.Rang++
			case f.Event == "Callerid":
				called++
			case f.Event == "Newstate" && f.Call.State == "Up":
				up++
			case f.Event == "Link":
				truth.Answered++
			case f.Event == "Hold":
				truth.Held++
			case f.Event == "Unhold":
				truth.Unheld++
			case f.Event == "Unlink":
				truth.Ended++
			case f.Event == "Hangup":
				ended++
			case f.Type == "event":
				t.Errorf("%s was told of a %s", device, f.Event)
			}
		}
		if truth != c.Phones[device] || begun != truth.Rang || called != truth.Rang || up != truth.Answered || ended != truth.Rang {
			t.Errorf("%s was told of %+v, %d beginnings, %d callers, %d answers and %d ends; the traffic says %+v",
				device, truth, begun, called, up, ended, c.Phones[device])
		}
	}
	if len(c.Answers) < 50 {
		t.Errorf("%d answers are too few to prove anything", len(c.Answers))
	}
	for _, a := range c.Answers {
		p := pop{a.Device, a.Calldata}
		if pops[p] != 1 {
			t.Errorf("%+v popped %d times", p, pops[p])
		}
		delete(pops, p)
	}
	for p, n := range pops {
		t.Errorf("%+v popped %d times, and nobody answered it", p, n)
	}
}
