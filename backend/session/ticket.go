package session

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// TicketLife is how long a ticket can be used.
const TicketLife = 30 * time.Second

// maxTickets is how many of one sign-in may be open at a time.
const maxTickets = 16

// ErrTooManyTickets is that so many are open.
var ErrTooManyTickets = errors.New("too many tickets are open, try again in a moment")

// ErrTicket is that a ticket is none, was used before, is too old, or was made for another
// origin; which of these is not told.
var ErrTicket = errors.New("the ticket cannot be used, ask for a new one")

// ticket lets a page of another site hold its agent's WebSocket, once (row F1).
type ticket struct {
	who    *SignedIn
	origin string
	until  time.Time
}

// tickets are those that are open, by the hash of what their holder shows: who reads our
// memory has none.
type tickets struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]ticket
}

// Ticket is one for pages of origin, "https://crm.example", which the caller has compared
// with those that are allowed. Errors: [ErrTooManyTickets], and that who is not signed in.
func (s *Server) Ticket(who *SignedIn, origin string) (string, error) {
	if err := authorise(actTicket, who); err != nil {
		return "", err
	}
	now, code := s.opts.Clock(), rand.Text()
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	his := 0
	for key, t := range s.tickets.open {
		switch {
		case !now.Before(t.until) || t.who.ended():
			delete(s.tickets.open, key)
		case t.who == who:
			his++
		}
	}
	if his >= maxTickets {
		return "", ErrTooManyTickets
	}
	s.tickets.open[sha256.Sum256([]byte(code))] = ticket{who, origin, now.Add(TicketLife)}
	return code, nil
}

// Redeem is who a ticket shown by a page of origin was made for. It is used up, whatever
// the outcome. The error is [ErrTicket].
func (s *Server) Redeem(code, origin string) (*SignedIn, error) {
	key := sha256.Sum256([]byte(code))
	s.tickets.mu.Lock()
	t, ok := s.tickets.open[key]
	delete(s.tickets.open, key)
	s.tickets.mu.Unlock()
	if !ok || t.origin != origin || !s.opts.Clock().Before(t.until) || authorise(actWatch, t.who) != nil {
		return nil, ErrTicket
	}
	return t.who, nil
}
