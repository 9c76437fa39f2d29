//go:build unix

package main

import (
	"bufio"
	"fmt"
	"net"
	"os/signal"
	"strings"
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
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	last := make(chan string, 1)
	go func() {
		var heard string
		defer func() { last <- heard }()
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "100 WELCOME\n")
		for in := bufio.NewScanner(conn); in.Scan(); {
			heard = in.Text()
			word, _, _ := strings.Cut(heard, " ")
			switch word {
			case "QUIT":
				fmt.Fprint(conn, "900 OK\n")
				return
			case "CONTEXTS": // it is signed in
				if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
					t.Error(err)
				}
			}
			fmt.Fprint(conn, "100 OK\n")
		}
	}()
	r := command(t, "client", "--server", ln.Addr().String(), "-u", "ada", "--seat", "00:11:22:33:44:55", "--password-file", file(t, "p", "difference\n"))
	if heard := <-last; r.status != 0 || heard != "QUIT" {
		t.Errorf("%+v, and the server heard %q last", r, heard)
	}
}
