package dial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// TestRecorded holds what is told of calls that real Asterisks were asked for: after the
// folder the ActionID of the recording, and what is to be told. In each the agent has hung up
// in the end, so that he may call again; until then he may not, where a call that began has our id.
func TestRecorded(t *testing.T) {
	for _, c := range []struct{ versions, call, action, want string }{
		{"16 22", "originate-agent-first", "", ""},
		{"16 22", "originate-customer-busy", "", ""}, // the far end is another matter
		{"16 22", "originate-busy", "", "busy"},
		{"16 22", "originate-offline", "", "unreachable"},
		{"16 22", "originate-no-answer", "", "no-answer"},
		{"16 22", "originate-errors", "oe-1", "unreachable"},
		{"1.4 1.8 11", "originate-answered", "orig-1", ""},
		{"1.4 1.8 11", "originate-unanswered", "orig-2", "no-answer"},
		{"1.4 1.8 11", "originate-busy-phone", "orig-486", "busy"},
		{"1.4 1.8 11", "originate-busy-phone", "orig-603", "busy"}, // chan_sip has one Reason for both
		{"1.4 1.8 11", "originate-busy-phone", "orig-480", "congestion"},
		{"1.4", "originate-busy-phone", "orig-404", "congestion"},
		{"1.8 11", "originate-busy-phone", "orig-404", "failed"},
		{"1.4 1.8 11", "originate-bad", "orig-unreg", "unreachable"},
		{"1.4 1.8 11", "originate-bad", "orig-unknown", "unreachable"},
	} {
		for v := range strings.FieldsSeq(c.versions) {
			t.Run(fmt.Sprintf("%s %s %s", c.call, c.action, v), func(t *testing.T) {
				events := recorded(t, filepath.Join("..", "ami", "amitest", "calls", c.call, v+".ami"))
				synctest.Test(t, func(t *testing.T) {
					r := newRoom(t, Options{})
					r.run(t)
					id, _ := r.dial(anna, "0551234", "")
					for _, e := range events {
						if e.Channel.ID == "cti-1" {
							e.Channel.ID = pbx.ChannelID(id)
						}
						if c.action != "" && e.Text == c.action {
							e.Text = "tag-1"
						}
						r.Originated(&e)
						if e.Kind == pbx.OriginateResponse && c.want == "" && string(e.Channel.ID) == id {
							<-time.After(afterward)
							synctest.Wait()
							r.dial(anna, "0551234", Busy)
						}
					}
					begin := time.Now()
					r.wants(id, c.want)
					if took := time.Since(begin); took > time.Second {
						t.Errorf("given up after %v", took)
					}
					r.dial(anna, "0551234", "")
				})
			})
		}
	}
}

// recorded are the events of a recording that a Dialer is told.
func recorded(t *testing.T, file string) (list []pbx.Event) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := ami.NewReader(bytes.NewReader(text))
	if _, err := in.ReadGreeting(); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := in.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range asterisk.Translate(m, &asterisk.Wanted{}, nil) {
			if e.Kind != pbx.OriginateResponse && e.Kind != pbx.Hangup {
				continue
			}
			e.Channel.ID, e.Text, e.Value = pbx.ChannelID(strings.Clone(string(e.Channel.ID))), strings.Clone(e.Text), strings.Clone(e.Value)
			list = append(list, e)
		}
	}
}

// TestWhy holds what causes and reasons mean together.
func TestWhy(t *testing.T) {
	for _, c := range []struct {
		reason, cause int
		hungUp        bool
		want          string
	}{
		{0, 0, false, "unreachable"},
		{0, 0, true, "failed"},
		{0, 16, true, "failed"},
		{0, 17, true, "busy"},
		{0, 21, true, "rejected"},
		{8, 21, true, "rejected"},
		{0, 19, true, "no-answer"},
		{0, 20, true, "unreachable"},
		{0, 34, true, "congestion"},
		{1, 0, false, "failed"},
		{3, 0, true, "no-answer"},
		{5, 0, false, "busy"},
		{8, 0, false, "congestion"},
		{-1, -1, true, "failed"},
	} {
		got := (&call{reason: c.reason, cause: c.cause, hungUp: c.hungUp}).why()
		if got != c.want || words[got] == "" {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestSimulated calls at the simulated Asterisk, of today and of 1.4, through the real link.
func TestSimulated(t *testing.T) {
	for dialect, tech := range map[amitest.Dialect]string{amitest.Asterisk14: "SIP/", amitest.Asterisk22: "PJSIP/"} {
		t.Run(string(dialect), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := amitest.InMemory(amitest.Options{Dialect: dialect, Outside: "0"})
				defer s.Close()
				s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer, After: 3 * time.Second})
				s.AddPhone(amitest.Phone{Extension: "202", Does: amitest.Busy})
				s.AddPhone(amitest.Phone{Extension: "203", Does: amitest.Unregistered})
				s.AddPhone(amitest.Phone{Extension: "204", Does: amitest.Ignore})
				r := newRoom(t, Options{PerMinute: 100, Timeout: 10 * time.Second})
				r.run(t)
				link(t, s, r.Dialer)

				for phone, want := range map[string]string{"201": "", "202": "busy", "203": "unreachable", "204": "no-answer"} {
					a := anna
					a.Extension = tech + phone
					if want == "" {
						a.Operator = "bert" // who talks on
					}
					id, _ := r.dial(a, "0551234", "")
					r.wants(id, want)
				}
				a := anna
				a.Extension = tech + "201"
				if dialect == amitest.Asterisk22 { // 1.4 does not look
					if _, text := r.dial(a, "77", Refused); !strings.Contains(text, "Extension does not exist.") {
						t.Errorf("%q", text)
					}
				}
				a.Extension = tech + "204"
				id, _ := r.dial(a, "0551234", "")
				if err := s.Cut(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.wants(id, "failed")
			})
		})
	}
}

// link is a link to s that hands d its events, as the tracker does.
func link(t *testing.T, s *amitest.Server, d *Dialer) {
	out := make(chan *pbx.Batch, 100)
	l := asterisk.NewLink(asterisk.Options{Dial: s.Dial, Username: "astcti", Secret: "astcti", Retries: -1}, out)
	d.opt.Exchange = recorder{d.opt.Exchange, l}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	ready := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case b := <-out:
				hand(b, d, ready)
			case <-ctx.Done():
				return
			}
		}
	}()
	<-ready
	t.Cleanup(func() {
		stop()
		<-ended
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func hand(b *pbx.Batch, d *Dialer, ready chan struct{}) {
	defer b.Release()
	for i := range b.Events {
		switch e := &b.Events[i]; {
		case e.Kind == pbx.OriginateResponse, e.Kind == pbx.Hangup && strings.HasPrefix(string(e.Channel.ID), "cti-"):
			d.Originated(e)
		case e.Kind == pbx.LinkDown:
			d.Link(pbx.LinkStateDown)
		case e.Kind == pbx.SyncEnd:
			d.Link(pbx.LinkStateReady)
			select {
			case <-ready:
			default:
				close(ready)
			}
		}
	}
}

// recorder has the test's exchange look at each action, and the link carry it out.
type recorder struct{ look, do Exchange }

func (r recorder) Do(ctx context.Context, a ami.Action) (ami.Answer, error) {
	if answer, err := r.look.Do(ctx, a); err != nil {
		return answer, err
	}
	return r.do.Do(ctx, a)
}

var (
	_ Exchange = (*asterisk.Link)(nil)
	_ Config   = (*config.Live)(nil)
	_          = Options{Post: (*tracker.Tracker)(nil).Post}
)
