//go:build unix

package transport

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// bareSocket is nc's file descriptor, nil if nc is more than a socket.
func bareSocket(nc net.Conn) syscall.RawConn {
	t, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// attempt is one write(2). RawConn wants a closure; a pooled one costs nothing.
type attempt struct {
	b   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

var attempts = sync.Pool{New: func() any {
	a := new(attempt)
	a.do = func(fd uintptr) bool {
		a.n, a.err = syscall.Write(int(fd), a.b)
		return true // also when it would block: never wait
	}
	return a
}}

// tryWrite makes one write that does not wait, and says how much of b has gone.
// Nobody may be in a Write of the same connection: that would be waited for.
func tryWrite(raw syscall.RawConn, b []byte) (int, error) {
	if raw == nil || len(b) == 0 {
		return 0, nil
	}
	a := attempts.Get().(*attempt)
	defer func() {
		*a = attempt{do: a.do}
		attempts.Put(a)
	}()
	a.b = b
	if err := raw.Write(a.do); err != nil {
		return 0, err
	}
	switch {
	case a.err == nil:
		return a.n, nil
	case errors.Is(a.err, syscall.EAGAIN), errors.Is(a.err, syscall.EINTR):
		return 0, nil
	}
	return 0, a.err
}
