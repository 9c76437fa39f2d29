package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// A conversation is written as it is read in docs/protocol.md:
//
//	S: what the server sends        C: what the client sends
//	   continued, joined without the blanks
//	S: (closed)                     the server has closed the connection
//	S2:, C2:                        a second client, who connects with its first line
//	(something happens)             see directions
//
// Each line of the server must come exactly so, and nothing else with it.
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
	"ada signs in at another desk": func(h *house) { h.signIn("ada", "difference", "202") },
	"30 seconds pass":              func(*house) { <-time.After(30 * time.Second) },
	"90 seconds pass":              func(*house) { <-time.After(90 * time.Second) },
}

var theCall = newCall(4, "PJSIP/201", "Rossi & Figli")

// TestConversations holds every conversation of testdata and of the documentation,
// over pipes in a bubble and, where time need not pass, over real sockets.
func TestConversations(t *testing.T) {
	for _, c := range conversations(t) {
		t.Run(c.name+"/pipe", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.hold(t, newPipes(), nil) })
		})
		if !c.takesTime() {
			t.Run(c.name+"/socket", func(t *testing.T) { c.hold(t, nil, loopbackListener(t)) })
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

// hold holds it, over p or over ln.
func (c conversation) hold(t *testing.T, p *pipes, ln net.Listener) {
	h := newHouse(t)
	dial := func() net.Conn { return p.dial() }
	if p != nil {
		ln = p
	} else {
		dial = func() net.Conn { return dialTo(t, ln.Addr().String()) }
	}
	if c.door == "line" {
		h.tcp(ln, nil, TCPOptions{})
	} else {
		h.web(ln, WebSocketOptions{})
		h.signIn("ada", "difference", "00:11:22:33:44:55")
	}
	clients := make(map[string]talker)
	defer func() {
		for _, client := range clients {
			client.close()
		}
	}()
	for _, s := range c.steps {
		if s.who == "" {
			directions[s.text](h)
			continue
		}
		client := clients[s.who[1:]]
		if client == nil {
			if client = newLineTalker(dial); c.door != "line" {
				client = newWebTalker(t, dial, c.door)
			}
			clients[s.who[1:]] = client
		}
		if s.who[0] == 'C' {
			client.say(t, s.text)
			continue
		}
		if got := client.hear(t); got != s.text {
			t.Fatalf("the server said\n%s\ninstead of\n%s", got, s.text)
		}
	}
}

// talker is a client of a conversation.
type talker interface {
	say(t *testing.T, text string)
	hear(t *testing.T) string // "(closed)" at the end
	close()
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

func (l *lineTalker) hear(t *testing.T) string {
	t.Helper()
	_ = l.nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	text, err := l.r.ReadString('\n')
	if err == io.EOF && text == "" {
		return "(closed)"
	} else if err != nil {
		t.Fatalf("%q, %v", text, err)
	}
	return strings.TrimSuffix(text, "\n")
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

func (w *webTalker) hear(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, text, err := w.ws.Read(ctx)
	if code := websocket.CloseStatus(err); code != -1 {
		return fmt.Sprintf("(closed with %d)", code)
	} else if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *webTalker) close() { _ = w.ws.CloseNow() }
