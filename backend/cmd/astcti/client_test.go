package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// TestClientFaults: what is missing is said, before any connection.
func TestClientFaults(t *testing.T) {
	noConfiguration(t)
	conf := file(t, "client.yaml", "server: 127.0.0.1:1\nuser: ada\nseat: 00:11:22:33:44:55\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "which server? Use --server"},
		{[]string{"--server", "127.0.0.1:1"}, "who are you? Use --user"},
		{[]string{"-c", conf}, "no password: there is no terminal to ask for it"},
		{[]string{"-c", conf, "--tls-ca", "none.pem"}, "none.pem: no such file"},
		{[]string{"-c", conf + "x"}, "no such file"},
		{[]string{"-c", file(t, "bad.yaml", "password: x\n")}, `unknown field "password"`},
		{[]string{"-c", conf, "--password-file", file(t, "p", "")}, "its first line is empty"},
	} {
		if r := command(t, append([]string{"client"}, c.args...)...); r.status != 1 || !strings.Contains(r.err, c.want) {
			t.Errorf("%v: %+v, want %s", c.args, r, c.want)
		}
	}
	if r := command(t, "client", "--password", "x"); r.status != 2 {
		t.Errorf("a password as a flag: %+v", r)
	}
}

// noConfiguration keeps the tests from the configuration of whoever runs them, and from
// his terminal.
func noConfiguration(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = stdin
	t.Cleanup(func() { os.Stdin = before; stdin.Close() })
}

// lineServer is a server for one client, which answers each line by its first word, and
// closes after QUIT. heard is what it hears; closed at the end.
func lineServer(t *testing.T, answer func(word string) string) (address string, heard <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "100 WELCOME\n")
		for in := bufio.NewScanner(conn); in.Scan(); {
			lines <- in.Text()
			word, _, _ := strings.Cut(in.Text(), " ")
			fmt.Fprintln(conn, answer(word))
			if word == "QUIT" {
				return
			}
		}
	}()
	return ln.Addr().String(), lines
}

// TestClientFlagsWin signs in as the flags say where the file says otherwise, and ends
// with status 1 when the seat is refused.
func TestClientFlagsWin(t *testing.T) {
	noConfiguration(t)
	server, heard := lineServer(t, func(word string) string {
		if word == "MAC" {
			return "101 KO unknown seat"
		}
		return "100 OK"
	})
	conf := file(t, "client.yaml", "server: 127.0.0.1:1\nuser: bob\nseat: 00:11:22:33:44:55\n")
	r := command(t, "client", "-c", conf, "--server", server, "--user", "ada", "--password-file", file(t, "p", "difference\n"))
	if r.status != 1 || r.err != "astcti: the server refuses: unknown seat 00:11:22:33:44:55\n" || !strings.Contains(r.out, "stopped: the server refuses: unknown seat 00:11:22:33:44:55\n") {
		t.Errorf("%+v", r)
	}
	var all []string
	for line := range heard {
		all = append(all, line)
	}
	if want := "USER ada,PASS 95456e7506a8c9c04e3bdffd78da1cae,MAC 00:11:22:33:44:55"; strings.Join(all, ",") != want {
		t.Errorf("heard %q", all)
	}
}
