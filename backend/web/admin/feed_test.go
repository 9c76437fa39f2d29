package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// busyFloor is a call centre at work.
func busyFloor(now time.Time) *pbx.Floor {
	return &pbx.Floor{
		Now: now, Changes: 7, Link: pbx.LinkStateReady,
		Agents: []pbx.FloorAgent{
			{Operator: "ada", FullName: "Ada Lovelace", Phone: "PJSIP/201", State: pbx.AgentOnCall, Since: now.Add(-65 * time.Second), Call: "1"},
			{Operator: "bob", FullName: `Bob <b>"`, Phone: "PJSIP/202", State: pbx.AgentPaused, Reason: "Lunch", Since: now.Add(-2 * time.Hour)},
			{Operator: "cleo", Phone: "PJSIP/203", State: pbx.AgentAvailable, Since: now, NoPhone: true},
		},
		Calls: []pbx.FloorCall{
			{ID: "1", Service: "Support", Queue: "help", Caller: pbx.CallerID{Number: "+390551234567", Name: "Maria <script>"}, Phase: pbx.PhaseTalking, Agent: "ada", Since: now.Add(-65 * time.Second)},
			{ID: "2", Service: "Support", Queue: "help", Phase: pbx.PhaseWaiting, Since: now.Add(-61 * time.Second), Waiting: true},
		},
		Queues: []pbx.FloorQueue{
			{Name: "help", Service: "Support", Members: 2, OnCall: 1, Paused: 1, Waiting: []pbx.FloorWaiter{{Call: "2", Since: now.Add(-61 * time.Second)}}},
			{Name: "night", Service: "Night"},
		},
	}
}

// withFloor plays a floor; how often it was asked is counted.
func withFloor(f *pbx.Floor, asked *atomic.Int64) change {
	return func(o *Options) {
		o.Floor = Floor{Changes: func() uint64 { return f.Changes }, Now: func(context.Context) (*pbx.Floor, error) {
			asked.Add(1)
			one := *f
			return &one, nil
		}}
	}
}

// TestLive: agents, calls and queues in words, in every language, hostile names as text.
func TestLive(t *testing.T) {
	var asked atomic.Int64
	s := newSite(t, withFloor(busyFloor(time.Now()), &asked))
	v := s.as("viewer")
	for language, texts := range map[string][]string{
		"en": {"On call", "Long wait", "Nobody serves it", "Unknown caller"}, "it": {"In chiamata", "Attesa lunga"}, "fr": {"En appel", "Attente longue"},
		"de": {"Im Gespräch", "Lange Wartezeit"}, "es": {"En llamada", "Espera larga"},
	} {
		a := v.get("/admin/live", func(r *http.Request) { r.Header.Set("Accept-Language", language) })
		a.wants(http.StatusOK, append(texts, "Ada Lovelace", "01:05", "2:00:00", "Lunch", "Bob &lt;b&gt;", "Maria &lt;script&gt;", `id="agent-ada"`, `hx-ws:connect="/admin/ws?page=live"`)...)
	}
	found := v.get("/admin/live?q=lovelace", part).wants(http.StatusOK, "Ada Lovelace")
	if strings.Contains(found.body, "Bob") || strings.Contains(found.body, "<!doctype") {
		t.Error("a search found too much")
	}
}

// TestFeed: a page that is open is sent the parts that changed, in htmx's envelope; the
// picture is asked once for all pages.
func TestFeed(t *testing.T) {
	var asked atomic.Int64
	s := newSite(t, withFloor(busyFloor(time.Now()), &asked))
	v := s.as("viewer")
	open := func(path string) *Onlooker {
		r := v.request(path)
		w, err := s.admin.Watch(r)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	pages := []*Onlooker{open("/admin/ws?page=live"), open("/admin/ws?page=live"), open("/admin/ws?page=operators")}
	for i, w := range pages {
		targets := []string{"#pending", "#status"}
		if i < 2 {
			targets = append(targets, "#board")
		}
		for _, target := range targets {
			frame, err := w.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var e envelope
			if err := json.Unmarshal(frame, &e); err != nil || e.Target != target || e.Swap != "outerMorph" || !strings.Contains(e.Content, `id="`+target[1:]+`"`) {
				t.Errorf("%s: %v: %.200s", target, err, frame)
			}
			if target == "#status" && (e.State == nil || e.State.Agents != 3) {
				t.Errorf("for scripts: %+v", e.State)
			}
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the picture was asked %d times", asked.Load())
	}
	if pages[0].Who() != pages[2].Who() {
		t.Error("one sign-in, two names")
	}
}

// TestFeedEnds: with the sign-in, and for nobody it begins.
func TestFeedEnds(t *testing.T) {
	var asked atomic.Int64
	s := newSite(t, withFloor(busyFloor(time.Now()), &asked))
	if _, err := s.admin.Watch(s.visitor().request("/admin/ws")); err == nil {
		t.Error("nobody may watch")
	}
	v := s.as("viewer")
	w, err := s.admin.Watch(v.request("/admin/ws?page=live"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v.post("/admin/sign-out", nil).wants(http.StatusSeeOther)
	w.checked = time.Now().Add(-time.Minute) // it is time to ask again
	if _, err := w.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after signing out: %v", err)
	}
	select {
	case <-w.Done():
	default:
		t.Error("it is not done")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other, err := s.admin.Watch(s.as("viewer").request("/admin/ws"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is there already
		if _, err := other.Next(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := other.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

// BenchmarkBoard is one push of the live page of 1,000 agents to all who look.
func BenchmarkBoard(b *testing.B) {
	now := time.Now()
	f := busyFloor(now)
	for i := range 1000 {
		f.Agents = append(f.Agents, pbx.FloorAgent{Operator: fmt.Sprint("agent", i), FullName: fmt.Sprint("Agent ", i), Phone: fmt.Sprint("PJSIP/", i), State: pbx.AgentAvailable, Since: now})
	}
	w := &Onlooker{lang: "en"}
	for b.Loop() {
		if _, err := w.part("board", "live", "#board", newBoard("en", f, ""), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestStatusSaysWhy: the top bar says in the reader's words why there is no link, and
// nothing of what the other side said.
func TestStatusSaysWhy(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.State = func() State { return State{Link: pbx.LinkStateDown, Why: "tls"} }
	})
	v := s.as("viewer")
	for language, title := range map[string]string{"en": "The encryption failed", "de": "Die Verschlüsselung"} {
		v.get("/admin/operators", func(r *http.Request) { r.Header.Set("Accept-Language", language) }).wants(http.StatusOK, `title="`+title)
	}
}

// TestFeedCannotLook: a database that does not answer signs nobody out.
func TestFeedCannotLook(t *testing.T) {
	s := newSite(t)
	w, err := s.admin.Watch(s.as("viewer").request("/admin/ws"))
	if err != nil {
		t.Fatal(err)
	}
	w.checked = time.Time{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	select {
	case <-w.Done():
		t.Error("he is told that he has signed out")
	default:
	}
}
