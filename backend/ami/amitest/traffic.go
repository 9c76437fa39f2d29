package amitest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// Traffic describes the events of a busy call centre: callers that come by a
// trunk, type a number, wait in a queue, are answered by an agent, are held
// sometimes, and hang up. The same values always give the same bytes.
type Traffic struct {
	Seed   uint64
	Calls  int  // at once; 200 when zero
	Agents int  // phones PJSIP/2001 and on, each a member of one queue; 1,000 when zero
	Queues int  // named 600 and on; 20 when zero
	Bytes  int  // no call begins when this much has been told; 1 MiB when zero
	RTCP   bool // with the class reporting: RTCP reports of every call
}

// Truth is what the events of a Corpus mean for one phone.
type Truth struct{ Rang, Answered, Held, Unheld, Ended int }

// Answered is one answer of a Corpus.
type Answered struct {
	Device   string // of the phone: "PJSIP/2007"
	Caller   string // Uniqueid of the caller's channel
	Channel  string // Uniqueid of the phone's
	Queue    string
	Calldata string // what the caller typed; no two answers have the same
	Event    int    // place of its DialEnd in Ends
}

// Corpus is the text of a Traffic. All its calls have ended when it ends, so it may
// be sent again and again.
type Corpus struct {
	Text    []byte
	Ends    []int // where each event ends in Text
	Calls   int   // calls that came
	Phones  map[string]Truth
	Answers []Answered
	Span    time.Duration // told time from first to last event
}

var (
	firstNames = []string{"Anna", "Boris", "Carla", "Elena", "Frank", "Hugo", "Irina", "Jon", "Katya", "Leo", "Maria", "Nikolai", "Olga", "Rita", "Viktor", "Zoë"}
	lastNames  = []string{"Smith", "Ivanov", "Garcia", "Müller", "O'Brien", "Rossi", "Novak", "Silva", "Dubois", "Hansen", "Volkov", "Johnson"}
)

// Generate makes the text.
func (t Traffic) Generate() *Corpus {
	set := func(v *int, otherwise int) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	set(&t.Calls, 200)
	set(&t.Agents, 1000)
	set(&t.Queues, 20)
	set(&t.Bytes, 1<<20)
	begin := time.Unix(1760000000, 0)
	clock := Manual(begin)
	g := &generator{Traffic: t, rng: source(t.Seed + 1), corpus: &Corpus{Phones: map[string]Truth{}}}
	g.x = newExchange(&Options{Seed: t.Seed}, clock)
	g.x.chatter, g.x.watch, g.x.react = true, g.watch, g.react
	g.x.listeners = []listener{g}
	g.corpus.Text = make([]byte, 0, t.Bytes+t.Bytes/4)
	g.furnish()
	g.x.mu.Lock()
	for range t.Calls {
		g.x.after(time.Duration(g.rng.IntN(20000))*time.Millisecond, g.call)
	}
	g.x.mu.Unlock()
	for g.calling() {
		clock.Advance(time.Second)
	}
	g.corpus.Span = clock.Now().Sub(begin)
	return g.corpus
}

// generator listens to an exchange it keeps busy.
type generator struct {
	Traffic
	x          *exchange
	rng        *rand.Rand
	corpus     *Corpus
	lastAnswer int
}

func (g *generator) furnish() {
	for i := range g.Agents {
		g.x.addPhone(Phone{Extension: itoa(2001 + i), Name: firstNames[i%len(firstNames)] + " " + lastNames[i%len(lastNames)], Context: "from-internal"})
	}
	for i := range g.Queues {
		name := itoa(600 + i)
		q := Queue{Name: name, Strategy: Random}
		for a := i; a < g.Agents; a += g.Queues {
			device := g.x.voice.device(itoa(2001 + a))
			q.Members = append(q.Members, Member{Interface: device, Name: g.x.phone(device).Name})
		}
		g.x.addQueue(q)
		g.x.services = append(g.x.services, &Service{Number: "7495" + name, Context: "ext-queues", Digits: 8, Prompt: "custom/welcome", Queue: name, Options: "t", Set: []Variable{
			{"__FROM_DID", "7495" + name}, {"CDR(did)", "7495" + name}, {"CALLED_BLACKLIST", "1"}, {"__MOHCLASS", "default"}, {"QUEUENUM", name},
			{"MONITOR_FILENAME", "/var/spool/asterisk/monitor/q-" + name}, {"CAMPAIGN", "spring, \"early\" birds"},
		}})
	}
}

func (g *generator) busy() bool { return len(g.corpus.Text) < g.Bytes }

// calling tells whether anything is to come.
func (g *generator) calling() bool {
	g.x.mu.Lock()
	defer g.x.mu.Unlock()
	return g.busy() || len(g.x.calls) > 0
}

func (g *generator) between(a, b int) time.Duration {
	return time.Duration(a+g.rng.IntN(b-a+1)) * time.Millisecond
}

// call places one.
func (g *generator) call() {
	if !g.busy() {
		return
	}
	g.corpus.Calls++
	p := Call{
		From: fmt.Sprintf("7%03d%07d", 900+g.rng.IntN(100), g.rng.IntN(10000000)),
		Name: firstNames[g.rng.IntN(len(firstNames))] + " " + lastNames[g.rng.IntN(len(lastNames))],
		Via:  "trunk-" + []string{"ams", "ber", "lon", "par"}[g.rng.IntN(4)],
		To:   "7495" + itoa(600+g.rng.IntN(g.Queues)), Digits: fmt.Sprintf("%08d", g.corpus.Calls),
		Talk: g.between(15000, 240000), HangupBy: Party(g.rng.IntN(2)),
	}
	if g.rng.IntN(100) < 30 {
		p.Holds = []HoldPlan{{After: p.Talk / 3, For: g.between(2000, 5000), By: Callee}}
	}
	if g.rng.IntN(100) < 5 {
		p.Abandon = g.between(3000, 20000)
	}
	g.x.place(p)
}

// react has an agent answer, or be away from his desk.
func (g *generator) react(*call, *phone) (Reaction, time.Duration) {
	if g.rng.IntN(100) < 15 {
		return Ignore, 0
	}
	return Answer, g.between(1500, 12000)
}

func (g *generator) hear(class classes, event []byte) {
	if class == classReporting && !g.RTCP || class == classDTMF {
		return
	}
	if bytes.HasPrefix(event, []byte("Event: DialEnd\r\n")) && bytes.HasSuffix(event, []byte("DialStatus: ANSWER\r\n\r\n")) {
		g.lastAnswer = len(g.corpus.Ends)
	}
	g.corpus.Text = append(g.corpus.Text, event...)
	g.corpus.Ends = append(g.corpus.Ends, len(g.corpus.Text))
}

func (g *generator) watch(m moment, c *call, l *leg) {
	if m == momentEnd {
		g.x.after(g.between(200, 3000), g.call)
	}
	if l == nil {
		return
	}
	t := g.corpus.Phones[l.phone.device]
	switch m {
	case momentRing:
		t.Rang++
	case momentAnswer:
		t.Answered++
		g.corpus.Answers = append(g.corpus.Answers, Answered{
			Device: l.phone.device, Caller: c.caller.id, Channel: l.ch.id, Queue: c.queue.Name, Calldata: c.caller.get("calldata"), Event: g.lastAnswer,
		})
		if g.RTCP {
			c.reports()
		}
	case momentHold:
		t.Held++
	case momentUnhold:
		t.Unheld++
	case momentEnd:
		t.Ended++
	}
	g.corpus.Phones[l.phone.device] = t
}
