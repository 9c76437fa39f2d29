package settings

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	good = "ami:\n  username: cti\n  secret: s3cr3t\n"
	hook = good + "webhook:\n  url: https://crm.example/hook\n  secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n"
	smtp = "http: {public_url: 'https://cti.example'}\nami: {username: a, secret: b}\nsmtp:\n  host: mail.example\n  from: Call Centre <cti@example.com>\n"
)

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
		{"ami: {username: x}\n", "", "ami.secret: must not be empty"},
		{"ami: {username: x, secret: }\n", "ASTCTI_AMI_SECRET=", "environment: ASTCTI_AMI_SECRET: must not be empty"},
		{"ami: {secret: x}\n", "", "ami.username: must not be empty: write what manager.conf of Asterisk says, or leave out both"},
		{good + "http:\n  trusted_proxies: [x]\n", "", `"x" is not a network`},
		{good, "ASTCTI_HTTP_TRUSTED_PROXIES=10.0.0.0/8,y", `"y" is not a network`},
		{good + "http:\n  allowed_origins:\n    - https://a.example\n    - https://b.example/app\n    - crm\n", "", `http.allowed_origins: "https://b.example/app" is more than an origin: write https://b.example; "crm" is not an origin`},
		{good, "ASTCTI_HTTP_ALLOWED_ORIGINS=http://crm.example:8000", `environment: ASTCTI_HTTP_ALLOWED_ORIGINS: "http://crm.example:8000" is cleartext: write https://crm.example`},
		{good + "http: {frame_ancestors: [https://crm.example]}\n", "", ":4: http.frame_ancestors: https://crm.example is https, the panel is not"},
		{good + "http: {frame_ancestors: ['*']}\n", "", `"*" would be every page of the world`},
		{good + "agents: {grace: 11m}\n", "", ":4: agents.grace: 11m0s is not between 0s"},
		{good + "agents: {grace: -1s}\n", "", ":4: agents.grace: -1s is not between 0s"},
		{good + "agents: {grace: 20}\n", "", `:4: agents.grace: "20" is not a time with its unit`},
		{good + "agents: {second_sign_in: both}\n", "", `:4: agents.second_sign_in: "both" is not replace or refuse`},
		{good + "originate: {per_minute: 0}\n", "", ":4: originate.per_minute: 0 is not between 1 and 600"},
		{good + "originate: {per_hour: 36001}\n", "", ":4: originate.per_hour: 36001 is not between 1 and 36000"},
		{good + "originate: {timeout: 4s}\n", "", ":4: originate.timeout: 4s is not between 5s and 2m"},
		{good + "originate: {timeout: 121s}\n", "", ":4: originate.timeout: 2m1s is not between 5s and 2m"},
		{good + "originate:\n  per_hour: 9\n  abroad: [+, 00, 0x11]\n", "", `:6: originate.abroad: "0x11" does not begin a number`},
		{good + "originate: {abroad: [1_0]}\n", "", `:4: originate.abroad: "1_0" does not begin a number`},
		{good + "originate: {premium: [++]}\n", "", `:4: originate.premium: "++" does not begin a number`},
		{good + "originate: {premium: '1234567890123456789012345'}\n", "", `:4: originate.premium: "1234567890123456789012345" does not begin`},
		{good + "originate: {abroad: {x: 1}}\n", "", ":4: originate.abroad: one value is expected here"},
		{good, "ASTCTI_ORIGINATE_ABROAD=+,0 0", `environment: ASTCTI_ORIGINATE_ABROAD: "0 0" does not begin a number`},
		{good, "ASTCTI_ORIGINATE_PREMIUM=" + strings.Repeat("9,", 101), "environment: ASTCTI_ORIGINATE_PREMIUM: 101 are too many: write 100 at most"},
		{good + "control: {context: 'house,1'}\n", "", `:4: control.context: "house,1" is not a context`},
		{good + "history: {keep: 59m}\n", "", ":4: history.keep: 59m0s is not between 1h and 87600h"},
		{good + "history: {keep: -1h}\n", "", ":4: history.keep: -1h0m0s is not between"},
		{good + "originate: {outside_line: +0}\n", "", `:4: originate.outside_line: "+0" is not up to 8 digits`},
		{good + "originate: {outside_line: '123456789'}\n", "", `:4: originate.outside_line: "123456789" is not up to 8 digits`},
		{good, "ASTCTI_ORIGINATE_OUTSIDE_LINE=0,", `environment: ASTCTI_ORIGINATE_OUTSIDE_LINE: "0," is not up to 8 digits`},
		{good + "audit: {file: /}\n", "", ":4: audit.file: / is a folder: name a file in it"},
		{good + "audit: {files: x}\n", "", `unknown key "files"; did you mean "file"?`},
		{good, "ASTCTI_AMI_AUTH=x", "environment: ASTCTI_AMI_AUTH: "},
		{good, "ASTCTI_AMI_RETRIES=x", `environment: ASTCTI_AMI_RETRIES: "x" is not a whole number`},
		{good, "ASTCTI_HTTP_LISTEN=", "environment: ASTCTI_HTTP_LISTEN: must not be empty"},
		{smtp + "  tls: none\n", "", `:6: smtp.tls: "none" is not starttls or implicit: there is no sending in clear`},
		{smtp + "  port: 0\n", "", ":6: smtp.port: 0 is not between 1 and 65535"},
		{smtp + "  username: x\n", "", "smtp.username: smtp.username and smtp.password belong together"},
		{smtp + "  username: x\n  password: '********'\n", "", ":7: smtp.password: is the mask of --print-config"},
		{smtp + "  username: \"x\\r\"\n  password: y\n", "", ":6: smtp.username: it and smtp.password must not hold control characters"},
		{smtp + "  ca_file: /dev/null\n", "", ":6: smtp.ca_file: /dev/null holds no certificate"},
		{good + "smtp: {host: 'mail.example:25', from: a@b.example}\n", "", `:4: smtp.host: "mail.example:25" is not a name like mail.example.com`},
		{good + "smtp: {host: mail.example}\n", "", `smtp.from: "" is not an address`},
		{good + "smtp: {host: mail.example, from: 'a@b.example, c@d.example'}\n", "", `:4: smtp.from: "a@b.example, c@d.example" is not an address`},
		{good + "smtp: {from: a@b.example}\n", "", ":4: smtp.from: has no effect without smtp.host"},
		{good + "smtp: {hots: x}\n", "", `:4: smtp: unknown key "hots"; did you mean "host"?`},
		{good + "webhook: {url: 'http://crm.example/hook'}\n", "", `:4: webhook.url: it begins with http, and callers' data would go through the network in clear: write https (http is for this machine only)`},
		{good + "webhook: {url: crm.example}\n", "", ":4: webhook.url: is not an address like https://crm.example/hook"},
		{good + "webhook: {url: 'ftp://crm.example/'}\n", "", ":4: webhook.url: is not an address like"},
		{good + "webhook: {url: 'https://:443/'}\n", "", ":4: webhook.url: is not an address like"},
		{good + "webhook: {url: 'https://a:b@crm.example/'}\n", "", ":4: webhook.url: must hold neither a name and password nor a #"},
		{good + "webhook: {url: 'https://crm.example/#x'}\n", "", ":4: webhook.url: must hold neither"},
		{good + "webhook: {url: 'https://crm.example/'}\n", "", `webhook.secret: must be whsec_ and 24 to 64 random bytes in base64, as in "whsec_$(openssl rand -base64 32)"`},
		{good + "webhook: {url: 'https://crm.example/', secret: 'whsec_c2hvcnQ='}\n", "", ":4: webhook.secret: must be whsec_"},
		{good + "webhook: {url: 'https://crm.example/', secret: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'}\n", "", ":4: webhook.secret: must be whsec_"},
		{good + "webhook: {url: 'https://crm.example/', secret: '********'}\n", "", ":4: webhook.secret: is the mask of --print-config"},
		{hook + "  timeout: 0s\n", "", ":7: webhook.timeout: 0s is not between 1s and 1m"},
		{hook + "  ca_file: /dev/null\n", "", ":7: webhook.ca_file: /dev/null holds no certificate"},
		{good + "webhook: {secret: whsec_x}\n", "", ":4: webhook.secret: has no effect without webhook.url"},
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

// TestGiven: what a boot file and the environment set is told from what they leave open,
// also where it is the default.
func TestGiven(t *testing.T) {
	for _, c := range []struct{ text, env, given string }{
		{"", "", ""},
		{"ami: {address: , ca_file: ''}\n", "ASTCTI_AMI_USERNAME=", ""},
		{"ami:\n", "ASTCTI_AMI_ADDRESS=127.0.0.1:5038", "ami.address"},
		{"ami: {address: 127.0.0.1, tls: false, auth: md5}\n", "", "ami.address ami.tls ami.auth"},
		{good, "ASTCTI_AMI_TLS=true", "ami.username ami.secret ami.tls"},
	} {
		s, _, err := Load(write(t, c.text), []string{c.env})
		var given []string
		for _, key := range Keys() {
			if strings.HasPrefix(key.Name, "ami.") && s.Given(key.Name) {
				given = append(given, key.Name)
			}
		}
		if got := strings.Join(given, " "); err != nil || got != c.given {
			t.Errorf("%q %q: %q, %v", c.text, c.env, got, err)
		}
	}
	s := Defaults()
	s.AMI.Address = "192.0.2.1:5038"
	if !s.Given("ami.address") || s.Given("ami.auth") || s.Given("ami") {
		t.Error("set by hand, it is not given")
	}
}

// TestPrefixes holds that beginnings of numbers stay as they are written, whatever YAML takes
// them for, and are written so again.
func TestPrefixes(t *testing.T) {
	for text, want := range map[string]string{
		"abroad: [+, 00, 011, 0011, +1242, '*9#']\n": "+,00,011,0011,+1242,*9#",
		"abroad: 011\n": "011",
		"abroad: []\n":  "",
		"abroad:\n":     "+,00", // as if it were not there
		"abroad: [" + strings.Repeat("9,", 99) + "123456789012345678901234]\n": strings.Repeat("9,", 99) + "123456789012345678901234",
	} {
		s, _, err := Load(write(t, good+"originate:\n  outside_line: 00\n  "+text), nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := strings.Join(s.Originate.Abroad, ","); got != want || s.Originate.Abroad == nil || s.Originate.OutsideLine != "00" {
			t.Errorf("%s: %q behind %q, want %q", text, got, s.Originate.OutsideLine, want)
		}
		var b strings.Builder
		if err := s.Print(&b); err != nil {
			t.Fatal(err)
		}
		again, _, err := Load(write(t, strings.ReplaceAll(b.String(), "********", "x")), nil)
		if err != nil || !slices.Equal(again.Originate.Abroad, s.Originate.Abroad) || again.Originate.OutsideLine != "00" {
			t.Errorf("%s: %q behind %q again, %v", text, again.Originate.Abroad, again.Originate.OutsideLine, err)
		}
	}
}

func TestOrigins(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " , ": "", "https://crm.example": "https://crm.example", "HTTPS://Crm.Example:443": "https://crm.example", "https://crm.example:8443": "https://crm.example:8443",
		"https://192.0.2.7": "https://192.0.2.7", "https://[2001:DB8::1]:444": "https://[2001:db8::1]:444", "https://[::1]": "https://[::1]", "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
		"http://localhost:3000": "http://localhost:3000", "http://localhost:80": "http://localhost", "http://127.0.0.1:8080": "http://127.0.0.1:8080", "http://[::1]:3000": "http://[::1]:3000",
		"https://a.example, https://b.example": "https://a.example,https://b.example",
	} {
		var o Origins
		if err := o.UnmarshalText([]byte(in)); err != nil || strings.Join(o, ",") != want {
			t.Errorf("%q: got %q, %v", in, o, err)
		}
	}
	for in, want := range map[string]string{
		"*": "would be every page of the world", "null": "would be every page of the world", "crm.example": "write scheme://host", "crm.example:443": "write scheme://host",
		"https://": "write scheme://host", "ftp://crm.example": "write scheme://host", "ws://crm.example": "write scheme://host", "chrome-extension://abc": "write scheme://host", "https:crm.example": "write scheme://host",
		"https://crm.example/": "write https://crm.example", "https://crm.example/x?y": "write https://crm.example", "https://crm.example?": "write https://crm.example", "https://crm.example#x": "write https://crm.example",
		"https://me:pw@crm.example": "write https://crm.example", "https://*.example": "without *", "https://bücher.example": "xn--", "https://a..example": "is no name", "https://[fe80::1%25eth0]": "is no name",
		"https://crm.example:": "a port is missing", "https://crm.example:0": "its port is not", "https://crm.example:65536": "its port is not", "https://crm.example:x": "write scheme://host",
		"http://crm.example": "write https://crm.example (http is for localhost only)", "http://localhost.crm.example": "is cleartext", "http://10.0.0.1": "is cleartext", "https://a\nb": "write scheme://host", "https://a b": "write scheme://host",
	} {
		var o Origins
		if err := o.UnmarshalText([]byte(in)); err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
}

// FuzzOrigin: what is accepted is as a browser writes it, and reads back as itself.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://a.example", "http://[::1]:80", "https://a:0443", "http://LOCALHOST"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := parseOrigin(s)
		if err != nil {
			return
		}
		if again, err := parseOrigin(o); again != o || err != nil {
			t.Fatalf("%q is %q, and that %q, %v", s, o, again, err)
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme+"://"+u.Host != o || o != strings.ToLower(o) || u.Scheme == "http" && !here(u.Hostname()) {
			t.Fatalf("%q is %q, %v", s, o, err)
		}
	})
}

// TestPrint: what --print-config shows is a boot file that means the same.
func TestPrint(t *testing.T) {
	s, _, err := Load(write(t, good+"http: {allowed_origins: [https://a.example, 'http://localhost:3000']}\nagents: {grace: 0s, second_sign_in: refuse}\noriginate: {per_minute: 1, per_hour: 2, timeout: 5s}\naudit: {file: /var/log/cti.jsonl}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var first, second strings.Builder
	if err := s.Print(&first); err != nil {
		t.Fatal(err)
	}
	again, _, err := Load(write(t, strings.ReplaceAll(first.String(), "********", "x")), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, first.String())
	}
	if err := again.Print(&second); err != nil || first.String() != second.String() {
		t.Errorf("printed\n%s\nand again, %v:\n%s", first.String(), err, second.String())
	}
	if again.Agents.Grace != 0 || again.AuditFile() != "/var/log/cti.jsonl" || len(again.HTTP.AllowedOrigins) != 2 || again.Originate.PerHour != 2 {
		t.Errorf("got %+v", again)
	}
	d := Defaults()
	if d.AuditFile() != filepath.Join("data", "audit.jsonl") {
		t.Errorf("audit in %s", d.AuditFile())
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
			sample = map[string]string{"http.trusted_proxies": "10.0.0.0/8", "http.allowed_origins": "https://b.example", "http.frame_ancestors": "http://localhost:3000", "ami.auth": "secret", "http.public_url": "https://a.example", "originate.outside_line": "0", "control.context": "from-internal"}[key.Name]
		case "starttls":
			sample = "implicit"
		case "720h0m0s":
			sample = "48h0m0s"
		case "587":
			sample = "25"
		case "+,00", "0900,0137,900,1900,892,894,895,899":
			sample += ",011"
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
		{good + "originate: {abroad: []}\n", 0o600, ":4: originate.abroad: nothing counts as abroad"},
		{good + "originate: {premium: []}\n", 0o600, ""},
		{smtp, 0o644, "holds ami.secret"},
		{"smtp: {host: a, from: a@b.example, username: x, password: y}\nhttp: {public_url: 'https://cti.example'}\n", 0o644, "holds smtp.password and can be read"},
		{smtp, 0o600, ""},
		{good + "smtp: {host: mail.example, from: cti@example.com}\n", 0o600, ":4: smtp.host: the links in its mails lead to http.listen"},
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

// TestSMTPPort: that of the kind of TLS, unless it is given.
func TestSMTPPort(t *testing.T) {
	for text, want := range map[string]int{"": 587, "  tls: implicit\n": 465, "  tls: implicit\n  port: 587\n": 587, "  port: 25\n": 25} {
		if s, _, err := Load(write(t, smtp+text), nil); err != nil || s.SMTP.Port != want {
			t.Errorf("%q: port %d, %v; want %d", text, s.SMTP.Port, err, want)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s, _, err := Load(write(t, good+"smtp: {host: mail.example, from: a@b.example, username: x, password: s3cr3t-too}\n"), nil)
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
			names, defaults := strings.Split(cells[1], ", "), strings.Split(cells[2], ", ")
			for i, name := range names {
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
