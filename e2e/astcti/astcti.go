// Package astcti runs the real binary as an administrator does: a boot file, a
// configuration imported and applied by the command line, and a server.
package astcti

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/tape"
)

// BinaryVariable names the environment variable with the path of the binary under
// test; without it that is bin/astcti, which `make build` makes.
const BinaryVariable = "ASTCTI_BIN"

// Binary is the path of the binary under test.
func Binary() (string, error) {
	path := os.Getenv(BinaryVariable)
	if path == "" {
		_, here, _, _ := runtime.Caller(0)
		path = filepath.Join(filepath.Dir(here), "..", "..", "bin", "astcti")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no binary to test: %w (run make build)", err)
	}
	return filepath.Abs(path)
}

// Run runs one command to its end and returns what it printed, both streams. Its
// environment is bare, so that nothing on this machine changes what it does.
func Run(ctx context.Context, args ...string) (string, error) {
	bin, err := Binary()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Env = bare()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("astcti %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

func bare() []string { return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"} }

// Options of a server.
type Options struct {
	Dir    string // an empty folder; everything is in it afterwards
	AMI    string // address of the manager interface
	User   string
	Secret string
	CA     string // file with an authority: the link is TLS then
	Auth   string // md5 or secret; "" for the default
	XML    string // configuration to import and apply before the start; "" for none
	More   string // lines more of the boot file
}

// Server is one running server.
type Server struct {
	Dir  string // holds astcti.yaml and data
	HTTP string // http://127.0.0.1:port
	TCP  string // 127.0.0.1:port
	Log  *tape.Tape[string]

	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	ended error
}

// Data is the server's data folder.
func (s *Server) Data() string { return filepath.Join(s.Dir, "data") }

// Published is the folder it watches for configurations.
func (s *Server) Published() string { return filepath.Join(s.Data(), "published") }

// Start writes a boot file, feeds the configuration and starts a server on free
// ports. It does not wait for it: see Healthy and Ready.
func Start(ctx context.Context, opt Options) (*Server, error) {
	s := &Server{Dir: opt.Dir}
	addrs := make([]string, 2)
	for i := range addrs {
		addr, err := lab.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		addrs[i] = addr.String()
	}
	s.HTTP, s.TCP = "http://"+addrs[0], addrs[1]
	if err := os.WriteFile(s.Boot(), []byte(s.boot(opt, addrs[0], addrs[1])), 0o600); err != nil {
		return nil, err
	}
	if opt.XML != "" {
		if _, err := s.Apply(ctx, opt.XML); err != nil {
			return nil, err
		}
	}
	return s, s.Restart()
}

// Boot is the path of the boot file.
func (s *Server) Boot() string { return filepath.Join(s.Dir, "astcti.yaml") }

func (s *Server) boot(opt Options, http, tcp string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "data_dir: %s\nami:\n  address: %s\n  username: %s\n  secret: %q\n", s.Data(), opt.AMI, opt.User, opt.Secret)
	if opt.CA != "" {
		fmt.Fprintf(&b, "  tls: true\n  ca_file: %s\n", opt.CA)
	}
	if opt.Auth != "" {
		fmt.Fprintf(&b, "  auth: %s\n", opt.Auth)
	}
	fmt.Fprintf(&b, "http:\n  listen: %s\ntcp:\n  listen: %s\nmetrics:\n  listen: \"\"\n%s", http, tcp, opt.More)
	return b.String()
}

// Apply imports a configuration into the working database and publishes it. It
// returns what `config apply` printed.
func (s *Server) Apply(ctx context.Context, xml string) (string, error) {
	file := filepath.Join(s.Dir, "import.xml")
	if err := os.WriteFile(file, []byte(xml), 0o600); err != nil {
		return "", err
	}
	if out, err := Run(ctx, "config", "import", file, "--data", s.Data()); err != nil {
		return out, err
	}
	return Run(ctx, "config", "apply", "--data", s.Data())
}

// Restart starts a stopped server again.
func (s *Server) Restart() error {
	bin, err := Binary()
	if err != nil {
		return err
	}
	// It lives until Stop, longer than any one step's context.
	s.cmd = exec.CommandContext(context.Background(), bin, "serve", "--config", s.Boot())
	s.cmd.Dir, s.cmd.Env = s.Dir, bare()
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.Log = tape.New[string]()
	said := &lines{to: s.Log}
	s.cmd.Stdout, s.cmd.Stderr = said, said
	s.done = make(chan struct{})
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, log *tape.Tape[string], done chan struct{}) {
		err := cmd.Wait()
		s.mu.Lock()
		s.ended = err
		s.mu.Unlock()
		log.End(ended(err))
		close(done)
	}(s.cmd, s.Log, s.done)
	return nil
}

// ended is the error of a server that is no more; how is nil for exit status 0.
func ended(how error) error {
	if how == nil {
		return errors.New("the server ended")
	}
	return fmt.Errorf("the server ended: %w", how)
}

// Stop ends the server as an init system does, and fails when that takes more than
// ten seconds or ends in another exit status than 0. It may be called again.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // ended already: done tells
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
		_ = s.cmd.Process.Kill()
		<-s.done
		return errors.New("the server did not stop within ten seconds")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Kill ends the server as a crash would: nobody is told, nothing is put away.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // ended already: done tells
	<-s.done
}

// PID is the number of its process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Alive says whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Get asks the server for a page and returns its status and text.
func (s *Server) Get(ctx context.Context, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP+path, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(text)), err
}

// Ready waits until agents are let in.
func (s *Server) Ready(ctx context.Context) error {
	return s.Answers(ctx, "/readyz", func(status int, _ string) bool { return status == http.StatusOK })
}

// Answers waits until a page is answered as wanted. It fails when the process ends.
func (s *Server) Answers(ctx context.Context, path string, wanted func(status int, text string) bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last := "nothing yet"
	for {
		status, text, err := s.Get(ctx, path)
		switch {
		case err == nil && wanted(status, text):
			return nil
		case err == nil:
			last = fmt.Sprintf("%d %s", status, text)
		case ctx.Err() == nil:
			last = err.Error()
		}
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("%w\n%s", ended(s.ended), s.Said())
		case <-ctx.Done():
			return fmt.Errorf("%s answered %s: %w\n%s", path, last, ctx.Err(), s.Said())
		}
	}
}

// Said is all the server logged.
func (s *Server) Said() string { return strings.Join(s.Log.Since(0), "\n") }

// lines cuts what a process writes into lines.
type lines struct {
	to   *tape.Tape[string]
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.to.Add(string(line))
		l.rest = rest
	}
}
