// Package password checks the passwords of operators, the same way for every
// door. A desktop client sends the MD5 of the password (E3), a browser the
// password itself, of which the server takes the MD5; both are checked against
// one verifier:
//
//	$cti1$k=<pepper id>$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
//	hash = argon2id(HMAC-SHA256(pepper, md5hex), salt)
//
// The pepper stands in a file of its own, never in a database: argon2id of a bare
// MD5 could be tried with lists of leaked MD5s without breaking a single one.
// A Gate stands before the hashing, bounds it, and slows those who guess. Passwords of
// managers have verifiers without MD5, see Pepper.HashManager, and a ManagerGate.
package password

import (
	"crypto/md5" //nolint:gosec // the wire protocol's, kept from 2009; never stored
	"encoding/hex"
	"errors"

	"golang.org/x/text/unicode/norm"
)

// ErrMD5Hex is the error of ParseMD5Hex.
var ErrMD5Hex = errors.New("not the MD5 of a password: 32 hex digits are needed")

// MD5Hex returns the MD5 of a password as a desktop client sends it: 32 lower-case
// hex digits over its UTF-8 bytes in NFC, so that an accent typed on one keyboard
// equals the same accent composed on another. It is as good as the password for
// whoever reads it: never store or log it.
func MD5Hex(plain string) string {
	sum := md5.Sum([]byte(norm.NFC.String(plain))) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// ParseMD5Hex accepts 32 hex digits in either case and returns them in lower case.
func ParseMD5Hex(s string) (string, error) {
	if len(s) != 2*md5.Size {
		return "", ErrMD5Hex
	}
	var lower [2 * md5.Size]byte
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
		case 'A' <= c && c <= 'F':
			c += 'a' - 'A'
		default:
			return "", ErrMD5Hex
		}
		lower[i] = c
	}
	return string(lower[:]), nil
}
