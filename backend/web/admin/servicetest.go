package admin

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// Tester shows an agent what a service would open.
type Tester interface {
	// Agents are those who are signed in, in any order.
	Agents(ctx context.Context) ([]Agent, error)
	// TestPop opens an action at an agent as a call of the service would, once, without a
	// call. It returns when he has been told.
	TestPop(ctx context.Context, operator, service string, action *pbx.Action) error
}

// Agent is an operator who is signed in. One who is busy has a call, whose screen a test
// would take away.
type Agent struct {
	Operator, FullName, Phone string
	Busy                      bool
}

const eventTested = "service.tested"

// mountServices adds what the form of a service asks for while it is filled in.
func (a *Admin) mountServices(r fiber.Router) {
	a.get(r, "/services/operators", editor, (*visit).findOperators)
	a.post(r, "/services/check", editor, (*visit).checkService)
	a.post(r, "/services/test", editor, (*visit).tryService)
	a.post(r, "/services/testpop", editor, (*visit).popService)
	a.mountModule(r, services{a.store})
}

// trial is a service as a form describes it, tried with the values of a call that never was.
type trial struct {
	service config.Service
	values  map[string]string

	Field, Error string // what is wrong, and in which field of the form
	Nothing      bool   // there is nothing to open
	URL          string
	Program      string
	Args         []string

	Samples []*field // what the placeholders stand for

	Agents     []Agent
	Agent      string // the one to send it to
	AgentError string
	Sent       string // what became of it
}

// trial reads the form of a service and what to put in for its placeholders.
func (v *visit) trial() (*trial, error) {
	values, err := v.form()
	if err != nil {
		return nil, err
	}
	f, err := v.formOf(services{v.a.store}, 0)
	if err != nil {
		return nil, err
	}
	f.fill(values)
	t := &trial{service: serviceOf(f), Agent: values.Get("agent")}
	t.service.Operators, t.service.Labels, t.service.Dispositions = nil, nil, nil // they may be thousands, and open nothing
	t.Nothing = t.service.Application == "" && t.service.ParamString == ""
	for _, fault := range config.CheckService(t.service, nil) {
		switch fault.Field {
		case "application", "param_string", "variables", "trigger", "target":
			t.Field, t.Error = fault.Field, v.faultText(fault)
			return t, nil
		}
	}
	if template := config.New("", []config.Service{t.service}, nil, nil).Services[0].Template(); template != nil {
		v.expand(t, template, values)
	}
	return t, nil
}

// maxSample is the longest value to try, in bytes; those of a call are not longer.
const maxSample = 256

// expand puts what was typed for the placeholders in their place, and for the rest what a
// call might bring.
func (v *visit) expand(t *trial, template *pop.Template, typed url.Values) {
	t.values = map[string]string{}
	for _, name := range template.Names() {
		f := &field{Name: "sample-" + name, Type: "text", Label: "{" + name + "}", Mono: true, Value: sample(&t.service, name), Max: maxSample}
		if given, ok := typed[f.Name]; ok {
			f.Value = given[0]
		}
		if fault := sampleFault(f.Value); fault.Code != "" {
			f.Error = v.faultText(fault)
			t.Field, t.Error = cmp.Or(t.Field, f.Name), cmp.Or(t.Error, f.Label+" "+f.Error)
		}
		t.values[name] = f.Value
		t.Samples = append(t.Samples, f)
	}
	if t.Error == "" {
		r := template.Expand(func(name string) string { return t.values[name] })
		t.URL, t.Program, t.Args = r.URL, r.Program, r.Args
	}
}

// sample is a likely value of a placeholder.
func sample(s *config.Service, name string) string {
	known := map[string]string{
		"callerid_num": "+390551234567", "callerid_name": "Ada Lovelace", "uniqueid": "1764170000.42", "linkedid": "1764170000.42",
		"channel": "PJSIP/trunk-0000002a", "context": s.Context, "extension": "5550100", "queue": s.Queue, "service": s.Name, "operator": "ada",
	}
	if value, builtin := known[name]; builtin && !slices.Contains(s.Variables, name) {
		return value
	}
	return "12345"
}

// sampleFault refuses what no call could bring: such a value would be told to nobody.
func sampleFault(text string) config.Fault {
	if n := len(text); n > maxSample {
		return config.Fault{Code: "text.long", Pairs: []string{"length", strconv.Itoa(n), "max", strconv.Itoa(maxSample)}}
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return config.Fault{Code: "text.control", Pairs: []string{"character", fmt.Sprintf("%U", r)}}
		}
	}
	return config.Fault{}
}

// checkService tells, while it is typed, what is wrong with what opens, or what would.
func (v *visit) checkService() error {
	t, err := v.trial()
	if err != nil {
		return err
	}
	return v.sendPart("services", "check", t)
}

// tryService asks for the values to try, and for the agent to send the result to.
func (v *visit) tryService() error {
	t, err := v.trial()
	if err != nil {
		return err
	}
	if err := v.agents(t); err != nil {
		return err
	}
	return v.sendPart("services", "trial", t)
}

func (v *visit) agents(t *trial) error {
	if v.a.opts.Tester == nil {
		return nil
	}
	var err error
	t.Agents, err = v.a.opts.Tester.Agents(v.req.Context())
	slices.SortFunc(t.Agents, func(a, b Agent) int {
		return cmp.Or(cmp.Compare(a.FullName, b.FullName), cmp.Compare(a.Operator, b.Operator))
	})
	return err
}

// popService opens what a service would at the screen of an agent.
func (v *visit) popService() error {
	t, err := v.trial()
	if err != nil {
		return err
	}
	if err := v.agents(t); err != nil {
		return err
	}
	at := slices.IndexFunc(t.Agents, func(a Agent) bool { return a.Operator == t.Agent })
	switch {
	case at < 0:
		t.AgentError = v.t("services.test.gone")
	case t.Agents[at].Busy:
		t.AgentError = v.t("services.test.busy")
	}
	if t.AgentError != "" || t.Error != "" || t.URL == "" && t.Program == "" {
		return v.render(http.StatusUnprocessableEntity, "services", "trial", t)
	}
	to := t.Agents[at]
	action := &pbx.Action{Type: config.Browser, URL: t.URL, Target: t.service.Target}
	if t.URL == "" {
		action = &pbx.Action{Type: config.Application, Program: t.Program, Args: t.Args}
	}
	ctx, name := v.req.Context(), fileLabel(t.service.Name) // it need not be one yet, and agents get it
	err = v.note(ctx, eventTested, slog.String("service", name), slog.String("operator", to.Operator), slog.String("opens", clip(t.URL+t.Program)))
	if err != nil {
		return err
	}
	if err := v.a.opts.Tester.TestPop(ctx, to.Operator, name, action); err != nil {
		v.a.log.Warn("a test pop did not arrive", "operator", to.Operator, "err", err)
		t.AgentError = v.t("services.test.gone")
		return v.render(http.StatusUnprocessableEntity, "services", "trial", t)
	}
	t.Sent = v.t("services.test.sent", "name", cmp.Or(to.FullName, to.Operator))
	v.Set("HX-Retarget", "#service-sent")
	return v.sendPart("services", "sent", t)
}
