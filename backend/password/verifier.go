package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The one set of costs in use: OWASP's password storage cheat sheet, ASVS 5.0
// appendix C. A verifier that names others is refused: it could ask for any
// amount of memory, and its time would tell an operator's name from an unknown one.
const (
	memory   = 19456 // KiB
	passes   = 2
	lanes    = 1
	saltSize = 16 // bytes
	hashSize = 32 // bytes

	beforeID = "$cti1$k="
	afterID  = "$argon2id$v=19$m=19456,t=2,p=1$"
	idSize   = 8 // hex digits
)

// ErrVerifier is the error of ParseVerifier.
var ErrVerifier = errors.New("not a verifier of this program: $cti1$k=…$argon2id$v=19$m=19456,t=2,p=1$salt$hash is needed, as an export writes it")

// base64 without padding; Strict refuses a second spelling of the same bytes.
var b64 = base64.RawStdEncoding.Strict()

// parsed is a verifier taken apart.
type parsed struct {
	pepper string
	salt   [saltSize]byte
	hash   [hashSize]byte
}

// ParseVerifier checks the syntax of a verifier that comes from outside. It does
// not tell whether the pepper at hand made it: see Pepper.Made.
func ParseVerifier(s string) error {
	_, err := parse(s)
	return err
}

func parse(s string) (v parsed, err error) {
	rest, ok := strings.CutPrefix(s, beforeID)
	if !ok || len(rest) < idSize {
		return v, ErrVerifier
	}
	v.pepper, rest = rest[:idSize], rest[idSize:]
	if strings.Trim(v.pepper, "0123456789abcdef") != "" {
		return v, ErrVerifier
	}
	if rest, ok = strings.CutPrefix(rest, afterID); !ok {
		return v, ErrVerifier
	}
	salt, hash, ok := strings.Cut(rest, "$")
	if !ok || !decode(v.salt[:], salt) || !decode(v.hash[:], hash) {
		return v, ErrVerifier
	}
	return v, nil
}

// decode fills dst from its base64; false when it is not exactly that long.
func decode(dst []byte, s string) bool {
	// The library skips line ends inside base64; the length catches them.
	if len(s) != b64.EncodedLen(len(dst)) {
		return false
	}
	n, err := b64.Decode(dst, []byte(s))
	return err == nil && n == len(dst)
}

func (v parsed) String() string {
	return beforeID + v.pepper + afterID + b64.EncodeToString(v.salt[:]) + "$" + b64.EncodeToString(v.hash[:])
}

// Hash makes the verifier of an MD5 in hex (either case), with a fresh salt. It
// takes about 25 ms and 19 MiB: callers with many run no more at once than there
// are processors.
func (p *Pepper) Hash(md5hex string) (string, error) {
	md5hex, err := ParseMD5Hex(md5hex)
	if err != nil {
		return "", err
	}
	return p.hash(md5hex), nil
}

func (p *Pepper) hash(secret string) string {
	v := parsed{pepper: p.id}
	_, _ = rand.Read(v.salt[:]) // never fails (Go 1.24)
	v.hash = p.derive(secret, v.salt)
	return v.String()
}

// HashPassword makes the verifier of a password.
func (p *Pepper) HashPassword(plain string) (string, error) { return p.Hash(MD5Hex(plain)) }

// Made reports whether this pepper made the verifier. An operator whose verifier
// was made with another cannot sign in until the password is set anew or the other
// pepper file is brought here.
func (p *Pepper) Made(verifier string) bool {
	v, err := parse(verifier)
	return err == nil && v.pepper == p.id
}

func (p *Pepper) derive(secret string, salt [saltSize]byte) (hash [hashSize]byte) {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write([]byte(secret))
	copy(hash[:], argon2.IDKey(mac.Sum(nil), salt[:], passes, memory, lanes, hashSize))
	return hash
}

// verify does the same work whatever the verifier is worth: one that is empty, not
// a verifier or another pepper's costs as much as a right one, and says false.
func (p *Pepper) verify(verifier, secret string) bool {
	v, err := parse(verifier)
	usable := err == nil && v.pepper == p.id
	got := p.derive(secret, v.salt)
	return subtle.ConstantTimeCompare(got[:], v.hash[:]) == 1 && usable
}
