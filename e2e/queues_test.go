package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// TestQueues has agents in real queues: in when they sign in, paused when they wish, and
// out when they go, are cut off, or the server dies.
func TestQueues(t *testing.T) {
	for _, opt := range []struct {
		version        int
		tech, encoding string
	}{{22, lab.PJSIP, client.JSON}, {16, lab.PJSIP, client.XML}, {16, lab.SIP, client.JSON}} {
		t.Run(fmt.Sprint("asterisk ", opt.version, " ", opt.tech), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, opt.version, opt.tech, opt.encoding, fmt.Sprintf("agents:\n  grace: %v\n", grace))
			f.run("in with the penalty, out with QUIT", signsIn)
			f.run("a telephone that Asterisk does not know", unknownPhone)
			f.run("a call through the queue", throughQueue)
			if opt.tech == lab.SIP {
				return
			}
			f.run("pauses", pauses)
			f.run("pauses by browser", pausesByBrowser)
			f.run("one reason after another", reasonChanges)
			f.run("a pause after a call with after-call work", pauseAfterWork)
			f.run("a client that is cut off", cutOff)
			f.run("a client that is killed", killed)
			f.run("a client that comes back", comesBack)
			f.run("a browser that comes back", browserComesBack)
			f.run("a new configuration", newRules)
			f.run("the server stops at once", stopsAtOnce)
			f.run("the server is killed", serverKilled)
			f.run("the server is stopped", serverStopped)
		})
	}
}

// members are a queue's, by telephone.
func (f *floor) members(queue string) map[string]lab.Event {
	f.t.Helper()
	list, err := f.Watch.List(f.Soon(), "QueueStatus", "Queue", queue)
	f.Must(err)
	in := map[string]lab.Event{}
	for _, e := range list {
		if e["Event"] == "QueueMember" {
			in[e["Location"]] = e
		}
	}
	return in
}

// member is what is wanted of an agent in a queue; nil is that he is not in it. Reason is
// that of a pause, "" when he is not paused.
type member struct {
	penalty int
	reason  string
}

func (m *member) String() string {
	if m == nil {
		return "no member"
	}
	return fmt.Sprintf("a member of penalty %d, paused for %q", m.penalty, m.reason)
}

// found is an agent in a queue as Asterisk has him.
func found(e lab.Event) *member {
	if e == nil {
		return nil
	}
	m := &member{reason: e["PausedReason"]}
	_, _ = fmt.Sscan(e["Penalty"], &m.penalty) // 0 when it is none
	switch {
	case e["Paused"] != "1":
		m.reason = ""
	case m.reason == "":
		m.reason = "no reason"
	}
	return m
}

// becomes waits until an agent is in a queue as wanted.
func (f *floor) becomes(queue string, a site.Agent, want *member) {
	f.t.Helper()
	f.until(queue, a, want.String(), func(is *member) bool { return is.String() == want.String() })
}

// until waits until an agent's place in a queue is right: as wanted.
func (f *floor) until(queue string, a site.Agent, wanted string, right func(*member) bool) {
	f.t.Helper()
	late := time.Now().Add(patience)
	for {
		mark := f.Watch.Mark()
		is := found(f.members(queue)[f.dev(a)])
		if right(is) {
			return
		}
		// Until something is said that is none of a list.
		_, _, err := f.Watch.Wait(f.Soon(), mark, func(e lab.Event) bool {
			return strings.HasPrefix(e["Event"], "QueueMember") && e["ActionID"] == ""
		})
		if err != nil || time.Now().After(late) {
			f.Fatal(a.User, "in", queue, "is", is, "and never became", wanted, err)
		}
	}
}

// is checks that an agent is in a queue as wanted, now.
func (f *floor) is(queue string, a site.Agent, want *member) {
	f.t.Helper()
	if is := found(f.members(queue)[f.dev(a)]); is.String() != want.String() {
		f.Fatal(a.User, "in", queue, "is", is, "and not", want)
	}
}

// left says how often an agent has left a queue behind mark.
func (f *floor) left(mark int, queue string, a site.Agent) int {
	return f.Watch.Count(mark, func(e lab.Event) bool {
		return e["Event"] == "QueueMemberRemoved" && e["Queue"] == queue && e["Interface"] == f.dev(a)
	})
}

// nowhere waits until agents are in no queue.
func (f *floor) nowhere(agents ...site.Agent) {
	f.t.Helper()
	for _, a := range agents {
		f.becomes(lab.AgentsQueue, a, nil)
		f.becomes(lab.AgentsSecond, a, nil)
	}
}

// signedIn is an agent at a desktop program, once he is in his queues and has been told so.
func (f *floor) signedIn(a site.Agent, queues ...string) *client.Desktop {
	f.t.Helper()
	d := f.desktop(a)
	f.hears(d, 0, "510 STATE available")
	for _, q := range queues {
		f.hears(d, 0, "200 "+q)
		f.until(q, a, "a member", func(is *member) bool { return is != nil })
	}
	return d
}

func (f *floor) quit(d *client.Desktop, a site.Agent) {
	f.t.Helper()
	f.answers(d, "QUIT", "900 OK")
	f.nowhere(a)
}

func signsIn(f *floor) {
	f.nowhere(site.Ada)
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.is(lab.AgentsSecond, site.Ada, &member{penalty: 0})
	list, err := f.Ast.Console(f.Soon(), "queue show "+lab.AgentsQueue)
	f.Must(err)
	line := ""
	for l := range strings.Lines(list) {
		if strings.Contains(l, f.dev(site.Ada)) {
			line = l
		}
	}
	for _, want := range []string{site.Ada.FullName, "with penalty 3", "(dynamic)"} {
		if !strings.Contains(line, want) {
			f.t.Errorf("queue show has not %q:\n%s", want, list)
		}
	}
	b := f.browser(site.Grace)
	f.becomes(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	if !strings.Contains(b.Snapshot, lab.AgentsQueue) {
		f.t.Errorf("the snapshot has not the queue: %s", b.Snapshot)
	}
	f.asks(b, "sign-out")
	f.nowhere(site.Grace)
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.quit(d, site.Ada)
}

func unknownPhone(f *floor) {
	d := f.desktop(kay)
	f.hears(d, 0, "511 PHONE UNKNOWN "+f.dev(kay))
	f.answers(d, "QUIT", "900 OK")
	b := f.browser(kay)
	if !unknown(b.Snapshot) {
		f.sees(b, 0, func(e client.Event) bool { return e.ID == "agent" && unknown(e.Raw) })
	}
	f.asks(b, "sign-out")
	f.nowhere(kay)
}

func unknown(frame string) bool {
	return strings.Contains(frame, `"noPhone":true`) || strings.Contains(frame, `nophone="true"`)
}

// throughQueue: the agent who has signed in gets the call and its page, then works after
// it, and is paused after the next one.
func throughQueue(f *floor) {
	f.Phone(site.Ada.Phone())
	d := f.signedIn(site.Ada, lab.AgentsQueue)
	c, a, _ := f.served(d)
	mark := d.Notices.Mark()
	f.HangUp(c)
	f.Ended(a)
	f.hears(d, mark, "510 STATE aftercall ")
	f.becomes(lab.AgentsQueue, site.Ada, &member{3, "after call"})
	mark = d.Notices.Mark()
	f.answers(d, "MORE", "100 OK")
	left := 0
	if _, err := fmt.Sscanf(f.hears(d, mark, "510 STATE aftercall "), "510 STATE aftercall %d", &left); err != nil || left <= 30 || left > 90 {
		f.t.Errorf("%d seconds of work are left after MORE, %v", left, err)
	}
	mark = d.Notices.Mark()
	f.answers(d, "READY", "100 OK")
	f.hears(d, mark, "510 STATE available")
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.answers(d, "READY", "101 KO there is no after-call work")

	f.Begin(f.t)
	c, a, _ = f.served(d)
	f.answers(d, "PAUSE AFTER Break", "300 OK")
	if w := d.Notices.Count(mark, func(l string) bool { return strings.HasPrefix(l, "510 STATE paused") }); w != 0 {
		f.t.Error("he is paused in the call already")
	}
	f.HangUp(a)
	f.Ended(c)
	f.hears(d, mark, "510 STATE paused Break")
	f.answers(d, "PAUSE OUT", "300 OK")
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.quit(d, site.Ada)
}

// served is a call that ada answers: the customer's side, hers, and its Link.
func (f *floor) served(d *client.Desktop) (c, a *phone.Call, link client.Event) {
	f.t.Helper()
	mark, said := d.Events.Mark(), d.Notices.Mark()
	c = f.Call("300", "151")
	a = f.Answer(site.Ada.Phone())
	f.Talk("300", site.Ada.Phone())
	f.hears(d, said, "510 STATE ringing")
	f.hears(d, said, "510 STATE oncall")
	link, _, err := d.Events.Wait(f.Soon(), mark, client.Is("Link"))
	f.Must(err)
	if want := customer + "?n=300&d=12345"; link.URL != want || link.Service != "Helpdesk" {
		f.t.Errorf("the call pops %q of %q, want %q", link.URL, link.Service, want)
	}
	return c, a, link
}

func pauses(f *floor) {
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.answers(d, "REASONS", "100 OK Lunch|Break")
	mark := d.Notices.Mark()
	f.answers(d, "PAUSE IN Lunch", "300 OK")
	f.is(lab.AgentsQueue, site.Ada, &member{3, "Lunch"})
	f.is(lab.AgentsSecond, site.Ada, &member{0, "Lunch"})
	f.hears(d, mark, "301 PAUSE PENDING")
	f.hears(d, mark, "510 STATE paused Lunch")
	f.answers(d, "PAUSE IN Shopping", "302 KO not one of the reasons for a pause")
	f.is(lab.AgentsQueue, site.Ada, &member{3, "Lunch"})
	mark = d.Notices.Mark()
	f.answers(d, "PAUSE OUT", "300 OK")
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.is(lab.AgentsSecond, site.Ada, &member{penalty: 0})
	f.hears(d, mark, "510 STATE available")
	f.quit(d, site.Ada)
}

func pausesByBrowser(f *floor) {
	b := f.browser(site.Grace)
	f.becomes(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.becomes(lab.AgentsSecond, site.Grace, &member{penalty: 0})
	mark := b.Events.Mark()
	f.asks(b, "pause", "reason", "Break", "queue", lab.AgentsSecond)
	f.is(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.is(lab.AgentsSecond, site.Grace, &member{0, "Break"})
	f.asks(b, "pause", "reason", "Lunch")
	f.is(lab.AgentsQueue, site.Grace, &member{1, "Lunch"})
	f.sees(b, mark, shows("paused"))
	mark = b.Events.Mark()
	f.asks(b, "unpause")
	f.is(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.is(lab.AgentsSecond, site.Grace, &member{penalty: 0})
	f.sees(b, mark, shows("available"))
	f.refused(b, "unknown-reason", "pause", "reason", "Shopping")
	f.refused(b, "unknown-queue", "pause", "reason", "Lunch", "queue", lab.SecondQueue)
	f.refused(b, "no-work", "ready")
	f.asks(b, "sign-out")
	f.nowhere(site.Grace)
}

// lost: who is cut off is paused at once, and out after the grace time.
func (f *floor) lost(a site.Agent, penalty int, cut func()) {
	f.t.Helper()
	mark := f.Watch.Mark()
	began := time.Now()
	cut()
	f.becomes(lab.AgentsQueue, a, &member{penalty, "lost"})
	if f.left(mark, lab.AgentsQueue, a) != 0 {
		f.t.Error("out of the queue before the grace time")
	}
	f.nowhere(a)
	if took := time.Since(began); took < grace {
		f.t.Errorf("out of the queue after %v, want %v", took, grace)
	}
}

func cutOff(f *floor) {
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.lost(site.Ada, 3, d.Reset)
}

// clientVariable makes a process of this test's binary a client; it holds the server's
// address.
const clientVariable = "ASTCTI_E2E_CLIENT"

// TestClientProcess is no test, but the client that killed kills.
func TestClientProcess(t *testing.T) {
	addr := os.Getenv(clientVariable)
	if addr == "" {
		t.Skip("no client is wanted")
	}
	d, err := client.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SignIn(t.Context(), site.Ada.User, site.Ada.Password, site.Ada.MAC); err != nil {
		t.Fatal(err)
	}
	_, _, _ = d.Events.Wait(t.Context(), 0, func(client.Event) bool { return false }) // until killed
}

func killed(f *floor) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestClientProcess$") //nolint:noctx // it is killed
	cmd.Env = append(os.Environ(), clientVariable+"="+f.server.TCP)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	f.Must(cmd.Start())
	kill := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	f.t.Cleanup(kill)
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.becomes(lab.AgentsSecond, site.Ada, &member{penalty: 0})
	f.lost(site.Ada, 3, kill)
}

func comesBack(f *floor) {
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	mark := f.Watch.Mark()
	d.Reset()
	f.becomes(lab.AgentsQueue, site.Ada, &member{3, "lost"})
	d = f.desktop(site.Ada)
	f.hears(d, 0, "510 STATE available")
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.answers(d, "PAUSE IN Lunch", "300 OK")
	d.Reset()
	d = f.desktop(site.Ada)
	f.hears(d, 0, "510 STATE paused Lunch")
	f.becomes(lab.AgentsQueue, site.Ada, &member{3, "Lunch"})
	f.answers(d, "PAUSE OUT", "300 OK")
	f.after(grace) // of before
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	if n := f.left(mark, lab.AgentsQueue, site.Ada); n != 0 {
		f.t.Errorf("he has left the queue %d times", n)
	}
	f.quit(d, site.Ada)
}

// after lets time pass in which nothing must happen.
func (f *floor) after(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// browserComesBack: a page that is loaded anew is no loss; one that is closed is.
func browserComesBack(f *floor) {
	b := f.browser(site.Grace)
	f.becomes(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.becomes(lab.AgentsSecond, site.Grace, &member{penalty: 0})
	mark := f.Watch.Mark()
	b.Close()
	f.Must(b.Reopen(f.Soon()))
	f.asks(b, "pause", "reason", "Lunch")
	f.asks(b, "unpause")
	if n := f.Watch.Count(mark, func(e lab.Event) bool { return e["PausedReason"] == "lost" }); n+f.left(mark, lab.AgentsQueue, site.Grace) != 0 {
		f.t.Error("a page that was loaded anew was lost")
	}
	b.Close()
	f.nowhere(site.Grace)
	f.Must(b.Reopen(f.Soon()))
	f.becomes(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.asks(b, "sign-out")
	f.nowhere(site.Grace)
}

// newRules: what a new configuration says of an agent who is signed in holds within a
// second, and after-call work ends by itself.
func newRules(f *floor) {
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	mark, said := f.Watch.Mark(), d.Notices.Mark()
	_, err := f.server.Apply(f.Soon(), floorSite{Tech: f.tech, Penalty: 7, AfterCall: 1}.xml(f.t))
	f.Must(err)
	applied := time.Now()
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 7})
	f.becomes(lab.AgentsSecond, site.Ada, nil)
	if took := time.Since(applied); took > inUse {
		f.t.Errorf("the new configuration took effect after %v", took)
	}
	f.hears(d, said, "201 "+lab.AgentsSecond)
	if n := f.left(mark, lab.AgentsQueue, site.Ada); n != 0 {
		f.t.Error("he has left the queue for a penalty")
	}
	c, a, _ := f.served(d)
	said = d.Notices.Mark()
	f.HangUp(c)
	f.Ended(a)
	f.hears(d, said, "510 STATE aftercall 1")
	f.hears(d, said, "510 STATE available")
	f.becomes(lab.AgentsQueue, site.Ada, &member{penalty: 7})
	_, err = f.server.Apply(f.Soon(), floorSite{Tech: f.tech, Penalty: 3, AfterCall: 30, Second: true}.xml(f.t))
	f.Must(err)
	f.becomes(lab.AgentsSecond, site.Ada, &member{penalty: 0})
	f.quit(d, site.Ada)
}

// stranger is a member that somebody else has made.
func (f *floor) stranger(do string) {
	f.t.Helper()
	_, err := f.Ast.Console(f.Soon(), "queue "+do+" "+lab.AgentsQueue)
	f.Must(err)
}

// serverKilled: the next run of the server takes out whom it finds, after the grace time,
// but for those who are back, and for members that others have made.
func serverKilled(f *floor) {
	f.stranger("add member " + f.dev(jean) + " to")
	f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.browser(site.Grace)
	f.becomes(lab.AgentsQueue, site.Grace, &member{penalty: 1})
	f.becomes(lab.AgentsSecond, site.Grace, &member{penalty: 0})
	mark := f.Watch.Mark()
	f.server.Kill()
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.Must(f.server.Restart())
	f.Must(f.server.Ready(f.Soon()))
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.nowhere(site.Grace)
	f.is(lab.AgentsQueue, site.Ada, &member{penalty: 3})
	f.is(lab.AgentsQueue, jean, &member{})
	if n := f.left(mark, lab.AgentsQueue, site.Ada); n != 0 {
		f.t.Errorf("who was back has left the queue %d times", n)
	}
	f.quit(d, site.Ada)
	f.is(lab.AgentsQueue, jean, &member{})
}

// serverStopped: a server that ends in order takes its members with it, and no others.
func serverStopped(f *floor) {
	f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.Must(f.server.Stop())
	f.is(lab.AgentsQueue, site.Ada, nil)
	f.is(lab.AgentsSecond, site.Ada, nil)
	f.is(lab.AgentsQueue, jean, &member{})
	f.stranger("remove member " + f.dev(jean) + " from")
}
