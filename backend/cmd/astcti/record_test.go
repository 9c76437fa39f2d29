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
	got = command(t, "replay", "--data", data, out)
	if got.status != 0 || !strings.Contains(got.out, "opens https://crm.example/customer?n=300&id=1234") {
		t.Errorf("%d %s %s", got.status, got.out, got.err)
	}
}

// signalled is a file that tells when all that the server asks at the beginning is in it.
type signalled struct {
	bytes.Buffer
	begun func()
	close error
}

func (s *signalled) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("QueueStatusComplete")) {
		s.begun()
	}
	return s.Buffer.Write(p)
}
func (s *signalled) Close() error { return s.close }

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
			n, err := record(ctx, asterisk.Options{
				Dial:     func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", s.Addr()) },
				Username: amitest.DefaultUser.Name, Secret: amitest.DefaultUser.Secret + tt.secret, Ping: 100 * time.Millisecond,
				Log: slog.New(slog.DiscardHandler),
			}, asterisk.Wanted{}, replay.Recording{
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
