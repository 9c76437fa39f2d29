package transport

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// counters are a real desk, dialer and control, in front of an exchange that agrees to all.
type counters struct {
	exchange *exchange
	desk     *desk.Desk
	dialer   *dial.Dialer
	control  *control.Control
}

func newCounters(h *house) *counters {
	x := new(exchange)
	k := &counters{
		exchange: x,
		desk: desk.New(desk.Options{
			Exchange: x, Picture: h.tracker, Ledger: noLedger{}, Config: h.live, Grace: 20 * time.Second, Clock: h.time,
		}),
		dialer: dial.New(dial.Options{Exchange: x, Config: h.live, Post: h.tracker.Post, Audit: noAudit{}, Clock: h.time}),
	}
	x.desk = k.desk
	k.control = control.New(control.Options{
		Exchange: x, Picture: h.tracker, Config: h.live, Numbers: k.dialer, Audit: noAudit{}, Context: "house",
	})
	return k
}

// hooks are what the tracker tells; the counters come after it is made.
type hooks struct{ *counters }

func (k *hooks) Phone(operator string, generation uint64, s pbx.AgentState, afterCall time.Duration) {
	k.desk.Phone(operator, generation, s, afterCall)
}
func (k *hooks) Member(e *pbx.Event)     { k.desk.Member(e) }
func (k *hooks) Originated(e *pbx.Event) { k.dialer.Originated(e) }
func (k *hooks) Link(s pbx.LinkState) {
	k.desk.Link(s)
	k.dialer.Link(s)
}

// exchange agrees to every action, and tells what has become of its queues' members.
type exchange struct {
	desk *desk.Desk
	mu   sync.Mutex
	call string // the id of the channel that it was last asked for
}

func (x *exchange) Do(_ context.Context, a ami.Action) (ami.Answer, error) {
	text, err := a.Append(nil, "1")
	if err != nil {
		return ami.Answer{}, err
	}
	h := make(map[string]string)
	for line := range strings.SplitSeq(string(text), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		h[name] = value
	}
	e := pbx.Event{Queue: h["Queue"], Interface: h["Interface"], Paused: h["Paused"] == "true"}
	e.Number, _ = strconv.Atoi(h["Penalty"])
	switch h["Action"] {
	case "Originate":
		x.mu.Lock()
		x.call = h["ChannelId"]
		x.mu.Unlock()
	case "QueueAdd":
		e.Kind = pbx.QueueMember
		x.desk.Member(&e)
	case "QueuePause":
		e.Kind = pbx.QueueMemberPaused
		x.desk.Member(&e)
	case "QueueRemove":
		e.Kind = pbx.QueueMemberRemoved
		x.desk.Member(&e)
	}
	m, err := ami.NewReader(strings.NewReader("Response: Success\r\nValue: NOT_INUSE\r\n\r\n")).Next()
	if err != nil {
		return ami.Answer{}, err
	}
	return ami.AnswerOf(m), nil
}

type noLedger struct{}

func (noLedger) Members(context.Context) ([]desk.Member, error)    { return nil, nil }
func (noLedger) PutMember(context.Context, desk.Member) error      { return nil }
func (noLedger) DeleteMember(_ context.Context, _, _ string) error { return nil }
func (noLedger) Pauses(context.Context) ([]desk.Pause, error)      { return nil, nil }
func (noLedger) PutPause(context.Context, desk.Pause) error        { return nil }
func (noLedger) DeletePause(_ context.Context, _ string) error     { return nil }

type noAudit struct{}

func (noAudit) Log(context.Context, string, ...slog.Attr) error { return nil }

// idle is a Desk and a Dialer who do nothing.
type idle struct{}

func (idle) Enter(tracker.Agent)                                                 {}
func (idle) Leave(string, uint64)                                                {}
func (idle) Lost(string, uint64, time.Duration)                                  {}
func (idle) Pause(context.Context, string, uint64, desk.Wish) error              { return nil }
func (idle) Ready(context.Context, string, uint64) error                         { return nil }
func (idle) MoreTime(context.Context, string, uint64) error                      { return nil }
func (idle) Originate(context.Context, tracker.Agent, dial.Wish) (string, error) { return "", nil }

// notebook is a Notes that keeps what is written of calls in progress.
type notebook struct {
	clock func() time.Time
	mu    sync.Mutex
	list  []pbx.Note
}

func (b *notebook) Note(_ context.Context, _ tracker.Agent, n pbx.Note, may func(service, disposition string) bool) (pbx.Note, error) {
	if n.Call == "" {
		return n, session.ErrUnknownCall
	}
	if n.Disposition != "" && !may(n.Service, n.Disposition) {
		return n, session.ErrDisposition
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n.At = b.clock()
	b.list = append(b.list, n)
	return n, nil
}

func (b *notebook) Notes(_ context.Context, _ tracker.Agent, calls []pbx.Call) (list []pbx.Note, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range calls {
		for j := len(b.list) - 1; j >= 0; j-- {
			if b.list[j].Call == calls[i].ID {
				list = append(list, b.list[j])
				break
			}
		}
	}
	return list, nil
}
