package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/replay"
)

var update = flag.Bool("update", false, "write the golden files anew")

const calls = "../../ami/amitest/calls/"

// TestReplay prints what agents would have seen of recordings.
func TestReplay(t *testing.T) {
	for _, name := range []string{"xfer-attended-refer", "two-calls", "login-md5"} {
		recording := calls + name + "/22.ami"
		got := command(t, "replay", "--configuration", "testdata/replay.xml", recording)
		if got.status != 0 || got.err != "" {
			t.Fatalf("%d %s", got.status, got.err)
		}
		if strings.ContainsFunc(got.out, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x202e }) {
			t.Errorf("%s: what a terminal would take for an order", name)
		}
		golden := "testdata/replay-" + name + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got.out), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.out != string(want) {
			t.Errorf("%s\n%s\nwant\n%s", name, got.out, want)
		}
	}
}

func TestReplayFaults(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "none.ami")
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"no configuration", "name the configuration with --configuration", []string{"--data", folder, missing}},
		{"no file", "astcti: " + missing + ": no such file", []string{"--configuration", "testdata/replay.xml", missing}},
		{"agent", "write it as NAME=PHONE", []string{"--configuration", "testdata/replay.xml", "--agent", "ada", missing}},
		{"an agent at two telephones", "ada is at PJSIP/1 already", []string{"--configuration", "testdata/replay.xml", "--agent", "ada=PJSIP/1,ada=PJSIP/2", missing}},
		{"a telephone of two agents", "ada is at PJSIP/1 already", []string{"--configuration", "testdata/replay.xml", "--agent", "ada=PJSIP/1,bob=PJSIP/1", missing}},
		{"a folder", "astcti: " + folder + ": is a directory", []string{"--configuration", "testdata/replay.xml", folder}},
		{"no recording", "message 1 cannot be read", []string{"--configuration", "testdata/replay.xml", file(t, "a.gz", "nothing of the kind")}},
		{"no gzip", "gzip: invalid header", []string{"--configuration", "testdata/replay.xml", file(t, "a.gz", "\x1f\x8bnothing of the kind")}},
		{"nothing that Asterisk says", "message 1 cannot be read", []string{"--configuration", "testdata/replay.xml", file(t, "a.ami", strings.Repeat("x", 1<<20))}},
	} {
		if got := command(t, append([]string{"replay"}, tt.args...)...); got.status != 1 || !strings.Contains(got.err, tt.want) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.err)
		}
	}
}

// TestReplayCut: what could be read is printed, and where it ended is told.
func TestReplayCut(t *testing.T) {
	recording, err := os.ReadFile(calls + "two-calls/22.ami")
	if err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(recording); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		status     int
		err, out   string
	}{
		{"a.ami.gz", z.String(), 0, "", "2 calls of a service, 2 pops."},
		{"cut.ami.gz", z.String()[:z.Len()*3/4], 1, `cut\.ami\.gz: message \d+ cannot be read, \d{5} bytes from the beginning: unexpected EOF`, "PJSIP/201\n    Newchannel"},
		{"cut.ami", string(recording[:len(recording)/2]), 0, "", "Its last message is not whole."},
		{"packed.ami", z.String(), 0, "", "2 calls of a service, 2 pops."},
		{"empty.ami", "", 0, "", "empty.ami\n\n  It holds no message of Asterisk.\n\n"},
	} {
		got := command(t, "replay", "--configuration", "testdata/replay.xml", file(t, tt.name, tt.text))
		if got.status != tt.status || !regexp.MustCompile(tt.err).MatchString(got.err) || !strings.Contains(got.out, tt.out) {
			t.Errorf("%s: %d %s\n%s", tt.name, got.status, got.err, got.out)
		}
	}
}

// TestReplayFull: what cannot be printed is told in the exit status.
func TestReplayFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	cfg, err := (&replayCmd{Configuration: "testdata/replay.xml"}).configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := os.Stdout
	defer func() { os.Stdout = out }()
	os.Stdout = full
	if err := (&replayCmd{}).play(t.Context(), calls+"two-calls/22.ami", cfg, nil); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Error(err)
	}
}

// TestNoticeLine: whatever a caller's text holds, it is one word of one line.
func TestNoticeLine(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"Ada", "Ada"},
		{"Ada Lovelace", `"Ada Lovelace"`},
		{"a=b", `"a=b"`},
		{`a"b`, `"a\"b"`},
		{"Zo\xeb", `"Zo\xeb"`},
		{"\ufffd", "\ufffd"},
		{"a\x1b[2Jb\n", `"a\x1b[2Jb\n"`},
		{"\u202eabc", `"\u202eabc"`},
		{"Zoë", "Zoë"},
	} {
		got := noticeLine(replay.Told{Notice: &pbx.Notice{ID: "Link", Call: &pbx.Call{
			Caller: pbx.CallerID{Name: tt.value}, Variables: []pbx.Variable{{Name: "v", Value: tt.value}},
		}}})
		if want := "Link       name=" + tt.want + " v=" + tt.want; got != want {
			t.Errorf("%q: %s, want %s", tt.value, got, want)
		}
	}
	got := noticeLine(replay.Told{Notice: &pbx.Notice{ID: "Link", Action: &pbx.Action{Program: "crm", Args: []string{"a=b", "c d", "\xff"}}}})
	if want := `Link       opens crm a=b "c d" "\xff"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
