package settings

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	s, warnings, err := Load(write(t, good+"  address: pbx.example\nhttp: {listen: '127.0.0.1:8081', trusted_proxies: [10.0.0.0/8, \"::1\"]}\n"), []string{
		"ASTCTI_AMI_RETRY_PAUSE=7s", "ASTCTI_TCP_IDLE=30s", "ASTCTI_AMI_ADDRSS=x", "PATH=/bin",
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
		{good + "  addrss: x\n", "", `:4: ami: unknown key "addrss"; did you mean "address"?`},
		{"ami: [\n", "", ":1: "},
		{good + "  retries: many\n", "", `:4: ami.retries: "many" is not a whole number`},
		{good + "  tls: maybe\n", "", `:4: ami.tls: "maybe" is not true or false`},
		{good + "  ping: 10\n", "", `:4: ami.ping: "10" is not a time with its unit`},
		{good + "  address: [a, b]\n", "", `:4: ami.address: one value is expected here`},
		{good + "  address: &a b\n", "", `:4: ami.address: one value is expected here`},
		{good + "  address: pbx:manager\n", "", `ami.address: "pbx:manager" is not host:port`},
		{good + "  address: ':5038'\n", "", `ami.address: ":5038" is not host:port`},
		{good + "listen: ':80'\n", "", `:4: unknown key "listen"; did you mean "http.listen"?`},
		{good + "http: {username: x}\n", "", `:4: http: unknown key "username"; did you mean "ami.username"?`},
		{good + "http: true\n", "", ":4: http: keys are expected here: listen, public_url"},
		{good + "---\nhttp: {}\n", "", "a second YAML document"},
		{"ami: hello\n", "", ":1: ami: keys are expected here: address, username"},
		{"hello\n", "", ":1: keys are expected here: data_dir, publish_dir"},
		{"ami: {username: x, secret: '********'}\n", "", "is the mask of --print-config"},
		{good + "  retries: -2\n", "", ":4: ami.retries: -2 is not -1"},
		{good + "  retry_pause: 1s\n", "", "ami.retry_pause: 1s is not between 5s and 1h"},
		{good + "  ping: 11s\n", "", "ami.ping: 11s is not between 1s and 10s"},
		{good + "  auth: plain\n", "", `ami.auth: "plain" is not md5 or secret`},
		{good + "http:\n  listen: 8080\n", "", `:5: http.listen: "8080" is not host:port`},
		{good + "http:\n  public_url: cti.example\n", "", "http.public_url"},
		{good + "tcp: {tls_listen: ':5091'}\n", "", "tls_cert and tls_key belong together"},
		{good + "http: {tls_cert: /nowhere, tls_key: /nowhere}\n", "", "no such file"},
		{good + "  tls: true\n  ca_file: /dev/null\n", "", "holds no certificate"},
		{"ami: {username: \"a\\nb\", secret: x}\n", "", "control characters"},
		{"", "", "ami.username: must not be empty"},
		{good + "http:\n  trusted_proxies: [x]\n", "", `"x" is not a network`},
		{good, "ASTCTI_HTTP_TRUSTED_PROXIES=10.0.0.0/8,y", `"y" is not a network`},
		{good, "ASTCTI_AMI_AUTH=x", "environment: ASTCTI_AMI_AUTH: "},
		{good, "ASTCTI_AMI_RETRIES=x", `environment: ASTCTI_AMI_RETRIES: "x" is not a whole number`},
		{good, "ASTCTI_HTTP_LISTEN=", "environment: ASTCTI_HTTP_LISTEN: must not be empty"},
		{good + "log: {level: loud}\n", "", "log.level"},
		{good + good, "", `:4: mapping key "ami" already defined`},
	} {
		_, _, err := Load(write(t, c.text), []string{c.env})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: got %v, want %q", c.text, c.env, err, c.want)
		}
	}
	for path, want := range map[string]string{"/does/not/exist.yaml": "no such file or directory", t.TempDir(): "is a directory"} {
		if _, _, err := Load(path, nil); err == nil || err.Error() != path+": cannot be read: "+want {
			t.Errorf("got %v", err)
		}
	}
}

// TestAllFaults: one run tells everything that is wrong with a file.
func TestAllFaults(t *testing.T) {
	path := write(t, "ami:\n  username: a\n  secret: b\n  retries: soon\n  tls: maybe\nhttp:\n  lisen: ':80'\ntcp: {idle: 1s}\n")
	_, _, err := Load(path, []string{"ASTCTI_AMI_PING=x"})
	want := []string{
		path + `:4: ami.retries: "soon" is not a whole number`,
		path + `:5: ami.tls: "maybe" is not true or false`,
		path + `:7: http: unknown key "lisen"; did you mean "listen"?`,
		`environment: ASTCTI_AMI_PING: "x" is not a time with its unit, like 5s or 1m30s`,
		path + `:8: tcp.idle: 1s is not between 5s and 24h`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("got\n%v", err)
	}
}

// TestEveryKey: each is set by the file and by its variable, and both say the same.
func TestEveryKey(t *testing.T) {
	for _, key := range Keys() {
		sample := key.Default
		switch sample {
		case "", "md5":
			sample = map[string]string{"http.trusted_proxies": "10.0.0.0/8", "http.allowed_origins": "https://b.example", "ami.auth": "secret", "http.public_url": "https://a.example"}[key.Name]
		case "replace":
			sample = "refuse"
		case "6", "60":
			sample += "0"
		case "false":
			sample = "true"
		case "-1":
			sample = "3"
		}
		if sample == "" || sample == key.Default {
			sample = strings.NewReplacer("data", "elsewhere", "127.", "128.", "10s", "9s", "20s", "0s", "30s", "2m", "5s", "7s", "1m30s", "31s", "info", "warn", "text", "json").Replace(key.Default)
		}
		if sample == "" {
			sample = "127.0.0.1:1"
		}
		text := key.Name + ": " + sample + "\n"
		if group, name, nested := strings.Cut(key.Name, "."); nested {
			text = group + ": {" + name + ": \"" + sample + "\"}\n"
		}
		fromFile, _, _ := Load(write(t, text), nil) // some need others; what is set is looked at
		fromEnv, _, _ := Load("", []string{key.Variable + "=" + sample})
		var a, b, none strings.Builder
		for s, to := range map[*Settings]*strings.Builder{&fromFile: &a, &fromEnv: &b, new(Defaults()): &none} {
			if err := s.Print(to); err != nil {
				t.Fatal(err)
			}
		}
		if a.String() != b.String() {
			t.Errorf("%s: the file gives\n%s\nand %s gives\n%s", key.Name, a.String(), key.Variable, b.String())
		}
		if a.String() == none.String() {
			t.Errorf("%s: %q changes nothing", key.Name, sample)
		}
	}
}

// TestEmptyVariable: one that is there and empty switches a door off.
func TestEmptyVariable(t *testing.T) {
	s, _, err := Load(write(t, good), []string{"ASTCTI_METRICS_LISTEN=", "ASTCTI_TCP_LISTEN=", "ASTCTI_TCP_IDLE="})
	if err != nil || s.Metrics.Listen != "" || s.TCP.Listen != "" || s.TCP.Idle != Defaults().TCP.Idle {
		t.Errorf("got %+v, %v", s, err)
	}
}

// TestTolerated: what editors and people write, and what it means.
func TestTolerated(t *testing.T) {
	s, warnings, err := Load(write(t, "\xef\xbb\xbf# note\r\nami:\r\n  username: 0123\r\n  secret: 00e1\r\nhttp:\r\ntcp:\r\n  tls_listen:\r\n"), []string{"ASTCTI_CONFIG=x", "ASTCTI_HEALTH_URL=y"})
	if err != nil || s.AMI.Username != "0123" || s.AMI.Secret != "00e1" || s.HTTP.Listen != "127.0.0.1:8080" || len(warnings) > 0 {
		t.Errorf("got %+v, %q, %v", s, warnings, err)
	}
}

// TestDoubts: what works and is likely a mistake.
func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string
	}{
		{good, 0o600, ""},
		{good, 0o640, ""},
		{good, 0o644, "holds ami.secret and can be read by everybody on this machine"},
		{good + "http: {listen: ':80'}\n", 0o600, ":4: http.listen: other machines can reach it"},
		{good + "http: {listen: '192.0.2.1:80'}\n", 0o600, ":4: http.listen: other machines can reach it"},
		{good + "http: {listen: '[::1]:80'}\n", 0o600, ""},
		{good + "http: {listen: 'localhost:80'}\n", 0o600, ""},
		{good + "http: {listen: ':80', public_url: 'https://cti.example'}\n", 0o600, ""},
	} {
		path := write(t, c.text)
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, warnings, err := Load(path, nil)
		if got := strings.Join(warnings, "\n"); err != nil || (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, %v", c.text, got, err)
		}
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
	fmt.Fprintf(&b, "%v %+v %#v %s", s, s, s, s.AMI.Secret)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "settings", s, "secret", s.AMI.Secret)
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

// TestDocumented: docs/configuration.md names every key with its default.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.HasPrefix(cells[1], " `") {
			defaults := strings.Split(cells[2], ",")
			for i, name := range strings.Split(cells[1], ",") {
				rows[strings.Trim(name, " `")] = strings.Trim(defaults[min(i, len(defaults)-1)], " `")
			}
		}
	}
	for _, key := range Keys() {
		got, ok := rows[key.Name]
		if got == "none" || strings.HasPrefix(got, "system's") || strings.HasPrefix(got, "data_dir/") {
			got = ""
		}
		if a, err := time.ParseDuration(got); err == nil {
			got = a.String()
		}
		if !ok || got != key.Default {
			t.Errorf("%s: default %q, documented %q (%v)", key.Name, key.Default, got, ok)
		}
		delete(rows, key.Name)
	}
	for name := range rows {
		t.Errorf("%s is documented and is no key", name)
	}
}
