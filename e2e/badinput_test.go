package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// TestBadAsterisk: whatever answers at Asterisk's address, the server names what is
// wrong, lets no agent in and goes on.
func TestBadAsterisk(t *testing.T) {
	const greeting = "Asterisk Call Manager/11.0.0\r\n"
	closed, err := lab.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		ami     string   // address; "" for a server that behaves as says
		says    []string // one text after another, each after something was read
		reasons []string // one of these is in the reason, without case
	}{
		{name: "nobody there", ami: closed.String(), reasons: []string{"refused"}},
		{name: "no such host", ami: "asterisk.invalid:5038", reasons: []string{"no such host", "lookup", "misbehaving"}},
		{name: "not AMI", says: []string{"SSH-2.0-OpenSSH_9.2\r\n"}, reasons: []string{"asterisk", "greeting"}},
		{name: "closes at once", says: nil, reasons: []string{"eof", "closed", "greeting"}},
		{name: "refuses the challenge", says: []string{greeting, "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n"}, reasons: []string{"refused", "authentication"}},
		{name: "stops in the middle", says: []string{greeting, "Response: Succ"}, reasons: []string{"eof", "closed", "time", "login"}},
		{name: "a line of 10 MB", says: []string{greeting, "Response: " + strings.Repeat("x", 10<<20)}, reasons: []string{"long", "line"}},
		{name: "bytes", says: []string{greeting, "\x00\xff\x00\xfe\r\n\r\n\r\n"}, reasons: []string{"malformed", "header", "message", "time", "closed", "eof"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr := tt.ami
			if addr == "" {
				addr = actor(t, tt.says)
			}
			s := serve(t, astcti.Options{AMI: addr, User: "u", Secret: "top-secret-word", XML: site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML()})
			unready(t, s, tt.reasons)
		})
	}
	t.Run("wrong secret", func(t *testing.T) {
		t.Parallel()
		root, err := lab.Prepare(t.Context(), 22, quietLog(t))
		if err != nil {
			t.Fatal(err)
		}
		ast, err := root.Start(t.Context(), lab.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := ast.Stop(); err != nil {
				t.Error(err)
			}
		}()
		s := serve(t, astcti.Options{AMI: ast.AMI.String(), User: lab.ManagerUser, Secret: "top-secret-word", XML: site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML()})
		unready(t, s, []string{"refused", "authentication"})
	})
}

// unready waits until /readyz tells one of the reasons, and checks that the process
// lives, lets nobody in and has not logged the secret.
func unready(t *testing.T, s *astcti.Server, reasons []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var reason string
	err := s.Answers(ctx, "/readyz", func(status int, text string) bool {
		reason = text
		for _, r := range reasons {
			if status == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(text), r) {
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("/readyz: %s", reason)
	if status, text, err := s.Get(ctx, "/healthz"); status != http.StatusOK || err != nil {
		t.Errorf("/healthz: %d %s, %v", status, text, err)
	}
	w := &world{t: t, ctx: ctx, server: s}
	if c, err := signIn(ctx, w, site.Ada); err == nil {
		c.Close()
		t.Error("an agent was let in")
	}
	if !s.Alive() {
		t.Error("the process has ended")
	}
	if strings.Contains(s.Said(), "top-secret-word") {
		t.Error("the secret is in the log")
	}
}

var actionID = regexp.MustCompile(`ActionID: (\S+)`)

// actor is a server that says its texts, each but the first after it has read
// something, and then closes. {id} stands for the ActionID it has read.
func actor(t *testing.T, texts []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 4096)
				for i, text := range texts {
					if i > 0 {
						n, err := conn.Read(buf)
						if err != nil {
							return
						}
						if id := actionID.FindSubmatch(buf[:n]); id != nil {
							text = strings.ReplaceAll(text, "{id}", string(id[1]))
						}
					}
					if _, err := conn.Write([]byte(text)); err != nil {
						return
					}
				}
				if len(texts) == 1 { // who only greets goes on saying nothing
					_, _ = io.Copy(io.Discard, conn)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestBadFiles: a boot file or a configuration that is wrong is refused with the
// place and what to do, before anything is started.
func TestBadFiles(t *testing.T) {
	const boot = "data_dir: %s\nami:\n  address: 127.0.0.1:1\n  username: u\n  secret: s\n"
	tests := []struct {
		name, file, text string
		args             []string // FILE and DIR stand for the file and an empty folder
		want             []string // all in what is printed
	}{
		{"YAML that is broken", "a.yaml", boot + "http: [\n", []string{"serve", "--config", "FILE"}, []string{"a.yaml", "6"}},
		{"YAML with an unknown key", "a.yaml", boot + "htpp:\n  listen: 127.0.0.1:0\n", []string{"serve", "--config", "FILE"}, []string{"a.yaml", "6", "htpp", "http"}},
		{"no file", "other.yaml", "", []string{"serve", "--config", "DIR/none.yaml"}, []string{"none.yaml"}},
		{"XML that is broken", "a.xml", "<asteriskcti version=\"1\">\n<services>\n<service name=\n", []string{"config", "import", "FILE", "--data", "DIR/data"}, []string{"a.xml: line 4"}},
		{"XML with a fault", "a.xml", strings.Replace(site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML(), `type="inbound"`, `type="sideways"`, 1), []string{"check", "FILE"}, []string{"sideways", "inbound"}},
		{"XML with an unknown variable", "a.xml", strings.Replace(site.Site{Customer: customer, Target: "window", Agents: site.Agents}.XML(), "{calldata}", "{caldata}", 1), []string{"check", "FILE"}, []string{"caldata", "calldata"}},
		{"nothing to apply", "a", "", []string{"config", "apply", "--data", "DIR/data"}, []string{"import"}},
		{"SQLite that is broken", "a.sqlite", "SQLite format 3\x00 and then nothing of the kind", []string{"check", "FILE"}, []string{"a.sqlite"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, tt.file)
			text := tt.text
			if strings.Contains(text, "%s") {
				text = fmt.Sprintf(text, filepath.Join(dir, "data"))
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := make([]string, len(tt.args))
			for i, a := range tt.args {
				args[i] = strings.NewReplacer("FILE", file, "DIR", dir).Replace(a)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			out, err := astcti.Run(ctx, args...)
			if err == nil || ctx.Err() != nil {
				t.Fatalf("exit status 0 or none, want a failure (%v):\n%s", err, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in:\n%s", want, out)
				}
			}
			if strings.Contains(out, "goroutine ") {
				t.Errorf("a panic:\n%s", out)
			}
			t.Log(strings.TrimSpace(out))
		})
	}
}

// TestCommandLine: what scripts rely on.
func TestCommandLine(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	file, data := filepath.Join(dir, "site.xml"), filepath.Join(dir, "data")
	run := func(args ...string) string {
		t.Helper()
		out, err := astcti.Run(ctx, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err := os.WriteFile(file, []byte(site.Site{Customer: customer, Target: "pane", Agents: site.Agents}.XML()), 0o600); err != nil {
		t.Fatal(err)
	}
	run("check", file)
	run("config", "import", file, "--data", data)
	first := strings.TrimSpace(run("config", "apply", "--data", data))
	second := strings.TrimSpace(run("config", "apply", "--data", data))
	if first == second {
		t.Errorf("two published files have one name: %s", first)
	}
	list := run("config", "list", "--data", data)
	for _, name := range []string{first, second} {
		base := filepath.Base(lastWord(name))
		if !strings.Contains(list, base) {
			t.Errorf("config list lacks %s:\n%s", base, list)
		}
		run("check", filepath.Join(data, "published", base))
	}
	exported := run("config", "export", "--data", data)
	for _, a := range site.Agents {
		if strings.Contains(exported, a.Password) {
			t.Errorf("the export holds the password of %s", a.User)
		}
		if !strings.Contains(exported, a.FullName) {
			t.Errorf("the export lacks %s", a.User)
		}
	}
	again := filepath.Join(dir, "again.xml")
	run("config", "export", "--data", data, "-o", again)
	run("config", "import", again, "--data", filepath.Join(dir, "other"))
	text, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if copied := run("config", "export", "--data", filepath.Join(dir, "other")); !bytes.Equal([]byte(copied), text) {
		t.Errorf("an export imported and exported again differs:\n%s\n%s", text, copied)
	}
	masked(t, run, filepath.Join(dir, "astcti.yaml"))
	helps(t, ctx)
}

// masked checks that the settings in effect are printed without secrets.
func masked(t *testing.T, run func(...string) string, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("ami:\n  username: somebody\n  secret: top-secret-word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := run("serve", "--config", file, "--print-config")
	if strings.Contains(settings, "top-secret-word") || !strings.Contains(settings, "somebody") || !strings.Contains(settings, "retry_pause: 5s") {
		t.Errorf("the settings in effect are\n%s", settings)
	}
}

// helps checks that every command explains itself.
func helps(t *testing.T, ctx context.Context) {
	t.Helper()
	bin, err := astcti.Binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []string{"", "serve", "demo", "check", "config", "config import", "config export", "config apply", "config list"} {
		args := append(strings.Fields(cmd), "--help")
		out, err := exec.CommandContext(ctx, bin, args...).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Usage: astcti "+cmd)) {
			t.Errorf("astcti %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func lastWord(line string) string {
	f := strings.Fields(line)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}
