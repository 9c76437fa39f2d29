package lab

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMirror(t *testing.T) {
	tests := []struct {
		name, file, text, want string
	}{
		{"deb822", "sources.list.d/debian.sources", "Types: deb deb-src\n# note\nURIs: http://mirror.example/debian/\nSuites: bookworm bookworm-updates\nComponents: main\n", "http://mirror.example/debian"},
		{"security first", "sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main contrib\n", "http://mirror.example/debian"},
		{"continued and disabled", "sources.list.d/a.sources", "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: sid\nComponents: main\n\nTypes: deb\nURIs: http://on.example/debian\nSuites:\n sid\nComponents: main\n", "http://on.example/debian"},
		{"one line", "sources.list", "# deb http://old.example/debian sid main\ndeb [signed-by=/x arch=amd64] https://mirror.example/debian trixie main\n", "https://mirror.example/debian"},
		{"others only", "sources.list.d/node.list", "deb https://node.example/v20 nodistro main\n", ""},
		{"cdrom", "sources.list", "deb cdrom:[Debian]/ bookworm main\n", ""},
		{"nothing", "sources.list", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(MirrorVariable, "")
			etc := t.TempDir()
			path := filepath.Join(etc, tt.file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := mirror(etc)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			t.Setenv(MirrorVariable, "http://mine.example/debian/")
			if got, err := mirror(etc); got != "http://mine.example/debian" || err != nil {
				t.Errorf("with %s: %q, %v", MirrorVariable, got, err)
			}
		})
	}
}
