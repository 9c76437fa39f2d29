package tracker

import (
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// talking is a caller of Sales who talks with ada.
func talking() []pbx.Event { return together(calling(), ringing(), answering()) }

// asks is ada on a second line, "3", having bob on his, "4", in bridge "c".
func asks() []pbx.Event {
	return together(born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "phones", "202", "Dial"),
		born("PJSIP/202-4", "4", "3", pbx.Down, "202"), dials("3", "4"), becomes("4", pbx.Ringing, "202", "201"),
		becomes("4", pbx.Up, "202", "201"), dialed("3", "4", "ANSWER"), becomes("3", pbx.Up, "", ""), enters("4", "c"), enters("3", "c"))
}

// takes is bob's phone being dialled by a channel, and answering.
func takes(by string) []pbx.Event {
	return together(born("PJSIP/202-9", "9", "1", pbx.Down, "202"), dials(by, "9"), becomes("9", pbx.Ringing, "202", ""),
		becomes("9", pbx.Up, "202", ""), dialed(by, "9", "ANSWER"))
}

// passed is a transfer that Asterisk tells of.
func passed(kind pbx.EventKind, from, to, number string) pbx.Event {
	e := two(kind, from, to, number)
	e.Number = 1
	return e
}

// pipes are both halves of a Local channel to number, in the call of linked.
func pipes(name, one, two, linked string) []pbx.Event {
	return together(born("Local/"+name+";1", one, linked, pbx.Down, ""), born("Local/"+name+";2", two, linked, pbx.Ring, ""))
}

const (
	rang    = "Newchannel Dial Newstate(Ringing) ringing "
	heard   = rang + "Newstate(Up) oncall Link! "
	asked   = rang + "Newstate(Up) oncall Link "
	getsHim = "Hangup(0) Newchannel Newstate(Up) Link!"
)

// TestTransfers has the caller go from ada to bob in every way: who is told of what, and
// from whom bob is said to have him.
func TestTransfers(t *testing.T) {
	for _, c := range []struct {
		name     string
		events   []pbx.Event
		ada, bob string
		kind     pbx.TransferKind
	}{
		{"blind", together(talking(), passed(pbx.BlindTransfer, "2", "1", "202"), leaves("1", "b"), leaves("2", "b"), dies("2", 16), takes("1"), enters("9", "d"), enters("1", "d")),
			heard + "Unlink Transfer Hangup(16) available", strings.TrimSpace(heard), pbx.TransferBlind},
		{"blind, told of late", together(talking(), leaves("2", "b"), leaves("1", "b"), passed(pbx.BlindTransfer, "2", "1", "202"), dies("2", 16), takes("1"), enters("9", "d"), enters("1", "d")),
			heard + "Unlink Transfer Hangup(16) available", strings.TrimSpace(heard), pbx.TransferBlind},
		{"blind, told of when it is dialled", together(talking(), leaves("1", "b"), leaves("2", "b"), takes("1")[:2], passed(pbx.BlindTransfer, "2", "1", "202"), dies("2", 16), takes("1")[2:], enters("9", "d"), enters("1", "d")),
			heard + "Unlink Transfer Hangup(16) available", strings.TrimSpace(heard), pbx.TransferBlind},
		{"by nobody's word", together(talking(), leaves("1", "b"), leaves("2", "b"), dies("2", 16), takes("1"), enters("9", "d"), enters("1", "d")),
			heard + "Unlink Hangup(16) available", strings.TrimSpace(heard), pbx.TransferRedirect},
		{"attended", together(talking(), asks(), leaves("1", "b"), leaves("3", "c"), enters("1", "c"), passed(pbx.AttendedTransfer, "2", "3", ""), leaves("2", "b"), dies("2", 16), dies("3", 16)),
			heard + "Newchannel Newstate(Ring) Newstate(Up) Link Unlink Unlink Transfer Hangup(0) Hangup(16) available", asked + "Unlink " + getsHim, pbx.TransferAttended},
		{"attended, while it rings", together(talking(), born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "phones", "202", "Dial"),
			born("PJSIP/202-4", "4", "3", pbx.Down, "202"), dials("3", "4"), becomes("4", pbx.Ringing, "202", "201"),
			leaves("1", "b"), passed(pbx.AttendedTransfer, "2", "3", ""), dies("2", 16), dies("3", 16), becomes("4", pbx.Up, "", ""), dialed("1", "4", "ANSWER"), enters("4", "e"), enters("1", "e")),
			heard + "Newchannel Newstate(Ring) Unlink Transfer Hangup(0) Hangup(16) available", rang + "Hangup(16) Newchannel Dial Newstate(Ringing) Newstate(Up) oncall Link!", pbx.TransferAttended},
		{"attended through a Local channel", together(talking(), leaves("2", "b"), pipes("202@phones-1", "5", "6", "1"), enters("2", "f"), enters("5", "f"),
			born("PJSIP/202-9", "9", "1", pbx.Down, "202"), dials("6", "9"), becomes("9", pbx.Ringing, "202", ""), becomes("9", pbx.Up, "202", ""), dialed("6", "9", "ANSWER"),
			enters("9", "g"), enters("6", "g"), leaves("2", "f"), enters("1", "f"), leaves("1", "b"), passed(pbx.AttendedTransfer, "2", "2", ""), dies("2", 16)),
			heard + "Unlink Transfer Hangup(16) available", asked + getsHim, pbx.TransferAttended},
		{"picked up", together(calling(), ringing(), born("PJSIP/202-7", "7", "7", pbx.Ring, "202"), becomes("7", pbx.Up, "", ""), two(pbx.Pickup, "7", "2", ""), dies("2", 16),
			dialed("1", "7", "ANSWER"), enters("7", "b"), enters("1", "b")),
			rang + "Hangup(26) available", "Newchannel Newstate(Ring) oncall Newstate(Up) " + getsHim, pbx.TransferPickup},
		{"parked", together(talking(), leaves("1", "b"), pbx.Event{Kind: pbx.Park, Channel: leg("", "1"), Interface: "PJSIP/201", Number: 701}, leaves("2", "b"), dies("2", 16),
			born("PJSIP/202-7", "7", "7", pbx.Ring, "202"), step("7", "phones", "701", "ParkedCall"), becomes("7", pbx.Up, "", ""), enters("1", "h"), enters("7", "h")),
			heard + "Unlink Transfer Hangup(16) available", "Newchannel Newstate(Ring) oncall Newstate(Up) " + getsHim, pbx.TransferPark},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.events...)
			last := s.last("bob")
			s.want("ada", c.ada)
			s.want("bob", c.bob)
			if last.Service != "Sales" || last.Caller.Number != "300" || len(last.Variables) != 1 || last.Variables[0].Value != "12345" || last.Called != "101" {
				t.Errorf("bob has %+v", last)
			}
			if x := last.Transfer; x == nil || x.Kind != c.kind || x.Phone != "PJSIP/201" || x.By != "ada" {
				t.Errorf("transfer %+v, want %s by ada", x, c.kind)
			}
			s.play(dies("1", 16), dies("9", 16), dies("4", 16), dies("5", 16), dies("6", 16), dies("7", 16))
			if s.p.calls != 0 || len(s.p.channels) != 0 {
				t.Errorf("%d calls, %d channels are left", s.p.calls, len(s.p.channels))
			}
		})
	}
}

// TestAsking: who asks a colleague keeps his card, and gets his caller back.
func TestAsking(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	s.told("ada")
	s.play(together(leaves("2", "b"), pipes("202@phones-1", "5", "6", "1"), enters("2", "f"), enters("5", "f"))...)
	s.want("ada", "Unlink")
	s.play(together(born("PJSIP/202-9", "9", "1", pbx.Down, "202"), becomes("9", pbx.Ringing, "202", ""), dials("6", "9"))...)
	if c := s.last("bob"); c.Direction != pbx.Internal || c.Service != "" || c.Caller.Number != "201" || len(c.Variables) != 0 {
		t.Errorf("bob is asked by %+v", c)
	}
	s.want("bob", "Newchannel Dial Newstate(Ringing) ringing")
	s.play(together(becomes("9", pbx.Up, "202", ""), dialed("6", "9", "ANSWER"), enters("9", "g"), enters("6", "g"))...)
	s.want("bob", "Newstate(Up) oncall Link")
	s.play(together(dies("9", 16), dies("6", 16), dies("5", 16), leaves("2", "f"), enters("2", "b"))...)
	s.want("bob", "Hangup(16) available")
	s.want("ada", "Link")
	if c := s.sit("ada", "PJSIP/201", 1).snapshot.Calls; len(c) != 1 || c[0].Service != "Sales" || c[0].Action == nil || c[0].Phase != pbx.PhaseTalking {
		t.Errorf("ada has %+v", c)
	}
}

// TestAskingAQueue: an agent with a caller who calls another service asks there; that
// service pops for nobody, and the caller brings his own.
func TestAskingAQueue(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(talking(), born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "support", "102", "Answer"), queues("3", "help", "201"))...)
	s.play(together(born("PJSIP/202-4", "4", "3", pbx.Down, "202"), dials("3", "4"), becomes("4", pbx.Up, "", ""), dialed("3", "4", "ANSWER"), enters("4", "c"), enters("3", "c"))...)
	if c := s.last("bob"); c.Direction != pbx.Internal || c.Caller.Number != "201" {
		t.Errorf("bob is asked by %+v", c)
	}
	s.want("bob", "Newchannel Callerid Newstate(Up) oncall Link")
	s.play(leaves("1", "b"), leaves("3", "c"), enters("1", "c"))
	if c := s.last("bob"); c.Service != "Sales" || c.Caller.Number != "300" || c.Transfer == nil {
		t.Errorf("bob has %+v", c)
	}
	s.want("bob", "Unlink Hangup(0) Newchannel Callerid Newstate(Up) Link!")
}

// TestOutboundTransfer: the customer whom ada has called goes to bob.
func TestOutboundTransfer(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(born("PJSIP/201-1", "1", "1", pbx.Ring, "201"), step("1", "campaign", "0611", "Dial"), set("1", "lead", "L7"),
		born("PJSIP/trunk-2", "2", "1", pbx.Down, ""), dials("1", "2"), becomes("2", pbx.Up, "", ""), dialed("1", "2", "ANSWER"), enters("2", "b"), enters("1", "b"))...)
	s.want("ada", "Newchannel Newstate(Ring) oncall Newexten Newstate(Up) Link!")
	s.play(together(passed(pbx.BlindTransfer, "1", "2", "202"), leaves("2", "b"), leaves("1", "b"), dies("1", 16),
		born("PJSIP/202-9", "9", "1", pbx.Down, "202"), dials("2", "9"), becomes("9", pbx.Ringing, "", ""), becomes("9", pbx.Up, "", ""), dialed("2", "9", "ANSWER"), enters("9", "d"), enters("2", "d"))...)
	s.want("ada", "Unlink Transfer Hangup(16) available")
	if c := s.last("bob"); c.Direction != pbx.Outbound || c.Service != "Campaign" || c.Called != "0611" || c.Transfer == nil || len(c.Variables) != 1 {
		t.Errorf("bob has %+v", c)
	}
	s.want("bob", strings.TrimSpace(heard))
}

// TestOutboundUnanswered: that the customer has answered before is no answer elsewhere.
func TestOutboundUnanswered(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(born("PJSIP/201-1", "1", "1", pbx.Ring, "201"), step("1", "campaign", "0611", "Dial"), born("PJSIP/trunk-2", "2", "1", pbx.Down, ""), dials("1", "2"), becomes("2", pbx.Up, "", ""),
		dialed("1", "2", "ANSWER"), enters("2", "b"), enters("1", "b"), passed(pbx.BlindTransfer, "1", "2", "202"), leaves("2", "b"), leaves("1", "b"), dies("1", 16), takes("2")[:3], dialed("2", "9", "NOANSWER"), dies("9", 0))...)
	s.want("bob", rang+"Hangup(16) available")
}

// TestTwoPhones: of two phones that ring as one, the agent sees one, and which answers is
// the one he sees.
func TestTwoPhones(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), born("PJSIP/201-3", "3", "1", pbx.Down, "201"), dials("1", "3"), becomes("3", pbx.Ringing, "", ""))...)
	s.want("ada", strings.TrimSpace(rang))
	s.play(becomes("3", pbx.Up, "", ""), dies("2", 26), dialed("1", "3", "ANSWER"), enters("3", "b"), enters("1", "b"))
	s.want("ada", "Hangup(26) Newchannel Newstate(Up) oncall Link!")
	s.play(dies("3", 16), dies("1", 16))

	s = newScene(t, "PJSIP")
	s.play(together(calling(), ringing(), born("PJSIP/201-3", "3", "1", pbx.Down, "201"), dials("1", "3"), becomes("3", pbx.Ringing, "", ""), dies("2", 0))...)
	s.want("ada", rang+"Hangup(16) Newchannel Dial Newstate(Ringing)")
}

// masquerades is a moving behind its Uniqueids, as until 11: whoever was a is b then.
func masquerades(a, b, name, left string) []pbx.Event {
	called := func(id, name string) pbx.Event { return pbx.Event{Kind: pbx.Rename, Channel: leg(name, id)} }
	return together(called(a, name+"<MASQ>"), called(b, name), called(a, left+"<ZOMBIE>"))
}

// TestMasquerade: until 11 the caller, or the phone, goes on under another Uniqueid.
func TestMasquerade(t *testing.T) {
	caller := together(born("SIP/trunk-1", "1", "", pbx.Ring, "300"), step("1", "sales", "101", "Answer"), becomes("1", pbx.Up, "300", ""), set("1", "calldata", "12345"),
		born("SIP/201-2", "2", "", pbx.Down, ""), dials("1", "2"), becomes("2", pbx.Ringing, "", ""))
	linked := together(becomes("2", pbx.Up, "", ""), enters("1", "1+2"), enters("2", "1+2"))
	for _, c := range []struct {
		name     string
		events   []pbx.Event
		ada, bob string
		kind     pbx.TransferKind
	}{
		{"attended", together(caller, linked, born("SIP/201-3", "3", "", pbx.Ring, "201"), step("3", "phones", "202", "Dial"), born("SIP/202-4", "4", "", pbx.Down, ""), dials("3", "4"),
			becomes("4", pbx.Ringing, "", ""), becomes("4", pbx.Up, "", ""), becomes("3", pbx.Up, "", ""), enters("3", "3+4"), enters("4", "3+4"),
			masquerades("1", "3", "SIP/trunk-1", "SIP/201-3"), leaves("1", "1+2"), leaves("2", "1+2"), dies("1", 16), dies("2", 16)),
			heard + "Newchannel Newstate(Ring) Newstate(Up) Link Hangup(0) Unlink Transfer Hangup(16) available", asked + getsHim, pbx.TransferAttended},
		{"blind", together(caller, linked, born("AsyncGoto/SIP/trunk-1", "5", "", pbx.Up, "300"), masquerades("1", "5", "SIP/trunk-1", "AsyncGoto/SIP/trunk-1"),
			leaves("1", "1+2"), leaves("2", "1+2"), dies("1", 16), dies("2", 16), step("5", "phones", "202", "Dial"),
			born("SIP/202-9", "9", "", pbx.Down, ""), dials("5", "9"), becomes("9", pbx.Ringing, "", ""), becomes("9", pbx.Up, "", ""), enters("5", "5+9"), enters("9", "5+9")),
			heard + "Unlink Hangup(16) available", strings.TrimSpace(heard), pbx.TransferRedirect},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "SIP")
			s.play(c.events...)
			last := s.last("bob")
			s.want("ada", c.ada)
			s.want("bob", c.bob)
			if last.Service != "Sales" || last.Caller.Number != "300" || len(last.Variables) != 1 || last.Called != "101" || last.Transfer == nil || last.Transfer.Kind != c.kind {
				t.Errorf("bob has %+v, %+v", last, last.Transfer)
			}
			s.play(dies("3", 16), dies("4", 16), dies("5", 16), dies("9", 16))
			if s.p.calls != 0 || len(s.p.channels) != 0 {
				t.Errorf("%d calls, %d channels are left", s.p.calls, len(s.p.channels))
			}
		})
	}
}

// TestMasqueradedPhone: until 11 who picks up takes the place of the phone that rang.
func TestMasqueradedPhone(t *testing.T) {
	s := newScene(t, "SIP")
	s.play(together(born("SIP/trunk-1", "1", "", pbx.Ring, "300"), step("1", "sales", "101", "Answer"), born("SIP/201-2", "2", "", pbx.Down, ""), dials("1", "2"), becomes("2", pbx.Ringing, "", ""),
		born("SIP/202-7", "7", "", pbx.Ring, "202"), step("7", "phones", "*8", "Pickup"), becomes("7", pbx.Up, "", ""), masquerades("7", "2", "SIP/202-7", "SIP/201-2"), dies("7", 16),
		enters("1", "1+2"), enters("2", "1+2"))...)
	s.want("ada", rang+"Hangup(26) available")
	if c := s.last("bob"); c.Service != "Sales" || c.Caller.Number != "300" || c.Action == nil {
		t.Errorf("bob has %+v", c)
	}
	s.want("bob", "Newchannel Newstate(Ring) oncall Newstate(Up) Newchannel Newstate(Up) Hangup(0) Link!")
}

// TestPoolAgentTransfers: an agent whose channel outlives its calls (app_agent_pool) hands
// one on, and has the next as if nothing had been.
func TestPoolAgentTransfers(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(born("PJSIP/201-2", "2", "2", pbx.Ring, "201"), step("2", "phones", "*20", "AgentLogin"), becomes("2", pbx.Up, "", ""),
		calling(), two(pbx.AgentConnect, "1", "2", ""), enters("2", "b"), enters("1", "b"))...)
	s.play(together(passed(pbx.BlindTransfer, "2", "1", "202"), leaves("1", "b"), leaves("2", "b"), takes("1"), enters("9", "d"), enters("1", "d"), dies("1", 16), dies("9", 16))...)
	s.told("ada")
	s.play(together(born("PJSIP/trunk-5", "5", "5", pbx.Ring, "500"), step("5", "support", "102", "Answer"), becomes("5", pbx.Up, "", ""), queues("5", "help", "500"),
		two(pbx.AgentConnect, "5", "2", ""), enters("2", "e"), enters("5", "e"))...)
	c := s.last("ada")
	if c.Service != "Support" || c.Caller.Number != "500" || c.Transfer != nil || c.Action == nil {
		t.Errorf("ada has %+v", c)
	}
	s.told("ada")
	s.play(passed(pbx.BlindTransfer, "2", "5", "202"))
	s.want("ada", "Unlink") // he may have parked him, which is told next
	s.play(leaves("2", "e"))
	s.want("ada", "Transfer")
}

// TestLineOut: a caller who has gone out again, over the line that he came in by or another
// one, makes no telephone of it, and the next who comes in by it is a customer like others.
func TestLineOut(t *testing.T) {
	next := func(tech, line, linked string) []pbx.Event {
		return together(born(tech+"/"+line+"-8", "8", linked, pbx.Ring, "301"), step("8", "sales", "101", "Answer"), becomes("8", pbx.Up, "301", ""),
			born(tech+"/201-9", "9", linked, pbx.Down, "201"), dials("8", "9"), becomes("9", pbx.Ringing, "201", "301"), becomes("9", pbx.Up, "201", "301"),
			dialed("8", "9", "ANSWER"), enters("9", "8+9"), enters("8", "8+9"))
	}
	legacy := together(born("SIP/trunk-1", "1", "", pbx.Ring, "300"), step("1", "sales", "101", "Answer"), becomes("1", pbx.Up, "300", ""))
	for _, c := range []struct {
		name, tech, linked string
		line, out          string // over which the first caller goes out
		before             []pbx.Event
	}{
		{"handed on over the line he came by", "PJSIP", "1", "trunk", "d", together(talking(), passed(pbx.BlindTransfer, "2", "1", "0551234"), leaves("1", "b"), leaves("2", "b"), dies("2", 16))},
		{"handed on over another", "PJSIP", "1", "mobile", "d", together(talking(), passed(pbx.BlindTransfer, "2", "1", "0551234"), leaves("1", "b"), leaves("2", "b"), dies("2", 16))},
		{"forwarded over another", "PJSIP", "1", "mobile", "d", calling()},
		{"forwarded over another, until 11", "SIP", "", "mobile", "1+7", legacy},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.tech)
			s.play(together(c.before, born(c.tech+"/"+c.line+"-7", "7", c.linked, pbx.Down, ""), dials("1", "7"), becomes("7", pbx.Up, "", ""), dialed("1", "7", "ANSWER"), enters("7", c.out), enters("1", c.out))...)
			s.told("ada")
			linked := c.linked
			if linked != "" {
				linked = "8"
			}
			s.play(next(c.tech, c.line, linked)...)
			if v := s.last("ada"); v.Service != "Sales" || v.Direction != pbx.Inbound || v.Caller.Number != "301" {
				t.Errorf("the next caller is shown as %+v", v)
			}
			s.want("ada", strings.TrimSpace(heard))
		})
	}
}

// TestStrangerAsks: who has the caller at a telephone of which the configuration does not
// know is seen to ask by his having him on hold.
func TestStrangerAsks(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(together(calling(), born("PJSIP/204-7", "7", "1", pbx.Down, ""), dials("1", "7"), becomes("7", pbx.Up, "", ""), dialed("1", "7", "ANSWER"), enters("7", "d"), enters("1", "d"), about(pbx.Hold, "7"),
		born("PJSIP/204-8", "8", "8", pbx.Ring, "204"), step("8", "support", "102", "Answer"), becomes("8", pbx.Up, "204", ""),
		born("PJSIP/201-9", "9", "8", pbx.Down, "201"), dials("8", "9"), becomes("9", pbx.Ringing, "201", "204"), becomes("9", pbx.Up, "201", "204"), dialed("8", "9", "ANSWER"), enters("9", "e"), enters("8", "e"))...)
	if v := s.last("ada"); v.Service != "" || v.Direction != pbx.Internal || v.Caller.Number != "204" {
		t.Errorf("who asks is shown as %+v", v)
	}
	s.want("ada", strings.TrimSpace(asked))
	s.play(about(pbx.Unhold, "7"), leaves("1", "d"), leaves("8", "e"), enters("1", "e"), passed(pbx.AttendedTransfer, "7", "8", ""), dies("7", 16), dies("8", 16))
	if v := s.last("ada"); v.Service != "Sales" || v.Caller.Number != "300" {
		t.Errorf("whom she gets is shown as %+v", v)
	}
	s.want("ada", "Unlink "+getsHim)
}
