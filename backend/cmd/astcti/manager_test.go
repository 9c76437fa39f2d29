package main

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	passwords "github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// typed puts a text on standard input until the test's end.
func typed(t *testing.T, text string) {
	t.Helper()
	f, err := os.Open(file(t, "stdin", text))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = before; f.Close() })
}

// opened opens a data folder beside the command line, as the server does.
func opened(t *testing.T, data string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// TestManagers: create, list, a link, disable and enable, while the server has the folder.
func TestManagers(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	boot := file(t, "boot.yaml", "data_dir: "+data+"\nhttp: {public_url: 'https://cti.example.com/'}\n")
	if r := command(t, "manager", "list", "--config", boot); r.status != 1 || !strings.Contains(r.err, data+": no server has used it yet") {
		t.Errorf("list of nothing: %+v", r)
	}
	typed(t, "violet tractor 7\r\nnot read\n")
	if r := command(t, "manager", "create", "Ada", "--full-name", "Ada Lovelace", "--data", data); r != (ran{0, "made administrator Ada, who can sign in now\n", ""}) {
		t.Fatalf("create: %+v", r)
	}
	st := opened(t, data)
	_, verifier, err := st.ManagerVerifier(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := passwords.NewManagerGate(st.Pepper(), passwords.Options{}).Check(t.Context(), "ada", verifier, "violet tractor 7", netip.Addr{}); err != nil {
		t.Errorf("the line's end is in the password: %v", err)
	}
	r := command(t, "manager", "create", "bob", "--role", "viewer", "--email", "bob@example.com", "--link", "--config", boot)
	token, ok := strings.CutPrefix(strings.TrimSuffix(r.out, "\n"), "https://cti.example.com/admin/reset?token=")
	if r.status != 0 || !ok || len(token) != 43 || !strings.Contains(r.err, "once, within 10 minutes") || strings.Contains(r.err, "http.listen") {
		t.Fatalf("create with a link: %+v", r)
	}
	r = command(t, "manager", "list", "--config", boot)
	lines := strings.Split(r.out, "\n")
	if r.status != 0 || len(lines) != 4 || strings.Join(strings.Fields(lines[1]), " ") != "Ada Ada Lovelace administrator - enabled no never" ||
		strings.Join(strings.Fields(lines[2]), " ") != "bob bob viewer bob@example.com without password no never" {
		t.Errorf("list: %+v", r)
	}
	if m, err := st.UseResetToken(t.Context(), store.Editor{}, token, "violet tractor 8"); err != nil || m.UserID != "bob" {
		t.Errorf("%+v, %v", m, err)
	}
	r = command(t, "manager", "reset-link", "BOB", "--data", data)
	if r.status != 0 || !strings.HasPrefix(r.out, "http://127.0.0.1:8080/admin/reset?token=") || !strings.Contains(r.err, "other machines need http.public_url") {
		t.Errorf("a link without --config: %+v", r)
	}
	for _, c := range []struct {
		args     []string
		out, err string
	}{
		{[]string{"disable", "bob"}, "disabled bob\n", ""},
		{[]string{"reset-link", "bob"}, "", "astcti: he is disabled or was removed"},
		{[]string{"enable", "bob"}, "enabled bob\n", ""},
		{[]string{"drop-totp", "bob"}, "no one-time codes for bob\n", ""},
		{[]string{"disable", "ada"}, "", "this is the last enabled administrator"},
		{[]string{"disable", "eve"}, "", `astcti: there is no manager "eve"; "astcti manager list" shows who there is`},
		{[]string{"create", "ADA"}, "", `astcti: there is a manager "Ada" already`},
		{[]string{"create", "e e", "--link"}, "", `manager "e e", username: `},
		{[]string{"create", "eve", "--link", "--email", "eve"}, "", `manager "eve", email: is not an e-mail address`},
	} {
		r := command(t, append(append([]string{"manager"}, c.args...), "--data", data)...)
		if r.out != c.out || (c.err == "") != (r.status == 0) || !strings.Contains(r.err, c.err) {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	for _, args := range [][]string{{"create"}, {"create", "eve", "--role", "owner"}, {"reset-link"}, {}} {
		if r := command(t, append([]string{"manager"}, args...)...); r.status != 2 {
			t.Errorf("%v: %+v", args, r)
		}
	}
	// All of it waits for the server's audit, no token or password among it.
	var did []string
	if _, err := st.PassNotes(t.Context(), func(_ context.Context, c config.Change) error {
		what := c.Action + " " + c.Name
		if c.Action == config.Changed {
			what += " " + c.Fields[0].Field
		}
		did = append(did, what)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(did, ", "); got != "added Ada, added bob, changed bob reset_link, changed bob reset_link, changed bob enabled, changed bob enabled" {
		t.Error(got)
	}
}

// TestManagerPassword: what is refused, and that nobody is made then.
func TestManagerPassword(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for text, want := range map[string]string{
		"":                                "password: a password has at least 12 characters",
		"\n":                              "password: a password has at least 12 characters",
		"short\n":                         "password: a password has at least 12 characters",
		strings.Repeat("long ", 999):      "password: a password has at most 128 characters",
		"password1234\n":                  "password: this password is among those that are tried first",
		"the password of ada\n":           "password: a password must not hold the user id",
		"violet tractor\x00with a nought": "password: a password holds no control characters",
	} {
		typed(t, text)
		if r := command(t, "manager", "create", "ada", "--data", data); r.status != 1 || r.out != "" || !strings.Contains(r.err, want) {
			t.Errorf("%.20q: %+v", text, r)
		}
	}
	if r := command(t, "manager", "list", "--data", data); r.status != 0 || !strings.HasPrefix(r.out, "there is no manager yet") {
		t.Errorf("%+v", r)
	}
}
