package asterisk_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

const secret = "hunter2-never-in-a-log"

// fake is a small Asterisk: it signs everybody in and answers what a Link asks. A
// test that wants it otherwise changes its fields before it is dialled.
type fake struct {
	t       *testing.T
	version string
	status  string                                          // the answer to Status, without its Response; @ is the ActionID
	bridges string                                          // the same of BridgeList
	queues  string                                          // the same of QueueStatus
	vars    map[string]string                               // "SIP/1 name": of Getvar
	asked   chan string                                     // actions, as "Name Header: value …"; nil: not told
	events  chan string                                     // what the test wants said, once signed in
	on      map[string]func(c *client, h map[string]string) // other answers
}

// client is one connection of a fake. What is said to it waits until it is read.
type client struct {
	net.Conn
	out  chan string
	gone chan struct{} // closed when nothing more is read
}

// say sends lines, separated by bars; it says nothing to who has gone.
func (c *client) say(lines string) { c.raw(strings.ReplaceAll(lines, "|", "\r\n") + "\r\n\r\n") }

func (c *client) raw(s string) {
	select {
	case c.out <- s:
	case <-c.gone:
	}
}

// finish writes what was said and closes.
func (c *client) finish() {
	c.raw("")
	<-c.gone
}

// serve is one connection, from greeting to end.
func (f *fake) serve(conn net.Conn) {
	c := &client{Conn: conn, out: make(chan string, 1000), gone: make(chan struct{})}
	var writer sync.WaitGroup
	writer.Go(func() {
		defer close(c.gone)
		defer conn.Close()
		for s := range c.out {
			if s == "" {
				return
			}
			if _, err := io.WriteString(conn, s); err != nil {
				return
			}
		}
	})
	end := make(chan struct{})
	var teller sync.WaitGroup
	defer func() { close(end); teller.Wait(); c.finish(); writer.Wait() }()
	c.raw("Asterisk Call Manager/" + f.version + "\r\n")
	r := bufio.NewReader(c)
	for {
		h, err := request(r)
		if err != nil {
			return
		}
		if f.asked != nil {
			f.asked <- h["Action"] + " " + h["Variables"] + h["Variable"] + h["EventMask"] + h["Filter"]
		}
		if on := f.on[h["Action"]]; on != nil {
			on(c, h)
			continue
		}
		id := "|ActionID: " + h["ActionID"]
		switch h["Action"] {
		case "Challenge":
			c.say("Response: Success|Challenge: 659139772" + id)
		case "Login":
			c.say("Response: Success|Message: Authentication accepted" + id)
			if f.events != nil {
				teller.Go(func() { f.tell(c, end) })
			}
		case "Status":
			c.say("Response: Success|Message: Channel status will follow" + id)
			f.list(c, f.stated(h["Variables"]), "StatusComplete", h["ActionID"])
		case "BridgeList":
			c.say("Response: Success|EventList: start|Message: Bridge listing will follow" + id)
			f.list(c, f.bridges, "BridgeListComplete", h["ActionID"])
		case "CoreStatus":
			c.say("Response: Success|CoreStartupDate: 2026-11-26|CoreStartupTime: 08:00:00" + id)
		case "QueueStatus":
			c.say("Response: Success|Message: Queue status will follow" + id)
			f.list(c, f.queues, "QueueStatusComplete", h["ActionID"])
		case "Getvar":
			if v, ok := f.vars[h["Channel"]+" "+h["Variable"]]; ok {
				c.say("Response: Success|Variable: " + h["Variable"] + "|Value: " + v + id)
			} else {
				c.say("Response: Error|Message: No such channel" + id)
			}
		case "Ping":
			c.say("Response: Pong" + id)
		case "Logoff":
			c.say("Response: Goodbye" + id)
			return
		default:
			c.say("Response: Success" + id)
		}
	}
}

// stated is the answer to Status, in which nobody was called for a transfer unless it says so.
func (f *fake) stated(variables string) string {
	const first, calldata = "TRANSFERERNAME", "Variable: calldata="
	if !strings.HasPrefix(variables, first) || strings.Contains(f.status, first) {
		return f.status
	}
	return strings.ReplaceAll(f.status, calldata, "Variable: "+first+"=(null)|"+calldata)
}

func (f *fake) list(c *client, events, complete, id string) {
	if events = strings.ReplaceAll(events, "@", id); events != "" {
		c.say(strings.TrimSuffix(strings.TrimSuffix(events, "\r\n\r\n"), "|"))
	}
	if !strings.Contains(events, "\nEvent: "+complete) { // as in a recording
		c.say("Event: " + complete + "|ActionID: " + id)
	}
}

func (f *fake) tell(c *client, end <-chan struct{}) {
	for {
		select {
		case e := <-f.events:
			c.say(e)
		case <-end:
			return
		}
	}
}

func request(r *bufio.Reader) (map[string]string, error) {
	h := map[string]string{}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return h, nil
		}
		k, v, _ := strings.Cut(line, ": ")
		h[k] = v
	}
}

// pipe is a Dial to the fake over a pipe: for the bubble of a synctest.
func (f *fake) pipe(context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	go f.serve(there)
	return here, nil
}

// listen is a Dial to the fake over TCP. The fake ends with the test.
func (f *fake) listen() func(context.Context) (net.Conn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { f.serve(c) })
		}
	})
	f.t.Cleanup(func() { l.Close(); all.Wait() })
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
}

// linked is a running Link.
type linked struct {
	t    *testing.T
	link *asterisk.Link
	out  chan *pbx.Batch
	rest []pbx.Event
	end  context.CancelFunc
	done chan error
	log  *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start runs a Link. Its end, and that the secret is nowhere in its log, is seen to.
func start(t *testing.T, o asterisk.Options, w asterisk.Wanted, room int) *linked {
	log := &safeBuffer{}
	o.Username, o.Secret, o.Log = "cti", secret, slog.New(slog.NewTextHandler(log, nil))
	out := make(chan *pbx.Batch, room)
	ctx, cancel := context.WithCancel(t.Context())
	l := &linked{t: t, link: asterisk.NewLink(o, out), out: out, end: cancel, done: make(chan error, 1), log: log}
	l.link.SetWanted(w)
	go func() { l.done <- l.link.Run(ctx) }()
	return l
}

// stop ends the link and sees that it ended well.
func (l *linked) stop() {
	l.t.Helper()
	l.end()
	if err := <-l.done; err != nil {
		l.t.Errorf("Run: %v", err)
	}
	l.secretSafe()
}

func (l *linked) secretSafe() {
	l.t.Helper()
	if s := l.log.String() + l.link.Status().Reason(); strings.Contains(s, secret) {
		l.t.Errorf("the secret is told: %s", s)
	}
}

// next is the next event, from whatever batch, but for the frame of a list of members.
func (l *linked) next() pbx.Event {
	e := l.any()
	for e.Kind == pbx.QueueMembersBegin || e.Kind == pbx.QueueMembersEnd {
		e = l.any()
	}
	return e
}

func (l *linked) any() pbx.Event {
	if len(l.rest) == 0 {
		b := <-l.out
		l.rest = append(l.rest, b.Events...)
		b.Release()
	}
	e := l.rest[0]
	l.rest = l.rest[1:]
	return e
}

// until is all events up to the first of kind k.
func (l *linked) until(k pbx.EventKind) (all []pbx.Event) {
	for {
		e := l.next()
		all = append(all, e)
		if e.Kind == k {
			return all
		}
	}
}

// expect sees that the next events are these.
func (l *linked) expect(kinds ...pbx.EventKind) {
	l.t.Helper()
	for _, k := range kinds {
		if e := l.next(); e.Kind != k {
			l.t.Fatalf("%s, want %s", words(e), k)
		}
	}
}

func recorded(t *testing.T, name string) string {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var errRefused = errors.New("connection refused")

func refuse(context.Context) (net.Conn, error) { return nil, errRefused }

const pause = 5 * time.Second
