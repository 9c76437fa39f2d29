package amitest_test

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// TestInstantCall: with an Instant clock a whole call happens at once, and says
// that it took its time.
func TestInstantCall(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Instant()})
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: 3 * second})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
	c := dial(t, s)
	c.login(everything)
	c.events()
	call := s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: time.Minute})
	<-call.Done()
	if call.Status() != "ANSWER" || call.AnsweredBy() != "201" {
		t.Errorf("%s by %q", call.Status(), call.AnsweredBy())
	}
	all := c.events()
	if all[0].get("Uniqueid") != call.Uniqueid() || all[0].get("Channel") != call.Channel() {
		t.Errorf("%v is not %s, %s", all[0], call.Uniqueid(), call.Channel())
	}
	i := slices.IndexFunc(all, func(m message) bool { return m.get("Variable") == "ANSWEREDTIME" && m.get("Value") != "" })
	if all[i].get("Value") != "60" {
		t.Errorf("talked %s s", all[i].get("Value"))
	}
}

// TestRealTimeInABubble: in memory and inside a bubble a call keeps its real time.
func TestRealTimeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.InMemory(amitest.Options{Users: []amitest.User{everything}})
		defer s.Close()
		s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: 3 * second})
		s.AddService(amitest.Service{Number: "101", Context: "astcti", Phones: []string{"201"}})
		c := dial(t, s)
		defer c.conn.Close()
		_ = c.conn.SetDeadline(time.Time{})
		c.login(everything)
		go func() { _, _ = io.Copy(io.Discard, c.conn) }()
		begin := time.Now()
		call := s.Call(amitest.Call{From: "300", To: "101", Talk: 10 * second})
		<-call.Done()
		if took := time.Since(begin).Round(10 * time.Millisecond); took != 13*second {
			t.Errorf("the call took %v", took)
		}
	})
}

// TestByHand drives a call by hand: lift, hold, hang up.
func TestByHand(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	clock := s.Clock()
	for _, e := range []string{"201", "202", "203"} {
		s.AddPhone(amitest.Phone{Extension: e})
	}
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Phones: []string{"201", "202", "203"}})
	c := dial(t, s)
	c.login(everything)
	call := s.Call(amitest.Call{From: "300", To: "101", Ring: []string{"201", "202"}})
	if call.Answer("201") {
		t.Error("answered before it rang")
	}
	call.Hold(amitest.Callee) // nobody is there yet
	clock.Advance(second)
	if call.Answer("203") || !call.Answer("202") || call.Answer("201") {
		t.Error("203 does not ring, 202 does, and then nobody does")
	}
	if s.Idle("202") || !s.Idle("201") || call.Status() != "ANSWER" {
		t.Error("202 talks, 201 does not")
	}
	call.Hold(amitest.Caller)
	call.Hold(amitest.Caller)
	call.Unhold(amitest.Caller)
	call.Unhold(amitest.Callee)
	call.Hangup(amitest.Callee)
	call.Hangup(amitest.Caller)
	<-call.Done()
	all := c.events()
	for event, want := range map[string]int{"Hold": 1, "Unhold": 1, "Hangup": 3, "BridgeEnter": 2, "BridgeDestroy": 1} {
		n := 0
		for _, m := range all {
			if m.get("Event") == event {
				n++
			}
		}
		if n != want {
			t.Errorf("%d %s, want %d", n, event, want)
		}
	}
	if s.Channels() != 0 {
		t.Error("channels are left")
	}
}

// TestHowCallsEnd: the status of each way to end, in both dialects.
func TestHowCallsEnd(t *testing.T) {
	decline := amitest.Reply{Does: amitest.Decline, After: second}
	for _, d := range []amitest.Dialect{amitest.Asterisk22, amitest.Asterisk14} {
		for _, tt := range []struct {
			want string
			call amitest.Call
		}{
			{"ANSWER", amitest.Call{To: "101", Replies: only201, Talk: second}},
			{"BUSY", amitest.Call{To: "101", Replies: bothBusy}},
			{"NOANSWER", amitest.Call{To: "101", Replies: nobody}},
			{"NOANSWER", amitest.Call{To: "101", Replies: map[string]amitest.Reply{"201": decline, "202": decline}}},
			{"ANSWER", amitest.Call{To: "101", Replies: map[string]amitest.Reply{"201": decline, "202": answers(2 * second)}, Talk: second}},
			{"CANCEL", amitest.Call{To: "101", Replies: nobody, Abandon: second}},
			{"CANCEL", amitest.Call{To: "102", Replies: nobody, Abandon: second}},
			{"CANCEL", amitest.Call{To: "102", Ring: []string{}, Replies: bothBusy, Abandon: 20 * second}},
			{"TIMEOUT", amitest.Call{To: "102", Replies: nobody}},
			{"ANSWER", amitest.Call{To: "102", Replies: map[string]amitest.Reply{"201": decline, "202": answers(2 * second)}, Talk: second}},
			{"CHANUNAVAIL", amitest.Call{To: "209"}},
			{"CHANUNAVAIL", amitest.Call{To: "109"}},
			{"ANSWER", amitest.Call{From: "201", To: "0123456789", Talk: second}},
		} {
			s := listen(t, amitest.Options{Dialect: d, Clock: amitest.Manual(epoch)})
			prefix := map[amitest.Dialect]string{amitest.Asterisk22: "PJSIP/", amitest.Asterisk14: "SIP/"}[d]
			s.AddPhone(amitest.Phone{Extension: "201"})
			s.AddPhone(amitest.Phone{Extension: "202"})
			s.AddPhone(amitest.Phone{Extension: "209", Does: amitest.Unregistered})
			s.AddQueue(amitest.Queue{Name: "q", Members: []amitest.Member{{Interface: prefix + "201"}, {Interface: prefix + "202"}}})
			s.AddService(amitest.Service{Number: "101", Context: "astcti", Phones: both})
			s.AddService(amitest.Service{Number: "102", Context: "astcti", Queue: "q", RingFor: 40 * second})
			s.AddService(amitest.Service{Number: "109", Context: "astcti", Queue: "no such queue"})
			if tt.call.From == "" {
				tt.call.From = "300"
			}
			call := s.Call(tt.call)
			s.Clock().Advance(2 * time.Minute)
			select {
			case <-call.Done():
			default:
				t.Errorf("%s %+v: still there", d, tt.call)
			}
			if got := call.Status(); got != tt.want || s.Channels() != 0 {
				t.Errorf("%s %+v: %s, want %s; %d channels", d, tt.call, got, tt.want, s.Channels())
			}
		}
	}
}
