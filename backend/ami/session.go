package ami

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// What can become of a session and of what is asked on it.
var (
	ErrClosed       = errors.New("ami: the session has ended")
	ErrLoginRefused = errors.New("ami: login refused")
)

// RefusedError is Asterisk's "Response: Error".
type RefusedError struct {
	Action  string // the action's name
	Message string // Asterisk's own words, printable ASCII
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("ami: %s refused: %s", e.Action, e.Message)
}

const (
	writeTimeout = 5 * time.Second
	leaveTime    = 100 * time.Millisecond
)

// Session is one connection to Asterisk, from greeting to end. One goroutine calls
// Open and then Next until it fails; any may call Do, Send and Close.
type Session struct {
	conn    net.Conn
	r       *Reader
	silence time.Duration
	tag     string // begins our ActionIDs; nobody can guess it, so nobody can forge an answer
	count   atomic.Uint64

	wmu  sync.Mutex
	wbuf []byte

	mu      sync.Mutex
	waiting map[string]*wait
	ended   error // why; nil while it lives
	done    chan struct{}
	pending atomic.Int32
}

// wait is one Do that has not been answered.
type wait struct {
	word   string
	answer Answer
	err    error
	done   chan struct{}
}

// NewSession is a session on conn. When nothing is received for as long as silence,
// the link counts as dead; 0 for never. The session owns conn.
func NewSession(conn net.Conn, silence time.Duration) *Session {
	s := &Session{conn: conn, silence: silence, tag: rand.Text() + "-", waiting: make(map[string]*wait), done: make(chan struct{})}
	s.r = NewReader(s)
	return s
}

// Read reads from the connection. It is for the Reader.
func (s *Session) Read(p []byte) (int, error) {
	if s.silence > 0 {
		// It fails on a dead connection only, and then Read says why it is dead.
		_ = s.conn.SetReadDeadline(time.Now().Add(s.silence))
	}
	return s.conn.Read(p)
}

// Open reads the greeting and signs in, by MD5 challenge or with the secret in the
// clear. It returns the version of the manager interface, "" if there was no greeting.
// The error is a *NotAMIError, wraps ErrLoginRefused, or is the connection's or what
// End was told. It never holds the secret.
func (s *Session) Open(username, secret string, md5 bool) (version string, err error) {
	version, err = s.r.ReadGreeting()
	if err != nil {
		return "", s.End(err)
	}
	login := Login(username, secret)
	if md5 {
		a, err := s.exchange(GetChallenge())
		if err != nil {
			return version, s.End(err)
		}
		login = LoginMD5(username, a.Get(Challenge), secret)
	}
	if _, err := s.exchange(login); err != nil {
		return version, s.End(err)
	}
	return version, nil
}

// exchange sends one of the actions of the login and reads its answer.
func (s *Session) exchange(a Action) (Answer, error) {
	id, err := s.Send(a)
	if err != nil {
		return Answer{}, err
	}
	for {
		m, err := s.r.Next()
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", a, err)
		}
		if m.Response() == nil || string(m.Get(ActionID)) != id {
			continue
		}
		answer := AnswerOf(m)
		if !answer.OK() {
			return answer, fmt.Errorf("%w: %s", ErrLoginRefused, excerpt([]byte(answer.Get(Text))))
		}
		return answer, nil
	}
}

// Next reads the next message that is no answer to Do. It is nil without an error when
// there was an answer and nothing else has come yet, so that who collects messages does not
// keep them while Asterisk is silent. After an error the session has ended.
func (s *Session) Next() (*Message, error) {
	for {
		m, err := s.r.Next()
		switch {
		case err != nil:
			return nil, s.End(err)
		case s.pending.Load() == 0 || !s.answers(m):
			return m, nil
		case !s.r.Buffered():
			return nil, nil
		}
	}
}

// Buffered says whether another message has come already.
func (s *Session) Buffered() bool { return s.r.Buffered() }

// answers gives m to whom it answers; false when it answers nobody. Events never do: they
// go behind whatever guard the caller of Next has, though they may carry our ActionID.
func (s *Session) answers(m *Message) bool {
	if m.Event() != nil {
		return false
	}
	id := m.Get(ActionID)
	if !bytes.HasPrefix(id, []byte(s.tag)) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.waiting[string(id)]
	if w == nil {
		return false
	}
	if w.answer = AnswerOf(m); !w.answer.OK() {
		w.err = &RefusedError{w.word, excerpt([]byte(w.answer.Get(Text)))}
	}
	s.settle(string(id), w)
	return true
}

// settle ends a wait. The caller holds mu.
func (s *Session) settle(id string, w *wait) {
	delete(s.waiting, id)
	s.pending.Add(-1)
	close(w.done)
}

// Do sends a and waits for its answer. The error is a *RefusedError, a *ValueError
// (nothing was sent), ctx's, or wraps ErrClosed.
func (s *Session) Do(ctx context.Context, a Action) (Answer, error) {
	id := s.newID()
	w := &wait{word: a.word, done: make(chan struct{})}
	s.mu.Lock()
	if s.ended != nil {
		s.mu.Unlock()
		return Answer{}, fmt.Errorf("%w: %w", ErrClosed, s.ended)
	}
	s.waiting[id] = w
	s.pending.Add(1)
	s.mu.Unlock()

	err := s.write(a, id)
	if err == nil {
		select {
		case <-w.done:
			return w.answer, w.err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[id] == w {
		s.settle(id, w)
	}
	return Answer{}, err
}

// Send sends a and does not wait: its answer comes out of Next, with the ActionID
// returned here.
func (s *Session) Send(a Action) (id string, err error) {
	id = s.newID()
	return id, s.write(a, id)
}

func (s *Session) newID() string { return s.tag + strconv.FormatUint(s.count.Add(1), 10) }

func (s *Session) write(a Action, id string) error {
	s.wmu.Lock()
	defer s.wmu.Unlock()
	b, err := a.Append(s.wbuf[:0], id)
	if err != nil {
		return err
	}
	s.wbuf = b[:0]
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return s.End(fmt.Errorf("%s: %w", a, err))
	}
	_, err = s.conn.Write(b)
	clear(b) // it may have held the secret
	if err != nil {
		return s.End(fmt.Errorf("%s: %w", a, err))
	}
	return nil
}

// End ends the session for a reason and returns the reason it ended for, which is
// the first one told. Whoever waits for an answer gets an error that wraps ErrClosed.
func (s *Session) End(why error) error {
	s.mu.Lock()
	if s.ended != nil {
		defer s.mu.Unlock()
		return s.ended
	}
	s.ended = why
	close(s.done)
	for id, w := range s.waiting {
		w.err = fmt.Errorf("%w: %w", ErrClosed, why)
		s.settle(id, w)
	}
	s.mu.Unlock()
	_ = s.conn.Close() // nothing can be done about it, and nobody will use it again
	return why
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// Close takes leave of Asterisk, if it listens, and ends the session.
func (s *Session) Close() {
	select {
	case <-s.done:
		return
	default:
	}
	if s.wmu.TryLock() { // nobody is stuck in a write
		if b, err := Logoff().Append(nil, s.newID()); err == nil && s.conn.SetWriteDeadline(time.Now().Add(leaveTime)) == nil {
			_, _ = s.conn.Write(b) // a courtesy
		}
		s.wmu.Unlock()
	}
	_ = s.End(ErrClosed)
}
