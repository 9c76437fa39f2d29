package asterisk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// Codes of what keeps a link from standing, for those who have words for them in the
// language of the reader.
const (
	CodeUnset        = "not-configured" // nobody has said yet which Asterisk
	CodeChanged      = "changed"        // it is being connected anew
	CodeUnreachable  = "unreachable"    // no such name, no way there, or no answer
	CodeRefused      = "refused"        // nothing listens at that port
	CodeTLS          = "tls"            // the certificate is not trusted, or the port has no TLS
	CodeNotAsterisk  = "not-asterisk"   // something else answers
	CodeWrongLogin   = "wrong-login"    // username or secret; or Asterisk does not let us in from here
	CodeTooFewRights = "too-few-rights" // only of Try: see TryError.Missing
	CodeOverrun      = "overrun"        // we were too slow
	CodeLost         = "lost"           // it closed the connection, or is not heard of any more
)

// Code is the code of an error of this package, such as Status.Err; "" for nil.
func Code(err error) string {
	var tried *TryError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &tried):
		return tried.Code
	case errors.Is(err, ErrUnreachable) && errors.Is(err, syscall.ECONNREFUSED):
		return CodeRefused
	}
	for _, c := range []struct {
		kind error
		code string
	}{
		{ErrUnset, CodeUnset}, {ErrChanged, CodeChanged}, {ErrTLS, CodeTLS}, {ErrUnreachable, CodeUnreachable},
		{ErrNotAMI, CodeNotAsterisk}, {ErrLoginRefused, CodeWrongLogin}, {ErrOverrun, CodeOverrun},
	} {
		if errors.Is(err, c.kind) {
			return c.code
		}
	}
	return CodeLost
}

// TryError is why a tried Connection cannot be used. It holds nothing of what the peer
// said, but for the reason of CodeTLS: whoever may try addresses must not read with it
// what stands behind a firewall.
type TryError struct {
	Code    string
	Missing []string // of CodeTooFewRights: classes for "write" of manager.conf; the link may stand without them
	reason  string
}

// Error is the reason in words.
func (e *TryError) Error() string { return e.reason }

var reasons = map[string]string{
	CodeUnset:       ErrUnset.Error(),
	CodeUnreachable: "nothing answers at that address",
	CodeRefused:     "that machine answers, and nothing listens at that port",
	CodeNotAsterisk: "something listens there, and it is not the manager interface of an Asterisk",
	CodeWrongLogin:  "Asterisk refuses username or secret, or does not let this user in from here (permit in manager.conf)",
	CodeChanged:     ErrChanged.Error(),
	CodeOverrun:     ErrOverrun.Error(),
	CodeLost:        "Asterisk closed the connection, or did not answer in time",
}

// right is one that the product needs of Asterisk: a class in "write" of manager.conf.
type right struct {
	class, use string
	// action needs the class, and lacks what it would need to do anything: the right is
	// looked at before that, in every version.
	action ami.Action
}

// rights14 are those of Asterisk 1.4, and rights those since 1.6; who lacks the action
// (until 1.8 there is no Filter) lacks no right.
var (
	rights14 = []right{
		{"call", "ask for variables, and place calls", ami.Getvar("", "")},
		{"agent", "put agents into queues, and pause them", ami.QueueRemove("", "")},
	}
	rights = []right{
		{"system", "have events held back that a caller's text has forged", ami.Filter(forged)},
		{"reporting", "ask what calls there are", ami.CoreStatus()},
		rights14[1],
		{"originate", "place calls", ami.Originate(ami.Call{Priority: 1})},
	}
)

const tryWait = 5 * time.Second

// Try connects as c says, signs in, sees what the user may do, and takes leave; within
// five seconds, which a Dial that heeds its ctx keeps to. Nothing is changed in Asterisk. version is that of the manager interface,
// "" when it did not greet. The error is a *TryError. What the user may read cannot be
// asked of Asterisk.
func Try(ctx context.Context, c Connection) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	if c.Dial == nil {
		return "", tried(ErrUnset)
	}
	nc, err := c.Dial(ctx)
	if err != nil {
		return "", tried(fmt.Errorf("%w: %w", ErrUnreachable, err))
	}
	s := ami.NewSession(nc, 0)
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.End(errNoAnswer) })()
	if version, err = s.Open(c.Username, c.Secret, c.Auth != "secret"); err != nil {
		return version, tried(unopened(version, err))
	}
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			if _, err := s.Next(); err != nil {
				return
			}
		}
	})
	err = lacking(ctx, s, version)
	s.Close()
	reader.Wait()
	return version, err
}

// lacking is what the user of s may not do.
func lacking(ctx context.Context, s *ami.Session, version string) error {
	needed := rights
	if version == "1.0" {
		needed = rights14
	}
	e := &TryError{Code: CodeTooFewRights}
	var uses []string
	for _, r := range needed {
		var refused *ami.RefusedError
		switch _, err := s.Do(ctx, r.action); {
		case errors.As(err, &refused):
			if refused.Message == "Permission denied" {
				e.Missing, uses = append(e.Missing, r.class), append(uses, r.use)
			}
		case err != nil:
			return tried(ErrLost)
		}
	}
	if len(e.Missing) == 0 {
		return nil
	}
	e.reason = fmt.Sprintf(`Asterisk lets this user in, but not %s: "write" of manager.conf lacks %s`, strings.Join(uses, ", nor "), strings.Join(e.Missing, ", "))
	return e
}

func tried(err error) error { return &TryError{Code: Code(err), reason: Plain(err)} }

// Plain is the reason of an error of this package without what the peer said, but for that
// of CodeTLS; "" for nil. See TryError.
func Plain(err error) string {
	code := Code(err)
	if code == CodeTLS {
		return printable(err.Error())
	}
	if tried, ok := errors.AsType[*TryError](err); ok {
		return tried.reason
	}
	return reasons[code]
}

// printable is text of somebody else's certificate, fit for a log.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), 300)]
}
