package backend_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/asteriskcti/asteriskcti/"

// may lists, for each room, the rooms it may import outside its tests. A room
// that is not here fails the test: give it a line and think whom it should know.
var may = map[string]string{
	"backend/pbx":            "",
	"backend/pop":            "backend/suggest",
	"backend/ami":            "",
	"backend/ami/amitest":    "backend/ami",
	"backend/password":       "",
	"backend/mail":           "",
	"backend/settings":       "backend/suggest",
	"backend/suggest":        "",
	"backend/locale":         "",
	"backend/asterisk":       "backend/ami backend/pbx",
	"backend/tracker":        "backend/pbx backend/pop",
	"backend/audit":          "",
	"backend/dial":           "backend/ami backend/config backend/pbx backend/tracker",
	"backend/control":        "backend/ami backend/config backend/dial backend/pbx backend/tracker",
	"backend/desk":           "backend/ami backend/config backend/pbx backend/tracker",
	"backend/history":        "backend/pbx backend/tracker",
	"backend/webhook":        "backend/history",
	"backend/replay":         "backend/ami backend/asterisk backend/pbx backend/tracker",
	"backend/config":         "backend/pop backend/suggest",
	"backend/store":          "backend/config backend/password migrations",
	"backend/session":        "backend/tracker backend/pbx backend/config backend/desk backend/dial backend/control backend/password",
	"backend/schematest":     "",
	"backend/transport":      "backend/session",
	"backend/web":            "backend/history backend/session backend/config backend/store backend/locale backend/password frontend",
	"backend/web/admin":      "backend/web backend/store backend/config backend/locale backend/password backend/pbx backend/pop backend/audit",
	"backend/desktop":        "", // it knows the protocol, not the server
	"backend/desktop/screen": "backend/desktop",
	"backend/app":            "*",
	"backend/cmd/astcti":     "*",
	"frontend":               "",
	"migrations":             "",
}

// outside lists the libraries that only some rooms may know.
var outside = map[string]string{
	"github.com/gofiber/":        "backend/web backend/web/admin backend/app",
	"gorm.io/":                   "backend/store",
	"github.com/coder/websocket": "backend/transport",
	"github.com/wneessen/":       "backend/mail",
	"github.com/pquerna/otp":     "backend/store",
	"github.com/prometheus/":     "backend/app",
	"github.com/alecthomas/kong": "backend/cmd/astcti",
	"github.com/santhosh-tekuri": "backend/schematest",
	"charm.land/":                "backend/desktop/screen",
	"github.com/charmbracelet/":  "backend/desktop/screen",
	"github.com/zalando/":        "backend/desktop",
}

// TestImports holds the rooms apart.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{if .GoFiles}}{{.ImportPath}} {{join .Imports " "}}{{end}}`, module+"...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		room := strings.TrimPrefix(f[0], module)
		if strings.HasPrefix(room, "e2e") {
			continue // tests only
		}
		allowed, ok := may[room]
		if !ok {
			t.Errorf("%s: not listed; give it a line here", room)
		}
		for _, imp := range f[1:] {
			if ours, is := strings.CutPrefix(imp, module); is && allowed != "*" && !slices.Contains(strings.Fields(allowed), ours) {
				t.Errorf("%s may not import %s", room, ours)
			}
			for lib, rooms := range outside {
				if strings.HasPrefix(imp, lib) && !slices.Contains(strings.Fields(rooms), room) {
					t.Errorf("%s may not import %s: only %s may", room, imp, rooms)
				}
			}
		}
	}
}
