package amitest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// TestTransfers: who is handed on goes on, to a phone, a queue or a number, and the other hangs up
// first; the events come in the order of the recordings.
func TestTransfers(t *testing.T) {
	for _, c := range []struct {
		name, action, of, exten string
		want                    string // the events that tell of it
	}{
		{"to a phone", "BlindTransfer", "201", "202", "BlindTransfer BridgeLeave:201 BridgeLeave:trunk Hangup:201 BridgeDestroy DialBegin:trunk BridgeEnter:202 BridgeEnter:trunk"},
		{"to a queue", "BlindTransfer", "201", "help", "BlindTransfer BridgeLeave:201 BridgeLeave:trunk Hangup:201 BridgeDestroy QueueCallerJoin:trunk DialBegin:trunk QueueCallerLeave:trunk BridgeEnter:202 BridgeEnter:trunk"},
		{"redirected", "Redirect", "trunk", "202", "BridgeLeave:trunk BridgeLeave:201 Hangup:201 BridgeDestroy DialBegin:trunk BridgeEnter:202 BridgeEnter:trunk"},
		{"the agent's own call", "BlindTransfer", "trunk", "202", "BlindTransfer BridgeLeave:trunk BridgeLeave:201 Hangup:trunk BridgeDestroy DialBegin:201 BridgeEnter:202 BridgeEnter:201"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := amitest.Manual(epoch)
			s := listen(t, amitest.Options{Clock: clock})
			s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: time.Second})
			s.AddPhone(amitest.Phone{Extension: "202", Does: amitest.Answer, After: time.Second})
			s.AddQueue(amitest.Queue{Name: "help", Members: []amitest.Member{{Interface: "PJSIP/202"}}})
			s.AddService(amitest.Service{Number: "101", Context: "astcti", Phones: []string{"201"}})
			a := dial(t, s)
			a.login(everything)
			s.Call(amitest.Call{From: "300", To: "101"})
			clock.Advance(2 * time.Second)
			var mine string
			for _, m := range a.events() {
				if m.get("Event") == "BridgeEnter" && strings.Contains(m.get("Channel"), "/"+c.of+"-") {
					mine = m.get("Channel")
				}
			}
			if r := a.ask(c.action, "Channel: "+mine, "Context: house", "Exten: "+c.exten, "Priority: 1"); r.get("Response") != "Success" {
				t.Fatal(r)
			}
			clock.Advance(2 * time.Second)
			var got []string
			for _, m := range a.events() {
				name := m.get("Event")
				if !slices.Contains(strings.Fields("BlindTransfer BridgeLeave BridgeDestroy Hangup DialBegin QueueCallerJoin QueueCallerLeave BridgeEnter"), name) {
					continue
				}
				if ch := m.get("Channel"); ch != "" {
					name += ":" + strings.TrimPrefix(ch[:strings.IndexByte(ch, '-')], "PJSIP/")
				}
				got = append(got, name)
			}
			if all := strings.Join(got, " "); !strings.HasPrefix(all, c.want) {
				t.Errorf("\n got %s\nwant %s", all, c.want)
			}
		})
	}
}
