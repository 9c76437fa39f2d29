package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// site is a data folder with the configuration of siteXML, its passwords of this pepper.
func site(t *testing.T) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// ledger is an audit.
type ledger struct{ lines []string }

func (l *ledger) editor(by string) Editor {
	return Editor{By: by, Record: func(_ context.Context, c config.Change) error {
		line := fmt.Sprintf("%s: %s %s %s", c.By, c.Kind, c.Name, c.Action)
		for _, f := range c.Fields {
			line += fmt.Sprintf("; %s %q to %q", f.Field, f.Old, f.New)
		}
		l.lines = append(l.lines, line)
		if c.At.IsZero() {
			return errors.New("without a time")
		}
		return nil
	}}
}

func (l *ledger) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.lines, want) {
		t.Errorf("audit:\n%s\nwant:\n%s", strings.Join(l.lines, "\n"), strings.Join(want, "\n"))
	}
	l.lines = nil
}

// get is for calls that cannot fail.
func get[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func operatorID(t *testing.T, s *Store, username string) int64 {
	t.Helper()
	for _, o := range get[[]OperatorChoice](t)(s.AllOperators(t.Context())) {
		if o.Username == username {
			return o.ID
		}
	}
	t.Fatalf("no operator %s", username)
	return 0
}

func serviceID(t *testing.T, s *Store, name string) int64 {
	t.Helper()
	for _, v := range get[List[ServiceItem]](t)(s.Services(t.Context(), ListQuery{})).Rows {
		if v.Name == name {
			return v.ID
		}
	}
	t.Fatalf("no service %s", name)
	return 0
}

func TestOperator(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	support, out := serviceID(t, s, "Support"), serviceID(t, s, "Out")
	d := get[OperatorDraft](t)(s.SaveOperator(ctx, audit.editor("eve"), OperatorDraft{Username: "linus", FullName: "Linus", Password: "a long enough password", Enabled: true, Services: []int64{support, 999}}))
	if d.ID == 0 || d.Version == 0 || d.Password != "" || !d.HasPassword || !slices.Equal(d.Services, []int64{support}) {
		t.Errorf("%+v", d)
	}
	audit.want(t,
		`eve: operator linus added; username "" to "linus"; fullname "" to "Linus"; verifier "" to "********"; enabled "" to "true"`,
		`eve: service Support changed; operators "" to "linus (penalty 0)"`,
	)
	// The same again is no edit.
	if same := get[OperatorDraft](t)(s.SaveOperator(ctx, audit.editor("eve"), d)); !reflect.DeepEqual(same, d) {
		t.Errorf("%+v", same)
	}
	audit.want(t)
	// Another name, another service: what he had stays with its penalty, and so does
	// the password.
	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	if len(ada.Services) != 2 {
		t.Fatalf("%+v", ada)
	}
	services := map[int64]int64{support: version(t, s, support), out: version(t, s, out)}
	ada.Username, ada.Services = "Countess", []int64{support}
	ada = get[OperatorDraft](t)(s.SaveOperator(ctx, audit.editor("eve"), ada))
	audit.want(t,
		`eve: operator Countess changed; username "ada" to "Countess"`,
		`eve: service Out changed; operators "ada (penalty 0)" to ""`,
	)
	if version(t, s, support) != services[support] || version(t, s, out) == services[out] {
		t.Error("versions of the services")
	}
	v := get[ServiceDraft](t)(s.Service(ctx, support))
	if i := slices.IndexFunc(v.Operators, func(a AssignmentDraft) bool { return a.OperatorID == ada.ID }); i < 0 || v.Operators[i].Penalty != 1 || v.Operators[i].Username != "Countess" || v.Operators[i].FullName != "Ada Lovelace" {
		t.Errorf("%+v", v.Operators)
	}
	snapshot := get[*config.Snapshot](t)(s.Export(ctx))
	if o, ok := snapshot.Operator("countess"); !ok || o.Verifier != verifier {
		t.Errorf("%+v", o)
	}
	uses := get[[]Use](t)(s.OperatorUses(ctx, []int64{ada.ID, d.ID, operatorID(t, s, "gone"), 999}))
	if want := []Use{{ada.ID, "Ada Lovelace", []string{"Support"}}, {operatorID(t, s, "gone"), "gone", nil}, {d.ID, "Linus", []string{"Support"}}}; !reflect.DeepEqual(uses, want) {
		t.Errorf("%+v", uses)
	}
	if err := s.RemoveOperators(ctx, audit.editor("eve"), []int64{ada.ID, d.ID, d.ID, 999}); err != nil {
		t.Fatal(err)
	}
	audit.want(t,
		`eve: operator Countess removed; username "Countess" to ""; fullname "Ada Lovelace" to ""; verifier "********" to ""; enabled "true" to ""`,
		`eve: operator linus removed; username "linus" to ""; fullname "Linus" to ""; verifier "********" to ""; enabled "true" to ""`,
		`eve: service Support changed; operators "Countess (penalty 1)" to ""; operators "linus (penalty 0)" to ""`,
	)
	if err := s.RemoveOperators(ctx, audit.editor("eve"), []int64{ada.ID}); err != nil {
		t.Error(err)
	}
	audit.want(t)
	if _, err := s.Operator(ctx, ada.ID); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, err := s.SaveOperator(ctx, Editor{}, ada); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func version(t *testing.T, s *Store, service int64) int64 {
	t.Helper()
	return get[ServiceDraft](t)(s.Service(t.Context(), service)).Version
}

// TestServedTogether: what another manager does to services while an operator's form is
// open stays.
func TestServedTogether(t *testing.T) {
	s, ctx := site(t), t.Context()
	support, out := serviceID(t, s, "Support"), serviceID(t, s, "Out")
	third := get[ServiceDraft](t)(s.SaveService(ctx, Editor{}, ServiceDraft{Name: "Third", Context: "third", Type: config.Inbound, Trigger: config.Browser, Target: config.Tab}))
	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	v := get[ServiceDraft](t)(s.Service(ctx, out))
	v.Operators = nil
	get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "bob"}, v)) // takes her off Out
	third.Operators = []AssignmentDraft{{OperatorID: ada.ID, Penalty: 7}}
	get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "bob"}, third)) // and gives her Third
	ada.Services = []int64{out}                                        // she was on both; Support is taken
	ada = get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{}, ada))
	if !slices.Equal(ada.Services, []int64{third.ID}) {
		t.Errorf("serves %v of %d %d %d", ada.Services, support, out, third.ID)
	}
	ada.Served, ada.Services = nil, []int64{support}
	if ada = get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{}, ada)); !slices.Equal(ada.Services, []int64{support}) {
		t.Errorf("serves %v", ada.Services)
	}
}

func TestSeat(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	d := get[SeatDraft](t)(s.SaveSeat(ctx, audit.editor("eve"), SeatDraft{MAC: "00-aa-bb-cc-dd-ee", Extension: "SIP/9"}))
	if d.MAC != "00:AA:BB:CC:DD:EE" {
		t.Errorf("%+v", d)
	}
	d.Extension, d.Description = "sip/9", "Corner"
	d = get[SeatDraft](t)(s.SaveSeat(ctx, audit.editor("eve"), d))
	if err := s.SaveSession(ctx, BrowserSession{Operator: "ada", Seat: d.MAC, Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	uses := get[[]Use](t)(s.SeatUses(ctx, []int64{1, d.ID}))
	if want := []Use{{1, "PJSIP/201", nil}, {d.ID, "sip/9", []string{"ada"}}}; !reflect.DeepEqual(uses, want) {
		t.Errorf("%+v", uses)
	}
	if err := s.RemoveSeats(ctx, audit.editor("eve"), []int64{d.ID, 999}); err != nil {
		t.Fatal(err)
	}
	audit.want(t,
		`eve: seat SIP/9 added; extension "" to "SIP/9"; mac "" to "00:AA:BB:CC:DD:EE"`,
		`eve: seat sip/9 changed; extension "SIP/9" to "sip/9"; description "" to "Corner"`,
		`eve: seat sip/9 removed; extension "sip/9" to ""; mac "00:AA:BB:CC:DD:EE" to ""; description "Corner" to ""`,
	)
	if _, err := s.Seat(ctx, d.ID); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, err := s.SaveSeat(ctx, Editor{}, d); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestService(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	ada, grace := operatorID(t, s, "ada"), operatorID(t, s, "grace")
	d := ServiceDraft{
		Name: "Sales", Context: "sales", Type: config.Outbound, Trigger: config.Application, Application: "crm", ParamString: "{b}", Target: config.Button,
		AfterCall: config.InheritAfterCall, CallerID: "Acme <12>", Allow: []string{"2", "1"}, Deny: []string{"3"}, Enabled: true, Variables: []string{"b", "a"},
		Labels: map[string]string{"a": "Account", "b": ""}, Dispositions: []string{"Sold", "Call back"},
		Operators: []AssignmentDraft{{OperatorID: grace, Penalty: 3}, {OperatorID: 999}, {OperatorID: ada}},
	}
	before := get[OperatorDraft](t)(s.Operator(ctx, ada))
	d = get[ServiceDraft](t)(s.SaveService(ctx, audit.editor("eve"), d))
	want := ServiceDraft{
		ID: d.ID, Version: d.Version, Name: "Sales", Context: "sales", Type: config.Outbound, Trigger: config.Application, Application: "crm", ParamString: "{b}", Target: config.Button,
		OpenAt: config.Answer, AfterCall: config.InheritAfterCall, CallerID: `"Acme" <12>`, Allow: []string{"1", "2"}, Deny: []string{"3"}, Enabled: true, Variables: []string{"b", "a"},
		Labels: map[string]string{"a": "Account"}, Dispositions: []string{"Sold", "Call back"},
		Operators: []AssignmentDraft{{ada, 0, "ada", "Ada Lovelace"}, {grace, 3, "grace", "Grace Hopper"}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v\nwant %+v", d, want)
	}
	if after := get[OperatorDraft](t)(s.Operator(ctx, ada)); after.Version != before.Version {
		t.Error("the operator has another version")
	}
	d.Name, d.Variables, d.Operators, d.Deny, d.Enabled = "SALES", []string{"a", "b"}, d.Operators[1:], nil, false
	d.Operators[0].Penalty = 4
	d.OpenAt = config.Ring // means nothing when agents call out
	d.Labels, d.Dispositions = map[string]string{"a": "Number", "b": "Bill"}, []string{"Call back", "Sold"}
	audit.lines = nil
	d = get[ServiceDraft](t)(s.SaveService(ctx, audit.editor("eve"), d))
	audit.want(t, `eve: service SALES changed; name "Sales" to "SALES"; enabled "true" to "false"; variables "b, a" to "a, b"; labels "a = Account" to "a = Number"; labels "" to "b = Bill"; dispositions "Sold, Call back" to "Call back, Sold"; deny "3" to "";`+
		` operators "ada (penalty 0)" to ""; operators "grace (penalty 3)" to "grace (penalty 4)"`)
	items := get[List[ServiceItem]](t)(s.Services(ctx, ListQuery{Search: "sales"})).Rows
	if len(items) != 1 || items[0].Variables != 2 || items[0].Operators != 1 || items[0].ChangedBy != "eve" || items[0].Version != d.Version || time.Since(items[0].Changed) > time.Minute {
		t.Errorf("%+v", items)
	}
	if err := s.write.Exec("UPDATE services SET open_at = 'ring' WHERE id = ?", d.ID).Error; err != nil { // as drafts of before may have it
		t.Fatal(err)
	}
	if xml := export(t, s); strings.Contains(xml, `open="ring"`) {
		t.Error(xml)
	}
	uses := get[[]Use](t)(s.ServiceUses(ctx, []int64{d.ID, 999}))
	if want := []Use{{d.ID, "SALES", []string{"grace"}}}; !reflect.DeepEqual(uses, want) {
		t.Errorf("%+v", uses)
	}
	if err := s.RemoveServices(ctx, audit.editor("eve"), []int64{d.ID}); err != nil {
		t.Fatal(err)
	}
	if len(audit.lines) != 1 || !strings.HasPrefix(audit.lines[0], "eve: service SALES removed;") {
		t.Error(audit.lines)
	}
	if _, err := s.Service(ctx, d.ID); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, err := s.SaveService(ctx, Editor{}, d); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	d := get[SettingsDraft](t)(s.Settings(ctx))
	if !slices.Equal(d.PauseReasons, []string{"Lunch", "Coffee"}) {
		t.Errorf("%+v", d)
	}
	theirs := d
	d.PauseReasons, d.AfterCall, d.PerHour = nil, 20, 30
	d = get[SettingsDraft](t)(s.SaveSettings(ctx, audit.editor("eve"), d))
	if !slices.Equal(d.PauseReasons, config.DefaultPauseReasons()) || d.AfterCall != 20 || d.PerHour != 30 {
		t.Errorf("%+v", d)
	}
	audit.want(t,
		`eve: pause  changed; reason "Coffee" to ""; reason "" to "Break"; reason "" to "Meeting"`,
		`eve: limits  changed; after_call "" to "20"; per_hour "" to "30"`,
	)
	theirs.PerMinute = 5
	_, err := s.SaveSettings(ctx, audit.editor("bob"), theirs)
	conflict, ok := errors.AsType[*Conflict](err)
	if !ok || conflict.By != "eve" || !reflect.DeepEqual(conflict.Theirs, d) {
		t.Errorf("%+v", err)
	}
	d.PauseReasons, d.AfterCall = []string{"", "a|b"}, -1
	if _, err := s.SaveSettings(ctx, audit.editor("bob"), d); len(faults(err)) != 3 {
		t.Error(err)
	}
	audit.want(t)
}

// TestTaken: a value that another item has is refused, in whatever case; the item's own
// may change its case.
func TestTaken(t *testing.T) {
	s, ctx := site(t), t.Context()
	before := export(t, s)
	inbound := ServiceDraft{Name: "x", Context: "x", Type: config.Inbound, Trigger: config.Browser, Target: config.Tab, Enabled: true}
	service := func(change func(*ServiceDraft)) func() error {
		return func() error {
			d := inbound
			change(&d)
			_, err := s.SaveService(ctx, Editor{}, d)
			return err
		}
	}
	for field, save := range map[string]func() error{
		"username": func() error { _, err := s.SaveOperator(ctx, Editor{}, OperatorDraft{Username: "ADA"}); return err },
		"mac": func() error {
			_, err := s.SaveSeat(ctx, Editor{}, SeatDraft{MAC: "00-11-22-33-44-55", Extension: "SIP/1"})
			return err
		},
		"extension": func() error {
			_, err := s.SaveSeat(ctx, Editor{}, SeatDraft{MAC: "00-11-22-33-44-56", Extension: "pjsip/201"})
			return err
		},
		"name":    service(func(d *ServiceDraft) { d.Name = "SUPPORT" }),
		"context": service(func(d *ServiceDraft) { d.Context = "astcti-support" }),
		"queue":   service(func(d *ServiceDraft) { d.Queue = "ASTCTI-queue" }),
	} {
		if taken, ok := errors.AsType[*Taken](save()); !ok || taken.Field != field || taken.By == "" {
			t.Errorf("%s: %v", field, taken)
		}
	}
	if after := export(t, s); after != before {
		t.Error("changed")
	}
	for name, d := range map[string]func(*ServiceDraft){
		"disabled": func(d *ServiceDraft) { d.Context, d.Queue, d.Enabled = "astcti-support", "astcti-queue", false },
		"outbound": func(d *ServiceDraft) { d.Context, d.Type = "astcti-support", config.Outbound },
	} {
		if err := service(func(v *ServiceDraft) { d(v); v.Name = name })(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// É is é to whom looks for a service.
	if err := service(func(d *ServiceDraft) { d.Name, d.Enabled = "Écoute", false })(); err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*Taken](service(func(d *ServiceDraft) { d.Name, d.Enabled = "écoute", false })()); !ok {
		t.Error("É and é")
	}
	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	ada.Username = "Ada"
	get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{}, ada))
}

// TestFaultyDrafts: what cannot be published is not saved.
func TestFaultyDrafts(t *testing.T) {
	s, ctx := site(t), t.Context()
	before := export(t, s)
	grace := operatorID(t, s, "grace")
	for name, save := range map[string]func() error{
		"no name": func() error { _, err := s.SaveOperator(ctx, Editor{}, OperatorDraft{Username: " "}); return err },
		"no password": func() error {
			_, err := s.SaveOperator(ctx, Editor{}, OperatorDraft{Username: "x", Enabled: true})
			return err
		},
		"long password": func() error {
			_, err := s.SaveOperator(ctx, Editor{}, OperatorDraft{Username: "x", Password: strings.Repeat("x", 5000)})
			return err
		},
		"no MAC": func() error { _, err := s.SaveSeat(ctx, Editor{}, SeatDraft{MAC: "x", Extension: "SIP/1"}); return err },
		"no such type": func() error {
			_, err := s.SaveService(ctx, Editor{}, ServiceDraft{Name: "x", Context: "x", Type: "x", Trigger: "browser", Target: "tab"})
			return err
		},
		"penalty": func() error {
			_, err := s.SaveService(ctx, Editor{}, ServiceDraft{Name: "x", Context: "x", Type: "inbound", Trigger: "browser", Target: "tab", Operators: []AssignmentDraft{{OperatorID: grace, Penalty: -1}}})
			return err
		},
		"an operator twice": func() error {
			_, err := s.SaveService(ctx, Editor{}, ServiceDraft{Name: "x", Context: "x", Type: "inbound", Trigger: "browser", Target: "tab", Operators: []AssignmentDraft{{OperatorID: grace}, {OperatorID: grace}}})
			return err
		},
	} {
		if err := save(); len(faults(err)) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := export(t, s); after != before {
		t.Error("changed")
	}
}

// TestConflict: who saves second learns both values, and changes nothing.
func TestConflict(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	t.Run("operator", func(t *testing.T) {
		mine := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
		theirs := mine
		theirs.FullName = "Theirs"
		theirs = get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{By: "bob"}, theirs))
		mine.FullName = "Mine"
		_, err := s.SaveOperator(ctx, audit.editor("eve"), mine)
		conflicts(t, err, theirs)
	})
	t.Run("seat", func(t *testing.T) {
		mine := get[SeatDraft](t)(s.Seat(ctx, 1))
		theirs := mine
		theirs.Description = "Theirs"
		theirs = get[SeatDraft](t)(s.SaveSeat(ctx, Editor{By: "bob"}, theirs))
		mine.Description = "Mine"
		_, err := s.SaveSeat(ctx, audit.editor("eve"), mine)
		conflicts(t, err, theirs)
	})
	t.Run("service, by an operator", func(t *testing.T) {
		mine := get[ServiceDraft](t)(s.Service(ctx, serviceID(t, s, "Out")))
		grace := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "grace")))
		grace.Services = append(grace.Services, mine.ID)
		get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{By: "bob"}, grace))
		mine.Queue = "x"
		_, err := s.SaveService(ctx, audit.editor("eve"), mine)
		conflicts(t, err, get[ServiceDraft](t)(s.Service(ctx, mine.ID)))
	})
	audit.want(t)
}

func conflicts(t *testing.T, err error, theirs any) {
	t.Helper()
	c, ok := errors.AsType[*Conflict](err)
	if !ok || c.By != "bob" || time.Since(c.At) > time.Minute || !reflect.DeepEqual(c.Theirs, theirs) {
		t.Errorf("%v: %+v\nwant %+v", err, c, theirs)
	}
}

// TestNothingToRemove: no ids, and those of nothing, are no edit.
func TestNothingToRemove(t *testing.T) {
	s, ctx := site(t), t.Context()
	before, last := export(t, s), edits(t, s)
	for name, remove := range map[string]func(context.Context, Editor, []int64) error{"operators": s.RemoveOperators, "seats": s.RemoveSeats, "services": s.RemoveServices} {
		for _, ids := range [][]int64{nil, {}, {-1, 0, 999}} {
			if err := remove(ctx, Editor{}, ids); err != nil {
				t.Errorf("%s %v: %v", name, ids, err)
			}
		}
	}
	if export(t, s) != before || edits(t, s) != last {
		t.Error("changed")
	}
}

// TestTwoSavers: of many who save the same draft at once, one succeeds.
func TestTwoSavers(t *testing.T) {
	s, ctx := site(t), t.Context()
	d := get[SeatDraft](t)(s.Seat(ctx, 1))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			mine := d
			mine.Description = fmt.Sprint("Desk of ", i)
			_, errs[i] = s.SaveSeat(ctx, Editor{By: fmt.Sprint("manager", i)}, mine)
		})
	}
	wg.Wait()
	after := get[SeatDraft](t)(s.Seat(ctx, 1))
	saved := 0
	for i, err := range errs {
		if err == nil {
			saved++
			if after.Description != fmt.Sprint("Desk of ", i) {
				t.Errorf("%d saved, and it is %+v", i, after)
			}
		} else if c, ok := errors.AsType[*Conflict](err); !ok || c.Theirs != any(after) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if saved != 1 {
		t.Errorf("%d saved", saved)
	}
}

// TestTogether: edits of different items, and those that tell of the same service, lose
// nothing of each other; also from another process.
func TestTogether(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	s, other := open(t, dir), open(t, dir)
	v := get[ServiceDraft](t)(s.SaveService(ctx, Editor{}, ServiceDraft{Name: "x", Context: "x", Type: config.Inbound, Trigger: config.Browser, Target: config.Tab}))
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = []*Store{s, other}[i%2].SaveOperator(ctx, Editor{}, OperatorDraft{Username: fmt.Sprint("o", i), Services: []int64{v.ID}})
		})
		wg.Go(func() {
			if _, err := s.Operators(ctx, ListQuery{Search: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if after := get[ServiceDraft](t)(s.Service(ctx, v.ID)); len(after.Operators) != len(errs) || after.Version != edits(t, s) || after.Version != int64(1+len(errs)) {
		t.Errorf("%+v after %d edits", after, edits(t, s))
	}
}

// TestUnaccounted: what the audit does not take is not done.
func TestUnaccounted(t *testing.T) {
	s, ctx := site(t), t.Context()
	before, last := export(t, s), edits(t, s)
	full := errors.New("disk full")
	ed := Editor{By: "eve", Record: func(context.Context, config.Change) error { return full }}
	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	ada.FullName = "x"
	settings := get[SettingsDraft](t)(s.Settings(ctx))
	settings.AfterCall = 1
	for name, do := range map[string]func() error{
		"save operator": func() error { _, err := s.SaveOperator(ctx, ed, ada); return err },
		"add seat": func() error {
			_, err := s.SaveSeat(ctx, ed, SeatDraft{MAC: "00:00:00:00:00:01", Extension: "SIP/1"})
			return err
		},
		"add service": func() error {
			_, err := s.SaveService(ctx, ed, ServiceDraft{Name: "x", Context: "x", Type: "inbound", Trigger: "browser", Target: "tab"})
			return err
		},
		"settings":        func() error { _, err := s.SaveSettings(ctx, ed, settings); return err },
		"remove operator": func() error { return s.RemoveOperators(ctx, ed, []int64{ada.ID}) },
		"remove seat":     func() error { return s.RemoveSeats(ctx, ed, []int64{1}) },
		"remove service":  func() error { return s.RemoveServices(ctx, ed, []int64{1, 2}) },
		"import":          func() error { _, err := s.ImportBy(ctx, ed, seats(t, "x"), nil, nil); return err },
		"revert":          func() error { return s.RevertDraft(ctx, ed, config.New("", nil, nil, nil), nil) },
	} {
		if err := do(); !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if export(t, s) != before {
		t.Error("changed")
	}
	if n := 0; s.read.Raw("SELECT count(*) FROM edits WHERE edited_by = 'eve'").Scan(&n).Error != nil || n != 0 || edits(t, s) != last {
		t.Error("an edit was noted")
	}
}

// edits is the number of the last one.
func edits(t *testing.T, s *Store) (n int64) {
	t.Helper()
	if err := s.read.Raw("SELECT changes FROM draft").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
