package config

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

// memo remembers the verifiers made of the passwords of an XML file, so that a
// change elsewhere in the file neither makes them all anew, 25 ms each, nor changes
// them. It holds no password, only keyed digests; it lasts as long as the process.
type memo struct {
	key       [sha256.Size]byte
	kept, new map[[sha256.Size]byte]string
}

// remembering is a Hasher that asks the memo first.
type remembering struct {
	Hasher
	mu   sync.Mutex
	memo *memo
}

// begin returns the Hasher for one file.
func (m *memo) begin(h Hasher) Hasher {
	if m.kept == nil {
		_, _ = rand.Read(m.key[:]) // never fails (Go 1.24)
	}
	m.new = map[[sha256.Size]byte]string{}
	return &remembering{Hasher: h, memo: m}
}

// keep forgets all but what the last file needed.
func (m *memo) keep() { m.kept, m.new = m.new, nil }

func (r *remembering) Hash(md5hex string) (string, error) {
	return r.remember("md5", md5hex, r.Hasher.Hash)
}

func (r *remembering) HashPassword(plain string) (string, error) {
	return r.remember("password", plain, r.Hasher.HashPassword)
}

func (r *remembering) remember(kind, secret string, hash func(string) (string, error)) (string, error) {
	mac := hmac.New(sha256.New, r.memo.key[:])
	mac.Write([]byte(kind + "\x00" + secret))
	key := [sha256.Size]byte(mac.Sum(nil))
	r.mu.Lock()
	verifier, ok := r.memo.kept[key]
	r.mu.Unlock()
	if !ok {
		var err error
		if verifier, err = hash(secret); err != nil {
			return "", err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memo.new[key] = verifier
	return verifier, nil
}
