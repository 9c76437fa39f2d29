package ami_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

func TestActions(t *testing.T) {
	for _, tt := range []struct {
		action ami.Action
		want   string
	}{
		{ami.Login("cti", "s3cret"), "Login|Username: cti|Secret: s3cret|Events: off"},
		// The challenge and key of a login recorded with Asterisk 22.
		{ami.LoginMD5("cti", "659139772", "ctipass"), "Login|AuthType: MD5|Username: cti|Key: 14e0cc6b045abff11663121ad5689eaf|Events: off"},
		{ami.GetChallenge(), "Challenge|AuthType: MD5"},
		{ami.Events("call", "agent"), "Events|EventMask: call,agent"},
		{ami.Filter("x"), "Filter|Operation: Add|Filter: !x"},
		{ami.Ping(), "Ping"},
		{ami.Logoff(), "Logoff"},
		{ami.CoreStatus(), "CoreStatus"},
		{ami.GetStatus(), "Status"},
		{ami.GetStatus("a", "b"), "Status|Variables: a,b"},
		{ami.Getvar("SIP/1", "a"), "Getvar|Channel: SIP/1|Variable: a"},
		{ami.QueueStatus(""), "QueueStatus"},
		{ami.QueueStatus("q"), "QueueStatus|Queue: q"},
		{ami.QueueAdd("q", "PJSIP/201", "Ada", 2, true), "QueueAdd|Queue: q|Interface: PJSIP/201|MemberName: Ada|Penalty: 2|Paused: true"},
		{ami.QueueRemove("q", "PJSIP/201"), "QueueRemove|Queue: q|Interface: PJSIP/201"},
		{ami.QueuePause("q", "PJSIP/201", "lunch", true), "QueuePause|Interface: PJSIP/201|Paused: true|Queue: q|Reason: lunch"},
		{ami.QueuePause("", "PJSIP/201", "", false), "QueuePause|Interface: PJSIP/201|Paused: false"},
		{ami.Hangup("PJSIP/201-1"), "Hangup|Channel: PJSIP/201-1"},
		{ami.Atxfer("PJSIP/201-1", "house", "202"), "Atxfer|Channel: PJSIP/201-1|Context: house|Exten: 202"},
		{ami.Setvar("PJSIP/201-1", "TRANSFER_CONTEXT", ""), "Setvar|Channel: PJSIP/201-1|Variable: TRANSFER_CONTEXT|Value: "},
		{ami.CancelAtxfer("PJSIP/201-1"), "CancelAtxfer|Channel: PJSIP/201-1"},
		{ami.PJSIPNotify("PJSIP/201-1", "hold"), "PJSIPNotify|Channel: PJSIP/201-1|Variable: Event=hold"},
		{ami.BlindTransfer("PJSIP/201-1", "house", "202"), "BlindTransfer|Channel: PJSIP/201-1|Context: house|Exten: 202"},
		{ami.Redirect("PJSIP/300-1", "house", "202"), "Redirect|Channel: PJSIP/300-1|Context: house|Exten: 202|Priority: 1"},
		{
			ami.Originate(ami.Call{Channel: "PJSIP/201", Exten: "102", Context: "out", Priority: 1, CallerID: "Zoë <7>", Timeout: 20 * time.Second, ChannelID: "c1"}),
			"Originate|Channel: PJSIP/201|Exten: 102|Context: out|Priority: 1|Async: true|CallerID: Zoë <7>|Timeout: 20000|ChannelId: c1",
		},
	} {
		b, err := tt.action.Append(nil, "id1")
		first, rest, _ := strings.Cut(tt.want, "|")
		want := "Action: " + first + "\r\nActionID: id1\r\n"
		if rest != "" {
			want += strings.ReplaceAll(rest, "|", "\r\n") + "\r\n"
		}
		if want += "\r\n"; err != nil || string(b) != want {
			t.Errorf("%q, %v; want %q", b, err, want)
		}
		if got := tt.action.String(); got != first {
			t.Errorf("String: %q", got)
		}
	}
}

// TestActionRefuses holds that what Asterisk would read otherwise is not sent, and
// that the error does not tell the value.
func TestActionRefuses(t *testing.T) {
	for _, bad := range []string{
		"a\r\nAction: Command", "a\nb", "a\rb", "a\x00b", "\t", "\x1b", "\x7f", "\xc3\x28", "\xff",
		strings.Repeat("x", 1023-len("Secret: ")),
	} {
		b, err := ami.Login("cti", "hunter2"+bad).Append([]byte("kept"), "1")
		var refused *ami.ValueError
		if !errors.As(err, &refused) || refused.Action != "Login" || refused.Header != "Secret" {
			t.Errorf("%q: %v", bad, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") || string(b) != "kept" {
			t.Errorf("%q: %v, %q", bad, err, b)
		}
	}
	if _, err := ami.Ping().Append(nil, "a\nb"); err == nil {
		t.Error("a bad ActionID was sent")
	}
	if _, err := ami.Login("cti", strings.Repeat("x", 1022-len("Secret: "))).Append(nil, "1"); err != nil {
		t.Error(err)
	}
}
