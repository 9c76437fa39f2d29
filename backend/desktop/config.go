package desktop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/goccy/go-yaml"
)

// Config is the client's own file, client.yaml. It says what this PC may start, so it
// must be writable by its owner alone.
type Config struct {
	Server       string              `yaml:"server"`        // host or host:port
	TLS          bool                `yaml:"tls"`           // with the authorities of the system
	TLSCA        string              `yaml:"tls_ca"`        // with those of this file, PEM
	TLSName      string              `yaml:"tls_name"`      // the name in the certificate; "" for the host of Server
	Cleartext    bool                `yaml:"cleartext"`     // allowed beyond this machine
	User         string              `yaml:"user"`          // the operator
	Seat         string              `yaml:"seat"`          // a MAC; "" for that of this PC
	PasswordFile string              `yaml:"password_file"` // "" for none
	Keyring      bool                `yaml:"keyring"`       // the password is kept in the desktop's keyring
	Programs     map[string]Template `yaml:"programs"`      // by the name the server gives them
}

// maxConfig is the longest file that is read, in bytes.
const maxConfig = 1 << 20

// ConfigPath is where the configuration is looked for: astcti/client.yaml in the
// folder that the system has for this user.
func ConfigPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("where your configuration is: %w", err)
	}
	return filepath.Join(dir, "astcti", "client.yaml"), nil
}

// LoadConfig reads a configuration. A file that is not there is an error only if it
// must be. Errors name the file, and the line of what cannot be understood.
func LoadConfig(path string, must bool) (Config, error) {
	var c Config
	text, err := readOwn(path, maxConfig, 0o022)
	if errors.Is(err, os.ErrNotExist) && !must {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.DisallowUnknownField())
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) { // an empty file is a configuration
		return c, fmt.Errorf("%s: %s", path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	for name, t := range c.Programs {
		if err := t.check(); err != nil {
			return c, fmt.Errorf("%s: program %q: %w", path, Show(name), err)
		}
	}
	return c, nil
}

// readOwn reads a file of this user, or of root, that others must not reach with the given
// permissions. Windows
// has none of that kind: there the folder of the user protects it.
func readOwn(path string, limit int64, others os.FileMode) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: it is a folder", path)
	}
	if !ours(info) {
		return nil, fmt.Errorf("%s: it belongs to another user", path)
	}
	if bad := info.Mode().Perm() & others; bad != 0 && runtime.GOOS != "windows" {
		word, mend := "read", "go-rwx"
		if others&0o044 == 0 {
			word, mend = "change", "go-w"
		}
		return nil, fmt.Errorf("%s: others can %s it; mend that with: chmod %s %s", path, word, mend, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, limit)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil // editors on Windows put it there
}
