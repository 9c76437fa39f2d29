package asterisk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

var calldata = asterisk.Wanted{Variables: map[string]bool{"calldata": true}}

// picture is what a Link tells of a fake after its login.
func picture(t *testing.T, f *fake, w asterisk.Wanted) string {
	t.Helper()
	var got string
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe}, w, 64)
		got = lines(l.until(pbx.SyncEnd))
		l.stop()
	})
	return strings.TrimSuffix(got, "\n")
}

// TestPicture takes the picture of the calls that real Asterisks had.
func TestPicture(t *testing.T) {
	for _, tt := range []struct {
		version, file string
		f             fake
		want          []string
	}{
		{"1.0", "1.4-status.ami", fake{
			vars:   map[string]string{"SIP/200-08006ce0 calldata": "12345", "SIP/201-000015a0 calldata": ""},
			queues: "Event: QueueParams|Queue: q|Calls: 1|ActionID: @||Event: QueueEntry|Queue: q|Position: 1|Channel: SIP/200-08006ce0|CallerID: 200|ActionID: @",
		}, []string{
			`LinkUp text="1.0"`, `SyncBegin`,
			`SyncChannel id="1795435029.0" name="SIP/200-08006ce0" number="200" cidname="User 200" context="astcti-service" exten="108" state="Up" bridge="1795435029.0+1795435030.1"`,
			`SyncChannel id="1795435030.1" name="SIP/201-000015a0" number="108" state="Up" bridge="1795435029.0+1795435030.1"`,
			`QueueJoin id="1795435029.0" name="SIP/200-08006ce0" number="200" queue="q" n=1`,
			`VarSet id="1795435029.0" variable="calldata" value="12345"`,
			`SyncEnd`,
		}},
		{"1.3", "11-status.ami", fake{
			queues: "Event: QueueEntry|Queue: q|Position: 1|Channel: SIP/200-00000040|Uniqueid: 1795435210.66|CallerIDNum: 200|CallerIDName: Z|ActionID: @",
		}, []string{
			`LinkUp text="1.3"`, `SyncBegin`,
			`SyncChannel id="1795435210.66" name="SIP/200-00000040" number="200" cidname="User 200" connected="201" conname="User 201" context="astcti-service" exten="108" state="Up" bridge="1795435210.66+1795435212.67"`,
			`SyncChannel id="1795435212.67" name="SIP/201-00000041" number="201" cidname="User 201" connected="200" conname="User 200" state="Up" bridge="1795435210.66+1795435212.67"`,
			`QueueJoin id="1795435210.66" name="SIP/200-00000040" number="200" cidname="Z" queue="q" n=1`,
			`SyncEnd`,
		}},
		{"11.0.0", "22-status.ami", fake{}, []string{
			`LinkUp text="11.0.0"`, `SyncBegin`,
			`SyncChannel id="1795435433.0" name="PJSIP/300-00000000" linkedid="1795435433.0" number="300" cidname="User 300" connected="201" conname="User 201" context="astctiq" exten="102" state="Up" bridge="3d24e5e0-3af1-46da-9dc9-539d72ffcf23" queue="astcti-queue"`,
			`VarSet id="1795435433.0" variable="calldata" value="1"`,
			`SyncChannel id="1795435434.1" name="PJSIP/201-00000001" linkedid="1795435433.0" number="201" cidname="User 201" connected="300" conname="User 300" context="agents" exten="102" state="Up" bridge="3d24e5e0-3af1-46da-9dc9-539d72ffcf23"`,
			`SyncChannel id="1795435434.2" name="PJSIP/301-00000002" linkedid="1795435434.2" number="301" cidname="User 301" context="astctiq" exten="102" state="Up" queue="astcti-queue"`,
			`VarSet id="1795435434.2" variable="calldata" value="2"`,
			`SyncEnd`,
		}},
	} {
		t.Run(tt.version, func(t *testing.T) {
			tt.f.version, tt.f.status = tt.version, recorded(t, tt.file)
			if got, want := picture(t, &tt.f, calldata), strings.Join(tt.want, "\n"); got != want {
				t.Errorf("\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestPictureOfGone holds that a channel is not named that hung up while the
// snapshot was under way, and that events meanwhile keep their place.
func TestPictureOfGone(t *testing.T) {
	f := &fake{version: "5.0.4"}
	f.on = map[string]func(*client, map[string]string){"Status": func(c *client, h map[string]string) {
		c.say("Event: Newchannel|Privilege: call,all|Uniqueid: 3")
		c.say("Event: Hangup|Privilege: call,all|Uniqueid: 1")
		c.say("Response: Success|ActionID: " + h["ActionID"])
		f.list(c, "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|ActionID: @||Event: Status|Privilege: Call|Channel: b|Uniqueid: 2|ActionID: @", "StatusComplete", h["ActionID"])
		c.say("Event: Hangup|Privilege: call,all|Uniqueid: 2")
	}}
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 64)
		got := strings.TrimSuffix(lines(l.until(pbx.SyncEnd)), "\n")
		l.stop()
		want := "LinkUp text=\"5.0.4\"\nSyncBegin\nNewChannel id=\"3\"\nHangup id=\"1\"\nSyncChannel id=\"2\" name=\"b\"\nHangup id=\"2\"\nSyncEnd"
		if got != want {
			t.Errorf("\n%s\nwant\n%s", got, want)
		}
	})
}

// TestPictureOfWaiting holds that those in a holding bridge (two who are parked, agents who
// wait) do not talk with each other, and that channels are told of in the order of their
// birth, whatever Status has.
func TestPictureOfWaiting(t *testing.T) {
	status := ""
	for _, c := range []struct{ id, bridge string }{{"pbx-20.10", "b"}, {"pbx-20.9", "b"}, {"pbx-19.30", "h"}, {"7", "h"}, {"odd", ""}} {
		status += "Event: Status|Privilege: Call|Uniqueid: " + c.id + "|Linkedid: " + c.id + "|BridgeID: " + c.bridge + "|ActionID: @||"
	}
	f := &fake{version: "11.0.0", status: strings.TrimSuffix(status, "||"), bridges: "Event: BridgeListItem|ActionID: @|BridgeUniqueid: h|BridgeType: parking|BridgeTechnology: holding_bridge||" +
		"Event: BridgeListItem|ActionID: @|BridgeUniqueid: b|BridgeType: basic|BridgeTechnology: simple_bridge"}
	want := "LinkUp text=\"11.0.0\"\nSyncBegin\n"
	for _, id := range []string{"7", "pbx-19.30", "pbx-20.9", "pbx-20.10", "odd"} {
		want += `SyncChannel id="` + id + `" linkedid="` + id + `"`
		if strings.HasPrefix(id, "pbx-20") {
			want += ` bridge="b"`
		}
		want += "\n"
	}
	want += "SyncEnd"
	if got := picture(t, f, calldata); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestPictureOfMembers holds that the members of queues are told, and since when callers wait.
func TestPictureOfMembers(t *testing.T) {
	f := &fake{version: "11.0.0", queues: "Event: QueueParams|Queue: q|ActionID: @||" +
		"Event: QueueMember|Queue: q|Name: Ada|Location: PJSIP/201|Membership: dynamic|Penalty: 2|Paused: 1|PausedReason: Lunch|ActionID: @||" +
		"Event: QueueEntry|Queue: q|Position: 1|Channel: PJSIP/300-0|Uniqueid: 7|CallerIDNum: 300|Wait: 42|ActionID: @"}
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 64)
		var got []string
		for e := l.any(); e.Kind != pbx.SyncEnd; e = l.any() {
			if e.Seconds != 0 && e.Seconds != 42 {
				t.Errorf("%d seconds", e.Seconds)
			}
			got = append(got, words(e))
		}
		l.stop()
		want := []string{`LinkUp text="11.0.0"`, "SyncBegin", "QueueMembersBegin", `QueueMember queue="q" interface="PJSIP/201" value="dynamic" paused text="Lunch" n=2`,
			`QueueJoin id="7" name="PJSIP/300-0" number="300" queue="q" n=1`, "QueueMembersEnd"}
		if !slices.Equal(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
	})
}

// TestRestarted: that Asterisk is another one than before is told with the next picture.
func TestRestarted(t *testing.T) {
	times := make(chan string, 4)
	for _, started := range []string{"08:00:00", "08:00:00", "09:30:00", "09:30:00"} {
		times <- started
	}
	f := &fake{version: "11.0.0"}
	f.on = map[string]func(*client, map[string]string){"CoreStatus": func(c *client, h map[string]string) {
		c.say("Response: Success|CoreStartupDate: 2026-11-26|CoreStartupTime: " + <-times + "|ActionID: " + h["ActionID"])
	}}
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1}, calldata, 64)
		for i, started := range []string{"08:00:00", "08:00:00", "09:30:00"} {
			begin := l.until(pbx.SyncBegin)
			if got := begin[len(begin)-1].Number; got != map[string]int{"09:30:00": 1}[started] {
				t.Errorf("picture %d of an Asterisk of %s: restarted %d", i, started, got)
			}
			l.until(pbx.SyncEnd)
			l.link.Drop()
			l.until(pbx.LinkDown)
		}
		l.stop()
	})
}

// TestPictureOfForger holds that text in a variable does not make channels, events
// or other variables, in an answer where Asterisk escapes nothing; and that the channel
// whose variable it is has not gone.
func TestPictureOfForger(t *testing.T) {
	const before, after = "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|Linkedid: 1|Variable: calldata=", "|ActionID: @||Event: Status|Privilege: Call|Channel: b|Uniqueid: 2|Linkedid: 2|Variable: calldata=ok|ActionID: @"
	const second = "SyncChannel id=\"2\" name=\"b\" linkedid=\"2\"\nVarSet id=\"2\" variable=\"calldata\" value=\"ok\"\nSyncEnd"
	const first = "SyncChannel id=\"1\" name=\"a\" linkedid=\"1\"\n"
	for _, tt := range []struct{ name, value, want string }{
		{"plain", "x", first + "VarSet id=\"1\" variable=\"calldata\" value=\"x\"\n" + second},
		{"an equals sign", "x=y", first + "VarSet id=\"1\" variable=\"calldata\" value=\"x=y\"\n" + second},
		{"an event", "x||Event: Hangup|Privilege: call,all|Uniqueid: 2|Cause: 16", first + second},
		{"an event, and the rest of a Status", "x||Event: Hangup|Privilege: call,all|Uniqueid: 2||Event: Status|Privilege: Call|Channel: f|Uniqueid: 9|Linkedid: 9", first + second},
		{"with a made-up ActionID", "x|ActionID: 7||Event: Hangup|Privilege: call,all|Uniqueid: 2|ActionID: 7", first + second},
		{"another variable", "x|Variable: other=1", first + second},
		{"an event's beginning", "x|Event: Hangup|Uniqueid: 2", first + second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := picture(t, &fake{version: "11.0.0", status: before + tt.value + after}, calldata)
			if want := "LinkUp text=\"11.0.0\"\nSyncBegin\n" + tt.want; got != want {
				t.Errorf("\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestPictureOfAsking holds that it is told for whose transfer a channel was made, and that nothing
// in a caller's value, which comes behind, tells it of another one.
func TestPictureOfAsking(t *testing.T) {
	status := ""
	for i, vars := range []string{
		"Variable: TRANSFERERNAME=PJSIP/201-1|Variable: calldata=x", "Variable: TRANSFERERNAME=(null)|Variable: calldata=x|Variable: TRANSFERERNAME=PJSIP/201-1",
		"Variable: calldata=x|Variable: TRANSFERERNAME=PJSIP/201-1", "Variable: TRANSFERERNAME=PJSIP/201-1|Variable: calldata=x|Variable: TRANSFERERNAME=PJSIP/666-1",
	} {
		status += fmt.Sprintf("||Event: Status|Privilege: Call|Channel: %c|Uniqueid: %[2]d|Linkedid: %[2]d|%s|ActionID: @", 'a'+i, i+1, vars)
	}
	want := `LinkUp text="11.0.0"
SyncBegin
SyncChannel id="1" name="a" linkedid="1" dest.name="PJSIP/201-1"
VarSet id="1" variable="calldata" value="x"
SyncChannel id="2" name="b" linkedid="2"
SyncChannel id="3" name="c" linkedid="3"
SyncChannel id="4" name="d" linkedid="4" dest.name="PJSIP/201-1"
SyncEnd`
	if got := picture(t, &fake{version: "11.0.0", status: strings.TrimPrefix(status, "||")}, calldata); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestAnswersOfForger holds that no text in an answer makes events: names of callers, of
// conference rooms, variables of 1.4.
func TestAnswersOfForger(t *testing.T) {
	const hangup = "Event: Hangup|Privilege: call,all|Uniqueid: 2|Cause: 16"
	const entry, other = "Event: QueueEntry|Queue: q|Position: 1|Channel: a|Uniqueid: 1|CallerIDNum: 300|CallerIDName: ", "|Wait: 3|ActionID: @||Event: QueueEntry|Queue: q|Position: 2|Channel: b|Uniqueid: 2|Wait: 1|ActionID: @"
	const second = `QueueJoin id="2" name="b" queue="q" n=2`
	const room = "Event: BridgeListItem|ActionID: @|BridgeUniqueid: r|BridgeTechnology: softmix|BridgeName: "
	const rest = "|BridgeNumChannels: 1||Event: BridgeListItem|ActionID: @|BridgeUniqueid: h|BridgeTechnology: holding_bridge|BridgeName: lot|BridgeNumChannels: 1"
	const two = "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|Linkedid: 1|BridgeID: r|ActionID: @||Event: Status|Privilege: Call|Channel: b|Uniqueid: 2|Linkedid: 2|BridgeID: h|ActionID: @"
	const listed = `SyncChannel id="1" name="a" linkedid="1" bridge="r"|SyncChannel id="2" name="b" linkedid="2"`
	const stated = "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|Linkedid: 1|EffectiveConnectedLineName: "
	const bridged = "|BridgeID: b|Application: Dial|Data: x|Seconds: 3|ActionID: @"
	const old = "Event: Status|Privilege: Call|Channel: SIP/a-1|CallerIDNum: 300|CallerIDName: "
	const talks = "|State: Up|Link: SIP/b-2|Uniqueid: 1|ActionID: @"
	junk := strings.Repeat("a||", 1600)
	for _, tt := range []struct {
		name string
		f    fake
		want string
	}{
		{"a waiting caller's name", fake{queues: entry + "x" + other}, `QueueJoin id="1" name="a" number="300" cidname="x" queue="q" n=1|` + second},
		{"an event in it", fake{queues: entry + "x||" + hangup + other}, second},
		{"a whole event in it", fake{queues: entry + "x||" + hangup + "||y: z" + other}, second},
		{"very many, and an event", fake{queues: entry + "x||" + junk + hangup + "||y: z" + other}, second},
		{"a member in it", fake{queues: entry + "x||Event: QueueMember|Queue: q|Location: PJSIP/666|ActionID: 7" + other}, second},
		{"a member for its end", fake{queues: entry + "x||Event: QueueMember|Queue: q|Location: PJSIP/666" + other}, second},
		{"an end in it", fake{queues: entry + "x||Event: QueueStatusComplete" + other}, second},
		{"another time to have waited", fake{queues: entry + "x|Wait: 99999" + other}, second},
		{"an event begins in it", fake{queues: entry + "x|Event: Hangup|Uniqueid: 2" + other}, second},

		{"a room's name", fake{bridges: room + "x" + rest, status: two}, listed},
		{"a whole event in it", fake{bridges: room + "x||" + hangup + "||y: z" + rest, status: two}, listed},
		{"an event for its end", fake{bridges: room + "x||" + hangup + rest, status: two}, listed},
		{"a holding bridge in it", fake{bridges: room + "x||Event: BridgeListItem|BridgeUniqueid: r|BridgeTechnology: holding_bridge" + rest, status: two}, listed},
		{"a refusal in it", fake{bridges: room + "x||Response: Error|Message: no" + rest, status: two}, listed},

		{"a talk", fake{status: stated + "x" + bridged}, `SyncChannel id="1" name="a" linkedid="1" bridge="b"`},
		{"another bridge", fake{status: stated + "x|BridgeID: theirs" + bridged}, `SyncChannel id="1" name="a" linkedid="1"`},
		{"another bridge, and no more", fake{status: stated + "x|bridgeid:theirs|Seconds: 1||y: z" + bridged}, `SyncChannel id="1" name="a" linkedid="1"`},
		{"another bridge, and junk", fake{status: stated + "x|BridgeID: theirs|junk" + bridged}, `SyncChannel id="1" name="a" linkedid="1"`},
		{"a talk of 1.4", fake{version: "1.0", status: old + "x" + talks}, `SyncChannel id="1" name="SIP/a-1" number="300" cidname="x" state="Up"`},
		{"another channel, in 1.4", fake{version: "1.0", status: old + "x|Uniqueid: 2" + talks}, ""},
		{"another channel and no more, in 1.4", fake{version: "1.0", status: old + "x|Uniqueid: 2||y: z" + talks}, ""},

		{"a variable of 1.4", fake{version: "1.0", status: old + "x" + talks, vars: map[string]string{"SIP/a-1 calldata": "x||" + hangup + "||y: z"}},
			`SyncChannel id="1" name="SIP/a-1" number="300" cidname="x" state="Up"`},
		{"a variable of 1.4 ends with an event", fake{version: "1.0", status: old + "x" + talks, vars: map[string]string{"SIP/a-1 calldata": "x||" + hangup}},
			`SyncChannel id="1" name="SIP/a-1" number="300" cidname="x" state="Up"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.f.version == "" {
				tt.f.version = "11.0.0"
			}
			got := strings.Split(picture(t, &tt.f, calldata), "\n")
			want := "SyncBegin"
			if tt.want != "" {
				want += "|" + tt.want
			}
			if got := strings.Join(got[1:], "|"); got != want+"|SyncEnd" {
				t.Errorf("\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestBridgeOfWaiting: a parking lot that is made after the bridges were listed is one.
func TestBridgeOfWaiting(t *testing.T) {
	f := &fake{version: "11.0.0"}
	f.on = map[string]func(*client, map[string]string){"Status": func(c *client, h map[string]string) {
		c.say("Event: BridgeEnter|Privilege: call,all|BridgeUniqueid: h|BridgeTechnology: holding_bridge|Uniqueid: 1||Response: Success|ActionID: " + h["ActionID"])
		f.list(c, "Event: Status|Privilege: Call|Uniqueid: 1|BridgeID: h|ActionID: @", "StatusComplete", h["ActionID"])
	}}
	if got, want := picture(t, f, calldata), "LinkUp text=\"11.0.0\"\nSyncBegin\nSyncChannel id=\"1\"\nSyncEnd"; got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestMembersRefused: where app_queue is not loaded there are no members, which is told, so
// that whoever waits for the list goes on.
func TestMembersRefused(t *testing.T) {
	f := &fake{version: "11.0.0", on: map[string]func(*client, map[string]string){"QueueStatus": noQueues}}
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 64)
		got := ""
		for e := l.any(); e.Kind != pbx.SyncEnd; e = l.any() {
			got += e.Kind.String() + " "
		}
		synctest.Wait()
		state := l.link.Status().State
		l.stop()
		if got != "LinkUp SyncBegin QueueMembersBegin QueueMembersEnd " || state != pbx.LinkStateReady {
			t.Error(got, state)
		}
		if log := l.log.String(); strings.Count(log, "asterisk has no queues") != 1 || !strings.Contains(log, "Invalid/unknown command: QueueStatus") {
			t.Error(log)
		}
	})
}

// noQueues is an Asterisk without app_queue.
func noQueues(c *client, h map[string]string) {
	c.say("Response: Error|ActionID: " + h["ActionID"] + "|Message: Invalid/unknown command: QueueStatus. Use Action: ListCommands to show available commands.")
}

// TestPictureRefused holds that a manager without the right gets live events, and that
// what he misses is logged.
func TestPictureRefused(t *testing.T) {
	no := func(c *client, h map[string]string) {
		c.say("Response: Error|Message: Permission denied|ActionID: " + h["ActionID"])
	}
	f := &fake{version: "11.0.0", on: map[string]func(*client, map[string]string){"Status": no, "Filter": no}}
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		l := start(t, asterisk.Options{Dial: f.pipe}, calldata, 64)
		if got := lines(l.until(pbx.SyncEnd)); got != "LinkUp text=\"11.0.0\"\nSyncBegin\nSyncEnd\n" {
			t.Error(got)
		}
		l.stop()
		for _, what := range []string{"level=WARN msg=\"asterisk takes no event filter\"", "level=WARN msg=\"asterisk does not tell what calls there are"} {
			if !strings.Contains(l.log.String(), what) {
				t.Errorf("%s is not in %s", what, l.log.String())
			}
		}
	})
}

// TestPictureAsks holds what is asked of each version, and that many names are asked
// for in several actions.
func TestPictureAsks(t *testing.T) {
	many := asterisk.Wanted{Variables: map[string]bool{}}
	for i := range 100 {
		many.Variables[fmt.Sprintf("a_name_of_twenty_%03d", i)] = true
	}
	for _, tt := range []struct {
		version string
		w       asterisk.Wanted
		want    []string
	}{
		{"11.0.0", calldata, []string{"Challenge", "Login", "Filter ![[:cntrl:]]Event:", "Events call,agent,dialplan", "CoreStatus", "BridgeList", "Status TRANSFERERNAME,calldata", "QueueStatus"}},
		{"1.1", calldata, []string{"Challenge", "Login", "Filter ![[:cntrl:]]Event:", "Events call,agent,dialplan", "CoreStatus", "Status calldata", "QueueStatus"}},
		{"1.0", calldata, []string{"Challenge", "Login", "Filter ![[:cntrl:]]Event:", "Events call,agent,dialplan", "Status", "QueueStatus", "Getvar calldata"}},
		{"11.0.0", asterisk.Wanted{}, []string{"Challenge", "Login", "Filter ![[:cntrl:]]Event:", "Events call,agent,dialplan", "CoreStatus", "BridgeList", "Status TRANSFERERNAME", "QueueStatus"}},
		{"11.0.0", many, []string{"Challenge", "Login", "Filter ![[:cntrl:]]Event:", "Events call,agent,dialplan", "CoreStatus", "BridgeList", "Status", "Status", "Status", "QueueStatus"}},
	} {
		f := &fake{version: tt.version, asked: make(chan string, 100), status: "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|ActionID: @"}
		picture(t, f, tt.w)
		var asked []string
		names := 0
		for len(f.asked) > 0 {
			a := <-f.asked
			if word, list, _ := strings.Cut(a, " "); word == "Status" && len(tt.w.Variables) > 1 {
				names += len(strings.Split(list, ","))
				a = word
			}
			if a = strings.TrimSpace(a); a != "Logoff" {
				asked = append(asked, a)
			}
		}
		if !slices.Equal(asked, tt.want) {
			t.Errorf("%s asks %q, want %q", tt.version, asked, tt.want)
		}
		if len(tt.w.Variables) > 1 && names != len(tt.w.Variables)+1 {
			t.Errorf("%d names asked for, want %d", names, len(tt.w.Variables)+1)
		}
	}
}
