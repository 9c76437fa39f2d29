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

// TestSweep: what channels there are is asked for again and again, and told whole; who may
// not ask does so once.
func TestSweep(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		want         string
	}{
		{"a list", "Response: Success|EventList: start|ActionID: @||Event: CoreShowChannel|Uniqueid: 7|ActionID: @||Event: CoreShowChannel|Uniqueid: 9|ActionID: @||Event: CoreShowChannelsComplete|EventList: Complete|ListItems: 2|ActionID: @", "SweepBegin 7 9 SweepEnd"},
		{"not allowed", "Response: Error|Message: Permission denied|ActionID: @", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				f := &fake{t: t, version: "11.0.0"}
				f.on = map[string]func(*client, map[string]string){"CoreShowChannels": func(c *client, h map[string]string) {
					asked++
					c.say(strings.ReplaceAll(tt.answer, "@", h["ActionID"]))
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
				l.stop()
				want := strings.TrimSpace(tt.want + " " + tt.want)
				if s := strings.Join(got, " "); s != want {
					t.Errorf("%q, want %q", s, want)
				}
				if once := tt.want == ""; once && asked != 1 {
					t.Errorf("asked %d times", asked)
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
