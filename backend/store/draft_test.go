package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// lines shows changes: who did what, when there is a time to it.
func lines(changes []config.Change) (list []string) {
	for _, c := range changes {
		when := " never"
		if time.Since(c.At) < time.Minute {
			when = ""
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s by %s%s", c.Kind, c.Name, c.Action, c.By, when)))
	}
	return list
}

func pendingIs(t *testing.T, s *Store, inUse *config.Snapshot, want ...string) {
	t.Helper()
	got := lines(get[[]config.Change](t)(s.Pending(t.Context(), inUse)))
	if !slices.Equal(got, want) {
		t.Errorf("pending:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for range 2 { // the second is remembered
		if n := get[int](t)(s.PendingCount(t.Context(), inUse)); n != len(want) {
			t.Errorf("counted %d", n)
		}
	}
}

// TestPending: what is not applied yet, with who edited each item last.
func TestPending(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	pendingIs(t, s, nil) // nothing was ever edited
	if _, err := s.ImportBy(ctx, Editor{By: "eve"}, document(t, hashedXML), nil, nil); err != nil {
		t.Fatal(err)
	}
	pendingIs(t, s, nil, "service Out added by eve", "service Support added by eve", "operator ada added by eve", "operator gone added by eve",
		"operator grace added by eve", "seat PJSIP/201 added by eve", "pause  added by eve")
	inUse := get[*config.Snapshot](t)(s.Export(ctx))
	pendingIs(t, s, inUse)

	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	ada.Username = "Countess"
	get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{By: "bob"}, ada))
	get[SeatDraft](t)(s.SaveSeat(ctx, Editor{By: "eve"}, SeatDraft{MAC: "00:00:00:00:00:01", Extension: "SIP/7"}))
	if err := s.RemoveSeats(ctx, Editor{By: "bob"}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	settings := get[SettingsDraft](t)(s.Settings(ctx))
	settings.PerMinute = 7
	get[SettingsDraft](t)(s.SaveSettings(ctx, Editor{By: "eve"}, settings))
	pendingIs(t, s, inUse, "service Out changed by bob", "service Support changed by bob", "operator ada removed by bob", "operator Countess added by bob",
		"seat PJSIP/201 removed by bob", "seat SIP/7 added by eve", "limits  changed by eve")

	// Thrown away: the draft is what is in use again, to the letter.
	audit := &ledger{}
	if err := s.RevertDraft(ctx, audit.editor("carol"), inUse, nil); err != nil {
		t.Fatal(err)
	}
	audit.want(t, `carol: configuration  changed; added "" to "2"; changed "" to "3"; removed "" to "2"; service Out, operators "" to "ada (penalty 0)"; service Out, operators "Countess (penalty 0)" to "";`+
		` service Support, operators "" to "ada (penalty 1)"; service Support, operators "Countess (penalty 1)" to ""; operator ada "" to "added"; operator Countess "" to "removed";`+
		` seat PJSIP/201 "" to "added"; seat SIP/7 "" to "removed"; limits, per_minute "7" to ""`)
	pendingIs(t, s, inUse)
	if got, want := export(t, s), asXML(t, inUse); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}

// TestPendingRename: who gave an item its name is known of both names, and of no other
// item whose name a field has.
func TestPendingRename(t *testing.T) {
	s, ctx := site(t), t.Context()
	inUse := get[*config.Snapshot](t)(s.Export(ctx))
	v := get[ServiceDraft](t)(s.Service(ctx, serviceID(t, s, "Out")))
	v.Name, v.Context = "Sales", "Support"
	v = get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "eve"}, v))
	v.Context = "Sales"
	get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "bob"}, v))
	support := get[ServiceDraft](t)(s.Service(ctx, serviceID(t, s, "Support")))
	support.AfterCall++
	get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "carol"}, support))
	v = get[ServiceDraft](t)(s.Service(ctx, v.ID))
	v.Context = "sales"
	get[ServiceDraft](t)(s.SaveService(ctx, Editor{By: "bob"}, v))
	pendingIs(t, s, inUse, "service Out removed by eve", "service Sales added by bob", "service Support changed by carol")
	if err := s.RevertDraft(ctx, Editor{}, nil, nil); err == nil {
		t.Error("went back to nothing")
	}
}

// TestReplaceKeeps: an import leaves what is the same in both as it is, so that a form
// that is open on it can still be saved.
func TestReplaceKeeps(t *testing.T) {
	s, ctx := site(t), t.Context()
	grace, ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "grace"))), operatorID(t, s, "ada")
	support, out := serviceID(t, s, "Support"), get[ServiceDraft](t)(s.Service(ctx, serviceID(t, s, "Out")))
	xml := strings.NewReplacer(`fullname="Ada Lovelace"`, `fullname="Ada King"`, `<operator username="gone" enabled="false"/>`, `<operator username="new" enabled="false"/>`,
		`penalty="1"`, `penalty="9"`, `mac="00-11-22-33-44-55" extension="PJSIP/201"`, `mac="00-11-22-33-44-66" extension="PJSIP/201"`).Replace(hashedXML)
	xml = strings.Replace(xml, "</seats>", `<seat mac="00-11-22-33-44-55" extension="PJSIP/202"/></seats>`, 1) // another seat has its PC now
	d := document(t, xml)
	preview := lines(get[[]config.Change](t)(s.Preview(ctx, d)))
	audit := &ledger{}
	if _, err := s.ImportBy(ctx, audit.editor("eve"), d, nil, nil); err != nil {
		t.Fatal(err)
	}
	audit.want(t, `eve: configuration test.xml changed; added "" to "2"; changed "" to "3"; removed "" to "1"; service Support, operators "ada (penalty 1)" to "ada (penalty 9)";`+
		` operator ada, fullname "Ada Lovelace" to "Ada King"; operator gone "" to "removed"; operator new "" to "added"; seat PJSIP/201, mac "00:11:22:33:44:55" to "00:11:22:33:44:66"; seat PJSIP/202 "" to "added"`)
	if want := []string{
		"service Support changed by  never", "operator ada changed by  never", "operator gone removed by  never", "operator new added by  never",
		"seat PJSIP/201 changed by  never", "seat PJSIP/202 added by  never",
	}; !slices.Equal(preview, want) {
		t.Errorf("previewed %q", preview)
	}
	if operatorID(t, s, "ada") != ada || serviceID(t, s, "Support") != support {
		t.Error("other ids")
	}
	grace.FullName = "G. Hopper"
	get[OperatorDraft](t)(s.SaveOperator(ctx, Editor{}, grace))
	if again := get[ServiceDraft](t)(s.Service(ctx, out.ID)); again.Version != out.Version {
		t.Error("another version of what is the same")
	}
	want, err := d.Resolve(ctx, s.Pepper(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Replace(export(t, s), "G. Hopper", "Grace Hopper", 1); got != asXML(t, want) {
		t.Errorf("%s\nwant:\n%s", got, asXML(t, want))
	}
}

// TestPreview: a password is a change, a fault is told, and nothing is done.
func TestPreview(t *testing.T) {
	s, ctx := site(t), t.Context()
	before := export(t, s)
	changes := get[[]config.Change](t)(s.Preview(ctx, document(t, siteXML)))
	if got := lines(changes); !slices.Equal(got, []string{"operator ada changed by  never", "operator grace changed by  never"}) {
		t.Errorf("%q", got)
	}
	if f := changes[0].Fields; !reflect.DeepEqual(f, []config.FieldChange{{Field: "verifier", Old: config.Masked, New: config.Masked}}) {
		t.Errorf("%q", f)
	}
	d := document(t, hashedXML)
	d.Limits = config.Limits{PerHour: 3}
	d.PauseReasons = []string{"Tea"}
	if got := lines(get[[]config.Change](t)(s.Preview(ctx, d))); !slices.Equal(got, []string{"pause  changed by  never", "limits  changed by  never"}) {
		t.Errorf("%q", got)
	}
	d.Seats[0].MAC = "x"
	if _, err := s.Preview(ctx, d); len(faults(err)) != 1 {
		t.Error(err)
	}
	if export(t, s) != before || edits(t, s) != 1 {
		t.Error("changed")
	}
}

func TestHistory(t *testing.T) {
	s, dir, ctx := site(t), t.TempDir(), t.Context()
	first := get[string](t)(s.PublishBy(ctx, dir, "eve", nil))
	get[SeatDraft](t)(s.SaveSeat(ctx, Editor{}, SeatDraft{MAC: "00:00:00:00:00:01", Extension: "SIP/7"}))
	second := get[string](t)(s.Publish(ctx, dir))
	if err := os.Remove(filepath.Join(dir, second)); err != nil {
		t.Fatal(err)
	}
	third := get[string](t)(s.PublishBy(ctx, dir, "bob", nil))
	list := get[[]Publication](t)(s.History(ctx, dir))
	for i := range list {
		if time.Since(list[i].At) > time.Minute {
			t.Error(list[i].At)
		}
		list[i].At = time.Time{}
	}
	if want := []Publication{
		{Revision: 3, File: third, By: "bob", Services: 2, Seats: 2, Operators: 3, There: true},
		{Revision: 2, File: second, Changes: 1, Services: 2, Seats: 2, Operators: 3},
		{Revision: 1, File: first, By: "eve", Changes: 7, Services: 2, Seats: 1, Operators: 3, There: true},
	}; !reflect.DeepEqual(list, want) {
		t.Errorf("%+v\nwant %+v", list, want)
	}
	// Apply again: the earlier one is imported, and published anew.
	audit := &ledger{}
	if _, err := s.ImportFileBy(ctx, audit.editor("eve"), filepath.Join(dir, first), nil); err != nil {
		t.Fatal(err)
	}
	audit.want(t, `eve: configuration `+first+` changed; removed "" to "1"; seat SIP/7 "" to "removed"`)
	if _, err := s.ImportFileBy(ctx, audit.editor("eve"), filepath.Join(dir, second), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestPublishCheck: what is published is what was checked, and nothing when that fails.
func TestPublishCheck(t *testing.T) {
	s, dir := site(t), t.TempDir()
	no := errors.New("another one than was looked at")
	if file, err := s.PublishBy(t.Context(), dir, "eve", func(c *config.Snapshot) error {
		if len(c.Services) == 0 {
			t.Error("nothing to look at")
		}
		return no
	}); !errors.Is(err, no) || file != "" {
		t.Errorf("%q, %v", file, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestCheckedReplacement: who replaces the draft by another has the last word on what he
// replaces, for it may have been edited since he looked.
func TestCheckedReplacement(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	before := get[*config.Snapshot](t)(s.Export(t.Context()))
	none, edited := config.New("", nil, nil, nil), errors.New("edited meanwhile")
	check := func(now *config.Snapshot) error {
		if changes := config.Diff(before, now); len(changes) > 0 {
			t.Errorf("it is given another draft: %+v", changes)
		}
		return edited
	}
	_, err := s.ImportBy(t.Context(), Editor{}, none.Document(), check, nil)
	if !errors.Is(err, edited) {
		t.Error(err)
	}
	if err := s.RevertDraft(t.Context(), Editor{}, none, check); !errors.Is(err, edited) {
		t.Error(err)
	}
	if changes := config.Diff(before, get[*config.Snapshot](t)(s.Export(t.Context()))); len(changes) > 0 {
		t.Errorf("%+v", changes)
	}
}
