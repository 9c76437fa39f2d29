package store

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

func TestImportOperators(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	ada := get[OperatorDraft](t)(s.Operator(ctx, operatorID(t, s, "ada")))
	before, last := export(t, s), edits(t, s)
	file := []byte("username;password;fullname\nADA;;Ada King\nlinus;a long enough password;Linus\ngone;;\n")
	dry, err := s.ImportOperators(ctx, audit.editor("eve"), file, true, nil)
	if err != nil || dry.Done || !dry.OK() || dry.Added != 1 || dry.Changed != 1 || dry.Unchanged != 1 {
		t.Errorf("%+v %v", dry, err)
	}
	if export(t, s) != before || edits(t, s) != last {
		t.Error("changed by a dry run")
	}
	var steps []int
	done, err := s.ImportOperators(ctx, audit.editor("eve"), file, false, func(done, total int) { steps = append(steps, done, total) })
	if err != nil || !done.Done || done.Added != 1 || !slices.Equal(steps, []int{1, 1}) {
		t.Errorf("%+v %v %v", done, steps, err)
	}
	audit.want(t, `eve: configuration operators.csv changed; added "" to "1"; changed "" to "1"; operator ADA, username "ada" to "ADA"; operator ADA, fullname "Ada Lovelace" to "Ada King"; operator linus "" to "added"`)
	after := get[OperatorDraft](t)(s.Operator(ctx, ada.ID))
	if after.Username != "ADA" || after.FullName != "Ada King" || !slices.Equal(after.Services, ada.Services) || after.Version == ada.Version {
		t.Errorf("%+v", after)
	}
	snapshot := get[*config.Snapshot](t)(s.Export(ctx))
	linus, _ := snapshot.Operator("linus")
	if err := password.NewGate(s.Pepper(), password.Options{}).Check(ctx, "linus", linus.Verifier, password.MD5Hex("a long enough password"), netip.Addr{}); err != nil {
		t.Error(err)
	}
	if o, _ := snapshot.Operator("ada"); o.Verifier != verifier {
		t.Error("another password for ada")
	}
	// What the file has no column for stays, and the same again is no edit.
	again, err := s.ImportOperators(ctx, audit.editor("eve"), []byte("username,fullname\nada,Ada King\n"), false, nil)
	if err != nil || !again.Done || again.Changed != 1 { // her name's case
		t.Errorf("%+v %v", again, err)
	}
	audit.lines, last = nil, edits(t, s)
	again, err = s.ImportOperators(ctx, audit.editor("eve"), []byte("username,fullname\nada,Ada King\n"), false, nil)
	if err != nil || !again.Done || again.Unchanged != 1 || edits(t, s) != last {
		t.Errorf("%+v %v", again, err)
	}
	audit.want(t)
}

func TestImportSeats(t *testing.T) {
	s, audit, ctx := site(t), &ledger{}, t.Context()
	seat := get[SeatDraft](t)(s.Seat(ctx, 1))
	// Two seats change their PCs; the second is new.
	file := []byte("extension,mac\nPJSIP/201,00:00:00:00:00:01\nPJSIP/202,00:11:22:33:44:55\n")
	done, err := s.ImportSeats(ctx, audit.editor("eve"), file, false)
	if err != nil || !done.Done || done.Added != 1 || done.Changed != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	file = []byte("extension,mac\nPJSIP/202,00:00:00:00:00:01\nPJSIP/201,00:11:22:33:44:55\n")
	if done, err = s.ImportSeats(ctx, audit.editor("eve"), file, false); err != nil || !done.Done || done.Changed != 2 {
		t.Fatalf("%+v %v", done, err)
	}
	if after := get[SeatDraft](t)(s.Seat(ctx, 1)); after.MAC != seat.MAC || after.Extension != seat.Extension || after.Description != seat.Description || after.Version == seat.Version {
		t.Errorf("%+v", after)
	}
	audit.want(t,
		`eve: configuration seats.csv changed; added "" to "1"; changed "" to "1"; seat PJSIP/201, mac "00:11:22:33:44:55" to "00:00:00:00:00:01"; seat PJSIP/202 "" to "added"`,
		`eve: configuration seats.csv changed; changed "" to "2"; seat PJSIP/202, mac "00:11:22:33:44:55" to "00:00:00:00:00:01"; seat PJSIP/201, mac "00:00:00:00:00:01" to "00:11:22:33:44:55"`,
	)
}

// TestBadCSV: all lines or none.
func TestBadCSV(t *testing.T) {
	s, ctx := site(t), t.Context()
	before := export(t, s)
	for name, file := range map[string]string{
		"a line":   "username,enabled,password\ngood,true,a long enough password\nbad name,true,x\n",
		"the file": "user\nada\n",
		"empty":    "",
	} {
		r, err := s.ImportOperators(ctx, Editor{}, []byte(file), false, nil)
		if err != nil || r.Done || r.OK() {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	r, err := s.ImportSeats(ctx, Editor{}, []byte("extension,mac\nSIP/1,00:00:00:00:00:01\nSIP/2,00-11-22-33-44-55\n"), false)
	if err != nil || r.Done || len(r.Rows[1].Faults) != 1 || r.Rows[1].Faults[0].Line != 3 {
		t.Errorf("%+v %v", r, err)
	}
	full := errors.New("disk full")
	ed := Editor{Record: func(context.Context, config.Change) error { return full }}
	if r, err := s.ImportSeats(ctx, ed, []byte("extension,mac\nSIP/1,00:00:00:00:00:01\n"), false); !errors.Is(err, full) || r.Done {
		t.Errorf("%+v %v", r, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if r, err := s.ImportOperators(ended, Editor{}, []byte("username,password\nx,"+strings.Repeat("x", 20)+"\n"), false, nil); !errors.Is(err, context.Canceled) || r.Done {
		t.Errorf("%+v %v", r, err)
	}
	if export(t, s) != before {
		t.Error("changed")
	}
}
