package tracker

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// plant is a tracker through which many calls go, some of them at once.
type plant struct {
	p    *picture
	tr   *Tracker
	now  time.Time
	live []int
}

func newPlant(tb testing.TB) *plant {
	now := time.Unix(1_800_000_000, 0)
	p := newPicture("c", 10_000, now)
	p.setPlan(compile(salesAndSupport(tb)))
	for _, n := range []string{"201", "202"} {
		if err := p.watch(Agent{Operator: n, Extension: "PJSIP/" + n}, &Watch{watcher: &silent{}}); err != nil {
			tb.Fatal(err)
		}
	}
	return &plant{p: p, tr: &Tracker{picture: p}, now: now}
}

func (f *plant) plays(events []pbx.Event) {
	for i := range events {
		f.now = f.now.Add(time.Millisecond)
		f.p.at(f.now)
		f.p.apply(&events[i])
	}
	f.tr.deliver()
	clear(f.p.ended) // the loop logs them
	f.p.ended = f.p.ended[:0]
}

// call is a caller who goes from one agent to the other; it is still going on in the end.
func (f *plant) call(n int) {
	id := func(leg int) string { return strconv.Itoa(1_800_000_000+n) + "." + strconv.Itoa(leg) }
	phone := func(leg int, number string) string { return "PJSIP/" + number + "-" + id(leg) }
	f.plays(together(
		born("PJSIP/trunk-"+id(0), id(0), id(0), pbx.Ring, "030"+strconv.Itoa(n)), step(id(0), "sales", "101", "Answer"), becomes(id(0), pbx.Up, "", ""), set(id(0), "calldata", strconv.Itoa(n)),
		born(phone(1, "201"), id(1), id(0), pbx.Down, "201"), dials(id(0), id(1)), becomes(id(1), pbx.Ringing, "", ""), becomes(id(1), pbx.Up, "", ""), dialed(id(0), id(1), "ANSWER"),
		enters(id(1), "b"+id(0)), enters(id(0), "b"+id(0)), passed(pbx.BlindTransfer, id(1), id(0), "202"), leaves(id(1), "b"+id(0)), leaves(id(0), "b"+id(0)), dies(id(1), 16),
		born(phone(2, "202"), id(2), id(0), pbx.Down, "202"), dials(id(0), id(2)), becomes(id(2), pbx.Ringing, "", ""), becomes(id(2), pbx.Up, "", ""), dialed(id(0), id(2), "ANSWER"),
		enters(id(2), "c"+id(0)), enters(id(0), "c"+id(0))))
	f.live = append(f.live, n)
}

// ends hangs up the oldest call.
func (f *plant) ends() {
	id := strconv.Itoa(1_800_000_000 + f.live[0])
	f.live = f.live[1:]
	f.plays([]pbx.Event{leaves(id+".0", "c"+id+".0"), leaves(id+".2", "c"+id+".0"), dies(id+".2", 16), dies(id+".0", 16)})
}

// quiet lets time pass until who has hung up is forgotten.
func (f *plant) quiet() {
	for range 3 {
		f.now = f.now.Add(graveTime)
		f.p.at(f.now)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one has finalized, or a pool has kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// day plays calls, so many of them at once, and returns the bytes that each of those takes,
// and all that is left in the end.
func day(tb testing.TB, calls, atOnce int) (perCall, left int64) {
	f := newPlant(tb)
	round := func(n, calls int) {
		for range calls {
			if len(f.live) == atOnce {
				f.ends()
			}
			f.call(n)
			n++
		}
	}
	drain := func() {
		for len(f.live) > 0 {
			f.ends()
		}
		f.quiet()
	}
	const first = 5_000
	round(0, first) // maps and lists get their size, which they keep
	drain()
	before := heap()
	round(first, calls)
	full := heap()
	drain()
	after := heap()
	if p := f.p; p.calls+len(p.channels)+len(p.keys)+len(p.bridges)+len(p.waiting)+len(p.halves) != 0 {
		tb.Fatalf("left: %d calls, %d channels, %d keys, %d bridges", p.calls, len(p.channels), len(p.keys), len(p.bridges))
	}
	runtime.KeepAlive(f)
	return (full - before) / int64(atOnce), after - before
}

// TestMemoryIsFlat: of thousands of calls nothing is left, once the lists of who hung up
// lately have grown to what that many calls a minute need.
func TestMemoryIsFlat(t *testing.T) {
	const calls, bound = 5_000, 100_000
	perCall, left := day(t, calls, 100)
	t.Logf("%d B for each live call, %d B left of %d calls", perCall, left, calls)
	if left > bound {
		t.Errorf("%d bytes are left", left)
	}
}

// BenchmarkMemory plays 100,000 calls, 500 at once.
func BenchmarkMemory(b *testing.B) {
	const calls = 100_000
	for b.Loop() {
		perCall, left := day(b, calls, 500)
		b.ReportMetric(float64(perCall), "B/live-call")
		b.ReportMetric(float64(left)/calls, "B-left/call")
		b.ReportMetric(float64(left), "B-left")
	}
}
