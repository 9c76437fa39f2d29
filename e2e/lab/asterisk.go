package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Options of an instance.
type Options struct {
	Dir      string // an empty folder for its files; it is not removed
	Tech     string // PJSIP (also when empty), or SIP: chan_sip, which 16 still has
	Contacts int    // how many telephones may share one account; 0 is one
}

// Asterisk is one running instance.
type Asterisk struct {
	Root *Root
	Tech string         // PJSIP or SIP: what its channels' names begin with
	Dir  string         // its configuration (etc), logs (log) and everything it writes
	AMI  netip.AddrPort // manager interface, TCP
	TLS  netip.AddrPort // manager interface, TLS
	CA   string         // file with the authority that has signed for TLS
	SIP  netip.AddrPort // UDP

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// bootTime is how long a start may take before it counts as failed: a start needs
// half a second, on an overloaded machine ten times that.
const bootTime = 60 * time.Second

// Start runs an instance on free ports and returns when it is fully booted. It
// lives until Stop, or until this process dies.
func (r *Root) Start(ctx context.Context, opt Options) (*Asterisk, error) {
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, err
	}
	opt.Dir = dir
	if opt.Tech == "" {
		opt.Tech = PJSIP
	}
	opt.Contacts = max(opt.Contacts, 1)
	var last error
	for range 3 { // somebody may take a port between our look and Asterisk's
		p, err := freePorts(ctx)
		if err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
		if err := r.configure(opt, p); err != nil {
			return nil, fmt.Errorf("lab: configuration: %w", err)
		}
		a := &Asterisk{Root: r, Tech: opt.Tech, Dir: dir, AMI: p.AMI, TLS: p.AMITLS, CA: filepath.Join(dir, "keys", certificate), SIP: p.SIP}
		if last = a.Restart(ctx); last == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// Restart starts a stopped instance again, on the same ports.
func (a *Asterisk) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	// Not of ctx: that one ends with the start.
	a.cmd = a.Root.command(context.Background(), "-C", filepath.Join(a.Dir, "etc/asterisk.conf"), "-f")
	a.cmd.Dir = a.Dir
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	a.done = make(chan struct{})
	if err := a.cmd.Start(); err != nil {
		return fmt.Errorf("lab: start Asterisk %s: %w", a.Root.Released, err)
	}
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}(a.cmd, a.done)
	if err := a.booted(ctx); err != nil {
		err = fmt.Errorf("lab: Asterisk %s did not boot: %w\n%s", a.Root.Released, err, a.Log())
		return errors.Join(err, a.Stop())
	}
	return nil
}

// booted waits until Asterisk says that it is.
func (a *Asterisk) booted(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := a.done // a later start has its own
	go func() {
		select {
		case <-done:
			cancel(errors.New("the process ended"))
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		w, err := a.Watch(ctx)
		if err == nil {
			w.Close()
			return nil
		}
		last = err
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), last)
		}
	}
}

// Stop ends the instance: kindly, and after five seconds by force. It may be
// called again.
func (a *Asterisk) Stop() error {
	if a.cmd == nil || a.cmd.Process == nil {
		return nil
	}
	_ = a.cmd.Process.Signal(syscall.SIGTERM) // ended already: done tells
	late := time.NewTimer(5 * time.Second)
	defer late.Stop()
	select {
	case <-a.done:
		return nil
	case <-late.C:
	}
	_ = a.cmd.Process.Kill()
	<-a.done
	return fmt.Errorf("lab: Asterisk %s had to be killed\n%s", a.Root.Released, a.Log())
}

// Kill ends the instance as a crash would: no channel is hung up, nothing is said.
func (a *Asterisk) Kill() {
	_ = a.cmd.Process.Kill()
	<-a.done
}

// Log is what the instance wrote, without the long story of its loading once it
// has booted.
func (a *Asterisk) Log() string {
	text, err := os.ReadFile(filepath.Join(a.Dir, "log/messages"))
	if err != nil {
		return err.Error()
	}
	if i := bytes.LastIndex(text, []byte("Asterisk Ready.")); i >= 0 {
		text = text[i:]
	}
	return strings.TrimSpace(string(text))
}

// Console runs one command of Asterisk's console and returns what it prints.
func (a *Asterisk) Console(ctx context.Context, command string) (string, error) {
	out, err := a.Root.command(ctx, "-C", filepath.Join(a.Dir, "etc/asterisk.conf"), "-rx", command).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("lab: console %q: %w: %s", command, err, out)
	}
	return string(out), nil
}
