//go:build linux

package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

const many = 5000 // agents

// BenchmarkWholePath measures the way from Asterisk's events to the agents' screens,
// over loopback sockets: a server in a process of its own, and in this one Asterisk
// and the agents' WebSockets, so that the same clock tells when an event was sent and
// when its message came. Each mark is a line; several rounds (-benchtime 5x) give
// the best and the median. The obvious way is the yardstick, see there.
func BenchmarkWholePath(b *testing.B) {
	b.Run("E1", func(b *testing.B) {
		ours := run{stack: "ours", agents: many, rate: 5000}.rounds(b)
		ours.report(b, "")
		b.Logf("E1: p99 %v at 5,000 events/s (must be 3 ms, aim 500 µs)", ours.p99())
	})
	b.Run("E2,E7", func(b *testing.B) {
		both := rounds2(b, run{stack: "ours", agents: many, rate: 20_000}, run{stack: "obvious", agents: many, rate: 20_000})
		ours, obvious := both[0], both[1]
		ours.report(b, "")
		obvious.report(b, "obvious-")
		p99 := ratio(both, func(m *measurement) float64 { return float64(m.p99) })
		cpu := ratio(both, func(m *measurement) float64 { return float64(m.cpu) })
		rss := ratio(both, func(m *measurement) float64 { return float64(m.rss) })
		b.ReportMetric(p99, "x-obvious-p99")
		b.ReportMetric(cpu, "x-obvious-cpu")
		b.ReportMetric(rss, "x-obvious-rss")
		b.Logf("E2: at 20,000 events/s p99 %v is %.2f times the obvious way's %v (must be 0.5, aim 0.2)", ours.p99(), p99, obvious.p99())
		b.Logf("E2: CPU of %v per event is %.2f times the obvious way's %v (must be 0.6, aim 0.4)", ours.cpu(), cpu, obvious.cpu())
		b.Logf("E7: %d MB with 5,000 agents are %.2f times the obvious way's %d MB (must be 0.6, aim 0.4)", ours.megabytes(), rss, obvious.megabytes())
	})
	b.Run("E4", func(b *testing.B) {
		ours := run{stack: "ours", agents: many, rate: 100_000, short: true}.rounds(b)
		ours.report(b, "")
		b.Logf("E4: p99 %v in a burst of 100,000 events/s (must be 20 ms, aim 2 ms)", ours.p99())
	})
	b.Run("E5", func(b *testing.B) {
		both := rounds2(b, run{stack: "ours", agents: 9500, rate: 5000}, run{stack: "ours", agents: 100, rate: 5000})
		both[0].report(b, "")
		both[1].report(b, "few-")
		cpu := ratio(both, func(m *measurement) float64 { return float64(m.cpu) })
		b.ReportMetric(cpu, "x-100-agents-cpu")
		b.Logf("E5: CPU of %v per event with 9,500 agents is %.2f times that with 100, %v (must be 1.3, aim 1.1)", both[0].cpu(), cpu, both[1].cpu())
	})
}

// rounds is the same run again and again.
type rounds []measurement

func (r run) rounds(b *testing.B) (all rounds) {
	for b.Loop() {
		all = append(all, r.measure(b))
	}
	return all
}

// rounds2 is two runs in turn.
func rounds2(b *testing.B, one, other run) (both [2]rounds) {
	for b.Loop() {
		both[0] = append(both[0], one.measure(b))
		both[1] = append(both[1], other.measure(b))
	}
	return both
}

// median is a figure's over the rounds.
func median(n int, figure func(i int) float64) float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = figure(i)
	}
	slices.Sort(list)
	return list[n/2]
}

// ratio is the median of the rounds' ratios.
func ratio(both [2]rounds, figure func(*measurement) float64) float64 {
	return median(len(both[0]), func(i int) float64 { return figure(&both[0][i]) / figure(&both[1][i]) })
}

func (all rounds) p99() time.Duration {
	return time.Duration(median(len(all), func(i int) float64 { return float64(all[i].p99) })).Round(time.Microsecond)
}

func (all rounds) cpu() time.Duration {
	return time.Duration(median(len(all), func(i int) float64 { return float64(all[i].cpu) })).Round(100 * time.Nanosecond)
}

func (all rounds) megabytes() int64 {
	return int64(median(len(all), func(i int) float64 { return float64(all[i].rss) })) >> 20
}

func (all rounds) report(b *testing.B, whose string) {
	micros := func(figure func(m *measurement) time.Duration) float64 {
		return median(len(all), func(i int) float64 { return float64(figure(&all[i]).Nanoseconds()) / 1000 })
	}
	best := slices.MinFunc(all, func(x, y measurement) int { return int(x.p99 - y.p99) })
	b.ReportMetric(micros(func(m *measurement) time.Duration { return m.p50 }), whose+"p50-µs")
	b.ReportMetric(micros(func(m *measurement) time.Duration { return m.p99 }), whose+"p99-µs")
	b.ReportMetric(float64(best.p99.Nanoseconds())/1000, whose+"best-p99-µs")
	b.ReportMetric(micros(func(m *measurement) time.Duration { return m.cpu }), whose+"cpu-µs/event")
	b.ReportMetric(float64(all.megabytes()), whose+"MB")
	b.ReportMetric(0, "ns/op")
	if whose == "" {
		b.ReportMetric(median(len(all), func(i int) float64 { return float64(all[i].messages) / all[i].took.Seconds() }), "messages/s")
		b.ReportMetric(median(len(all), func(i int) float64 { return float64(all[i].events) / all[i].took.Seconds() }), "events/s")
	}
	worst := slices.MaxFunc(all, func(x, y measurement) int { return int(x.p99 - y.p99) })
	var lost int64
	others := 0.0
	for i := range all {
		lost += all[i].lost
		others = max(others, all[i].others)
	}
	m := &all[0]
	b.Logf("%s%d agents, %d rounds of %d events and %d messages: p50 %v, p99 %v (%v to %v), CPU %v/event, %d MB, %d lost; others used up to %.0f %% of the machine",
		whose, m.agents, len(all), m.events, m.messages, time.Duration(1000*micros(func(m *measurement) time.Duration { return m.p50 })).Round(time.Microsecond),
		all.p99(), best.p99.Round(time.Microsecond), worst.p99.Round(time.Microsecond), all.cpu(), all.megabytes(), lost, 100*others)
}

// run is one server under one load.
type run struct {
	stack  string
	agents int
	rate   int // events per second
	short  bool
}

// warmEvents come first and are not measured.
func (r run) warmEvents() int {
	if r.short {
		return r.rate / 2
	}
	return r.rate
}

func (r run) events() int {
	if r.short {
		return r.warmEvents() + 2*r.rate
	}
	return r.warmEvents() + 5*r.rate
}

// measurement is what came of a run.
type measurement struct {
	p50, p99, last time.Duration // from the event's sending to the message's coming
	cpu            time.Duration // of the server, per event
	rss            int64         // bytes of the server
	agents, events int           // as asked for
	took           time.Duration // sending the events
	messages       int           // that came of them
	lost           int64         // messages
	others         float64       // share of the machine that something else used
}

// scene is a load and what is to come of it, for each stack.
type scene struct {
	corpus  *amitest.Corpus
	scripts map[string]script
}

// scenes are made once, as long as they may be: a run takes the beginning.
var scenes = struct {
	sync.Mutex
	byAgents map[int]*scene
}{byAgents: map[int]*scene{}}

func sceneOf(b *testing.B, r run) *scene {
	scenes.Lock()
	defer scenes.Unlock()
	s := scenes.byAgents[r.agents]
	if s == nil || len(s.corpus.Ends) < r.events() {
		s = &scene{traffic(r.agents, r.events()), map[string]script{}}
		scenes.byAgents[r.agents] = s
	}
	if s.scripts[r.stack] == nil {
		rehearse := rehearseOurs
		if r.stack != "ours" {
			rehearse = rehearseObvious
		}
		var err error
		if s.scripts[r.stack], err = rehearse(s.corpus, r.agents); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// measure starts a server, connects its agents and pours events over it.
func (r run) measure(b *testing.B) (m measurement) {
	b.Helper()
	s := sceneOf(b, r)
	needFiles(b, r.agents)
	exchange, err := amitest.Listen(amitest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer exchange.Close()
	server, err := startChild(r.stack, exchange.Addr(), r.agents)
	if err != nil {
		b.Fatal(err)
	}
	defer server.end()
	clients, err := connectFleet(server.addr, s.scripts[r.stack], r.events())
	if err != nil {
		b.Fatal(err)
	}
	over := sync.OnceFunc(clients.close)
	defer over()
	pour := func(from, to int) (took time.Duration) {
		flood := amitest.Flood{Rate: r.rate, Sent: func(event, _ int, at time.Time) { clients.sent[from+event].Store(int64(at.Sub(clients.began))) }}
		f, err := exchange.Flood(context.Background(), part(s.corpus, from, to), flood)
		if err != nil {
			b.Fatal(err)
		}
		return f.Took
	}
	ask := func(what string) usage {
		u, err := server.ask(what)
		if err != nil {
			b.Fatal(err)
		}
		return u
	}
	ask("collect")
	// This process must not collect garbage at the server's expense.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	pour(0, r.warmEvents())
	busy, own, begun := machineBusy(), usageNow().CPU, time.Now()
	before := ask("begin")
	took := pour(r.warmEvents(), r.events())
	select {
	case <-clients.all:
	case <-time.After(5 * time.Second):
	}
	after := ask("end")
	busy, own = machineBusy()-busy, usageNow().CPU-own
	m.others = max(0, float64(busy-own-(after.CPU-before.CPU))/float64(time.Since(begun))/float64(runtime.NumCPU()))
	over()
	if n := len(clients.faults); n > 0 {
		b.Errorf("%d faults, the first: %v", n, clients.faults[0])
	}
	m.lost = clients.expected - clients.got.Load()
	if m.lost != 0 && r.stack == "ours" {
		b.Errorf("%d messages of %d were lost", m.lost, clients.expected)
	}
	list := clients.latencies(r.warmEvents())
	if len(list) == 0 {
		b.Fatal("no message came")
	}
	m.messages = len(list)
	m.p50, m.p99, m.last = list[len(list)/2], list[len(list)*99/100], list[len(list)-1]
	m.agents, m.events, m.took = r.agents, r.events()-r.warmEvents(), took
	m.cpu = (after.CPU - before.CPU) / time.Duration(m.events)
	m.rss = after.RSS
	return m
}

// needFiles raises the limit of open files, here and for children.
func needFiles(b *testing.B, agents int) {
	b.Helper()
	need := uint64(agents + 200)
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
	if l.Cur >= need {
		return
	}
	l.Cur, l.Max = need, max(l.Max, need)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		b.Skipf("%d agents need %d open files (ulimit -n): %v", agents, need, err)
	}
}
