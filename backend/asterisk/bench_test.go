package asterisk_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// flood is what an Asterisk 22 sends under load, without its greeting; calls through
// queues and without, of Local channels.
func flood(tb testing.TB) (data []byte, messages int) {
	tb.Helper()
	f, err := os.Open("../ami/testdata/flood-22.txt.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	data = data[bytes.IndexByte(data, '\n')+1:]
	return data, bytes.Count(data, []byte("\r\n\r\n"))
}

// loop is b without end.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	if l.at += n; l.at == len(l.b) {
		l.at = 0
	}
	return n, nil
}

var (
	// callCentre is what a server with one service acts on.
	callCentre = &asterisk.Wanted{Variables: map[string]bool{"calldata": true}, Contexts: map[string]bool{"astcti": true}}
	// nothing leaves the channels' own events.
	nothing = &asterisk.Wanted{Variables: map[string]bool{}, Contexts: map[string]bool{}}
)

// only is data with the messages only that keep says yes to.
func only(data []byte, keep func(event string) bool) (out []byte, messages int) {
	for len(data) > 0 {
		n := bytes.Index(data, []byte("\r\n\r\n")) + 4
		m := data[:n]
		data = data[n:]
		name, _, _ := bytes.Cut(bytes.TrimPrefix(m, []byte("Event: ")), []byte("\r\n"))
		if keep(string(name)) {
			out = append(out, m...)
			messages++
		}
	}
	return out, messages
}

// TestAllocations is mark P3: what nobody acts on allocates nothing, and what somebody
// acts on nothing worth counting: one piece of memory for a hundred and more.
func TestAllocations(t *testing.T) {
	data, _ := flood(t)
	for _, tt := range []struct {
		name string
		keep func(string) bool
		w    *asterisk.Wanted
		some bool // events come of it
	}{
		{"unknown events", func(e string) bool { return e == "TestEvent" || e == "DeviceStateChange" || e == "NewConnectedLine" }, nil, false},
		{"unwanted variables and steps", func(e string) bool { return e == "VarSet" || e == "Newexten" }, nothing, false},
		{"all that is acted on", func(e string) bool { return e != "VarSet" && e != "Newexten" }, nil, true},
		{"variables and steps that are wanted", func(e string) bool { return e == "VarSet" || e == "Newexten" }, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			only, messages := only(data, tt.keep)
			r := ami.NewReader(&loop{b: only})
			dst := make([]pbx.Event, 0, 4)
			events := 0
			round := func() {
				for range messages {
					m, err := r.Next()
					if err != nil {
						t.Fatal(err)
					}
					dst = asterisk.Translate(m, tt.w, dst[:0])
					events += len(dst)
				}
			}
			round()
			allocs := testing.AllocsPerRun(3, round) / float64(messages)
			if !tt.some && (allocs != 0 || events != 0) {
				t.Errorf("%v allocations per message, %d events", allocs, events)
			}
			if tt.some && (allocs > 0.02 || events < messages) {
				t.Errorf("%v allocations per message, %d events of %d messages", allocs, events, messages)
			}
		})
	}
}

// cpu is the time that this thread has worked: on a busy machine the only honest
// clock. The caller has locked its thread.
func cpu(tb testing.TB) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkTranslate is mark P2 for the whole of reading: messages in memory to
// events of pbx, as a multiple of finding the ends of the messages in the same run.
func BenchmarkTranslate(b *testing.B) {
	data, messages := flood(b)
	for _, bench := range []struct {
		name string
		w    *asterisk.Wanted
	}{{"call centre", callCentre}, {"everything", nil}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			r := ami.NewReader(&loop{b: data})
			dst := make([]pbx.Event, 0, 512)
			framing, all, events := time.Hour, time.Hour, 0 // the best round of each
			for range b.N {
				t0 := cpu(b)
				if frames(data) != messages {
					b.Fatal("framing")
				}
				t1 := cpu(b)
				events = 0
				for range messages {
					m, err := r.Next()
					if err != nil {
						b.Fatal(err)
					}
					if dst = asterisk.Translate(m, bench.w, dst); len(dst) > 500 {
						events += len(dst)
						clear(dst)
						dst = dst[:0]
					}
				}
				framing, all = min(framing, t1-t0), min(all, cpu(b)-t1)
				events += len(dst)
				dst = dst[:0]
			}
			b.ReportMetric(float64(framing.Nanoseconds())/float64(messages), "framing-ns/message")
			b.ReportMetric(float64(all.Nanoseconds())/float64(messages), "ns/message")
			b.ReportMetric(float64(events)/float64(messages), "events/message")
			b.ReportMetric(float64(all)/float64(framing), "x-framing")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// frames counts messages line by line, the least a reader of lines can do.
func frames(b []byte) (n int) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n') + 1
		if i == 2 {
			n++
		}
		b = b[i:]
	}
	return n
}
