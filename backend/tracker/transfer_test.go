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
		{"by nobody's word", together(talking(), leaves("1", "b"), leaves("2", "b"), dies("2", 16), takes("1"), enters("9", "d"), enters("1", "d")),
			heard + "Unlink Hangup(16) available", strings.TrimSpace(heard), pbx.TransferRedirect},
		{"attended", together(talking(), asks(), leaves("1", "b"), leaves("3", "c"), enters("1", "c"), passed(pbx.AttendedTransfer, "2", "3", ""), leaves("2", "b"), dies("2", 16), dies("3", 16)),
			heard + "Newchannel Newstate(Ring) Newstate(Up) Link Unlink Unlink Transfer Hangup(0) Hangup(16) available", asked + "Unlink " + getsHim, pbx.TransferAttended},
		{"attended, while it rings", together(talking(), born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "phones", "202", "Dial"),
			born("PJSIP/202-4", "4", "3", pbx.Down, "202"), dials("3", "4"), becomes("4", pbx.Ringing, "202", "201"),
			leaves("1", "b"), passed(pbx.AttendedTransfer, "2", "3", ""), dies("2", 16), dies("3", 16), becomes("4", pbx.Up, "", ""), dialed("1", "4", "ANSWER"), enters("4", "e"), enters("1", "e")),
			heard + "Newchannel Newstate(Ring) Unlink Transfer Hangup(16) Hangup(16) available", rang + "Newstate(Up) oncall " + getsHim, pbx.TransferAttended},
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
