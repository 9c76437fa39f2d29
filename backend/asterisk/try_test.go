package asterisk_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
)

// TestTry: what keeps a connection from being used is told apart, soon, and without a word
// of what the peer said.
func TestTry(t *testing.T) {
	fails := func(err error) func(context.Context) (net.Conn, error) {
		return func(context.Context) (net.Conn, error) { return nil, err }
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tt := range []struct {
		name  string
		dial  func(context.Context) (net.Conn, error)
		fault amitest.Faults
		user  string
		code  string
		text  string
	}{
		{name: "right", user: "cti"},
		{name: "another user", user: "eve", code: asterisk.CodeWrongLogin, text: "refuses username or secret"},
		{name: "nobody listens", dial: fails(refused), code: asterisk.CodeRefused, text: "nothing listens at that port"},
		{name: "no such name", dial: fails(&net.DNSError{Err: "no such host canary"}), code: asterisk.CodeUnreachable, text: "nothing answers"},
		{name: "no end", dial: func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }, code: asterisk.CodeUnreachable, text: "nothing answers"},
		{name: "TLS", dial: fails(fmt.Errorf("%w: x509: valid for \x1b[2J\n", asterisk.ErrTLS)), code: asterisk.CodeTLS, text: "x509: valid for ?[2J?"},
		{name: "another server", fault: amitest.Faults{Banner: "SSH-2.0-canary\r\n"}, code: asterisk.CodeNotAsterisk, text: "not the manager interface"},
		{name: "a silent one", fault: amitest.Faults{Silent: true}, code: asterisk.CodeNotAsterisk, text: "not the manager interface"},
		{name: "no answer to the login", fault: amitest.Faults{Deaf: []string{"Login"}}, code: asterisk.CodeLost, text: "did not answer in time"},
		{name: "closed after the login", user: "cti", fault: amitest.Faults{CloseAfterLogin: true}, code: asterisk.CodeLost, text: "closed the connection"},
		{name: "no answer to a question", user: "cti", fault: amitest.Faults{Deaf: []string{"CoreStatus"}}, code: asterisk.CodeLost, text: "did not answer in time"},
	} {
		for _, auth := range []string{"md5", "secret"} {
			synctest.Test(t, func(t *testing.T) {
				s := simulated(t, mayRead, mayWrite)
				defer s.Close()
				s.SetFaults(tt.fault)
				dial := tt.dial
				if dial == nil {
					dial = s.Dial
				}
				began := time.Now()
				version, err := asterisk.Try(t.Context(), asterisk.Connection{Dial: dial, Username: tt.user, Secret: secret, Auth: auth})
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%s: after %v", tt.name, took)
				}
				if tt.code == "" {
					if err != nil || version == "" {
						t.Errorf("%s: %q, %v", tt.name, version, err)
					}
				} else if asterisk.Code(err) != tt.code || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %q, %v", tt.name, asterisk.Code(err), err)
				}
				synctest.Wait()
				if s.Clients() != 0 {
					t.Errorf("%s: still signed in", tt.name)
				}
			})
		}
	}
	if version, err := asterisk.Try(t.Context(), asterisk.Connection{}); version != "" || asterisk.Code(err) != asterisk.CodeUnset {
		t.Errorf("%q, %v", version, err)
	}
}

// TestTryRights: what is missing in manager.conf is named, by the class to add.
func TestTryRights(t *testing.T) {
	for _, tt := range []struct {
		dialect amitest.Dialect
		write   string
		missing []string
	}{
		{amitest.Asterisk22, mayWrite, nil},
		{amitest.Asterisk22, "system,call,agent,originate", nil}, // one may ask with system as well
		{amitest.Asterisk22, "reporting,agent,originate", []string{"system"}},
		{amitest.Asterisk22, "system,originate", []string{"agent"}},
		{amitest.Asterisk22, "system,agent", []string{"originate"}},
		{amitest.Asterisk22, "", []string{"system", "reporting", "agent", "originate"}},
		{amitest.Asterisk14, "system,call,agent", nil},
		{amitest.Asterisk14, "system", []string{"call", "agent"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := amitest.InMemory(amitest.Options{Dialect: tt.dialect, Users: []amitest.User{{Name: "cti", Secret: secret, Read: mayRead, Write: tt.write}}})
			defer s.Close()
			s.AddQueue(amitest.Queue{Name: "q", Members: []amitest.Member{{Interface: "SIP/201"}}})
			version, err := asterisk.Try(t.Context(), asterisk.Connection{Dial: s.Dial, Username: "cti", Secret: secret})
			if version == "" || s.Channels() != 0 {
				t.Errorf("version %q, %d channels", version, s.Channels())
			}
			var e *asterisk.TryError
			if !errors.As(err, &e) {
				if err != nil || tt.missing != nil {
					t.Errorf("%s, %q: %v", tt.dialect, tt.write, err)
				}
				return
			}
			if e.Code != asterisk.CodeTooFewRights || !slices.Equal(e.Missing, tt.missing) || !strings.HasSuffix(e.Error(), strings.Join(tt.missing, ", ")) {
				t.Errorf("%s, %q: %q %v", tt.dialect, tt.write, e.Missing, e)
			}
		})
	}
}

// TestCodes: each reason of a link has its code.
func TestCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code string
	}{
		{nil, ""},
		{fmt.Errorf("%w: %w", asterisk.ErrUnreachable, errRefused), asterisk.CodeUnreachable},
		{fmt.Errorf("%w: %w", asterisk.ErrUnreachable, syscall.ECONNREFUSED), asterisk.CodeRefused},
		{fmt.Errorf("%w: %w", asterisk.ErrUnreachable, asterisk.ErrTLS), asterisk.CodeTLS},
		{fmt.Errorf("%w: it greets with canary", asterisk.ErrNotAMI), asterisk.CodeNotAsterisk},
		{asterisk.ErrLoginRefused, asterisk.CodeWrongLogin},
		{asterisk.ErrOverrun, asterisk.CodeOverrun},
		{asterisk.ErrUnset, asterisk.CodeUnset},
		{asterisk.ErrChanged, asterisk.CodeChanged},
		{asterisk.ErrLost, asterisk.CodeLost},
		{errors.New("something else"), asterisk.CodeLost},
	} {
		if got := asterisk.Code(tt.err); got != tt.code {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.code)
		}
		if plain := asterisk.Plain(tt.err); (plain == "") != (tt.err == nil) || strings.Contains(plain, "canary") {
			t.Errorf("%v: in plain words %q", tt.err, plain)
		}
	}
}
