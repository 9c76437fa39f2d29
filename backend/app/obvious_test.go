package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// obvious is the yardstick: the same service, told the same things, as a capable
// programmer writes it at the first go. A map for each event, json.Marshal for each
// message, and for each client a channel and a goroutine that writes with a deadline,
// as the chat example of the WebSocket library does.
type obvious struct {
	table   obviousTable
	ami     net.Conn
	ln      net.Listener
	mu      sync.RWMutex
	clients map[string]*obviousClient // by phone
}

type obviousClient struct {
	out  chan []byte
	slow context.CancelFunc
	seq  uint64
}

const (
	obviousQueue = 16 // messages
	obviousWrite = 5 * time.Second
)

func startObvious(ami string, agents int) (*obvious, error) {
	conn, err := net.Dial("tcp", ami)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 64<<10)
	if _, err := r.ReadString('\n'); err != nil { // the greeting
		return nil, err
	}
	u := amitest.DefaultUser
	if _, err := fmt.Fprintf(conn, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\n\r\n", u.Name, u.Secret); err != nil {
		return nil, err
	}
	if m, err := readObviously(r); err != nil || m["Response"] != "Success" {
		return nil, fmt.Errorf("login: %v, %w", m, err)
	}
	o := &obvious{ami: conn, table: newObviousTable(), clients: map[string]*obviousClient{}}
	if o.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	go o.read(r)
	go func() { _ = http.Serve(o.ln, o) }()
	return o, nil
}

func (o *obvious) address() string { return o.ln.Addr().String() }

func (o *obvious) stop() error {
	o.ami.Close()
	return o.ln.Close()
}

// readObviously reads one message of the manager interface.
func readObviously(r *bufio.Reader) (map[string]string, error) {
	m := make(map[string]string)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return m, nil
		}
		if key, value, ok := strings.Cut(line, ": "); ok {
			m[key] = value
		}
	}
}

func (o *obvious) read(r *bufio.Reader) {
	for {
		m, err := readObviously(r)
		if err != nil {
			return
		}
		o.table.apply(m, o.tell)
	}
}

// tell sends a message to the agent of a phone, if one is there.
func (o *obvious) tell(phone string, m *obviousMessage) {
	o.mu.RLock()
	c := o.clients[phone]
	o.mu.RUnlock()
	if c == nil {
		return
	}
	c.seq++
	m.Seq = c.seq
	b, err := json.Marshal(m)
	if err != nil {
		return
	}
	select {
	case c.out <- b:
	default:
		c.slow()
	}
}

// ServeHTTP is one agent's WebSocket.
func (o *obvious) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var agent int
	if _, err := fmt.Sscan(r.URL.Query().Get("agent"), &agent); err != nil {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"asteriskcti.v1.json"}})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ctx, slow := context.WithCancel(ws.CloseRead(context.Background()))
	defer slow()
	c := &obviousClient{out: make(chan []byte, obviousQueue), slow: slow}
	c.out <- []byte(`{"type":"snapshot","calls":[]}`)
	o.mu.Lock()
	o.clients[phoneOf(agent)] = c
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		delete(o.clients, phoneOf(agent))
		o.mu.Unlock()
	}()
	for {
		select {
		case b := <-c.out:
			deadline, cancel := context.WithTimeout(ctx, obviousWrite)
			err := ws.Write(deadline, websocket.MessageText, b)
			cancel()
			if err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// What clients are told: of the same shape as our own messages.
type (
	obviousMessage struct {
		Type   string        `json:"type"`
		Event  string        `json:"event,omitempty"`
		Agent  *obviousState `json:"agent,omitempty"`
		Call   *obviousCall  `json:"call,omitempty"`
		Action *pbx.Action   `json:"action,omitempty"`
		Seq    uint64        `json:"seq"`
	}
	obviousState struct {
		State string `json:"state"`
		Since int64  `json:"since"`
	}
	obviousCall struct {
		ID        string         `json:"id"`
		Uniqueid  string         `json:"uniqueid"`
		Channel   string         `json:"channel"`
		Linkedid  string         `json:"linkedid"`
		State     string         `json:"state"`
		Phase     string         `json:"phase"`
		Direction string         `json:"direction"`
		Caller    obviousCaller  `json:"caller"`
		Called    string         `json:"called"`
		Context   string         `json:"context"`
		Service   string         `json:"service"`
		Queue     string         `json:"queue"`
		Variables []pbx.Variable `json:"variables"`
		Started   int64          `json:"started"`
		Since     int64          `json:"since"`
		Queued    int64          `json:"queued"`
		Answered  int64          `json:"answered"`
		Cause     int            `json:"cause"`
		CauseText string         `json:"causeText"`
		Action    *pbx.Action    `json:"action,omitempty"`

		phone  string
		caller string // Uniqueid of who calls
		bridge string
		linked bool
	}
	obviousCaller struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
)

// obviousTable knows the channels there are.
type obviousTable struct {
	channels map[string]*obviousCall
	bridges  map[string][]*obviousCall
}

func newObviousTable() obviousTable {
	return obviousTable{channels: map[string]*obviousCall{}, bridges: map[string][]*obviousCall{}}
}

// apply changes the table by an event and tells the phones it concerns.
func (t *obviousTable) apply(m map[string]string, tell func(phone string, m *obviousMessage)) {
	now := time.Now().UnixMilli()
	event := func(c *obviousCall, name string) { tell(c.phone, &obviousMessage{Type: "event", Event: name, Call: c}) }
	phase := func(c *obviousCall, phase, state string) {
		c.Phase, c.Since = phase, now
		tell(c.phone, &obviousMessage{Type: "agent", Agent: &obviousState{state, now}})
	}
	c := t.channels[m["Uniqueid"]]
	if name := m["Event"]; name == "Newchannel" {
		t.channels[m["Uniqueid"]] = &obviousCall{
			ID: "c" + m["Uniqueid"], Uniqueid: m["Uniqueid"], Channel: m["Channel"], Linkedid: m["Linkedid"], State: m["ChannelStateDesc"],
			Phase: "ringing", Direction: "inbound", Caller: obviousCaller{m["CallerIDNum"], m["CallerIDName"]}, Called: m["Exten"],
			Context: m["Context"], Started: now, Since: now, phone: pbx.Device(m["Channel"]),
		}
		return
	} else if c == nil {
		return
	}
	switch m["Event"] {
	case "VarSet":
		if m["Variable"] == "calldata" {
			c.Variables = append(c.Variables, pbx.Variable{Name: "calldata", Value: m["Value"]})
		}
	case "AgentCalled":
		if d := t.channels[m["DestUniqueid"]]; d != nil {
			d.caller, d.Caller, d.Called, d.Context, d.Variables = c.Uniqueid, c.Caller, c.Called, m["Context"], c.Variables
			d.Service, d.Queue, d.Queued = "Calls", m["Queue"], now
			event(d, "Newchannel")
		}
	case "Newstate":
		c.State = m["ChannelStateDesc"]
		if c.caller == "" {
			return
		}
		event(c, "Newstate")
		switch c.State {
		case "Ringing":
			event(c, "Callerid")
			phase(c, "ringing", "ringing")
		case "Up":
			c.Answered = now
			phase(c, "talking", "oncall")
		}
	case "BridgeEnter":
		c.bridge = m["BridgeUniqueid"]
		in := append(t.bridges[c.bridge], c)
		t.bridges[c.bridge] = in
		if len(in) < 2 {
			return
		}
		for _, c := range in {
			if c.caller != "" && !c.linked {
				c.linked = true
				c.Action = &pbx.Action{Type: "browser", Target: "window", URL: crm + "?id=" + url.QueryEscape(c.Variables[0].Value) + "&caller=" + url.QueryEscape(c.Caller.Number)}
				tell(c.phone, &obviousMessage{Type: "event", Event: "Link", Call: c, Action: c.Action})
			}
		}
	case "BridgeLeave":
		for _, c := range t.bridges[c.bridge] {
			if c.linked {
				c.linked = false
				event(c, "Unlink")
			}
		}
		delete(t.bridges, c.bridge)
	case "Hold":
		event(c, "Hold")
		phase(c, "held", "held")
	case "Unhold":
		event(c, "Unhold")
		phase(c, "talking", "oncall")
	case "Hangup":
		delete(t.channels, c.Uniqueid)
		if c.caller != "" {
			c.CauseText = m["Cause-txt"]
			event(c, "Hangup")
			phase(c, "ended", "available")
		}
	}
}
