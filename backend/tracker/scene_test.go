package tracker

import (
	"fmt"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// scene is a picture without a loop: events go in, and what each agent is told comes
// out as words.
type scene struct {
	t    judge
	p    *picture
	now  time.Time
	ears map[string]*ear
}

// judge is what a testing.T and a rapid.T have in common.
type judge interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// ear is one client of an agent.
type ear struct {
	t        judge
	watch    *Watch
	snapshot *Snapshot
	seq      uint64
	notices  []*pbx.Notice
	flushes  int
}

func (e *ear) Snapshot(s *Snapshot) {
	if e.snapshot != nil {
		e.t.Error("two snapshots")
	}
	e.snapshot, e.seq = s, s.Seq
}

func (e *ear) Flush() { e.flushes++ }

func (e *ear) Notify(n *pbx.Notice, seq uint64) {
	if n.Call != nil {
		e.seq++
	}
	if seq != e.seq {
		e.t.Errorf("notice %d instead of %d", seq, e.seq)
	}
	e.notices = append(e.notices, n)
}

func page(t judge) *pop.Template {
	t.Helper()
	page, err := pop.ParseBrowser("https://crm.example/", "?n={callerid_num}&d={calldata}", false)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// salesAndSupport has a service without queue, one with, and one to call out.
func salesAndSupport(t judge) *Plan {
	return &Plan{
		Services: []Service{
			{Name: "Sales", Context: "sales", Direction: pbx.Inbound, Variables: []string{"calldata", "city"}, Action: page(t), Target: "window"},
			{Name: "Support", Context: "support", Direction: pbx.Inbound, Queue: "Help", Variables: []string{"calldata"}, Action: page(t), Target: "pane"},
			{Name: "Campaign", Context: "campaign", Direction: pbx.Outbound, Variables: []string{"lead"}, Action: page(t), Target: "tab"},
		},
		Seats: map[string]string{"PJSIP/201": "00:00:00:00:02:01", "PJSIP/202": "00:00:00:00:02:02", "SIP/201": "00:00:00:00:03:01", "SIP/202": "00:00:00:00:03:02"},
	}
}

// newScene has salesAndSupport, and ada and bob at PJSIP/201 and PJSIP/202, or at
// SIP/201 and SIP/202.
func newScene(t judge, tech string) *scene {
	s := &scene{t: t, now: time.Unix(1_800_000_000, 0), ears: map[string]*ear{}}
	s.p = newPicture("c", 100, s.now)
	s.p.setPlan(compile(salesAndSupport(t)))
	s.play(pbx.Event{Kind: pbx.LinkUp}, pbx.Event{Kind: pbx.SyncBegin}, pbx.Event{Kind: pbx.SyncEnd})
	if tech != "" {
		s.sit("ada", tech+"/201", 1)
		s.sit("bob", tech+"/202", 1)
	}
	return s
}

// sit lets an operator sign in; his notices are kept under his name.
func (s *scene) sit(operator, extension string, generation uint64) *ear {
	s.t.Helper()
	e := &ear{t: s.t}
	e.watch = &Watch{watcher: e}
	a := Agent{Operator: operator, Extension: extension, Generation: generation}
	if err := s.p.watch(a, e.watch); err != nil {
		s.t.Fatal(err)
	}
	s.ears[operator] = e
	(&Tracker{picture: s.p}).deliver()
	return e
}

// play applies events a second apart, and hands out what there is to tell.
func (s *scene) play(events ...pbx.Event) {
	tr := &Tracker{picture: s.p}
	for i := range events {
		s.now = s.now.Add(time.Second)
		s.p.at(s.now)
		s.p.apply(&events[i])
		tr.deliver()
		s.sound()
	}
}

// told is what an operator was told since told was last called, a word for each
// notice: its id, with "!" when something pops, and the state or cause where that is
// the news.
func (s *scene) told(operator string) string {
	e := s.ears[operator]
	words := make([]string, 0, len(e.notices))
	for _, n := range e.notices {
		word := string(n.ID)
		switch n.ID {
		case pbx.NoticeNewstate:
			word += "(" + n.Call.State.String() + ")"
		case pbx.NoticeHangup:
			word += fmt.Sprintf("(%d)", n.Call.Cause)
		case pbx.NoticeAgentState:
			word = string(n.Agent)
		case pbx.NoticeLinkState:
			word = "link-" + string(n.Link)
		}
		if n.Action != nil {
			word += "!"
		}
		words = append(words, word)
	}
	e.notices = nil
	return strings.Join(words, " ")
}

// last is the call of an operator's newest notice.
func (s *scene) last(operator string) *pbx.Call {
	s.t.Helper()
	for i := len(s.ears[operator].notices) - 1; i >= 0; i-- {
		if c := s.ears[operator].notices[i].Call; c != nil {
			return c
		}
	}
	s.t.Fatalf("%s was told of no call", operator)
	return nil
}

func (s *scene) want(operator, told string) {
	s.t.Helper()
	if got := s.told(operator); got != told {
		s.t.Errorf("%s\n got %s\nwant %s", operator, got, told)
	}
}

// sound checks what must hold of a picture at any time.
func (s *scene) sound() {
	s.t.Helper()
	p := s.p
	legs, guests := 0, 0
	calls := map[*call]bool{}
	for key, k := range p.keys {
		if !calls[k] {
			calls[k] = true
			legs += len(k.legs)
			guests += len(k.guests)
		}
		if len(k.legs)+len(k.guests) == 0 {
			s.t.Fatalf("call of %s has nobody", key)
		}
	}
	if len(calls) != p.calls || legs != len(p.channels) {
		s.t.Fatalf("%d calls with %d legs; counted %d, %d channels", len(calls), legs, p.calls, len(p.channels))
	}
	onPhones, bridged := 0, 0
	for id, c := range p.channels {
		if c.id != id || !calls[c.call] {
			s.t.Fatalf("channel %s is lost", id)
		}
		if c.guess != nil {
			guests--
		}
		if c.phone != nil {
			onPhones++
		}
		if c.bridge != nil {
			bridged++
		}
		if o := c.asks; o != nil && (o.askedBy != c || p.channels[o.id] != o) {
			s.t.Fatalf("channel %s asks by one that is gone", id)
		}
		if o := c.askedBy; o != nil && (o.asks != c || p.channels[o.id] != o) {
			s.t.Fatalf("channel %s asks for one that is gone", id)
		}
		if c.told && c.agent() == nil {
			s.t.Fatalf("channel %s is told to nobody", id)
		}
	}
	if guests != 0 {
		s.t.Fatalf("%d guests too many", guests)
	}
	for _, ph := range p.phones {
		for c := ph.first; c != nil; c = c.next {
			onPhones--
		}
	}
	for _, b := range p.bridges {
		bridged -= len(b.members)
		if len(b.members) == 0 {
			s.t.Fatalf("bridge %s is empty", b.id)
		}
	}
	if onPhones != 0 || bridged != 0 {
		s.t.Fatalf("%d channels on no phone, %d in no bridge", onPhones, bridged)
	}
	seen := map[pbx.CallID]bool{}
	for _, c := range p.floor().Calls {
		seen[c.ID] = true
	}
	for k := range calls {
		if k.matters() != seen[k.id] {
			s.t.Fatalf("call %q is on the floor: %v", k.id, seen[k.id])
		}
	}
	for _, k := range p.waiting {
		if !calls[k] || !k.inQueue {
			s.t.Fatal("a call waits that is over")
		}
	}
}

// The events, as modern Asterisk sends them where a Linkedid is given.

func leg(name, id string) pbx.Leg { return pbx.Leg{ID: pbx.ChannelID(id), Name: name} }

// born is Newchannel; linked "" is Asterisk 11 or older.
func born(name, id, linked string, state pbx.ChannelState, number string) pbx.Event {
	l := leg(name, id)
	l.Linkedid, l.State, l.StateKnown = pbx.ChannelID(linked), state, true
	l.CallerID = pbx.CallerID{Number: number, Name: "N" + number}
	return pbx.Event{Kind: pbx.NewChannel, Channel: l}
}

func becomes(id string, state pbx.ChannelState, callerID, connected string) pbx.Event {
	l := pbx.Leg{ID: pbx.ChannelID(id), State: state, StateKnown: true}
	l.CallerID.Number, l.Connected.Number = callerID, connected
	return pbx.Event{Kind: pbx.NewState, Channel: l}
}

func step(id, context, exten, app string) pbx.Event {
	return pbx.Event{Kind: pbx.NewExten, App: app, Channel: pbx.Leg{ID: pbx.ChannelID(id), Context: context, Exten: exten}}
}

func set(id, name, value string) pbx.Event {
	return pbx.Event{Kind: pbx.VarSet, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Variable: name, Value: value}
}

func two(kind pbx.EventKind, from, to, text string) pbx.Event {
	return pbx.Event{Kind: kind, Channel: pbx.Leg{ID: pbx.ChannelID(from)}, Dest: pbx.Leg{ID: pbx.ChannelID(to)}, Text: text}
}

func dials(from, to string) pbx.Event          { return two(pbx.DialBegin, from, to, "") }
func dialed(from, to, status string) pbx.Event { return two(pbx.DialEnd, from, to, status) }

func enters(id, bridge string) pbx.Event {
	return pbx.Event{Kind: pbx.BridgeEnter, Bridge: pbx.BridgeID(bridge), Channel: pbx.Leg{ID: pbx.ChannelID(id)}}
}

func leaves(id, bridge string) pbx.Event {
	return pbx.Event{Kind: pbx.BridgeLeave, Bridge: pbx.BridgeID(bridge), Channel: pbx.Leg{ID: pbx.ChannelID(id)}}
}

func queues(id, queue, number string) pbx.Event {
	return pbx.Event{Kind: pbx.QueueJoin, Queue: queue, Channel: pbx.Leg{ID: pbx.ChannelID(id), CallerID: pbx.CallerID{Number: number}}}
}

func about(kind pbx.EventKind, id string) pbx.Event {
	return pbx.Event{Kind: kind, Channel: pbx.Leg{ID: pbx.ChannelID(id)}}
}

func dies(id string, cause int) pbx.Event {
	e := about(pbx.Hangup, id)
	e.Number = cause
	return e
}

// exists is a channel of a resync.
func exists(name, id, linked string, state pbx.ChannelState, bridge string) pbx.Event {
	e := born(name, id, linked, state, "")
	e.Kind, e.Bridge = pbx.SyncChannel, pbx.BridgeID(bridge)
	return e
}

// together is a list of events and lists of events.
func together(parts ...any) []pbx.Event {
	var all []pbx.Event
	for _, p := range parts {
		switch p := p.(type) {
		case pbx.Event:
			all = append(all, p)
		case []pbx.Event:
			all = append(all, p...)
		}
	}
	return all
}

// calling is a caller who reaches Sales and leaves 12345; his channel is "1".
func calling() []pbx.Event {
	return together(born("PJSIP/trunk-1", "1", "1", pbx.Ring, "300"), step("1", "sales", "101", "Answer"),
		becomes("1", pbx.Up, "300", ""), set("1", "calldata", "12345"))
}

// queueing is a caller of 1.4 or 1.8 who waits for Support; number is his.
func queueing(id, number string) []pbx.Event {
	return together(born("SIP/trunk-"+id, id, "", pbx.Down, number), becomes(id, pbx.Ring, number, ""), step(id, "support", "102", "Answer"),
		becomes(id, pbx.Up, number, ""), set(id, "calldata", "d"+id), queues(id, "help", number))
}

// ringing is PJSIP/201 being dialled by "1"; its channel is "2".
func ringing() []pbx.Event {
	return together(born("PJSIP/201-2", "2", "1", pbx.Down, "201"), dials("1", "2"), becomes("2", pbx.Ringing, "201", "300"))
}

// answering is "2" answering "1", and both in bridge "b".
func answering() []pbx.Event {
	return together(becomes("2", pbx.Up, "201", "300"), dialed("1", "2", "ANSWER"), enters("2", "b"), enters("1", "b"))
}
