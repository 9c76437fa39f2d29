package tracker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// consulting is Asterisk beginning to ask 202 for ada, on her own channel "2": the pipe is "5" and "6",
// the bridge "d".
func consulting() []pbx.Event {
	return together(about(pbx.Hold, "2"),
		born("Local/202@house-1;1", "5", "1", pbx.Down, ""), born("Local/202@house-1;2", "6", "1", pbx.Ring, ""),
		enters("5", "d"), leaves("2", "b"), enters("2", "d"))
}

// goneFirst is ada on her way to ask bob, whose telephone is busy: the pipe is taken down before
// she is there. As Asterisk 22 on a loaded machine tells it.
func goneFirst() []pbx.Event {
	return together(about(pbx.Hold, "2"),
		born("Local/202@house-1;1", "5", "1", pbx.Down, ""), born("Local/202@house-1;2", "6", "1", pbx.Ring, ""), enters("5", "d"),
		born("PJSIP/202-7", "7", "1", pbx.Down, "202"), dials("6", "7"), dialed("6", "7", "BUSY"), dies("6", 17), dies("7", 17),
		leaves("5", "d"), leaves("2", "b"))
}

// calls is a telephone being called through the pipe, and ringing.
func calls(phone, id string) []pbx.Event {
	return together(born("PJSIP/"+phone+"-"+id, id, "1", pbx.Down, phone), dials("6", id), becomes(id, pbx.Ringing, phone, ""))
}

// replies is its being answered.
func replies(id string) []pbx.Event {
	return together(becomes(id, pbx.Up, "", ""), dialed("6", id, "ANSWER"), enters(id, "e"), enters("6", "e"))
}

// returns is ada going back to her caller.
func returns() []pbx.Event {
	return together(leaves("5", "d"), leaves("2", "d"), enters("2", "b"))
}

// TestConsult: what an agent's call says while Asterisk has him ask somebody on its channel.
func TestConsult(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   string // the phase, whom, and how often until now; then whether the caller is held by the telephone
	}{
		{"held by the telephone", together(about(pbx.Hold, "2")), "held 0 true"},
		{"begins", together(consulting()), "held 202 dialing 1 false"},
		{"is called", together(consulting(), born("PJSIP/202-7", "7", "1", pbx.Down, "202"), dials("6", "7")), "held 202 dialing 1 false"},
		{"rings", together(consulting(), calls("202", "7")), "held 202 bob ringing 1 false"},
		{"talks", together(consulting(), calls("202", "7"), replies("7")), "held 202 bob talking 1 false"},
		{"two ring", together(consulting(), calls("202", "7"), calls("203", "8")), "held 202 ringing 1 false"},
		{"one of two talks", together(consulting(), calls("202", "7"), calls("203", "8"), replies("7")), "held 202 bob talking 1 false"},
		{"nobody's telephone", together(consulting(), calls("209", "7"), replies("7")), "held 202 talking 1 false"},
		{"goes back", together(consulting(), calls("202", "7"), returns()), "talking 1 false"},
		{"the other side hangs up", together(consulting(), calls("202", "7"), replies("7"), dies("7", 16), dies("6", 16), dies("5", 16)), "talking 1 false"},
		{"whom he asks is gone before he comes", together(goneFirst(), enters("2", "d"), leaves("2", "d"), enters("2", "b"), about(pbx.Unhold, "2")), "talking 1 false"},
		{"alone without holding", together(leaves("2", "b"), enters("2", "d"), leaves("2", "d"), enters("2", "b")), "talking 0 false"},
		{"asks again", together(consulting(), returns(), consulting()[:1], born("Local/203@house-2;1", "15", "1", pbx.Down, ""), leaves("2", "b"), enters("15", "f"), enters("2", "f")), "held 203 dialing 2 false"},
		{"holds afterwards", together(consulting(), returns(), about(pbx.Hold, "2")), "held 1 true"},
		{"meets a pipe without holding", together(born("Local/202@house-1;1", "5", "1", pbx.Down, ""), enters("5", "d"), leaves("2", "b"), enters("2", "d")), "talking 0 false"},
		{"meets the other half", together(about(pbx.Hold, "2"), born("Local/202@house-1;2", "6", "1", pbx.Down, ""), enters("6", "d"), leaves("2", "b"), enters("2", "d")), "talking 0 true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(talking()...)
			s.play(c.events...)
			part := s.p.part(s.p.channels["2"])
			words := []string{string(part.Phase)}
			if x := part.Consult; x != nil {
				words = append(words, x.To, x.Operator, string(x.Phase))
			}
			words = append(words, fmt.Sprint(part.Consults), fmt.Sprint(part.Holding))
			if got := strings.Join(strings.Fields(strings.Join(words, " ")), " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if snap := s.p.snapshot(s.p.agents["ada"]); (snap.Calls[0].Consult == nil) != (part.Consult == nil) {
				t.Error("a page that is loaded anew sees something else")
			}
		})
	}
}

// TestConsultEnds: nothing is left of one whose agent hangs up in it.
func TestConsultEnds(t *testing.T) {
	s := newScene(t, "PJSIP")
	s.play(talking()...)
	s.play(together(consulting(), calls("202", "7"), dies("2", 16))...)
	if o := s.p.channels["5"]; o == nil || o.askedBy != nil {
		t.Error("the pipe still asks for who is gone")
	}
}

// foundAsking is a resync's picture of what consulting has begun; bridge is that of whom is called, "" while
// he rings.
func foundAsking(state pbx.ChannelState, bridge string) []pbx.Event {
	asker := exists("Local/202@house-1;1", "5", "1", state, "d")
	asker.Dest.Name = "PJSIP/201-2"
	ring := pbx.Ring
	if bridge != "" {
		ring = pbx.Up
	}
	other := exists("Local/202@house-1;2", "6", "1", ring, bridge)
	other.Dest.Name = asker.Dest.Name
	return together(syncBegin, in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), "sales", "101"), set("1", "calldata", "12345"),
		in(exists("PJSIP/201-2", "2", "1", pbx.Up, "d"), "phones", ""), asker, other, exists("PJSIP/202-7", "7", "1", state, bridge), syncEnd)
}

// TestConsultFound: who asks is known to a server that starts, or has its link back, meanwhile; and
// so is who is asked.
func TestConsultFound(t *testing.T) {
	began := together(consulting(), calls("202", "7"))
	for _, c := range []struct {
		name   string
		before []pbx.Event
		events []pbx.Event
		want   string // as in TestConsult
		asked  string // whether bob sees that he is asked, and how far
	}{
		{"it rings", nil, foundAsking(pbx.Ringing, ""), "held 202 bob ringing 1 false", "asked ringing"},
		{"they talk", nil, foundAsking(pbx.Up, "e"), "held 202 bob talking 1 false", "asked talking"},
		{"he answers then", nil, together(foundAsking(pbx.Ringing, ""), replies("7")), "held 202 bob talking 1 false", "asked talking"},
		{"ada goes back", nil, together(foundAsking(pbx.Ringing, ""), returns(), dies("7", 16)), "talking 1 false", ""},
		{"he puts down", nil, together(foundAsking(pbx.Up, "e"), dies("7", 16), dies("6", 16), dies("5", 16), leaves("2", "d"), enters("2", "b")), "talking 1 false", ""},
		{"she hands on", nil, together(foundAsking(pbx.Up, "e"), dies("2", 16), leaves("1", "b"), enters("1", "d")), "", "talking"},
		{"it began while the link was down", talking(), together(linkDown, linkUp, foundAsking(pbx.Up, "e")), "held 202 bob talking 1 false", "asked talking"},
		{"it was known", together(talking(), began), together(linkDown, linkUp, foundAsking(pbx.Ringing, "")), "held 202 bob ringing 1 false", "asked ringing"},
		{"it was over meanwhile", together(talking(), began), together(linkDown, linkUp, syncBegin, exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"),
			exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), syncEnd), "talking 1 false", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(together(c.before, c.events)...)
			got := ""
			if o := s.p.channels["2"]; o != nil {
				part := s.p.part(o)
				got = string(part.Phase)
				if x := part.Consult; x != nil {
					got += " " + x.To + " " + x.Operator + " " + string(x.Phase)
				}
				got += fmt.Sprintf(" %d %v", part.Consults, part.Holding)
				if view := s.p.view(o); view.Service != "Sales" || !o.told || part.Apart {
					t.Errorf("ada sees %+v, told %v, apart %v", view, o.told, part.Apart)
				}
			}
			if got != c.want {
				t.Errorf("ada: %q, want %q", got, c.want)
			}
			got = ""
			if o := s.p.channels["7"]; o != nil {
				if got = string(o.phase()); o.asked() {
					got = "asked " + got
				}
			}
			if got != c.asked {
				t.Errorf("bob: %q, want %q", got, c.asked)
			}
			if told := s.told("bob"); strings.Contains(told, "Link!") != (c.asked == "talking") {
				t.Errorf("bob is told %s", told)
			}
		})
	}
}

// TestSignInAsking: who gets the caller of an agent who has signed in to a server that was started
// in the middle of his call is told from whom, whether he asks or hands on at once.
func TestSignInAsking(t *testing.T) {
	talks := together(syncBegin, in(exists("PJSIP/trunk-1", "1", "1", pbx.Up, "b"), "sales", "101"), in(exists("PJSIP/201-2", "2", "1", pbx.Up, "b"), "phones", ""), syncEnd)
	for name, c := range map[string]struct{ before, after []pbx.Event }{
		"asks": {foundAsking(pbx.Up, "e"), together(dies("2", 16), leaves("1", "b"), enters("1", "d"))},
		"talks": {talks, together(passed(pbx.BlindTransfer, "2", "1", "202"), leaves("1", "b"), leaves("2", "b"), dies("2", 16),
			born("PJSIP/202-7", "7", "1", pbx.Down, "202"), dials("1", "7"), becomes("7", pbx.Ringing, "202", "300"))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "")
			s.play(c.before...)
			s.sit("bob", "PJSIP/202", 1)
			s.sit("ada", "PJSIP/201", 1)
			s.play(c.after...)
			if from := s.last("bob").Transfer; from == nil || from.By != "ada" {
				t.Errorf("from %+v", from)
			}
		})
	}
}

// TestApart: whoever an agent talks with is not known to be his caller while somebody else waits.
func TestApart(t *testing.T) {
	untold := foundAsking(pbx.Up, "e")
	for i := range untold {
		untold[i].Dest.Name = ""
	}
	behind := together(born("Local/201@house-9;1", "8", "1", pbx.Up, ""), enters("8", "x"))
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   bool
	}{
		{"a talk", talking(), false},
		{"it is told that he asks", foundAsking(pbx.Up, "e"), false},
		{"it is not told", untold, true},
		{"he is back", together(untold, returns()), false},
		{"half a pipe of another call", together(talking(), behind), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			s.play(c.events...)
			if got := s.p.part(s.p.channels["2"]).Apart; got != c.want {
				t.Errorf("apart: %v", got)
			}
		})
	}
}
