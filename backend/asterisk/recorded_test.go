package asterisk_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
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
