package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// maxLive bounds the rows of each table: nobody reads more, and a browser with thousands of
// running clocks is slow. The search finds the others.
const maxLive = 200

// board is the floor in words (row I5).
type board struct {
	Down   string // why what is shown may be old; "" when it is not
	Find   string
	Tiles  []tile
	Queues []queueLine
	Agents []agentLine
	Calls  []callLine
	More   struct{ Agents, Calls int } // not shown
}

type tile struct {
	Icon, Tone, Label string
	Count             int
	Longest           clock
}

// clock is a time that is counted from.
type clock struct {
	Since time.Time
	Text  string // what it stood at when the page was made
}

type queueLine struct {
	Name, Service                               string
	Tone, Word                                  string
	Waiting, Available, OnCall, Paused, Members int
	Longest                                     clock
	Callers                                     []waiterLine
}

type waiterLine struct {
	Number, Name string
	Since        clock
}

type agentLine struct {
	ID                       string
	Name, Username, Initials string
	Phone                    string
	Tone, State, Detail      string
	Since                    clock
	Call                     string // the service he talks for
}

type callLine struct {
	ID                           string
	Number, Name, Service, Queue string
	Tone, Phase, Agent           string
	Since                        clock
}

// tones colour the states, as the panel does.
var tones = map[pbx.AgentState]string{
	pbx.AgentAvailable: "ok", pbx.AgentRinging: "ring", pbx.AgentOnCall: "call", pbx.AgentHeld: "call",
	pbx.AgentPaused: "warn", pbx.AgentAfterCall: "warn", pbx.AgentLost: "bad",
}

var phaseTones = map[pbx.Phase]string{
	pbx.PhaseDialplan: "idle", pbx.PhaseWaiting: "warn", pbx.PhaseDialing: "ring", pbx.PhaseRinging: "ring", pbx.PhaseTalking: "call", pbx.PhaseHeld: "call",
}

// longWait is when a caller has waited too long for comfort.
const longWait = time.Minute

func (a *Admin) mountLive(r fiber.Router) {
	a.get(r, "/live", viewer, (*visit).showLive)
	a.get(r, "/alive", viewer, func(v *visit) error { return v.SendStatus(http.StatusNoContent) })
}

func (v *visit) showLive() error {
	floor, err := v.a.feed.now(v.req.Context())
	if err != nil {
		return err
	}
	b := newBoard(v.lang, floor, v.req.URL.Query().Get("q"))
	if v.part() {
		return v.sendPart("live", "board", b)
	}
	return v.show(http.StatusOK, "live", "live", b)
}

func newBoard(l locale.Language, f *pbx.Floor, find string) *board {
	b := &board{Find: find}
	if f.Link != pbx.LinkStateReady {
		b.Down = l.Text("live.down")
		if f.Link == pbx.LinkStateSyncing {
			b.Down = l.Text("live.syncing")
		}
	}
	names := map[string]string{}
	counts := map[pbx.AgentState]int{}
	for i := range f.Agents {
		names[f.Agents[i].Operator] = named(f.Agents[i].FullName, f.Agents[i].Operator)
		counts[f.Agents[i].State]++
	}
	waiting, longest := b.queues(l, f)
	b.Tiles = []tile{
		{"headset", "ok", l.Text("live.available"), counts[pbx.AgentAvailable], clock{}},
		{"phone", "call", l.Text("live.oncall"), counts[pbx.AgentOnCall] + counts[pbx.AgentHeld] + counts[pbx.AgentRinging], clock{}},
		{"pause", "warn", l.Text("live.away"), counts[pbx.AgentPaused] + counts[pbx.AgentAfterCall] + counts[pbx.AgentLost], clock{}},
		{"waiting", map[bool]string{true: "bad", false: "ring"}[!longest.IsZero() && f.Now.Sub(longest) > longWait], l.Text("live.waiting"), waiting, since(f.Now, longest)},
	}
	services := b.calls(l, f, names)
	b.agents(l, f, services)
	return b
}

func (b *board) queues(l locale.Language, f *pbx.Floor) (waiting int, longest time.Time) {
	for _, q := range f.Queues {
		line := queueLine{Name: q.Name, Service: q.Service, Tone: "ok", Word: l.Text("live.queue.quiet"), Waiting: len(q.Waiting), Available: q.Available, OnCall: q.OnCall + q.Ringing, Paused: q.Paused + q.AfterCall, Members: q.Members}
		for _, w := range q.Waiting {
			line.Callers = append(line.Callers, waiterLine{w.Caller.Number, w.Caller.Name, since(f.Now, w.Since)})
		}
		if len(q.Waiting) > 0 {
			first := q.Waiting[0].Since
			line.Tone, line.Word, line.Longest = "warn", l.Text("live.queue.waiting"), since(f.Now, first)
			if f.Now.Sub(first) > longWait {
				line.Tone, line.Word = "bad", l.Text("live.queue.long")
			}
			if longest.IsZero() || first.Before(longest) {
				longest = first
			}
		}
		if q.Members == 0 {
			line.Tone, line.Word = "bad", l.Text("live.queue.nobody")
		}
		waiting += len(q.Waiting)
		b.Queues = append(b.Queues, line)
	}
	return waiting, longest
}

// calls fills in the calls and returns the service of each.
func (b *board) calls(l locale.Language, f *pbx.Floor, names map[string]string) map[pbx.CallID]string {
	services := map[pbx.CallID]string{}
	for _, c := range f.Calls {
		services[c.ID] = c.Service
		line := callLine{
			ID: "call-" + string(c.ID), Number: c.Caller.Number, Name: c.Caller.Name, Service: c.Service, Queue: c.Queue,
			Tone: phaseTones[c.Phase], Phase: l.Text("live.phase." + string(c.Phase)), Agent: named(names[c.Agent], c.Agent), Since: since(f.Now, c.Since),
		}
		switch {
		case !b.matches(line.Number, line.Name, line.Service, line.Agent, c.Agent):
		case len(b.Calls) == maxLive:
			b.More.Calls++
		default:
			b.Calls = append(b.Calls, line)
		}
	}
	return services
}

func (b *board) agents(l locale.Language, f *pbx.Floor, services map[pbx.CallID]string) {
	for i := range f.Agents {
		a := &f.Agents[i]
		name := named(a.FullName, a.Operator)
		line := agentLine{
			ID: "agent-" + a.Operator, Name: name, Username: a.Operator, Initials: initials(name), Phone: a.Phone,
			Tone: tones[a.State], State: l.Text("live.state." + string(a.State)), Detail: a.Reason, Since: since(f.Now, a.Since), Call: services[a.Call],
		}
		switch {
		case a.NoPhone:
			line.Tone, line.Detail = "bad", l.Text("live.no-phone")
		case a.Next != nil:
			line.Detail = strings.TrimSuffix(l.Text("live.next-pause", "reason", a.Next.Reason), ": ")
		}
		switch {
		case !b.matches(line.Name, line.Username, line.Phone, line.State, line.Call):
		case len(b.Agents) == maxLive:
			b.More.Agents++
		default:
			b.Agents = append(b.Agents, line)
		}
	}
	slices.SortStableFunc(b.Agents, func(x, y agentLine) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
}

// matches tells whether a row holds what is searched for.
func (b *board) matches(texts ...string) bool {
	find := strings.ToLower(strings.TrimSpace(b.Find))
	return find == "" || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), find) })
}

func named(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

func since(now, then time.Time) clock {
	if then.IsZero() {
		return clock{}
	}
	s := int(max(0, now.Sub(then)).Seconds())
	if s >= 3600 {
		return clock{then, fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)}
	}
	return clock{then, fmt.Sprintf("%02d:%02d", s/60, s%60)}
}
