// Package cable is the cable between a server and its Asterisk, which tests pull.
package cable

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
)

// Cable carries TCP connections to one address until it is pulled. While it is, what
// was connected is dead and who connects is turned away.
type Cable struct {
	to string
	ln net.Listener

	mu     sync.Mutex
	pulled bool
	closed bool
	conns  map[net.Conn]bool
	work   sync.WaitGroup

	said record
}

// record keeps what is written to it.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// New is a cable from a free port of 127.0.0.1 to an address.
func New(to string) (*Cable, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lives as long as the cable
	if err != nil {
		return nil, err
	}
	c := &Cable{to: to, ln: ln, conns: map[net.Conn]bool{}}
	c.work.Go(c.accept)
	return c, nil
}

// Addr is the near end.
func (c *Cable) Addr() string { return c.ln.Addr().String() }

// Said is all that was sent from the near end.
func (c *Cable) Said() string {
	c.said.mu.Lock()
	defer c.said.mu.Unlock()
	return c.said.text.String()
}

// Pull cuts every connection, and those to come.
func (c *Cable) Pull() { c.cut(true) }

// Plug lets connections through again.
func (c *Cable) Plug() { c.cut(false) }

func (c *Cable) cut(pulled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = pulled
	for conn := range c.conns {
		_ = conn.Close()
	}
}

// Close ends the cable.
func (c *Cable) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.ln.Close()
	c.Pull()
	c.work.Wait()
}

func (c *Cable) accept() {
	for {
		near, err := c.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		c.work.Go(func() { c.carry(near) })
	}
}

// keep says whether a connection may live.
func (c *Cable) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.pulled || c.closed {
			_ = conn.Close()
			continue
		}
		c.conns[conn] = true
	}
	return !c.pulled && !c.closed
}

func (c *Cable) carry(near net.Conn) {
	defer near.Close()
	if !c.keep(near) {
		return
	}
	far, err := net.Dial("tcp", c.to) //nolint:noctx // local, and cut with the others
	if err != nil {
		return
	}
	defer far.Close()
	if !c.keep(far) {
		return
	}
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.MultiWriter(&c.said, far), near)
		_ = far.Close()
		close(done)
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
	<-done
	c.mu.Lock()
	delete(c.conns, near)
	delete(c.conns, far)
	c.mu.Unlock()
}
