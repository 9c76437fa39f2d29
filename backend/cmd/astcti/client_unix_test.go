//go:build unix

package main

import (
	"os/signal"
	"syscall"
	"testing"
)

// TestClientHangup: when its window is closed the client signs out, so that its agent does
// not stay in the queues as one who may return.
func TestClientHangup(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("these tests run under nohup")
	}
	noConfiguration(t)
	server, heard := lineServer(t, func(word string) string {
		switch word {
		case "QUIT":
			return "900 OK"
		case "CONTEXTS": // it is signed in
			if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
				t.Error(err)
			}
		}
		return "100 OK"
	})
	r := command(t, "client", "--server", server, "-u", "ada", "--seat", "00:11:22:33:44:55", "--password-file", file(t, "p", "difference\n"))
	var last string
	for line := range heard {
		last = line
	}
	if r.status != 0 || last != "QUIT" {
		t.Errorf("%+v, and the server heard %q last", r, last)
	}
}
