package desktop

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// browser is the command that shows a page. "start" would be one of the shell's.
func browser(address string) ([]string, error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	return []string{filepath.Join(dir, "rundll32.exe"), "url.dll,FileProtocolHandler", address}, nil
}

// ours is for systems whose permissions tell an owner.
func ours(os.FileInfo) bool { return true }

// apart keeps Ctrl-C in this terminal from what was opened.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}
