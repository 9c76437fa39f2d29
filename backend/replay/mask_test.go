package replay

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func keepCalldata(v string) bool { return v == "calldata" }

func masked(t *testing.T, text string) string {
	t.Helper()
	m, err := ami.NewReader(strings.NewReader(strings.ReplaceAll(text, "|", "\r\n") + "\r\n\r\n")).Next()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.ReplaceAll(string(Mask(nil, m, keepCalldata)), "\r\n", "|"), "||")
}

func TestMask(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Event: VarSet|Privilege: dialplan,all|Variable: token|Value: x:y|Uniqueid: 7", "Event: VarSet|Privilege: dialplan,all|Variable: token|Value: (left out)|Uniqueid: 7"},
		{"Event: VarSet|Privilege: dialplan,all|Variable: __calldata|Value: 1|Uniqueid: 7", "Event: VarSet|Privilege: dialplan,all|Variable: __calldata|Value: 1|Uniqueid: 7"},
		{"Event: Newexten|Privilege: dialplan,all|Application: Set|AppData: pin=1234|Uniqueid: 7", "Event: Newexten|Privilege: dialplan,all|Application: Set|AppData: pin=(left out)|Uniqueid: 7"},
		{"Event: Newexten|Privilege: dialplan,all|Application: Set|AppData: pin=12|Password: 34|Uniqueid: 7", "Event: Newexten|Privilege: dialplan,all|Application: Set|AppData: pin=(left out)|Uniqueid: 7"},
		{"Event: Newexten|Privilege: dialplan,all|Application: System|AppData: curl -u me:pw|Uniqueid: 7", "Event: Newexten|Privilege: dialplan,all|Application: System|AppData: (left out)|Uniqueid: 7"},
		{"Event: Newexten|Privilege: dialplan,all|Application: Dial|AppData: PJSIP/201,20|Uniqueid: 7", "Event: Newexten|Privilege: dialplan,all|Application: Dial|AppData: PJSIP/201,20|Uniqueid: 7"},
		{"Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/1): pin=1", "Event: Hangup|Privilege: call,all|Uniqueid: 7|ChanVariable(SIP/1): pin=(left out)"},
	} {
		if got := masked(t, tt.in); strings.TrimSuffix(got, "|") != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

// FuzzMask: a masked recording has as many messages, of the same names, as before.
func FuzzMask(f *testing.F) {
	files, _ := filepath.Glob("../ami/amitest/calls/vars*/22.ami")
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte("Event: Newexten\r\nApplication: Set\r\nAppData: a=b\r\n\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		events := func(b []byte) (names []string, out []byte) {
			r := ami.NewReader(bytes.NewReader(b))
			for {
				m, err := r.Next()
				if err != nil {
					return names, out
				}
				names = append(names, string(m.Event()))
				out = Mask(out, m, keepCalldata)
				if !bytes.HasSuffix(out, []byte("\r\n\r\n")) {
					out = append(out, "\r\n"...)
				}
			}
		}
		before, out := events(in)
		after, _ := events(out)
		if strings.Join(before, "\n") != strings.Join(after, "\n") {
			t.Errorf("%q became %q", before, after)
		}
	})
}
