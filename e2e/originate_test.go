package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// perMinute is how many calls an agent may place in a minute.
const perMinute = 8

// TestOriginate has agents call out: their telephone first, then the number; and what they
// may not call is never asked of Asterisk.
func TestOriginate(t *testing.T) {
	for _, opt := range []struct {
		version        int
		tech, encoding string
	}{{22, lab.PJSIP, client.JSON}, {16, lab.PJSIP, client.XML}, {16, lab.SIP, client.JSON}} {
		t.Run(fmt.Sprint("asterisk ", opt.version, " ", opt.tech), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, opt.version, opt.tech, opt.encoding, fmt.Sprintf("originate:\n  timeout: 5s\n  per_minute: %d\n", perMinute))
			d, b := f.desktop(site.Ada), f.browser(site.Grace)
			for _, user := range []string{"201", "202", "300"} {
				f.Phone(user)
			}
			f.run("by the line protocol", func(f *floor) { callsOut(f, d) })
			f.run("by browser", func(f *floor) { callsOutByBrowser(f, b) })
			f.run("the agent's telephone is busy", func(f *floor) { fails(f, d, phone.Busy(), "busy", "your telephone is busy") })
			if opt.tech == lab.SIP {
				return
			}
			f.run("the agent's telephone rejects", func(f *floor) { fails(f, d, phone.Decline(), "rejected", "your telephone rejected the call") })
			f.run("the agent does not answer", func(f *floor) { fails(f, d, phone.Ring(), "no-answer", "your telephone did not answer") })
			f.run("the agent's telephone is not there", unreachable)
			f.run("the number is busy", func(f *floor) { numberBusy(f, d) })
			f.run("the same call twice", func(f *floor) { onlyOne(f, d) })
			f.run("what may not be called", func(f *floor) { notCalled(f, d, b) })
			f.run("too many calls", tooMany)
		})
	}
}

// originates are the calls that were asked of Asterisk.
func (f *floor) originates() int { return strings.Count(f.cable.Said(), "Action: Originate\r\n") }

// record is one line of the audit.
type record struct {
	Event, Operator, Phone, Number, Service, Decision, Code, ID string
}

// audit are the calls in the audit of one number, in their order.
func (f *floor) audit(number string) (list []record) {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.server.Data(), "audit.jsonl"))
	f.Must(err)
	for line := range strings.Lines(string(text)) {
		var r record
		f.Must(json.Unmarshal([]byte(line), &r))
		if r.Event == "originate" && r.Number == number {
			list = append(list, r)
		}
	}
	return list
}

// began waits until an agent is told how his call began.
func (f *floor) began(d *client.Desktop, mark int) client.Event {
	f.t.Helper()
	e, _, err := d.Events.Wait(f.Soon(), mark, client.Is("originate"))
	f.Must(err)
	return e
}

// pops are the addresses that an agent's events open.
func pops(events []client.Event) (list []string) {
	for _, e := range events {
		if e.URL != "" {
			list = append(list, e.ID+" "+e.Service+" "+e.URL)
		}
	}
	return list
}

// campaign is the pop of a call to 300.
const campaign = "Link Campaign " + customer + "?n=300&d=ref300"

func callsOut(f *floor, d *client.Desktop) {
	f.answers(d, "CONTEXTS", "100 OK "+lab.OutboundContext)
	mark, asked := d.Events.Mark(), f.Watch.Mark()
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
	a := f.Rings("201")
	if n := len(f.audit("300")); n != 1 {
		f.t.Errorf("%d lines of the audit when the telephone rings, want 1", n)
	}
	f.answered(asked, a, "201")
	_, _, err := d.Events.Wait(f.Soon(), mark, client.Is("Hangup"))
	f.Must(err)
	if got := pops(d.Events.Since(mark)); strings.Join(got, "; ") != campaign {
		f.t.Errorf("pops %q, want %q", got, campaign)
	}
	e := f.began(d, mark)
	lines := f.audit("300")
	if r := lines[0]; r.ID == "" || r.ID != e.Ref || r.Decision != "allowed" || r.Operator != site.Ada.User || r.Phone != f.dev(site.Ada) || r.Service != "Campaign" {
		f.t.Errorf("the audit has %+v of call %s", r, e.Ref)
	}
	if !e.OK || e.Reason != "" {
		f.t.Errorf("the call began with %.300s", e.Raw)
	}
}

// answered is a call out, asked for behind mark, that both sides answer, the agent first;
// then the number puts down.
func (f *floor) answered(mark int, a *phone.Call, agent string) {
	f.t.Helper()
	if n := f.Watch.Count(mark, func(e lab.Event) bool {
		return e["Event"] == "Newchannel" && strings.HasPrefix(e["Channel"], f.Dev("300")+"-")
	}); n != 0 {
		f.t.Error("the number is called before the agent has answered")
	}
	f.Must(a.Answer(f.Soon()))
	c := f.Rings("300")
	if c.Name != "Lab" || c.Number != "0551000" {
		f.t.Errorf("the number sees %q <%s>, want what is configured", c.Name, c.Number)
	}
	f.Must(c.Answer(f.Soon()))
	f.Talk("300", agent)
	f.HangUp(c)
	f.Ended(a)
}

func callsOutByBrowser(f *floor, b *client.Browser) {
	mark, asked := b.Events.Mark(), f.Watch.Mark()
	id := f.asks(b, "originate", "number", "300", "service", "Campaign").Call
	if !strings.HasPrefix(id, "cti-") {
		f.t.Errorf("the reply's call is %q", id)
	}
	f.answered(asked, f.Rings("202"), "202")
	e := f.sees(b, mark, func(e client.Event) bool { return e.ID == "originate" && e.Ref == id })
	if !e.OK {
		f.t.Errorf("the call began with %.300s", e.Raw)
	}
	f.sees(b, mark, client.Is("Hangup"))
	if got := pops(b.Events.Since(mark)); strings.Join(got, "; ") != campaign {
		f.t.Errorf("pops %q, want %q", got, campaign)
	}
	if lines := f.audit("300"); lines[len(lines)-1].ID != id || lines[len(lines)-1].Operator != site.Grace.User {
		f.t.Errorf("the audit has %+v of call %s", lines, id)
	}
}

// fails: the agent's own telephone does not take the call.
func fails(f *floor, d *client.Desktop, policy phone.Policy, reason, text string) {
	f.Phone("201").SetPolicy(policy)
	defer f.Phone("201").SetPolicy(phone.Ring())
	mark := d.Events.Mark()
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
	if e := f.began(d, mark); e.OK || e.Reason != reason || e.Text != text {
		f.t.Errorf("told %.300s, want %s: %s", e.Raw, reason, text)
	}
	f.Phone("201").Forget()
	f.Must(f.Watch.Quiet(f.Soon()))
	if got := pops(d.Events.Since(mark)); len(got) != 0 {
		f.t.Errorf("pops %q", got)
	}
}

func unreachable(f *floor) {
	d := f.desktop(jean)
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
	if e := f.began(d, 0); e.OK || e.Reason != "unreachable" || e.Text != "your telephone cannot be reached" {
		f.t.Errorf("told %.300s", e.Raw)
	}
	f.answers(d, "QUIT", "900 OK")
}

// numberBusy: the agent has answered, and the number is busy: that is the call's own end.
func numberBusy(f *floor, d *client.Desktop) {
	f.Phone("300").SetPolicy(phone.Busy())
	defer f.Phone("300").SetPolicy(phone.Ring())
	mark := d.Events.Mark()
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
	a := f.Rings("201")
	f.Must(a.Answer(f.Soon()))
	f.Ended(a)
	if e := f.began(d, mark); !e.OK {
		f.t.Errorf("told %.300s", e.Raw)
	}
	_, _, err := d.Events.Wait(f.Soon(), mark, client.Is("Hangup"))
	f.Must(err)
	if got := pops(d.Events.Since(mark)); len(got) != 0 {
		f.t.Errorf("pops %q", got)
	}
	f.Phone("300").Forget()
}

// onlyOne: while the agent's telephone rings, he asks for no other call.
func onlyOne(f *floor, d *client.Desktop) {
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
	a := f.Rings("201")
	asked := f.originates()
	f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "101 KO your call before has not begun yet")
	if f.originates() != asked {
		f.t.Error("Asterisk was asked for a second call")
	}
	f.Must(a.Refuse(f.Soon(), phone.Decline()))
	f.Must(f.Watch.Quiet(f.Soon()))
}

// notCalled: nothing of this reaches Asterisk.
func notCalled(f *floor, d *client.Desktop, b *client.Browser) {
	asked := f.originates()
	const number, policy = "number", "policy"
	for _, one := range []struct{ number, code, why string }{
		{"331234", policy, "begin with 33"},
		{"+44551234", policy, "abroad"},
		{"0044551234", policy, "abroad"},
		{"0900123", policy, "premium"},
		{"*72300", policy, "* or #"},
		{"300&PJSIP/202", number, "not a number"},
		{"300,1,System", number, "not a number"},
		{"${EXTEN}", number, "not a number"},
		{strings.Repeat("1", 25), number, "not a number"},
		{"h", number, "not a number"},
	} {
		got, err := d.Command(f.Soon(), "ORIG "+one.number+" "+lab.OutboundContext+" 1")
		f.Must(err)
		if !strings.HasPrefix(got, "101 KO ") || !strings.Contains(got, one.why) {
			f.t.Errorf("ORIG %s was answered with %q", one.number, got)
		}
		f.refused(b, one.code, "originate", "number", one.number, "service", "Campaign")
		if lines := f.audit(one.number); len(lines) != 2 || lines[0].Decision != "denied" || lines[0].Code != one.code || lines[0].ID != "" {
			f.t.Errorf("the audit has %+v of %s", lines, one.number)
		}
		f.answers(d, "NOOP", "100 OK") // ten refusals in a row are too many
	}
	f.refused(b, number, "originate", "number", "300\r\nChannel: Local/1@internal", "service", "Campaign")
	f.refused(b, "no-service", "originate", "number", "300", "service", "Other")
	for _, line := range []string{"ORIG 300 internal 1", "ORIG 300 from-phones 1", "ORIG 300 " + lab.OutboundContext + " 0", "ORIG 300 " + lab.OutboundContext + " -1", "ORIG 300"} {
		if got, err := d.Command(f.Soon(), line); err != nil || !strings.HasPrefix(got, "101 KO ") {
			f.t.Errorf("%s was answered with %q, %v", line, got, err)
		}
	}
	f.answers(d, "PAUSE OUT", "300 OK") // whatever was asked before has gone out
	if n := f.originates() - asked; n != 0 {
		f.t.Errorf("Asterisk was asked for %d calls", n)
	}
}

func tooMany(f *floor) {
	p := f.Phone("203")
	p.SetPolicy(phone.Busy())
	d := f.desktop(site.Linus)
	asked := f.originates()
	began := time.Now()
	for range perMinute {
		mark := d.Events.Mark()
		f.answers(d, "ORIG 300 "+lab.OutboundContext+" 1", "100 OK")
		f.began(d, mark)
	}
	got, err := d.Command(f.Soon(), "ORIG 300 "+lab.OutboundContext+" 1")
	f.Must(err)
	if time.Since(began) > 50*time.Second {
		f.t.Skip("too slow a machine for so many calls in a minute")
	}
	if !strings.HasPrefix(got, fmt.Sprintf("101 KO %d calls a minute", perMinute)) {
		f.t.Errorf("one call too many was answered with %q", got)
	}
	if n := f.originates() - asked; n != perMinute {
		f.t.Errorf("Asterisk was asked for %d calls, want %d", n, perMinute)
	}
	f.answers(d, "QUIT", "900 OK")
}
