package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"

	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// way is a way to tell many WebSocket clients things from one goroutine.
type way interface {
	// tell sends the client of number n one message made at the given time.
	tell(n int, made time.Time)
	// flush ends a batch.
	flush()
	end()
}

// ours is the product: ServeEvents behind the door, told as the tracker tells.
type ours struct {
	h       *house
	board   *board
	notices [4096]*pbx.Notice // used round and round: making them is the tracker's cost
	told    int
}

// board is a Picture without a picture: watchers by their number.
type board struct {
	session.Picture // none
	mu              sync.Mutex
	watchers        []tracker.Watcher
	seq             []uint64
	touched         []tracker.Watcher
	is              map[tracker.Watcher]bool
	there           sync.WaitGroup // until all are
}

func (b *board) Watch(_ context.Context, a tracker.Agent, w tracker.Watcher) (func(), error) {
	n, err := strconv.Atoi(a.Operator[len("op"):])
	if err != nil {
		return nil, err
	}
	w.Snapshot(&tracker.Snapshot{Agent: a, Link: pbx.LinkStateReady, State: pbx.AgentAvailable})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[n] = w
	b.there.Done()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.watchers[n] = deaf{}
	}, nil
}

func newOurs(b testing.TB, ln net.Listener, n int) *ours {
	o := &ours{board: &board{watchers: make([]tracker.Watcher, n), seq: make([]uint64, n), is: make(map[tracker.Watcher]bool)}}
	o.board.there.Add(n)
	o.h = newHouseWith(b, session.Options{Picture: o.board, Desk: idle{}, Dialer: idle{}}, n)
	for i := range n {
		name := fmt.Sprintf("op%d", i)
		in, err := o.h.sessions.SignIn(context.Background(), name, password.MD5Hex("x"), fmt.Sprintf("PJSIP/%d", 1000+i), netip.Addr{})
		if err != nil {
			b.Fatal(err)
		}
		o.h.in[name] = in
	}
	o.h.web(ln, WebSocketOptions{})
	return o
}

func (o *ours) tell(n int, made time.Time) {
	o.board.mu.Lock()
	defer o.board.mu.Unlock()
	w := o.board.watchers[n]
	o.board.seq[n]++
	at := o.told % len(o.notices)
	if o.told++; o.notices[at] == nil {
		o.notices[at] = notice()
	}
	note := o.notices[at]
	note.Call.ID = pbx.CallID(strconv.FormatInt(made.UnixNano(), 10))
	w.Notify(note, o.board.seq[n])
	if !o.board.is[w] {
		o.board.is[w] = true
		o.board.touched = append(o.board.touched, w)
	}
}

func (o *ours) flush() {
	o.board.mu.Lock()
	defer o.board.mu.Unlock()
	for _, w := range o.board.touched {
		w.Flush()
	}
	clear(o.board.is)
	o.board.touched = o.board.touched[:0]
}

func (o *ours) end() { o.h.end() }

// notice is what an agent is told when his telephone rings.
func notice() *pbx.Notice {
	return &pbx.Notice{ID: pbx.NoticeDial, Call: &pbx.Call{
		Uniqueid: "pbx1-1790000002.5", Channel: "PJSIP/201-00000005",
		Linkedid: "pbx1-1790000000.4", State: pbx.Ringing, Phase: pbx.PhaseRinging, Direction: pbx.Inbound,
		Caller: pbx.CallerID{Number: "0550100", Name: "Rossi"}, Called: "101", Context: "astcti-service", Service: "Support",
		Variables: []pbx.Variable{{Name: "calldata", Value: "12345"}}, Started: began, Since: began,
	}}
}

// others are the yardsticks. Their message is ready made, but for its time: only the
// delivery is compared.
type others struct {
	b       testing.TB
	srv     *http.Server
	mu      sync.Mutex
	clients []func(frame []byte)
	frame   []byte
	stamp   int
	ended   chan struct{}
}

const ready = `{"type":"event","event":"Dial","call":{"id":"0000000000000000000","uniqueid":"pbx1-1790000002.5","channel":"PJSIP/201-00000005","linkedid":"pbx1-1790000000.4","state":"Ringing","phase":"ringing","direction":"inbound","caller":{"number":"0550100","name":"Rossi"},"called":"101","context":"astcti-service","service":"Support","queue":"","variables":[{"name":"calldata","value":"12345"}],"started":1790000002000,"since":1790000002000,"queued":0,"answered":0,"cause":0,"causeText":""},"seq":12345}`

func newOthers(b testing.TB, ln net.Listener, n int, serve func(o *others, w http.ResponseWriter, r *http.Request) func([]byte)) *others {
	o := &others{b: b, clients: make([]func([]byte), n), frame: []byte(ready), ended: make(chan struct{})}
	for i := range o.frame[:len(o.frame)-len(mark)] {
		if string(o.frame[i:i+len(mark)]) == mark {
			o.stamp = i + len(mark)
		}
	}
	o.srv = &http.Server{ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.URL.Query().Get("as")[len("op"):])
		if err != nil {
			return
		}
		if send := serve(o, w, r); send != nil { // it serves until the client is gone, and returns nil
			o.set(i, send)
		}
	})}
	go func() { _ = o.srv.Serve(ln) }()
	return o
}

func (o *others) set(i int, send func([]byte)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clients[i] = send
}

func number(r *http.Request) int {
	i, _ := strconv.Atoi(r.URL.Query().Get("as")[len("op"):])
	return i
}

func (o *others) tell(n int, made time.Time) {
	o.mu.Lock()
	send := o.clients[n]
	o.mu.Unlock()
	strconv.AppendInt(o.frame[:o.stamp], made.UnixNano(), 10)
	send(o.frame)
}

func (o *others) flush() {}

func (o *others) end() {
	close(o.ended)
	_ = o.srv.Close()
}

func accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	return websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocolJSON}})
}

// coderPlain is the library as it comes, written to by the dispatcher itself.
func coderPlain(o *others, w http.ResponseWriter, r *http.Request) func([]byte) {
	c, err := accept(w, r)
	if err != nil {
		return nil
	}
	defer c.CloseNow()
	o.set(number(r), func(frame []byte) { _ = c.Write(context.Background(), websocket.MessageText, frame) })
	readAll(r.Context(), c)
	return nil
}

func readAll(ctx context.Context, c *websocket.Conn) {
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return
		}
	}
}

// coderQueue is the documented pattern: a queue and a writer for each client, and a
// time limit for each write.
func coderQueue(o *others, w http.ResponseWriter, r *http.Request) func([]byte) {
	c, err := accept(w, r)
	if err != nil {
		return nil
	}
	defer c.CloseNow()
	queue := make(chan []byte, 64)
	o.set(number(r), func(frame []byte) {
		select {
		case queue <- slices.Clone(frame):
		default: // lost
		}
	})
	go readAll(r.Context(), c)
	for {
		select {
		case frame := <-queue:
			ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
			err := c.Write(ctx, websocket.MessageText, frame)
			cancel()
			if err != nil {
				return nil
			}
		case <-o.ended:
			return nil
		}
	}
}

// bareGo is net/http's connection with nothing around it: a frame, a write.
func bareGo(o *others, w http.ResponseWriter, r *http.Request) func([]byte) {
	lean := &leanWriter{ResponseWriter: w}
	if _, err := websocket.Accept(lean, r, &websocket.AcceptOptions{Subprotocols: []string{protocolJSON}, InsecureSkipVerify: true}); err != nil {
		return nil
	}
	nc := lean.c.nc
	go func() { _, _ = io.Copy(io.Discard, bufio.NewReaderSize(nc, 512)) }()
	var buf []byte
	return func(frame []byte) {
		buf = appendText(buf[:0], frame)
		_, _ = nc.Write(buf)
	}
}

// start makes a way with n clients and waits until they are there.
func start(b testing.TB, name string, s *ships, n int) way {
	b.Helper()
	ln := loopbackListener(b)
	w := newWay(b, name, ln, n)
	b.Cleanup(w.end)
	s.connect(ln, n)
	if o, is := w.(*ours); is {
		o.board.there.Wait() // the handshake comes before that
	}
	return w
}

func newWay(b testing.TB, name string, ln net.Listener, n int) way {
	switch name {
	case "ours":
		return newOurs(b, ln, n)
	case "coder":
		return newOthers(b, ln, n, coderPlain)
	case "queue":
		return newOthers(b, ln, n, coderQueue)
	}
	return newOthers(b, ln, n, bareGo)
}

// processor is the processor time this process has used.
func processor(b testing.TB) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// dispatch tells random clients perSecond messages for d, in batches of a
// millisecond. to picks the client.
func dispatch(w way, perSecond int, d time.Duration, to func() int) (sent int) {
	began := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for at := range tick.C {
		ran := at.Sub(began)
		if ran > d {
			return sent
		}
		made := time.Now()
		for ; sent < int(float64(perSecond)*ran.Seconds()); sent++ {
			w.tell(to(), made)
		}
		w.flush()
	}
	return sent
}

func clients(otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv("CLIENTS")); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// result is of several rounds. The machine is shared: of latencies the best counts,
// of the processor's time the middle.
type result struct {
	p50, p99 int64
	rounds   []time.Duration // processor time per message, server only
	lost     int
}

func (r *result) cpu() float64 {
	slices.Sort(r.rounds)
	return float64(r.rounds[len(r.rounds)/2])
}

func (r *result) better(f figures, cpu time.Duration, sent int) {
	if r.p99 == 0 || f.P99 < r.p99 {
		r.p99 = f.P99
	}
	if r.p50 == 0 || f.P50 < r.p50 {
		r.p50 = f.P50
	}
	r.rounds = append(r.rounds, cpu/time.Duration(max(sent, 1)))
	r.lost += sent - f.Messages
}

// BenchmarkTargeted is marks F1 and F2: 10,000 messages a second, each to one of the
// agents (1,000; CLIENTS=5000 for all of the mark). The ratios are to a bare Go
// server and to a queue and writer for each client, in interleaved rounds.
func BenchmarkTargeted(b *testing.B) {
	n := clients(1000)
	names := []string{"ours", "bare", "coder", "queue"}
	ways := make([]way, len(names))
	fleets := make([]*ships, len(names))
	for i, name := range names {
		fleets[i] = launch(b)
		ways[i] = start(b, name, fleets[i], n)
	}
	results := make([]result, len(names))
	for range b.N {
		for range 8 {
			for i, w := range ways {
				before := processor(b)
				sent := dispatch(w, 10000, time.Second/2, func() int { return rand.IntN(n) })
				cpu := processor(b) - before
				results[i].better(settled(fleets[i], sent), cpu, sent)
			}
		}
	}
	for i, name := range names {
		b.Logf("%-6s %5d agents: p50 %5d µs, p99 %5d µs, CPU %6.2f µs a message, %d lost",
			name, n, results[i].p50, results[i].p99, results[i].cpu()/1000, results[i].lost)
	}
	b.ReportMetric(float64(results[0].p99)/float64(results[1].p99), "F1-p99/bare")
	b.ReportMetric(results[0].cpu()/results[1].cpu(), "F2-cpu/bare")
	b.ReportMetric(results[0].cpu()/results[3].cpu(), "F2-cpu/queue")
	b.ReportMetric(results[0].cpu(), "cpu-ns/msg")
	b.ReportMetric(0, "ns/op")
}

// settled asks for figures until all that was sent has come, or nothing more does.
func settled(s *ships, sent int) figures {
	sum := s.order("figures")
	for sum.Messages < sent {
		more := s.order("figures")
		if more.Messages == 0 {
			if more = s.order("figures"); more.Messages == 0 {
				break
			}
		}
		sum.P99, sum.Max = max(sum.P99, more.P99), max(sum.Max, more.Max)
		sum.Messages += more.Messages
	}
	return sum
}

// memory is what the connections cost this process: heap and stacks.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// idleMemory is the bytes an idle client costs.
func idleMemory(b testing.TB, name string, n int) float64 {
	b.Helper()
	s := launch(b)
	before := memory()
	start(b, name, s, n)
	return float64(memory()-before) / float64(n)
}

// BenchmarkIdle is mark F3: memory of an idle agent, sign-in included, to that of the
// library as it comes, which knows nothing of agents.
func BenchmarkIdle(b *testing.B) {
	n := clients(2000)
	var ours, coder, queue float64
	for range b.N {
		coder, queue, ours = idleMemory(b, "coder", n), idleMemory(b, "queue", n), idleMemory(b, "ours", n)
	}
	b.Logf("%d idle agents, KB each: ours %.1f, coder %.1f, coder with queue %.1f", n, ours/1024, coder/1024, queue/1024)
	b.ReportMetric(ours/1024, "KB/agent")
	b.ReportMetric(ours/coder, "F3-memory/coder")
	b.ReportMetric(ours/queue, "memory/queue")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStalled is mark F5: one agent of 200 stops reading; what does it do to the
// others, told 10,000 messages a second? In interleaved rounds, each with another
// agent that stops. The yardstick, a plain Write on the dispatcher, stands still.
func BenchmarkStalled(b *testing.B) {
	const n, perSecond = 200, 10000
	var calm, stalled result
	calmFleet, stalledFleet := launch(b), launch(b)
	calmWay, stalledWay := start(b, "ours", calmFleet, n), start(b, "ours", stalledFleet, n)
	rounds := 0
	for range b.N {
		for range 6 {
			others := func() int { return n/2 + rand.IntN(n/2) }
			before := processor(b)
			sent := dispatch(calmWay, perSecond, time.Second, others)
			calm.better(settled(calmFleet, sent), processor(b)-before, sent)
			victim := rounds % (n / 2)
			rounds++
			stalledFleet.order("stall %d", victim)
			toOthers := 0
			before = processor(b)
			dispatch(stalledWay, perSecond*5/4, time.Second, func() int {
				if rand.IntN(5) == 0 {
					return victim
				}
				toOthers++
				return others()
			})
			stalled.better(settled(stalledFleet, toOthers), processor(b)-before, toOthers)
		}
	}
	b.Logf("ours: p99 %d µs, with one that stops reading %d µs; %d and %d messages lost; %d of %d cut",
		calm.p99, stalled.p99, calm.lost, stalled.lost, stalledWay.(*ours).h.sessions.Stats().Slow, rounds)
	b.Logf("plain Write on the dispatcher: %s", plainWriteStalled(b))
	b.ReportMetric(float64(stalled.p99)/float64(calm.p99), "F5-p99")
	b.ReportMetric(float64(stalled.lost), "F5-lost")
	b.ReportMetric(0, "ns/op")
}

// plainWriteStalled says how long the yardstick goes on.
func plainWriteStalled(b *testing.B) string {
	const n = 20
	s := launch(b)
	w := start(b, "coder", s, n).(*others)
	s.order("stall 0")
	var told atomic.Int64
	goesOn := make(chan struct{})
	go func() {
		defer close(goesOn)
		for i := range 200000 {
			w.tell(i%n, time.Now())
			told.Store(int64(i))
		}
	}()
	select {
	case <-goesOn:
		return "goes on"
	case <-time.After(10 * time.Second):
		at := told.Load()
		_ = w.srv.Close()
		s.order("read 0") // let it go
		<-goesOn
		return fmt.Sprintf("stood still after %d messages, for everybody, until it was let go", at)
	}
}
