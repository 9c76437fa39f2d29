package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/settings"
)

// ran is what a command gave.
type ran struct {
	status   int
	out, err string
}

// command runs astcti as a shell would, but in this process.
func command(t *testing.T, args ...string) ran {
	t.Helper()
	out, err := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = out, err }()
	var files [2]*os.File
	for i := range files {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	os.Stdout, os.Stderr = files[0], files[1]
	status := run(args)
	read := func(f *os.File) string {
		text, err := os.ReadFile(f.Name()) // it may be closed
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return ran{status, read(files[0]), read(files[1])}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const siteXML = `<asteriskcti version="1">
<seats><seat mac="00:11:22:33:44:55" extension="PJSIP/201" description="Desk 1"/></seats>
<operators><operator username="ada" password="short" enabled="true"/></operators>
</asteriskcti>`

// TestWayOfAChange: import, apply, list, export, check, with what scripts read.
func TestWayOfAChange(t *testing.T) {
	data, xml := filepath.Join(t.TempDir(), "data"), file(t, "site.xml", siteXML)
	if r := command(t, "config", "import", xml, "--data", data); r.status != 0 || !strings.HasPrefix(r.out, "imported 0 services, 1 seat, 1 operator (1 password hashed)") || !strings.Contains(r.err, "1 password is shorter than 12 characters") {
		t.Fatalf("import: %+v", r)
	}
	applied := command(t, "config", "apply", "--data", data)
	name := strings.TrimSuffix(applied.out, "\n")
	if applied.status != 0 || applied.err != "" || !strings.HasPrefix(name, "cti-000001-") || strings.ContainsAny(name, " \n/") {
		t.Fatalf("apply: %+v, want the name alone", applied)
	}
	if r := command(t, "config", "list", "--data", data); r.status != 0 || !strings.Contains(r.out, name) || !strings.Contains(r.out, "the newest valid one: 0 services, 1 seat, 1 operator") {
		t.Errorf("list: %+v", r)
	}
	published := filepath.Join(data, "published", name)
	if r := command(t, "check", published); r.status != 0 || r.out != published+": valid: 0 services, 1 seat, 1 operator\n" {
		t.Errorf("check: %+v", r)
	}
	out, dash := command(t, "config", "export", "--data", data), command(t, "config", "export", "--data", data, "-o", "-")
	if out.status != 0 || out != dash || strings.Contains(out.out, "short") || !strings.Contains(out.out, `verifier="$cti1$`) {
		t.Errorf("export: %+v and %+v", out, dash)
	}
	other := filepath.Join(t.TempDir(), "other")
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	copied, err := os.Open(file(t, "copy.xml", out.out))
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	os.Stdin = copied
	if r := command(t, "config", "import", "-", "--data", other); r.status != 0 || !strings.Contains(r.err, "1 operator cannot sign in") || !strings.Contains(r.err, filepath.Join(other, "pepper")) {
		t.Errorf("import elsewhere: %+v", r)
	}
}

// TestNothingYet: a slip in the path makes no folder and publishes no empty configuration.
func TestNothingYet(t *testing.T) {
	data := filepath.Join(t.TempDir(), "slip")
	for _, args := range [][]string{{"config", "export"}, {"config", "apply"}} {
		r := command(t, append(args, "--data", data)...)
		if r.status != 1 || r.out != "" || !strings.Contains(r.err, data+": nothing was imported into it yet; begin with") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := command(t, "config", "list", "--data", data); r.status != 0 || !strings.Contains(r.out, "nothing is published yet in "+data) {
		t.Errorf("list: %+v", r)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Error("the folder was made")
	}
}

// TestFaults: one line each, with the file and what to do, and nothing changed.
func TestFaults(t *testing.T) {
	bad := file(t, "bad.xml", strings.Replace(siteXML, "description", "descriptin", 1))
	boot := file(t, "boot.yaml", "ami:\n  username: a\n  secert: b\n  ping: 10\n")
	missing := filepath.Join(t.TempDir(), "none.yaml")
	r := command(t, "check", bad, boot, missing)
	want := []string{
		bad + ": line 2: <seat>, attribute descriptin: unknown attribute: did you mean description?",
		bad + ": warning: ", bad + ": warning: ",
		boot + `:3: ami: unknown key "secert"; did you mean "secret"?`,
		boot + `:4: ami.ping: "10" is not a time with its unit, like 5s or 1m30s`,
		boot + ": ami.secret: must not be empty",
		missing + ": cannot be read: no such file or directory",
	}
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if r.status != 1 || len(lines) != len(want) || r.err != "astcti: 3 of 3 files cannot be used\n" {
		t.Fatalf("check: %+v", r)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d: %s, want %s", i+1, line, want[i])
		}
	}
	data := filepath.Join(t.TempDir(), "data")
	if r := command(t, "config", "import", bad, "--data", data); r.status != 1 || !strings.HasPrefix(r.err, "astcti: "+want[0]) || !strings.HasSuffix(r.err, "\nnothing was changed\n") {
		t.Errorf("import: %+v", r)
	}
	if r := command(t, "serve", "--config", boot); r.status != 1 || !strings.HasPrefix(r.err, "astcti: "+want[3]+"\n"+want[4]) {
		t.Errorf("serve: %+v", r)
	}
	for _, args := range [][]string{{"sreve"}, {"serve", "--confg", "x"}, {"config", "import", missing}, {}} {
		if r := command(t, args...); r.status != 2 || !strings.HasPrefix(r.err, "astcti: ") {
			t.Errorf("%v: %+v, want status 2", args, r)
		}
	}
}

// TestHealth asks where the settings say, and tells the reason.
func TestHealth(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			http.Error(w, "link down", http.StatusServiceUnavailable)
		} else {
			_, _ = io.WriteString(w, "ok\n")
		}
	}))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	boot := file(t, "a.yaml", "ami: {username: a, secret: b}\nhttp: {listen: ':"+port+"'}\n")
	if r := command(t, "health", "--config", boot); r != (ran{0, "ok\n", ""}) {
		t.Errorf("%+v", r)
	}
	t.Setenv("ASTCTI_CONFIG", boot)
	if r := command(t, "health", "--ready"); r.status != 1 || r.err != "astcti: 503 Service Unavailable: link down\n" {
		t.Errorf("%+v", r)
	}
	if r := command(t, "health", "--url", server.URL); r.status != 0 {
		t.Errorf("%+v", r)
	}
}

func TestLocal(t *testing.T) {
	for listen, want := range map[string]string{
		":80": "http://127.0.0.1:80", "0.0.0.0:80": "http://127.0.0.1:80", "[::]:80": "http://[::1]:80",
		"192.0.2.1:80": "http://192.0.2.1:80", "localhost:80": "http://localhost:80",
	} {
		if url, _ := local(settings.HTTP{Listen: listen}); url != want {
			t.Errorf("%s: %s, want %s", listen, url, want)
		}
	}
	if url, _ := local(settings.HTTP{Listen: ":443", TLSCert: "x"}); url != "https://127.0.0.1:443" {
		t.Error(url)
	}
}

// TestServeHelp lists every key.
func TestServeHelp(t *testing.T) {
	text := new(serveCmd).Help()
	for _, key := range settings.Keys() {
		if !strings.Contains(text, " "+key.Name+" ") || !strings.Contains(text, key.Variable) {
			t.Errorf("%s is not in the help", key.Name)
		}
	}
}
