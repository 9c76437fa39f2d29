package store

import (
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

var noon = time.UnixMilli(1_800_000_000_000)

// managed is a store whose clock the test sets.
func managed(t *testing.T) (s *Store, at *time.Time) {
	t.Helper()
	s, now := open(t, t.TempDir()), noon
	s.clock = func() time.Time { return now }
	return s, &now
}

// add adds an enabled manager, with a verifier that no password has unless one is given.
func add(t *testing.T, s *Store, userID, role, plain string) ManagerDraft {
	t.Helper()
	d, err := s.SaveManager(t.Context(), Editor{}, ManagerDraft{UserID: userID, FullName: "Full " + userID, Role: role, Enabled: true, Password: plain})
	if err != nil {
		t.Fatal(err)
	}
	if plain == "" { // hashing takes its time
		if err := s.managers.Model(&managerRow{ID: d.ID}).Update("verifier", verifier).Error; err != nil {
			t.Fatal(err)
		}
		d.HasPassword = true
	}
	return d
}

// recorder is an Editor that keeps what it should note.
func recorder(by string, changes *[]config.Change) Editor {
	return Editor{By: by, Record: func(_ context.Context, c config.Change) error {
		*changes = append(*changes, c)
		return nil
	}}
}

const goodPassword = "violet tractor 7"

func TestSaveManager(t *testing.T) {
	s, at := managed(t)
	ctx := t.Context()
	if empty, err := s.ManagersEmpty(ctx); err != nil || !empty {
		t.Fatal(empty, err)
	}
	var changes []config.Change
	ed := recorder("root", &changes)
	ada, err := s.SaveManager(ctx, ed, ManagerDraft{UserID: "Ada", FullName: "Ada Lovelace", Email: "ada@example.com", Role: RoleAdministrator, Enabled: true, Password: goodPassword, KeepSession: "x"})
	want := ManagerDraft{ID: 1, Version: 1, UserID: "Ada", FullName: "Ada Lovelace", Email: "ada@example.com", Role: RoleAdministrator, Enabled: true, HasPassword: true}
	if err != nil || ada != want {
		t.Fatalf("%+v, %v", ada, err)
	}
	if empty, err := s.ManagersEmpty(ctx); err != nil || empty {
		t.Error(empty, err)
	}
	if got, err := s.Manager(ctx, ada.ID); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	m, err := s.ManagerByUserID(ctx, "ADA")
	if err != nil || m.UserID != "Ada" || !m.Created.Equal(noon) || !m.LastSeen.IsZero() || !m.Password || m.TOTP || m.ChangedBy != "root" {
		t.Errorf("%+v, %v", m, err)
	}
	// An edit that changes nothing is none.
	if got, err := s.SaveManager(ctx, ed, ada); err != nil || got != want || len(changes) != 1 {
		t.Errorf("%+v, %v, %d changes", got, err, len(changes))
	}
	*at = noon.Add(time.Minute)
	ada.FullName, ada.Email, ada.Password = "Ada King", "", "another tractor"
	ada, err = s.SaveManager(ctx, ed, ada)
	if err != nil || ada.Version != 2 || ada.Password != "" {
		t.Errorf("%+v, %v", ada, err)
	}
	wantChanges := []config.Change{
		{Kind: config.KindManager, Name: "Ada", Action: config.Added, By: "root", At: noon, Fields: []config.FieldChange{
			{Field: "username", New: "Ada"}, {Field: "fullname", New: "Ada Lovelace"}, {Field: "email", New: "ada@example.com"},
			{Field: "role", New: RoleAdministrator}, {Field: "enabled", New: "true"}, {Field: "password", New: config.Masked},
		}},
		{Kind: config.KindManager, Name: "Ada", Action: config.Changed, By: "root", At: *at, Fields: []config.FieldChange{
			{Field: "fullname", Old: "Ada Lovelace", New: "Ada King"}, {Field: "email", Old: "ada@example.com"}, {Field: "password", Old: config.Masked, New: config.Masked},
		}},
	}
	if !reflect.DeepEqual(changes, wantChanges) {
		t.Errorf("recorded\n%+v, want\n%+v", changes, wantChanges)
	}
	// The second saver is told, with what the first one wrote.
	stale := ada
	stale.Version, stale.FullName = 1, "Countess"
	_, err = s.SaveManager(ctx, ed, stale)
	if c, ok := errors.AsType[*Conflict](err); !ok || c.By != "root" || !c.At.Equal(*at) || c.Theirs != ada {
		t.Errorf("%v", err)
	}
	// A new one under a name that is taken, in whatever case; and another renamed to it.
	taken := func(d ManagerDraft) {
		t.Helper()
		_, err := s.SaveManager(ctx, ed, d)
		if e, ok := errors.AsType[*Taken](err); !ok || e.Field != "username" || e.By != "Ada" {
			t.Errorf("%v", err)
		}
	}
	taken(ManagerDraft{UserID: "aDA", Role: RoleViewer})
	bob := add(t, s, "bob", RoleViewer, "")
	bob.UserID = "ada"
	taken(bob)
	ada.UserID = "ADA" // one's own name in another case is free
	if ada, err = s.SaveManager(ctx, ed, ada); err != nil || ada.UserID != "ADA" {
		t.Error(ada, err)
	}
	for _, id := range []int64{0, 99} {
		if _, err := s.Manager(ctx, id); !errors.Is(err, ErrGone) {
			t.Errorf("%d: %v", id, err)
		}
	}
	if _, err := s.SaveManager(ctx, ed, ManagerDraft{ID: 99, Version: 1, UserID: "x", Role: RoleViewer}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestManagerFaults(t *testing.T) {
	s, _ := managed(t)
	good := ManagerDraft{UserID: "ada", FullName: "Ada", Email: "ada@example.com", Role: RoleEditor, Password: goodPassword}
	for _, c := range []struct {
		field, code string
		spoil       func(*ManagerDraft)
	}{
		{"username", "", func(d *ManagerDraft) { d.UserID = "" }},
		{"username", "", func(d *ManagerDraft) { d.UserID = "a b" }},
		{"fullname", "", func(d *ManagerDraft) { d.FullName = "Ada\nLovelace" }},
		{"role", "manager.role", func(d *ManagerDraft) { d.Role = "owner" }},
		{"role", "manager.role", func(d *ManagerDraft) { d.Role = "" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = "ada" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = "Ada <ada@example.com>" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = "<ada@example.com>" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = "ada@example.com, eve@example.com" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = "ada@example.com\r\nBcc: eve@example.com" }},
		{"email", "manager.email", func(d *ManagerDraft) { d.Email = strings.Repeat("a", 250) + "@b.de" }},
		{"password", "manager.password-short", func(d *ManagerDraft) { d.Password = "short" }},
		{"password", "manager.password-long", func(d *ManagerDraft) { d.Password = strings.Repeat("xy", 65) }},
		{"password", "manager.password-common", func(d *ManagerDraft) { d.Password = "password1234" }},
		{"password", "manager.password-characters", func(d *ManagerDraft) { d.Password = "violet\ttractor" }},
		{"password", "manager.password-username", func(d *ManagerDraft) { d.Password = "violet ada tractor" }},
	} {
		d := good
		c.spoil(&d)
		_, err := s.SaveManager(t.Context(), Editor{}, d)
		faults, ok := errors.AsType[config.Faults](err)
		if !ok || len(faults) != 1 || faults[0].Field != c.field || faults[0].Kind != config.KindManager || faults[0].Code == "" || c.code != "" && faults[0].Code != c.code || faults[0].Message == "" {
			t.Errorf("%+v: %#v", d, err)
		}
	}
	_, err := s.SaveManager(t.Context(), Editor{}, ManagerDraft{Email: "x", Password: "y"})
	if faults, _ := errors.AsType[config.Faults](err); len(faults) != 4 {
		t.Errorf("not all at once: %v", err)
	}
	if empty, err := s.ManagersEmpty(t.Context()); err != nil || !empty {
		t.Error("one was saved", err)
	}
}

// TestManagerRecord: what cannot be noted is not done.
func TestManagerRecord(t *testing.T) {
	s, _ := managed(t)
	ctx, full := t.Context(), errors.New("disk full")
	ada := add(t, s, "ada", RoleAdministrator, "")
	m, err := s.ManagerByUserID(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.StartManagerSession(ctx, m, "", "")
	if err != nil {
		t.Fatal(err)
	}
	add(t, s, "eve", RoleAdministrator, "")
	ed := Editor{By: "x", Record: func(context.Context, config.Change) error { return full }}
	viewer := ada
	viewer.Role = RoleViewer
	for name, edit := range map[string]func() error{
		"add": func() error {
			_, err := s.SaveManager(ctx, ed, ManagerDraft{UserID: "bob", Role: RoleViewer})
			return err
		},
		"change": func() error { _, err := s.SaveManager(ctx, ed, viewer); return err },
		"remove": func() error { return s.RemoveManagers(ctx, ed, []int64{ada.ID}) },
		"link":   func() error { _, err := s.NewResetToken(ctx, ed, ada.ID); return err },
	} {
		if err := edit(); !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := s.Manager(ctx, ada.ID); err != nil || got != ada {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.LoadManagerSession(ctx, token); err != nil {
		t.Error("signed out by what was not done:", err)
	}
	if _, err := s.ManagerByUserID(ctx, "bob"); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	var links int64
	if err := s.managers.Model(&resetRow{}).Count(&links).Error; err != nil || links != 0 {
		t.Error(links, err)
	}
}

func TestLastAdministrator(t *testing.T) {
	for _, c := range []struct {
		name  string
		setup func(t *testing.T, s *Store) // beside ada, the administrator
		edit  func(*ManagerDraft)          // nil: remove
		want  error
	}{
		{"demote", nil, func(d *ManagerDraft) { d.Role = RoleEditor }, ErrLastAdministrator},
		{"disable", nil, func(d *ManagerDraft) { d.Enabled = false }, ErrLastAdministrator},
		{"remove", nil, nil, ErrLastAdministrator},
		{"rename", nil, func(d *ManagerDraft) { d.UserID = "lovelace" }, nil},
		{"beside an editor", func(t *testing.T, s *Store) { add(t, s, "bob", RoleEditor, "") }, nil, ErrLastAdministrator},
		{"beside another", func(t *testing.T, s *Store) { add(t, s, "bob", RoleAdministrator, "") }, nil, nil},
		{"beside one who is disabled", func(t *testing.T, s *Store) {
			bob := add(t, s, "bob", RoleAdministrator, "")
			bob.Enabled = false
			if _, err := s.SaveManager(t.Context(), Editor{}, bob); err != nil {
				t.Fatal(err)
			}
		}, nil, ErrLastAdministrator},
		{"beside one without a password", func(t *testing.T, s *Store) {
			if _, err := s.SaveManager(t.Context(), Editor{}, ManagerDraft{UserID: "bob", Role: RoleAdministrator, Enabled: true}); err != nil {
				t.Fatal(err)
			}
		}, func(d *ManagerDraft) { d.Role = RoleViewer }, ErrLastAdministrator},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := managed(t)
			ada := add(t, s, "ada", RoleAdministrator, "")
			if c.setup != nil {
				c.setup(t, s)
			}
			var err error
			if c.edit == nil {
				err = s.RemoveManagers(t.Context(), Editor{}, []int64{ada.ID, 99})
			} else {
				d := ada
				c.edit(&d)
				_, err = s.SaveManager(t.Context(), Editor{}, d)
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if got, err := s.Manager(t.Context(), ada.ID); c.want != nil && (err != nil || got != ada) {
				t.Errorf("changed all the same: %+v, %v", got, err)
			}
		})
	}
	s, _ := managed(t)
	a, b := add(t, s, "a", RoleAdministrator, ""), add(t, s, "b", RoleAdministrator, "")
	if err := s.RemoveManagers(t.Context(), Editor{}, []int64{a.ID, b.ID}); !errors.Is(err, ErrLastAdministrator) {
		t.Error("both at once:", err)
	}
}

// race runs n of f at once and returns their errors.
func race(n int, f func(i int) error) []error {
	errs, begin := make([]error, n), make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			errs[i] = f(i)
		})
	}
	close(begin)
	wg.Wait()
	return errs
}

// TestLastAdministratorRace: of two who demote each other at once, in one process and in
// two, one is refused.
func TestLastAdministratorRace(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	for round := range 20 {
		both := []*Store{stores[0], stores[round%2]}
		s := stores[0]
		drafts := []ManagerDraft{add(t, s, "ada", RoleAdministrator, ""), add(t, s, "bob", RoleAdministrator, "")}
		errs := race(2, func(i int) error {
			if round%4 > 1 {
				return both[i].RemoveManagers(t.Context(), Editor{}, []int64{drafts[i].ID})
			}
			d := drafts[i]
			d.Role = RoleViewer
			_, err := both[i].SaveManager(t.Context(), Editor{}, d)
			return err
		})
		slices.SortFunc(errs, func(a, b error) int {
			if a == nil {
				return -1
			}
			return 1
		})
		if errs[0] != nil || !errors.Is(errs[1], ErrLastAdministrator) {
			t.Fatalf("round %d: %v", round, errs)
		}
		if err := s.managers.Exec("DELETE FROM managers").Error; err != nil {
			t.Fatal(err)
		}
	}
}

func TestSaveFirstManager(t *testing.T) {
	s, _ := managed(t)
	_, err := s.SaveFirstManager(t.Context(), Editor{}, ManagerDraft{UserID: "ada"})
	if faults, _ := errors.AsType[config.Faults](err); len(faults) != 1 || faults[0].Field != "password" {
		t.Errorf("without a password: %v", err)
	}
	users := []string{"ada", "bob", "ada"}
	won := 0
	for i, err := range race(3, func(i int) error {
		_, err := s.SaveFirstManager(t.Context(), Editor{}, ManagerDraft{UserID: users[i], Password: goodPassword, Role: RoleViewer})
		return err
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrNotFirst) {
			t.Errorf("%s: %v", users[i], err)
		}
	}
	var rows []managerRow
	if err := s.managers.Find(&rows).Error; err != nil || won != 1 || len(rows) != 1 || rows[0].Role != RoleAdministrator || !rows[0].Enabled {
		t.Errorf("%d won: %+v, %v", won, rows, err)
	}
}

// TestManagerVerifier: who may sign in does, and the others look all the same.
func TestManagerVerifier(t *testing.T) {
	s, _ := managed(t)
	ctx := t.Context()
	add(t, s, "ada", RoleAdministrator, goodPassword)
	off := add(t, s, "off", RoleViewer, "")
	off.Enabled = false
	if _, err := s.SaveManager(ctx, Editor{}, off); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveManager(ctx, Editor{}, ManagerDraft{UserID: "new", Role: RoleViewer, Enabled: true}); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"off", "new", "nobody", ""} {
		if m, v, err := s.ManagerVerifier(ctx, user); m != (Manager{}) || v != "" || err != nil {
			t.Errorf("%s: %+v, %q, %v", user, m, v, err)
		}
	}
	m, v, err := s.ManagerVerifier(ctx, "Ada")
	if err != nil || m.UserID != "ada" {
		t.Fatal(m, err)
	}
	gate := password.NewManagerGate(s.Pepper(), password.Options{Log: slog.New(slog.DiscardHandler)})
	if err := gate.Check(ctx, "Ada", v, goodPassword, netip.Addr{}); err != nil {
		t.Error(err)
	}
	if err := gate.Check(ctx, "Ada", v, goodPassword+" ", netip.Addr{}); !errors.Is(err, password.ErrWrong) {
		t.Error(err)
	}
}

// TestCommandLineNotes: what the command line does waits for the server, and is handed
// over once, in order; what cannot be recorded stays.
func TestCommandLineNotes(t *testing.T) {
	dir := t.TempDir()
	cli, server := open(t, dir), open(t, dir)
	ctx, ed := t.Context(), cli.CommandLine()
	d, err := cli.SaveManager(ctx, ed, ManagerDraft{UserID: "ada", Role: RoleAdministrator, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cli.NewResetToken(ctx, ed, d.ID); err != nil {
		t.Fatal(err)
	}
	if err := cli.RemoveManagers(ctx, ed, []int64{d.ID}); !errors.Is(err, ErrLastAdministrator) { // leaves no note
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if n, err := server.PassNotes(ctx, func(context.Context, config.Change) error { return full }); n != 0 || !errors.Is(err, full) {
		t.Error(n, err)
	}
	var got []config.Change
	record := recorder("", &got).Record
	for _, want := range []int{2, 0} {
		if n, err := server.PassNotes(ctx, record); n != want || err != nil {
			t.Errorf("%d, %v; want %d", n, err, want)
		}
	}
	if len(got) != 2 || got[0].Action != config.Added || got[0].Name != "ada" || got[1].Fields[0] != (config.FieldChange{Field: "reset_link", New: config.Masked}) || got[1].At.IsZero() {
		t.Errorf("%+v", got)
	}
	// An import, and what was applied, are of another database: noted all the same.
	if _, err := cli.ImportBy(ctx, ed, document(t, siteXML), nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := cli.Applied(ctx, "cti-000001.sqlite"); err != nil {
		t.Fatal(err)
	}
	got = nil
	if n, err := server.PassNotes(ctx, record); n != 2 || err != nil || got[0].Kind != KindConfiguration || got[1].Action != ActionApplied || got[1].Name != "cti-000001.sqlite" {
		t.Errorf("%d, %v, %+v", n, err, got)
	}
}

// FuzzManagerEmail: an address that is accepted is one address, on one line.
func FuzzManagerEmail(f *testing.F) {
	for _, a := range []string{"ada@example.com", "Ada <ada@example.com>", "\"a b\"@example.com", "a@b, c@d", "ada@[192.0.2.1]", "(x)ada@example.com", "ä@example.com"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, email string) {
		if email == "" || CheckManager(ManagerDraft{UserID: "ada", Role: RoleViewer, Email: email}) != nil {
			return
		}
		list, err := mail.ParseAddressList(email)
		if err != nil || len(list) != 1 || list[0].Address != email || strings.ContainsAny(email, "\r\n\x00<>, ") {
			t.Fatalf("%q accepted", email)
		}
	})
}
