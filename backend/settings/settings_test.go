package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = "ami:\n  username: cti\n  secret: s3cr3t\n"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "astcti.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	s, warnings, err := Load(write(t, good+"  address: pbx.example\nhttp: {listen: ':8080', trusted_proxies: [10.0.0.0/8, \"::1\"]}\n"), []string{
		"ASTCTI_AMI_RETRY_PAUSE=7s", "ASTCTI_TCP_IDLE=30s", "ASTCTI_AMI_ADRESS=x", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.AMI.Address != "pbx.example:5038" || s.AMI.RetryPause.Seconds() != 7 || s.TCP.Idle.Seconds() != 30 || s.AMI.Secret.Reveal() != "s3cr3t" {
		t.Errorf("got %+v", s)
	}
	if fmt.Sprint(s.HTTP.TrustedProxies) != "[10.0.0.0/8 ::1/128]" {
		t.Errorf("proxies %v", s.HTTP.TrustedProxies)
	}
	if s.Published() != filepath.Join("data", "published") {
		t.Errorf("published to %s", s.Published())
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], `did you mean "ASTCTI_AMI_ADDRESS"`) {
		t.Errorf("warnings %q", warnings)
	}
}

// TestFaults holds what a person reads: the file, the line, the key and what to do.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, env, want string }{
		{good + "  adress: x\n", "", `:4: unknown key "adress"; did you mean "address"?`},
		{"ami: [\n", "", ":1: "},
		{good + "  retries: many\n", "", ":4: "},
		{good + "  retries: -2\n", "", ":4: ami.retries: -2 is not -1"},
		{good + "  retry_pause: 1s\n", "", "ami.retry_pause: 1s is not between 5s and 1h"},
		{good + "  auth: plain\n", "", `ami.auth: "plain" is not md5 or secret`},
		{good + "http:\n  listen: 8080\n", "", `:5: http.listen: "8080" is not host:port`},
		{good + "http:\n  public_url: cti.example\n", "", "http.public_url"},
		{good + "tcp: {tls_listen: ':5091'}\n", "", "tls_cert and tls_key belong together"},
		{good + "http: {tls_cert: /nowhere, tls_key: /nowhere}\n", "", "no such file"},
		{"ami: {username: \"a\\nb\", secret: x}\n", "", "control characters"},
		{"", "", "ami.username: must not be empty"},
		{good + "http:\n  trusted_proxies: [x]\n", "", `"x" is not a network`},
		{good, "ASTCTI_HTTP_TRUSTED_PROXIES=10.0.0.0/8,y", `"y" is not a network`},
		{good, "ASTCTI_AMI_AUTH=x", "environment: ASTCTI_AMI_AUTH: "},
		{good, "ASTCTI_AMI_RETRIES=x", "environment: "},
		{good + "log: {level: loud}\n", "", "log.level"},
		{good + good, "", `:4: mapping key "ami" already defined`},
	} {
		_, _, err := Load(write(t, c.text), []string{c.env})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: got %v, want %q", c.text, c.env, err, c.want)
		}
	}
	if _, _, err := Load("/does/not/exist.yaml", nil); err == nil {
		t.Error("a missing file was accepted")
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s, _, err := Load(write(t, good), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.Print(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString(fmt.Sprintf("%v %+v %#v %s", s, s, s, s.AMI.Secret))
	if strings.Contains(b.String(), "s3cr3t") {
		t.Errorf("secret in %s", b.String())
	}
	if !strings.Contains(b.String(), "secret: \"********\"") && !strings.Contains(b.String(), "secret: '********'") && !strings.Contains(b.String(), "secret: ********") {
		t.Errorf("no mask in %s", b.String())
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, _ = Load(path, nil)
	})
}
