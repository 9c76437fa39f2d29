package asterisk_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestSweep: what channels there are is asked for again and again, and told whole and in its
// place among the events; who may not ask does so once.
func TestSweep(t *testing.T) {
	const list = "Event: Status|Privilege: Call|Channel: a|Uniqueid: 7|ActionID: @||Event: Status|Privilege: Call|Channel: b|Uniqueid: 9|ActionID: @"
	const hangup = "Event: Hangup|Privilege: call,all|Uniqueid: 9|Cause: 16"
	for _, tt := range []struct {
		name, version, answer string
		want                  string // of one sweep
	}{
		{"a list", "11.0.0", "Response: Success|ActionID: @||" + list + "||Event: StatusComplete|ActionID: @", "SweepBegin 7 9 SweepEnd"},
		{"of 1.4", "1.0", "Response: Success|ActionID: @||" + list + "||Event: StatusComplete|ActionID: @", "SweepBegin 7 9 SweepEnd"},
		{"among events", "11.0.0", "Event: Newchannel|Privilege: call,all|Uniqueid: 9||Response: Success|ActionID: @||" + list + "||Event: StatusComplete|ActionID: @||" + hangup,
			"NewChannel SweepBegin 7 9 SweepEnd Hangup"},
		{"with a forged event", "11.0.0", "Response: Success|ActionID: @||Event: Status|Privilege: Call|Uniqueid: 7|Application: Queue|Data: x||" + hangup + "|Seconds: 3|ActionID: @||" +
			list + "||Event: StatusComplete|ActionID: @", "SweepBegin 7 9"},
		{"with a forged event of its own", "11.0.0", "Response: Success|ActionID: @||Event: Status|Privilege: Call|Uniqueid: 7|Application: Queue|Data: x||" + hangup + "||x: y|Seconds: 3|ActionID: @||" +
			list + "||Event: StatusComplete|ActionID: @", "SweepBegin 7 9"},
		{"with a forged end", "11.0.0", "Response: Success|ActionID: @||Event: Status|Privilege: Call|Uniqueid: 7|Application: Queue|Data: x||Event: StatusComplete|Seconds: 3|ActionID: @||" +
			list + "||Event: StatusComplete|ActionID: @", "SweepBegin 7 9"},
		{"not allowed", "11.0.0", "Response: Error|Message: Permission denied|ActionID: @", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				f := &fake{t: t, version: tt.version}
				f.on = map[string]func(*client, map[string]string){"Status": func(c *client, h map[string]string) {
					answer := tt.answer
					if asked++; asked == 1 { // the resync
						answer = "Response: Success|ActionID: @||Event: StatusComplete|ActionID: @"
					}
					c.say(strings.ReplaceAll(answer, "@", h["ActionID"]))
				}}
				l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1, Sweep: time.Minute}, calldata, 64)
				l.until(pbx.SyncEnd)
				<-time.After(150 * time.Second)
				synctest.Wait()
				var got []string
				for len(l.out) > 0 || len(l.rest) > 0 {
					switch e := l.any(); e.Kind {
					case pbx.QueueMembersBegin, pbx.QueueMembersEnd: // of TestMembersSwept
					case pbx.SweepChannel:
						got = append(got, string(e.Channel.ID))
					default:
						got = append(got, e.Kind.String())
					}
				}
				status := l.link.Status()
				l.stop()
				want := strings.TrimSpace(tt.want + " " + tt.want)
				if s := strings.Join(got, " "); s != want {
					t.Errorf("%q, want %q", s, want)
				}
				if tt.want == "" && asked != 2 {
					t.Errorf("asked %d times", asked)
				}
				if forged := strings.Contains(tt.name, "forged"); forged != (status.Forged > 0) || status.Logins != 1 || status.State != pbx.LinkStateReady {
					t.Errorf("%+v", status)
				}
			})
		})
	}
}

// TestMembersSwept: the members of queues are asked for again and again, in every version,
// and told whole and in their place among the events; callers who wait are not.
func TestMembersSwept(t *testing.T) {
	const (
		first    = "Response: Success|ActionID: @|Message: Queue status will follow||"
		ada      = "Event: QueueMember|Queue: q|Name: Ada|Location: PJSIP/201|Membership: dynamic|Penalty: 2|Paused: 1|ActionID: @||"
		grace    = "Event: QueueMember|Queue: r|Name: Grace|Location: PJSIP/202|Membership: static|Penalty: 0|Paused: 0|ActionID: @||"
		last     = "Event: QueueStatusComplete|ActionID: @"
		gone     = "Event: QueueMemberRemoved|Privilege: agent,all|Queue: q|Interface: PJSIP/201"
		hangup   = "Event: Hangup|Privilege: call,all|Uniqueid: 2|Cause: 16"
		isAda    = ` QueueMember queue="q" interface="PJSIP/201" value="dynamic" paused n=2`
		isGrace  = ` QueueMember queue="r" interface="PJSIP/202" value="static"`
		list     = first + "Event: QueueParams|Queue: q|Calls: 1|ActionID: @||" + ada + "Event: QueueEntry|Queue: q|Position: 1|Channel: a|Uniqueid: 1|Wait: 42|ActionID: @||" + grace + last
		listed   = "QueueMembersBegin" + isAda + isGrace + " QueueMembersEnd"
		noAction = "Response: Error|ActionID: @|Message: Invalid/unknown command: QueueStatus"
	)
	for _, tt := range []struct {
		name, version, answer string
		want                  string // of one sweep
	}{
		{"a list", "11.0.0", list, listed},
		{"of 11", "1.3", list, listed},
		{"of 1.4", "1.0", list, listed},
		{"no members", "11.0.0", first + last, "QueueMembersBegin QueueMembersEnd"},
		{"app_queue was unloaded", "11.0.0", noAction, "QueueMembersBegin QueueMembersEnd"},
		{"of 1.4, app_queue was unloaded", "1.0", noAction, "QueueMembersBegin QueueMembersEnd"},
		{"before an event", "11.0.0", list + "||" + gone, listed + ` QueueMemberRemoved queue="q" interface="PJSIP/201"`},
		{"behind an event", "11.0.0", gone + "||" + first + grace + last, `QueueMemberRemoved queue="q" interface="PJSIP/201" QueueMembersBegin` + isGrace + " QueueMembersEnd"},
		{"with a forged event", "11.0.0", first + strings.Replace(ada, "Ada", "x||"+hangup, 1) + grace + last, "QueueMembersBegin" + isGrace},
		{"with a forged end", "11.0.0", first + strings.Replace(ada, "Ada", "x||Event: QueueStatusComplete", 1) + grace + last, "QueueMembersBegin" + isGrace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				f := &fake{t: t, version: tt.version}
				f.on = map[string]func(*client, map[string]string){
					"QueueStatus": func(c *client, h map[string]string) {
						answer := tt.answer
						if asked++; asked == 1 { // the resync
							answer = first + last
						}
						c.say(strings.ReplaceAll(answer, "@", h["ActionID"]))
					},
					"Status": func(c *client, h map[string]string) { // that it is denied does not matter
						c.say("Response: Error|Message: Permission denied|ActionID: " + h["ActionID"])
					},
				}
				l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1, Sweep: time.Minute}, calldata, 64)
				l.until(pbx.SyncEnd)
				<-time.After(150 * time.Second)
				synctest.Wait()
				var got []string
				for len(l.out) > 0 || len(l.rest) > 0 {
					got = append(got, words(l.any()))
				}
				status := l.link.Status()
				l.stop()
				if s := strings.Join(got, " "); s != tt.want+" "+tt.want || asked != 3 {
					t.Errorf("%d times asked\n%s, want twice\n%s", asked, s, tt.want)
				}
				if status.Logins != 1 || status.State != pbx.LinkStateReady {
					t.Errorf("%+v", status)
				}
			})
		})
	}
}

// TestMembersSweptAndLost: a link that is lost within a list tells the whole list anew.
func TestMembersSweptAndLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32 // by two connections
		f := &fake{t: t, version: "11.0.0", queues: "Event: QueueMember|Queue: q|Location: PJSIP/201|ActionID: @"}
		f.on = map[string]func(*client, map[string]string){"QueueStatus": func(c *client, h map[string]string) {
			c.say("Response: Success|ActionID: " + h["ActionID"])
			if asked.Add(1) != 2 { // not that of the sweep
				f.list(c, f.queues, "QueueStatusComplete", h["ActionID"])
			}
		}}
		l := start(t, asterisk.Options{Dial: f.pipe, Retries: -1, Sweep: time.Minute}, calldata, 64)
		l.until(pbx.SyncEnd)
		var got []string
		dropped := false
		for e := l.any(); e.Kind != pbx.SyncEnd; e = l.any() {
			if e.Kind == pbx.QueueMembersBegin && !dropped {
				dropped = true
				l.link.Drop()
			}
			got = append(got, e.Kind.String())
		}
		l.stop()
		const want = "SweepBegin SweepEnd QueueMembersBegin LinkDown LinkUp SyncBegin QueueMembersBegin QueueMember QueueMembersEnd"
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s, want %s", s, want)
		}
	})
}

// TestComplaints: a link that stays down is no line in the log every five seconds.
func TestComplaints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t, asterisk.Options{Dial: refuse, Retries: -1}, calldata, 8)
		<-time.After(time.Hour)
		if n := strings.Count(l.log.String(), "level=WARN"); n < 4 || n > 8 {
			t.Errorf("%s", fmt.Sprint(n, " warnings in an hour"))
		}
		l.stop()
	})
}
