package amitest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Dialect is the Asterisk that is simulated.
type Dialect string

// The dialects.
const (
	Asterisk22 Dialect = "22"  // chan_pjsip; phones are PJSIP/201
	Asterisk14 Dialect = "1.4" // chan_sip; phones are SIP/201
)

// User is a user of manager.conf.
type User struct {
	Name, Secret string
	Read, Write  string // classes, as in manager.conf
}

// DefaultUser is there unless Options.Users says otherwise. It has the least rights
// this product needs.
var DefaultUser = User{
	Name: "astcti", Secret: "astcti", Read: "system,call,agent,dialplan,user", Write: "call,agent,originate,system,reporting",
}

// Options of a Server. All are optional.
type Options struct {
	Dialect    Dialect       // Asterisk22
	Address    string        // to listen on; 127.0.0.1:0
	Users      []User        // DefaultUser
	FailDelay  time.Duration // how long a refused login waits for its answer: 1 s in life, 0 here
	Clock      *Clock        // RealTime(1)
	Seed       uint64        // of ids and of Random queues
	SystemName string        // put before each uniqueid: "pbx1-"
	Outside    string        // prefix of numbers that leave through the trunk: "9"
	Log        *slog.Logger  // discards
}

// Server is a simulated Asterisk. All methods may be called from anywhere.
type Server struct {
	options Options
	x       *exchange
	clock   *Clock
	log     *slog.Logger
	faults  atomic.Pointer[Faults]
	stop    chan struct{}
	wg      sync.WaitGroup

	mu       sync.Mutex
	address  string // once it has listened
	memory   bool
	listener net.Listener
	sessions []*session
	closed   bool
}

// ErrClosed is given by a Server that is closed or down.
var ErrClosed = errors.New("the simulated Asterisk is not running")

// Listen starts a simulated Asterisk on a TCP address.
func Listen(o Options) (*Server, error) {
	s := newServer(o)
	if err := s.Up(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// InMemory starts one that is reached by Dial only, through net.Pipe: for
// testing/synctest, and where each write must be one read.
func InMemory(o Options) *Server {
	s := newServer(o)
	s.memory = true
	return s
}

func newServer(o Options) *Server {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if len(o.Users) == 0 {
		o.Users = []User{DefaultUser}
	}
	if o.Clock == nil {
		o.Clock = RealTime(1)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o, clock: o.Clock, log: o.Log, stop: make(chan struct{})}
	s.x = newExchange(&o, o.Clock)
	s.faults.Store(&Faults{})
	s.wg.Go(func() { s.clock.run(s.stop) })
	return s
}

// Clock is the server's.
func (s *Server) Clock() *Clock { return s.clock }

// Addr is the address it listens on, the same after Down and Up; "" for one in
// memory.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// Up listens (again). The first time the system may choose the port, later it is
// the same one.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.memory || s.listener != nil:
		return nil
	}
	address := s.address
	if address == "" {
		address = s.options.Address
	}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("simulated Asterisk: %w", err)
	}
	s.listener, s.address = l, l.Addr().String()
	s.wg.Go(func() { s.accept(l) })
	return nil
}

func (s *Server) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.Serve(conn)
	}
}

// Serve speaks AMI to one client; it returns at once and owns conn from then on.
func (s *Server) Serve(conn net.Conn) {
	n := newSession(s, conn)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = conn.Close()
		return
	}
	s.sessions = append(s.sessions, n)
	n.put([]byte(n.greeting()))
	s.wg.Go(n.write)
	s.wg.Go(n.read)
	s.mu.Unlock()
}

// Dial connects to the server.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	memory, address, down := s.memory, s.address, s.closed || (!s.memory && s.listener == nil)
	s.mu.Unlock()
	if memory && !down {
		near, far := net.Pipe()
		s.Serve(far)
		return near, nil
	}
	if address == "" {
		return nil, ErrClosed
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// Down stops listening and cuts every client, as a failing network does. The
// exchange lives on: calls go their way meanwhile.
func (s *Server) Down() {
	s.mu.Lock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	sessions := slices.Clone(s.sessions)
	s.mu.Unlock()
	for _, n := range sessions {
		n.close()
	}
}

// Restart is Asterisk that stopped and started again on the same port: clients are
// cut, calls are gone without a word, queues have their static members only.
func (s *Server) Restart() error {
	s.Down()
	s.x.mu.Lock()
	s.x.restart()
	s.x.mu.Unlock()
	return s.Up()
}

// Close ends the server and waits for all it started. Calls end where they are.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	close(s.stop)
	s.mu.Unlock()
	s.Down()
	s.wg.Wait()
}

// forget takes a session off the list.
func (s *Server) forget(n *session) {
	s.mu.Lock()
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool { return o == n })
	s.mu.Unlock()
	s.x.mu.Lock()
	s.x.listeners = slices.DeleteFunc(s.x.listeners, func(o listener) bool { return o == listener(n) })
	s.x.mu.Unlock()
}

// loggedIn is the sessions whose client has signed in, in the order they came.
func (s *Server) loggedIn() []*session {
	s.mu.Lock()
	all := slices.Clone(s.sessions)
	s.mu.Unlock()
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	return slices.DeleteFunc(all, func(n *session) bool { return n.user == nil })
}

// all is every session.
func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sessions)
}

// Clients is how many clients have signed in.
func (s *Server) Clients() int { return len(s.loggedIn()) }

// AddPhone adds a phone, or changes one that is there already.
func (s *Server) AddPhone(p Phone) {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	s.x.addPhone(p)
	s.x.deviceChanged(s.x.phone(p.Extension))
}

// AddQueue adds a queue.
func (s *Server) AddQueue(q Queue) {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	s.x.addQueue(q)
}

// AddService adds a number that callers reach, or changes it.
func (s *Server) AddService(v Service) {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	s.x.services = slices.DeleteFunc(s.x.services, func(o *Service) bool { return o.Number == v.Number })
	s.x.services = append(s.x.services, &v)
}

// Call places a call; its first events are told when Call returns.
func (s *Server) Call(c Call) *Live {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	return &Live{s.x.place(c)}
}

// Idle tells whether a phone has no channel.
func (s *Server) Idle(extension string) bool {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	p := s.x.phone(extension)
	return p != nil && len(p.channels) == 0
}

// Channels is how many channels there are.
func (s *Server) Channels() int {
	s.x.mu.Lock()
	defer s.x.mu.Unlock()
	return len(s.x.channels)
}
