package app

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// fleet is thousands of WebSocket clients on one thread, so that they take as little
// as possible from a machine that has the server on it too. Each holds what it reads
// against its script, and the time against that of the event it comes of.
type fleet struct {
	began  time.Time
	sent   []atomic.Int64 // when each event was sent, since began
	script script

	poll, wake int // epoll, and an eventfd that ends it
	clients    []fleetClient
	ended      sync.WaitGroup

	expected int64
	got      atomic.Int64
	all      chan struct{} // closed when all that was expected has come

	// Of the thread, until ended.
	took   []time.Duration // by message
	events []int32         // of each
	faults []error
}

type fleetClient struct {
	fd   int
	next int    // of its script
	seen bool   // its snapshot
	part []byte // of a frame
}

const handshake = "GET /ws?agent=%d HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: asteriskcti.v1.json\r\n\r\n"

// connectFleet connects an agent for each script and returns when each has had its
// snapshot.
func connectFleet(addr string, s script, events int) (*fleet, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	f := &fleet{
		began: time.Now(), sent: make([]atomic.Int64, events), script: s, clients: make([]fleetClient, len(s)),
		expected: int64(s.count(events)), all: make(chan struct{}),
	}
	f.took = make([]time.Duration, 0, f.expected)
	f.events = make([]int32, 0, f.expected)
	if f.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if f.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err == nil {
		err = f.add(f.wake, -1)
	}
	var dialling sync.WaitGroup
	errs := make([]error, 8)
	for w := range errs {
		dialling.Go(func() {
			for n := w; n < len(s) && errs[w] == nil; n += len(errs) {
				f.clients[n].fd, f.clients[n].part, errs[w] = dialAgent(to, n)
			}
		})
	}
	dialling.Wait()
	err = errors.Join(append(errs, err)...)
	for n := range f.clients {
		if err == nil && f.read(n, nil) { // what came with the handshake
			err = f.add(f.clients[n].fd, n)
		}
	}
	if err == nil && len(f.faults) > 0 {
		err = f.faults[0]
	}
	if err != nil {
		f.close()
		return nil, err
	}
	f.ended.Go(f.run)
	return f, nil
}

func (f *fleet) add(fd, client int) error {
	return unix.EpollCtl(f.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(client)})
}

// dialAgent connects one agent and returns what came behind the handshake: at least
// one whole frame.
func dialAgent(to netip.AddrPort, agent int) (fd int, rest []byte, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, err
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
			fd, err = 0, fmt.Errorf("agent %d: %w", agent, err)
		}
	}()
	// To end with a reset leaves no port waiting for a minute.
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 20})
	if err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return fd, nil, err
	}
	if _, err = unix.Write(fd, fmt.Appendf(nil, handshake, agent, to, to)); err != nil {
		return fd, nil, err
	}
	var answer []byte
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EINTR) { // a read with a time-out is not begun again by itself
			continue
		}
		if err != nil || n == 0 {
			return fd, nil, fmt.Errorf("handshake: %w after %q", err, answer)
		}
		answer = append(answer, buf[:n]...)
		head, rest, whole := bytes.Cut(answer, []byte("\r\n\r\n"))
		if whole && !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			return fd, nil, fmt.Errorf("handshake: %q", head)
		}
		if _, _, size := nextFrame(rest); whole && size > 0 {
			return fd, slices.Clone(rest), unix.SetNonblock(fd, true)
		}
	}
}

// nextFrame is the first frame of b and its size in all, 0 when it is not whole.
func nextFrame(b []byte) (op byte, payload []byte, size int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	head, n := 2, int(b[1])
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, int(binary.BigEndian.Uint64(b[2:]))
	case n > 125:
		return 0, nil, 0
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0] & 0x0F, b[head : head+n], head + n
}

func (f *fleet) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ready := make([]unix.EpollEvent, 256)
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.EpollWait(f.poll, ready, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			f.faults = append(f.faults, err)
			return
		}
		for _, r := range ready[:max(n, 0)] {
			if r.Fd < 0 {
				return
			}
			client := int(r.Fd)
			n, err := unix.Read(f.clients[client].fd, buf)
			if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n <= 0 || !f.read(client, buf[:n]) {
				f.faults = append(f.faults, fmt.Errorf("agent %d was cut off: %w", client, err))
				_ = unix.EpollCtl(f.poll, unix.EPOLL_CTL_DEL, f.clients[client].fd, nil)
			}
		}
	}
}

// read takes what an agent has received; false when it is the end.
func (f *fleet) read(client int, b []byte) bool {
	now := time.Since(f.began)
	c := &f.clients[client]
	if len(c.part) > 0 {
		b = append(c.part, b...)
		c.part = nil
	}
	for {
		op, payload, size := nextFrame(b)
		if size == 0 {
			if len(b) > 0 {
				c.part = slices.Clone(b)
			}
			return true
		}
		b = b[size:]
		switch {
		case op == opClose:
			return false
		case op != opText:
		case !c.seen:
			c.seen = true
		default:
			f.hear(client, payload, now)
		}
	}
}

const (
	opText  = 1
	opClose = 8
)

// hear holds one message against the script.
func (f *fleet) hear(client int, message []byte, now time.Duration) {
	c := &f.clients[client]
	if c.next == len(f.script[client]) {
		f.faults = append(f.faults, fmt.Errorf("agent %d was told more than there is: %s", client, message))
		return
	}
	want := &f.script[client][c.next]
	c.next++
	if !bytes.HasPrefix(message, []byte(want.begins)) || !bytes.Contains(message, []byte(want.holds)) {
		f.faults = append(f.faults, fmt.Errorf("agent %d was told %s, not %s", client, message, want.begins+want.holds))
		return
	}
	f.took = append(f.took, now-time.Duration(f.sent[want.event].Load()))
	f.events = append(f.events, want.event)
	if f.got.Add(1) == f.expected {
		close(f.all)
	}
}

// close ends the clients. What they have found out may be read then.
func (f *fleet) close() {
	_, _ = unix.Write(f.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	f.ended.Wait()
	for _, c := range f.clients {
		if c.fd > 0 {
			_ = unix.Close(c.fd)
		}
	}
	_ = unix.Close(f.wake)
	_ = unix.Close(f.poll)
}

// latencies are those of the messages that come of event from and later, in order of
// size.
func (f *fleet) latencies(from int) []time.Duration {
	var list []time.Duration
	for i, t := range f.took {
		if int(f.events[i]) >= from {
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return list
}
