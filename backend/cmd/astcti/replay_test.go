package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
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
	missing := filepath.Join(t.TempDir(), "none.ami")
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"no configuration", "name the configuration with --configuration", []string{"--data", t.TempDir(), missing}},
		{"no file", "no such file", []string{"--configuration", "testdata/replay.xml", missing}},
		{"agent", "write it as NAME=PHONE", []string{"--configuration", "testdata/replay.xml", "--agent", "ada", missing}},
		{"no gzip", "gzip: invalid header", []string{"--configuration", "testdata/replay.xml", file(t, "a.gz", "nothing of the kind")}},
		{"nothing that Asterisk says", "message 1 cannot be read", []string{"--configuration", "testdata/replay.xml", file(t, "a.ami", strings.Repeat("x", 1<<20))}},
	} {
		if got := command(t, append([]string{"replay"}, tt.args...)...); got.status != 1 || !strings.Contains(got.err, tt.want) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.err)
		}
	}
}

// TestRecord records a call of a simulated Asterisk, and replays it.
func TestRecord(t *testing.T) {
	s, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}, Set: []amitest.Variable{{Name: "token", Value: "s3cret-of-the-crm"}}})
	data := t.TempDir()
	boot := file(t, "astcti.yaml", "data_dir: "+data+"\nami:\n  address: "+s.Addr()+"\n  username: astcti\n  secret: astcti\n")
	for _, c := range [][]string{{"config", "import", "--data", data, "testdata/replay.xml"}, {"config", "apply", "--data", data}} {
		if got := command(t, c...); got.status != 0 {
			t.Fatal(got.err)
		}
	}
	out := filepath.Join(t.TempDir(), "a.ami")
	done := make(chan struct{})
	go func() { // when the recording has begun
		defer close(done)
		for {
			if _, err := os.Stat(out); err == nil {
				break
			}
			<-time.After(10 * time.Millisecond)
		}
		call := s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: 100 * time.Millisecond})
		<-call.Done()
	}()
	got := command(t, "record", "-c", boot, "-o", out, "--for", "2s")
	<-done
	if got.status != 0 || !strings.Contains(got.err, "callers' numbers") {
		t.Fatalf("%d %s", got.status, got.err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cret-of-the-crm", "Secret:", "Key:"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the recording", secret)
		}
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if got := command(t, "record", "-c", boot, "-o", out, "--for", "1s"); got.status != 1 || !strings.Contains(got.err, "--force") {
		t.Errorf("over a file: %d %s", got.status, got.err)
	}
	got = command(t, "replay", "--data", data, out)
	if got.status != 0 || !strings.Contains(got.out, "opens https://crm.example/customer?n=300&id=1234") {
		t.Errorf("%d %s %s", got.status, got.out, got.err)
	}
}
