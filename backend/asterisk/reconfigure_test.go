package asterisk_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// simulated is an Asterisk that knows the user "cti" by the test's secret.
func simulated(t *testing.T, read, write string) *amitest.Server {
	t.Helper()
	return amitest.InMemory(amitest.Options{Users: []amitest.User{{Name: "cti", Secret: secret, Read: read, Write: write}}})
}

const (
	mayRead  = "system,call,agent,dialplan,user"
	mayWrite = "system,call,agent,originate,reporting"
)

// TestUnset: while nobody has said which Asterisk, nothing is dialled, the state says so,
// and no try is used up.
func TestUnset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulated(t, mayRead, mayWrite)
		defer s.Close()
		l := start(t, asterisk.Options{Retries: 0}, calldata, 8)
		if e := l.next(); words(e) != `LinkDown text="the connection to Asterisk is not configured yet"` {
			t.Error(words(e))
		}
		<-time.After(24 * time.Hour)
		if st := l.link.Status(); !errors.Is(st.Err, asterisk.ErrUnset) || asterisk.Code(st.Err) != asterisk.CodeUnset || len(l.out) != 0 {
			t.Errorf("%+v and %d batches", st, len(l.out))
		}
		if _, err := l.link.Do(t.Context(), ami.Ping()); !errors.Is(err, asterisk.ErrDown) {
			t.Error(err)
		}
		l.link.Reconfigure(asterisk.Connection{Dial: s.Dial, Username: "cti", Secret: secret})
		l.expect(pbx.LinkDown, pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		l.link.Reconfigure(asterisk.Connection{}) // and taken back
		l.expect(pbx.LinkDown, pbx.LinkDown)
		synctest.Wait()
		if st := l.link.Status(); !errors.Is(st.Err, asterisk.ErrUnset) || s.Clients() != 0 {
			t.Errorf("%+v with %d clients", st, s.Clients())
		}
		l.stop()
	})
}

// TestReconfigureBeforeRun: the newest Connection counts.
func TestReconfigureBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulated(t, mayRead, mayWrite)
		defer s.Close()
		out := make(chan *pbx.Batch, 8)
		link := asterisk.NewLink(asterisk.Options{Dial: refuse, Log: slog.New(slog.DiscardHandler)}, out)
		link.Reconfigure(asterisk.Connection{Dial: refuse})
		link.Reconfigure(asterisk.Connection{Dial: s.Dial, Username: "cti", Secret: secret, Retries: -1})
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- link.Run(ctx) }()
		synctest.Wait()
		if st := link.Status(); st.State != pbx.LinkStateReady {
			t.Errorf("%+v", st)
		}
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestReconfigureAtOnce: the right secret after a wrong one is tried without waiting for
// the pause to end, and the tries are counted anew.
func TestReconfigureAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulated(t, mayRead, mayWrite)
		defer s.Close()
		l := start(t, asterisk.Options{Dial: s.Dial, Retries: 1, RetryPause: time.Hour}, calldata, 8)
		l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		tries := 0
		began := time.Now()
		l.link.Reconfigure(asterisk.Connection{Username: "cti", Secret: "wrong-canary", Retries: 1, Dial: func(ctx context.Context) (net.Conn, error) {
			tries++
			return s.Dial(ctx)
		}})
		l.expect(pbx.LinkDown)
		if e := l.next(); e.Kind != pbx.LinkDown || e.Text != asterisk.ErrLoginRefused.Error() {
			t.Error(words(e))
		}
		synctest.Wait()
		if st := l.link.Status(); asterisk.Code(st.Err) != asterisk.CodeWrongLogin || strings.Contains(st.Reason()+l.log.String(), "canary") {
			t.Errorf("%+v, %s", st, l.log)
		}
		l.link.Reconfigure(asterisk.Connection{Dial: s.Dial, Username: "cti", Secret: secret, Retries: 1})
		l.expect(pbx.LinkDown, pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		if took := time.Since(began); took > 0 || tries != 1 {
			t.Errorf("%d tries in %v", tries, took)
		}
		l.link.Reconfigure(asterisk.Connection{Dial: refuse, Retries: 1})
		if err := <-l.done; !errors.Is(err, asterisk.ErrUnreachable) || !strings.HasPrefix(err.Error(), "given up after 2 tries") {
			t.Error(err)
		}
		l.secretSafe()
	})
}

// TestReconfigureWhileDialling: a dial that hangs is given up for the next.
func TestReconfigureWhileDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulated(t, mayRead, mayWrite)
		defer s.Close()
		l := start(t, asterisk.Options{Dial: func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }}, calldata, 8)
		synctest.Wait()
		began := time.Now()
		l.link.Reconfigure(asterisk.Connection{Dial: s.Dial, Username: "cti", Secret: secret})
		l.expect(pbx.LinkDown, pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)
		if took := time.Since(began); took > 0 {
			t.Errorf("after %v", took)
		}
		l.stop()
	})
}

// TestAnotherAsterisk: the link that stands is dropped for one to another Asterisk, whose
// calls are named; those of the first are not.
func TestAnotherAsterisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := simulated(t, mayRead, mayWrite)
		defer first.Close()
		<-time.After(time.Hour) // it was not started when the first was
		second := simulated(t, mayRead, mayWrite)
		defer second.Close()
		for server, number := range map[*amitest.Server]string{first: "300", second: "400"} {
			server.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer})
			server.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
			server.Call(amitest.Call{From: number, To: "101", Digits: "1234", Talk: time.Hour})
		}
		<-time.After(time.Minute)
		l := start(t, asterisk.Options{Dial: first.Dial, Retries: -1}, calldata, 100)
		callers := func() (all []string, begin pbx.Event) {
			for _, e := range l.until(pbx.SyncEnd) {
				switch e.Kind {
				case pbx.SyncBegin:
					begin = e
				case pbx.SyncChannel:
					all = append(all, e.Channel.CallerID.Number)
				}
			}
			return all, begin
		}
		if names, _ := callers(); len(names) != 2 || names[0] != "300" {
			t.Errorf("the first has %q", names)
		}
		l.link.Reconfigure(asterisk.Connection{Dial: second.Dial, Username: "cti", Secret: secret, Retries: -1})
		names, begin := callers()
		if len(names) != 2 || names[0] != "400" || begin.Number != 1 {
			t.Errorf("the second has %q, %s", names, words(begin))
		}
		if first.Clients() != 0 || second.Clients() != 1 || l.link.Status().Logins != 2 {
			t.Errorf("%d and %d clients", first.Clients(), second.Clients())
		}
		l.stop()
	})
}
