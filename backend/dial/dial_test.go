package dial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/audit"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is a Dialer among fakes: an exchange that takes everything on, an audit that keeps
// its lines, and somebody who is told.
type room struct {
	*Dialer
	t    testing.TB
	live config.Live

	mu     sync.Mutex
	sent   []map[string]string // headers of the actions
	answer func(ctx context.Context, n int) (ami.Answer, error)
	lines  []map[string]any
	full   error // why the audit takes nothing

	told chan *pbx.Notice
}

var anna = tracker.Agent{Operator: "anna", SeatMAC: "00:00:00:00:00:01", Extension: "PJSIP/201", Generation: 7}

func newRoom(t testing.TB, o Options, services ...config.Service) *room {
	r := &room{t: t, told: make(chan *pbx.Notice, 100)}
	if services == nil {
		services = []config.Service{{
			Name: "Campaign", Context: "out", Type: config.Outbound, Enabled: true, CallerID: `"ACME" <0551000>`,
			Operators: []config.Assignment{{Username: "anna"}, {Username: "bert"}},
		}}
	}
	r.live.Set(config.New("", services, nil, nil))
	o.Exchange, o.Config, o.Audit = r, &r.live, r
	o.Post = func(_ context.Context, operator string, generation uint64, n *pbx.Notice) error {
		if operator != "anna" && operator != "bert" || generation != 7 {
			t.Errorf("told to %s %d", operator, generation)
		}
		r.told <- n
		return nil
	}
	r.Dialer = New(o)
	return r
}

// run runs the Dialer until the test ends.
func (r *room) run(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func (r *room) Do(ctx context.Context, a ami.Action) (ami.Answer, error) {
	text, err := a.Append(nil, "x")
	if err != nil {
		return ami.Answer{}, err
	}
	h := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\r\n\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		if _, twice := h[name]; twice {
			r.t.Errorf("twice: %q", line)
		}
		h[name] = value
	}
	delete(h, "ActionID")
	r.mu.Lock()
	allowed := len(r.lines) > 0 && r.lines[len(r.lines)-1]["id"] == h["ChannelId"] && r.lines[len(r.lines)-1]["decision"] == "allowed"
	if !allowed || r.lines[len(r.lines)-1]["number"] != h["Exten"] {
		r.t.Errorf("not in the audit: %v", h)
	}
	r.sent = append(r.sent, h)
	n, answer := len(r.sent), r.answer
	r.mu.Unlock()
	if answer != nil {
		return answer(ctx, n)
	}
	return taken(n), nil
}

// taken is the answer to the nth action.
func taken(n int) ami.Answer {
	return answerOf(fmt.Sprintf("Response: Success\r\nActionID: tag-%d\r\nMessage: Originate successfully queued\r\n\r\n", n))
}

func answerOf(text string) ami.Answer {
	m, err := ami.NewReader(strings.NewReader(text)).Next()
	if err != nil {
		return ami.Answer{} // which is not OK
	}
	return ami.AnswerOf(m)
}

func (r *room) Log(ctx context.Context, event string, attrs ...slog.Attr) error {
	line := map[string]any{"event": event}
	for _, a := range attrs {
		line[a.Key] = a.Value.Any()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := errors.Join(r.full, ctx.Err()); err != nil {
		return err
	}
	r.lines = append(r.lines, line)
	return nil
}

// dial asks for a call of a's and wants it refused with code, or made for "".
func (r *room) dial(a tracker.Agent, number, code string) (id, text string) {
	r.t.Helper()
	id, err := r.Originate(r.t.Context(), a, Wish{Number: number})
	var denied *Denied
	switch {
	case err == nil && code == "":
		return id, ""
	case errors.As(err, &denied) && denied.Code == code:
		return "", denied.Text
	}
	r.t.Fatalf("%s: %q, %v; want %q", number, id, err, code)
	return "", ""
}

// end tells how a call began, and wants that told.
func (r *room) end(id, value string, reason int, want string) {
	r.t.Helper()
	r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Value: value, Number: reason})
	r.wants(id, want)
}

// hangUp ends the agent's part of a call.
func (r *room) hangUp(id string) {
	r.Originated(&pbx.Event{Kind: pbx.Hangup, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Number: 16})
}

// wants is the next notice: the reason, "" for success.
func (r *room) wants(id, reason string) string {
	r.t.Helper()
	var n *pbx.Notice
	select {
	case n = <-r.told:
	case <-time.After(10 * time.Minute):
		r.t.Fatalf("nothing is told of %s", id)
	}
	o := n.Originate
	if n.ID != pbx.NoticeOriginate || o.ID != id || o.Reason != reason || o.OK != (reason == "") || (o.Text == "") != o.OK || o.Service != "Campaign" {
		r.t.Fatalf("told %+v; want %s %q", o, id, reason)
	}
	return o.Text
}

// TestOriginate holds what Asterisk and the audit are told, and nothing else.
func TestOriginate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Timeout: 20 * time.Second})
		r.run(t)
		id, err := r.Originate(t.Context(), anna, Wish{Number: "0551234", Context: "out", Service: "campaign"})
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^cti-[A-Z2-7]{26}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		want := map[string]string{
			"Action": "Originate", "Channel": "PJSIP/201", "Context": "out", "Exten": "0551234", "Priority": "1", "Async": "true",
			"CallerID": `"ACME" <0551000>`, "Timeout": "20000", "ChannelId": id,
		}
		if !maps.Equal(r.sent[0], want) {
			t.Errorf("sent %v", r.sent[0])
		}
		line := map[string]any{
			"event": "originate", "operator": "anna", "seat": anna.SeatMAC, "phone": "PJSIP/201", "number": "0551234",
			"service": "Campaign", "decision": "allowed", "id": id,
		}
		if !maps.Equal(r.lines[0], line) {
			t.Errorf("audit %v", r.lines[0])
		}
		select {
		case n := <-r.told:
			t.Errorf("told %+v", n.Originate)
		default:
		}
		r.end(id, "Success", 4, "")
	})
}

// TestRefused holds that a refused wish is in the audit with its reason, and not in Asterisk.
func TestRefused(t *testing.T) {
	r := newRoom(t, Options{})
	hostile := strings.Repeat("x", 5000) + "\r\n"
	for _, c := range []struct {
		a    tracker.Agent
		w    Wish
		code string
	}{
		{anna, Wish{Number: "+390551234"}, Policy},
		{anna, Wish{Number: "0551234\r\nApplication: System"}, BadNumber},
		{anna, Wish{Number: hostile}, BadNumber},
		{anna, Wish{Number: "0551234", Context: "from-internal"}, NoService},
		{anna, Wish{Number: "0551234", Service: hostile}, NoService},
		{tracker.Agent{Operator: "carl", Extension: "PJSIP/203"}, Wish{Number: "0551234"}, NoService},
		{tracker.Agent{Operator: "anna"}, Wish{Number: "0551234"}, Refused},
		{tracker.Agent{Operator: "anna", Extension: "PJSIP/201&PJSIP/202"}, Wish{Number: "0551234"}, Refused},
	} {
		r.lines = nil
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // by going away nobody hides what he tried
		_, err := r.Originate(ctx, c.a, c.w)
		var denied *Denied
		if !errors.As(err, &denied) || denied.Code != c.code || denied.Text == "" {
			t.Errorf("%.50q: %v", c.w, err)
			continue
		}
		if len(r.lines) != 1 || r.lines[0]["decision"] != "denied" || r.lines[0]["code"] != c.code || r.lines[0]["why"] != denied.Text {
			t.Errorf("%.50q: audit %.300v", c.w, r.lines)
		}
		if b, err := json.Marshal(r.lines); err != nil || len(b) > 1000 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
	if len(r.sent) > 0 {
		t.Errorf("sent %v", r.sent)
	}
}

// TestNoAudit holds that what cannot be recorded is not done.
func TestNoAudit(t *testing.T) {
	r := newRoom(t, Options{})
	r.full = errors.New("no space left on device")
	r.dial(anna, "0551234", Refused)
	r.dial(anna, "+39055", Policy)
	if len(r.sent) > 0 {
		t.Errorf("sent %v", r.sent)
	}
	r.full = nil
	r.dial(anna, "0551234", "") // and the place is free again
}

// TestSettling holds that a hang-up which comes a little after OriginateResponse, or before
// it, says why; and that nobody waits for one where the reason is known.
func TestSettling(t *testing.T) {
	for _, c := range []struct {
		reason int
		hangup time.Duration // after OriginateResponse
		want   string
		told   time.Duration // after OriginateResponse
	}{
		{0, 200 * time.Millisecond, "rejected", 200 * time.Millisecond},
		{0, -time.Second, "rejected", 0},
		{0, time.Second, "unreachable", settling},
		{reasonCongestion, 200 * time.Millisecond, "rejected", 200 * time.Millisecond},
		{reasonRinging, time.Second, "no-answer", 0},
		{reasonBusy, time.Second, "busy", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, Options{})
			r.run(t)
			id, _ := r.dial(anna, "0551234", "")
			begin := time.Now().Add(2 * time.Second)
			leg := pbx.Leg{ID: pbx.ChannelID(id)}
			response := time.AfterFunc(2*time.Second, func() {
				r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: leg, Value: "Failure", Number: c.reason})
			})
			hangup := time.AfterFunc(2*time.Second+c.hangup, func() { r.Originated(&pbx.Event{Kind: pbx.Hangup, Channel: leg, Number: 21}) })
			defer response.Stop()
			defer hangup.Stop()
			r.wants(id, c.want)
			if took := time.Since(begin); took != c.told {
				t.Errorf("%+v: told after %v", c, took)
			}
		})
	}
}

// TestLink holds that the loss of the link ends what is waited for, and that nobody calls
// without one.
func TestLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.run(t)
		r.Link(pbx.LinkStateReady)
		id, _ := r.dial(anna, "0551234", "")
		r.Link(pbx.LinkStateDown)
		r.Link(pbx.LinkStateSyncing)
		if text := r.wants(id, "failed"); !strings.Contains(text, "link") {
			t.Errorf("%q", text)
		}
		r.Link(pbx.LinkStateDown)
		r.dial(anna, "0551234", NoLink)
		r.Link(pbx.LinkStateReady)
		id, _ = r.dial(anna, "0551234", "")
		r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Channel: pbx.Leg{ID: pbx.ChannelID(id)}, Value: "Failure", Number: reasonCongestion})
		r.Link(pbx.LinkStateDown) // it waits for the hang-up only
		r.wants(id, "congestion")
		if len(r.sent) != 2 {
			t.Errorf("sent %v", r.sent)
		}
	})
}

// TestAnswers holds what Asterisk's answer to the action means.
func TestAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{PerMinute: 100})
		r.run(t)
		for _, c := range []struct {
			name, code, text string
			answer           func(ctx context.Context, n int) (ami.Answer, error)
		}{
			{"refused", Refused, "Asterisk refuses the call: Extension does not exist.", func(context.Context, int) (ami.Answer, error) {
				return ami.Answer{}, &ami.RefusedError{Action: "Originate", Message: "Extension does not exist."}
			}},
			{"an error that is no Go error", Refused, "Asterisk refuses the call: Invalid channel", func(context.Context, int) (ami.Answer, error) {
				return answerOf("Response: Error\r\nMessage: Invalid channel\r\n\r\n"), nil
			}},
			{"no link", NoLink, "there is no link to Asterisk", func(context.Context, int) (ami.Answer, error) {
				return ami.Answer{}, asterisk.ErrDown
			}},
			{"link lost", Unanswered, "Asterisk does not answer: whether your telephone will ring is not known", func(context.Context, int) (ami.Answer, error) {
				return ami.Answer{}, fmt.Errorf("%w: %w", ami.ErrClosed, io.EOF)
			}},
			{"silence", Unanswered, "Asterisk does not answer: whether your telephone will ring is not known", func(ctx context.Context, _ int) (ami.Answer, error) {
				<-ctx.Done()
				return ami.Answer{}, ctx.Err()
			}},
			{"what cannot be sent", Refused, "Asterisk cannot be told of the call: its CallerID cannot be sent", func(context.Context, int) (ami.Answer, error) {
				return ami.Answer{}, &ami.ValueError{Action: "Originate", Header: "CallerID", Why: "x"}
			}},
		} {
			r.answer = c.answer
			if _, text := r.dial(anna, "0551234", c.code); text != c.text {
				t.Errorf("%s: %q", c.name, text)
			}
		}
		r.answer = nil
		id, _ := r.dial(anna, "0551234", "") // the place is free
		r.end(id, "Success", 4, "")
	})
}

// TestEarly holds that an OriginateResponse may come before the answer to the action, from an
// Asterisk that takes our id for the channel and from one that does not; and that even then
// it is told after the answer.
func TestEarly(t *testing.T) {
	for _, ours := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, Options{})
			r.run(t)
			r.answer = func(_ context.Context, n int) (ami.Answer, error) {
				e := pbx.Event{Kind: pbx.OriginateResponse, Text: fmt.Sprintf("tag-%d", n), Value: "Failure", Number: reasonBusy}
				if ours {
					e.Text, e.Channel.ID = "", pbx.ChannelID(r.sent[n-1]["ChannelId"])
				}
				r.Originated(&e)
				r.Originated(&pbx.Event{Kind: pbx.OriginateResponse, Text: "of another", Value: "Success"})
				synctest.Wait()
				return taken(n), nil
			}
			id, _ := r.dial(anna, "0551234", "")
			synctest.Wait()
			select {
			case n := <-r.told:
				t.Errorf("told at once: %+v", n.Originate)
			default:
			}
			r.wants(id, "busy")
			if len(r.early)+r.asking != 0 {
				t.Errorf("%v is kept", r.early)
			}
		})
	}
}

// TestGone holds that a call is made, or not, whoever goes away meanwhile.
func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.run(t)
		ctx, cancel := context.WithCancel(t.Context())
		r.answer = func(ctx context.Context, n int) (ami.Answer, error) {
			cancel()
			return taken(n), ctx.Err()
		}
		id, err := r.Originate(ctx, anna, Wish{Number: "0551234"})
		if err != nil {
			t.Fatal(err)
		}
		r.end(id, "Success", 4, "")
		r.hangUp(id)
		if _, err := r.Originate(ctx, anna, Wish{Number: "0551234"}); err == nil || len(r.sent) != 1 {
			t.Errorf("%v, sent %v", err, r.sent)
		}
	})
}

// TestRefusalsAreCounted holds that nobody fills the disk by asking.
func TestRefusalsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		for range 1000 {
			r.dial(anna, "+39055", Policy)
		}
		if len(r.lines) != maxRefusals {
			t.Errorf("%d lines", len(r.lines))
		}
		<-time.After(time.Minute)
		r.dial(anna, "+39055", Policy)
		if got := r.lines[len(r.lines)-1]["unwritten"]; got != int64(1000-maxRefusals) {
			t.Errorf("%v unwritten", got)
		}
	})
}

// TestTogether asks for calls from everywhere at once, with a real audit: none is made beside
// another of the same operator, and each is in the audit.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	file, err := audit.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := newRoom(t, Options{})
	r.opt.Audit = both{r, file}
	r.run(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := r.Originate(t.Context(), anna, Wish{Number: "0551234"})
			var denied *Denied
			if err != nil && (!errors.As(err, &denied) || denied.Code != Busy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(r.sent) != 1 || len(r.lines) != 20 {
		t.Errorf("%d calls, %d lines", len(r.sent), len(r.lines))
	}
}

type both struct{ a, b Audit }

func (b both) Log(ctx context.Context, event string, attrs ...slog.Attr) error {
	return errors.Join(b.b.Log(ctx, event, attrs...), b.a.Log(ctx, event, attrs...))
}

// FuzzOriginate holds that Asterisk is never asked for a call whose number does not conform,
// nor for one that is not in the audit (Do looks), nor told anything else of the client's.
func FuzzOriginate(f *testing.F) {
	for _, number := range []string{"0551234", "+39055", "*72900", "201\r\nApplication: System", "201&PJSIP/itsp/1", "1,SECRET=1", "2\x00"} {
		f.Add(number, "", "Campaign", "", "", true)
		f.Add(number, "out", "", "0 + * 2", "1", true)
		f.Add(number, "out\r\nVariable: x=1", "Campaign\n", "2", "", false)
	}
	f.Fuzz(func(t *testing.T, number, dialplan, service, allow, deny string, audit bool) {
		r := newRoom(t, Options{}, config.Service{
			Name: "Campaign", Context: "out", Type: config.Outbound, Enabled: true, Allow: prefixes(allow), Deny: prefixes(deny),
			Operators: []config.Assignment{{Username: "anna"}},
		})
		if !audit {
			r.full = errors.New("full")
		}
		id, err := r.Originate(t.Context(), anna, Wish{number, dialplan, service})
		if (err == nil) != (len(r.sent) == 1) || err == nil && !audit {
			t.Fatalf("%q, %v: sent %v", id, err, r.sent)
		}
		if err != nil {
			return
		}
		want := map[string]string{
			"Action": "Originate", "Channel": "PJSIP/201", "Context": "out", "Exten": number, "Priority": "1", "Async": "true",
			"Timeout": "30000", "ChannelId": id,
		}
		if !maps.Equal(r.sent[0], want) || !grammar.MatchString(number) || verdict(prefixes(allow), prefixes(deny), Site{}, number) != "." {
			t.Fatalf("sent %q", r.sent[0])
		}
	})
}
