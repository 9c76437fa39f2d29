//go:build unix

package desktop

import (
	"errors"
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

// apart keeps Ctrl-C in this terminal from what was opened.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
