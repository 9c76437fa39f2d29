package amitest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

const sent = "Asterisk Call Manager/11.0.0\r\n" +
	"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n" +
	"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n" +
	"Response: Follows\r\nPrivilege: Command\r\n\r\nEvent: no\r\n\r\n--END COMMAND--\r\n\r\n" +
	"Event: CoreShowChannel\r\nActionID: 2\r\nChannel: a\r\n\r\n" +
	"Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: 3\r\n\r\n" +
	"\r\n" +
	"two\ttab\\back\r\n\r\n" +
	"Event: Hangup\r\nUniq"

const kept = "Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: 3\r\n\r\n" +
	"\r\n" +
	"two\ttab\\back\r\n\r\n" +
	"Event: Hangup\r\nUniq"

func TestReadRecording(t *testing.T) {
	r, err := amitest.ReadRecording([]byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	if r.Greeting != "Asterisk Call Manager/11.0.0" || string(r.Text) != kept {
		t.Errorf("greeting %q, text\n%q\nwant\n%q", r.Greeting, r.Text, kept)
	}
	for _, bad := range []string{"", "HTTP/1.1 200 OK\r\n", "Asterisk Call Manager/11.0.0"} {
		if _, err := amitest.ReadRecording([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a recording", bad)
		}
	}
}

func FuzzReadRecording(f *testing.F) {
	f.Add([]byte(sent))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := amitest.ReadRecording(b)
		if err == nil && len(r.Text) > len(b) {
			t.Errorf("%d bytes of %d", len(r.Text), len(b))
		}
	})
}

// TestPlayIsByteForByte plays a recording with forged blocks in several ways.
func TestPlayIsByteForByte(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "22", "vars-injection.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := amitest.ReadRecording(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(r.Text, []byte("\r\n\r\ntwo\ttab\\back\r\n")) {
		t.Fatal("the forged block is gone")
	}
	for name, p := range map[string]amitest.Pace{
		"whole": {}, "a byte": {Chunk: 1}, "7 bytes": {Chunk: 7}, "4096 bytes": {Chunk: 4096}, "messages": {PerMessage: true}, "paced": {PerMessage: true, Pause: second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, amitest.Options{Clock: amitest.Instant()})
			if err := s.Play(context.Background(), r, p); !errors.Is(err, amitest.ErrNoClient) {
				t.Errorf("without a client: %v", err)
			}
			c := dial(t, s)
			c.login(everything)
			c.events()
			done := make(chan error, 1)
			go func() { done <- s.Play(context.Background(), r, p) }()
			got := make([]byte, len(r.Text))
			if _, err := io.ReadFull(c.r, got); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if !bytes.Equal(got, r.Text) {
				t.Errorf("read %q", got)
			}
			c.ask("Ping") // it goes on after
		})
	}
}

// TestPlayChunksAndPauses: over a pipe every write is one read, and between two
// writes the told time passes.
func TestPlayChunksAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := amitest.InMemory(amitest.Options{})
		defer s.Close()
		conn, err := s.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		b := make([]byte, 4096)
		read := func() string {
			n, err := conn.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			return string(b[:n])
		}
		read()
		_, _ = io.WriteString(conn, "Action: Login\r\nUsername: astcti\r\nSecret: astcti\r\n\r\n")
		read()
		begin := time.Now()
		go func() {
			_ = s.Play(context.Background(), &amitest.Recording{Text: []byte("abcdefg")}, amitest.Pace{Chunk: 3, Pause: second})
		}()
		for i, want := range []string{"abc", "def", "g"} {
			if got := read(); got != want {
				t.Errorf("read %q, want %q", got, want)
			}
			if at := time.Since(begin); at != time.Duration(i)*second {
				t.Errorf("write %d after %v", i, at)
			}
		}
	})
}

// TestPlayStopsWithItsContext: a client that does not read blocks nobody for ever.
func TestPlayStopsWithItsContext(t *testing.T) {
	s := listen(t, amitest.Options{})
	c := dial(t, s)
	c.login(everything)
	c.events()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Inject(ctx, make([]byte, 32<<20)); err == nil {
		t.Error("32 MB went nowhere without an error")
	}
}
