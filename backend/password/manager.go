package password

import (
	"context"
	"crypto/sha256"
	_ "embed" // the passwords everybody tries
	"errors"
	"net/netip"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What CheckManagerPassword refuses, each for its own words on a page.
var (
	ErrShort  = errors.New("a password has at least 12 characters")
	ErrLong   = errors.New("a password has at most 128 characters")
	ErrChars  = errors.New("a password holds no control characters and is valid UTF-8")
	ErrCommon = errors.New("this password is among those that are tried first")
	ErrUserID = errors.New("a password must not hold the user id")
)

// Lengths of a manager's password, in characters.
const (
	MinManagerPassword = 12
	MaxManagerPassword = 128
)

// shortID is the length below which a user id may stand in a password: "al" is in
// half of all words.
const shortID = 3

//go:embed common.txt
var commonText string

// common holds the lines of common.txt, in lower case.
var common = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{})
	for line := range strings.Lines(commonText) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "# ") {
			set[word] = struct{}{}
		}
	}
	return set
})

// CheckManagerPassword is the rule for a new password of a manager: 12 to 128
// characters, spaces and everything else that can be printed among them; not one of
// the most common, nor with the user id in it, in whatever case. It is taken as it
// was typed: nothing is trimmed or normalised.
func CheckManagerPassword(plain, userID string) error {
	lower, id := strings.ToLower(plain), strings.ToLower(userID)
	_, known := common()[lower]
	switch n := utf8.RuneCountInString(plain); {
	case n < MinManagerPassword:
		return ErrShort
	case n > MaxManagerPassword:
		return ErrLong
	case !utf8.ValidString(plain) || strings.ContainsFunc(plain, unicode.IsControl):
		return ErrChars
	case known:
		return ErrCommon
	case len(id) >= shortID && strings.Contains(lower, id):
		return ErrUserID
	}
	return nil
}

// managerDomain keeps the verifiers of managers apart from those of operators: what is
// hashed for an operator is an MD5, 32 hex digits, and never begins like this.
const managerDomain = "asteriskcti manager password\x00"

// HashManager makes the verifier of a manager's password:
//
//	hash = argon2id(HMAC-SHA256(pepper, "asteriskcti manager password" NUL password), salt)
//
// in the form and at the cost of an operator's, but no operator's verifier is one of a
// manager, whatever the password. No MD5 has a part in it. The rule for passwords is
// the caller's to check first.
func (p *Pepper) HashManager(plain string) string { return p.hash(managerDomain + plain) }

// ManagerGate is the Gate of managers. It remembers no right password: managers are few
// and sign in seldom. Safe for concurrent use.
type ManagerGate struct {
	passwords *Gate
	codes     *throttle
}

// NewManagerGate makes a gate for the managers' verifiers of one pepper. CacheSize and
// CacheTTL of the options have no effect.
func NewManagerGate(p *Pepper, opts Options) *ManagerGate {
	g := NewGate(p, opts)
	g.who, g.cache = "manager", newRecent[[sha256.Size]byte, struct{}](1, 0)
	return &ManagerGate{passwords: g, codes: newThrottle()}
}

// Check tells whether plain is the manager's password: nil, ErrWrong, ErrBusy,
// *Throttled or ctx's error; as Gate.Check. The verifier is "" for one who is unknown,
// disabled or without a password.
func (g *ManagerGate) Check(ctx context.Context, user, verifier, plain string, from netip.Addr) error {
	return g.passwords.check(ctx, user, verifier, managerDomain+plain, from)
}

// CheckCode runs the check of a one-time code unless too many were wrong: nil, ErrWrong,
// *Throttled, or the error of check. Wrong codes are counted by account, wherever they
// come from, for whoever gets this far knows its password.
func (g *ManagerGate) CheckCode(user string, check func() (right bool, err error)) error {
	user = strings.ToLower(user)
	sum := sha256.Sum256([]byte(user))
	// A network of its own for each account, so that one cannot slow down another.
	o := origin{user, netip.PrefixFrom(netip.AddrFrom16([16]byte(sum[:16])), 128)}
	if wait := g.codes.admit(o); wait > 0 {
		return &Throttled{RetryAfter: wait}
	}
	right, err := check()
	switch {
	case err != nil:
		g.codes.undo(o)
		return err
	case !right:
		g.codes.wrong(o)
		g.passwords.opts.Log.Warn("sign-in refused: right password, wrong one-time code", "manager", user)
		return ErrWrong
	}
	g.codes.right(o)
	return nil
}

// Stats are those of the passwords.
func (g *ManagerGate) Stats() Stats { return g.passwords.Stats() }
