package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ada = tracker.Agent{Operator: "ada", SeatMAC: "00:00:00:00:00:01", Extension: "PJSIP/201", Generation: 7}

// room is a Control among fakes. done is what was done, in its order: lines of the audit and
// actions.
type room struct {
	*Control
	mu    sync.Mutex
	live  config.Live
	done  []string
	parts map[string]tracker.Part
	says  map[string]error // by action: what Asterisk has against it
	full  error            // why the audit takes nothing
	hold  func()           // is called in Do
	slow  func(*room)      // happens while the audit is written
	lacks string           // the extension that the dialplan has not
	then  func(*room)      // what an action has come to, a while after it
}

func newRoom(context string) *room {
	r := &room{
		parts: map[string]tracker.Part{
			"talk":    {Uniqueid: "1", Channel: "PJSIP/201-1", Phase: pbx.PhaseTalking, Party: "PJSIP/trunk-9"},
			"held":    {Uniqueid: "2", Channel: "PJSIP/201-2", Phase: pbx.PhaseHeld},
			"ring":    {Uniqueid: "3", Channel: "PJSIP/201-3", Phase: pbx.PhaseRinging, Party: "PJSIP/trunk-9"},
			"asked":   {Uniqueid: "4", Channel: "PJSIP/201-4", Phase: pbx.PhaseTalking, Asked: true, Party: "PJSIP/trunk-9"},
			"hostile": {Uniqueid: "5", Channel: "PJSIP/201\r\nAction: Command", Phase: pbx.PhaseTalking},
		},
		says: map[string]error{},
	}
	everybody := []config.Assignment{{Username: "ada"}, {Username: "bob"}}
	r.live.Set(config.New("", []config.Service{
		{Name: "Support", Context: "support", Type: config.Inbound, Queue: "Help", Enabled: true, Operators: everybody},
		{Name: "Old", Context: "old", Type: config.Inbound, Queue: "old"},
		{Name: "Odd", Context: "odd", Type: config.Inbound, Queue: "two words", Enabled: true},
		{Name: "Campaign", Context: "out", Type: config.Outbound, Enabled: true, Operators: everybody, Allow: []string{"+39"}},
	}, nil, []config.Operator{
		{Username: "ada", Enabled: true}, {Username: "bob", Enabled: true}, {Username: "cem", Enabled: true}, {Username: "dot", Enabled: true},
		{Username: "eve"}, {Username: "fay", Enabled: true}, {Username: "gus", Enabled: true}, {Username: "hal", Enabled: true},
	}))
	r.Control = New(Options{
		Exchange: r, Picture: r, Config: &r.live, Audit: r, Context: context,
		Numbers: dial.New(dial.Options{Exchange: r, Config: &r.live, Audit: r, PerMinute: 3}),
	})
	return r
}

func (r *room) PartOf(_ context.Context, operator string, generation uint64, id pbx.CallID) (tracker.Part, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, part := range r.parts {
		if name == string(id) || part.Uniqueid == pbx.ChannelID(id) {
			return part, operator == "ada" && generation == 7, nil
		}
	}
	return tracker.Part{}, false, nil
}

func (r *room) Floor(context.Context) (*pbx.Floor, error) {
	return &pbx.Floor{Agents: []pbx.FloorAgent{
		{Operator: "ada", Phone: "PJSIP/201", State: pbx.AgentOnCall},
		{Operator: "bob", FullName: "Bob", Phone: "PJSIP/202", State: pbx.AgentAvailable},
		{Operator: "cem", Phone: "PJSIP/203", State: pbx.AgentOnCall},
		{Operator: "dot", Phone: "PJSIP/204", State: pbx.AgentLost},
		{Operator: "eve", Phone: "PJSIP/205", State: pbx.AgentAvailable},
		{Operator: "fay", Phone: "PJSIP/206", State: pbx.AgentPaused},
		{Operator: "gus", Phone: "PJSIP/201", State: pbx.AgentAvailable},
		{Operator: "hal", Phone: "PJSIP/_2X@x", State: pbx.AgentAvailable},
		{Operator: "who", Phone: "PJSIP/207", State: pbx.AgentAvailable},
	}, Queues: []pbx.FloorQueue{{Name: "Help"}, {Name: "two words"}}}, nil
}

func (r *room) Do(_ context.Context, a ami.Action) (ami.Answer, error) {
	if r.hold != nil {
		r.hold()
	}
	text, err := a.Append(nil, "7")
	if err != nil {
		return ami.Answer{}, err
	}
	var words []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\r\n") {
		if name, value, _ := strings.Cut(line, ": "); name != "ActionID" {
			words = append(words, value)
		}
	}
	value := "1"
	if a.String() != "Getvar" { // which does nothing
		r.done = append(r.done, strings.Join(words, " "))
	} else if words[len(words)-1] == "TRANSFER_CONTEXT" {
		value = "xfer"
	} else if r.lacks != "" && strings.Contains(words[len(words)-1], r.lacks) {
		value = "0"
	}
	if err := r.says[a.String()]; err != nil {
		return ami.Answer{}, err
	}
	if r.then != nil && a.String() != "Getvar" {
		r.then(r)
	}
	m, err := ami.NewReader(strings.NewReader("Response: Success\r\nValue: " + value + "\r\n\r\n")).Next()
	if err != nil {
		return ami.Answer{}, err
	}
	return ami.AnswerOf(m), nil
}

func (r *room) Log(_ context.Context, event string, attrs ...slog.Attr) error {
	if r.slow != nil {
		r.slow(r)
	}
	line := "audit " + event
	for _, a := range attrs {
		if a.Key == "decision" || a.Key == "code" {
			line += " " + a.Value.String()
		}
	}
	if r.full == nil {
		r.done = append(r.done, line)
	}
	return r.full
}

func code(err error) string {
	var denied *dial.Denied
	if errors.As(err, &denied) {
		return denied.Code
	}
	return fmt.Sprint(err)
}

// TestPolicy holds what is asked of Asterisk for each wish, that the audit had it before, and what
// is not asked at all.
func TestPolicy(t *testing.T) {
	const noted = "audit transfer allowed; "
	for _, c := range []struct {
		call       string
		to         Target
		code, done string
	}{
		{"talk", Target{Agent: "bob"}, "<nil>", noted + "BlindTransfer PJSIP/201-1 house 202"},
		{"held", Target{Agent: "BOB"}, "<nil>", noted + "BlindTransfer PJSIP/201-2 house 202"},
		{"talk", Target{Agent: "fay"}, "<nil>", noted + "BlindTransfer PJSIP/201-1 house 206"}, // in a pause he may know
		{"talk", Target{Queue: "help"}, "<nil>", noted + "BlindTransfer PJSIP/201-1 house Help"},
		{"talk", Target{Number: "0551234"}, "<nil>", noted + "BlindTransfer PJSIP/201-1 out 0551234"},
		{"talk", Target{Number: "+39055", Service: "campaign"}, "<nil>", noted + "BlindTransfer PJSIP/201-1 out +39055"},
		{"ring", Target{Agent: "bob"}, NoTalk, ""},
		{"asked", Target{Agent: "bob"}, NoTalk, ""},
		{"gone", Target{Agent: "bob"}, UnknownCall, ""},
		{"", Target{Agent: "bob"}, UnknownCall, ""},
		{"hostile", Target{Agent: "bob"}, dial.Refused, "audit transfer allowed"},
		{"talk", Target{}, NoTarget, ""},
		{"talk", Target{Agent: "bob", Number: "0551234"}, NoTarget, ""},
		{"talk", Target{Agent: "ada"}, NoTarget, ""},
		{"talk", Target{Agent: "gus"}, NoTarget, ""}, // at her own telephone
		{"talk", Target{Agent: "cem"}, TargetBusy, ""},
		{"talk", Target{Agent: "dot"}, NoTarget, ""},
		{"talk", Target{Agent: "eve"}, NoTarget, ""},
		{"talk", Target{Agent: "hal"}, NoTarget, ""},
		{"talk", Target{Agent: "who"}, NoTarget, ""},
		{"talk", Target{Agent: "nobody"}, NoTarget, ""},
		{"talk", Target{Queue: "old"}, NoTarget, ""},
		{"talk", Target{Queue: "two words"}, NoTarget, ""},
		{"talk", Target{Queue: "secret"}, NoTarget, ""},
		{"talk", Target{Number: "+44207"}, dial.Policy, "audit transfer denied policy"},
		{"talk", Target{Number: "0900123"}, dial.Policy, "audit transfer denied policy"},
		{"talk", Target{Number: "1,1\r\nAction: x"}, dial.BadNumber, "audit transfer denied number"},
		{"talk", Target{Number: "0551234", Service: "Support"}, dial.NoService, "audit transfer denied no-service"},
	} {
		r := newRoom("house")
		err := r.Transfer(t.Context(), ada, c.call, c.to)
		if got := strings.Join(r.done, "; "); code(err) != c.code || got != c.done {
			t.Errorf("%s to %+v: %s, did %q, want %s %q", c.call, c.to, code(err), got, c.code, c.done)
		}
		if len(r.busy) != 0 {
			t.Errorf("%s to %+v: %v is held", c.call, c.to, r.busy)
		}
	}
}

// TestNoContext holds that without the setting calls go to numbers only.
func TestNoContext(t *testing.T) {
	r := newRoom("")
	for _, to := range []Target{{Agent: "bob"}, {Queue: "Help"}} {
		if err := r.Transfer(t.Context(), ada, "talk", to); code(err) != NoContext {
			t.Errorf("%+v: %v", to, err)
		}
	}
	if err := r.Transfer(t.Context(), ada, "talk", Target{Number: "0551234"}); err != nil {
		t.Error(err)
	}
	if got, err := r.Targets(t.Context(), ada); err != nil || len(got.Agents)+len(got.Queues) > 0 || !got.Numbers {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTargets holds that nothing is offered that Transfer refuses, but for who has a call.
func TestTargets(t *testing.T) {
	r := newRoom("house")
	got, err := r.Targets(t.Context(), ada)
	if want := "{Agents:[{Operator:bob FullName:Bob State:available} {Operator:cem FullName: State:oncall} {Operator:fay FullName: State:paused}]"; err != nil || !strings.HasPrefix(fmt.Sprintf("%+v", got), want) {
		t.Errorf("%+v, %v", got, err)
	}
	if len(got.Queues) != 1 || got.Queues[0].Name != "Help" || !got.Numbers {
		t.Errorf("%+v", got)
	}
}

// TestRate holds that a transfer to a number counts as a call of the agent's.
func TestRate(t *testing.T) {
	r := newRoom("house")
	for i := range 4 {
		err := r.Transfer(t.Context(), ada, "talk", Target{Number: "0551234"})
		if want := []string{"<nil>", "<nil>", "<nil>", dial.Rate}[i]; code(err) != want {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestHangup holds that only the agent's own channel is hung up, in any phase.
func TestHangup(t *testing.T) {
	for call, want := range map[string]string{"talk": "PJSIP/201-1", "ring": "PJSIP/201-3", "asked": "PJSIP/201-4"} {
		r := newRoom("")
		if err := r.Hangup(t.Context(), ada, call); err != nil || strings.Join(r.done, "; ") != "audit hangup allowed; Hangup "+want {
			t.Errorf("%s: %v, did %q", call, err, r.done)
		}
	}
	r := newRoom("")
	bob, old := ada, ada
	bob.Operator, old.Generation = "bob", 6
	for _, a := range []tracker.Agent{bob, old} {
		if err := r.Hangup(t.Context(), a, "talk"); code(err) != UnknownCall || len(r.done) > 0 {
			t.Errorf("%v, did %q", err, r.done)
		}
	}
}

// TestOldAsterisk holds that the caller is redirected where there is no BlindTransfer, and only there.
func TestOldAsterisk(t *testing.T) {
	for _, c := range []struct {
		call       string
		says       error
		code, last string
	}{
		{"talk", &ami.RefusedError{Message: "Invalid/unknown command: BlindTransfer. Use Action: ListCommands to show available commands."}, "<nil>", "Redirect PJSIP/trunk-9 house 202 1"},
		{"held", &ami.RefusedError{Message: "Invalid/unknown command"}, dial.Refused, "BlindTransfer PJSIP/201-2 house 202"}, // whom?
		{"talk", &ami.RefusedError{Message: "Transfer failed"}, dial.Refused, "BlindTransfer PJSIP/201-1 house 202"},
		{"talk", ami.ErrClosed, dial.Unanswered, "BlindTransfer PJSIP/201-1 house 202"},
		{"talk", context.DeadlineExceeded, dial.Unanswered, "BlindTransfer PJSIP/201-1 house 202"},
		{"talk", errors.New("no link"), dial.NoLink, "BlindTransfer PJSIP/201-1 house 202"},
	} {
		r := newRoom("house")
		r.says["BlindTransfer"] = c.says
		err := r.Transfer(t.Context(), ada, c.call, Target{Agent: "bob"})
		if got := r.done[len(r.done)-1]; code(err) != c.code || got != c.last {
			t.Errorf("%s, %v: %v, did %q", c.call, c.says, err, got)
		}
	}
}

// TestAuditFirst holds that nothing is done that cannot be recorded.
func TestAuditFirst(t *testing.T) {
	r := newRoom("house")
	r.full = errors.New("full")
	for _, err := range []error{r.Hangup(t.Context(), ada, "talk"), r.Transfer(t.Context(), ada, "talk", Target{Agent: "bob"})} {
		if code(err) != dial.Refused || len(r.done) > 0 {
			t.Errorf("%v, did %q", err, r.done)
		}
	}
}

// TestOneAtATime holds that a call has one action at a time, and another call its own; and that
// it is carried out whoever goes away meanwhile.
func TestOneAtATime(t *testing.T) {
	r := newRoom("house")
	ctx, cancel := context.WithCancel(t.Context())
	r.hold = func() {
		r.hold = nil
		cancel()
		if err := r.Hangup(ctx, ada, "talk"); code(err) != dial.Busy {
			t.Errorf("the same call: %v", err)
		}
		if err := r.Hangup(ctx, ada, "held"); err != nil {
			t.Errorf("another call: %v", err)
		}
	}
	if err := r.Transfer(ctx, ada, "talk", Target{Queue: "Help"}); err != nil {
		t.Error(err)
	}
	if err := r.Hangup(t.Context(), ada, "talk"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// FuzzTransfer holds that Asterisk is told nothing of a client's but a number that conforms and
// names of the configuration.
func FuzzTransfer(f *testing.F) {
	for _, s := range []string{"bob", "Help", "0551234", "+39055", "201\r\nAction: Hangup", "help ", "two words", "_X.", "h,1"} {
		f.Add(s, "", "", "")
		f.Add("", s, "", "")
		f.Add("", "", s, "Campaign")
	}
	f.Fuzz(func(t *testing.T, agent, queue, number, service string) {
		r := newRoom("house")
		if err := r.Transfer(t.Context(), ada, "talk", Target{agent, queue, number, service}); err != nil {
			return
		}
		want := []string{"house 202", "house 206", "house Help", "out " + number}
		asked := newRoom("house")
		asked.opt.Attended = true
		asked.then = func(r *room) {
			p := r.parts["talk"]
			asks(&p)
			r.parts["talk"] = p
		}
		err := asked.Consult(t.Context(), ada, "talk", Target{agent, queue, number, service})
		if was := strings.TrimPrefix(r.done[len(r.done)-1], "BlindTransfer"); err == nil && asked.done[len(asked.done)-2] != "Atxfer"+was {
			t.Fatalf("did %q, asked %q", r.done, asked.done)
		}
		got := strings.TrimPrefix(r.done[len(r.done)-1], "BlindTransfer PJSIP/201-1 ")
		for i, w := range want {
			if got == w && (i < 3 || config.ValidNumber(number)) {
				return
			}
		}
		t.Fatalf("did %q", r.done)
	})
}
