package e2e_test

import (
	"context"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/cable"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/site"
	"github.com/asteriskcti/asteriskcti/e2e/story"
)

// grace is how long a lost agent stays in the queues of a floor.
const grace = 3 * time.Second

// Two agents more: one at a telephone that Asterisk does not know, and one at a telephone
// that is not plugged in.
var (
	kay    = site.Agent{User: "kay", FullName: "Kay McNulty", Password: "ballistics in the night", MAC: "00:11:22:33:44:09", Extension: "PJSIP/299"}
	jean   = site.Agent{User: "jean", FullName: "Jean Bartik", Password: "a stored program please", MAC: "00:11:22:33:44:04", Extension: "PJSIP/204"}
	people = append([]site.Agent{kay, jean}, site.Agents...)
)

// floor is a call centre in which agents sign in, pause and call out: Asterisk, and the
// server behind a cable that notes what it asks for.
type floor struct {
	*story.Stage
	t        *testing.T
	tech     string
	encoding string // of its WebSockets
	server   *astcti.Server
	cable    *cable.Cable
}

// floorSite is its configuration, as far as tests change it.
type floorSite struct {
	Tech      string
	Penalty   int  // of ada
	AfterCall int  // seconds
	Second    bool // ada is in the second queue too
}

var floorXML = template.Must(template.New("floor").Parse(`<?xml version="1.0" encoding="UTF-8"?>
<asteriskcti version="1">
  <services>
    <service name="Helpdesk" context="` + lab.AgentsContext + `" type="inbound" queue="` + lab.AgentsQueue + `" trigger="browser" application="` + customer + `" param_string="n={callerid_num}&amp;d={calldata}" after_call="{{.AfterCall}}">
      <variable name="calldata"/>
      <operator username="ada" penalty="{{.Penalty}}"/><operator username="grace" penalty="1"/><operator username="kay" penalty="0"/>
    </service>
    <service name="Second" context="second" type="inbound" queue="` + lab.AgentsSecond + `" trigger="browser" application="` + customer + `" param_string="">
      {{if .Second}}<operator username="ada" penalty="0"/>{{end}}<operator username="grace" penalty="0"/>
    </service>
    <service name="Campaign" context="` + lab.OutboundContext + `" type="outbound" trigger="browser" application="` + customer + `" param_string="n={extension}&amp;d={outdata}" caller_id="Lab &lt;0551000&gt;">
      <variable name="outdata"/><allow prefix="0039"/><deny prefix="33"/>
      <operator username="ada"/><operator username="grace"/><operator username="linus"/><operator username="jean"/>
    </service>
    <service name="Other" context="internal" type="outbound" trigger="browser" application="` + customer + `" param_string="">
      <operator username="kay"/>
    </service>
  </services>
  <seats>{{range .People}}
    <seat mac="{{.MAC}}" extension="{{$.Tech}}/{{.Phone}}" description=""/>{{end}}
  </seats>
  <operators>{{range .People}}
    <operator username="{{.User}}" fullname="{{.FullName}}" password="{{.Password}}"/>{{end}}
  </operators>
  <pauses><pause reason="Lunch"/><pause reason="Break"/></pauses>
</asteriskcti>
`))

// People are for the template.
func (floorSite) People() []site.Agent { return people }

func (s floorSite) xml(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if err := floorXML.Execute(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// newFloor opens a floor; more are lines of the server's boot file.
func newFloor(t *testing.T, version int, tech, encoding, more string) *floor {
	t.Helper()
	f := &floor{t: t, tech: tech, encoding: encoding}
	f.Stage, f.cable = openStage(t, version, tech)
	f.server = serve(t, astcti.Options{
		AMI: f.cable.Addr(), User: lab.ManagerUser, Secret: lab.ManagerSecret, More: more,
		XML: floorSite{Tech: tech, Penalty: 3, AfterCall: 30, Second: true}.xml(t),
	})
	if err := f.server.Ready(f.Soon()); err != nil {
		t.Fatal(err)
	}
	return f
}

// openStage starts an Asterisk with an empty stage, and a cable to its manager interface.
func openStage(t *testing.T, version int, tech string) (*story.Stage, *cable.Cable) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := lab.Prepare(ctx, version, quietLog(t))
	must(err)
	ast, err := root.Start(ctx, lab.Options{Dir: t.TempDir(), Tech: tech})
	must(err)
	t.Cleanup(func() {
		if err := ast.Stop(); err != nil {
			t.Error(err)
		}
	})
	watch, err := ast.Watch(ctx)
	must(err)
	t.Cleanup(watch.Close)
	c, err := cable.New(ast.AMI.String())
	must(err)
	t.Cleanup(c.Close)
	return story.New(ctx, t, ast, watch, quietLog(t)), c
}

// run runs a test on the floor. What one that fails has left is cleared away.
func (f *floor) run(name string, test func(*floor)) {
	f.t.Run(name, func(t *testing.T) {
		outer := f.t
		f.t = t
		f.Begin(t)
		defer func() {
			if t.Failed() {
				f.Clear()
			}
			f.t = outer
			f.Begin(outer)
		}()
		test(f)
	})
}

// dev is the telephone of an agent, as Asterisk names it.
func (f *floor) dev(a site.Agent) string { return f.Dev(a.Phone()) }

// desktop signs an agent in by the line protocol.
func (f *floor) desktop(a site.Agent) *client.Desktop {
	f.t.Helper()
	d, err := client.Dial(f.Soon(), f.server.TCP)
	f.Must(err)
	f.t.Cleanup(d.Close)
	f.Must(d.SignIn(f.Soon(), a.User, a.Password, a.MAC))
	return d
}

// browser signs an agent in by a browser.
func (f *floor) browser(a site.Agent) *client.Browser {
	f.t.Helper()
	b, err := client.Open(f.Soon(), f.server.HTTP, a.User, a.Password, a.Phone(), f.encoding)
	f.Must(err)
	f.t.Cleanup(func() { b.Close() })
	return b
}

// answers checks the answer to a line.
func (f *floor) answers(d *client.Desktop, line, want string) {
	f.t.Helper()
	got, err := d.Command(f.Soon(), line)
	f.Must(err)
	if got != want {
		f.Fatal(line, "was answered with", got, "and not with", want)
	}
}

// hears waits until a desktop program has been told a line behind mark that begins so, and
// returns it.
func (f *floor) hears(d *client.Desktop, mark int, line string) string {
	f.t.Helper()
	got, _, err := d.Notices.Wait(f.Soon(), mark, func(l string) bool { return strings.HasPrefix(l, line) })
	if err != nil {
		f.Fatal("not told of", line, err, d.Notices.Since(mark))
	}
	return got
}

// asks checks that a command of a browser is granted.
func (f *floor) asks(b *client.Browser, command string, params ...string) client.Event {
	f.t.Helper()
	e, err := b.Ask(f.Soon(), command, params...)
	f.Must(err)
	if !e.OK {
		f.Fatal(command, params, "was refused:", e.Reason, e.Text)
	}
	return e
}

// refused checks that a command of a browser is refused with a code.
func (f *floor) refused(b *client.Browser, code, command string, params ...string) {
	f.t.Helper()
	e, err := b.Ask(f.Soon(), command, params...)
	f.Must(err)
	if e.OK || e.Reason != code || e.Text == "" {
		f.t.Errorf("%s %q: %.300s, want a refusal %q", command, params, e.Raw, code)
	}
}

// sees waits until a browser has had a frame behind mark.
func (f *floor) sees(b *client.Browser, mark int, is func(client.Event) bool) client.Event {
	f.t.Helper()
	e, _, err := b.Events.Wait(f.Soon(), mark, is)
	if err != nil {
		for _, e := range b.Events.Since(mark) {
			f.t.Logf("%.600s", e.Raw)
		}
		f.Fatal("a browser is not told:", err)
	}
	return e
}

// shows is a frame that shows an agent in a state.
func shows(state string) func(client.Event) bool {
	return func(e client.Event) bool { return e.ID == "agent" && e.State == state }
}
