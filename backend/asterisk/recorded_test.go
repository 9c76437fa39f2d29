package asterisk_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestRecorded: a recording is believed as its link was; what nobody forged, as a whole.
func TestRecorded(t *testing.T) {
	const cut = "Event: Newexten\r\nPrivilege: dialplan,all\r\nAppData: a\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\n\r\nUniqueid: 7\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\n\r\n"
	for _, tt := range []struct{ version, want string }{
		{"1.0", "---+"}, {"1.3", "---+"}, {"2.0.0", "++-+"}, {"11.0.0", "++-+"}, {"", "++-+"},
	} {
		if got := beliefs(t, tt.version, cut); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.version, got, tt.want)
		}
	}
	files, err := filepath.Glob("../ami/amitest/calls/xfer*/*.ami")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		greeting, text, _ := strings.Cut(string(b), "\r\n")
		_, version, _ := strings.Cut(greeting, "/")
		if got := beliefs(t, version, text); strings.Contains(got, "-") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func beliefs(t *testing.T, version, text string) (believed string) {
	t.Helper()
	r, recorded := ami.NewReader(strings.NewReader(text)), asterisk.NewRecorded(version)
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return believed
		}
		if err != nil {
			t.Fatal(err)
		}
		if recorded.Believes(m) {
			believed += "+"
		} else {
			believed += "-"
		}
	}
}

// teed is a connection that keeps what it brings.
type teed struct {
	net.Conn
	got *bytes.Buffer
}

func (t teed) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.got.Write(p[:n])
	return n, err
}

// TestRecordedPicture: the picture in a recording is the one that its link had, but for what
// concerns the members of queues, and variables in 1.4.
func TestRecordedPicture(t *testing.T) {
	const queues = "Event: QueueParams|Queue: q|Calls: 1|ActionID: @||Event: QueueEntry|Queue: q|Position: 1|Channel: SIP/200-00000040|Uniqueid: 1795435210.66|CallerIDNum: 200|ActionID: @"
	for _, tt := range []struct {
		name, version, file, queues string
		lost                        pbx.EventKind
	}{
		{"1.4", "1.0", "1.4-status.ami", queues, pbx.VarSet},
		{"11", "1.3", "11-status.ami", queues, 0},
		{"22", "11.0.0", "22-status.ami", queues, 0},
		{"22, nothing at all", "11.0.0", "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fake{version: tt.version, queues: tt.queues, vars: map[string]string{"SIP/200-08006ce0 calldata": "12345"}}
			if tt.file != "" {
				f.status = recorded(t, tt.file)
			}
			var got bytes.Buffer
			var want []pbx.Event
			synctest.Test(t, func(t *testing.T) {
				f.t = t
				l := start(t, asterisk.Options{Dial: func(ctx context.Context) (net.Conn, error) {
					conn, err := f.pipe(ctx)
					return teed{conn, &got}, err
				}}, calldata, 64)
				want = l.until(pbx.SyncEnd)
				l.stop()
			})
			want = slices.DeleteFunc(want, func(e pbx.Event) bool {
				return e.Kind == pbx.QueueMembersBegin || e.Kind == pbx.QueueMembersEnd || tt.lost != 0 && e.Kind == tt.lost
			})
			if have := played(t, &got, calldata); lines(have) != lines(want) {
				t.Errorf("\n%s\nwant\n%s", lines(have), lines(want))
			}
			if have := played(t, &got, asterisk.Wanted{Variables: map[string]bool{"other": true}}); slices.ContainsFunc(have, func(e pbx.Event) bool { return e.Kind == pbx.VarSet }) {
				t.Errorf("what nobody asked for: %s", lines(have))
			}
		})
	}
}

// played is what a recording of a link tells.
func played(t *testing.T, recording *bytes.Buffer, w asterisk.Wanted) (events []pbx.Event) {
	t.Helper()
	r := ami.NewReader(bytes.NewReader(recording.Bytes()))
	version, err := r.ReadGreeting()
	if err != nil {
		t.Fatal(err)
	}
	rec := asterisk.NewRecorded(version)
	rec.OfLink()
	for {
		m, err := r.Next()
		if err != nil {
			return events
		}
		if rec.Believes(m) {
			events = rec.Translate(m, &w, events)
		}
	}
}

// TestRecordedLists: what a link would not have asked for, and what it asked for later, is
// no picture.
func TestRecordedLists(t *testing.T) {
	const (
		status   = "Event: Status\r\nPrivilege: Call\r\nUniqueid: 7\r\nVariable: calldata=1\r\nActionID: 1\r\n\r\n"
		complete = "Event: StatusComplete\r\nActionID: 1\r\n\r\n"
		queues   = "Event: QueueStatusComplete\r\nActionID: 2\r\n\r\n"
		refused  = "Response: Error\r\nActionID: 2\r\n\r\n"
		hangup   = "Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\n\r\n"
		twice    = "Event: Status\r\nPrivilege: Call\r\nUniqueid: 7\r\nVariable: calldata=1\r\nVariable: calldata=2\r\nActionID: 1\r\n\r\n"
	)
	for _, tt := range []struct {
		name, text, want string
		link             bool
	}{
		{"of nobody's", status + complete + queues, "", false},
		{"a link's", status + complete + queues, "LinkUp SyncBegin SyncChannel VarSet SyncEnd", true},
		{"queues refused", status + complete + refused, "LinkUp SyncBegin SyncChannel VarSet SyncEnd", true},
		{"another refused before", refused + status + complete + queues, "LinkUp SyncBegin SyncChannel VarSet SyncEnd", true},
		{"a sweep", complete + queues + status + complete, "LinkUp SyncBegin SyncEnd", true},
		{"gone meanwhile", status + hangup + complete + queues, "LinkUp SyncBegin Hangup SyncEnd", true},
		{"somebody's text", twice + complete + queues, "LinkUp SyncBegin SyncChannel SyncEnd", true},
		{"without an ActionID", strings.ReplaceAll(status, "ActionID: 1", "Type: x"), "", true},
	} {
		r, rec := ami.NewReader(strings.NewReader(tt.text)), asterisk.NewRecorded("11.0.0")
		if tt.link {
			rec.OfLink()
		}
		var events []pbx.Event
		for {
			m, err := r.Next()
			if err != nil {
				break
			}
			if rec.Believes(m) {
				events = rec.Translate(m, nil, events)
			}
		}
		var kinds []string
		for _, e := range events {
			kinds = append(kinds, e.Kind.String())
		}
		if got := strings.Join(kinds, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
