package replay

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func keepCalldata(v string) bool { return v == "calldata" }

// maskAll masks a whole stream, without its greeting.
func maskAll(t *testing.T, k *Masker, text string) string {
	t.Helper()
	var out []byte
	for r := ami.NewReader(strings.NewReader(text)); ; {
		m, err := r.Next()
		if err != nil {
			return string(out)
		}
		out = k.Append(out, m)
	}
}

var token = regexp.MustCompile(LeftOut + "[0-9a-f]{10}")

func TestMask(t *testing.T) {
	for _, tt := range []struct{ name, version, in, want string }{
		{"a variable that nobody has", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: token|Value: x:y", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: token|Value: *"},
		{"a service's", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: __calldata|Value: 1=2: 3", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: __calldata|Value: 1=2: 3"},
		{"of 11, with the Uniqueid behind", "1.3", "Event: VarSet|Privilege: dialplan,all|Variable: pin|Value: 1|Uniqueid: 7", "Event: VarSet|Privilege: dialplan,all|Variable: pin|Value: *|Uniqueid: 7"},
		{"a service's, with a password", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: calldata|Value: https://me:pw@host/?a=b", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: calldata|Value: *"},
		{"a service's, an address", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: calldata|Value: https://host/a@b?me:pw@", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: calldata|Value: https://host/a@b?me:pw@"},
		{"a function", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: DB(pw/me)|Value: 1", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: *|Value: *"},
		{"a value of several lines", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: pin|Value: 1|Exten: 2|secret|key: 3", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: pin|Value: *|LeftOut: *|*|LeftOut: *"},
		{"no value", "11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: pin|Value: ", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: pin|Value: "},

		{"Set", "11.0.0", newexten + "Application: Set|AppData: calldata=1", newexten + "Application: Set|AppData: *"},
		{"MSet", "11.0.0", newexten + "Application: MSet|AppData: calldata=1,pin=2", newexten + "Application: MSet|AppData: *"},
		{"two of them", "11.0.0", newexten + "Application: Set|AppData: a=1|Application: MSet|AppData: a=1", newexten + "Application: Set|AppData: *|LeftOut: *|LeftOut: *"},
		{"data before its application", "11.0.0", newexten + "AppData: a=1|Application: Queue|AppData: a=1", newexten + "AppData: *|LeftOut: *|LeftOut: *"},
		{"an address", "11.0.0", newexten + "Application: Set|AppData: x=${CURL(https://user:secret@host/?t=1)}", newexten + "Application: Set|AppData: *"},
		{"a registration", "11.0.0", newexten + "Application: Dial|AppData: PJSIP/user:secret@host", newexten + "Application: Dial|AppData: *"},
		{"a queue", "11.0.0", newexten + "Application: Queue|AppData: support,t,https://user:secret@host", newexten + "Application: Queue|AppData: support"},
		{"Set of 1.4", "1.0", old14 + "Set|AppData: calldata=1\x00pin=2\x00other=3|Uniqueid: 7", old14 + "Set|AppData: calldata=1|Uniqueid: 7"},
		{"others of 1.4", "1.0", old14 + "Set|AppData: a=1\x00pin=2|Uniqueid: 7", old14 + "Set|AppData: *|Uniqueid: 7"},
		{"globals of 1.4", "1.0", old14 + "Set|AppData: calldata=1\x00g|Uniqueid: 7", old14 + "Set|AppData: *|Uniqueid: 7"},
		{"of several lines, in 11", "1.3", newexten11 + "System|AppData: a|Context: b|Uniqueid: 7", newexten11 + "System|AppData: *|LeftOut: *|Uniqueid: 7"},
		{"cut, in 11", "1.3", newexten11 + "System|AppData: a||b|Event: Hangup|Privilege: call,all|Exten: secret||Channel: secret|Uniqueid: 7||Event: Hangup|Privilege: call,all|Uniqueid: 7",
			"LeftOut: *||LeftOut: *||LeftOut: *||Event: Hangup|Privilege: call,all|Uniqueid: 7"},
		{"cut", "11.0.0", newexten + "Application: System|AppData: a||secret: 1|Channel: x", newexten + "Application: System|AppData: *||LeftOut: *"},

		{"channelvars of 11", "1.3", "Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/1-0a): pin=1|ChanVariable(SIP/1-0a): calldata=2", "Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/1-0a): pin=*|ChanVariable(SIP/1-0a): calldata=2"},
		{"channelvars of both", "11.0.0", "Event: DialEnd|Privilege: call,all|ChanVariable: pin=1|DestChannel: PJSIP/1-0a|DestChanVariable: pin=1|DestChanVariable: X(1)=2|OrigTransfererChanVariable: pin=|DialStatus: BUSY",
			"Event: DialEnd|Privilege: call,all|ChanVariable: pin=*|DestChannel: PJSIP/1-0a|DestChanVariable: pin=*|DestChanVariable: *|OrigTransfererChanVariable: pin=|DialStatus: BUSY"},
		{"channelvars of several lines", "11.0.0", "Event: DialEnd|Privilege: call,all|Uniqueid: 7|ChanVariable: pin=1|Date: 3|Location: 4|DestChannel: x", "Event: DialEnd|Privilege: call,all|Uniqueid: 7|ChanVariable: pin=*|LeftOut: *|LeftOut: *|LeftOut: *"},
		{"a channel that is none", "1.3", "Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/a:b@c): calldata=1", "Event: Hangup|Privilege: call,all|Uniqueid: 7|LeftOut: *"},

		{"Status", "11.0.0", "Event: Status|Privilege: Call|Uniqueid: 7|BridgeID: b|Application: Set|Data: pin=1|Readtrans: 1|Seconds: 8|Variable: pin=1|Variable: calldata=2|Variable: X(a:b)=1|ActionID: 5",
			"Event: Status|Privilege: Call|Uniqueid: 7|BridgeID: b|Application: Set|Data: *|LeftOut: *|Seconds: 8|Variable: pin=*|Variable: calldata=2|Variable: *|ActionID: *"},
		{"Getvar", "11.0.0", "Response: Success|ActionID: 4|Variable: pin|Value: 1|more", "Response: Success|ActionID: *|Variable: pin|Value: *|*"},
		{"Getvar of a function", "11.0.0", "Response: Success|ActionID: 4|Variable: CURL(https://me:pw@host)|Value: 1", "Response: Success|ActionID: *|Variable: *|Value: *"},
		{"Getvar of a service's", "11.0.0", "Response: Success|Variable: calldata|Value: 1", "Response: Success|Variable: calldata|Value: 1"},
		{"what an originate was given", "11.0.0", "Action: Originate|Variable: pin=1|Secret: 2", "LeftOut: *"},
		{"a command, until 13", "1.3", "Response: Follows|Privilege: Command|Exten: 1\nsecret|--END COMMAND--", "Response: Follows|LeftOut: *|LeftOut: *|*"},
		{"a command", "11.0.0", "Response: Success|Message: Command output follows|Output: a|Output: b", "Response: Success|Message: *|Output: *|LeftOut: *"},
		{"a challenge", "11.0.0", "Response: Success|Challenge: 123", "Response: Success|Challenge: *"},
		{"a login", "11.0.0", "Response: Success|Secret: 1|Key: 2|AuthType: MD5", "Response: Success|LeftOut: *|LeftOut: *|LeftOut: *"},
		{"a refusal", "11.0.0", "Response: Error|Message: Permission denied", "Response: Error|Message: Permission denied"},
		{"an event in a response", "11.0.0", "Response: Success|Event: secret|Exten: 1", "Response: Success|*|LeftOut: *"},
		{"a user's", "11.0.0", "Event: UserEvent|Privilege: user,all|Uniqueid: 7|UserEvent: x|token: 1", "Event: UserEvent|Privilege: user,all|Uniqueid: 7|LeftOut: *|LeftOut: *"},
		{"no event of Asterisk's", "11.0.0", "Event: secret|Channel: secret", "LeftOut: *"},
		{"passwords in channels", "11.0.0", "Event: QueueMemberAdded|Privilege: agent,all|Interface: SIP/user:secret@host|Location: Local/201@agents/n", "Event: QueueMemberAdded|Privilege: agent,all|Interface: *|Location: Local/201@agents/n"},
		{"account, reason", "11.0.0", "Event: QueueMemberPause|Privilege: agent,all|AccountCode: 1|PausedReason: 2|Reason: 3|Paused: 1", "Event: QueueMemberPause|Privilege: agent,all|AccountCode: *|PausedReason: *|Reason: *|Paused: 1"},
		{"an originate", "11.0.0", "Event: OriginateResponse|Privilege: call,all|ActionID: a|Response: Failure|Channel: SIP/user:secret@host|Reason: 1", "Event: OriginateResponse|Privilege: call,all|ActionID: *|Response: Failure|Channel: *|Reason: 1"},
		{"an originate of an application", "11.0.0", "Event: OriginateResponse|Privilege: call,all|Application: System|Data: secret|Reason: 4|Uniqueid: 7", "Event: OriginateResponse|Privilege: call,all|Application: System|Data: *|Reason: 4|Uniqueid: 7"},
		{"twice", "11.0.0", "Event: Hangup|Privilege: call,all|Exten: 1|Exten: 2|Exten: 2", "Event: Hangup|Privilege: call,all|Exten: 1|LeftOut: *|LeftOut: *"},
	} {
		in := strings.ReplaceAll(strings.ReplaceAll(tt.in, "|", "\r\n"), "\x00", "|") + "\r\n\r\n"
		out := maskAll(t, NewMasker(tt.version, keepCalldata, nil), in)
		got := strings.ReplaceAll(strings.TrimSuffix(token.ReplaceAllString(out, "*"), "\r\n\r\n"), "\r\n", "|")
		if got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

const (
	newexten   = "Event: Newexten|Privilege: dialplan,all|Uniqueid: 7|"
	newexten11 = "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1-0a|Application: "
	old14      = "Event: Newexten|Privilege: call,all|Channel: SIP/1-0a|Application: "
)

// TestMaskSame: one sees where a value went, in one recording only.
func TestMaskSame(t *testing.T) {
	const in = "Event: VarSet\r\nPrivilege: dialplan,all\r\nUniqueid: 7\r\nVariable: pin\r\nValue: 1234\r\n\r\n" +
		"Event: Hangup\r\nPrivilege: call,all\r\nAccountCode: 1234\r\nChanVariable: a=1235\r\n\r\n"
	first := token.FindAllString(maskAll(t, NewMasker("11.0.0", keepCalldata, nil), in), -1)
	other := token.FindAllString(maskAll(t, NewMasker("11.0.0", keepCalldata, nil), in), -1)
	if len(first) != 3 || first[0] != first[1] || first[1] == first[2] || first[0] == other[0] {
		t.Errorf("%q %q", first, other)
	}
}

// TestMaskMeaning: what is masked means the same.
func TestMaskMeaning(t *testing.T) {
	files, err := filepath.Glob("../ami/amitest/calls/*/*.ami")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	wanted := &asterisk.Wanted{Variables: map[string]bool{"calldata": true}}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r := ami.NewReader(bytes.NewReader(b))
		version, err := r.ReadGreeting()
		if err != nil {
			continue
		}
		mask, believed := NewMasker(version, keepCalldata, nil), asterisk.NewRecorded(version)
		for {
			m, err := r.Next()
			if err != nil {
				break
			}
			masked, err := ami.NewReader(bytes.NewReader(mask.Append(nil, m))).Next()
			if err != nil {
				t.Fatalf("%s: %v: %q", name, err, m.Bytes())
			}
			want := asterisk.Translate(m, wanted, nil)
			if !believed.Believes(m) {
				want = nil
			}
			got := asterisk.Translate(masked, wanted, nil)
			if len(got) != len(want) {
				t.Fatalf("%s: %q\nmeans %v\nand masked %v", name, m.Bytes(), want, got)
			}
			for i := range got {
				// Left out, and not used.
				got[i].AppData, want[i].AppData = "", ""
				if strings.HasPrefix(got[i].Text, LeftOut) { // an ActionID, a reason
					got[i].Text, want[i].Text = "", ""
				}
				if got[i] != want[i] {
					t.Fatalf("%s: %q\nmeans %+v\nand masked %+v", name, m.Bytes(), want[i], got[i])
				}
			}
		}
	}
}

// FuzzMask: whatever stands around a secret, in whatever place that a secret can have, it is
// left out.
func FuzzMask(f *testing.F) {
	const secret = "MARKER"
	places := []struct{ version, before, after string }{
		{"11.0.0", newexten + "Application: Set|AppData: ", ""},
		{"11.0.0", newexten + "Application: Queue|AppData: q,", ""},
		{"11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: pin|Value: ", ""},
		{"11.0.0", "Event: VarSet|Privilege: dialplan,all|Uniqueid: 7|Variable: DB(", ")|Value: 1"},
		{"1.3", newexten11 + "MSet|AppData: ", "|Uniqueid: 7"},
		{"1.3", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1-0a|Variable: pin|Value: ", "|Uniqueid: 7"},
		{"1.0", old14 + "Set|AppData: a=1,", "|Uniqueid: 7"},
		{"1.3", "Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/1-0a): pin=", ""},
		{"11.0.0", "Event: DialEnd|Privilege: call,all|ChanVariable: pin=", "|DestChannel: PJSIP/1-0a|DestChanVariable: pin=2"},
		{"11.0.0", "Event: Status|Privilege: Call|Uniqueid: 7|Application: Set|Data: ", "|Variable: a=b|ActionID: 5"},
		{"11.0.0", "Event: Status|Privilege: Call|Uniqueid: 7|Variable: pin=", "|ActionID: 5"},
		{"11.0.0", "Response: Success|ActionID: 4|Variable: pin|Value: ", ""},
		{"1.3", "Response: Follows|Privilege: Command|", "|--END COMMAND--"},
		{"11.0.0", "Response: Success|Output: ", ""},
		{"11.0.0", "Action: Login|Secret: ", ""},
		{"11.0.0", "Event: UserEvent|Privilege: user,all|UserEvent: x|token: ", ""},
		{"11.0.0", "Event: QueueMemberAdded|Privilege: agent,all|Interface: SIP/user:", "@host"},
		{"11.0.0", "Event: NewAccountCode|Privilege: call,all|AccountCode: ", "|OldAccountCode: x"},
	}
	for i := range places {
		for _, s := range []string{"", "a=1,pin=", "a\r\nb: ", "a\r\nb", "\n", "a\r\n\r\nb: ", "https://me:", "\\|\""} {
			f.Add(uint8(i), s, "")
			f.Add(uint8(i), s, "\r\nc\r\n")
		}
	}
	f.Fuzz(func(t *testing.T, place uint8, before, after string) {
		p := places[int(place)%len(places)]
		crlf := func(s string) string { return strings.ReplaceAll(s, "|", "\r\n") }
		text := before + secret + after
		for line := range strings.SplitSeq(text, "\n") {
			// A text that tells in Asterisk's own words what a call does, to the letter, or
			// assigns to the service's variable, is no secret that anybody keeps.
			name, _, _ := strings.Cut(line, ":")
			if kinds[strings.ToLower(name)] != 0 || chanVariable([]byte(line)) || strings.Contains(line, "calldata") {
				t.Skip()
			}
		}
		out := maskAll(t, NewMasker(p.version, keepCalldata, nil), crlf(p.before)+text+crlf(p.after)+"\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\n\r\n")
		if strings.Contains(out, secret) {
			t.Errorf("%q", out)
		}
	})
}
