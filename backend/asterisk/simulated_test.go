package asterisk_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestSimulated links to the simulated Asterisk, loses it in the middle of a call and
// comes back: what goes on is named, with its variable and its bridge, and the end of
// the call is heard.
func TestSimulated(t *testing.T) {
	for _, dialect := range []amitest.Dialect{amitest.Asterisk14, amitest.Asterisk22} {
		t.Run(string(dialect), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				user := amitest.DefaultUser
				user.Name, user.Secret = "cti", secret
				s := amitest.InMemory(amitest.Options{Dialect: dialect, Users: []amitest.User{user}})
				defer s.Close()
				s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: 3 * time.Second})
				s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
				l := start(t, asterisk.Options{Dial: s.Dial, Retries: -1},
					asterisk.Wanted{Variables: map[string]bool{"calldata": true}, Contexts: map[string]bool{"astcti": true}}, 100)
				l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncEnd)

				call := s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: time.Minute})
				var calls []pbx.Event
				for n := 0; n < 2; {
					e := l.next()
					if calls = append(calls, e); e.Kind == pbx.BridgeEnter {
						n++
					}
				}
				if !slices.ContainsFunc(calls, func(e pbx.Event) bool { return e.Kind == pbx.VarSet && e.Value == "1234" }) {
					t.Errorf("no variable in\n%s", lines(calls))
				}
				bridge := calls[len(calls)-1].Bridge

				if err := s.Cut(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.until(pbx.LinkDown)
				named, value := 0, ""
				for _, e := range l.until(pbx.SyncEnd) {
					switch e.Kind {
					case pbx.SyncChannel:
						if named++; e.Bridge != bridge {
							t.Errorf("%s is not in %s", words(e), bridge)
						}
					case pbx.VarSet:
						value = e.Value
					}
				}
				if named != 2 || value != "1234" {
					t.Errorf("%d channels, calldata=%q", named, value)
				}

				ended := 0
				for ended < 2 {
					if e := l.next(); e.Kind == pbx.Hangup {
						ended++
					}
				}
				<-call.Done()
				if status := l.link.Status(); status.Logins != 2 || status.Forged != 0 {
					t.Errorf("%+v", status)
				}
				l.stop()
			})
		})
	}
}

// TestSimulatedSweep: the list of a slow check is that of the picture, with a caller waiting.
func TestSimulatedSweep(t *testing.T) {
	for _, dialect := range []amitest.Dialect{amitest.Asterisk14, amitest.Asterisk22} {
		t.Run(string(dialect), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				user := amitest.DefaultUser
				user.Name, user.Secret = "cti", secret
				s := amitest.InMemory(amitest.Options{Dialect: dialect, Users: []amitest.User{user}})
				defer s.Close()
				s.AddQueue(amitest.Queue{Name: "q", Members: []amitest.Member{{Interface: "SIP/201"}, {Interface: "SIP/202"}}})
				s.AddService(amitest.Service{Number: "102", Context: "astcti", Queue: "q", RingFor: 10 * time.Minute})
				s.Call(amitest.Call{From: "300", To: "102"})
				synctest.Wait()
				l := start(t, asterisk.Options{Dial: s.Dial, Sweep: time.Minute}, calldata, 100)
				members := func() (all []string, joined int) {
					for e := l.any(); e.Kind != pbx.QueueMembersBegin; e = l.any() {
					}
					for e := l.any(); e.Kind != pbx.QueueMembersEnd; e = l.any() {
						if e.Kind == pbx.QueueJoin {
							joined++
						} else {
							all = append(all, words(e))
						}
					}
					return all, joined
				}
				first, joined := members()
				for range 2 {
					again, more := members()
					if joined != 1 || more != 0 || len(again) != 2 || !slices.Equal(first, again) {
						t.Errorf("%q and %d callers, then %q and %d", first, joined, again, more)
					}
				}
				l.stop()
			})
		})
	}
}
