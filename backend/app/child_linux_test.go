package app

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A server that is measured is a process of its own: this test binary again, told by
// childEnv to be one. It ends with its standard input.
const (
	childEnv   = "ASTCTI_BENCH_SERVER"  // "ours 127.0.0.1:5038 5000"
	profileEnv = "ASTCTI_BENCH_PROFILE" // a folder for CPU and memory profiles of what is measured
)

func init() {
	if order := os.Getenv(childEnv); order != "" {
		os.Exit(childMain(order)) // no test of this process runs
	}
}

// stack is a server that is measured.
type stack interface {
	address() string
	stop() error
}

// usage is what a server has used of the machine.
type usage struct {
	CPU time.Duration // since it started
	RSS int64         // bytes, now
	Err string        `json:",omitempty"`
}

// childMain is the other process; it returns its exit code.
func childMain(order string) int {
	var name, ami string
	var agents int
	var s stack
	_, err := fmt.Sscan(order, &name, &ami, &agents)
	switch {
	case err != nil:
	case name == "ours":
		s, err = startOurs(ami, agents)
	default:
		s, err = startObvious(ami, agents)
	}
	if err == nil {
		err = childServe(name, s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, order, err)
		return 1
	}
	return 0
}

// childServe answers each line with a usage, until there is no one to ask. "collect"
// frees the garbage of signing in first, as the runtime does every two minutes by
// itself: new memory is dear on some virtual machines, and would be paid for in the
// seconds that are measured. The time between the two other questions is what is
// profiled.
func childServe(name string, s stack) error {
	fmt.Fprintln(os.Stdout, s.address())
	out := json.NewEncoder(os.Stdout)
	dir := os.Getenv(profileEnv)
	var profile *os.File
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "collect" {
			runtime.GC()
		}
		u := usageNow()
		if in.Text() == "begin" && dir != "" {
			profile, _ = os.Create(filepath.Join(dir, name+".cpu"))
			_ = pprof.StartCPUProfile(profile)
		} else if in.Text() == "end" && profile != nil {
			pprof.StopCPUProfile()
			profile.Close()
			if heap, err := os.Create(filepath.Join(dir, name+".heap")); err == nil {
				_ = pprof.Lookup("heap").WriteTo(heap, 0)
				heap.Close()
			}
			profile = nil
		}
		if err := out.Encode(u); err != nil {
			return err
		}
	}
	return s.stop()
}

func usageNow() (u usage) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		u.Err = err.Error()
	}
	u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	b, err := os.ReadFile("/proc/self/statm")
	if f := strings.Fields(string(b)); err == nil && len(f) > 1 {
		pages, _ := strconv.ParseInt(f[1], 10, 64)
		u.RSS = pages * int64(os.Getpagesize())
	}
	return u
}

// machineBusy is the time that all processors together have worked since the machine
// started.
func machineBusy() (busy time.Duration) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, f := range strings.Fields(line) { // cpu user nice system idle iowait irq softirq steal, in ticks of 10 ms
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && i != 4 && i != 5 && i < 9 {
			busy += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return busy
}

// child is a running server of childMain.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
}

func startChild(name, ami string, agents int) (*child, error) {
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", childEnv, name, ami, agents))
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil {
		c.end()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	c.addr = strings.TrimSpace(line)
	return c, nil
}

// ask is "collect", "begin" or "end".
func (c *child) ask(what string) (u usage, err error) {
	if _, err := io.WriteString(c.in, what+"\n"); err != nil {
		return u, err
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(line, &u)
}

// end ends the server; its clients should be gone.
func (c *child) end() {
	c.in.Close()
	_ = c.cmd.Wait()
}
