package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/replay"
)

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
			if b, _ := os.ReadFile(out); bytes.Contains(b, []byte("QueueStatusComplete")) {
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
	messages := regexp.MustCompile(`\d+ messages`).FindString(got.err)
	head := regexp.MustCompile(messages + `, of which [^.]+\.\n  Recorded from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d to \d{4}-`)
	got = command(t, "replay", "--data", data, out)
	if messages == "" || !head.MatchString(got.out) {
		t.Errorf("%s, want %s", got.out, head)
	}
	if got.status != 0 || !strings.Contains(got.out, "opens https://crm.example/customer?n=300&id=1234") {
		t.Errorf("%d %s %s", got.status, got.out, got.err)
	}
}

// signalled is a file that tells when all that the server asks at the beginning is in it,
// and when both channels of a call have hung up.
type signalled struct {
	bytes.Buffer
	begun, hungUp func() // each is called once
	close         error
}

func (s *signalled) Write(p []byte) (int, error) {
	before := s.Len()
	n, err := s.Buffer.Write(p)
	met := func(word string, times int) bool {
		return bytes.Count(s.Bytes(), []byte(word)) >= times && bytes.Count(s.Bytes()[:before], []byte(word)) < times
	}
	if met("Event: QueueStatusComplete", 1) {
		s.begun()
	}
	if met("Event: Hangup\r\n", 2) {
		s.hungUp()
	}
	return n, err
}
func (s *signalled) Close() error { return s.close }

// optionsOf are those of a link to a simulated Asterisk.
func optionsOf(s *amitest.Server) asterisk.Options {
	return asterisk.Options{
		Dial:     func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", s.Addr()) },
		Username: amitest.DefaultUser.Name, Secret: amitest.DefaultUser.Secret, Ping: 100 * time.Millisecond,
		Log: slog.New(slog.DiscardHandler),
	}
}

// TestRecordInProgress: of a call that was there before, a replay tells who talks and with
// what data, and opens nothing.
func TestRecordInProgress(t *testing.T) {
	for _, tt := range []struct {
		name string
		own  func(string) bool
		want string
	}{
		{"with numbers", nil, `Hangup +ended inbound caller=0301234567 name="Ada Lovelace" called=101 service=Sales calldata=1234 cause=16`},
		{"without", func(string) bool { return false }, `Hangup +ended inbound caller=\d{10} name=left-out-\w+ called=101 service=Sales calldata=1234 cause=16`},
	} {
		s, err := amitest.Listen(amitest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer})
		s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
		call := s.Call(amitest.Call{From: "0301234567", Name: "Ada Lovelace", To: "101", Digits: "1234"})
		for call.AnsweredBy() == "" {
			<-time.After(10 * time.Millisecond)
		}
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		out := &signalled{begun: func() { call.Hangup(amitest.Caller) }, hungUp: stop}
		_, err = record(ctx, optionsOf(s), asterisk.Wanted{Variables: map[string]bool{"calldata": true}}, replay.Recording{
			Keep: func(v string) bool { return v == "calldata" }, Own: tt.own, Create: func() (io.WriteCloser, error) { return out, nil },
		})
		stop()
		if err != nil {
			t.Fatal(err)
		}
		got := command(t, "replay", "--configuration", "testdata/replay.xml", file(t, "a.ami", out.String()))
		if got.status != 0 || !regexp.MustCompile(tt.want).MatchString(got.out) || strings.Contains(got.out, "opens") {
			t.Errorf("%s: %d %s %s, want %s", tt.name, got.status, got.out, got.err, tt.want)
		}
		if hidden := !strings.Contains(out.String(), "0301234567") && !strings.Contains(out.String(), "Lovelace"); hidden != (tt.own != nil) {
			t.Errorf("%s: %s", tt.name, out)
		}
	}
}

// TestRecordEnds: how a recording ended is told, whoever ended it.
func TestRecordEnds(t *testing.T) {
	full := errors.New("no space left")
	for _, tt := range []struct {
		name, secret string
		begun        func(*amitest.Server, context.CancelFunc)
		close        error
		want         string
	}{
		{name: "as wished", begun: func(_ *amitest.Server, stop context.CancelFunc) { stop() }},
		{name: "not written to its end", begun: func(_ *amitest.Server, stop context.CancelFunc) { stop() }, close: full, want: "no space left"},
		{name: "asterisk goes", begun: func(s *amitest.Server, _ context.CancelFunc) { go s.Close() }, want: "the link to Asterisk was lost: it closed"},
		{name: "nothing is heard", begun: func(s *amitest.Server, _ context.CancelFunc) { s.SetFaults(amitest.Faults{Mute: true}) }, want: "nothing was heard of it any more"},
		{name: "login refused", secret: "wrong", want: "asterisk refuses the manager's login"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := amitest.Listen(amitest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out := &signalled{close: tt.close}
			out.begun = func() { tt.begun(s, stop) }
			made := false
			o := optionsOf(s)
			o.Secret += tt.secret
			n, err := record(ctx, o, asterisk.Wanted{}, replay.Recording{
				Keep:   func(string) bool { return false },
				Create: func() (io.WriteCloser, error) { made = true; return out, nil },
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || strings.Contains(out.String(), "Challenge") {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if made != (tt.secret == "") || made && (n == 0 || !strings.Contains(out.String(), "Event: QueueStatusComplete")) {
				t.Errorf("%d messages: %s", n, out)
			}
		})
	}
}

// TestRecordFull: a disk that is full is told in the exit status.
func TestRecordFull(t *testing.T) {
	s, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	boot := file(t, "astcti.yaml", "data_dir: "+t.TempDir()+"\nami:\n  address: "+s.Addr()+"\n  username: astcti\n  secret: astcti\n")
	got := command(t, "record", "-c", boot, "-o", "/dev/full", "--force", "--for", "10s")
	if got.status != 1 || !strings.Contains(got.err, "no space left on device") {
		t.Errorf("%d %s", got.status, got.err)
	}
}

// TestRecordNothing: an Asterisk that says nothing until the end was not recorded.
func TestRecordNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // whoever connects waits
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	out := filepath.Join(t.TempDir(), "a.ami")
	boot := file(t, "astcti.yaml", "data_dir: "+t.TempDir()+"\nami:\n  address: "+silent.Addr().String()+"\n  username: astcti\n  secret: astcti\n")
	got := command(t, "record", "-c", boot, "-o", out, "--for", "100ms")
	if got.status != 1 || !strings.Contains(got.err, "nothing is recorded: Asterisk at "+silent.Addr().String()) {
		t.Errorf("%d %s", got.status, got.err)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestRecordPiped: a recording to standard output is nothing else, so that it can be packed.
func TestRecordPiped(t *testing.T) {
	s, err := amitest.Listen(amitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	boot := file(t, "astcti.yaml", "data_dir: "+t.TempDir()+"\nami:\n  address: "+s.Addr()+"\n  username: astcti\n  secret: astcti\n")
	got := command(t, "record", "-c", boot, "-o", "-", "--for", "1s")
	if got.status != 0 || !strings.HasPrefix(got.out, "Asterisk Call Manager/") || !strings.HasSuffix(got.out, "\r\n\r\n") || strings.Contains(got.err, "astcti replay") {
		t.Errorf("%d %s\n%s", got.status, got.err, got.out)
	}
}
