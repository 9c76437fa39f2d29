package amitest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// names22 is the header names of the first message of an event in a recording.
func namesOf(t *testing.T, all []message, event string) string {
	t.Helper()
	i := slices.IndexFunc(all, func(m message) bool { return m.get("Event") == event })
	if i < 0 {
		t.Fatalf("no %s", event)
	}
	return squeeze(all[i].names())
}

// squeeze makes several Variable headers one.
func squeeze(names string) string {
	for strings.Contains(names, "Variable Variable") {
		names = strings.ReplaceAll(names, "Variable Variable", "Variable")
	}
	return names
}

// twoCallers: one talks to 201 through the queue, one waits in it.
func twoCallers(t *testing.T, d amitest.Dialect) (*client, *amitest.Server) {
	s := listen(t, amitest.Options{Dialect: d, Clock: amitest.Manual(epoch)})
	device := map[amitest.Dialect]string{amitest.Asterisk22: "PJSIP/201", amitest.Asterisk14: "SIP/201"}[d]
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: second})
	s.AddQueue(amitest.Queue{Name: "astcti-queue", Members: []amitest.Member{{Interface: device, Name: "Agent 201"}}})
	s.AddService(amitest.Service{Number: "102", Context: "astctiq", Digits: 1, Queue: "astcti-queue"})
	c := dial(t, s)
	c.login(everything)
	s.Call(amitest.Call{From: "300", Name: "User 300", Via: "300", To: "102", Digits: "1"})
	s.Clock().Advance(2 * time.Second)
	s.Call(amitest.Call{From: "301", Name: "O'Brien", Via: "301", To: "102", Digits: "2"})
	s.Clock().Advance(2 * time.Second)
	return c, s
}

// TestSnapshotAgreesWithEvents takes every list of 22 in the middle of two calls:
// the headers are those of the real one, the values those the events told.
func TestSnapshotAgreesWithEvents(t *testing.T) {
	c, _ := twoCallers(t, amitest.Asterisk22)
	var bridge, caller, phone string
	for _, m := range c.events() {
		if m.get("Event") == "BridgeEnter" {
			bridge = m.get("BridgeUniqueid")
			if m.get("Context") == "astctiq" {
				caller = m.get("Uniqueid")
			} else {
				phone = m.get("Uniqueid")
			}
		}
	}
	if bridge == "" || caller == "" || phone == "" {
		t.Fatal("nobody was bridged")
	}
	real := readCut(t, amitest.Asterisk22, "snapshot")
	channels := c.list("CoreShowChannels")
	byID := map[string]message{}
	for _, m := range channels[:len(channels)-1] {
		byID[m.get("Uniqueid")] = m
	}
	if len(byID) != 3 || byID[caller].get("BridgeId") != bridge || byID[phone].get("BridgeId") != bridge {
		t.Errorf("channels: %v", channels)
	}
	if m := byID[caller]; m.get("Application") != "Queue" || m.get("ApplicationData") != "astcti-queue" || m.get("Duration") != "00:00:04" {
		t.Errorf("caller: %v", m)
	}
	statuses := c.list("Status", "Variables: calldata,none")
	for _, m := range statuses[:len(statuses)-1] {
		if m.get("Uniqueid") == caller && !slices.Contains(m, header{"Variable", "calldata=1"}) {
			t.Errorf("status: %v", m)
		}
		if m.get("CallerIDNum") == "301" && m.get("CallerIDName") != `O\'Brien` {
			t.Errorf("status: %v", m)
		}
	}
	all := c.list("Status", "AllVariables: true")
	queue := c.list("QueueStatus")
	i := slices.IndexFunc(queue, func(m message) bool { return m.get("Event") == "QueueEntry" })
	if i < 0 || queue[i].get("CallerIDNum") != "301" || queue[i].get("CallerIDName") != "O'Brien" || queue[i].get("Position") != "1" || queue[i].get("Wait") != "1" {
		t.Errorf("queue: %v", queue)
	}
	i = slices.IndexFunc(queue, func(m message) bool { return m.get("Event") == "QueueMember" })
	if queue[i].get("Status") != "2" || queue[i].get("InCall") != "1" {
		t.Errorf("member: %v", queue[i])
	}
	bridges := c.list("BridgeList")
	if bridges[0].get("BridgeUniqueid") != bridge || bridges[0].get("BridgeNumChannels") != "2" {
		t.Errorf("bridges: %v", bridges)
	}
	info := c.list("BridgeInfo", "BridgeUniqueid: "+bridge)
	if len(info) != 3 {
		t.Errorf("bridge: %v", info)
	}
	ours := slices.Concat(channels, all, queue, bridges, info)
	for _, event := range []string{
		"CoreShowChannel", "CoreShowChannelsComplete", "QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete", "Status", "StatusComplete",
		"BridgeListItem", "BridgeListComplete", "BridgeInfoChannel", "BridgeInfoComplete",
	} {
		if want, got := namesOf(t, real, event), namesOf(t, ours, event); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", event, got, want)
		}
	}
	if n := channels[3].get("ListItems"); n != "3" {
		t.Errorf("ListItems %s", n)
	}
}

// TestLegacySnapshot is the same with what 1.4 has: Status, Getvar and QueueStatus.
func TestLegacySnapshot(t *testing.T) {
	c, _ := twoCallers(t, amitest.Asterisk14)
	var link message
	for _, m := range c.events() {
		if m.get("Event") == "Link" {
			link = m
		}
	}
	c.send("Status")
	all := c.until("StatusComplete")
	real := readCut(t, amitest.Asterisk14, "status")
	for i, m := range real[:2] { // the called channel comes first there, last here
		if got := all[1-i].names(); got != m.names() {
			t.Errorf("Status:\ngot  %s\nwant %s", got, m.names())
		}
	}
	if all[0].get("Link") != link.get("Channel2") || all[1].get("Link") != link.get("Channel1") {
		t.Errorf("%v does not agree with %v", all, link)
	}
	if r := c.ask("Getvar", "Channel: "+link.get("Channel1"), "Variable: calldata"); r.get("Value") != "1" {
		t.Error(r)
	}
	c.send("QueueStatus")
	queue := c.until("QueueStatusComplete")
	i := slices.IndexFunc(queue, func(m message) bool { return m.get("Event") == "QueueEntry" })
	if want := "Event Queue Position Channel CallerID CallerIDName Wait ActionID"; queue[i].names() != want || queue[i].get("CallerIDName") != "O'Brien" {
		t.Errorf("entry: %v", queue[i])
	}
}

// TestActionsChangeCalls: Hangup ends a call, a pause keeps callers away, an
// unpause lets them through, Setvar is told.
func TestActionsChangeCalls(t *testing.T) {
	c, s := twoCallers(t, amitest.Asterisk22)
	c.ask("QueuePause", "Interface: PJSIP/201", "Paused: true")
	var phone string
	for _, m := range c.list("CoreShowChannels") {
		if m.get("Application") == "AppQueue" {
			phone = m.get("Channel")
		}
	}
	if r := c.ask("Setvar", "Channel: "+phone, "Variable: x", "Value: what?"); r.get("Message") != "Variable Set" {
		t.Error(r)
	}
	c.ask("Hangup", "Channel: "+phone)
	s.Clock().Advance(time.Minute)
	done := c.events()
	if n := count(done, "AgentComplete", "Reason", "agent"); n != 1 {
		t.Errorf("%d AgentComplete by agent", n)
	}
	if n := count(done, "AgentCalled", "Queue", "astcti-queue"); n != 0 {
		t.Errorf("a paused member was called %d times", n)
	}
	c.ask("QueuePause", "Interface: PJSIP/201", "Paused: false")
	s.Clock().Advance(10 * time.Second)
	if n := count(c.events(), "AgentConnect", "CallerIDNum", "301"); n != 1 {
		t.Errorf("%d AgentConnect after the pause", n)
	}
}

func count(all []message, event, name, value string) int {
	n := 0
	for _, m := range all {
		if m.get("Event") == event && m.get(name) == value {
			n++
		}
	}
	return n
}

// TestValuesOfVariables sets what was set on a real 22 and compares how VarSet and
// Newexten write it.
func TestValuesOfVariables(t *testing.T) {
	real := readCut(t, amitest.Asterisk22, "vars")
	var set []amitest.Variable
	want := map[string]string{}
	for _, m := range real {
		switch m.get("Event") {
		case "Newexten":
			if name, value, _ := strings.Cut(m.get("AppData"), "="); !strings.Contains(name, "(") {
				set = append(set, amitest.Variable{Name: name, Value: value})
			}
		case "VarSet":
			if m.get("Context") == "astctivars" {
				want[m.get("Variable")] = m.get("Value")
			}
		}
	}
	set = append(set, amitest.Variable{Name: "inj", Value: "one\r\nEvent: Hangup\r\nUniqueid: fake\r\n\r\ntwo\ttab\\back"})
	want["inj"] = `one\r\nEvent: Hangup\r\nUniqueid: fake\r\n\r\ntwo\ttab\\back`
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddPhone(amitest.Phone{Extension: "201"})
	s.AddService(amitest.Service{Number: "110", Context: "astctivars", Phones: []string{"201"}, Set: set[:len(set)-1]})
	c := dial(t, s)
	c.login(everything)
	c.events()
	s.Call(amitest.Call{From: "300", To: "110", Set: set[len(set)-1:]})
	got, forged := map[string]string{}, false
	id := c.send("Ping")
	for done := false; !done; { // a forged block has lines without a colon: read it raw
		l := c.line()
		switch name, value, _ := strings.Cut(l, ": "); name {
		case "Variable":
			got[value] = strings.TrimPrefix(c.line(), "Value: ")
		case "Uniqueid":
			forged = forged || value == "fake"
		case "ActionID":
			done = value == id
		}
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
	if !forged {
		t.Error("the line breaks of a variable did not come through Newexten as they do in life")
	}
}
