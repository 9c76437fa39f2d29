package password

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrSealed says that a sealed text cannot be opened: it was sealed with another
// pepper or for another purpose, or it is damaged. It tells nothing more.
var ErrSealed = errors.New("cannot be opened: sealed with another pepper, or damaged")

// sealVersion begins every sealed text, and is vouched for by it.
var sealVersion = []byte("cti1")

// Seal encrypts plain, up to some KiB, for a database: version, nonce, and
// XChaCha20-Poly1305. What a purpose has sealed ("asterisk secret") only that purpose
// opens: its key is made of the pepper by HKDF. Sealed twice, a text looks otherwise,
// 44 bytes longer than plain. Safe for concurrent use.
func (p *Pepper) Seal(purpose string, plain []byte) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails (Go 1.24)
	out := append(bytes.Clone(sealVersion), nonce...)
	return p.sealer(purpose).Seal(out, nonce, plain, sealVersion)
}

// Open decrypts what Seal made for the same purpose, or fails with ErrSealed.
func (p *Pepper) Open(purpose string, sealed []byte) (plain []byte, err error) {
	rest, ok := bytes.CutPrefix(sealed, sealVersion)
	if !ok || len(rest) < chacha20poly1305.NonceSizeX {
		return nil, ErrSealed
	}
	nonce, text := rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:]
	if plain, err = p.sealer(purpose).Open(nil, nonce, text, sealVersion); err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// sealer is the cipher of one purpose.
func (p *Pepper) sealer(purpose string) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, p.key[:], nil, "asteriskcti seal "+purpose, chacha20poly1305.KeySize)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: it is for keys longer than 255 hashes
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: it is for keys of another length
	}
	return aead
}
