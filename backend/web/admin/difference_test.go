package admin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// told is a field as its reader sees it.
func (w fieldWords) told() string {
	switch {
	case w.Said != "":
		return w.Label + ": " + w.Said
	case len(w.Members) > 0:
		var all []string
		for _, m := range append(w.Members, w.Folded...) {
			all = append(all, strings.TrimSpace(m.Sign+m.Name+" "+m.Note))
		}
		return w.Label + ": " + strings.Join(all, "; ")
	case w.Fresh:
		return w.Label + ": " + w.New
	}
	return w.Label + ": " + w.Old + " → " + w.New
}

func TestDifferenceWords(t *testing.T) {
	service := config.Service{
		Name: "Support", Context: "from-trunk", Type: config.Inbound, Queue: "support", AfterCall: 30, Enabled: true,
		OpenAt: config.Answer, Labels: map[string]string{"customer": "Customer", "order": "Order"}, Dispositions: []string{"Sold", "Passed on"},
		Variables: []string{"customer", "order"}, Operators: []config.Assignment{{Username: "ada", Penalty: 1}, {Username: "bob"}},
	}
	other := service
	other.Queue, other.AfterCall, other.Enabled, other.Target = "", config.InheritAfterCall, false, config.Pane
	other.Variables, other.Operators = []string{"order", "ticket"}, []config.Assignment{{Username: "ada", Penalty: 3}, {Username: "carl", Penalty: 2}}
	other.OpenAt, other.Labels, other.Dispositions = config.Ring, map[string]string{"order": "Order no.", "ticket": "Ticket"}, []string{"Passed on", "Call back"}
	turned := service
	turned.Variables, turned.Dispositions = []string{"order", "customer"}, []string{"Passed on", "Sold"}
	ada := config.Operator{Username: "ada", FullName: "Ada", Verifier: "one", Enabled: true}
	bare := ada
	bare.Verifier, bare.Enabled = "", false
	changed := ada
	changed.Verifier = "two"
	another := ada
	another.UID = "~k7"
	for name, tt := range map[string]struct {
		change config.Change
		want   string
	}{
		"service changed": {one(config.DiffService(&service, &other)), "Queue: support → no queue\nWhere:  → Inside the panel\nWhen: The agent answers → The telephone rings\nAfter-call work: 30 s → as in the settings\nEnabled: yes → no\n" +
			"Variables: −customer; +ticket\nLabels: −customer = Customer; order = Order no. was “Order”; +ticket = Ticket\nDispositions: −Sold; +Call back\nOperators: ada penalty 1 → 3; −bob; +carl penalty 2"},
		"service added":     {one(config.DiffService(nil, &service)), "Context: from-trunk\nDirection: inbound\nQueue: support\nAfter-call work: 30 s\nVariables: customer; order\nLabels: customer = Customer; order = Order\nDispositions: Sold; Passed on\nOperators: ada penalty 1; bob penalty 0"},
		"order":             {one(config.DiffService(&service, &turned)), "Variables: order, customer new order\nDispositions: Passed on, Sold new order"},
		"service removed":   {one(config.DiffService(&service, nil)), ""},
		"operator added":    {one(config.DiffOperator(nil, &ada)), "Name: Ada\nPassword: password set"},
		"password changed":  {one(config.DiffOperator(&ada, &changed)), "Password: password changed"},
		"password taken":    {one(config.DiffOperator(&ada, &bare)), "Password: password removed\nMay sign in: yes → no"},
		"another of a name": {one(config.DiffOperator(&ada, &another)), "Call history: another person of this name"},
		"limits":            {one(config.DiffLimits(config.Limits{}, config.Limits{AfterCall: 20, PerHour: 60})), "After-call work: none → 20 s\nCalls per hour: as in the server’s own file → 60"},
		"reasons":           {one(config.DiffReasons([]string{"Break"}, []string{"Break", "Lunch"})), "Reasons: +Lunch"},
		"seat renamed":      {one(config.DiffSeat(&config.Seat{Extension: "PJSIP/1", MAC: "a"}, &config.Seat{Extension: "PJSIP/2", MAC: "a"})), "Extension: PJSIP/1 → PJSIP/2"},
		"an unknown letter": {config.Change{Kind: config.KindSeat, Action: config.Changed, Fields: []config.FieldChange{{Field: "colour", Old: "red", New: "<blue>"}}}, "colour: red → <blue>"},
	} {
		v := &visit{lang: "en"}
		line := v.differenceOf([]config.Change{tt.change}, nil).Groups[0].Lines[0]
		told := make([]string, len(line.Fields))
		for i, f := range line.Fields {
			told[i] = f.told()
		}
		want := strings.Replace(tt.want, "Where:  →", "Where: empty →", 1)
		if got := strings.Join(told, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		if strings.Contains(fmt.Sprint(line), config.Masked) {
			t.Errorf("%s: the mask of a secret is shown", name)
		}
	}
}

func one(c config.Change, _ bool) config.Change { return c }

// TestDifferenceLong: what is long is folded, what is very long is counted.
func TestDifferenceLong(t *testing.T) {
	var changes []config.Change
	for i := range 1500 {
		changes = append(changes, config.Change{Kind: config.KindOperator, Name: fmt.Sprint("agent", i), Action: config.Added})
	}
	service := config.Change{Kind: config.KindService, Name: "Support", Action: config.Changed}
	for i := range 600 {
		service.Fields = append(service.Fields, config.FieldChange{Field: "operators", New: fmt.Sprintf("agent%d (penalty 0)", i)})
	}
	d := (&visit{lang: "en"}).differenceOf(append(changes, service), nil)
	g := d.Groups[0]
	if d.Total != 1501 || len(d.Groups) != 2 || len(g.Lines) != firstLines || len(g.Folded) != mostLines-firstLines || g.Left != 500 || g.Count != 1500 {
		t.Errorf("%d changes, %d groups: %d lines, %d folded, %d left", d.Total, len(d.Groups), len(g.Lines), len(g.Folded), g.Left)
	}
	f := d.Groups[1].Lines[0].Fields[0]
	if len(f.Members) != firstMembers || len(f.Folded) != mostMembers || f.Left != 600-firstMembers-mostMembers {
		t.Errorf("%d members, %d folded, %d left", len(f.Members), len(f.Folded), f.Left)
	}
}
