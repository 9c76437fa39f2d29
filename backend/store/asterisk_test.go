package store

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

// asteriskCanary must be seen nowhere.
const asteriskCanary = "canary-of-the-manager-secret"

// selfSigned is a certificate and its key, in PEM form.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)
}

// TestAsteriskLink: what is stored is read by the next process; the secret is asked for
// apart, and stands nowhere in the clear.
func TestAsteriskLink(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	none, secret, err := s.AsteriskSecret(ctx)
	if err != nil || none != (AsteriskLink{Auth: "md5"}) || secret != "" {
		t.Errorf("in the beginning %+v, %q, %v", none, secret, err)
	}
	ca, _ := selfSigned(t)
	var noted []config.Change
	ed := Editor{By: "ada", Record: func(_ context.Context, c config.Change) error { noted = append(noted, c); return nil }}
	saved, err := s.SetAsteriskLink(ctx, ed, AsteriskLink{Address: " pbx.example ", Username: "cti", TLS: true, CAPEM: "a note\n" + ca + "\n\n"}, asteriskCanary)
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	link, err := again.AsteriskLink(ctx)
	want := AsteriskLink{Version: 1, Address: "pbx.example:5038", Username: "cti", TLS: true, CAPEM: ca, Auth: "md5", HasSecret: true, Changed: saved.Changed, ChangedBy: "ada"}
	if err != nil || link != want || saved != want || time.Since(link.Changed) > time.Minute {
		t.Errorf("%+v, saved %+v, want %+v, %v", link, saved, want, err)
	}
	if with, secret, err := again.AsteriskSecret(ctx); with != want || secret != asteriskCanary || err != nil {
		t.Errorf("%+v, %q, %v", with, secret, err)
	}
	told := ""
	for _, f := range noted[0].Fields {
		told += " " + f.Field
	}
	if len(noted) != 1 || noted[0].Action != config.Added || noted[0].By != "ada" || told != " address username tls ca secret" {
		t.Errorf("noted %+v", noted)
	}
	if text := fmt.Sprintf("%+v %+v %v", link, noted, s); strings.Contains(text, asteriskCanary) {
		t.Errorf("the secret is told: %s", text)
	}
	for _, name := range names(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(asteriskCanary)) {
			t.Errorf("%s holds the secret", name)
		}
	}
	if same, err := s.SetAsteriskLink(ctx, ed, want, asteriskCanary); err != nil || same != want || len(noted) != 1 {
		t.Errorf("an edit without a change: %+v, %v, noted %d", same, err, len(noted))
	}
}

// TestAsteriskSecretIsKept: only where it is told to the same Asterisk, no worse.
func TestAsteriskSecretIsKept(t *testing.T) {
	ca, _ := selfSigned(t)
	first := AsteriskLink{Address: "pbx:5038", Username: "cti", TLS: true, Auth: "md5"}
	for name, c := range map[string]struct {
		change func(*AsteriskLink)
		kept   bool
	}{
		"nothing":           {func(*AsteriskLink) {}, true},
		"another address":   {func(l *AsteriskLink) { l.Address = "evil:5038" }, false},
		"another port":      {func(l *AsteriskLink) { l.Address = "pbx:5039" }, false},
		"another username":  {func(l *AsteriskLink) { l.Username = "eve" }, false},
		"another authority": {func(l *AsteriskLink) { l.CAPEM = ca }, false},
		"no TLS":            {func(l *AsteriskLink) { l.TLS = false }, false},
		"in clear":          {func(l *AsteriskLink) { l.Auth = "secret" }, false},
	} {
		s := open(t, t.TempDir())
		saved, err := s.SetAsteriskLink(t.Context(), Editor{}, first, asteriskCanary)
		if err != nil {
			t.Fatal(err)
		}
		link := saved
		c.change(&link)
		if _, secret, err := s.CheckAsteriskLink(t.Context(), link, ""); (err == nil) != c.kept || c.kept != (secret == asteriskCanary) {
			t.Errorf("%s: checked as %q, %v", name, secret, err)
		}
		_, err = s.SetAsteriskLink(t.Context(), Editor{}, link, "")
		faults, faulty := errors.AsType[config.Faults](err)
		if faulty == c.kept || faulty && (faults[0].Code != "asterisk.secret-needed" || strings.Contains(err.Error(), asteriskCanary)) || !faulty && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := asteriskCanary
		if !c.kept {
			if _, err = s.SetAsteriskLink(t.Context(), Editor{}, link, "another"); err != nil {
				t.Errorf("%s, with a secret: %v", name, err)
			}
			want = "another"
		}
		if got, secret, err := s.AsteriskSecret(t.Context()); err != nil || secret != want || got.HasSecret != (want != "") {
			t.Errorf("%s: then %+v with %q, %v", name, got, secret, err)
		}
	}
	s := open(t, t.TempDir()) // the better ways keep it
	worse := AsteriskLink{Address: "pbx:5038", Username: "cti", Auth: "secret"}
	saved, err := s.SetAsteriskLink(t.Context(), Editor{}, worse, asteriskCanary)
	if err != nil {
		t.Fatal(err)
	}
	saved.TLS, saved.Auth = true, "md5"
	if _, err = s.SetAsteriskLink(t.Context(), Editor{}, saved, ""); err != nil {
		t.Error(err)
	}
	if _, secret, err := s.AsteriskSecret(t.Context()); err != nil || secret != asteriskCanary {
		t.Errorf("%q, %v", secret, err)
	}
}

// TestAsteriskUndone: neither a second editor nor a change that cannot be noted changes
// anything.
func TestAsteriskUndone(t *testing.T) {
	s := open(t, t.TempDir())
	first, err := s.SetAsteriskLink(t.Context(), Editor{By: "ada"}, AsteriskLink{Address: "pbx", Username: "cti"}, "x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SetAsteriskLink(t.Context(), Editor{By: "bob"}, AsteriskLink{Address: "other", Username: "cti"}, "y")
	if c, ok := errors.AsType[*Conflict](err); !ok || c.By != "ada" || c.Theirs != any(first) || !c.At.Equal(first.Changed) {
		t.Errorf("%v, %+v", err, c)
	}
	full := errors.New("disk full")
	next := first
	next.Address = "other:1"
	if _, err = s.SetAsteriskLink(t.Context(), Editor{Record: func(context.Context, config.Change) error { return full }}, next, asteriskCanary); !errors.Is(err, full) || strings.Contains(err.Error(), asteriskCanary) {
		t.Error(err)
	}
	if link, secret, err := s.AsteriskSecret(t.Context()); link != first || secret != "x" || err != nil {
		t.Errorf("%+v, %q, %v", link, secret, err)
	}
}

// TestAsteriskMoved: a database that somebody has changed, or brought from another folder,
// gives no secret away; a new one mends it.
func TestAsteriskMoved(t *testing.T) {
	for _, change := range []string{"address = 'evil:5038'", "username = 'eve'", "tls = 0", "ca = 'x'", "auth = 'secret'", "secret = x'00'"} {
		s := open(t, t.TempDir())
		if _, err := s.SetAsteriskLink(t.Context(), Editor{}, AsteriskLink{Address: "pbx", Username: "cti", TLS: true}, asteriskCanary); err != nil {
			t.Fatal(err)
		}
		if err := s.state.Exec("UPDATE asterisk SET " + change).Error; err != nil {
			t.Fatal(err)
		}
		link, secret, err := s.AsteriskSecret(t.Context())
		if !errors.Is(err, password.ErrSealed) || secret != "" || !link.HasSecret {
			t.Errorf("%s: %+v, %q, %v", change, link, secret, err)
		}
		link.CAPEM = ""
		if _, err := s.SetAsteriskLink(t.Context(), Editor{}, link, ""); err == nil {
			t.Errorf("%s: a secret that cannot be read is kept", change)
		}
		if _, err := s.SetAsteriskLink(t.Context(), Editor{}, link, "new"); err != nil {
			t.Errorf("%s: %v", change, err)
		}
		if _, secret, err := s.AsteriskSecret(t.Context()); secret != "new" || err != nil {
			t.Errorf("%s: %q, %v", change, secret, err)
		}
	}
}

func TestAsteriskFaults(t *testing.T) {
	ca, key := selfSigned(t)
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		link   AsteriskLink
		secret string
		codes  []string
	}{
		{AsteriskLink{Address: "pbx:5038"}, "s", []string{"asterisk.username"}},
		{AsteriskLink{Address: "[::1]", Username: "cti"}, "s", nil},
		{AsteriskLink{Address: "pbx:5038", Username: "cti"}, "", []string{"asterisk.secret-needed"}},
		{AsteriskLink{Address: "pbx:5039", Username: "ü", TLS: true, CAPEM: ca + ca, Auth: "secret"}, strings.Repeat("x", 255), nil},
		{AsteriskLink{Username: "a\r\nAction: x", Auth: "plain"}, "a\x00", []string{"asterisk.address", "asterisk.username", "asterisk.secret", "asterisk.auth"}},
		{AsteriskLink{Address: "pbx", Username: long}, long, []string{"asterisk.username", "asterisk.secret"}},
		{AsteriskLink{Address: "pbx", Username: "\xff"}, "\xff", []string{"asterisk.username", "asterisk.secret"}},
		{AsteriskLink{Address: "pbx", Username: "cti"}, config.Masked, []string{"asterisk.secret-mask"}},
		{AsteriskLink{Address: "pbx", Username: "cti", CAPEM: ca}, "s", []string{"asterisk.ca-without-tls"}},
		{AsteriskLink{Address: "pbx", Username: "cti", TLS: true, CAPEM: ca + key}, "s", []string{"asterisk.ca"}},
		{AsteriskLink{Address: "pbx", Username: "cti", TLS: true, CAPEM: "hello"}, "s", []string{"asterisk.ca"}},
		{AsteriskLink{Address: "pbx", Username: "cti", TLS: true, CAPEM: strings.Repeat(ca, 200)}, "s", []string{"asterisk.ca"}},
	} {
		s := open(t, t.TempDir())
		_, err := s.SetAsteriskLink(t.Context(), Editor{}, c.link, c.secret)
		faults, _ := errors.AsType[config.Faults](err)
		var codes []string
		for _, f := range faults {
			codes = append(codes, f.Code)
			if f.Kind != KindAsterisk || f.Field == "" || f.Message == "" {
				t.Errorf("%+v", f)
			}
		}
		if !slices.Equal(codes, c.codes) || err != nil && faults == nil {
			t.Errorf("%.60q: %q, %v", c.link.Address, codes, err)
		}
	}
	for _, bad := range []string{"", ":5038", "pbx:", "pbx:0", "pbx:65536", "pbx:manager", "a b", "http://pbx", "pbx/x", "::1", "a\nb:1", long + ":1", "user@pbx:1"} {
		if got, ok := asteriskAddress(bad); ok {
			t.Errorf("%q is taken for %q", bad, got)
		}
	}
}
