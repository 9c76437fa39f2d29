package amitest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// story is a call that was recorded on a real Asterisk, and how to place it here.
type story struct {
	name  string
	setup func(s *amitest.Server)
	// queue and members are what the client adds first.
	queue   string
	members []string
	call    amitest.Call
	// ordered: the order of all events is that of the recording. Where it is not,
	// the recording itself shows two threads of Asterisk racing.
	ordered bool
	// afterAnswer leaves out what comes before the dialplan's Answer: the caller of
	// the recording came by another number.
	afterAnswer bool
}

const second = time.Second

func answers(after time.Duration) amitest.Reply {
	return amitest.Reply{Does: amitest.Answer, After: after}
}

var (
	ignores  = amitest.Reply{Does: amitest.Ignore}
	busy     = amitest.Reply{Does: amitest.Busy}
	only201  = map[string]amitest.Reply{"201": answers(700 * time.Millisecond), "202": ignores}
	only202  = map[string]amitest.Reply{"201": ignores, "202": answers(1400 * time.Millisecond)}
	nobody   = map[string]amitest.Reply{"201": ignores, "202": ignores}
	both     = []string{"201", "202"}
	bothBusy = map[string]amitest.Reply{"201": busy, "202": busy}
)

var modernStories = []story{
	{name: "noq-answer", ordered: true, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "1234", Replies: only201, Talk: 1500 * time.Millisecond}},
	{name: "noq-answer-agenthangup-info", call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "98#", Replies: only202, Talk: 2 * second, HangupBy: amitest.Callee}},
	{name: "noq-abandon", call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "1234", Replies: nobody, Abandon: second}},
	{name: "noq-noanswer", afterAnswer: true, setup: shortly, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "1234", Replies: nobody}},
	{name: "noq-busy", call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "1234", Replies: bothBusy}},
	{name: "noq-unregistered", ordered: true, setup: unregister, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "101", Digits: "1234"}},
	{name: "q-answer", queue: "astcti-queue", members: both, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "102", Digits: "4321", Replies: only201, Talk: 1500 * time.Millisecond, HangupBy: amitest.Callee}},
	{name: "q-answer-callerhangup", queue: "astcti-queue", members: both, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "102", Digits: "4321", Replies: only202, Talk: second}},
	{name: "q-abandon", queue: "astcti-queue", members: both, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "102", Digits: "7#", Replies: nobody, Abandon: 1800 * time.Millisecond}},
	{name: "q-rna", queue: "rna-queue", members: both, call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "103", Replies: only202, Talk: second}},
	{name: "q-timeout", queue: "astcti-queue", members: both[:1], call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "106", Replies: nobody}},
	{name: "internal", call: amitest.Call{From: "201", To: "202", Replies: map[string]amitest.Reply{"202": answers(600 * time.Millisecond)}, Talk: second}},
	{name: "hold-unhold", call: amitest.Call{From: "300", Name: "User 300", Via: "300", To: "130", Replies: only201, Talk: 3 * second, Holds: []amitest.HoldPlan{
		{After: 500 * time.Millisecond, For: 500 * time.Millisecond, By: amitest.Callee},
		{After: 1500 * time.Millisecond, For: 500 * time.Millisecond, By: amitest.Callee},
		{After: 2500 * time.Millisecond, For: 5 * second, By: amitest.Caller},
	}}},
}

// modernSetup is the dialplan and the queues of the recordings on 22.
func modernSetup(s *amitest.Server) {
	s.AddPhone(amitest.Phone{Extension: "201"})
	s.AddPhone(amitest.Phone{Extension: "202"})
	static := []amitest.Member{{Interface: "PJSIP/201", Name: "Agent 201"}, {Interface: "PJSIP/202", Name: "Agent 202", Penalty: 1}}
	s.AddQueue(amitest.Queue{Name: "static-queue", RingInUse: true, Members: static})
	s.AddQueue(amitest.Queue{Name: "astcti-queue"})
	s.AddQueue(amitest.Queue{Name: "rna-queue", Strategy: amitest.Linear, RingFor: 3 * second})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: both})
	s.AddService(amitest.Service{Number: "102", Context: "astctiq", Digits: 4, Queue: "astcti-queue"})
	s.AddService(amitest.Service{Number: "103", Context: "astctiq", Queue: "rna-queue", Options: "tT", Set: []amitest.Variable{{Name: "calldata", Value: "rna"}}})
	s.AddService(amitest.Service{Number: "106", Context: "astctiq", Queue: "astcti-queue", RingFor: 4 * second, Set: []amitest.Variable{{Name: "calldata", Value: "qtimeout"}}})
	s.AddService(amitest.Service{Number: "130", Context: "from-trunk", Phones: []string{"201"}, RingFor: 20 * second, Options: "tTkK", Set: []amitest.Variable{{Name: "calldata", Value: "xfer"}}})
}

func unregister(s *amitest.Server) {
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Unregistered})
	s.AddPhone(amitest.Phone{Extension: "202", Does: amitest.Unregistered})
}

func shortly(s *amitest.Server) {
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: both, RingFor: 3 * second})
}

// fromAnswer is the events from the first Newexten of Answer on.
func fromAnswer(all []message) []message {
	i := slices.IndexFunc(all, func(m message) bool { return m.get("Application") == "Answer" })
	return all[max(i, 0):]
}

var legacyStories = []story{
	{name: "dial-answered", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: only201, Talk: 2 * second}},
	{name: "dial-answered-callee-hangs-up", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "98765", Replies: only202, Talk: 2 * second, HangupBy: amitest.Callee}},
	{name: "dial-abandon", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: nobody, Abandon: 2 * second}},
	{name: "dial-busy", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: map[string]amitest.Reply{"201": busy, "202": {Does: amitest.Busy, After: second}}}},
	{name: "dial-no-answer", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "103", Digits: "12345", Replies: nobody}},
	{name: "dial-unregistered", ordered: true, setup: unregister, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345"}},
	{name: "dial-hold", ordered: true, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: only201, Talk: 4 * second, Holds: []amitest.HoldPlan{{After: second, For: second, By: amitest.Callee}}}},
	{name: "phone-to-phone", ordered: true, call: amitest.Call{From: "200", To: "201", Replies: only201, Talk: 2 * second}},
	{name: "queue-answered", setup: queued, ordered: true, queue: "astcti-queue", members: both, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: only201, Talk: 2 * second}},
	{name: "queue-answered-agent-hangs-up", setup: queued, ordered: true, queue: "astcti-queue", members: both, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "101", Digits: "12345", Replies: only202, Talk: 2 * second, HangupBy: amitest.Callee}},
	{name: "queue-no-answer", ordered: true, queue: "astcti-queue", members: both, call: amitest.Call{From: "200", Name: "User 200", Via: "200", To: "104", Digits: "12345", Replies: nobody}},
}

// legacySetup is the dialplan and the queues of the recordings on 1.4.
func legacySetup(s *amitest.Server) {
	s.AddPhone(amitest.Phone{Extension: "200", Context: "astcti-service"})
	s.AddPhone(amitest.Phone{Extension: "201"})
	s.AddPhone(amitest.Phone{Extension: "202"})
	s.AddQueue(amitest.Queue{Name: "astcti-queue"})
	s.AddService(amitest.Service{Number: "101", Context: "astcti-service", Prompt: prompt, Digits: 5, Phones: both, Options: "m"})
	s.AddService(amitest.Service{Number: "103", Context: "astcti-service", Prompt: prompt, Digits: 5, Phones: both, RingFor: 4 * second, Options: "m"})
	s.AddService(amitest.Service{Number: "104", Context: "astcti-service", Prompt: prompt, Digits: 5, Queue: "astcti-queue", Options: "htw", RingFor: 8 * second})
}

const prompt = "/var/lib/asterisk/sounds/astctidemo/enter_five_digits"

func queued(s *amitest.Server) {
	s.AddService(amitest.Service{Number: "101", Context: "astcti-service", Prompt: prompt, Digits: 5, Queue: "astcti-queue", Options: "htw||60"})
}

func TestLegacyStories(t *testing.T) {
	for _, st := range legacyStories {
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			play(t, st, amitest.Asterisk14, legacySetup)
		})
	}
}

// TestLegacyQueueEvents is a queue with eventwhencalled=vars: nobody answers the
// first time, 202 does the second.
func TestLegacyQueueEvents(t *testing.T) {
	clock := amitest.Manual(epoch)
	s := listen(t, amitest.Options{Dialect: amitest.Asterisk14, Clock: clock})
	legacySetup(s)
	s.AddQueue(amitest.Queue{Name: "astcti-queue-ev", RingFor: 4 * second, Events: true})
	s.AddService(amitest.Service{Number: "105", Context: "astcti-service", Prompt: prompt, Digits: 5, Queue: "astcti-queue-ev", Options: "htw", RingFor: 30 * second})
	c := dial(t, s)
	c.login(everything)
	c.ask("QueueAdd", "Queue: astcti-queue-ev", "Interface: SIP/201")
	c.ask("QueueAdd", "Queue: astcti-queue-ev", "Interface: SIP/202")
	c.events()
	call := s.Call(amitest.Call{From: "200", Name: "User 200", Via: "200", To: "105", Digits: "12345", Talk: 2 * second, HangupBy: amitest.Callee})
	clock.Advance(8 * second)
	if !call.Answer("202") {
		t.Fatal("202 does not ring")
	}
	clock.Advance(5 * second)
	compare(t, readCut(t, amitest.Asterisk14, "queue-events"), c.events(), false)
}

// TestOriginateStories originates as the recordings did.
func TestOriginateStories(t *testing.T) {
	toCall := []string{"Channel: PJSIP/201", "Context: agents", "Exten: 95551234", "Priority: 1", "Async: true"}
	modern := []struct {
		name    string
		headers []string
		reply   amitest.Reply
	}{
		{"originate-click2call", append(toCall, "Timeout: 20000", `CallerID: "Click" <95551234>`, "Account: acc1", "Variable: crmid=77", "Variable: __deal=D 1"), answers(second)},
		{"originate-noanswer", append(toCall, "Timeout: 2000"), ignores},
	}
	for _, st := range modern {
		t.Run("22 "+st.name, func(t *testing.T) {
			want, got := originate(t, amitest.Asterisk22, st.name, modernSetup, st.reply, st.headers)
			// The recording's dialplan sets a variable first; ours dials at once.
			want = slices.DeleteFunc(want, func(m message) bool {
				return m.get("Application") == "Set" || m.get("Variable") == "outdata"
			})
			for _, m := range want {
				for i := range m {
					if m[i] == (header{"Priority", "2"}) {
						m[i].value = "1"
					}
				}
			}
			compare(t, want, got, false)
		})
	}
	old := []string{"Channel: SIP/201", "Context: astcti-service", "Exten: 202", "Priority: 1", "Async: true"}
	for _, st := range []struct {
		name    string
		headers []string
		reply   amitest.Reply
	}{
		{"originate-success", append(old, `CallerID: "CTI" <201>`, "Timeout: 15000"), answers(second)},
		{"originate-no-answer", append(old, "CallerID: CTI <201>", "Timeout: 3000"), ignores},
		{"originate-busy", append(old, "CallerID: CTI <201>", "Timeout: 8000"), busy},
	} {
		t.Run("1.4 "+st.name, func(t *testing.T) {
			want, got := originate(t, amitest.Asterisk14, st.name, legacySetup, st.reply, st.headers)
			if st.name == "originate-busy" {
				want = want[:5] // the others of the recording are refused otherwise
			}
			compare(t, want, got, true)
		})
	}
}

func originate(t *testing.T, d amitest.Dialect, name string, setup func(*amitest.Server), reply amitest.Reply, headers []string) (want, got []message) {
	clock := amitest.Manual(epoch)
	s := listen(t, amitest.Options{Dialect: d, Clock: clock, Outside: "9"})
	setup(s)
	s.AddPhone(amitest.Phone{Extension: "201", Does: reply.Does, After: reply.After})
	s.AddPhone(amitest.Phone{Extension: "202", Does: amitest.Answer, After: second})
	s.AddPhone(amitest.Phone{Extension: "trunk", Context: "from-trunk", Does: amitest.Answer, After: second})
	c := dial(t, s)
	c.login(everything)
	c.events()
	far := ""
	if r := c.ask("Originate", headers...); r.get("Message") != "Originate successfully queued" {
		t.Fatal(r)
	}
	clock.Advance(4 * second)
	all := c.events()
	for _, m := range all {
		if m.get("Event") == "Newchannel" { // the second is the far end, which hangs up
			far = m.get("Channel")
		}
	}
	c.send("Hangup", "Channel: "+far)
	all = append(all, c.events()...)
	clock.Advance(30 * second)
	all = append(all, c.events()...)
	return readCut(t, d, name), slices.DeleteFunc(all, func(m message) bool { return m[0].name == "Response" })
}

func TestModernStories(t *testing.T) {
	for _, st := range modernStories {
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			play(t, st, amitest.Asterisk22, modernSetup)
		})
	}
}

// play places the story's call and compares what is told with the recording.
func play(t *testing.T, st story, d amitest.Dialect, setup func(*amitest.Server)) {
	clock := amitest.Manual(epoch)
	s := listen(t, amitest.Options{Dialect: d, Clock: clock, Outside: "9"})
	setup(s)
	if st.setup != nil {
		st.setup(s)
	}
	c := dial(t, s)
	c.login(everything)
	for _, m := range st.members {
		if d == amitest.Asterisk14 {
			c.ask("QueueAdd", "Queue: "+st.queue, "Interface: SIP/"+m)
		} else {
			c.ask("QueueAdd", "Queue: "+st.queue, "Interface: PJSIP/"+m, "MemberName: Agent "+m)
		}
	}
	c.events()
	call := s.Call(st.call)
	clock.Advance(time.Minute)
	select {
	case <-call.Done():
	default:
		t.Fatal("the call has not ended")
	}
	want, got := readCut(t, d, st.name), c.events()
	if st.afterAnswer {
		want, got = fromAnswer(want), fromAnswer(got)
	}
	compare(t, want, got, st.ordered)
}

// readCut reads a part of a recording from testdata.
func readCut(t *testing.T, d amitest.Dialect, name string) []message {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", string(d), name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(string(b))
}

func parse(s string) []message {
	var all []message
	for block := range strings.SplitSeq(s, "\r\n\r\n") {
		var m message
		for line := range strings.SplitSeq(block, "\r\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				m = append(m, header{name, value})
			}
		}
		if len(m) > 0 {
			all = append(all, m)
		}
	}
	return all
}

// racing are headers of an event that Asterisk writes from a channel that another
// thread is changing: the same recording shows the value before and after.
var racing = map[string][]string{
	"DialState":   {"DestChannelState", "DestChannelStateDesc"},
	"DialBegin":   {"DestChannelState", "DestChannelStateDesc", "DestConnectedLineNum", "DestConnectedLineName", "DestExten"},
	"AgentCalled": {"DestChannelState", "DestChannelStateDesc"},
}

// compare holds what was told against a recording: for each channel the same
// events with the same headers in the same order, the same variables, the same
// member states; and every event of the recording somewhere.
func compare(t *testing.T, want, got []message, ordered bool) {
	t.Helper()
	w, g := tracks(want), tracks(got)
	if strings.Contains(t.Name(), "agenthangup-info") { // digits by SIP INFO, told otherwise
		g["all"] = slices.DeleteFunc(g["all"], func(s string) bool { return strings.HasPrefix(s, "Event=DTMF") })
	}
	for _, name := range sortedKeys(w, g) {
		if name == "all" && !ordered {
			continue
		}
		diff(t, name, w[name], g[name])
	}
	diff(t, "every event, sorted", slices.Sorted(slices.Values(w["all"])), slices.Sorted(slices.Values(g["all"])))
}

func diff(t *testing.T, what string, want, got []string) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			t.Errorf("%s, event %d:\nreal %s\nours %s", what, i, a, b)
			return
		}
	}
}

func sortedKeys(maps ...map[string][]string) []string {
	var keys []string
	for _, m := range maps {
		for k := range m {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// tracks sorts a stream into "all" (every event but variables and member states),
// one track of variables per channel, and one of states per member.
func tracks(all []message) map[string][]string {
	n := &normal{ids: map[string]string{}}
	out := map[string][]string{}
	for _, m := range all {
		text := n.text(m)
		switch m.get("Event") {
		case "VarSet":
			key := "variables of " + n.id(m.get("Uniqueid"), "U")
			if strings.HasPrefix(m.get("Variable"), "BRIDGEP") && slices.Contains(out[key], text) {
				continue // told again and again while a bridge settles
			}
			out[key] = append(out[key], text)
		case "QueueMemberStatus":
			key := "member " + m.get("Queue") + " " + m.get("Interface") + m.get("Location")
			out[key] = append(out[key], text)
		default:
			out["all"] = append(out["all"], text)
		}
	}
	return out
}

// normal gives things that differ from run to run a name by their order.
type normal struct{ ids map[string]string }

func (n *normal) id(s, kind string) string {
	if v, ok := n.ids[s]; ok {
		return v
	}
	count := 0
	for _, v := range n.ids {
		if strings.HasPrefix(v, kind) {
			count++
		}
	}
	n.ids[s] = fmt.Sprintf("%s%d", kind, count)
	return n.ids[s]
}

var (
	uniqueid = regexp.MustCompile(`\b\d{10}\.\d+\b`)
	channel  = regexp.MustCompile(`\b(PJSIP|SIP)/(\w+)-[0-9a-f]{8}`)
	uuid     = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
)

// anyNumber are the headers and variables whose value is a time or a duration.
var anyNumber = []string{"LoginTime", "LastCall", "LastPause", "HoldTime", "Holdtime", "TalkTime", "RingTime"}

func (n *normal) text(m message) string {
	var b strings.Builder
	for _, h := range m {
		v := uniqueid.ReplaceAllStringFunc(h.value, func(s string) string { return n.id(s, "U") })
		v = uuid.ReplaceAllStringFunc(v, func(s string) string { return n.id(s, "B") })
		v = channel.ReplaceAllString(v, "$1/$2-x")
		name := m.get("Variable")
		switch {
		case h.name == "ActionID":
			v = "id"
		case h.name == "RingTime" || slices.Contains(anyNumber, h.name) && v != "0":
			v = "n"
		case h.name == "Variable" && strings.HasPrefix(v, "SIP"):
			v, _, _ = strings.Cut(v, "=")
		case slices.Contains(racing[m.get("Event")], h.name), h.name == "BridgeTechnology":
			v = "any" // it changes while the call goes on
		case h.name == "Value" && name == "BRIDGEPVTCALLID" && v != "":
			v = "call-id"
		case h.name == "Value" && v != "" && (strings.HasSuffix(name, "TIME") || strings.HasSuffix(name, "_MS") || name == "QUEUEWAIT"):
			v = "n"
		}
		fmt.Fprintf(&b, "%s=%s|", h.name, v)
	}
	return b.String()
}
