package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

const (
	customer = "http://127.0.0.1:9/customer" // never fetched by these tests
	digits   = "12345"
	// patience is for anything that should happen at once, on a slow machine.
	patience = 20 * time.Second
)

// world is one Asterisk with its phones, one server, and two agents at work: ada
// with a desktop program, grace with a browser.
type world struct {
	t       *testing.T
	ctx     context.Context
	log     *slog.Logger
	ast     *lab.Asterisk
	watch   *lab.Watch
	server  *astcti.Server
	caller  *phone.Phone
	desktop *client.Desktop
	browser *client.Browser
	agents  []*agent
	made    *[]*phone.Call // by the running story
}

// agent is one of the two, whichever client he uses.
type agent struct {
	site.Agent
	w      *world
	phone  *phone.Phone
	events interface {
		Mark() int
		Since(int) []client.Event
		Wait(context.Context, int, func(client.Event) bool) (client.Event, int, error)
		Count(int, func(client.Event) bool) int
	}
	mark  int // what is asked for is looked for behind it
	began int // where the running story began
}

// newWorld opens a world; grace's browser speaks one of the two encodings.
func newWorld(t *testing.T, version int, encoding string) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), log: quietLog(t)}
	root, err := lab.Prepare(w.ctx, version, w.log)
	w.must(err)
	w.ast, err = root.Start(w.ctx, lab.Options{Dir: t.TempDir()})
	w.must(err)
	t.Cleanup(func() {
		if err := w.ast.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("Asterisk %s:\n%s", root.Released, w.ast.Log())
		}
	})
	w.watch, err = w.ast.Watch(w.ctx)
	w.must(err)
	t.Cleanup(w.watch.Close)
	w.server = serve(t, astcti.Options{
		AMI: w.ast.AMI.String(), User: lab.ManagerUser, Secret: lab.ManagerSecret,
		XML: site.Site{Customer: customer, Target: "window", Agents: []site.Agent{site.Ada, site.Grace}}.XML(),
	})
	w.soon(func(ctx context.Context) error { return w.server.Ready(ctx) })
	w.caller = w.register("200")
	w.signIn(encoding)
	return w
}

// serve starts a server and stops it with the test.
func serve(t *testing.T, opt astcti.Options) *astcti.Server {
	t.Helper()
	opt.Dir = t.TempDir()
	s, err := astcti.Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if t.Failed() {
			t.Logf("server:\n%s", s.Said())
		}
	})
	return s
}

func (w *world) register(user string) *phone.Phone {
	w.t.Helper()
	var p *phone.Phone
	w.soon(func(ctx context.Context) (err error) {
		p, err = phone.Register(ctx, phone.Account{Server: w.ast.SIP, User: user, Password: lab.PhonePassword(user)}, w.log)
		return err
	})
	w.t.Cleanup(p.Close)
	return p
}

func (w *world) signIn(encoding string) {
	w.t.Helper()
	w.soon(func(ctx context.Context) (err error) {
		if w.desktop, err = client.Dial(ctx, w.server.TCP); err != nil {
			return err
		}
		return w.desktop.SignIn(ctx, site.Ada.User, site.Ada.Password, site.Ada.MAC)
	})
	w.t.Cleanup(w.desktop.Close)
	w.soon(func(ctx context.Context) (err error) {
		w.browser, err = client.Open(ctx, w.server.HTTP, site.Grace.User, site.Grace.Password, site.Grace.Phone(), encoding)
		return err
	})
	w.t.Cleanup(w.browser.Close)
	w.agents = []*agent{
		{Agent: site.Ada, w: w, phone: w.register(site.Ada.Phone()), events: w.desktop.Events},
		{Agent: site.Grace, w: w, phone: w.register(site.Grace.Phone()), events: w.browser.Events},
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// soon does what must succeed at once, with a deadline.
func (w *world) soon(do func(context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	w.must(do(ctx))
}

// story runs one story in the world of a version, and then waits until its calls
// are over and everybody has been told so. Stories of a world run one after the
// other.
func (w *world) story(name string, tell func(w *world, ada, grace *agent)) {
	w.t.Run(name, func(t *testing.T) {
		here := *w
		here.t = t
		var cancel context.CancelFunc
		here.ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
		here.made = &[]*phone.Call{}
		var two []*agent
		for _, a := range w.agents {
			b := *a
			b.w, b.mark, b.began = &here, a.events.Mark(), a.events.Mark()
			b.phone.SetPolicy(phone.Ring())
			b.phone.Forget()
			two = append(two, &b)
		}
		t.Cleanup(func() {
			defer cancel()
			here.finish(two)
		})
		here.awake()
		tell(&here, two[0], two[1])
	})
}

// awake keeps the desktop client from being taken for dead (E6).
func (w *world) awake() {
	w.t.Helper()
	w.soon(func(ctx context.Context) error {
		got, err := w.desktop.Command(ctx, "NOOP")
		if err == nil && got != "100 OK" {
			err = fmt.Errorf("NOOP was answered with %q", got)
		}
		return err
	})
}

// finish ends what a story has left, however it went.
func (w *world) finish(agents []*agent) {
	for _, c := range *w.made {
		_ = c.Hangup(w.ctx) // over already, mostly
	}
	w.soon(w.watch.Quiet)
	for _, a := range agents {
		a.settled()
		a.numbered()
	}
	if w.t.Failed() {
		for _, a := range agents {
			for _, e := range a.events.Since(a.began) {
				w.t.Logf("%s: %.600s", a.User, e.Raw)
			}
		}
	}
}

// dial calls a number and returns when it has answered and the digits are keyed.
func (w *world) dial(number, name string) *phone.Call {
	w.t.Helper()
	c := w.call(number, name)
	w.soon(func(ctx context.Context) error { return c.Digits(ctx, digits) })
	return c
}

// call calls a number and returns when it has answered.
func (w *world) call(number, name string) *phone.Call {
	w.t.Helper()
	var c *phone.Call
	w.soon(func(ctx context.Context) (err error) {
		if c, err = w.caller.Dial(ctx, number, name); err != nil {
			return err
		}
		*w.made = append(*w.made, c)
		return c.Wait(ctx, phone.Up)
	})
	return c
}

func (w *world) hangUp(c *phone.Call) {
	w.t.Helper()
	w.soon(c.Hangup)
}

// ended waits until a call is over.
func (w *world) ended(c *phone.Call) {
	w.t.Helper()
	w.soon(func(ctx context.Context) error { return c.Wait(ctx, phone.Ended) })
}

// rings waits until the agent's phone rings.
func (a *agent) rings() *phone.Call {
	a.w.t.Helper()
	var c *phone.Call
	a.w.soon(func(ctx context.Context) (err error) {
		if c, err = a.phone.Next(ctx); err != nil {
			return err
		}
		return c.Wait(ctx, phone.Ringing)
	})
	return c
}

// told waits until the agent has been told an event, in the story or behind mark.
func (a *agent) told(id string) client.Event {
	a.w.t.Helper()
	var e client.Event
	a.w.soon(func(ctx context.Context) (err error) {
		if e, _, err = a.events.Wait(ctx, a.mark, client.Is(id)); err != nil {
			err = fmt.Errorf("%s is not told of a %s: %w", a.User, id, err)
		}
		return err
	})
	return e
}

// count is how often the agent has been told an event in this story.
func (a *agent) count(id string) int { return a.events.Count(a.mark, client.Is(id)) }

// popped checks that the agent, and nobody else, got one Link, and that its action
// carries the caller's digits.
func (a *agent) popped(service string) client.Event {
	a.w.t.Helper()
	link := a.told("Link")
	want := customer + "?number=200&id=" + digits
	if link.URL != want || link.Variables["calldata"] != digits || link.Service != service {
		a.w.t.Errorf("%s: Link has url %q, calldata %q, service %q; want %q, %q, %q", a.User, link.URL, link.Variables["calldata"], link.Service, want, digits, service)
	}
	if link.CallerNumber != "200" {
		a.w.t.Errorf("%s: the caller is %q, want 200", a.User, link.CallerNumber)
	}
	return link
}

// links checks how many Links the agent got in all. Call it when his part of the
// call is over, and he has been told so: nothing can follow then.
func (a *agent) links(want int) {
	a.w.t.Helper()
	a.told("Hangup")
	if n := a.count("Link"); n != want {
		a.w.t.Errorf("%s: %d Links, want %d", a.User, n, want)
	}
	if n := a.count("Hangup"); n != 1 {
		a.w.t.Errorf("%s: %d Hangups, want 1", a.User, n)
	}
}

// settled waits until every call the agent was told of is over for him.
func (a *agent) settled() {
	a.w.t.Helper()
	open := func() map[string]bool {
		calls := map[string]bool{}
		for _, e := range a.events.Since(a.began) {
			if e.Uniqueid != "" {
				calls[e.Uniqueid] = e.ID != "Hangup"
			}
		}
		return calls
	}
	for uniqueid, on := range open() {
		if on {
			a.w.soon(func(ctx context.Context) error {
				_, _, err := a.events.Wait(ctx, a.began, func(e client.Event) bool { return e.ID == "Hangup" && e.Uniqueid == uniqueid })
				return err
			})
		}
	}
}

// numbered checks that the numbers of the agent's events have no gap (F2). What
// tells a state and no event, and is told to browsers only, has the last number.
func (a *agent) numbered() {
	a.w.t.Helper()
	var last uint64
	for _, e := range a.events.Since(0) {
		want := last + 1
		switch e.ID {
		case "agent", "queues", "originate", "link":
			want = last
		case "reply":
			continue
		}
		if last != 0 && e.Seq != want {
			a.w.t.Errorf("%s: %s has number %d after %d", a.User, e.ID, e.Seq, last)
		}
		last = e.Seq
	}
}

func published(s *astcti.Server) ([]string, error) {
	return filepath.Glob(filepath.Join(s.Published(), "*"))
}

func quietLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
