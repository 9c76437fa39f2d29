// Package mail sends short letters, such as a link to a new password, by the site's mail
// server, always over TLS. Letters wait in a bounded queue, so that nobody who asks for
// one can tell from the time whether there was one to send.
package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

var (
	// ErrFull says that too many letters wait already; this one was not taken.
	ErrFull = errors.New("too many letters wait to be sent")
	// ErrNone says that there is no mail server to send by.
	ErrNone = errors.New("no mail server is set up")
)

// maxWaiting bounds the letters that wait, those to be tried again among them.
const maxWaiting = 100

// pauses are the times between the tries to send a letter; after the last try it is given
// up. All together they are shorter than a link to a new password lasts.
var pauses = [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 4 * time.Minute}

// tryFor is how long one try may take.
const tryFor = 30 * time.Second

// Options of a Sender.
type Options struct {
	Host               string // "" for no mail server
	Port               int
	Username, Password string         // "" for a server that asks for none
	From               string         // address, with or without a name
	Implicit           bool           // TLS from the first byte; else by STARTTLS, without which nothing is sent
	Roots              *x509.CertPool // who vouches for the server's certificate; nil: those of the system
	Log                *slog.Logger   // slog.Default when nil
}

// Letter is what is sent: plain text to one person.
type Letter struct {
	To      string // address alone
	Subject string // one line
	Text    string // may hold a secret: it is never logged
}

// Sender sends letters, one at a time. Its methods may be called from anywhere, and of a
// nil Sender too, which sends none.
type Sender struct {
	log     *slog.Logger
	deliver func(ctx context.Context, l Letter) error
	wake    chan struct{} // buffered: something was put into waiting

	mu      sync.Mutex
	waiting []*waiting
}

type waiting struct {
	Letter
	due   time.Time
	tries int
}

// New makes a Sender, or returns nil for no mail server.
func New(o Options) *Sender {
	if o.Host == "" {
		return nil
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Sender{log: o.Log, deliver: o.deliver, wake: make(chan struct{}, 1)}
}

// Send takes a letter to be sent by Run; it waits for nothing. Errors are ErrNone, ErrFull,
// and that of an address or a subject that cannot be used.
func (s *Sender) Send(l Letter) error {
	if s == nil {
		return ErrNone
	}
	if a, err := mail.ParseAddress(l.To); err != nil || a.Address != l.To {
		return errors.New("mail: not an address to send to")
	}
	if strings.ContainsFunc(l.Subject, unicode.IsControl) {
		return errors.New("mail: a subject has one line")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) >= maxWaiting {
		return ErrFull
	}
	s.waiting = append(s.waiting, &waiting{Letter: l, due: time.Now()})
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run sends until ctx ends. What waits then is lost, and told in the log.
func (s *Sender) Run(ctx context.Context) {
	if s == nil {
		<-ctx.Done()
		return
	}
	for {
		next, wait := s.next()
		if next != nil && wait <= 0 {
			if s.try(ctx, next); ctx.Err() == nil {
				continue
			}
		}
		var due <-chan time.Time
		if next != nil {
			due = time.After(wait)
		}
		select {
		case <-ctx.Done():
			if n := s.left(); n > 0 {
				s.log.Warn("letters were not sent before the end", "letters", n)
			}
			return
		case <-s.wake:
		case <-due:
		}
	}
}

// next is the letter whose time comes first, and how long that is; nil for none.
func (s *Sender) next() (first *waiting, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return nil, 0
	}
	first = slices.MinFunc(s.waiting, func(a, b *waiting) int { return a.due.Compare(b.due) })
	return first, time.Until(first.due)
}

func (s *Sender) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// try sends a letter, or puts it off, or gives it up.
func (s *Sender) try(ctx context.Context, w *waiting) {
	one, cancel := context.WithTimeout(ctx, tryFor)
	err := s.deliver(one, w.Letter)
	cancel()
	if err != nil && ctx.Err() != nil {
		return // it was stopped; it counts as not sent
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && w.tries < len(pauses) && !permanent(err) {
		w.due = time.Now().Add(pauses[w.tries])
		w.tries++
		s.log.Warn("letter could not be sent, it is tried again", "to", w.To, "in", time.Until(w.due).Round(time.Second), "error", err)
		return
	}
	if err != nil {
		s.log.Error("letter could not be sent, it is given up", "to", w.To, "tries", w.tries+1, "error", err)
	} else {
		s.log.Info("letter sent", "to", w.To)
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(other *waiting) bool { return other == w })
}
