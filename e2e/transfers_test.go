package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/cable"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/story"
)

// house is a call centre whose calls change hands: Asterisk, the server with a cable
// between them, and an agent with a browser at each of 201, 202 and 203.
type house struct {
	*story.Stage
	t      *testing.T
	whole  *testing.T // clients live as long as it
	server *astcti.Server
	cable  *cable.Cable
	agents map[string]*client.Browser // by phone
	marks  map[string]int
}

// houseXML has a service for each way in that extensions.conf of the lab has for calls
// that can be handed on.
var houseXML = template.Must(template.New("house").Parse(`<?xml version="1.0" encoding="UTF-8"?>
<asteriskcti version="1">
  <services>{{range .Services}}
    <service name="{{.Name}}" context="{{.Context}}" type="{{.Type}}" queue="{{.Queue}}" trigger="browser" application="http://127.0.0.1:9/c" param_string="n={callerid_num}&amp;d={{"{"}}{{.Variable}}{{"}"}}" target="window" enabled="true" allow_http="true">
      <variable name="{{.Variable}}"/>{{range .Phones}}
      <operator username="op{{.}}" penalty="0"/>{{end}}
    </service>{{end}}
  </services>
  <seats>{{range .Phones}}
    <seat mac="00:11:22:33:02:{{slice . 1}}" extension="{{$.Tech}}/{{.}}" description=""/>{{end}}
  </seats>
  <operators>{{range .Phones}}
    <operator username="op{{.}}" fullname="Agent {{.}}" password="password of {{.}}" enabled="true"/>{{end}}
  </operators>
</asteriskcti>
`))

// houseService is one of them. Phones are those of its operators, whom the server puts
// into its queue: none that are not in it already, lest more telephones ring than a story
// is of.
type houseService struct {
	Name, Context, Type, Queue, Variable string
	Phones                               []string
}

func newHouse(t *testing.T, version int, tech string) *house {
	t.Helper()
	h := &house{t: t, whole: t, agents: map[string]*client.Browser{}, marks: map[string]int{}}
	h.Stage, h.cable = openStage(t, version, tech)
	phones := []string{"201", "202", "203"}
	var xml strings.Builder
	err := houseXML.Execute(&xml, map[string]any{"Tech": tech, "Phones": phones, "Services": []houseService{
		{"Sales", lab.SalesContext, "inbound", "", "calldata", phones},
		{"Support", lab.SupportContext, "inbound", lab.SecondQueue, "calldata", []string{"202"}},
		{"Members", "freepbx", "inbound", lab.LocalQueue, "calldata", nil},
		{"Campaign", lab.OutboundContext, "outbound", "", "outdata", phones},
	}})
	if err != nil {
		t.Fatal(err)
	}
	h.server = serve(t, astcti.Options{
		AMI: h.cable.Addr(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: xml.String(),
		More: "control:\n  context: hand-on\n  attended: true\n  phone_events: true\n",
	})
	if err := h.server.Ready(h.Soon()); err != nil {
		t.Fatal(err)
	}
	h.signIn()
	return h
}

// signIn signs all agents in.
func (h *house) signIn() {
	h.t.Helper()
	for _, p := range []string{"203", "202", "201"} { // whom another one's card may name comes first
		encoding := client.JSON
		if p == "202" {
			encoding = client.XML
		}
		b, err := client.Open(h.Soon(), h.server.HTTP, "op"+p, "password of "+p, p, encoding)
		if err != nil {
			h.t.Fatal(err)
		}
		h.whole.Cleanup(b.Close)
		h.agents[p], h.marks[p] = b, 0
	}
}

// begin forgets what agents were told. What a test that fails has left is cleared away.
func (h *house) begin(t *testing.T) {
	h.t = t
	h.Begin(t)
	t.Cleanup(func() {
		if t.Failed() {
			h.Clear()
		}
	})
	for p, b := range h.agents {
		h.marks[p] = b.Events.Mark()
	}
}

// told waits for an event of an agent's part.
func (h *house) told(phone string, is func(client.Event) bool) client.Event {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e, _, err := h.agents[phone].Events.Wait(ctx, h.marks[phone], is)
	if err != nil {
		for _, e := range h.agents[phone].Events.Since(h.marks[phone]) {
			h.t.Logf("%s: %.400s", phone, e.Raw)
		}
		h.t.Fatalf("%s: %v", phone, err)
	}
	return e
}

// closed waits until all cards of an agent in the story are.
func (h *house) closed(phone string) {
	h.t.Helper()
	open := map[string]bool{}
	for _, e := range h.agents[phone].Events.Since(h.marks[phone]) {
		if e.Uniqueid != "" {
			open[e.Uniqueid] = e.ID != "Hangup"
		}
	}
	for uniqueid, still := range open {
		if still {
			h.told(phone, func(e client.Event) bool { return e.Uniqueid == uniqueid && e.ID == "Hangup" })
		}
	}
}

// pops are an agent's pops in the story, once all his cards are closed.
func (h *house) pops(phone string) (list []string) {
	h.t.Helper()
	h.closed(phone)
	for _, e := range h.agents[phone].Events.Since(h.marks[phone]) {
		if e.ID != "Link" || e.URL == "" {
			continue
		}
		pop := e.Service + " " + strings.TrimPrefix(e.URL, "http://127.0.0.1:9/c?")
		if e.Transfer != "" {
			pop += " " + e.Transfer + " from " + e.From
		}
		list = append(list, pop)
	}
	return list
}

// popped checks each agent's pops, by phone.
func (h *house) popped(want map[string]string) {
	h.t.Helper()
	for phone := range h.agents {
		if got := strings.Join(h.pops(phone), "; "); got != want[phone] {
			h.t.Errorf("%s: pops %q, want %q", phone, got, want[phone])
		}
	}
	if h.t.Failed() {
		h.t.Log("what Asterisk said:\n" + h.Last(80))
	}
}

// hands is what pops for whom in a story of calls that change hands: each agent's pops,
// with service, caller, data, and how and from whom he has the call.
var hands = []struct {
	name string
	pops map[string]string
	sip  bool
}{
	{"xfer-blind-refer", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"}, true},
	{"xfer-blind-feature", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"}, false},
	{"xfer-blind-ami", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"}, false},
	{"redirect-ami", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 redirect from Agent 201"}, false},
	{"hold-transfer", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"}, false},
	{"xfer-blind-busy", map[string]string{"201": "Sales n=300&d=12345"}, false},
	{"xfer-blind-missing", map[string]string{"201": "Sales n=300&d=12345"}, false},
	{"xfer-blind-queue", map[string]string{"201": "Sales n=300&d=12345", "202": "Support n=300&d=12345 blind from Agent 201"}, false},
	{"xfer-attended-refer", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 attended from Agent 201"}, true},
	{"xfer-attended-feature", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 attended from Agent 201"}, false},
	{"xfer-attended-ami", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 attended from Agent 201"}, false},
	{"xfer-semi-attended", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 attended from Agent 201"}, true},
	{"xfer-attended-aborted", map[string]string{"201": "Sales n=300&d=12345"}, false},
	{"xfer-attended-queue", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 attended from Agent 201"}, false},
	{"xfer-chain", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201", "203": "Sales n=300&d=12345 attended from Agent 202"}, false},
	{"pickup-group", map[string]string{"202": "Sales n=300&d=12345 pickup from Agent 201"}, true},
	{"pickup-directed", map[string]string{"202": "Sales n=300&d=12345 pickup from Agent 201"}, false},
	{"park-retrieve", map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 park from Agent 201"}, true},
	{"queue-freepbx", map[string]string{"201": "Members n=300&d=12345"}, false},
	{"queue-freepbx-transfer", map[string]string{"201": "Members n=300&d=12345", "202": "Members n=300&d=12345 blind from Agent 201"}, false},
	{"queue-transfer", map[string]string{"202": "Support n=300&d=12345", "201": "Support n=300&d=12345 blind from Agent 202"}, false},
	{"forward-telephone", map[string]string{"202": "Sales n=300&d=12345"}, false},
	{"ring-group", map[string]string{"201": "Sales n=300&d=12345"}, false},
	{"callback", map[string]string{"202": "Support n=300&d=12345"}, false},
	{"listen-in", map[string]string{"201": "Sales n=300&d=12345"}, false},
	{"two-calls-one-agent", map[string]string{"201": "Sales n=300&d=12345; Sales n=301&d=12345"}, false},
	{"outbound-transfer", map[string]string{"201": "Campaign n=201&d=ref300", "202": "Campaign n=201&d=ref300 blind from Agent 201"}, false},
	{"originate-agent-first", map[string]string{"201": "Campaign n=300&d=ref300"}, false},
}

// TestHands hands calls on in every way, by real telephones at real Asterisks.
func TestHands(t *testing.T) {
	for _, opt := range []struct {
		version int
		tech    string
	}{{22, lab.PJSIP}, {16, lab.PJSIP}, {16, lab.SIP}} {
		t.Run(fmt.Sprint("asterisk ", opt.version, " ", opt.tech), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, opt.version, opt.tech)
			byName := map[string]story.Story{}
			for _, s := range story.All {
				byName[s.Name] = s
			}
			for _, one := range hands {
				if opt.tech == lab.SIP && !one.sip {
					continue
				}
				t.Run(one.name, func(t *testing.T) {
					h.begin(t)
					h.Play(byName[one.name])
					h.popped(one.pops)
				})
			}
			if opt.tech == lab.PJSIP {
				t.Run("the link is cut, the call goes on", func(t *testing.T) { cutAndOn(t, h) })
				t.Run("the link is cut, the call ends", func(t *testing.T) { cutAndOver(t, h) })
			}
		})
	}
}

// cut pulls the cable for as long as do takes, and waits until the agents have been told
// of both.
func (h *house) cut(do func()) {
	h.t.Helper()
	link := func(state string) {
		h.t.Helper()
		for phone := range h.agents {
			h.told(phone, func(e client.Event) bool { return e.ID == "link" && e.State == state })
		}
	}
	h.cable.Pull()
	link("down")
	do()
	h.cable.Plug()
	link("syncing")
	link("ready")
}

// cutAndOn: the link is away for five seconds in a call. Nothing pops again, and the
// call's end is told.
func cutAndOn(t *testing.T, h *house) {
	h.begin(t)
	c, a := h.Served("300", "131")
	h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	h.cut(func() {
		five := time.NewTimer(5 * time.Second)
		defer five.Stop()
		<-five.C
	})
	if n := h.agents["201"].Events.Count(h.marks["201"], client.Is("Hangup")); n != 0 {
		t.Errorf("%d cards were closed", n)
	}
	h.Must(a.Refer(h.Soon(), "202"))
	b := h.Answer("202")
	h.told("202", func(e client.Event) bool { return e.ID == "Link" })
	h.HangUp(a)
	h.HangUp(c)
	h.Ended(b)
	h.popped(map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"})
}

// cutAndOver: the call ends while the link is away.
func cutAndOver(t *testing.T, h *house) {
	h.begin(t)
	var calls []*phone.Call
	c, a := h.Served("300", "131")
	calls = append(calls, c, a)
	h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	h.cut(func() { h.HangUp(calls...) })
	h.popped(map[string]string{"201": "Sales n=300&d=12345"})
	if n := h.agents["201"].Events.Count(h.marks["201"], client.Is("Hangup")); n != 1 {
		t.Errorf("%d Hangups, want 1", n)
	}
}
