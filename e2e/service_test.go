package e2e_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

// unitFile is what systemd is given (row K3).
const unitFile = "../docs/astcti.service"

// TestUnit: systemd itself finds nothing wrong with the unit, and little that it leaves open.
func TestUnit(t *testing.T) {
	bin, err := astcti.Binary()
	if err != nil {
		t.Fatal(err)
	}
	unit, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	const installed = "ExecStart=/usr/local/bin/astcti "
	if !strings.Contains(string(unit), installed) {
		t.Fatalf("no %q in the unit", installed)
	}
	path := filepath.Join(t.TempDir(), "astcti.service")
	here := strings.Replace(string(unit), installed, "ExecStart="+bin+" ", 1)
	if err := os.WriteFile(path, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "--man=no", path},
		{"security", "--offline=true", "--threshold=15", path}, // tenths; most services have 90
	} {
		said, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
		if err != nil || args[0] == "verify" && strings.Contains(string(said), "astcti.service") {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, said)
		}
	}
}

// TestSupervised: systemd is told that the server is ready when it is, and that it ends.
func TestSupervised(t *testing.T) {
	bin, err := astcti.Binary()
	if err != nil {
		t.Fatal(err)
	}
	at, err := lab.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(dir, "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
	hears := func(want string) {
		t.Helper()
		said := make([]byte, 1024)
		n, err := socket.Read(said)
		if err != nil || !strings.HasPrefix(string(said[:n]), want) {
			t.Fatalf("%q, %v; want %q", said[:n], err, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server := exec.CommandContext(ctx, bin, "serve")
	server.Env = []string{
		"NOTIFY_SOCKET=" + filepath.Join(dir, "notify"), "ASTCTI_DATA_DIR=" + filepath.Join(dir, "data"),
		"ASTCTI_HTTP_LISTEN=" + at.String(), "ASTCTI_TCP_LISTEN=", "ASTCTI_METRICS_LISTEN=",
	}
	var log strings.Builder
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	hears("READY=1\nSTATUS=Agents come in at " + at.String())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %s", answer.Status)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hears("STOPPING=1")
	if err := server.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
}
