package amitest_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// header is one line of a message.
type header struct{ name, value string }

// message is what stands between two empty lines.
type message []header

func (m message) get(name string) string {
	for _, h := range m {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// names is its header names in order.
func (m message) names() string {
	var n []string
	for _, h := range m {
		n = append(n, h.name)
	}
	return strings.Join(n, " ")
}

func (m message) String() string {
	var b strings.Builder
	for _, h := range m {
		fmt.Fprintf(&b, "%s: %s | ", h.name, h.value)
	}
	return b.String()
}

// client reads AMI line by line, knowing nothing of the server's code.
type client struct {
	t        *testing.T
	conn     net.Conn
	r        *bufio.Reader
	greeting string
	id       int
}

func dial(t *testing.T, s *amitest.Server) *client {
	t.Helper()
	conn, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn)}
	c.greeting = c.line()
	return c
}

// line reads one that ends in CR LF.
func (c *client) line() string {
	c.t.Helper()
	s, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("read: %v (after %q)", err, s)
	}
	if !strings.HasSuffix(s, "\r\n") {
		c.t.Fatalf("line ends without CR LF: %q", s)
	}
	return s[:len(s)-2]
}

func (c *client) message() message {
	c.t.Helper()
	var m message
	for {
		l := c.line()
		if l == "" {
			return m
		}
		name, value, ok := strings.Cut(l, ": ")
		if !ok {
			c.t.Fatalf("no header: %q", l)
		}
		m = append(m, header{name, value})
	}
}

// send sends an action without waiting.
func (c *client) send(action string, headers ...string) string {
	c.t.Helper()
	c.id++
	id := fmt.Sprintf("t%d", c.id)
	var b strings.Builder
	fmt.Fprintf(&b, "Action: %s\r\nActionID: %s\r\n", action, id)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	if _, err := c.conn.Write([]byte(b.String())); err != nil {
		c.t.Fatal(err)
	}
	return id
}

// ask sends an action and gives its response; events before it are dropped.
func (c *client) ask(action string, headers ...string) message {
	c.t.Helper()
	id := c.send(action, headers...)
	for {
		m := c.message()
		if m[0].name == "Response" && m.get("ActionID") == id {
			return m
		}
	}
}

// list asks for a list and gives its items, the Complete event last.
func (c *client) list(action string, headers ...string) []message {
	c.t.Helper()
	if r := c.ask(action, headers...); r.get("Response") != "Success" {
		c.t.Fatalf("%s: %v", action, r)
	}
	var l []message
	for {
		m := c.message()
		l = append(l, m)
		if strings.HasSuffix(m.get("Event"), "Complete") {
			return l
		}
	}
}

func (c *client) login(user amitest.User) {
	c.t.Helper()
	if r := c.ask("Login", "Username: "+user.Name, "Secret: "+user.Secret); r.get("Message") != "Authentication accepted" {
		c.t.Fatalf("login: %v", r)
	}
}

// until reads events until one is named so; all of them are given.
func (c *client) until(name string) []message {
	c.t.Helper()
	var all []message
	for {
		m := c.message()
		if m[0].name == "Event" {
			all = append(all, m)
		}
		if m.get("Event") == name {
			return all
		}
	}
}

// events gives what was told until all that was told before this call has come: a
// Ping is the barrier.
func (c *client) events() []message {
	c.t.Helper()
	id := c.send("Ping")
	var all []message
	for {
		m := c.message()
		if m.get("ActionID") == id {
			return all
		}
		all = append(all, m)
	}
}

// everything is a user who hears and may do all.
var everything = amitest.User{Name: "all", Secret: "all", Read: "all", Write: "all"}

// listen starts a server that ends with the test.
func listen(t *testing.T, o amitest.Options) *amitest.Server {
	t.Helper()
	o.Users = append(o.Users, everything, amitest.DefaultUser)
	s, err := amitest.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// epoch is when Manual clocks of tests begin.
var epoch = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
