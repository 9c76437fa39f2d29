package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/session"
)

// A text field of a request, in bytes. They are wider than any name or seat that a
// configuration can hold; a password may be a long sentence.
const (
	maxName     = 128
	maxPassword = 512
	maxSeat     = 128
	maxOrigin   = 280 // a scheme, the longest host name and a port
)

// signedIn is who is signed in, as the panel learns it.
type signedIn struct {
	Operator string   `json:"operator"`
	FullName string   `json:"fullName"`
	Seat     seatJSON `json:"seat"`
	Demo     bool     `json:"demo"`
}

type seatJSON struct {
	MAC         string `json:"mac"`
	Extension   string `json:"extension"`
	Description string `json:"description"`
}

// seatChoice is a seat offered to one who named none that exists.
type seatChoice struct {
	Extension   string `json:"extension"`
	Description string `json:"description"`
}

func (s *Server) describe(who *session.SignedIn) signedIn {
	return signedIn{
		Operator: who.Operator, FullName: who.FullName,
		Seat: seatJSON{MAC: who.Seat.MAC, Extension: who.Seat.Extension, Description: who.Seat.Description},
		Demo: s.opts.Demo != nil,
	}
}

// Identify tells who is signed in with a request's cookie, for the door of
// WebSockets; the error says why nobody is. It does not look at Host and Origin.
// Any goroutine may call.
func (s *Server) Identify(r *http.Request) (*session.SignedIn, error) {
	return s.identify(r, false)
}

func (s *Server) identify(r *http.Request, tell bool) (*session.SignedIn, error) {
	token := s.token(r)
	if token == "" {
		return nil, gone(session.CodeSignedOut)
	}
	return s.browsers.find(r.Context(), token, tell)
}

// getSession is GET /api/session. That nobody is signed in, and why, is an answer like others:
// browsers write what is told with an error's status on their console, in red.
func (s *Server) getSession(c *fiber.Ctx) error {
	who, err := s.identify(origin(c), true)
	if err != nil {
		var f *fault
		if errors.As(err, &f) && f.status == http.StatusUnauthorized {
			f.status, f.demo = http.StatusOK, s.demoCard()
		}
		return err
	}
	return sendJSON(c, s.describe(who))
}

// postSignIn is POST /api/sign-in. It makes a new cookie each time, so that one
// that someone else has planted or seen before is worth nothing after it.
func (s *Server) postSignIn(c *fiber.Ctx) error {
	r := origin(c)
	var operator, plain, seat string
	err := readFields(r, c.Body(),
		textField{name: "operator", into: &operator, max: maxName},
		textField{name: "password", into: &plain, max: maxPassword, opaque: true},
		textField{name: "seat", into: &seat, max: maxSeat, optional: true}, // none: he is shown which there are
	)
	if err != nil {
		return err
	}
	who, err := s.opts.Agents.SignIn(r.Context(), operator, password.MD5Hex(plain), seat, s.client(r))
	if err != nil {
		return s.offerSeats(signInFault(err), seat)
	}
	if old := s.token(r); old != "" {
		s.browsers.remove(old, session.ReasonReplaced)
	}
	// The agent is in: the browser's going away now must not keep him from coming back.
	token := s.browsers.add(context.WithoutCancel(r.Context()), who)
	c.Set("Set-Cookie", s.cookie(token, maxAge))
	return sendJSON(c, s.describe(who))
}

// postSignOut is POST /api/sign-out. It succeeds for who is not signed in, too.
func (s *Server) postSignOut(c *fiber.Ctx) error {
	if token := s.token(origin(c)); token != "" {
		s.browsers.remove(token, session.ReasonSignedOut)
	}
	c.Set("Set-Cookie", s.cookie("", 0))
	c.Set("Cache-Control", "no-store")
	return c.SendStatus(http.StatusNoContent)
}

// postTicket is POST /api/ticket: the panel asks for a page of another site, which may
// hold the agent's WebSocket with it, once (row F1).
func (s *Server) postTicket(c *fiber.Ctx) error {
	r := origin(c)
	who, err := s.identify(r, false)
	if err != nil {
		return err
	}
	var site string
	if err := readFields(r, c.Body(), textField{name: "origin", into: &site, max: maxOrigin}); err != nil {
		return err
	}
	if site = strings.ToLower(site); !slices.Contains(s.opts.Origins, site) {
		return &fault{status: http.StatusForbidden, code: "origin-not-allowed", field: "origin", pairs: []string{"origin", site}}
	}
	ticket, err := s.opts.Agents.Ticket(who, site)
	switch {
	case errors.Is(err, session.ErrTooManyTickets):
		return &fault{status: http.StatusTooManyRequests, code: "busy", words: err.Error(), retryAfter: session.TicketLife}
	case err != nil:
		return gone(session.CodeSignedOut)
	}
	return sendJSON(c, ticketJSON{ticket, int(session.TicketLife / time.Second)})
}

type ticketJSON struct {
	Ticket  string `json:"ticket"`
	Expires int    `json:"expires"` // in seconds from now
}

// signInFault reads an error of [Agents].
func signInFault(err error) *fault {
	var later *password.Throttled
	var notReady *session.NotReady
	switch {
	case errors.Is(err, password.ErrWrong), errors.Is(err, session.ErrRemoved):
		return &fault{status: http.StatusUnauthorized, code: "wrong-credentials"}
	case errors.As(err, &later):
		wait := strconv.FormatInt(seconds(later.RetryAfter), 10)
		return &fault{status: http.StatusTooManyRequests, code: "throttled", retryAfter: later.RetryAfter, pairs: []string{"seconds", wait}}
	case errors.Is(err, password.ErrBusy), errors.Is(err, context.Canceled):
		return &fault{status: http.StatusServiceUnavailable, code: "busy", retryAfter: busyPause}
	case errors.As(err, &notReady):
		return &fault{status: http.StatusServiceUnavailable, code: "not-ready", words: notReady.Err.Error(), cause: err}
	case errors.Is(err, session.ErrSeatUnknown):
		return &fault{status: http.StatusUnprocessableEntity, code: "seat-unknown", field: "seat"}
	case errors.Is(err, session.ErrSeatTaken):
		return &fault{status: http.StatusConflict, code: "seat-taken", field: "seat"}
	case errors.Is(err, session.ErrOperatorUsed):
		return &fault{status: http.StatusConflict, code: "operator-used"}
	}
	return asFault(fmt.Errorf("sign in: %w", err))
}

// busyPause is when to try again after "busy".
const busyPause = 2 * time.Second

// offerSeats adds the seats there are to the answer for one that does not exist.
// The session says so only to one who knows the password.
func (s *Server) offerSeats(f *fault, seat string) error {
	if f.code != "seat-unknown" {
		return f
	}
	f.pairs = []string{"seat", seat}
	if seat == "" {
		f.text = "seat-missing"
	}
	f.seats = []seatChoice{}
	if now := s.opts.Config.Now(); now != nil {
		for _, st := range now.Seats {
			f.seats = append(f.seats, seatChoice{Extension: st.Extension, Description: st.Description})
		}
	}
	return f
}

func sendJSON(c *fiber.Ctx, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	c.Set("Content-Type", "application/json; charset=utf-8")
	c.Set("Cache-Control", "no-store")
	return c.Send(body)
}
