package desktop

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/zalando/go-keyring"
	"golang.org/x/text/unicode/norm"
)

// MD5Hex is what the line protocol sends for a password. It is as good as the password
// for signing in.
func MD5Hex(password string) string {
	sum := md5.Sum([]byte(norm.NFC.String(password)))
	return hex.EncodeToString(sum[:])
}

// PasswordFile reads a password: the first line of a file that nobody else can read.
func PasswordFile(path string) (md5hex string, err error) {
	text, err := readOwn(path, 4096, 0o077)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("%s: its first line is empty", path)
	}
	if !utf8.ValidString(line) {
		return "", fmt.Errorf("%s: its first line is not UTF-8", path)
	}
	return MD5Hex(line), nil
}

// ErrNotKept is returned by Kept.
var ErrNotKept = errors.New("no password is kept in the keyring for this name and server")

// ring is the name of our entries in the desktop's keyring: the Secret Service of
// Linux, the Keychain of macOS, the credentials of Windows. Only the MD5 of a password
// is kept there.
const ring = "AsteriskCTI"

// Kept finds what Keep has kept. Errors: ErrNotKept, or why there is no keyring.
func Kept(user, server string) (md5hex string, err error) {
	md5hex, err = keyring.Get(ring, user+"@"+server)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNotKept
	}
	if err != nil {
		return "", fmt.Errorf("keyring: %w", err)
	}
	return md5hex, nil
}

// Keep puts a password into the keyring of this desktop.
func Keep(user, server, md5hex string) error {
	if err := keyring.Set(ring, user+"@"+server, md5hex); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// Forget takes it out again. Errors are those of Kept.
func Forget(user, server string) error {
	err := keyring.Delete(ring, user+"@"+server)
	if errors.Is(err, keyring.ErrNotFound) {
		return ErrNotKept
	}
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}
