package admin

import (
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// routeTable is every address here and who may use it. A route that is not in it fails
// the test: think who may, and write it down.
var routeTable = map[string]role{
	"GET /admin":                              viewer,
	"GET /admin/sign-in":                      nobody,
	"POST /admin/sign-in":                     nobody,
	"POST /admin/sign-in/code":                nobody,
	"GET /admin/setup":                        nobody,
	"POST /admin/setup":                       nobody,
	"GET /admin/lost":                         nobody,
	"POST /admin/lost":                        nobody,
	"GET /admin/reset":                        nobody,
	"POST /admin/reset":                       nobody,
	"GET /admin/account":                      viewer,
	"POST /admin/account":                     viewer,
	"POST /admin/account/password":            viewer,
	"POST /admin/account/codes":               viewer,
	"POST /admin/account/codes/confirm":       viewer,
	"POST /admin/account/codes/off":           viewer,
	"POST /admin/account/sign-out-others":     viewer,
	"GET /admin/managers":                     administrator,
	"GET /admin/managers/new":                 administrator,
	"POST /admin/managers/new":                administrator,
	"GET /admin/managers/remove":              administrator,
	"POST /admin/managers/remove":             administrator,
	"GET /admin/managers/:id<int>":            administrator,
	"POST /admin/managers/:id<int>":           administrator,
	"POST /admin/managers/:id<int>/link":      administrator,
	"POST /admin/managers/:id<int>/codes-off": administrator,
	"POST /admin/sign-out":                    nobody,
	"GET /admin/apply":                        viewer,
	"POST /admin/apply":                       editor,
	"GET /admin/apply/state":                  viewer,
	"GET /admin/apply/discard":                editor,
	"POST /admin/apply/discard":               editor,
	"GET /admin/apply/history":                viewer,
	"GET /admin/apply/difference":             viewer,
	"GET /admin/apply/again":                  editor,
	"POST /admin/apply/again":                 editor,
	"GET /admin/apply/export":                 editor,
	"GET /admin/apply/import":                 administrator,
	"POST /admin/apply/import":                administrator,
	"GET /admin/apply/import/progress":        administrator,
	"POST /admin/apply/import/replace":        administrator,
	"POST /admin/language":                    nobody,
	"GET /admin/services/operators":           editor,
	"POST /admin/services/check":              editor,
	"POST /admin/services/test":               editor,
	"POST /admin/services/testpop":            editor,
	"GET /admin/services":                     viewer,
	"GET /admin/services/new":                 editor,
	"POST /admin/services/new":                editor,
	"GET /admin/services/remove":              editor,
	"POST /admin/services/remove":             editor,
	"GET /admin/services/:id<int>":            viewer,
	"POST /admin/services/:id<int>":           editor,
	"GET /admin/audit":                        viewer,
	"GET /admin/audit/export":                 editor,
	"GET /admin/settings":                     viewer,
	"POST /admin/settings":                    editor,
	"POST /admin/settings/asterisk":           administrator,
	"POST /admin/settings/asterisk/try":       administrator,
	"GET /admin/live":                         viewer,
	"GET /admin/alive":                        viewer,
	"GET /admin/operators/export":             viewer,
	"GET /admin/operators/import":             editor,
	"POST /admin/operators/import":            editor,
	"GET /admin/operators/import/template":    editor,
	"GET /admin/operators/import/progress":    editor,
	"POST /admin/operators/import/take":       editor,
	"GET /admin/seats/export":                 viewer,
	"GET /admin/seats/import":                 editor,
	"POST /admin/seats/import":                editor,
	"GET /admin/seats/import/template":        editor,
	"GET /admin/seats/import/progress":        editor,
	"POST /admin/seats/import/take":           editor,
	"GET /admin/operators":                    viewer,
	"GET /admin/operators/new":                editor,
	"POST /admin/operators/new":               editor,
	"GET /admin/operators/remove":             editor,
	"POST /admin/operators/remove":            editor,
	"GET /admin/operators/:id<int>":           viewer,
	"POST /admin/operators/:id<int>":          editor,
	"GET /admin/seats":                        viewer,
	"GET /admin/seats/new":                    editor,
	"POST /admin/seats/new":                   editor,
	"GET /admin/seats/remove":                 editor,
	"POST /admin/seats/remove":                editor,
	"GET /admin/seats/:id<int>":               viewer,
	"POST /admin/seats/:id<int>":              editor,
}

// TestRoutes: each route lets in the roles that the table says, and no other.
func TestRoutes(t *testing.T) {
	s := newSite(t)
	var known []string
	for _, r := range s.admin.routes {
		name := r.method + " " + r.path
		known = append(known, name)
		if need, ok := routeTable[name]; !ok || need != r.need {
			t.Errorf("%s is for role %d: the table says %d, %v", name, r.need, need, ok)
		}
	}
	for name := range routeTable {
		if !slices.Contains(known, name) {
			t.Errorf("%s is in the table and not there", name)
		}
	}
	visitors := map[role]*visitor{nobody: s.visitor(), viewer: s.as("viewer"), editor: s.as("editor"), administrator: s.as("administrator")}
	for _, r := range s.admin.routes {
		path := strings.NewReplacer(":id<int>", "999999", ":id", "999999").Replace(r.path)
		if strings.HasSuffix(path, "/sign-out") {
			continue // anybody's, and it would end the test
		}
		for who, v := range visitors {
			a := v.do(r.method, path, "application/x-www-form-urlencoded", "")
			refused := a.StatusCode == http.StatusForbidden
			if who == nobody && r.need > nobody {
				if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/admin/sign-in") {
					t.Errorf("%s %s for nobody: %d to %q", r.method, path, a.StatusCode, a.Header.Get("Location"))
				}
				continue
			}
			if refused != (who < r.need) || a.StatusCode >= 500 {
				t.Errorf("%s %s for role %d: %d %.200s", r.method, path, who, a.StatusCode, a.body)
			}
		}
	}
}

// TestForeign: no POST of another site is obeyed, nor one for a name that is not ours.
func TestForeign(t *testing.T) {
	s := newSite(t)
	ann := s.as("administrator")
	for _, r := range s.admin.routes {
		path := strings.NewReplacer(":id<int>", "1", ":id", "1").Replace(r.path)
		if a := ann.do(r.method, path, "", "", func(q *http.Request) { q.Host = "evil.example" }); a.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s %s as evil.example: %d", r.method, path, a.StatusCode)
		}
		if r.method != http.MethodPost {
			continue
		}
		for _, h := range [][2]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "cross-site"}} {
			if a := ann.do(r.method, path, "application/x-www-form-urlencoded", "", func(q *http.Request) { q.Header.Set(h[0], h[1]) }); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s with %v: %d", r.method, path, h, a.StatusCode)
			}
		}
	}
}

// TestHeaders: every page has the strict policy, is kept nowhere, and is in no frame.
func TestHeaders(t *testing.T) {
	s := newSite(t)
	v := s.as("viewer")
	for _, r := range s.admin.routes {
		if r.method != http.MethodGet || r.need > viewer || strings.Contains(r.path, ":") {
			continue
		}
		a := v.get(r.path)
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		if a.Header.Get("Content-Security-Policy") != policy || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", r.path, a.Header)
		}
	}
}

// TestCookie: scripts do not see it, other sites do not send it, each sign-in gets a new
// one, and signing out ends it here, not in the browser alone.
func TestCookie(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	in := func() *http.Cookie {
		a := v.post("/admin/sign-in", url.Values{"user": {"ed"}, "password": {managers["editor"]}}).wants(http.StatusSeeOther)
		return a.Cookies()[0]
	}
	one, two := in(), in()
	if !one.HttpOnly || one.SameSite != http.SameSiteStrictMode || one.Path != "/" || one.Value == two.Value {
		t.Errorf("%+v, %+v", one, two)
	}
	stolen := s.visitor()
	use := func(c *http.Cookie) int {
		return stolen.get("/admin/operators", func(r *http.Request) { r.AddCookie(c) }).StatusCode
	}
	if got := use(one); got != http.StatusSeeOther {
		t.Errorf("the cookie before is worth %d", got)
	}
	if got := use(two); got != http.StatusOK {
		t.Errorf("the cookie is worth %d", got)
	}
	v.post("/admin/sign-out", nil).wants(http.StatusSeeOther)
	if got := use(two); got != http.StatusSeeOther {
		t.Errorf("after signing out the cookie is worth %d", got)
	}
}

// TestNothingCanBeWritten: where the disk is full one reads on, and signing out works.
func TestNothingCanBeWritten(t *testing.T) {
	s := newSite(t)
	v := s.as("viewer")
	full(t)
	v.get("/admin/operators").wants(http.StatusOK)
	cookies := v.request("/admin").Cookies()
	s.audit.fail = errors.New("no space left on device")
	v.post("/admin/sign-out", nil).wants(http.StatusInternalServerError)
	if again := v.request("/admin").Cookies(); len(again) != 0 {
		t.Errorf("the browser keeps %v", again)
	}
	s.visitor().get("/admin/operators", func(r *http.Request) { r.AddCookie(cookies[0]) }).wants(http.StatusSeeOther)
}

// full lets no sign-in of a site be changed, only ended, and makes all of them old enough
// for their use to be noted.
func full(t *testing.T) {
	t.Helper()
	underneath(t, "UPDATE manager_sessions SET seen = seen - 60000",
		"CREATE TRIGGER full BEFORE UPDATE ON manager_sessions BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
}

// underneath changes the managers' database behind the site.
func underneath(t *testing.T, statements ...string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(t.TempDir()), "*", "managers.db"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	dsn, err := config.SQLiteDSN(found[0], "_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLanguage: the chosen language is that of all pages, of those that say what went
// wrong too; one that nobody speaks is not kept.
func TestLanguage(t *testing.T) {
	s := newSite(t)
	v := s.as("viewer")
	if a := v.post("/admin/language", url.Values{"language": {"xx"}}).wants(http.StatusSeeOther); len(a.Cookies()) != 0 {
		t.Error(a.Cookies())
	}
	if a := v.post("/admin/language", url.Values{"language": {"de"}}).wants(http.StatusSeeOther); len(a.Cookies()) != 1 {
		t.Error(a.Cookies())
	}
	for path, status := range map[string]int{"/admin/operators": 200, "/admin/nothing": 404, "/admin/managers": 403} {
		v.get(path).wants(status, `lang="de"`)
	}
	said := v.get("/admin/managers", part).wants(http.StatusForbidden).Header.Get("HX-Trigger")
	if english := s.as("viewer").get("/admin/managers", part).Header.Get("HX-Trigger"); said == english || english == "" {
		t.Errorf("%q, in English %q", said, english)
	}
}

// TestByItself: a page that asks by itself keeps nobody signed in.
func TestByItself(t *testing.T) {
	s := newSite(t)
	v := s.as("administrator")
	m, err := s.store.ManagerByUserID(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	used := func() time.Time {
		t.Helper()
		list, err := s.store.SignIns(t.Context(), m.ID, "")
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].Seen
	}
	underneath(t, "UPDATE manager_sessions SET seen = seen - 60000")
	before := used()
	for _, path := range byItself {
		if _, known := routeTable["GET "+path]; !known {
			t.Error(path, "is not there")
		}
		v.get(path, part)
	}
	if after := used(); !after.Equal(before) {
		t.Errorf("used at %v, before %v", after, before)
	}
	v.get("/admin/operators")
	if after := used(); !after.After(before) {
		t.Errorf("a page is no use: %v", after)
	}
}

// TestBodyLimit: large bodies are for those who may send them.
func TestBodyLimit(t *testing.T) {
	s := newSite(t)
	const little, large = 1 << 20, config.MaxFileSize
	for _, c := range []struct {
		who, path string
		least     int64
		most      int64
	}{
		{"viewer", "/admin/apply/import", 0, 0},
		{"editor", "/admin/apply/import", little, little},
		{"administrator", "/admin/apply/import", large, large + little},
		{"editor", "/admin/seats/import", maxSheet, maxSheet + little},
		{"editor", "/admin/services/new", little, little},
	} {
		if got := s.admin.BodyLimit(s.as(c.who).request(c.path)); got < c.least || got > c.most {
			t.Errorf("%s of %s: %d", c.path, c.who, got)
		}
	}
	if got := s.admin.BodyLimit(s.visitor().request("/admin/apply/import")); got != 0 {
		t.Errorf("of nobody: %d", got)
	}
}
