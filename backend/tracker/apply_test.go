package tracker

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

func TestDialled(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	c := s.last("ada")
	if c.ID != "c1" || c.Uniqueid != "2" || c.Channel != "PJSIP/201-2" || c.Linkedid != "1" || c.Context != "sales" || c.Called != "101" {
		t.Errorf("%+v", c)
	}
	if c.Action == nil || c.Action.URL != "https://crm.example/?n=300&d=12345" || c.Action.Target != "window" || c.Action.Type != "browser" {
		t.Errorf("action %+v", c.Action)
	}
	if c.Answered.Sub(c.Started) != 3*time.Second || !c.Since.Equal(c.Answered) || !c.Queued.IsZero() {
		t.Errorf("started %v, answered %v, since %v", c.Started, c.Answered, c.Since)
	}
	s.want("ada", "Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!")
	s.play(leaves("1", "b"), dies("1", 16), leaves("2", "b"), dies("2", 16))
	s.want("ada", "Unlink Hangup(16) available")
	s.want("bob", "")
}

// TestAnyOrder has the phone's events come in orders that real Asterisk produces, and
// in some that it should not. Whatever the order, one pop.
func TestAnyOrder(t *testing.T) {
	phone := born("PJSIP/201-2", "2", "1", pbx.Down, "201")
	for _, c := range []struct {
		name   string
		events []pbx.Event
		told   string
	}{
		{"ringing before the dial", together(calling(), phone, becomes("2", pbx.Ringing, "", ""), dials("1", "2"), answering()),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!"},
		{"answered without ringing", together(calling(), phone, dials("1", "2"), answering()),
			"Newchannel Dial Newstate(Up) oncall Link!"},
		{"bridged without an end of the dial", together(calling(), ringing(), becomes("2", pbx.Up, "", ""), enters("2", "b"), enters("1", "b")),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!"},
		{"bridged without being up", together(calling(), ringing(), enters("1", "b"), enters("2", "b")),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) Link! oncall"},
		{"ringing comes late", together(calling(), ringing(), answering(), becomes("2", pbx.Ringing, "", "")),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!"},
		{"everything twice", together(calling(), calling(), ringing(), ringing(), answering(), answering()),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!"},
		{"the phone is met by its ringing", together(calling(), pbx.Event{Kind: pbx.NewState, Channel: phone.Channel}, becomes("2", pbx.Ringing, "", ""), phone, dials("1", "2"), answering()),
			"Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link!"},
		{"the caller is met after his phone", together(phone, calling(), dials("1", "2"), answering()),
			"Newchannel Dial Newstate(Up) oncall Link!"},
		{"hung up before it is born", together(calling(), dies("2", 16), ringing()), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.events...)
			s.want("ada", c.told)
		})
	}
}

// TestPopsOnce has everything happen after the pop that must not pop again (row B6).
func TestPopsOnce(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	s.told("ada")
	s.play(dialed("1", "2", "ANSWER"), enters("2", "b"))
	s.want("ada", "")
	s.play(leaves("2", "b"), enters("2", "b"))
	s.want("ada", "Unlink Link")
	s.play(leaves("2", "b"), enters("2", "b2"), enters("1", "b2")) // a Local channel was optimized away
	s.want("ada", "Unlink Link")
	if c := s.sit("ada", "PJSIP/201", 1).snapshot.Calls; len(c) != 1 || c[0].Action == nil || c[0].Phase != pbx.PhaseTalking {
		t.Errorf("a second tab is shown %+v", c)
	}
	s.play(leaves("2", "b2"), enters("2", "b2"))
	s.want("ada", "Unlink Link")
	s.sit("ada", "PJSIP/201", 2)
	s.play(leaves("2", "b2"), enters("2", "b2"))
	s.want("ada", "Unlink Link")
	if s.p.count.Pops != 1 {
		t.Errorf("%d pops", s.p.count.Pops)
	}
}

// TestCallback: a customer whom Asterisk calls back through a Local channel is the caller of
// the service that the channel's near half then reaches, for agents and supervisors alike.
func TestCallback(t *testing.T) {
	modern := together(born("Local/300@customers-1;1", "l1", "l1", pbx.Down, ""), born("Local/300@customers-1;2", "l2", "l1", pbx.Ring, ""), dials("", "l1"),
		born("PJSIP/trunk-3", "3", "l1", pbx.Down, "300"), dials("l2", "3"), becomes("3", pbx.Up, "300", ""), dialed("l2", "3", "ANSWER"), enters("3", "b3"), enters("l2", "b3"),
		becomes("l1", pbx.Up, "", ""), dialed("", "l1", "ANSWER"), step("l1", "support", "102", "Answer"), set("l1", "calldata", "12345"), queues("l1", "Help", "300"))
	legacy := together(born("Local/300@customers-1,1", "l1", "", pbx.Down, ""), born("Local/300@customers-1,2", "l2", "", pbx.Ring, ""),
		born("SIP/trunk-3", "3", "", pbx.Down, ""), dials("l2", "3"), becomes("3", pbx.Ringing, "", ""), becomes("3", pbx.Up, "", ""), linked("l2", "3"),
		becomes("l1", pbx.Up, "", ""), step("l1", "support", "102", "Answer"), set("l1", "calldata", "12345"), queues("l1", "Help", "300"))
	for _, c := range []struct {
		name, tech     string
		waits, answers []pbx.Event
		taken          []pbx.Event // out of between
	}{
		{"modern", "PJSIP", modern, together(born("PJSIP/201-2", "2", "l1", pbx.Down, "201"), two(pbx.AgentCalled, "l1", "2", ""), dials("l1", "2"), becomes("2", pbx.Ringing, "201", "300"),
			becomes("2", pbx.Up, "201", "300"), dialed("l1", "2", "ANSWER"), about(pbx.QueueLeave, "l1"), two(pbx.AgentConnect, "l1", "2", ""), enters("2", "b2"), enters("l1", "b2")),
			together(two(pbx.OptimizeBegin, "l1", "l2", ""), leaves("3", "b3"), leaves("l1", "b2"), enters("3", "b2"), two(pbx.OptimizeEnd, "l1", "l2", ""), leaves("l2", "b3"), dies("l1", 16), dies("l2", 16))},
		{"until 11", "SIP", legacy, together(member("SIP/201-2", "2", "300"), becomes("2", pbx.Up, "", ""), about(pbx.QueueLeave, "l1"), linked("l1", "2")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.tech)
			s.play(c.waits...)
			if f := s.p.floor().Calls; len(f) != 1 || !f[0].Waiting || f[0].Phase != pbx.PhaseWaiting || f[0].Caller.Number != "300" {
				t.Errorf("supervisors see %+v", f)
			}
			s.play(c.answers...)
			if v := s.last("ada"); v.Service != "Support" || v.Direction != pbx.Inbound || v.Caller.Number != "300" || v.Called != "102" || len(v.Variables) != 1 {
				t.Errorf("shown %+v", v)
			}
			s.want("ada", "Newchannel Newstate(Ringing) Callerid ringing Newstate(Up) oncall Link!")
			s.play(c.taken...)
			s.want("ada", "")
			if o := s.p.channels["2"]; !s.p.through(o) || !s.p.begun(o.call) {
				t.Error("the caller is lost")
			}
			for _, id := range []string{"3", "l2", "l1", "2"} {
				s.play(dies(id, 16))
			}
			if s.p.calls != 0 {
				t.Errorf("%d calls are left", s.p.calls)
			}
		})
	}
}

// TestCalledThroughPipe: an agent whom a program has called through a Local channel calls from
// the first, whatever the channel's near half reaches.
func TestCalledThroughPipe(t *testing.T) {
	called := together(born("Local/201@phones-1;1", "l1", "l1", pbx.Down, "0611"), born("Local/201@phones-1;2", "l2", "l1", pbx.Ring, ""), dials("", "l1"),
		born("PJSIP/201-2", "2", "l1", pbx.Down, "201"), dials("l2", "2"), becomes("2", pbx.Ringing, "201", ""), becomes("2", pbx.Up, "201", ""), dialed("l2", "2", "ANSWER"), enters("2", "b"), enters("l2", "b"),
		becomes("l1", pbx.Up, "", ""), dialed("", "l1", "ANSWER"))
	for _, c := range []struct {
		name    string
		reaches []pbx.Event
		ada     string
		service string
	}{
		{"a customer", together(step("l1", "campaign", "0611", "Dial"), born("PJSIP/trunk-3", "3", "l1", pbx.Down, ""), dials("l1", "3"), becomes("3", pbx.Up, "", ""), dialed("l1", "3", "ANSWER"), enters("3", "d"), enters("l1", "d")),
			"oncall Newchannel Newstate(Up) Link!", "Campaign"},
		{"a service of the house", together(step("l1", "sales", "101", "Answer"), born("PJSIP/202-3", "3", "l1", pbx.Down, ""), dials("l1", "3"), becomes("3", pbx.Up, "", ""), dialed("l1", "3", "ANSWER"), enters("3", "d"), enters("l1", "d")),
			"oncall Newchannel Newstate(Up) Link", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(together(called, c.reaches)...)
			if v := s.last("ada"); v.Service != c.service || s.p.part(s.p.channels["2"]).Party != "" {
				t.Errorf("shown %+v", v)
			}
			s.want("ada", c.ada)
		})
	}
}

// TestPipeDialledLast: a phone behind pipes rings for its agent at once, in whatever order
// it is told who has dialled what.
func TestPipeDialledLast(t *testing.T) {
	across := func(name, one, two string) []pbx.Event {
		return together(born("Local/"+name+";1", one, "1", pbx.Down, ""), born("Local/"+name+";2", two, "1", pbx.Ring, ""))
	}
	rings := together(born("PJSIP/201-2", "2", "1", pbx.Down, "201"), dials("m2", "2"), becomes("2", pbx.Ringing, "201", "300"))
	for _, c := range []struct {
		name   string
		events []pbx.Event
	}{
		{"one pipe", together(calling(), across("201@internal-1", "m1", "m2"), rings, dials("1", "m1"))},
		{"two pipes, the first last", together(calling(), across("group@internal-1", "l1", "l2"), across("201@internal-2", "m1", "m2"), rings, dials("l2", "m1"), dials("1", "l1"))},
		{"two pipes, the second last", together(calling(), across("group@internal-1", "l1", "l2"), across("201@internal-2", "m1", "m2"), rings, dials("1", "l1"), dials("l2", "m1"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.events...)
			if v := s.last("ada"); v.Service != "Sales" || v.Caller.Number != "300" {
				t.Errorf("shown %+v", v)
			}
			s.want("ada", strings.TrimSpace(rang))
		})
	}
}

// TestLocalMember is a queue whose members are Local channels, in new and in old
// versions: the telephone behind counts, once.
func TestLocalMember(t *testing.T) {
	modern := together(calling(), queues("1", "Help", "300"),
		born("Local/201@internal-1;1", "l1", "1", pbx.Down, ""), born("Local/201@internal-1;2", "l2", "1", pbx.Ring, ""),
		two(pbx.AgentCalled, "1", "l1", ""), dials("1", "l1"), step("l2", "internal", "201", "Dial"),
		born("PJSIP/201-2", "2", "1", pbx.Down, "201"), dials("l2", "2"), becomes("2", pbx.Ringing, "201", "300"), becomes("l1", pbx.Ringing, "", ""),
		becomes("2", pbx.Up, "201", "300"), dialed("l2", "2", "ANSWER"), enters("2", "b2"), becomes("l2", pbx.Up, "", ""), enters("l2", "b2"),
		becomes("l1", pbx.Up, "", ""), dialed("1", "l1", "ANSWER"), about(pbx.QueueLeave, "1"), two(pbx.AgentConnect, "1", "l1", ""),
		enters("l1", "b1"), enters("1", "b1"), leaves("1", "b1"), enters("1", "b2"), dies("l1", 16), dies("l2", 16))
	legacy := together(queueing("1", "300"),
		born("Local/201@internal-1;1", "l1", "", pbx.Down, ""), born("Local/201@internal-1;2", "l2", "", pbx.Ring, ""),
		step("l2", "internal", "201", "Dial"), born("SIP/201-2", "2", "", pbx.Down, "201"), dials("l2", "2"), becomes("2", pbx.Ringing, "201", "300"),
		becomes("2", pbx.Up, "201", "300"), enters("l2", "l2+2"), enters("2", "l2+2"), about(pbx.QueueLeave, "1"), enters("1", "1+l1"), enters("l1", "1+l1"))
	for _, c := range []struct {
		name, tech string
		events     []pbx.Event
	}{{"modern", "PJSIP", modern}, {"legacy", "SIP", legacy}} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.tech)
			s.play(c.events...)
			if v := s.last("ada"); v.Service != "Support" || v.Caller.Number != "300" || v.Uniqueid != "2" || v.Queue == "" || v.Queued.IsZero() {
				t.Errorf("shown %+v", v)
			}
			s.want("ada", "Newchannel Newstate(Ringing) Callerid ringing Newstate(Up) oncall Link!")
			s.want("bob", "")
		})
	}
}

// TestLocalRace has the phones behind two Local members answer at once. The queue, or a
// Dial, takes one of the two: its agent alone is told of a Link, once it is certain.
func TestLocalRace(t *testing.T) {
	half := func(n, number string) []pbx.Event {
		return together(born("Local/"+number+"@internal-"+n+";1", "l"+n, "1", pbx.Down, ""), born("Local/"+number+"@internal-"+n+";2", "m"+n, "1", pbx.Ring, ""),
			dials("1", "l"+n), step("m"+n, "internal", number, "Dial"), born("PJSIP/"+number+"-"+n, n, "1", pbx.Down, number), dials("m"+n, n), becomes(n, pbx.Ringing, "", ""))
	}
	answer := func(n string) []pbx.Event {
		return together(becomes(n, pbx.Up, "", ""), dialed("m"+n, n, "ANSWER"), enters(n, "b"+n), enters("m"+n, "b"+n), becomes("m"+n, pbx.Up, "", ""), becomes("l"+n, pbx.Up, "", ""))
	}
	lost := together(dialed("1", "l3", "CANCEL"), dies("l3", 26), leaves("m3", "b3"), dies("m3", 26), leaves("3", "b3"), dies("3", 26))
	won := together(dialed("1", "l2", "ANSWER"), two(pbx.AgentConnect, "1", "l2", ""))
	talk := together(enters("l2", "b"), enters("1", "b"))
	for _, c := range []struct {
		name   string
		events []pbx.Event
	}{
		{"queue", together(won, lost, talk)},
		{"dial", together(lost, won, talk)},
		{"only the bridge is told", together(talk, lost)},
		{"optimized away", together(enters("1", "b2"), leaves("m2", "b2"), dies("l2", 16), dies("m2", 16), lost)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(together(calling(), queues("1", "Help", "300"), half("2", "201"), half("3", "202"), answer("3"), answer("2"))...)
			const sofar = "Newchannel Newstate(Ringing) Callerid ringing Newstate(Up) oncall"
			s.want("ada", sofar)
			s.want("bob", sofar)
			s.play(c.events...)
			s.want("ada", "Link!")
			s.want("bob", "Hangup(26) available")
			if s.p.count.Pops != 1 {
				t.Errorf("%d pops", s.p.count.Pops)
			}
		})
	}
}

// TestService has a caller reach services by every way of row B2.
func TestService(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   string
	}{
		{"none", together(step("1", "elsewhere", "1", "Answer")), ""},
		{"by Answer", together(step("1", "elsewhere", "1", "NoOp"), step("1", "sales", "1", "Answer")), "Sales"},
		{"without Answer", together(step("1", "sales", "1", "Dial")), "Sales"},
		{"Answer refines", together(step("1", "sales", "1", "Goto"), step("1", "support", "1", "Answer")), "Support"},
		{"a later context does not", together(step("1", "sales", "1", "Goto"), step("1", "support", "1", "NoOp")), "Sales"},
		{"a second Answer does not", together(step("1", "sales", "1", "Answer"), step("1", "support", "1", "Answer")), "Sales"},
		{"Answer confirms", together(step("1", "sales", "1", "Goto"), step("1", "sales", "1", "Answer"), step("1", "support", "1", "Answer")), "Sales"},
		{"the queue decides", together(step("1", "sales", "1", "Answer"), queues("1", "HELP", "")), "Support"},
		{"another queue does not", together(step("1", "sales", "1", "Answer"), queues("1", "other", "")), "Sales"},
		{"a Local channel's step", together(born("Local/x@y-1;1", "l1", "1", pbx.Down, ""), born("Local/x@y-1;2", "l2", "1", pbx.Down, ""), step("l2", "sales", "1", "Answer")), "Sales"},
		{"not a called phone's", together(born("PJSIP/201-2", "2", "1", pbx.Down, ""), step("2", "sales", "1", "AppDial"), step("2", "sales", "1", "NoOp")), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "")
			s.play(born("PJSIP/trunk-1", "1", "1", pbx.Ring, "300"))
			s.play(c.events...)
			got := ""
			if sv := s.p.channels["1"].call.service; sv != nil {
				got = sv.Name
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestHidden is row B7.
func TestHidden(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(born("PJSIP/trunk-1", "1", "1", pbx.Ring, "300"), step("1", "elsewhere", "101", "Answer"))
	s.play(together(ringing(), answering())...)
	s.want("ada", "oncall") // that she is busy is true, with whom is nobody's business
	s.play(leaves("1", "b"), dies("2", 16), dies("1", 16))
	s.want("ada", "available")
}

// TestOwnCalls are calls that agents make: with each other, to a service, and for an
// outbound service, which pops once.
func TestOwnCalls(t *testing.T) {
	own := func(context string) []pbx.Event {
		return together(born("PJSIP/201-1", "1", "1", pbx.Ring, "201"), step("1", context, "202", "Dial"), born("PJSIP/202-2", "2", "1", pbx.Down, "202"),
			dials("1", "2"), becomes("2", pbx.Ringing, "", ""), becomes("2", pbx.Up, "", ""), dialed("1", "2", "ANSWER"), becomes("1", pbx.Up, "", ""), enters("2", "b"), enters("1", "b"))
	}
	const plain = "Newchannel Newstate(Ring) oncall Newstate(Up) Link"
	const caller = "Newchannel Newstate(Ring) oncall Newexten Newstate(Up) Link"
	const called = "Newchannel Dial Newstate(Ringing) ringing Newstate(Up) oncall Link"
	for _, c := range []struct {
		context, ada, bob  string
		adasCall, bobsCall pbx.Direction
	}{
		{"phones", plain, called, pbx.Internal, pbx.Internal},
		{"sales", caller, called + "!", pbx.Internal, pbx.Inbound},
		{"campaign", caller + "!", called, pbx.Outbound, pbx.Internal},
	} {
		t.Run(c.context, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(own(c.context)...)
			if a, b := s.last("ada").Direction, s.last("bob").Direction; a != c.adasCall || b != c.bobsCall {
				t.Errorf("directions %s and %s", a, b)
			}
			s.want("ada", c.ada)
			s.want("bob", c.bob)
		})
	}
}

// TestCallerID is row B4.
func TestCallerID(t *testing.T) {
	s := newScene(t, "SIP")
	dial := dials("1", "2")
	dial.Channel.CallerID = pbx.CallerID{Number: "0301", Name: "Ada's mum"}
	theirs := about(pbx.NewCallerID, "2")
	theirs.Channel.CallerID.Number = "101"
	s.play(together(born("SIP/trunk-1", "1", "", pbx.Down, "300"), becomes("1", pbx.Ring, "300", ""), step("1", "sales", "101", "Answer"),
		born("SIP/201-2", "2", "", pbx.Down, ""), dial, theirs, becomes("2", pbx.Ringing, "101", ""))...)
	if c := s.last("ada").Caller; c != dial.Channel.CallerID {
		t.Errorf("the dialled phone changed the caller to %v", c)
	}
	ours := about(pbx.NewCallerID, "1")
	ours.Channel.CallerID = pbx.CallerID{Number: "0302", Name: strings.Repeat("ü", 4000)}
	s.play(ours, becomes("2", pbx.Up, "101", ""))
	if c := s.last("ada").Caller; c.Number != "0302" || len(c.Name) > maxName || !utf8.ValidString(c.Name) {
		t.Errorf("caller %v", c)
	}
}

// TestVariables is row B3 with its limits.
func TestVariables(t *testing.T) {
	s := newScene(t, "PJSIP")
	long := strings.Repeat("x", maxValue-1) + "ü"
	s.play(together(calling(), set("1", "secret", "no"), set("1", "__city", "Rome"), set("1", "_city", "Paris"), set("1", "lead", "of another service"),
		set("none", "calldata", "x"), set("9", "calldata", "x"), ringing())...)
	if v := s.last("ada").Variables; len(v) != 2 || v[0] != (pbx.Variable{Name: "calldata", Value: "12345"}) || v[1] != (pbx.Variable{Name: "city", Value: "Paris"}) {
		t.Errorf("shown %v", v)
	}
	before := s.last("ada").Variables
	s.play(set("1", "city", long), becomes("2", pbx.Up, "", ""))
	if v := s.last("ada").Variables[1].Value; v != long[:maxValue-1] {
		t.Errorf("a long value is cut to %d bytes", len(v))
	}
	if before[1].Value != "Paris" {
		t.Error("a notice that was given out has changed")
	}
	if k := s.p.channels["1"].call; len(k.variables) != 3 || s.p.count.CutValues != 1 || len(s.p.channels) != 2 {
		t.Errorf("kept %v; %d cut; %d channels", k.variables, s.p.count.CutValues, len(s.p.channels))
	}
}

func TestTooManyVariables(t *testing.T) {
	s := newScene(t, "")
	plan := &Plan{Services: []Service{{Name: "S", Context: "sales"}}}
	for i := range maxVariables + 5 {
		plan.Services[0].Variables = append(plan.Services[0].Variables, "v"+strings.Repeat("x", i))
	}
	s.p.setPlan(compile(plan))
	s.play(calling()...)
	for _, v := range plan.Services[0].Variables {
		s.play(set("1", v, "1"))
	}
	if n := len(s.p.channels["1"].call.variables); n != maxVariables || s.p.count.RefusedVariables != 5 {
		t.Errorf("%d variables, %d refused", n, s.p.count.RefusedVariables)
	}
}

func TestHold(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	s.told("ada")
	s.play(about(pbx.Unhold, "2"), about(pbx.Hold, "2"), about(pbx.Hold, "2"))
	if s.last("ada").Phase != pbx.PhaseHeld {
		t.Errorf("phase %s", s.last("ada").Phase)
	}
	s.want("ada", "Hold held")
	s.play(about(pbx.Unhold, "2"))
	s.want("ada", "Unhold oncall")
	s.play(about(pbx.Hold, "1")) // the caller does
	s.want("ada", "Hold held")
	s.play(about(pbx.Hold, "2"), about(pbx.Unhold, "1"))
	s.want("ada", "")
	s.play(dies("1", 16))
	s.want("ada", "Unlink oncall")
	s.play(dies("2", 16))
	s.want("ada", "Hangup(16) available")
}

// TestLosers has two phones ring, of which one wins. What the loser is told does not
// depend on the version's cause.
func TestLosers(t *testing.T) {
	for _, c := range []struct{ told, want int }{{16, 26}, {0, 26}, {26, 26}, {17, 17}} {
		s := newScene(t, "PJSIP")
		s.play(together(calling(), ringing(), born("PJSIP/202-3", "3", "1", pbx.Down, ""), dials("1", "3"), becomes("3", pbx.Ringing, "", ""),
			becomes("2", pbx.Up, "", ""), dies("3", c.told), answering())...)
		if v := s.last("bob"); v.Cause != c.want || v.Phase != pbx.PhaseEnded || v.Action != nil {
			t.Errorf("cause %d: told %+v", c.told, v)
		}
	}
}

// TestParking has two callers of services meet in the bridge in which Asterisk parks
// them. They stay two calls.
func TestParking(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), born("PJSIP/trunk-9", "9", "9", pbx.Ring, "301"), step("9", "support", "102", "Answer"), enters("1", "park"), enters("9", "park"))...)
	if s.p.calls != 2 || s.p.channels["1"].linked {
		t.Errorf("%d calls", s.p.calls)
	}
}

// TestTransfer: the data follows the call (row B8), as far as this goes without events
// of transfers: the second agent gets the caller, and his own pop.
func TestTransfer(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	s.told("ada")
	s.play(born("PJSIP/201-4", "4", "4", pbx.Ring, "201"), step("4", "phones", "202", "Dial"), born("PJSIP/202-5", "5", "4", pbx.Down, "202"),
		dials("4", "5"), becomes("5", pbx.Ringing, "", ""), becomes("5", pbx.Up, "", ""), dialed("4", "5", "ANSWER"), becomes("4", pbx.Up, "", ""),
		enters("5", "c"), enters("4", "c"))
	if c := s.last("bob"); c.Direction != pbx.Internal || c.ID == "c1" {
		t.Errorf("the consultation is shown as %+v", c)
	}
	s.told("bob")
	s.play(leaves("1", "b"), leaves("4", "c"), enters("1", "c"))
	if c := s.last("bob"); c.ID != "c1" || c.Caller.Number != "300" || c.Service != "Sales" || c.Variables[0].Value != "12345" {
		t.Errorf("the transferred call is shown as %+v", c)
	}
	s.want("bob", "Unlink Hangup(0) Newchannel Newstate(Up) Link!")
	s.play(dies("2", 16), dies("4", 16), leaves("1", "c"), dies("1", 16), dies("5", 16))
	if s.p.calls != 0 || s.p.count.Pops != 2 {
		t.Errorf("%d calls, %d pops", s.p.calls, s.p.count.Pops)
	}
}

func TestRename(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), answering())...)
	s.told("ada")
	rename := about(pbx.Rename, "2")
	rename.Channel.Name = "PJSIP/201-3"
	s.play(rename)
	s.want("ada", "")
	rename.Channel.Name = "PJSIP/202-7" // a masquerade of 1.4 to 11: another phone takes the channel
	s.play(rename)
	s.want("ada", "Hangup(0) available")
	s.want("bob", "Newchannel Newstate(Up) Link! oncall")
}

// TestAgentPool is an agent who stays on the line between his calls. Each of them is a
// call of its own, with its own data.
func TestAgentPool(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(born("PJSIP/201-a", "a", "a", pbx.Ring, "201"), step("a", "phones", "*600", "AgentLogin"), becomes("a", pbx.Up, "", ""))
	s.told("ada")
	variables := map[string]int{"1": 2, "2": 1}
	for _, id := range []string{"1", "2"} {
		s.play(born("PJSIP/trunk-"+id, id, id, pbx.Ring, "30"+id), step(id, "sales", "101", "Answer"), becomes(id, pbx.Up, "", ""))
		if id == "1" {
			s.play(set(id, "city", "Rome"))
		}
		s.play(set(id, "calldata", id), enters(id, "b"+id), enters("a", "b"+id))
		if c := s.last("ada"); c.Caller.Number != "30"+id || c.Action == nil || c.Action.URL != "https://crm.example/?n=30"+id+"&d="+id || len(c.Variables) != variables[id] {
			t.Errorf("call %s: %+v", id, c)
		}
		if told := s.told("ada"); !strings.HasSuffix(told, "Link!") {
			t.Errorf("call %s: %s", id, told)
		}
		s.play(leaves(id, "b"+id), dies(id, 16), leaves("a", "b"+id))
		s.want("ada", "Unlink")
	}
	s.play(dies("a", 16))
	if s.p.calls != 0 || len(s.p.keys) != 0 || s.p.count.Pops != 2 {
		t.Errorf("%d calls, %d keys, %d pops", s.p.calls, len(s.p.keys), s.p.count.Pops)
	}
}

func TestLimits(t *testing.T) {
	s := newScene(t, "")
	s.p.maxCalls = 2
	for _, id := range []string{"1", "2", "3"} {
		s.play(born("PJSIP/trunk-"+id, id, id, pbx.Ring, ""))
	}
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		s.play(born("PJSIP/x-"+id, id, "1", pbx.Ring, ""))
	}
	if len(s.p.channels) != 8 || s.p.calls != 2 || s.p.count.RefusedChannels != 3 {
		t.Errorf("%d channels, %d calls, %d refused", len(s.p.channels), s.p.calls, s.p.count.RefusedChannels)
	}
	for i := range 3 * maxGraves {
		s.p.graves.add(pbx.ChannelID(strings.Repeat("x", i%100) + string(rune(i))))
	}
	s.p.at(s.now)
	if n := len(s.p.graves.young) + len(s.p.graves.old); n > 2*maxGraves {
		t.Errorf("%d graves", n)
	}
}

// TestEndlessCall has many guests come and go in a conference that never ends: what is
// kept of it does not grow.
func TestEndlessCall(t *testing.T) {
	s := newScene(t, "")
	s.play(born("PJSIP/trunk-0", "0", "0", pbx.Up, ""), enters("0", "room"))
	for i := range 10 * maxKeys {
		id := strconv.Itoa(i + 1)
		s.play(born("PJSIP/trunk-"+id, id, id, pbx.Up, ""), enters(id, "room"), leaves(id, "room"), dies(id, 16))
	}
	if n := len(s.p.keys); n > maxKeys+1 || s.p.keys["0"] == nil || s.p.calls != 1 {
		t.Errorf("%d keys of %d calls", n, s.p.calls)
	}
	s.play(dies("0", 16))
	if len(s.p.keys) != 0 {
		t.Errorf("%d keys are left", len(s.p.keys))
	}
}
