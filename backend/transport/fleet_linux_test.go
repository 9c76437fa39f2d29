package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A fleet is many WebSocket clients in a process of their own, so that their memory
// and processor time are not counted as the server's. One goroutine reads them all
// with epoll. It takes orders on its standard input, one a line, and answers each
// with one line of JSON:
//
//	connect ADDR N   N clients, of op0, op1, …; when all have had a first frame
//	stall I, read I  client I does not read from now on, or does again
//	figures          what came since the last time
const fleetVariable = "ASTERISKCTI_TEST_FLEET"

// figures are what came. Latencies are microseconds.
type figures struct {
	Err              string `json:",omitempty"`
	Messages, Closed int
	P50, P99, Max    int64
	PerClient        map[int]int `json:",omitempty"` // messages of stalled clients
}

// mark stands in every message, before the nanosecond in which it was made.
const mark = `"call":{"id":"`

const stampLength = 19 // digits

type fleet struct {
	epoll     int
	clients   map[int]*fleetClient // by descriptor
	byNumber  []*fleetClient
	latencies []int64
	closed    int
	stalled   map[int]bool
}

type fleetClient struct {
	fd, number int
	carry      []byte // the end of what was read, shorter than a mark with its stamp
	messages   int
	open       bool // the handshake is done and a first frame came
}

func runFleet() {
	epoll, err := unix.EpollCreate1(0)
	if err != nil {
		_ = json.NewEncoder(os.Stdout).Encode(figures{Err: err.Error()})
		return
	}
	f := &fleet{epoll: epoll, clients: make(map[int]*fleetClient), stalled: make(map[int]bool)}
	orders := make(chan string)
	go func() {
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			orders <- in.Text()
		}
		close(orders)
	}()
	buf := make([]byte, 256<<10)
	for {
		select {
		case order, more := <-orders:
			if !more {
				return
			}
			answer, err := f.obey(order, buf)
			if err != nil {
				answer.Err = err.Error()
			}
			_ = json.NewEncoder(os.Stdout).Encode(answer)
		default:
			f.poll(buf, 20)
		}
	}
}

func (f *fleet) obey(order string, buf []byte) (figures, error) {
	words := strings.Fields(order)
	switch words[0] {
	case "connect":
		n, _ := strconv.Atoi(words[2])
		return figures{}, f.connect(words[1], n, buf)
	case "stall", "read":
		n, _ := strconv.Atoi(words[1])
		c := f.byNumber[n]
		op := unix.EPOLL_CTL_DEL
		if words[0] == "read" {
			op = unix.EPOLL_CTL_ADD
		}
		f.stalled[n] = true
		return figures{}, unix.EpollCtl(f.epoll, op, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)})
	}
	var out figures
	slices.Sort(f.latencies)
	if out.Messages = len(f.latencies); out.Messages > 0 {
		out.P50, out.P99, out.Max = f.latencies[out.Messages/2], f.latencies[out.Messages*99/100], f.latencies[out.Messages-1]
	}
	out.Closed = f.closed
	out.PerClient = make(map[int]int)
	for n := range f.stalled {
		out.PerClient[n] = f.byNumber[n].messages
	}
	f.latencies = f.latencies[:0]
	return out, nil
}

func (f *fleet) connect(addr string, n int, buf []byte) error {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	first := len(f.byNumber)
	for i := range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
			return err
		}
		hello := strings.Replace(request("localhost", wantJSON, "Origin: http://localhost"), "as=ada", "as=op"+strconv.Itoa(i), 1)
		if _, err := unix.Write(fd, []byte(hello)); err != nil {
			return err
		}
		if err := unix.SetNonblock(fd, true); err != nil {
			return err
		}
		c := &fleetClient{fd: fd, number: first + i}
		f.clients[fd], f.byNumber = c, append(f.byNumber, c)
		if err := unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return err
		}
		if i%100 == 99 {
			f.poll(buf, 1)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; {
		waiting := 0
		for _, c := range f.byNumber[first:] {
			if !c.open {
				waiting++
			}
		}
		if waiting == 0 {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("%d clients still wait", waiting)
		}
		f.poll(buf, 20)
	}
}

func (f *fleet) poll(buf []byte, ms int) {
	var events [256]unix.EpollEvent
	n, err := unix.EpollWait(f.epoll, events[:], ms)
	if err != nil {
		return // interrupted
	}
	for _, e := range events[:n] {
		c := f.clients[int(e.Fd)]
		got := copy(buf, c.carry)
		r, err := unix.Read(c.fd, buf[got:])
		if r <= 0 && err != unix.EAGAIN {
			_ = unix.Close(c.fd)
			delete(f.clients, c.fd)
			f.closed++
			continue
		}
		f.take(c, buf[:got+max(r, 0)])
	}
}

// take finds the messages in what a client has read.
func (f *fleet) take(c *fleetClient, b []byte) {
	now := time.Now().UnixNano()
	if !c.open && bytes.Contains(b, []byte("\r\n\r\n")) {
		c.open = true
	}
	for {
		i := bytes.Index(b, []byte(mark))
		if i < 0 || len(b) < i+len(mark)+stampLength {
			break
		}
		stamp, err := strconv.ParseInt(string(b[i+len(mark):i+len(mark)+stampLength]), 10, 64)
		if err == nil {
			f.latencies = append(f.latencies, (now-stamp)/1000)
			c.messages++
		}
		b = b[i+len(mark):]
	}
	c.carry = append(c.carry[:0], b[max(0, len(b)-len(mark)-stampLength+1):]...)
}

// ships is the parent's side of a fleet.
type ships struct {
	tb  testing.TB
	in  io.WriteCloser
	out *json.Decoder
}

// launch starts a fleet; it ends with the test.
func launch(tb testing.TB) *ships {
	tb.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // ourselves
	cmd.Env = append(os.Environ(), fleetVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	return &ships{tb, in, json.NewDecoder(out)}
}

func (s *ships) order(format string, args ...any) (f figures) {
	s.tb.Helper()
	_, _ = fmt.Fprintf(s.in, format+"\n", args...)
	if err := s.out.Decode(&f); err != nil {
		s.tb.Fatal(err)
	}
	if f.Err != "" {
		s.tb.Fatal(f.Err)
	}
	return f
}

func (s *ships) connect(ln net.Listener, n int) {
	s.tb.Helper()
	s.order("connect %s %d", ln.Addr(), n)
}
