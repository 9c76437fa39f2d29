package password

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	pepperSize  = 32   // bytes
	maxFileSize = 4096 // bytes, of the pepper's file

	pepperNote = "# AsteriskCTI pepper. No operator can sign in without it: keep a copy, apart from the databases.\n"
)

// Pepper is the secret that goes into every verifier beside the password. Safe for
// concurrent use; it shows only its id when printed or logged.
type Pepper struct {
	id  string
	key [pepperSize]byte
}

// ID names the pepper: 8 hex digits, no secret, written into every verifier.
func (p *Pepper) ID() string { return p.id }

// String is the id.
func (p *Pepper) String() string { return "pepper " + p.id }

// GoString is the id: %#v must not print the key.
func (p *Pepper) GoString() string { return p.String() }

// LogValue is the id.
func (p *Pepper) LogValue() slog.Value { return slog.StringValue(p.id) }

// newPepper derives the id from the key, so that a damaged file is found out.
func newPepper(key []byte) *Pepper {
	p := &Pepper{}
	copy(p.key[:], key)
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write([]byte("asteriskcti pepper id"))
	p.id = hex.EncodeToString(mac.Sum(nil))[:idSize]
	return p
}

// LoadPepper reads the pepper's file. When there is none it makes one of mode 0600
// with a new random key; of several processes that do so at once one wins, and
// all return its key. A file that others than its owner may read is refused.
func LoadPepper(path string) (*Pepper, error) {
	p, err := readPepper(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if err := createPepper(path); err != nil {
		return nil, fmt.Errorf("make pepper file %s: %w", path, err)
	}
	return readPepper(path)
}

func readPepper(path string) (*Pepper, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pepper file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("pepper file: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() {
		return nil, fmt.Errorf("pepper file %s: not a regular file", path)
	} else if runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("pepper file %s: mode %04o lets others read it: chmod 600 it", path, mode.Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("pepper file %s: %w", path, err)
	}
	p, err := parsePepper(text)
	if err != nil {
		return nil, fmt.Errorf("pepper file %s: %w", path, err)
	}
	return p, nil
}

// parsePepper reads "cti1 ID KEY"; lines that begin with # are notes.
func parsePepper(text []byte) (*Pepper, error) {
	if len(text) > maxFileSize {
		return nil, errors.New("too long for a pepper file")
	}
	var p *Pepper
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		var key [pepperSize]byte
		if p != nil || len(f) != 3 || f[0] != "cti1" || !decode(key[:], f[2]) {
			return nil, errors.New("damaged or not a pepper file: bring its copy back (a new one locks every operator out until passwords are set anew)")
		}
		if p = newPepper(key[:]); p.id != f[1] {
			return nil, fmt.Errorf("damaged: the key is not the one of id %.8q: bring its copy back", f[1])
		}
	}
	if p == nil {
		return nil, errors.New("empty: bring its copy back, or remove it to have a new one made")
	}
	return p, nil
}

// createPepper writes the file beside its place and links it there: a link fails
// when another process was first, and the file is whole from the moment it is seen.
func createPepper(path string) error {
	var key [pepperSize]byte
	_, _ = rand.Read(key[:]) // never fails (Go 1.24)
	var text bytes.Buffer
	text.WriteString(pepperNote)
	fmt.Fprintf(&text, "cti1 %s %s\n", newPepper(key[:]).id, b64.EncodeToString(key[:]))

	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".pepper-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // no secret is lost with it, nor told
	_, err = tmp.Write(text.Bytes())
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in a folder last over a loss of power. Windows cannot
// open a folder so, and needs it not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
