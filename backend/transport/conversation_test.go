package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// A conversation is written as it is read in docs/protocol.md:
//
//	S: what the server sends        C: what the client sends
//	   continued, joined without the blanks
//	S: (closed)                     the server has closed the connection
//	S2:, C2:                        a second client, who connects with its first line
//	(something happens)             see directions
//
// Each line of the server must come exactly so, and nothing else with it; but of the queues,
// which the desk and the picture both tell of, only the last before something else counts, and a note may come again.
type conversation struct {
	name, door string // door: "line" or a subprotocol
	steps      []step
}

type step struct{ who, text string } // who: S, C, S2, C2 or "" for a direction

// directions is what can happen in a conversation.
var directions = map[string]func(h *house){
	"a caller waits in the queue":   func(h *house) { h.happen(theCall.waits()...) },
	"ada's telephone rings":         func(h *house) { h.later(2 * time.Second); h.happen(theCall.rings()...) },
	"ada answers":                   func(h *house) { h.later(3 * time.Second); h.happen(theCall.answered()...) },
	"ada puts the caller on hold":   func(h *house) { h.later(20 * time.Second); h.happen(theCall.held()...) },
	"ada talks to the caller again": func(h *house) { h.later(10 * time.Second); h.happen(theCall.unheld()...) },
	"the caller hangs up":           func(h *house) { h.later(30 * time.Second); h.happen(theCall.ends()...) },
	"the link to Asterisk breaks": func(h *house) {
		h.later(time.Second)
		h.happen(pbx.Event{Kind: pbx.LinkDown, Text: "connection refused"})
	},
	"the link is back, the picture is not": func(h *house) {
		h.later(5 * time.Second)
		h.happen(pbx.Event{Kind: pbx.LinkUp}, pbx.Event{Kind: pbx.SyncBegin})
	},
	"the picture is whole": func(h *house) { h.happen(pbx.Event{Kind: pbx.SyncEnd}) },
	"the server ends":      func(h *house) { h.end() },
	"ada is removed from the configuration": func(h *house) {
		old := h.live.Now()
		h.live.Set(config.New("next", old.Services, old.Seats, old.Operators[1:]))
	},
	"ada signs in at another desk":    func(h *house) { h.signIn("ada", "difference", "202"); h.settle("ada") },
	"ada's telephone does not answer": func(h *house) { h.originated("Failure", 3) },
	"ada's telephone is answered":     func(h *house) { h.originated("Success", 4) },
	"ada's telephone is hung up":      func(h *house) { h.later(10 * time.Second); h.happen(theCall.ends()...) },
	"30 seconds pass":                 func(*house) { <-time.After(30 * time.Second) },
	"90 seconds pass":                 func(*house) { <-time.After(90 * time.Second) },
}

// originated is what becomes of the call that was asked for last.
func (h *house) originated(how string, reason int) {
	h.counters.exchange.mu.Lock()
	id := pbx.ChannelID(h.counters.exchange.call)
	h.counters.exchange.mu.Unlock()
	h.later(time.Second)
	h.happen(pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: id}, Value: how, Number: reason})
}

var theCall = newCall(4, "PJSIP/201", "Rossi & Figli")

// TestConversations holds every conversation of testdata and of the documentation,
// over pipes in a bubble and, where time need not pass, over real sockets; those of the line
// protocol over TLS as well.
func TestConversations(t *testing.T) {
	for _, c := range conversations(t) {
		t.Run(c.name+"/pipe", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.hold(t, newPipes(), nil, nil) })
		})
		if c.takesTime() {
			continue
		}
		t.Run(c.name+"/socket", func(t *testing.T) { c.hold(t, nil, loopbackListener(t), nil) })
		if c.door == "line" {
			t.Run(c.name+"/tls", func(t *testing.T) { c.hold(t, nil, loopbackListener(t), selfSigned(t)) })
		}
	}
}

// conversations reads all of them.
func conversations(t *testing.T) (all []conversation) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		door, rest, _ := strings.Cut(string(text), "\n")
		all = append(all, parseConversation(t, filepath.Base(file), strings.TrimPrefix(door, "door: "), rest))
	}
	return append(all, documented(t, "../../docs/protocol.md")...)
}

// documented finds the fenced blocks whose language is "line" or "asteriskcti.…".
func documented(t *testing.T, file string) (all []conversation) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "\n```")
	for i := 1; i < len(blocks); i += 2 {
		door, rest, _ := strings.Cut(blocks[i], "\n")
		if door == "line" || strings.HasPrefix(door, "asteriskcti.") {
			all = append(all, parseConversation(t, fmt.Sprintf("protocol.md block %d", 1+i/2), door, rest))
		}
	}
	if len(all) == 0 {
		t.Errorf("%s has no conversations", file)
	}
	return all
}

func parseConversation(t *testing.T, name, door, text string) conversation {
	t.Helper()
	c := conversation{name: name, door: door}
	for l := range strings.SplitSeq(text, "\n") {
		who, said, ok := strings.Cut(l, ": ")
		switch {
		case l == "" || strings.HasPrefix(l, "#"):
		case strings.HasPrefix(l, "   ") && len(c.steps) > 0:
			c.steps[len(c.steps)-1].text += strings.TrimSpace(l)
		case strings.HasPrefix(l, "("):
			what := strings.Trim(l, "()")
			if directions[what] == nil {
				t.Fatalf("%s: nobody knows how %q", name, what)
			}
			c.steps = append(c.steps, step{"", what})
		case ok && strings.Contains("S C S2 C2", who):
			c.steps = append(c.steps, step{who, said})
		default:
			t.Fatalf("%s: what is %q", name, l)
		}
	}
	return c
}

func (c conversation) takesTime() bool {
	for _, s := range c.steps {
		if s.who == "" && strings.HasSuffix(s.text, " pass") {
			return true
		}
	}
	return false
}

// hold holds it, over p or over ln, by TLS if conf is given.
func (c conversation) hold(t *testing.T, p *pipes, ln net.Listener, conf *tls.Config) {
	stage := newStage(t, c.door, p, ln, conf)
	defer stage.close()
	for _, s := range c.steps {
		if s.who == "" {
			directions[s.text](stage.house)
			continue
		}
		client := stage.client(t, s.who[1:])
		if s.who[0] == 'C' {
			client.say(t, s.text)
			continue
		}
		got := hear(t, client)
		for got != s.text && (ofQueues(got) || ofNote(got)) {
			got = hear(t, client)
		}
		if got != s.text {
			t.Fatalf("the server said\n%s\ninstead of\n%s", got, s.text)
		}
	}
}

// ofQueues says whether a frame tells of the agent's queues: the next one makes up for it.
func ofQueues(frame string) bool {
	return strings.HasPrefix(frame, `{"type":"queues"`) || strings.HasPrefix(frame, `<event id="Queues">`)
}

// ofNote says whether a frame tells of a note: it comes again when another screen comes.
func ofNote(frame string) bool {
	return strings.HasPrefix(frame, `{"type":"note"`) || strings.HasPrefix(frame, `<event id="Note">`)
}

// stage is a house with one door, and those who have come to it.
type stage struct {
	house   *house
	door    string
	dial    func() net.Conn
	clients map[string]talker
}

// newStage has its door on p, or on ln, by TLS if conf is given.
func newStage(t *testing.T, door string, p *pipes, ln net.Listener, conf *tls.Config) *stage {
	s := &stage{house: newHouseWith(t, session.Options{}, 0), door: door, clients: make(map[string]talker)}
	if s.dial = func() net.Conn { return p.dial() }; p != nil {
		ln = p
	} else {
		s.dial = func() net.Conn { return dialTo(t, ln.Addr().String()) }
	}
	if plain := s.dial; conf != nil {
		s.dial = func() net.Conn { return tls.Client(plain(), trusting) }
	}
	if door == "line" {
		s.house.tcp(ln, conf, TCPOptions{})
	} else {
		s.house.web(ln, WebSocketOptions{})
		s.house.signIn("ada", "difference", "00:11:22:33:44:55")
		s.house.settle("ada")
	}
	return s
}

// settle waits until the operator stands in the picture as he does at the desk.
func (h *house) settle(operator string) {
	h.mu.Lock()
	who := h.in[operator]
	h.mu.Unlock()
	var seen placed
	for !seen {
		w, err := h.tracker.Watch(context.Background(), tracker.Agent{Operator: who.Operator, Extension: who.Seat.Extension, Generation: who.Generation}, &seen)
		if err != nil {
			h.t.Fatal(err)
		}
		w.Stop()
	}
}

// placed is whether an agent is in his queue.
type placed bool

func (p *placed) Snapshot(s *tracker.Snapshot) {
	*p = s.Duty.State != "" && len(s.Queues) > 0 && placed(s.Queues[0].Member)
}
func (*placed) Notify(*pbx.Notice, uint64) {}
func (*placed) Flush()                     {}

// client is who is "" or "2", who comes when he is first asked for.
func (s *stage) client(t *testing.T, who string) talker {
	client := s.clients[who]
	if client == nil {
		if client = newLineTalker(s.dial); s.door != "line" {
			client = newWebTalker(t, s.dial, s.door)
		}
		s.clients[who] = client
	}
	return client
}

func (s *stage) close() {
	for _, client := range s.clients {
		client.close()
	}
}

// originateID is another one each time.
var originateID = regexp.MustCompile(`cti-[A-Z2-7]{10,}`)

// talker is a client of a conversation.
type talker interface {
	say(t *testing.T, text string)
	read(ctx context.Context) (string, error) // "(closed)" at the end
	close()
}

// hear is the next that the server says.
func hear(t *testing.T, client talker) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	text, err := client.read(ctx)
	if err != nil {
		t.Fatalf("%q, %v", text, err)
	}
	return originateID.ReplaceAllString(text, "cti-1")
}

func dialTo(t testing.TB, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return nc
}

type lineTalker struct {
	nc net.Conn
	r  *bufio.Reader
}

func newLineTalker(dial func() net.Conn) talker {
	nc := dial()
	return &lineTalker{nc, bufio.NewReader(nc)}
}

func (l *lineTalker) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(l.nc, text+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (l *lineTalker) read(ctx context.Context) (string, error) {
	until, _ := ctx.Deadline() // none: the zero time, which is none
	_ = l.nc.SetReadDeadline(until)
	text, err := l.r.ReadString('\n')
	if err == io.EOF && text == "" {
		return "(closed)", nil
	}
	return strings.TrimSuffix(text, "\n"), err
}

func (l *lineTalker) close() { _ = l.nc.Close() }

type webTalker struct{ ws *websocket.Conn }

func newWebTalker(t *testing.T, dial func() net.Conn, protocol string) talker {
	t.Helper()
	return &webTalker{dialWeb(t, dial, protocol, "ada")}
}

// dialWeb opens a WebSocket over a connection of dial.
func dialWeb(t testing.TB, dial func() net.Conn, protocol, as string) *websocket.Conn {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return dial(), nil },
		DisableKeepAlives: true,
	}}
	ws, resp, err := websocket.Dial(t.Context(), "ws://localhost/ws?as="+as, &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{protocol}, HTTPHeader: http.Header{"Origin": {"http://localhost"}},
	})
	if err != nil {
		t.Fatalf("%v, answered %+v", err, resp)
	}
	if got := ws.Subprotocol(); got != protocol {
		t.Errorf("subprotocol %q", got)
	}
	return ws
}

func (w *webTalker) say(t *testing.T, text string) {
	t.Helper()
	if err := w.ws.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (w *webTalker) read(ctx context.Context) (string, error) {
	_, text, err := w.ws.Read(ctx)
	if code := websocket.CloseStatus(err); code != -1 {
		return fmt.Sprintf("(closed with %d)", code), nil
	}
	return string(text), err
}

func (w *webTalker) close() { _ = w.ws.CloseNow() }
