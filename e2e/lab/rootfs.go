package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CacheVariable names the environment variable that moves the cache folder.
const CacheVariable = "ASTCTI_LAB_CACHE"

// recipe is part of the cache's names: raise it when Prepare unpacks differently.
const recipe = 1

// release says which Debian carries which Asterisk.
var release = map[int]string{16: "bullseye", 22: "sid"}

// Root is an unpacked Debian with one Asterisk in it. It is read only and shared
// by every instance started from it.
type Root struct {
	Dir      string // the folder
	Version  int    // 16 or 22
	Released string // as Asterisk tells it: "22.10.1~dfsg…"

	loader, libraries, modules string
}

// CacheDir is where unpacked Asterisks are kept: $ASTCTI_LAB_CACHE, else
// asteriskcti in the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set %s", err, CacheVariable)
	}
	return filepath.Join(dir, "asteriskcti"), nil
}

// Prepare returns the unpacked Asterisk of a version (16 or 22), unpacking it
// first when the cache has none: seconds to a minute, some 60 MB of downloads.
// Callers in other processes wait for each other.
func Prepare(ctx context.Context, version int, log *slog.Logger) (*Root, error) {
	suite, ok := release[version]
	if !ok {
		return nil, fmt.Errorf("lab: no Asterisk %d: only 16 and 22", version)
	}
	cache, err := CacheDir()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	dir := filepath.Join(cache, fmt.Sprintf("asterisk-%d-%s-r%d", version, runtime.GOARCH, recipe))
	unlock, err := lock(ctx, dir+".lock")
	if err != nil {
		return nil, fmt.Errorf("lab: lock: %w", err)
	}
	defer unlock()
	if root, err := open(dir, version); err == nil {
		return root, nil
	}
	log.Info("unpacking Asterisk", "version", version, "suite", suite, "dir", dir)
	if err := unpack(ctx, dir, version, suite); err != nil {
		return nil, fmt.Errorf("lab: Asterisk %d from Debian %s: %w", version, suite, err)
	}
	root, err := open(dir, version)
	if err != nil {
		return nil, fmt.Errorf("lab: Asterisk %d: %w", version, err)
	}
	return root, nil
}

// stamp is written last, so a folder that has it is whole. It holds the version.
const stamp = ".unpacked"

func open(dir string, version int) (*Root, error) {
	released, err := os.ReadFile(filepath.Join(dir, stamp))
	if err != nil {
		return nil, err
	}
	root := &Root{Dir: dir, Version: version, Released: strings.TrimSpace(string(released))}
	return root, root.locate()
}

// unpack fetches Asterisk and all it depends on and extracts, but does not
// configure, them: no maintainer script runs, so no privilege is needed.
func unpack(ctx context.Context, dir string, version int, suite string) error {
	tool, err := exec.LookPath("mmdebstrap")
	if err != nil {
		return errors.New("mmdebstrap is missing: on Debian run e2e/install.sh as root (or apt-get install mmdebstrap); other systems cannot run these tests")
	}
	url, err := mirror("/etc/apt")
	if err != nil {
		return err
	}
	// We hold the lock: what somebody left behind who was killed is nobody's.
	left, err := filepath.Glob(dir + ".tmp*")
	if err != nil {
		return err
	}
	for _, old := range left {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".tmp")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // renamed away, unless something failed
	cmd := exec.CommandContext(ctx, tool, "--mode=chrootless", "--variant=extract", "--format=directory",
		`--aptopt=APT::Install-Recommends "false"`,
		`--aptopt=Acquire::Check-Valid-Until "false"`, // an old sid is as good
		`--aptopt=Acquire::Retries "3"`,
		"--include=asterisk", suite, tmp, fmt.Sprintf("deb %s %s main", url, suite))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mmdebstrap: %w (mirror %s; another one can be named in %s)\n%s", err, url, MirrorVariable, said.String())
	}
	root := &Root{Dir: tmp, Version: version}
	if err := root.locate(); err != nil {
		return err
	}
	if root.Released, err = root.ask(ctx); err != nil {
		return err
	}
	if major, _, _ := strings.Cut(root.Released, "."); major != strconv.Itoa(version) {
		return fmt.Errorf("it carries Asterisk %s now, not %d: name a mirror that still has it in %s", root.Released, version, MirrorVariable)
	}
	if err := os.WriteFile(filepath.Join(tmp, stamp), []byte(root.Released+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// locate finds the loader, the libraries and the modules: bullseye still has /lib
// beside /usr/lib, and keeps Asterisk's modules out of the architecture's folder.
func (r *Root) locate() error {
	one := func(patterns ...string) (string, error) {
		for _, p := range patterns {
			found, err := filepath.Glob(filepath.Join(r.Dir, p))
			if err != nil {
				return "", err
			}
			for _, f := range found {
				// A link out of the root would start this machine's own loader.
				if real, err := filepath.EvalSymlinks(f); err == nil && strings.HasPrefix(real, r.Dir+"/") {
					return real, nil
				}
			}
		}
		return "", fmt.Errorf("%s has no %s", r.Dir, strings.Join(patterns, " nor "))
	}
	var err error
	if r.loader, err = one("usr/lib/*-linux-gnu*/ld-linux*.so.*", "lib/*-linux-gnu*/ld-linux*.so.*", "lib/*-linux-gnu*/ld-*.so"); err != nil {
		return err
	}
	if r.modules, err = one("usr/lib/*-linux-gnu*/asterisk/modules", "usr/lib/asterisk/modules"); err != nil {
		return err
	}
	r.libraries = filepath.Join(r.Dir, "usr/lib")
	for _, p := range []string{"usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"} {
		found, err := filepath.Glob(filepath.Join(r.Dir, p))
		if err != nil {
			return err
		}
		for _, f := range found {
			r.libraries += ":" + f
		}
	}
	return nil
}

// command runs Asterisk through the root's own loader with the root's libraries.
func (r *Root) command(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"--library-path", r.libraries, filepath.Join(r.Dir, "usr/sbin/asterisk")}, args...)
	cmd := exec.CommandContext(ctx, r.loader, args...)
	cmd.Env = []string{"LANG=C.UTF-8", "HOME=/nonexistent", "PATH=/usr/bin:/bin"}
	return cmd
}

func (r *Root) ask(ctx context.Context) (string, error) {
	out, err := r.command(ctx, "-V").Output()
	if err != nil {
		return "", fmt.Errorf("asterisk -V: %w", err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "Asterisk "), nil
}

// lock waits for an exclusive lock on a file until ctx ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil // closing lets go
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}
