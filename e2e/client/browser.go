package client

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/e2e/tape"
	"github.com/coder/websocket"
)

// The two encodings of the WebSocket.
const (
	JSON = "asteriskcti.v1.json"
	XML  = "asteriskcti.v1.xml"
)

// Browser is a signed-in browser with its WebSocket open. The first frame, a
// snapshot, is in Snapshot; Events holds all that follow.
type Browser struct {
	Snapshot string
	Events   *tape.Tape[Event]

	server, encoding string
	asked            int // commands

	socket *websocket.Conn
	http   *http.Client
	stop   context.CancelFunc
	done   chan struct{}
}

// Open signs in at a server ("http://127.0.0.1:8080") as the panel does, and opens
// the WebSocket in one of the encodings.
func Open(ctx context.Context, server, user, password, seat, encoding string) (*Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &Browser{server: server, encoding: encoding, http: &http.Client{Jar: jar}}
	body, err := json.Marshal(map[string]string{"operator": user, "password": password, "seat": seat})
	if err != nil {
		return nil, err
	}
	if err := b.post(ctx, server, "/api/sign-in", body); err != nil {
		return nil, fmt.Errorf("browser %s: %w", user, err)
	}
	if err := b.Reopen(ctx); err != nil {
		return nil, fmt.Errorf("browser %s: %w", user, err)
	}
	return b, nil
}

// Reopen opens the WebSocket of the same sign-in anew, after Close.
func (b *Browser) Reopen(ctx context.Context) error {
	var res *http.Response
	var err error
	b.socket, res, err = websocket.Dial(ctx, "ws"+strings.TrimPrefix(b.server, "http")+"/ws", &websocket.DialOptions{
		HTTPClient: b.http, Subprotocols: []string{b.encoding}, HTTPHeader: http.Header{"Origin": {b.server}},
	})
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // of a refusal; an opened WebSocket has none
	}
	if err != nil {
		return err
	}
	b.socket.SetReadLimit(1 << 20)
	_, first, err := b.socket.Read(ctx)
	if err != nil {
		return fmt.Errorf("first frame: %w", err)
	}
	b.Snapshot, b.Events, b.done = string(first), tape.New[Event](), make(chan struct{})
	parse := parseJSON
	if b.encoding == XML {
		parse = parseXML
	}
	var life context.Context
	life, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	go b.listen(life, parse)
	return nil
}

// Ask is Order and its Reply.
func (b *Browser) Ask(ctx context.Context, command string, params ...string) (Event, error) {
	id, err := b.Order(ctx, command, params...)
	if err != nil {
		return Event{}, err
	}
	return b.Reply(ctx, id)
}

// Reply waits for the reply to an order.
func (b *Browser) Reply(ctx context.Context, id string) (Event, error) {
	e, _, err := b.Events.Wait(ctx, 0, func(e Event) bool { return e.ID == "reply" && e.Ref == id })
	return e, err
}

// Order sends a command with its parameters, name, value, …, and returns its id; "to.agent" is
// the member agent of the parameter to. One goroutine at a time.
func (b *Browser) Order(ctx context.Context, command string, params ...string) (id string, err error) {
	b.asked++
	id = strconv.Itoa(b.asked)
	var text, inside string
	if b.encoding == XML {
		text = "<command" + attribute("id", id) + attribute("name", command)
		for i := 0; i+1 < len(params); i += 2 {
			if member, is := strings.CutPrefix(params[i], "to."); is {
				inside += "<to" + attribute(member, params[i+1]) + "/>"
				continue
			}
			text += attribute(strings.ToLower(params[i]), params[i+1])
		}
		text += ">" + inside + "</command>"
	} else {
		m := map[string]any{"id": id, "command": command}
		for i := 0; i+1 < len(params); i += 2 {
			if member, is := strings.CutPrefix(params[i], "to."); is {
				m["to"] = map[string]any{member: params[i+1]}
				continue
			}
			m[params[i]] = params[i+1]
			if params[i+1] == "true" {
				m[params[i]] = true
			}
		}
		whole, err := json.Marshal(m)
		if err != nil {
			return "", err
		}
		text = string(whole)
	}
	return id, b.socket.Write(ctx, websocket.MessageText, []byte(text))
}

func attribute(name, value string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(value)) // a Builder takes all
	return " " + name + `="` + b.String() + `"`
}

// Close drops the connection, as a closed tab does. The sign-in stays.
func (b *Browser) Close() {
	b.stop()
	<-b.done
	b.http.CloseIdleConnections()
}

// Get asks for a page of the server as who is signed in, and returns its text.
func (b *Browser) Get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server+path, nil)
	if err != nil {
		return "", err
	}
	res, err := b.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	return string(text), err
}

func (b *Browser) listen(ctx context.Context, parse func(string) (Event, error)) {
	defer close(b.done)
	defer func() { _ = b.socket.CloseNow() }() // closed already, or nobody cares how
	for {
		_, frame, err := b.socket.Read(ctx)
		var e Event
		if err == nil {
			e, err = parse(string(frame))
		}
		if err != nil {
			b.Events.End(fmt.Errorf("the WebSocket is closed: %w", err))
			return
		}
		b.Events.Add(e)
	}
}

func (b *Browser) post(ctx context.Context, server, path string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", server)
	res, err := b.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	return nil
}
