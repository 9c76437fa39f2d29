package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// inUse is how soon a new configuration is in use (J2).
const inUse = time.Second

// reconfigured: a configuration applied during a call is in use within a second,
// and neither the call nor a client notices.
func reconfigured(w *world, ada, grace *agent) {
	if _, err := signIn(w.ctx, w, site.Linus); err == nil {
		w.t.Fatal("linus is signed in, and is not configured yet")
	}
	c := w.dial("101", "")
	ringing, other := ada.rings(), grace.rings()
	w.soon(ringing.Answer)
	ada.popped(site.Support)
	w.ended(other)

	out, err := w.server.Apply(w.ctx, site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML())
	w.must(err)
	applied := time.Now()
	w.seatKnown(site.Linus.MAC)
	if took := time.Since(applied); took > inUse {
		w.t.Errorf("the new configuration was in use after %v", took)
	}
	linus, err := signIn(w.ctx, w, site.Linus)
	w.must(err)
	defer linus.Close()
	files, err := published(w.server)
	w.must(err)
	if newest := filepath.Base(files[len(files)-1]); !strings.Contains(out, newest) {
		w.t.Errorf("config apply printed %q, the newest file is %s", out, newest)
	}

	if got, err := w.desktop.Command(w.ctx, "NOOP"); got != "100 OK" || err != nil {
		w.t.Errorf("ada's program after the change: %q, %v", got, err)
	}
	if n := ada.count("Link"); n != 1 {
		w.t.Errorf("%d Links after the change, want the 1 of before", n)
	}
	w.hangUp(c)
	w.ended(ringing)
	ada.links(1)
	grace.links(0)
}

// seatKnown waits until the server knows a seat: that is told before any password
// is asked for, and as fast.
func (w *world) seatKnown(mac string) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	w.soon(func(ctx context.Context) error {
		for {
			c, err := client.Dial(ctx, w.server.TCP)
			if err != nil {
				return err
			}
			got, err := c.Command(ctx, "MAC "+mac)
			c.Close()
			if err != nil || got == "100 OK" {
				return err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("seat %s: %s: %w", mac, got, ctx.Err())
			}
		}
	})
}

func signIn(ctx context.Context, w *world, a site.Agent) (*client.Desktop, error) {
	c, err := client.Dial(ctx, w.server.TCP)
	if err != nil {
		return nil, err
	}
	// The seat first, as row D1 allows.
	got, err := c.Command(ctx, "MAC "+a.MAC)
	if err == nil && got != "100 OK" {
		err = errors.New(got)
	}
	if err == nil {
		err = c.SignInAt(ctx, a.User, a.Password)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// badConfiguration: a file that is no configuration is refused with its reason,
// and the old one stays in use.
func badConfiguration(w *world, ada, grace *agent) {
	for name, text := range map[string]string{
		"zz-broken.xml":    "<asteriskcti version=\"1\">\n<services>\n<service name=",
		"zz-faulty.xml":    "<asteriskcti version=\"1\"><services><service name=\"X\" context=\"\" type=\"sideways\" trigger=\"browser\" application=\"ftp://x\" param_string=\"\" enabled=\"true\"/></services></asteriskcti>",
		"zz-broken.sqlite": "SQLite format 3\x00 and then nothing of the kind",
	} {
		mark := w.server.Log.Mark()
		w.must(os.WriteFile(filepath.Join(w.server.Published(), name), []byte(text), 0o600))
		w.soon(func(ctx context.Context) error {
			line, _, err := w.server.Log.Wait(ctx, mark, func(l string) bool { return strings.Contains(l, name) })
			if err == nil {
				w.t.Logf("refused: %s", line)
			}
			return err
		})
		w.must(os.Remove(filepath.Join(w.server.Published(), name)))
	}
	answered(w, "101", site.Support, ada, grace)
}

// reborn: Asterisk dies in the middle of a call. The agents see it, the call ends
// for them, and after its return the next call pops: once.
func reborn(w *world, ada, grace *agent) {
	c := w.dial("101", "")
	ringing, other := ada.rings(), grace.rings()
	w.soon(ringing.Answer)
	ada.popped(site.Support)
	w.ended(other)
	w.watch.Close()
	w.ast.Kill()
	link := func(state string) {
		w.t.Helper()
		w.soon(func(ctx context.Context) error {
			_, _, err := grace.events.Wait(ctx, grace.mark, func(e client.Event) bool { return e.ID == "link" && e.State == state })
			return err
		})
	}
	link("down")
	w.soon(func(ctx context.Context) error {
		return w.server.Answers(ctx, "/readyz", func(status int, _ string) bool { return status == 503 })
	})
	w.must(w.ast.Restart(w.ctx))
	link("ready")
	w.soon(w.server.Ready)
	ada.links(1) // the call is gone, and he has been told
	// The phones notice nothing of all this: they come back as phones do.
	_ = c.Hangup(w.ctx)
	_ = ringing.Hangup(w.ctx)
	var err error
	w.watch, err = w.ast.Watch(w.ctx)
	w.must(err)
	for _, p := range []*phone.Phone{w.caller, ada.phone, grace.phone} {
		w.soon(p.Register)
	}
	ada.mark, grace.mark = ada.events.Mark(), grace.events.Mark()
	answered(w, "102", site.Sales, grace, ada)
}

// otherWays: the link to Asterisk by the secret itself, and over TLS (A1); and over
// TLS to somebody whom the authority does not vouch for.
func otherWays(w *world, _, _ *agent) {
	xml := site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML()
	opt := astcti.Options{AMI: w.ast.AMI.String(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: xml, Auth: "secret"}
	w.soon(serve(w.t, opt).Ready)
	opt = astcti.Options{AMI: w.ast.TLS.String(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: xml, CA: w.ast.CA}
	w.soon(serve(w.t, opt).Ready)
	root := w.ast.Root
	other, err := root.Start(w.ctx, lab.Options{Dir: w.t.TempDir()})
	w.must(err)
	defer func() { w.must(other.Stop()) }()
	opt.CA = other.CA
	unready(w.t, serve(w.t, opt), []string{"certificate"})
}
