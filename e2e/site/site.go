// Package site is the call centre of the end-to-end tests: two services, with and
// without a queue, and three agents at three desks. Its phones are those of
// package lab.
package site

import (
	"strings"
	"text/template"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

// The names of the services.
const (
	Support = "Support" // context lab.ServiceContext
	Sales   = "Sales"   // context lab.QueueServiceContext, queue lab.Queue
	Orders  = "Orders"  // context lab.AgentsContext, queue lab.AgentsQueue; see Site
)

// Agent is an operator and the desk he usually takes.
type Agent struct {
	User, FullName, Password string
	MAC, Extension           string
}

// The agents: two whose phones the services ring, and one at a desk of his own.
var (
	Ada    = Agent{"ada", "Ada Lovelace", "correct horse battery", "00:11:22:33:44:01", "PJSIP/201"}
	Grace  = Agent{"grace", "Grace Hopper", "staple of the fleet", "00:11:22:33:44:02", "PJSIP/202"}
	Linus  = Agent{"linus", "Linus Pauling", "vitamin see me through", "00:11:22:33:44:03", "PJSIP/203"}
	Agents = []Agent{Ada, Grace, Linus}
)

// Phone is the number of the agent's phone.
func (a Agent) Phone() string { return strings.TrimPrefix(a.Extension, "PJSIP/") }

// Site is a configuration to be.
type Site struct {
	Customer string // address of the customer's page; it gets ?number=…&id=…
	Target   string // where a pop opens: window, pane, tab, button
	Agents   []Agent
	CallsOut bool // a third service, Callback: the agents may call the telephones in the house
	Orders   bool // a fourth: a queue of whoever is signed in, with results and five minutes of work after its calls; Callback calls customers
}

// XML is the site in the form that `astcti config import` reads.
func (s Site) XML() string {
	var b strings.Builder
	if err := form.Execute(&b, s); err != nil { // the template and its data are ours
		return err.Error()
	}
	return b.String()
}

var form = template.Must(template.New("site").Parse(`<?xml version="1.0" encoding="UTF-8"?>
<asteriskcti version="1">
  <services>
    <service name="` + Support + `" context="` + lab.ServiceContext + `" type="inbound" queue="" trigger="browser" application="{{.Customer}}" param_string="number={callerid_num}&amp;id={calldata}" target="{{.Target}}" enabled="true">
      <variable name="calldata"/>
      {{range .Agents}}<operator username="{{.User}}" penalty="0"/>
      {{end}}
    </service>
    <service name="` + Sales + `" context="` + lab.QueueServiceContext + `" type="inbound" queue="` + lab.Queue + `" trigger="browser" application="{{.Customer}}" param_string="number={callerid_num}&amp;id={calldata}" target="{{.Target}}" enabled="true">
      <variable name="calldata"/>
      {{range .Agents}}<operator username="{{.User}}" penalty="0"/>
      {{end}}
    </service>{{if .Orders}}
    <service name="` + Orders + `" context="` + lab.AgentsContext + `" type="inbound" queue="` + lab.AgentsQueue + `" trigger="browser" application="{{.Customer}}" param_string="number={callerid_num}&amp;id={calldata}" target="{{.Target}}" after_call="300" enabled="true">
      <variable name="calldata" label="Account"/>
      <disposition name="Ordered"/>
      <disposition name="Call back"/>
      <disposition name="Not interested"/>
      {{range .Agents}}<operator username="{{.User}}" penalty="0"/>
      {{end}}
    </service>{{end}}{{if .CallsOut}}
    <service name="Callback" context="{{if .Orders}}` + lab.OutboundContext + `{{else}}internal{{end}}" type="outbound" trigger="browser" application="{{.Customer}}" param_string="number={extension}" target="{{.Target}}" enabled="true">
      {{range .Agents}}<operator username="{{.User}}"/>
      {{end}}
    </service>{{end}}
  </services>
  <seats>
    {{range .Agents}}<seat mac="{{.MAC}}" extension="{{.Extension}}" description="Desk {{.Phone}}"/>
    {{end}}
  </seats>
  <operators>
    {{range .Agents}}<operator username="{{.User}}" fullname="{{.FullName}}" password="{{.Password}}" enabled="true"/>
    {{end}}
  </operators>
</asteriskcti>
`))
