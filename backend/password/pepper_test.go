package password

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestLoadPepper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pepper")
	p, err := LoadPepper(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, err := LoadPepper(path)
	if err != nil || *again != *p {
		t.Errorf("read back another pepper: %v %v, %v", again, p, err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "pepper", p)
	shown := fmt.Sprintf("%v %+v %#v %s", p, p, p, log.String())
	if key := b64.EncodeToString(p.key[:]); strings.Contains(shown, key) || !strings.Contains(shown, p.ID()) {
		t.Errorf("printed as %s", shown)
	}
}

// TestLoadPepperAtOnce: however many processes start on an empty folder, they
// agree on one pepper.
func TestLoadPepperAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pepper")
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			p, err := LoadPepper(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = p.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several peppers: %v", ids)
		}
	}
}

func TestLoadPepperRefuses(t *testing.T) {
	good := filepath.Join(t.TempDir(), "pepper")
	if _, err := LoadPepper(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimPrefix(string(text), pepperNote)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"others may read": {string(text), 0o640, "chmod 600"},
		"empty":           {"", 0o600, "empty"},
		"cut":             {string(text[:len(text)-3]), 0o600, "damaged"},
		"two keys":        {line + line, 0o600, "damaged"},
		"other id":        {"cti1 00000000" + line[len("cti1 00000000"):], 0o600, "not the one of id"},
		"foreign":         {"hello world", 0o600, "not a pepper file"},
		"huge":            {strings.Repeat("#\n", maxFileSize), 0o600, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pepper")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadPepper(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q and the path", err, c.want)
			}
			if after, _ := os.ReadFile(path); string(after) != c.text {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := LoadPepper(t.TempDir()); err == nil {
		t.Error("a folder is no pepper")
	}
	if _, err := LoadPepper(filepath.Join(t.TempDir(), "none", "pepper")); err == nil {
		t.Error("made a folder")
	}
}
