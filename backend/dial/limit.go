package dial

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// window counts what happens in a length of time that ends now.
type window struct{ times []time.Time }

// wait is how long it is until less than n have happened within per; 0 when that is so.
func (w *window) wait(now time.Time, n int, per time.Duration) time.Duration {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= per {
		w.times = w.times[1:]
	}
	if len(w.times) < n {
		return 0
	}
	return w.times[len(w.times)-n].Add(per).Sub(now)
}

func (w *window) add(now time.Time) { w.times = append(w.times, now) }

// reserve takes c on, if its operator may call now. It counts even if it should not be made.
func (d *Dialer) reserve(c *call) *Denied {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.opt.Clock()
	a := d.account(c.agent.Operator)
	switch {
	case d.down:
		return &Denied{NoLink, "there is no link to Asterisk"}
	case a.call != nil && a.call.lasts:
		return &Denied{Busy, "hang up your call before, then ask again"}
	case a.call != nil:
		return &Denied{Busy, "your call before has not begun yet"}
	}
	if denied := d.spend(a, now); denied != nil {
		return denied
	}
	a.call = c
	d.calls[c.ID] = c
	d.asking++
	return nil
}

// spend counts one call to a number, if there may be one more. The caller holds mu.
func (d *Dialer) spend(a *account, now time.Time) *Denied {
	perMinute, perHour := d.limits()
	if wait := max(a.minute.wait(now, perMinute, time.Minute), a.hour.wait(now, perHour, time.Hour)); wait > 0 {
		return &Denied{Rate, fmt.Sprintf("%d calls a minute and %d an hour are allowed: wait %s", perMinute, perHour, inWords(wait))}
	}
	a.minute.add(now)
	a.hour.add(now)
	return nil
}

// limits are those of the configuration in use, and of the boot file where it has none.
func (d *Dialer) limits() (perMinute, perHour int) {
	if cfg := d.opt.Config.Now(); cfg != nil {
		perMinute, perHour = cfg.Limits.PerMinute, cfg.Limits.PerHour
	}
	return cmp.Or(perMinute, d.opt.PerMinute), cmp.Or(perHour, d.opt.PerHour)
}

// account is an operator's. The caller holds mu.
func (d *Dialer) account(operator string) *account {
	name := strings.ToLower(operator)
	a := d.accounts[name]
	if a == nil {
		a = &account{}
		d.accounts[name] = a
	}
	return a
}

// inWords rounds up: who waits as long as he is told must not be refused again.
func inWords(wait time.Duration) string {
	n, unit := (wait+time.Second-1)/time.Second, "second"
	if n > 120 {
		n, unit = (wait+time.Minute-1)/time.Minute, "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// maxRefusals is how many refusals of one operator are written down in a minute. Beyond, the
// next line says how many were not: he must not fill the disk by asking.
const maxRefusals = 30

// note writes down that a wish was refused. Nothing is done, so nothing depends on the line.
// event is what was wished for.
func (d *Dialer) note(ctx context.Context, event string, c *call, w Wish, denied *Denied) {
	d.mu.Lock()
	a, now := d.account(c.agent.Operator), d.opt.Clock()
	if a.refusals.wait(now, maxRefusals, time.Minute) > 0 {
		a.unwritten++
		d.mu.Unlock()
		return
	}
	a.refusals.add(now)
	unwritten := a.unwritten
	a.unwritten = 0
	d.mu.Unlock()

	attrs := append(c.attrs(), slog.String("decision", "denied"), slog.String("code", denied.Code), slog.String("why", denied.Text))
	if w.Context != "" {
		attrs = append(attrs, slog.String("context", cut(w.Context)))
	}
	if unwritten > 0 {
		attrs = append(attrs, slog.Int("unwritten", unwritten))
	}
	if err := d.opt.Audit.Log(context.WithoutCancel(ctx), event, attrs...); err != nil {
		d.opt.Log.Error("a refused call cannot be recorded", "operator", c.agent.Operator, "code", denied.Code, "err", err)
	}
}

// attrs are what the audit says of every wish.
func (c *call) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("operator", c.agent.Operator), slog.String("seat", c.agent.SeatMAC), slog.String("phone", c.agent.Extension),
		slog.String("number", cut(c.Number)), slog.String("service", cut(c.Service)),
	}
}

// cut is as much of what a client sent as is needed to know it again.
func cut(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
