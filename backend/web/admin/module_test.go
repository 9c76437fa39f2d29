package admin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// operator is the form of one, as the page sends it.
func operator(name, username string, more ...string) url.Values {
	v := url.Values{"fullname": {name}, "username": {username}, "password": {"a good long one"}, "enabled": {"true"}, "version": {"0"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// TestRecords: adding, looking, editing and removing, by parts of pages as htmx does it.
func TestRecords(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	ed.get("/admin/operators").wants(http.StatusOK, "No operators yet", `hx-get="/admin/operators/new"`)
	ed.get("/admin/operators/new", part).wants(http.StatusOK, `name="username"`, "autofocus")

	a := ed.post("/admin/operators/new", operator("Ada Lovelace", "ada"), part, from("/admin/operators?q=ada")).wants(http.StatusOK, "Ada Lovelace", `id="row-1"`, `id="pending" hx-swap-oob`)
	if a.Header.Get("HX-Retarget") != "#list" || !strings.Contains(a.Header.Get("HX-Trigger"), `"row":"row-1"`) {
		t.Errorf("%v", a.Header)
	}
	if !s.audit.has(eventEdited, "by=ed", "kind=operator", "name=ada", "action=added") || s.audit.has("a good long one") {
		t.Errorf("%v", s.audit.lines)
	}

	form := ed.get("/admin/operators/1", part).wants(http.StatusOK, `value="Ada Lovelace"`, `name="version" value="1"`)
	if strings.Contains(form.body, "a good long one") || strings.Contains(form.body, "$cti1$") {
		t.Error("the form holds the password")
	}
	ed.post("/admin/operators/1", operator("Augusta Ada King", "ada", "version", "1", "password", ""), part).wants(http.StatusOK, "Augusta Ada King")

	ed.get("/admin/operators/remove?ids=1", part).wants(http.StatusOK, "Remove Augusta Ada King?", `name="ids" value="1"`)
	ed.post("/admin/operators/remove", url.Values{"ids": {"1"}}, part).wants(http.StatusOK, "No operators yet")
	ed.get("/admin/operators/1", part).wants(http.StatusNotFound)
	ed.post("/admin/operators/remove", url.Values{"ids": {"1"}}, part).wants(http.StatusOK, "No operators yet") // as was wished
}

// TestWithoutScripts: the same as whole pages.
func TestWithoutScripts(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	ed.get("/admin/operators/new").wants(http.StatusOK, "<!doctype html>", `action="/admin/operators/new"`)
	if a := ed.post("/admin/operators/new", operator("Ada", "ada")).wants(http.StatusSeeOther); a.Header.Get("Location") != "/admin/operators" {
		t.Errorf("to %q", a.Header.Get("Location"))
	}
	ed.post("/admin/operators/new", operator("Ada", "ada")).wants(http.StatusUnprocessableEntity, "<!doctype html>", "Another operator has this user name")
	ed.get("/admin/operators/1").wants(http.StatusOK, "<!doctype html>", `value="ada"`)
	ed.get("/admin/operators/remove?ids=1").wants(http.StatusOK, "<!doctype html>", "Remove Ada?")
	ed.post("/admin/operators/remove", url.Values{"ids": {"1"}}).wants(http.StatusSeeOther)
}

// TestWrongFields: the error stands at its field, in the reader's language, and nothing
// that was typed is lost.
func TestWrongFields(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	for language, text := range map[string]string{"en": "Enter one, or disable", "it": "campi da correggere", "fr": "champs sont", "de": "Felder müssen", "es": "Hay que corregir"} {
		a := ed.post("/admin/operators/new", operator("Ada <b>", "not a name", "password", ""), part, func(r *http.Request) { r.Header.Set("Accept-Language", language) })
		a.wants(http.StatusUnprocessableEntity, text, `value="Ada &lt;b&gt;"`, `value="not a name"`, `aria-invalid="true"`, `aria-describedby="f-username-hint"`, `href="#f-password"`)
		if a.Header.Get("HX-Retarget") != "#dialog-body" {
			t.Errorf("%v", a.Header)
		}
	}
	if l, err := s.store.Operators(t.Context(), store.ListQuery{}); err != nil || l.All != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestTwoManagers: who saves second is told, with both values, and may overwrite knowingly.
func TestTwoManagers(t *testing.T) {
	s := newSite(t)
	ed, ann := s.as("editor"), s.as("administrator")
	ed.post("/admin/seats/new", url.Values{"extension": {"PJSIP/201"}, "mac": {"00:11:22:33:44:55"}, "description": {"Desk"}}, part).wants(http.StatusOK)
	change := func(v *visitor, version, description string) *answer {
		return v.post("/admin/seats/1", url.Values{"extension": {"PJSIP/201"}, "mac": {"00:11:22:33:44:55"}, "description": {description}, "version": {version}}, part)
	}
	change(ann, "1", "Window").wants(http.StatusOK)
	change(ed, "1", "Door").wants(http.StatusConflict, "Ann Admin has saved this meanwhile", `value="Door"`, ">Window</bdi>", `data-value="Window"`, `name="version" value="2"`)
	change(ed, "2", "Door").wants(http.StatusOK, "Door")
}

// TestExpired: a sign-in that ends in the middle of a form asks for the password over it,
// and the form goes through after that.
func TestExpired(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	m, err := s.store.ManagerByUserID(t.Context(), "ed")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.EndManagerSessions(t.Context(), m.ID, ""); err != nil {
		t.Fatal(err)
	}
	a := ed.post("/admin/operators/new", operator("Ada", "ada"), part).wants(http.StatusUnauthorized, "Sign in again", `hx-post="/admin/sign-in"`)
	if a.Header.Get("HX-Retarget") != "#sign-in-body" {
		t.Errorf("%v", a.Header)
	}
	ed.post("/admin/sign-in", url.Values{"user": {"ed"}, "password": {"wrong"}}, part).wants(http.StatusUnauthorized, "not correct")
	long := operator(strings.Repeat("Ada ", 8<<10), "ada") // longer than what strangers may send
	ed.post("/admin/operators/new", long, part).wants(http.StatusUnauthorized, "Sign in again")
	ed.post("/admin/sign-in", long, part).wants(http.StatusRequestEntityTooLarge)
	in := ed.post("/admin/sign-in", url.Values{"user": {"ed"}, "password": {managers["editor"]}}, part).wants(http.StatusNoContent)
	ed.post("/admin/operators/new", long, part).wants(http.StatusUnprocessableEntity)
	if !strings.Contains(in.Header.Get("HX-Trigger"), "cti:signed-in") {
		t.Errorf("%v", in.Header)
	}
	ed.post("/admin/operators/new", operator("Ada", "ada"), part).wants(http.StatusOK, "Ada")
	if a := s.visitor().get("/admin/operators?q=ada").wants(http.StatusSeeOther); a.Header.Get("Location") != "/admin/sign-in?next=%2Fadmin%2Foperators%3Fq%3Dada" {
		t.Errorf("to %q", a.Header.Get("Location"))
	}
}

// TestAuditFirst: what cannot be noted is not done.
func TestAuditFirst(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	s.audit.fail = errors.New("the disk is full")
	ed.post("/admin/operators/new", operator("Ada", "ada"), part).wants(http.StatusInternalServerError)
	s.audit.fail = nil
	ed.get("/admin/operators").wants(http.StatusOK, "No operators yet")
}

// TestNext: after signing in, nobody is led elsewhere.
func TestNext(t *testing.T) {
	for to, want := range map[string]string{
		"/admin/seats": "/admin/seats", "/admin/seats?q=1&sort=mac": "/admin/seats?q=1&sort=mac", "": "/admin", "/": "/admin", "/agent": "/admin",
		"//evil.example/admin/": "/admin", "https://evil.example/admin/": "/admin", `/\evil.example/admin/`: "/admin", "/admin/\\evil": "/admin",
		"javascript:alert(1)": "/admin", "/admin/../agent": "/admin/../agent", "/admin/\r\nSet-Cookie: a=b": "/admin", "/administrator": "/admin",
	} {
		if got := next(to); got != want {
			t.Errorf("next(%q) = %q, want %q", to, got, want)
		}
	}
}

// hostile are texts that somebody might store to hurt who reads them.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "{{.}}", "javascript:alert(1)", "</textarea><script>", "a\u202eb", "\u2028", "&lt;b&gt;", "%3Cscript%3E", strings.Repeat("x", 128),
}

// TestHostileTexts: stored and searched for, they are text.
func TestHostileTexts(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	for i, text := range hostile {
		a := ed.post("/admin/operators/new", operator(text, fmt.Sprint("user", i)), part)
		if a.StatusCode != http.StatusOK && a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", text, a.StatusCode)
		}
		for _, path := range []string{"/admin/operators", "/admin/operators?q=" + url.QueryEscape(text), "/admin/operators?sort=" + url.QueryEscape(text) + "&dir=" + url.QueryEscape(text) + "&page=" + url.QueryEscape(text)} {
			a := ed.get(path)
			a.wants(http.StatusOK)
			for _, bad := range []string{"<script>alert", "<img src=x", "onmouseover='", "</textarea><script>"} {
				if strings.Contains(a.body, bad) {
					t.Errorf("%s: %q stands in the page", path, bad)
				}
			}
		}
	}
}

// BenchmarkOperatorPage is a page of 10,000 operators: the median until the first byte,
// by a real connection, with sign-in, counts and template, beside the bare SQL of its rows.
func BenchmarkOperatorPage(b *testing.B) {
	s := newSite(b)
	d := &config.Document{}
	for i := range 10000 {
		d.Operators = append(d.Operators, config.ImportedOperator{Operator: config.Operator{Username: fmt.Sprint("operator", i), FullName: fmt.Sprint("Operator ", i)}})
	}
	for i := range 500 {
		one := config.Service{Name: fmt.Sprint("Service ", i), Context: fmt.Sprint("context-", i), Type: config.Inbound, Enabled: true}
		for j := range 200 {
			one.Operators = append(one.Operators, config.Assignment{Username: fmt.Sprint("operator", (i*20+j)%10000)})
		}
		d.Services = append(d.Services, one)
	}
	if _, err := s.store.Import(b.Context(), d, nil); err != nil {
		b.Fatal(err)
	}
	ed := s.as("editor")
	seat := store.SeatDraft{MAC: "02:00:00:00:00:01", Extension: "PJSIP/1"}
	edit := func() {
		var err error
		seat.Description = fmt.Sprint("edit after ", seat.Version)
		if seat, err = s.store.SaveSeat(b.Context(), store.Editor{}, seat); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, path string
		before     func()
	}{
		{"first page", "/admin/operators", func() {}},
		{"first page after an edit", "/admin/operators", edit},
		{"search, sorted, third page", "/admin/operators?q=operator+99&sort=username&dir=desc&page=3", func() {}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				c.before()
				times = append(times, ed.firstByte(c.path))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-to-first-byte")
		})
	}
	dsn, err := config.SQLiteDSN(filepath.Join(s.dir, "working.db"), "mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.Run("bare SQL", func(b *testing.B) {
		for b.Loop() {
			if err := drain(b.Context(), db, "SELECT id, username, fullname, enabled FROM operators ORDER BY fullname LIMIT 25"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// firstByte is the time from a request that is sent to the first byte of its answer.
func (v *visitor) firstByte(path string) time.Duration {
	v.s.t.Helper()
	var begun, first time.Time
	r := v.request(path)
	resp, err := v.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { begun = time.Now() }, GotFirstResponseByte: func() { first = time.Now() },
	})))
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		v.s.t.Fatal(resp.StatusCode, err)
	}
	return first.Sub(begun)
}

// drain reads the rows of a query.
func drain(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}
