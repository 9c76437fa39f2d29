//go:build unix

package desktop

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// browser is the command that shows a page.
func browser(address string) ([]string, error) {
	if runtime.GOOS == "darwin" {
		return []string{"/usr/bin/open", address}, nil
	}
	path, err := exec.LookPath("xdg-open")
	if err != nil {
		return nil, errors.New("there is no xdg-open here to find the browser with (package xdg-utils)")
	}
	return []string{path, address}, nil
}

// ours says whether a file is this user's or root's. Its owner can change it and its
// permissions at any time.
func ours(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}

// apart keeps Ctrl-C in this terminal from what was opened.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
