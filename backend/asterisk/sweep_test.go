package asterisk_test

import (
	"fmt"
	"strings"
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
					if e := l.next(); e.Kind == pbx.SweepChannel {
						got = append(got, string(e.Channel.ID))
					} else {
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
