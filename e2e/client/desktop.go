package client

import (
	"bufio"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/asteriskcti/asteriskcti/e2e/tape"
)

// Desktop is a client of the line protocol.
type Desktop struct {
	Events  *tape.Tape[Event]
	Notices *tape.Tape[string] // lines that are nobody's answer, and PAUSE PENDING

	conn    net.Conn
	replies *tape.Tape[string]
	read    int // replies that Command has returned
}

var (
	reply  = regexp.MustCompile(`^[0-9]{3} `)
	notice = regexp.MustCompile(`^(20[01]|301|5[0-9]{2}) `)
)

// Dial connects and waits for the greeting.
func Dial(ctx context.Context, addr string) (*Desktop, error) {
	return DialFrom(ctx, nil, addr)
}

// DialFrom is Dial from one of this machine's addresses; any when from is nil.
func DialFrom(ctx context.Context, from net.IP, addr string) (*Desktop, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &Desktop{Events: tape.New[Event](), Notices: tape.New[string](), conn: conn, replies: tape.New[string]()}
	go c.listen()
	hello, err := c.next(ctx)
	if err == nil && hello != "100 WELCOME" {
		err = fmt.Errorf("the greeting is %q", hello)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("desktop: %w", err)
	}
	return c, nil
}

// Close drops the connection, as a program that is killed does.
func (c *Desktop) Close() { c.conn.Close() }

// Reset drops the connection as a PC that has lost its power and is back.
func (c *Desktop) Reset() {
	_ = c.conn.(*net.TCPConn).SetLinger(0) // closed already: the same
	c.conn.Close()
}

// SignIn signs in with the three commands of the protocol.
func (c *Desktop) SignIn(ctx context.Context, user, password, mac string) error {
	if err := c.SignInAt(ctx, user, password); err != nil {
		return err
	}
	return c.expect(ctx, "MAC "+mac, "100 OK")
}

// SignInAt signs in at the seat that a MAC command has named already.
func (c *Desktop) SignInAt(ctx context.Context, user, password string) error {
	if err := c.expect(ctx, "USER "+user, "100 OK"); err != nil {
		return err
	}
	hash := md5.Sum([]byte(password))
	return c.expect(ctx, "PASS "+hex.EncodeToString(hash[:]), "102 OK")
}

func (c *Desktop) expect(ctx context.Context, line, want string) error {
	verb, _, _ := strings.Cut(line, " ")
	got, err := c.Command(ctx, line)
	if err != nil {
		return fmt.Errorf("desktop: %s: %w", verb, err)
	}
	if got != want {
		return fmt.Errorf("desktop: %s was answered with %q", verb, got)
	}
	return nil
}

// Command sends a line and returns its reply. One at a time.
func (c *Desktop) Command(ctx context.Context, line string) (string, error) {
	if _, err := c.conn.Write([]byte(line + "\n")); err != nil {
		return "", err
	}
	return c.next(ctx)
}

func (c *Desktop) next(ctx context.Context) (string, error) {
	line, next, err := c.replies.Wait(ctx, c.read, func(string) bool { return true })
	c.read = next
	return line, err
}

// listen sorts what comes in. A line that is neither a reply nor one whole event
// ends both tapes: nothing that follows it can be trusted.
func (c *Desktop) listen() {
	lines := bufio.NewReader(c.conn)
	fail := func(err error) {
		c.replies.End(err)
		c.Notices.End(err)
		c.Events.End(err)
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			fail(fmt.Errorf("the server closed: %w", err))
			return
		}
		line = strings.TrimSuffix(line, "\n")
		if notice.MatchString(line) {
			c.Notices.Add(line)
			continue
		}
		if reply.MatchString(line) {
			c.replies.Add(line)
			continue
		}
		e, err := parseXML(line)
		if err != nil {
			fail(err)
			return
		}
		c.Events.Add(e)
	}
}
