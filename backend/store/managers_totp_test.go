package store

import (
	"bytes"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// codeAt is what the telephone shows.
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestTOTP(t *testing.T) {
	s, at := managed(t)
	ctx := t.Context()
	ada := add(t, s, "ada", RoleEditor, "")
	var changes []config.Change
	ed := recorder("root", &changes)
	check := func(when, code string, want bool) {
		t.Helper()
		if got, err := s.CheckTOTP(ctx, ada.ID, code); got != want || err != nil {
			t.Errorf("%s: %v, %v", when, got, err)
		}
	}
	if _, err := s.CheckTOTP(ctx, ada.ID, "123456"); !errors.Is(err, ErrNoTOTP) {
		t.Error(err)
	}
	if _, err := s.ConfirmTOTP(ctx, ed, ada.ID, "123456"); !errors.Is(err, ErrNoTOTP) {
		t.Error(err)
	}
	secret, address, err := s.EnrolTOTP(ctx, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "otpauth" || u.Path != "/AsteriskCTI:ada" || u.Query().Get("secret") != secret || len(secret) != 32 {
		t.Errorf("%s, %v", address, err)
	}
	if _, err := s.CheckTOTP(ctx, ada.ID, codeAt(t, secret, *at)); !errors.Is(err, ErrNoTOTP) {
		t.Errorf("holds before it is confirmed: %v", err)
	}
	for _, wrong := range []string{"", "1", "abcdef", codeAt(t, secret, noon.Add(time.Hour))} {
		if ok, err := s.ConfirmTOTP(ctx, ed, ada.ID, wrong); ok || err != nil {
			t.Errorf("%q confirms: %v", wrong, err)
		}
	}
	if ok, err := s.ConfirmTOTP(ctx, ed, ada.ID, codeAt(t, secret, *at)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if m, err := s.ManagerByUserID(ctx, "ada"); err != nil || !m.TOTP || m.Version != ada.Version {
		t.Errorf("%+v, %v", m, err)
	}
	check("the code that confirmed", codeAt(t, secret, *at), false)
	*at = noon.Add(10 * time.Minute)
	step := func(n int) string { return codeAt(t, secret, at.Add(time.Duration(n)*totpPeriod*time.Second)) }
	check("two steps ahead", step(2), false)
	check("two steps behind", step(-2), false)
	check("one behind", step(-1), true)
	check("one behind again", step(-1), false)
	check("now, as it is shown", step(0)[:3]+" "+step(0)[3:], true)
	check("one behind, older than one used", step(-1), false)
	check("one ahead", step(1), true)
	check("now, older than one used", step(0), false)

	// A new one is begun: the one there is works on until then.
	second, _, err := s.EnrolTOTP(ctx, ada.ID)
	if err != nil || second == secret {
		t.Fatal(err)
	}
	*at = at.Add(time.Hour)
	check("the new one too early", codeAt(t, second, *at), false)
	check("the old one", step(0), true)
	if ok, err := s.ConfirmTOTP(ctx, ed, ada.ID, codeAt(t, second, *at)); !ok || err != nil {
		t.Error(ok, err)
	}
	*at = at.Add(time.Hour)
	check("the old one too late", step(0), false)
	check("the new one", codeAt(t, second, *at), true)

	for range 2 { // the second time there is nothing to note
		if err := s.DropTOTP(ctx, ed, ada.ID); err != nil {
			t.Error(err)
		}
	}
	if m, err := s.ManagerByUserID(ctx, "ada"); err != nil || m.TOTP {
		t.Errorf("%+v, %v", m, err)
	}
	var got []config.FieldChange
	for _, c := range changes {
		if c.By != "root" || c.Name != "ada" || len(c.Fields) != 1 {
			t.Errorf("%+v", c)
		}
		got = append(got, c.Fields...)
	}
	m := config.Masked
	if want := []config.FieldChange{{Field: "totp", New: m}, {Field: "totp", Old: m, New: m}, {Field: "totp", Old: m}}; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	for name, err := range map[string]error{
		"enrol": func() error { _, _, err := s.EnrolTOTP(ctx, 99); return err }(),
		"check": func() error { _, err := s.CheckTOTP(ctx, 99, ""); return err }(),
		"drop":  s.DropTOTP(ctx, ed, 99),
	} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTOTPRace: a code that several send at once is right once.
func TestTOTPRace(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	for _, s := range stores {
		s.clock = func() time.Time { return noon }
	}
	ada := add(t, stores[0], "ada", RoleEditor, "")
	secret, _, err := stores[0].EnrolTOTP(t.Context(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := stores[0].ConfirmTOTP(t.Context(), Editor{}, ada.ID, codeAt(t, secret, noon.Add(-totpPeriod*time.Second))); !ok || err != nil {
		t.Fatal(ok, err)
	}
	right := make([]bool, 8)
	for _, err := range race(len(right), func(i int) (err error) {
		right[i], err = stores[i%2].CheckTOTP(t.Context(), ada.ID, codeAt(t, secret, noon))
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	n := 0
	for _, ok := range right {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("right %d times", n)
	}
}

// TestTOTPSealed: the secret of one manager is of no use in another's row.
func TestTOTPSealed(t *testing.T) {
	s, at := managed(t)
	ada, eve := add(t, s, "ada", RoleAdministrator, ""), add(t, s, "eve", RoleViewer, "")
	secret, _, err := s.EnrolTOTP(t.Context(), eve.ID)
	if err != nil {
		t.Fatal(err)
	}
	row, err := takeManager(s.managers, "id = ?", eve.ID)
	if err != nil || bytes.Contains(row.TOTPNew, []byte(secret)) {
		t.Fatal(err)
	}
	if err := s.managers.Model(&managerRow{ID: ada.ID}).Update("totp", row.TOTPNew).Error; err != nil {
		t.Fatal(err)
	}
	if ok, err := s.CheckTOTP(t.Context(), ada.ID, codeAt(t, secret, *at)); ok || err == nil {
		t.Error("a secret that was copied over works")
	}
}

// FuzzCodeStep: no text but the codes of the three steps is right, whatever it is.
func FuzzCodeStep(f *testing.F) {
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	right := map[string]bool{}
	for _, d := range []time.Duration{-30, 0, 30} {
		code, err := totp.GenerateCode(secret, noon.Add(d*time.Second))
		if err != nil {
			f.Fatal(err)
		}
		right[code] = true
		f.Add(code)
	}
	f.Add("12345")
	f.Add(" 1 2 3 4 5 6 ")
	f.Fuzz(func(t *testing.T, code string) {
		var digits []byte
		for _, c := range []byte(code) {
			if '0' <= c && c <= '9' {
				digits = append(digits, c)
			}
		}
		step, ok := codeStep(secret, code, noon, 0)
		if ok && !right[string(digits)] {
			t.Fatalf("%q is right", code)
		}
		if _, again := codeStep(secret, code, noon, step); ok && again {
			t.Fatalf("%q is right twice", code)
		}
	})
}
