package tracker

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

const flood = "../ami/testdata/flood-22.txt.gz" // a busy Asterisk 22, half of it a queue of Local channels

// events are the events of a recording, and how many messages they came from.
func events(tb testing.TB, file string, wanted *asterisk.Wanted) (list []pbx.Event, messages int) {
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var src io.Reader = f
	if file == flood {
		if src, err = gzip.NewReader(f); err != nil {
			tb.Fatal(err)
		}
	}
	r := ami.NewReader(src)
	if file != flood {
		_, err = r.ReadGreeting()
	}
	for err == nil {
		var m *ami.Message
		if m, err = r.Next(); err == nil {
			messages++
			list = asterisk.Translate(m, wanted, list)
		}
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		tb.Fatal(err)
	}
	return list, messages
}

// floodPlan has a service and its queue be in the flood.
func floodPlan(tb testing.TB) *Plan {
	p := salesAndSupport(tb)
	p.Services = append(p.Services, Service{Name: "Flood", Context: "flood", Direction: pbx.Inbound, Queue: "flood-queue", Variables: []string{"calldata"}, Action: page(tb)})
	return p
}

var floodWanted = &asterisk.Wanted{Variables: map[string]bool{"calldata": true}, Contexts: map[string]bool{"flood": true}}

// BenchmarkFlood applies a busy exchange's events, by hundreds as they are read. Time
// is for each message that Asterisk sent, acted on or not.
func BenchmarkFlood(b *testing.B) {
	list, messages := events(b, flood, floodWanted)
	p := newPicture("c", 10_000, time.Unix(0, 0))
	p.setPlan(compile(floodPlan(b)))
	tr := &Tracker{picture: p}
	now := time.Unix(1, 0)
	b.ReportAllocs()
	for b.Loop() {
		for chunk := range slices.Chunk(list, 100) {
			now = now.Add(time.Millisecond)
			p.at(now)
			for i := range chunk {
				p.apply(&chunk[i])
			}
			tr.deliver()
		}
		p.ended = p.ended[:0]
		p.graves = newGraves(now) // the next round has the same ids
		for _, e := range []pbx.Event{linkUp, syncBegin, syncEnd} {
			p.apply(&e)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(messages), "ns/message")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/event")
	b.ReportMetric(float64(len(list)), "events")
}

// BenchmarkFloodTranslated is BenchmarkFlood with the reading of the messages.
func BenchmarkFloodTranslated(b *testing.B) {
	f, err := os.Open(flood)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	p := newPicture("c", 10_000, time.Unix(0, 0))
	p.setPlan(compile(floodPlan(b)))
	tr := &Tracker{picture: p}
	now := time.Unix(1, 0)
	src := &again{text: text}
	r := ami.NewReader(src)
	batch := pbx.NewBatch()
	messages := 0
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		src.at = 0
		for {
			m, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			messages++
			batch.Events = asterisk.Translate(m, floodWanted, batch.Events)
			if src.at == len(text) && !r.Buffered() {
				break
			}
			if len(batch.Events) >= 100 {
				now = now.Add(time.Millisecond)
				p.at(now)
				for i := range batch.Events {
					p.apply(&batch.Events[i])
				}
				batch.Events = batch.Events[:0]
				tr.deliver()
			}
		}
		p.ended = p.ended[:0]
		p.graves = newGraves(now)
		for _, e := range []pbx.Event{linkUp, syncBegin, syncEnd} {
			p.apply(&e)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(messages), "ns/message")
}

// again gives the same bytes again and again, never an end.
type again struct {
	text []byte
	at   int
}

func (a *again) Read(b []byte) (int, error) {
	n := copy(b, a.text[a.at:])
	a.at += n
	return n, nil
}

// silent is a watcher that only counts.
type silent struct{ notices, flushes int }

func (s *silent) Snapshot(*Snapshot)         {}
func (s *silent) Notify(*pbx.Notice, uint64) { s.notices++ }
func (s *silent) Flush()                     { s.flushes++ }

// BenchmarkCall is one call of a queue from 22 with two agents who look on, from its
// first event to its last.
func BenchmarkCall(b *testing.B) {
	list, messages := events(b, "../ami/amitest/calls/queue-answered/22.ami", nil)
	plan := salesAndSupport(b)
	plan.Services[1].Context, plan.Services[1].Queue = "astctiq", "astcti-queue"
	p := newPicture("c", 10_000, time.Unix(0, 0))
	p.setPlan(compile(plan))
	tr := &Tracker{picture: p}
	w := &silent{}
	for _, n := range []string{"201", "202"} {
		if err := p.watch(Agent{Operator: n, Extension: "PJSIP/" + n}, &Watch{watcher: w}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		p.at(time.Unix(1, 0))
		for i := range list {
			p.apply(&list[i])
		}
		tr.deliver()
		p.ended = p.ended[:0]
		p.graves = newGraves(p.now)
	}
	if p.calls != 0 {
		b.Fatalf("%d calls are left", p.calls)
	}
	b.ReportMetric(float64(w.notices)/float64(b.N), "notices")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(messages), "ns/message")
}

// BenchmarkLiveCall measures the memory of a live call: caller and two phones, one of
// which talks.
func BenchmarkLiveCall(b *testing.B) {
	const calls = 10_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		p := newPicture("c", calls, time.Unix(0, 0))
		p.setPlan(compile(salesAndSupport(b)))
		for n := range calls {
			id := func(leg int) string { return fmt.Sprintf("1795435119.%d", 3*n+leg) }
			for _, e := range together(
				born(fmt.Sprintf("PJSIP/trunk-%08x", n), id(0), id(0), pbx.Ring, "0301234567"), step(id(0), "sales", "101", "Answer"),
				becomes(id(0), pbx.Up, "", ""), set(id(0), "calldata", "12345"),
				born(fmt.Sprintf("PJSIP/%d-%08x", n, n), id(1), id(0), pbx.Down, "201"), dials(id(0), id(1)), becomes(id(1), pbx.Ringing, "", ""),
				born(fmt.Sprintf("PJSIP/%d-%08x", n+1, n), id(2), id(0), pbx.Down, "202"), dials(id(0), id(2)), becomes(id(2), pbx.Ringing, "", ""),
				becomes(id(1), pbx.Up, "", ""), dialed(id(0), id(1), "ANSWER"), enters(id(1), "b"+id(0)), enters(id(0), "b"+id(0))) {
				p.apply(&e)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if p.calls != calls {
			b.Fatalf("%d calls", p.calls)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/calls, "B/call")
		runtime.KeepAlive(p)
	}
}
