package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is an Asterisk with queues: what it is asked for it does, and says so in
// answers, as the link gives them, and in events, as the link and the picture would hand them on.
type exchange struct {
	mu      sync.Mutex
	desk    *Desk
	members map[string]*pbx.Event // "queue phone"
	asked   []string
	refuse  map[string]string // by "verb queue", the answer
	silent  bool              // no events come of what is asked
	mute    string            // a verb that is done and not answered
	unknown string            // a telephone that there is not
	looks   int               // times that a telephone was asked for
	down    bool
}

func (x *exchange) Do(_ context.Context, a ami.Action) (ami.Answer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.down {
		return ami.Answer{}, errors.New("no link")
	}
	text, err := a.Append(nil, "1")
	if err != nil {
		return ami.Answer{}, err
	}
	h := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		h[name] = value
	}
	verb, queue, phone := h["Action"], h["Queue"], h["Interface"]
	if verb == "Getvar" {
		x.looks++
		if h["Variable"] == "DEVICE_STATE("+x.unknown+")" {
			return answerOf("Response: Success\r\nValue: INVALID\r\n\r\n"), nil
		}
		return answerOf("Response: Success\r\nValue: NOT_INUSE\r\n\r\n"), nil
	}
	note := verb + " " + queue + " " + phone
	switch verb {
	case "QueueAdd":
		note += " " + h["Penalty"] + " " + h["Paused"]
	case "QueuePause":
		note += " " + h["Paused"] + " " + h["Reason"]
	case "QueuePenalty":
		note += " " + h["Penalty"]
	}
	x.asked = append(x.asked, strings.TrimSpace(note))
	if why := x.refuse[verb+" "+queue]; why != "" {
		return ami.Answer{}, &ami.RefusedError{Action: verb, Message: why}
	}
	key := strings.ToLower(queue + " " + phone)
	e := x.members[key]
	switch verb {
	case "QueueAdd":
		if e != nil {
			return ami.Answer{}, &ami.RefusedError{Action: verb, Message: "Unable to add interface: Already there"}
		}
		e = &pbx.Event{Kind: pbx.QueueMember, Queue: queue, Interface: phone, Number: len(h["Penalty"]) - 1, Paused: h["Paused"] == "true"}
		if h["Penalty"] != "0" {
			e.Number = int(h["Penalty"][0] - '0')
		}
		x.members[key] = e
		x.tell(*e)
	case "QueueRemove":
		if e == nil {
			return ami.Answer{}, &ami.RefusedError{Action: verb, Message: "Unable to remove interface: Not there"}
		}
		delete(x.members, key)
		x.tell(pbx.Event{Kind: pbx.QueueMemberRemoved, Queue: queue, Interface: phone})
	case "QueuePause":
		e.Paused = h["Paused"] == "true"
		x.tell(pbx.Event{Kind: pbx.QueueMemberPaused, Queue: queue, Interface: phone, Paused: e.Paused})
	case "QueuePenalty":
		e.Number = int(h["Penalty"][0] - '0')
	}
	if verb == x.mute {
		return ami.Answer{}, context.DeadlineExceeded
	}
	return answerOf("Response: Success\r\n\r\n"), nil
}

func answerOf(text string) ami.Answer {
	m, err := ami.NewReader(strings.NewReader(text)).Next()
	if err != nil {
		return ami.Answer{} // which is not OK
	}
	return ami.AnswerOf(m)
}

func (x *exchange) tell(e pbx.Event) {
	if !x.silent {
		x.desk.Member(&e)
	}
}

// lists tells all members, as a resync does.
func (x *exchange) lists() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.desk.Link(pbx.LinkStateSyncing)
	x.desk.Member(&pbx.Event{Kind: pbx.QueueMembersBegin})
	for _, key := range slices.Sorted(maps.Keys(x.members)) {
		x.desk.Member(x.members[key])
	}
	x.desk.Member(&pbx.Event{Kind: pbx.QueueMembersEnd})
	x.desk.Link(pbx.LinkStateReady)
}

func (x *exchange) want(t *testing.T, asked ...string) {
	t.Helper()
	synctest.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	got := x.asked
	x.asked = nil
	slices.Sort(got)
	slices.Sort(asked)
	if !slices.Equal(got, asked) {
		t.Errorf("asked %q\nwant %q", got, asked)
	}
}

// screen is the picture: it keeps what agents are shown.
type screen struct {
	mu     sync.Mutex
	duty   map[string]pbx.Duty
	queues map[string][]pbx.QueueState
}

func (s *screen) SetDuty(_ context.Context, operator string, _ uint64, d pbx.Duty) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duty[operator] = d
	return nil
}

func (s *screen) SetQueues(_ context.Context, operator string, _ uint64, q []pbx.QueueState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[operator] = q
	return nil
}

func (s *screen) shows(t *testing.T, operator string, state pbx.AgentState, reason string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.duty[operator]; d.State != state || d.Reason != reason {
		t.Errorf("%s is %s %q, want %s %q", operator, d.State, d.Reason, state, reason)
	}
}

// disk is a ledger that outlives desks.
type disk struct {
	mu      sync.Mutex
	members map[Member]bool
	pauses  map[string]Pause
}

func (l *disk) Members(context.Context) ([]Member, error) {
	return slices.Collect(maps.Keys(l.members)), nil
}

func (l *disk) Pauses(context.Context) ([]Pause, error) {
	return slices.Collect(maps.Values(l.pauses)), nil
}

func (l *disk) PutMember(_ context.Context, m Member) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members[m] = true
	return nil
}

func (l *disk) DeleteMember(_ context.Context, queue, iface string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.members, func(m Member, _ bool) bool { return m.Queue == queue && m.Interface == iface })
	return nil
}

func (l *disk) PutPause(_ context.Context, p Pause) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pauses[p.Operator] = p
	return nil
}

func (l *disk) DeletePause(_ context.Context, operator string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pauses, operator)
	return nil
}

// house is a desk with all around it. Ada serves Sales (penalty 1) and Help, Bob Help.
type house struct {
	*Desk
	x      *exchange
	screen *screen
	disk   *disk
	live   *config.Live
	stop   func()
}

func services(penalty int) *config.Snapshot {
	s := config.New("", []config.Service{
		{Name: "Sales", Context: "sales", Type: config.Inbound, Queue: "sales", Enabled: true, Operators: []config.Assignment{{Username: "ada", Penalty: penalty}}},
		{Name: "Support", Context: "support", Type: config.Inbound, Queue: "Help", Enabled: true, Operators: []config.Assignment{{Username: "ada"}, {Username: "bob", Penalty: 2}}},
		{Name: "Out", Context: "out", Type: config.Outbound, Enabled: true, Operators: []config.Assignment{{Username: "ada"}}},
	}, nil, []config.Operator{{Username: "ada", Enabled: true}, {Username: "bob", Enabled: true}})
	s.PauseReasons = []string{"Lunch", "Meeting"}
	return s
}

func opens(t *testing.T, members map[string]*pbx.Event, ledger *disk) *house {
	t.Helper()
	h := &house{
		x: &exchange{members: members, refuse: map[string]string{}}, live: new(config.Live), disk: ledger,
		screen: &screen{duty: map[string]pbx.Duty{}, queues: map[string][]pbx.QueueState{}},
	}
	h.live.Set(services(1))
	h.Desk = New(Options{Exchange: h.x, Picture: h.screen, Ledger: ledger, Config: h.live, Grace: 20 * time.Second})
	h.x.desk = h.Desk
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.stop)
	h.x.lists()
	return h
}

func empty() *disk { return &disk{members: map[Member]bool{}, pauses: map[string]Pause{}} }

func ada(generation uint64) tracker.Agent {
	return tracker.Agent{Operator: "ada", FullName: "Ada Lovelace", Extension: "PJSIP/201", Generation: generation}
}

func TestQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false", "QueueAdd Help PJSIP/201 0 false")
		if q := h.screen.queues["ada"]; len(q) != 2 || !q[0].Member || !q[1].Member || q[0].Penalty != 1 {
			t.Errorf("ada is shown %+v", q)
		}
		h.live.Set(services(3))
		h.x.want(t, "QueuePenalty sales PJSIP/201 3")
		h.x.lists()
		h.x.want(t)
		h.Leave("ada", 0)
		h.x.want(t)
		h.Leave("ada", 1)
		h.x.want(t, "QueueRemove sales PJSIP/201", "QueueRemove Help PJSIP/201")
		if len(h.disk.members) != 0 {
			t.Errorf("the ledger holds %v", h.disk.members)
		}
	})
}

// TestForeign: who was a member before, stays one, and not paused by a pause of ours.
func TestForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{
			"help pjsip/201": {Kind: pbx.QueueMember, Queue: "help", Interface: "pjsip/201", Number: 5},
		}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false")
		if err := h.Pause(t.Context(), "ada", 1, Wish{On: true, Reason: "Lunch"}); err != nil {
			t.Error(err)
		}
		h.x.want(t, "QueuePause sales PJSIP/201 true Lunch", "QueuePause Help PJSIP/201 true Lunch")
		h.Leave("ada", 1)
		h.x.want(t, "QueueRemove sales PJSIP/201", "QueuePause Help PJSIP/201 false")
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false", "QueueAdd Help PJSIP/201 0 false")
		wish := func(w Wish) error { return h.Pause(t.Context(), "ada", 1, w) }
		if err := wish(Wish{On: true, Reason: "Nap"}); !errors.Is(err, ErrUnknownReason) {
			t.Error(err)
		}
		if err := wish(Wish{On: true, Queue: "other"}); !errors.Is(err, ErrUnknownQueue) {
			t.Error(err)
		}
		if err := wish(Wish{On: true, Reason: "Lunch"}); err != nil {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentPaused, "Lunch")
		h.x.want(t, "QueuePause sales PJSIP/201 true Lunch", "QueuePause Help PJSIP/201 true Lunch")
		if err := wish(Wish{Queue: "HELP"}); err != nil {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentAvailable, "")
		h.x.want(t, "QueuePause Help PJSIP/201 false")
		if err := wish(Wish{}); err != nil {
			t.Error(err)
		}
		h.x.want(t, "QueuePause sales PJSIP/201 false")

		h.x.refuse["QueuePause sales"] = "Interface not found"
		var no *Refused
		if err := wish(Wish{On: true}); !errors.As(err, &no) || no.Text != "Interface not found" {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentAvailable, "")
		clear(h.x.refuse)
		<-time.After(5 * time.Second)
		h.x.want(t, "QueuePause sales PJSIP/201 true", "QueuePause Help PJSIP/201 true", "QueuePause Help PJSIP/201 false")

		h.x.silent = true // the event never comes: the answer must do
		if err := wish(Wish{On: true}); err != nil {
			t.Error(err)
		}
		h.x.silent = false
		h.Link(pbx.LinkStateDown)
		if err := wish(Wish{}); !errors.Is(err, ErrDown) {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentPaused, "")
	})
}

// TestAfterCall: work begins with the end of the call; in the queue the agent is paused
// before, so that no call comes in between.
func TestAfterCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false", "QueueAdd Help PJSIP/201 0 false")
		h.Phone("ada", 1, pbx.AgentRinging, 0)
		h.Phone("ada", 1, pbx.AgentOnCall, 30*time.Second)
		h.x.want(t, "QueuePause sales PJSIP/201 true after call", "QueuePause Help PJSIP/201 true after call")
		h.screen.shows(t, "ada", pbx.AgentAvailable, "")
		h.Phone("ada", 1, pbx.AgentAvailable, 30*time.Second)
		h.x.want(t)
		h.screen.shows(t, "ada", pbx.AgentAfterCall, "")
		<-time.After(20 * time.Second)
		if err := h.MoreTime(t.Context(), "ada", 1); err != nil {
			t.Error(err)
		}
		<-time.After(20 * time.Second)
		h.screen.shows(t, "ada", pbx.AgentAfterCall, "")
		<-time.After(50 * time.Second)
		h.screen.shows(t, "ada", pbx.AgentAvailable, "")
		h.x.want(t, "QueuePause sales PJSIP/201 false", "QueuePause Help PJSIP/201 false")
		if err := h.Ready(t.Context(), "ada", 1); !errors.Is(err, ErrNoWork) {
			t.Error(err)
		}

		h.Phone("ada", 1, pbx.AgentOnCall, 0)
		if err := h.Pause(t.Context(), "ada", 1, Wish{On: true, Reason: "Lunch", AfterCall: true}); err != nil {
			t.Error(err)
		}
		h.screen.shows(t, "ada", pbx.AgentAvailable, "")
		h.Phone("ada", 1, pbx.AgentAvailable, 0)
		h.screen.shows(t, "ada", pbx.AgentPaused, "Lunch")
	})
}

// TestLost: who is lost is paused, keeps his place for a while, and comes back to it.
func TestLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(ada(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false", "QueueAdd Help PJSIP/201 0 false")
		h.Lost("ada", 1, 3*time.Second)
		<-time.After(2 * time.Second)
		h.x.want(t)
		h.Enter(ada(1)) // the page was loaded anew
		<-time.After(5 * time.Second)
		h.x.want(t)
		h.Lost("ada", 1, 0)
		h.x.want(t, "QueuePause sales PJSIP/201 true lost", "QueuePause Help PJSIP/201 true lost")
		<-time.After(19 * time.Second)
		h.Enter(ada(2))
		h.x.want(t, "QueuePause sales PJSIP/201 false", "QueuePause Help PJSIP/201 false")
		h.Lost("ada", 1, 0) // of the former sign-in
		h.x.want(t)
		h.Lost("ada", 2, 0)
		<-time.After(21 * time.Second)
		h.x.want(t, "QueuePause sales PJSIP/201 true lost", "QueuePause Help PJSIP/201 true lost", "QueueRemove sales PJSIP/201", "QueueRemove Help PJSIP/201")
	})
}

// TestCrash: after a crash of the server those who come back are as they were, the others
// leave; nobody else is touched.
func TestCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		since := time.Now().Add(-time.Hour)
		left := empty()
		left.members[Member{"sales", "PJSIP/201", "ada"}] = true
		left.members[Member{"Help", "PJSIP/202", "bob"}] = true
		left.pauses["ada"] = Pause{"ada", "Lunch", since}
		h := opens(t, map[string]*pbx.Event{
			"sales pjsip/201": {Kind: pbx.QueueMember, Queue: "sales", Interface: "PJSIP/201", Number: 1, Paused: true},
			"help pjsip/202":  {Kind: pbx.QueueMember, Queue: "Help", Interface: "PJSIP/202", Number: 2},
			"help pjsip/299":  {Kind: pbx.QueueMember, Queue: "Help", Interface: "PJSIP/299"},
		}, left)
		h.x.want(t, "QueuePause Help PJSIP/202 true lost", "QueuePause sales PJSIP/201 true lost")
		<-time.After(10 * time.Second)
		h.Enter(ada(1)) // Asterisk learns why only with a QueuePause
		h.x.want(t, "QueueAdd Help PJSIP/201 0 true", "QueuePause Help PJSIP/201 true Lunch", "QueuePause sales PJSIP/201 true Lunch")
		h.screen.shows(t, "ada", pbx.AgentPaused, "Lunch")
		<-time.After(15 * time.Second)
		h.x.want(t, "QueueRemove Help PJSIP/202")
		h.stop()
		h.x.want(t, "QueueRemove sales PJSIP/201", "QueueRemove Help PJSIP/201")
		if len(left.members) != 0 {
			t.Errorf("the ledger holds %v", left.members)
		}
		if left.pauses["ada"].Reason != "Lunch" {
			t.Errorf("ada would not be paused after the server's restart: %v", left.pauses)
		}
	})
}

// TestNoPhone: who sits at a telephone that Asterisk does not know is told so, and until
// when.
func TestNoPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.x.unknown = "PJSIP/201"
		told := func() bool {
			synctest.Wait()
			h.screen.mu.Lock()
			defer h.screen.mu.Unlock()
			return h.screen.duty["ada"].NoPhone
		}
		h.Enter(ada(1))
		if !told() {
			t.Error("ada is not warned")
		}
		h.x.mu.Lock()
		h.x.unknown = ""
		h.x.mu.Unlock()
		<-time.After(lookAgain + time.Second)
		if told() {
			t.Error("ada is warned of a telephone that is there now")
		}
		looks := h.x.looks
		<-time.After(10 * time.Minute)
		if h.x.looks != looks {
			t.Errorf("a known telephone was asked for %d times more", h.x.looks-looks)
		}
	})
}

// TestLate: of two who take one telephone the later counts, in whatever order they come.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.Enter(tracker.Agent{Operator: "bob", Extension: "PJSIP/201", Generation: 2})
		h.x.want(t, "QueueAdd Help PJSIP/201 2 false")
		h.Enter(ada(1))
		h.x.want(t)
		h.Enter(ada(3))
		h.x.want(t, "QueueRemove Help PJSIP/201", "QueueAdd Help PJSIP/201 0 false", "QueueAdd sales PJSIP/201 1 false")
	})
}

// TestRefused: what Asterisk does not do is asked for again, later and later, and told.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := opens(t, map[string]*pbx.Event{}, empty())
		h.x.refuse["QueueAdd sales"] = "Unable to add interface to queue: No such queue"
		h.Enter(ada(1))
		<-time.After(10 * time.Second)
		h.x.want(t, "QueueAdd Help PJSIP/201 0 false", "QueueAdd sales PJSIP/201 1 false", "QueueAdd sales PJSIP/201 1 false", "QueueAdd sales PJSIP/201 1 false", "QueueAdd sales PJSIP/201 1 false")
		if q := h.screen.queues["ada"]; q[0].Member || !strings.Contains(q[0].Error, "No such queue") {
			t.Errorf("ada is shown %+v", q)
		}
		if len(h.disk.members) != 1 {
			t.Errorf("the ledger holds %v", h.disk.members)
		}
		clear(h.x.refuse)
		h.live.Set(services(1))
		h.x.want(t, "QueueAdd sales PJSIP/201 1 false")
		if q := h.screen.queues["ada"]; !q[0].Member || q[0].Error != "" {
			t.Errorf("ada is shown %+v", q)
		}
	})
}

func TestNameOf(t *testing.T) {
	long := strings.Repeat("a", 78) + "é"
	for _, c := range []struct{ full, want string }{
		{"Ada Lovelace", "Ada Lovelace"}, {"", "ada"}, {"Lovelace, Ada", "ada"}, {long, long[:78]}, {long[1:], long[1:]},
	} {
		if got := nameOf(&agent{Agent: tracker.Agent{Operator: "ada", FullName: c.full}}); got != c.want {
			t.Errorf("%q: %q", c.full, got)
		}
	}
}
