package tracker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestPast: which parts of calls the history is told of, and how they ended.
func TestPast(t *testing.T) {
	hangups := []pbx.Event{dies("2", 16), dies("1", 16)}
	for _, c := range []struct {
		name   string
		events []pbx.Event
		want   string // operator, direction, service, seconds of talk, cause, how it was handed on
	}{
		{"answered", together(talking(), leaves("1", "b"), dies("1", 16), leaves("2", "b"), dies("2", 16)), "ada inbound Sales 7 16"},
		{"the caller gives up", together(calling(), ringing(), dies("1", 16), dies("2", 0)), "ada inbound Sales - 16"},
		{"somebody else answers", together(calling(), ringing(), takes("1"), dies("2", 26)), "ada inbound Sales - 26"},
		{"a second line of the same phone answers", together(calling(), ringing(), born("PJSIP/201-5", "5", "1", pbx.Down, "201"), dials("1", "5"),
			becomes("5", pbx.Ringing, "201", ""), becomes("5", pbx.Up, "201", ""), dies("2", 26), dies("5", 16)), "ada inbound Sales 2 16"},
		{"handed on", together(talking(), passed(pbx.BlindTransfer, "2", "1", "202"), leaves("1", "b"), leaves("2", "b"), dies("2", 16)),
			"ada inbound Sales 7 16 blind to 202"},
		{"attended", together(talking(), asks(), leaves("1", "b"), leaves("3", "c"), enters("1", "c"), passed(pbx.AttendedTransfer, "2", "3", ""), leaves("2", "b"), dies("2", 16), dies("3", 16)),
			"ada out internal  3 0\nbob internal  7 0\nada inbound Sales 19 16 attended to 202"},
		{"picked up", together(calling(), ringing(), born("PJSIP/202-7", "7", "7", pbx.Ring, "202"), becomes("7", pbx.Up, "", ""), two(pbx.Pickup, "7", "2", ""), dies("2", 16)),
			"ada inbound Sales - 26"},
		{"his own call, busy", together(born("PJSIP/201-3", "3", "3", pbx.Ring, "201"), step("3", "campaign", "300", "Dial"), dies("3", 17)), "ada out outbound Campaign - 17"},
		{"of no service, and nobody's", together(born("PJSIP/trunk-1", "1", "1", pbx.Ring, "300"), step("1", "elsewhere", "9", "Dial"), ringing(), hangups), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "PJSIP")
			var got []string
			s.p.past = func(p Past) { got = append(got, pastWords(p)) }
			s.play(c.events...)
			if all := strings.Join(got, "\n"); all != c.want {
				t.Errorf("\n got %s\nwant %s", all, c.want)
			}
		})
	}
}

func pastWords(p Past) string {
	words := p.Operator + " "
	if p.Outgoing {
		words += "out "
	}
	talk := "-"
	if !p.Call.Answered.IsZero() {
		talk = fmt.Sprint(p.Call.Since.Sub(p.Call.Answered).Seconds())
	}
	words += fmt.Sprintf("%s %s %s %d", p.Call.Direction, p.Call.Service, talk, p.Call.Cause)
	if p.Handed != nil {
		words += fmt.Sprintf(" %s to %s", p.Handed.Kind, p.Handed.To)
	}
	return words
}

// TestHandedName: who hands a call on to a colleague is told his name, where there is one of that
// number.
func TestHandedName(t *testing.T) {
	for _, c := range []struct{ to, also, want string }{
		{"203", "", "Cleo Rossi"},
		{"pjsip/203", "", "Cleo Rossi"},
		{"0203", "", ""},
		{"201", "", ""}, // who has no full name
		{"203", "SIP/203", ""},
		{"", "", ""},
	} {
		s := newScene(t, "PJSIP")
		for i, extension := range []string{"PJSIP/203", c.also} {
			if extension == "" {
				continue
			}
			a := Agent{Operator: fmt.Sprint("cleo", i), FullName: "Cleo Rossi", Extension: extension, Generation: 1}
			if err := s.p.watch(a, &Watch{watcher: &ear{t: t}}); err != nil {
				t.Fatal(err)
			}
		}
		var past Past
		s.p.past = func(p Past) { past = p }
		s.play(together(talking(), passed(pbx.BlindTransfer, "2", "1", c.to), leaves("1", "b"), leaves("2", "b"), dies("2", 16))...)
		told := "nothing"
		for _, n := range s.ears["ada"].notices {
			if n.ID == pbx.NoticeTransfer {
				told = n.Call.Transfer.ToName
			}
		}
		if told != c.want {
			t.Errorf("%q: told of %q, want %q", c.to, told, c.want)
		}
		if past.Handed == nil || past.Handed.ToName != c.want || past.Handed.To != c.to {
			t.Errorf("%q: kept %+v, want %q", c.to, past.Handed, c.want)
		}
	}
}

// TestPastWithoutClient: whose page is being loaded anew has the call in his history all
// the same; who is replaced at his telephone while it rings has missed nothing.
func TestPastWithoutClient(t *testing.T) {
	s := newScene(t, "PJSIP")
	var got []string
	s.p.past = func(p Past) { got = append(got, pastWords(p)) }
	s.play(talking()...)
	s.p.unwatch(s.ears["ada"].watch)
	s.play(leaves("1", "b"), dies("1", 16), leaves("2", "b"), dies("2", 16))
	s.play(calling()...)
	if all := strings.Join(got, "\n"); all != "ada inbound Sales 7 16" {
		t.Error(all)
	}
	got = nil
	s = newScene(t, "PJSIP")
	s.p.past = func(p Past) { got = append(got, pastWords(p)) }
	s.play(together(calling(), ringing())...)
	s.sit("cleo", "PJSIP/201", 1)
	s.play(dies("1", 16), dies("2", 0))
	if all := strings.Join(got, "\n"); all != "cleo inbound Sales - 16" {
		t.Error(all)
	}
}
