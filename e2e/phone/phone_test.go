package phone_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPhones does with real Asterisk all that a phone can do.
func TestPhones(t *testing.T) {
	for _, version := range []int{16, 22} {
		t.Run(fmt.Sprintf("asterisk %d", version), func(t *testing.T) {
			t.Parallel()
			log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
			root, err := lab.Prepare(t.Context(), version, log)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			b := bench{t: t, ctx: ctx}
			b.start(root, log)
			b.run("digits", b.digits)
			b.run("queue", b.queue)
			b.run("busy", b.busy)
			b.run("caller gives up", b.givesUp)
			b.run("nobody answers", b.nobody)
			b.run("hostile name", b.hostile)
		})
	}
}

// bench is one Asterisk with a caller and two agents' phones.
type bench struct {
	t                     *testing.T
	ctx                   context.Context
	watch                 *lab.Watch
	caller, first, second *phone.Phone
	mark                  int
}

func (b *bench) start(root *lab.Root, log *slog.Logger) {
	t := b.t
	ast, err := root.Start(b.ctx, lab.Options{Dir: t.TempDir()})
	b.must(err)
	t.Cleanup(func() {
		if err := ast.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(ast.Log())
		}
	})
	b.watch, err = ast.Watch(b.ctx)
	b.must(err)
	t.Cleanup(b.watch.Close)
	for user, p := range map[string]**phone.Phone{"200": &b.caller, "201": &b.first, "202": &b.second} {
		*p, err = phone.Register(b.ctx, phone.Account{Server: ast.SIP, User: user, Password: lab.PhonePassword(user)}, log)
		b.must(err)
		t.Cleanup((*p).Close)
	}
}

// run runs one story and waits until its calls are over.
func (b *bench) run(name string, story func()) {
	if b.t.Failed() {
		return
	}
	began := time.Now()
	b.mark = b.watch.Mark()
	for _, p := range []*phone.Phone{b.first, b.second} {
		p.SetPolicy(phone.Ring())
		p.Forget()
	}
	story()
	b.must(b.watch.Quiet(b.ctx))
	b.t.Logf("%s: %v", name, time.Since(began).Round(time.Millisecond))
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// dial calls a service and keys the digits it asks for.
func (b *bench) dial(number, name string) *phone.Call {
	b.t.Helper()
	c, err := b.caller.Dial(b.ctx, number, name)
	b.must(err)
	b.must(c.Wait(b.ctx, phone.Up))
	b.must(c.Digits(b.ctx, "12345"))
	return c
}

func (b *bench) calldata() string {
	b.t.Helper()
	e, _, err := b.watch.Wait(b.ctx, b.mark, func(e lab.Event) bool { return e["Event"] == "VarSet" && e["Variable"] == "calldata" })
	b.must(err)
	return e["Value"]
}

func (b *bench) next(p *phone.Phone) *phone.Call {
	b.t.Helper()
	c, err := p.Next(b.ctx)
	b.must(err)
	b.must(c.Wait(b.ctx, phone.Ringing))
	return c
}

func (b *bench) digits() {
	c := b.dial("101", "Camille Durand")
	if got := b.calldata(); got != "12345" {
		b.t.Errorf("calldata is %q, keyed 12345", got)
	}
	first, second := b.next(b.first), b.next(b.second)
	if first.Name != "Camille Durand" {
		b.t.Errorf("the agent's phone shows %q", first.Name)
	}
	b.must(first.Answer(b.ctx))
	b.must(second.Wait(b.ctx, phone.Ended))
	b.must(c.Hangup(b.ctx))
	b.must(first.Wait(b.ctx, phone.Ended))
}

func (b *bench) queue() {
	c := b.dial("102", "")
	first, second := b.next(b.first), b.next(b.second)
	b.must(second.Answer(b.ctx))
	b.must(first.Wait(b.ctx, phone.Ended))
	b.must(second.Hangup(b.ctx))
	b.must(c.Wait(b.ctx, phone.Ended))
}

func (b *bench) busy() {
	b.first.SetPolicy(phone.Busy())
	b.second.SetPolicy(phone.Decline())
	c := b.dial("101", "")
	b.must(c.Wait(b.ctx, phone.Ended))
}

func (b *bench) givesUp() {
	c := b.dial("101", "")
	first := b.next(b.first)
	b.must(c.Hangup(b.ctx))
	b.must(first.Wait(b.ctx, phone.Ended))
	if _, code := first.State(); code != 487 {
		b.t.Errorf("the agent's phone was told %d, want 487", code)
	}
	// Not yet answered at all: a call from phone to phone.
	c, err := b.caller.Dial(b.ctx, "201", "")
	b.must(err)
	first = b.next(b.first)
	b.must(c.Wait(b.ctx, phone.Ringing))
	b.must(c.Hangup(b.ctx))
	b.must(first.Wait(b.ctx, phone.Ended))
}

func (b *bench) nobody() {
	b.second.SetPolicy(phone.Ignore())
	c := b.dial("111", "")
	b.must(c.Wait(b.ctx, phone.Ended))
}

func (b *bench) hostile() {
	for _, name := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egro.live\u202c", `back\slash`, strings.Repeat("x", 4096)} {
		mark := b.watch.Mark()
		c, err := b.caller.Dial(b.ctx, "201", name)
		b.must(err)
		first := b.next(b.first)
		e, _, err := b.watch.Wait(b.ctx, mark, func(e lab.Event) bool { return e["Event"] == "Newchannel" })
		b.must(err)
		b.t.Logf("%.40q is %.100q on the wire, %.40q on the phone", name, e["CallerIDName"], first.Name)
		b.must(first.Answer(b.ctx))
		b.must(c.Wait(b.ctx, phone.Up))
		b.must(c.Hangup(b.ctx))
		b.must(first.Wait(b.ctx, phone.Ended))
	}
}
