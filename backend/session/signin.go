package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Errors of signing in, besides *NotReady and those of the password gate.
var (
	ErrSeatUnknown  = errors.New("unknown seat")
	ErrSeatTaken    = errors.New("this seat is in use")
	ErrOperatorUsed = errors.New("this operator is signed in at another seat")
	ErrRemoved      = errors.New("this operator is no longer in the configuration")
)

// SignIn checks the password and takes the seat, for a browser: the sign-in lives
// until it ends for one of the reasons of Reason, and without any open page for
// PageGrace (CodeIdle). seatKey is what config.Snapshot.Seat finds. Errors: those
// of password.Gate.Check, *NotReady, ErrSeatUnknown, ErrSeatTaken, ErrOperatorUsed,
// ErrRemoved; that a seat is unknown is told only to who knows the password.
func (s *Server) SignIn(ctx context.Context, operator, md5hex, seatKey string, from netip.Addr) (*SignedIn, error) {
	uid, err := s.authenticate(ctx, operator, md5hex, from)
	if err != nil {
		return nil, err
	}
	in, err := s.claim(claim{uid: uid, seat: seatKey, browser: true, replace: !s.opts.Refuse})
	if err != nil {
		return nil, err
	}
	in.release()
	return in, nil
}

// Resume takes a browser's sign-in up again without its password: the door has
// found it in its own records, after a restart or after CodeIdle. The operator, whatever
// he is called by now, and the seat must still be in the configuration, and it replaces nobody: a seat that
// another has taken is lost. Resuming what is signed in already, by a browser,
// returns that. Errors: as those of SignIn.
func (s *Server) Resume(uid, seatKey string) (*SignedIn, error) {
	if _, err := s.ready(); err != nil {
		return nil, err
	}
	in, err := s.claim(claim{uid: uid, seat: seatKey, browser: true, resume: true})
	if err != nil {
		return nil, err
	}
	in.release()
	return in, nil
}

// authenticate returns the operator's UID: until he has his place, another may have got his name.
func (s *Server) authenticate(ctx context.Context, operator, md5hex string, from netip.Addr) (string, error) {
	cfg, err := s.ready()
	if err != nil {
		return "", err
	}
	var verifier string // of nobody: the gate takes as long to say no
	op, ok := cfg.Operator(operator)
	if ok && op.Enabled {
		verifier = op.Verifier
	}
	if err := s.opts.Gate.Check(ctx, operator, verifier, md5hex, from); err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if verifier == "" {
		return "", fmt.Errorf("sign in: %w", ErrRemoved) // no gate lets this pass; neither do we
	}
	return op.UID, nil
}

// claim is a wish for an operator's place.
type claim struct {
	uid, seat       string
	browser         bool
	replace, resume bool
}

// claim makes operator and seat one, in a new generation. Whoever had either is
// told and ended first, and has stopped watching when claim returns (that takes a
// turn of the picture). The caller has a hold on the result and must release it.
func (s *Server) claim(want claim) (*SignedIn, error) {
	in, before, joined, err := s.take(want)
	if err != nil || joined {
		return in, err
	}
	for _, old := range before {
		if old.End(ReasonReplaced) {
			s.replaced.Add(1)
		}
	}
	if err := waitFor(before); err != nil {
		in.End(ReasonLost)
		in.release()
		return nil, fmt.Errorf("sign in: %w", err)
	}
	s.opts.Log.Info("signed in", "operator", in.Operator, "seat", in.Seat.MAC, "extension", in.Seat.Extension,
		"door", in.door(), "generation", in.Generation)
	return in, nil
}

// take puts a new SignedIn into the tables and returns those it displaced, or joins
// the one that a claim resumes. It reads the configuration under the lock that
// sweep needs, so that no change of it can pass between the two.
func (s *Server) take(want claim) (in *SignedIn, before []*SignedIn, joined bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cfg := s.opts.Config.Now()
	switch {
	case s.stopping:
		return nil, nil, false, &NotReady{errStopping}
	case cfg == nil:
		return nil, nil, false, &NotReady{errNoConfiguration}
	}
	op, ok := cfg.OperatorByUID(want.uid)
	if !ok || !op.Enabled {
		return nil, nil, false, ErrRemoved
	}
	seat, ok := cfg.Seat(want.seat)
	if !ok {
		return nil, nil, false, ErrSeatUnknown
	}
	byName, byPhone := s.operators[nameKey(op.Username)], s.phones[phoneKey(seat)]
	if want.resume && byName != nil && byName == byPhone && byName.UID == op.UID && byName.browser && byName.hold() {
		return byName, nil, true, nil
	}
	if before, err = displaced(want, byName, byPhone); err != nil {
		return nil, nil, false, err
	}
	s.generation++
	in = newSignedIn(s, op, seat, s.generation, want.browser)
	s.operators[nameKey(in.Operator)], s.phones[phoneKey(seat)] = in, in
	s.opts.Desk.Enter(in.agent()) // before the end of those before: who only changes places stays in his queues
	return in, before, false, nil
}

// displaced returns who must go for want: nobody, one or two. One who has ended and
// is still on his way out is in nobody's way, but must be waited for.
func displaced(want claim, byName, byPhone *SignedIn) (before []*SignedIn, err error) {
	if byPhone != nil {
		if !want.replace && !byPhone.ended() {
			return nil, ErrSeatTaken
		}
		before = append(before, byPhone)
	}
	if byName != nil && byName != byPhone {
		if !want.replace && !byName.ended() {
			return nil, ErrOperatorUsed
		}
		before = append(before, byName)
	}
	return before, nil
}

// nameKey is what makes a name the same name.
func nameKey(username string) string { return strings.ToLower(username) }

// phoneKey is what makes a seat the same seat: its telephone.
func phoneKey(seat config.Seat) string { return strings.ToLower(seat.Extension) }

// forget takes in out of the tables where it still stands in them; s.mu is held. It
// is called when in is gone, not when it is displaced: its other half, the operator
// or the telephone that nobody took yet, must still be waited for by who does.
func (s *Server) forget(in *SignedIn) {
	if name := nameKey(in.Operator); s.operators[name] == in {
		delete(s.operators, name)
	}
	if phone := phoneKey(in.Seat); s.phones[phone] == in {
		delete(s.phones, phone)
	}
}

// stillThere says whether cfg has room for in, and if not, why.
func stillThere(cfg *config.Snapshot, in *SignedIn) (Reason, bool) {
	op, ok := cfg.OperatorByUID(in.UID)
	if !ok || !op.Enabled {
		return Reason{CodeRemoved, "this operator was removed or disabled"}, false
	}
	if !strings.EqualFold(op.Username, in.Operator) {
		return Reason{CodeRemoved, "this operator has another user name now, sign in again"}, false
	}
	seat, ok := cfg.Seat(in.Seat.MAC)
	if !ok {
		return Reason{CodeRemoved, "this seat was removed"}, false
	}
	if !strings.EqualFold(seat.Extension, in.Seat.Extension) {
		return Reason{CodeRemoved, "this seat has another telephone now, sign in again"}, false
	}
	return Reason{}, true
}

// waitGone bounds the wait for a former client: it has been told and closed, and
// needs no more than a turn of the picture to stop watching.
const waitGone = 5 * time.Second
