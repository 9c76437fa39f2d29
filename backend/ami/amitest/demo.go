package amitest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// The pace of the demo.
const (
	demoFirst = 2 * time.Second // from the first agent who signs in to the first call
	demoLook  = time.Second     // how often it looks who is there
	// demoPatience is how long a caller waits who was to be answered.
	demoPatience = 25 * time.Second
	demoLifts    = 2 * time.Second  // until a phone is lifted that its own agent has rung
	demoTalk     = 15 * time.Second // how long he talks then
)

// DemoService is a service of the demo's dialplan. The demo's configuration must
// have the same ones.
type DemoService struct {
	Name      string
	Number    string // what callers dial
	Context   string
	Queue     string // "" for the one without queue
	Variables []string
}

// DemoServices are the two services the demo's callers reach.
var DemoServices = []DemoService{
	{Name: "Orders", Number: "101", Context: "demo-orders", Variables: []string{"calldata", "language"}},
	{Name: "Customer support", Number: "102", Context: "demo-support", Queue: "support", Variables: []string{"calldata", "language"}},
}

// DemoExtensions are the demo's three phones; their devices are PJSIP/201 and so on.
var DemoExtensions = []string{"201", "202", "203"}

// Why PlaceCall does not.
var (
	ErrNobody  = errors.New("nobody takes calls at one of the demo's phones")
	ErrAllBusy = errors.New("every phone with an agent is ringing or in a call")
)

// Demo is a simulated Asterisk that shows the product: believable callers ring the
// phones of the agents who are signed in, are answered by themselves after a few
// seconds, talk a little and hang up; so do those whom an agent calls, or asks before he hands a
// call on, whether anybody sits at their phones or not. The fields are set before Listen.
type Demo struct {
	// Occupied gives the extensions of the phones whose agent takes calls, as
	// devices ("PJSIP/201") or numbers. It is called about once a second and by
	// PlaceCall, must not block, and must not call the Demo.
	Occupied func() []string
	Options  Options // Dialect, Address, Clock, Seed, Log; a Seed of 0 makes each run another one
	// Every is how long it is between calls that nobody asked for; 0: there are none.
	Every time.Duration
	// Talk is how long everybody talks then, and nobody holds or gives up. 0: some twenty
	// seconds, and some do.
	Talk time.Duration
	// Ring is how long a telephone rings before it is answered by itself. 0: two to four seconds.
	Ring time.Duration

	server *Server
	log    *slog.Logger

	mu       sync.Mutex
	rng      *rand.Rand
	due      time.Time // of the next call that nobody asked for
	here     bool      // somebody took calls when it looked last
	placed   int
	last     int      // the customer who called last
	calls    []*Live  // that may still ring
	next     *Step    // the next look
	answerer []string // who answered last, the longest ago first
	stopped  bool
}

// Listen starts the simulated Asterisk; Close ends it. DefaultUser may sign in
// unless Options.Users says otherwise.
func (d *Demo) Listen() error {
	s, err := Listen(d.Options)
	if err != nil {
		return err
	}
	d.server, d.log = s, s.log
	seed := d.Options.Seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	d.rng = source(seed)
	d.last = -1
	d.furnish()
	return nil
}

func (d *Demo) furnish() {
	device := d.server.x.voice.device
	d.server.x.talk = demoTalk
	if d.Talk > 0 {
		d.server.x.talk = d.Talk
	}
	var members []Member
	for _, e := range DemoExtensions {
		d.server.AddPhone(Phone{Extension: e, Name: "Desk " + e, Does: Answer, After: demoLifts})
		members = append(members, Member{Interface: device(e), Name: "Desk " + e})
	}
	for _, v := range DemoServices {
		s := Service{Number: v.Number, Context: v.Context, Digits: 5, Prompt: "enter-customer-number", RingFor: 30*time.Second + d.Ring, Options: "tT"}
		if v.Queue != "" {
			d.server.AddQueue(Queue{Name: v.Queue, RingFor: 20*time.Second + d.Ring, Retry: time.Second, Members: members})
			s.Queue, s.RingFor = v.Queue, 2*time.Minute+d.Ring
		} else {
			s.Phones = DemoExtensions
		}
		d.server.AddService(s)
	}
}

// Server is the simulated Asterisk; nil before Listen.
func (d *Demo) Server() *Server { return d.server }

// Addr is its address.
func (d *Demo) Addr() string { return d.server.Addr() }

// Run places calls until ctx ends, then closes the server. Listen comes first.
func (d *Demo) Run(ctx context.Context) error {
	d.mu.Lock()
	d.next = d.server.clock.After(0, d.look)
	d.mu.Unlock()
	<-ctx.Done()
	d.mu.Lock()
	d.stopped = true
	d.next.Stop()
	d.mu.Unlock()
	d.Close()
	return nil
}

// Close ends the server; Run does it too.
func (d *Demo) Close() {
	if d.server != nil {
		d.server.Close()
	}
}

// look places a call when one is due and somebody can take it, and looks again.
func (d *Demo) look() {
	occupied := d.occupied()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.next = d.server.clock.After(demoLook, d.look)
	now := d.server.clock.Now()
	switch {
	case len(occupied) == 0:
		d.here = false
	case !d.here:
		d.here = true
		if soon := now.Add(demoFirst); d.due.Before(soon) {
			d.due = soon
		}
	case d.Every > 0 && !now.Before(d.due):
		if free := d.free(occupied); len(free) > 0 {
			d.place(occupied, free)
		}
	}
}

// PlaceCall places a call now. It fails with ErrNobody or ErrAllBusy.
func (d *Demo) PlaceCall() error {
	occupied := d.occupied()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(occupied) == 0 {
		return ErrNobody
	}
	free := d.free(occupied)
	if len(free) == 0 {
		return ErrAllBusy
	}
	d.place(occupied, free)
	return nil
}

// occupied is the demo's phones that have an agent.
func (d *Demo) occupied() []string {
	if d.Occupied == nil {
		return nil
	}
	said := d.Occupied()
	var here []string
	for _, e := range DemoExtensions {
		if slices.ContainsFunc(said, func(s string) bool {
			_, number, device := strings.Cut(s, "/")
			if !device {
				number = s
			}
			return number == e
		}) {
			here = append(here, e)
		}
	}
	return here
}

// free is those of the phones that no call holds, rings, or is about to ring.
func (d *Demo) free(extensions []string) []string {
	d.calls = slices.DeleteFunc(d.calls, settled)
	return slices.DeleteFunc(slices.Clone(extensions), func(e string) bool {
		return !d.server.Idle(e) || slices.ContainsFunc(d.calls, func(l *Live) bool { return slices.Contains(l.c.plan.Ring, e) })
	})
}

// settled tells that a call rings no more: it was answered or is over.
func settled(l *Live) bool {
	select {
	case <-l.Done():
		return true
	default:
		return l.AnsweredBy() != ""
	}
}

// place places a call that one of free will answer.
func (d *Demo) place(occupied, free []string) {
	now := d.server.clock.Now()
	d.due = now.Add(d.Every)
	d.placed++
	agent := d.whoseTurn(free)
	c := d.caller()
	service := DemoServices[d.placed%len(DemoServices)]
	plan := Call{
		From: c.Phone, Name: c.Name, To: service.Number, Digits: c.Number, Set: []Variable{{"language", c.Language}},
		Ring: free, Replies: map[string]Reply{}, Talk: d.between(12000, 25000), HangupBy: Party(d.rng.IntN(4) / 3),
	}
	for _, e := range DemoExtensions {
		plan.Replies[e] = Reply{Does: Ignore}
	}
	lively := d.Talk <= 0
	if !lively {
		plan.Talk = d.Talk
	}
	abandoned := lively && d.placed > 2 && d.rng.IntN(7) == 0
	if abandoned {
		plan.Abandon = d.between(4000, 7000)
	} else {
		plan.Abandon = demoPatience + d.Ring // if the agent's phone is engaged meanwhile
		plan.Replies[agent] = Reply{Does: Answer, After: cmp.Or(d.Ring, d.between(2000, 4000))}
		if lively && d.rng.IntN(5) == 0 {
			plan.Holds = []HoldPlan{{After: d.between(4000, 6000), For: d.between(3000, 5000), By: Callee}}
		}
	}
	d.calls = append(d.calls, d.server.Call(plan))
	d.log.Info("demo call", "caller", c.Phone, "service", service.Name, "phones", len(occupied), "abandons", abandoned)
}

// whoseTurn is the phone that has waited longest for a call.
func (d *Demo) whoseTurn(free []string) string {
	turn := free[0]
	for _, e := range free {
		if slices.Index(d.answerer, e) < slices.Index(d.answerer, turn) {
			turn = e
		}
	}
	d.answerer = append(slices.DeleteFunc(d.answerer, func(e string) bool { return e == turn }), turn)
	return turn
}

// caller is a customer, never the same twice in a row. The first is the one of the
// documentation.
func (d *Demo) caller() Customer {
	i := 0
	if d.last >= 0 {
		i = (d.last + 1 + d.rng.IntN(len(customers)-1)) % len(customers)
	}
	d.last = i
	return customers[i]
}

func (d *Demo) between(a, b int) time.Duration {
	return time.Duration(a+d.rng.IntN(b-a+1)) * time.Millisecond
}
