package replay

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// service is what the recordings were made with.
func service() *tracker.Plan {
	return &tracker.Plan{
		Services: []tracker.Service{{Name: "s", Context: "astcti", Direction: pbx.Inbound, Variables: []string{"calldata"}}},
		Seats:    map[string]string{"PJSIP/201": "00:00:00:00:00:01", "SIP/201": "00:00:00:00:00:01"},
	}
}

func play(t *testing.T, r io.Reader) (told int, sum Summary, err error) {
	t.Helper()
	sum, err = Play(t.Context(), r, service(), nil, []tracker.Agent{{Operator: "a", Extension: "PJSIP/201"}}, func(Told) { told++ })
	return told, sum, err
}

func story(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../ami/amitest/calls/" + name + ".ami")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPlayWhatPeopleSend: whatever was done to a recording on its way, it tells the same.
func TestPlayWhatPeopleSend(t *testing.T) {
	whole := story(t, "dial-answered/22")
	want, all, err := play(t, strings.NewReader(whole))
	if err != nil || want == 0 || all.Forged > 0 {
		t.Fatal(want, all, err)
	}
	lf := strings.ReplaceAll(whole, "\r\n", "\n")
	_, events, _ := strings.Cut(lf, "\n")
	for _, tt := range []struct {
		name, text string
		greeted    bool
	}{
		{"LF only", lf, true},
		{"LF only, no empty line at the end", strings.TrimRight(lf, "\n"), true},
		{"no line end at the end", strings.TrimRight(whole, "\r\n"), true},
		{"of telnet", "Trying 127.0.0.1...\nConnected to localhost.\nEscape character is '^]'.\n" + lf, true},
		{"of telnet, with CR LF", "Trying 127.0.0.1...\r\n" + whole, true},
		{"a banner with CR LF before LF", "Trying 127.0.0.1...\r\n" + lf, true},
		{"behind a prompt", "pbx*CLI> " + lf, true},
		{"a byte order mark", "\ufeff" + lf, true},
		{"without a greeting", events, false},
		{"from the middle of a message", "nelStateDesc: Up\n\n" + events, false},
	} {
		told, sum, err := play(t, iotest.OneByteReader(strings.NewReader(tt.text)))
		if tt.name == "no line end at the end" {
			if !sum.Cut || sum.Messages != all.Messages-1 || err != nil {
				t.Errorf("%s: %+v %v", tt.name, sum, err)
			}
			continue
		}
		if told != want || sum.Messages != all.Messages || (sum.Greeting != "") != tt.greeted || sum.Cut || err != nil {
			t.Errorf("%s: %d told, %+v, %v; want %d, %+v", tt.name, told, sum, err, want, all)
		}
	}
}

// TestPlayBroken: what was there is played, and where it ended is told.
func TestPlayBroken(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := io.WriteString(w, story(t, "dial-answered/22")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cut, err := gzip.NewReader(bytes.NewReader(z.Bytes()[:z.Len()/2]))
	if err != nil {
		t.Fatal(err)
	}
	disk := errors.New("the disk is broken")
	for _, tt := range []struct {
		name string
		r    io.Reader
		want error
		some bool
	}{
		{"a packed one, cut", cut, io.ErrUnexpectedEOF, true},
		{"a disk", io.MultiReader(strings.NewReader("Event: x\r\n\r\n"), iotest.ErrReader(disk)), disk, true},
		{"no recording", strings.NewReader("nothing\nof the kind\n"), io.ErrUnexpectedEOF, false},
	} {
		told, sum, err := play(t, tt.r)
		var broken *Broken
		if !errors.As(err, &broken) || !errors.Is(err, tt.want) || broken.Message != sum.Messages+1 || (sum.Messages > 0) != tt.some {
			t.Errorf("%s: %d told, %+v, %v", tt.name, told, sum, err)
		}
		if tt.some && broken.Offset == 0 {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestPlayGuarded: what the server would not believe, a replay does not.
func TestPlayGuarded(t *testing.T) {
	const channel = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/201-0a\r\nState: Ring\r\nUniqueid: 7\r\n\r\n"
	const forged = "Event: Newexten\r\nPrivilege: dialplan,all\r\nApplication: Set\r\nAppData: a\r\n\r\n" +
		"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\nCause: 1\r\n\r\nrest: \r\nUniqueid: 7\r\n\r\n"
	for _, tt := range []struct {
		version      string
		forged, left int
	}{
		{"1.1", 3, 1},
		{"11.0.0", 1, 0}, // a recording of a server that had no right to have it left out
	} {
		_, sum, err := play(t, strings.NewReader(greeting+tt.version+"\r\n"+channel+forged))
		if err != nil || sum.Forged != tt.forged || sum.LeftChannels != tt.left {
			t.Errorf("%s: %+v %v", tt.version, sum, err)
		}
	}
}

// FuzzText: any text ends, with a message for each empty line at most, and is read alike
// however it arrives.
func FuzzText(f *testing.F) {
	f.Add("Trying\nAsterisk Call Manager/1.0\nEvent: a\n\nEvent: b")
	f.Add("> Event: a\r\n\r\nResponse: b\n\n")
	f.Add("\nEvent: ")
	f.Fuzz(func(t *testing.T, in string) {
		whole, err := io.ReadAll(text(strings.NewReader(in)))
		if err != nil {
			t.Fatal(err)
		}
		bytewise, err := io.ReadAll(text(iotest.OneByteReader(strings.NewReader(in))))
		if err != nil || !bytes.Equal(whole, bytewise) {
			t.Errorf("%q: %q and %q, %v", in, whole, bytewise, err)
		}
		if strings.Contains(in, "\r\n") && len(in) < head && len(whole) > 2*len(in)+4 {
			t.Errorf("%q became %q", in, whole)
		}
	})
}
