package admin

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/store"
)

// sheet uploads a CSV file.
func (v *visitor) sheet(module, content string) *answer {
	v.s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", `..\<b>people.csv`)
	if err != nil {
		v.s.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	return v.do(http.MethodPost, "/admin/"+module+"/import", form.FormDataContentType(), b.String())
}

// spoken makes answers come in a language.
func (v *visitor) spoken(lang string) {
	v.post("/admin/language", url.Values{"language": {lang}}).wants(http.StatusSeeOther)
}

// sheetOf is the draft's, without its mark.
func (c *callCentre) sheetOf(module string) string {
	c.t.Helper()
	return strings.TrimPrefix(c.as("viewer").get("/admin/"+module+"/export").wants(http.StatusOK).body, "\ufeff")
}

func TestSheet(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.operator("ada", "Ada", "ann")
	c.operator("bob", "Bob", "ann")
	before := c.sheetOf("operators")
	file := "fullname;username;password;enabled\nAda;ada;;\n<i>Bob</i>;bob;;nein\nCy;cy;short;ja\n"
	to := ed.sheet("operators", file).wants(http.StatusSeeOther).Header.Get("Location")
	page := ed.get(to).wants(http.StatusOK, "&lt;b&gt;people.csv", "1 added", "1 changed", "1 unchanged", "&lt;i&gt;Bob&lt;/i&gt;", "password set", "Disabled", "Import 2 lines", "1 password stands readable", "1 password is shorter")
	if strings.Contains(page.body, "short<") || strings.Contains(page.body, `"short"`) {
		t.Error("a password is told")
	}
	if after := c.sheetOf("operators"); after != before {
		t.Errorf("the dry run made %q of %q", after, before)
	}
	if c.audit.has("config.edited", "by=ed") {
		t.Error("the dry run is in the audit as an edit")
	}
	ed.post("/admin/operators/import/take", page.filled()).wants(http.StatusSeeOther)
	ed.post("/admin/operators/import/take", page.filled()).wants(http.StatusSeeOther) // clicked twice
	progress := strings.Replace(to, "import?", "import/progress?", 1)
	ed.get(progress, part).wants(http.StatusOK, `id="sheet-state"`)
	c.admin.sheets.work.Wait()
	ed.get(progress, part).wants(http.StatusOK, "The file was imported", "1 added", "1 changed", `class="count"`)
	ed.get(progress).wants(http.StatusSeeOther)
	if got, want := c.sheetOf("operators"), "username,fullname,enabled\nada,Ada,true\nbob,<i>Bob</i>,false\ncy,Cy,true\n"; got != want {
		t.Errorf("the draft is %q, not %q", got, want)
	}
	if !c.audit.has("config.edited", "by=ed", "from=127.0.0.1", "name=operators.csv") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	to = ed.sheet("operators", c.sheetOf("operators")).wants(http.StatusSeeOther).Header.Get("Location")
	if page := ed.get(to).wants(http.StatusOK, "3 unchanged", "holds what is saved already"); strings.Contains(page.body, "/import/take") {
		t.Error("there is a button, and nothing for it to do")
	}
}

// TestSheetFaults: nothing of a file with a fault is imported, and each line is told of in
// the reader's language.
func TestSheetFaults(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ann")
	for name, tt := range map[string]struct {
		module, lang, content string
		want                  []string
	}{
		"nothing":           {"seats", "en", "", []string{"Choose a file first"}},
		"one bad line":      {"seats", "en", "extension,mac\nPJSIP/11,00:1b:44:11:3a:11\nPJSIP/12,zz\n", []string{"1 line must be mended", "1 added", `</span>3</td>`, "<code>mac</code>"}},
		"MAC of another":    {"seats", "de", "extension,mac\nPJSIP/11,00:1b:44:11:3a:10\n", []string{"1 Zeile muss berichtigt werden", "PJSIP/10", "Fehler"}},
		"two bad operators": {"operators", "it", "username,enabled\nada,forse\nbob,\n", []string{"2 righe vanno corrette", "<code>enabled</code>", "<code>password</code>"}},
		"unknown column":    {"operators", "fr", "username,mobile\nada,1\n", []string{"1 ligne est à corriger", "mobile"}},
		"no CSV":            {"operators", "es", "PK\x03\x04\x00\xff\xfe", []string{"UTF-8", "Hay que corregir 1 línea"}},
		"a web page":        {"operators", "en", "<html><script>alert(1)</script>", []string{"&lt;html&gt;&lt;script&gt;"}},
		"quotes":            {"operators", "en", "username\n\"ada\n", []string{"</span>2</td>", "not closed"}},
		"too large":         {"operators", "en", "username\n" + strings.Repeat("a\n", 4<<20), []string{"larger than 8 MiB"}},
	} {
		ed.spoken(tt.lang)
		a := ed.sheet(tt.module, tt.content).wants(http.StatusUnprocessableEntity, tt.want...)
		if strings.Contains(a.body, "/import/take") || strings.Contains(a.body, "<script>") || strings.Contains(a.body, "<b>people") {
			t.Errorf("%s: there is a button, or a text is taken for HTML", name)
		}
	}
	if got := c.sheetOf("seats"); strings.Count(got, "\n") != 2 {
		t.Errorf("the draft is %q", got)
	}
	if n := len(c.admin.sheets.list); n != 0 {
		t.Errorf("%d bad files are kept", n)
	}
	if a := ed.do(http.MethodPost, "/admin/seats/import", "text/csv", strings.Repeat("a", maxSheet+2<<20)); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("ten MiB: %d", a.StatusCode)
	}
}

// TestSheetFormula: what a spreadsheet would run goes out as text and comes back as it was.
func TestSheetFormula(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "=HYPERLINK(1)", "ann")
	out := c.sheetOf("seats")
	if !strings.Contains(out, ",'=HYPERLINK(1)\n") {
		t.Errorf("exported is %q", out)
	}
	to := ed.sheet("seats", out).wants(http.StatusSeeOther).Header.Get("Location")
	ed.get(to).wants(http.StatusOK, "1 unchanged")
}

// TestSheetMany: of many lines a page shows the first, and of these the faulty ones first.
func TestSheetMany(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	var b strings.Builder
	b.WriteString("username,fullname,enabled\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "agent%05d,Agent %d,no\n", i, i)
	}
	to := ed.sheet("operators", b.String()).wants(http.StatusSeeOther).Header.Get("Location")
	page := ed.get(to).wants(http.StatusOK, "10000 added", "and 9800 more lines", "Import 10000 lines")
	if n := strings.Count(page.body, "<tr>"); n != maxSheetLines+1 || len(page.body) > 200_000 {
		t.Errorf("%d lines in %d bytes", n, len(page.body))
	}
	faulty := ed.sheet("operators", b.String()+"new one,,no\n").wants(http.StatusUnprocessableEntity, "1 line must be mended", "10000 added")
	if fault, next := strings.Index(faulty.body, "new one"), strings.Index(faulty.body, "agent00000"); fault < 0 || fault > next {
		t.Error("the fault is not first")
	}
}

// TestSheetMeanwhile: what was seen is done, or nothing.
func TestSheetMeanwhile(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	to := ed.sheet("seats", "extension,mac\nPJSIP/10,00:1b:44:11:3a:77\n").wants(http.StatusSeeOther).Header.Get("Location")
	form := ed.get(to).filled()
	c.seat("10", "", "ann")
	form = ed.post("/admin/seats/import/take", form).wants(http.StatusConflict, "Somebody changed", "1 changed").filled()
	if _, err := c.store.SaveSeat(t.Context(), store.Editor{By: "ann"}, store.SeatDraft{MAC: "00:1b:44:11:3a:77", Extension: "PJSIP/11"}); err != nil {
		t.Fatal(err)
	}
	if a := ed.post("/admin/seats/import/take", form).wants(http.StatusConflict, "1 line must be mended", "PJSIP/11"); strings.Contains(a.body, "/import/take") {
		t.Error("there is a button for a file with a fault")
	}
	if got := c.sheetOf("seats"); strings.Contains(got, "10,00:1b:44:11:3a:77") {
		t.Errorf("the draft is %q", got)
	}
}

// TestSheetUnaccounted: an import that the audit does not take changes nothing.
func TestSheetUnaccounted(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	to := ed.sheet("seats", "extension,mac\nPJSIP/10,00:1b:44:11:3a:77\n").wants(http.StatusSeeOther).Header.Get("Location")
	form := ed.get(to).filled()
	c.audit.fail = errors.New("disk full")
	ed.post("/admin/seats/import/take", form).wants(http.StatusSeeOther)
	c.admin.sheets.work.Wait()
	if a := ed.get("/admin/seats/export"); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("an export that nobody noted: %d", a.StatusCode)
	}
	c.audit.fail = nil
	ed.get(to).wants(http.StatusOK, "could not be taken over")
	if got := c.sheetOf("seats"); strings.Contains(got, "PJSIP") {
		t.Errorf("the draft is %q", got)
	}
}

// TestSheetOwner: a file is its manager's, of its module, and for a while.
func TestSheetOwner(t *testing.T) {
	c := newCallCentre(t)
	ed, ann, vi := c.as("editor"), c.as("administrator"), c.as("viewer")
	to := ed.sheet("seats", "extension,mac\nPJSIP/10,00:1b:44:11:3a:77\n").wants(http.StatusSeeOther).Header.Get("Location")
	form := ed.get(to).filled()
	vi.sheet("seats", "extension,mac\n").wants(http.StatusForbidden)
	for who, v := range map[string]*visitor{"another": ann, "the same, signed in twice": c.as("editor")} {
		v.get(to).wants(http.StatusNotFound, "not kept any more")
		v.get(strings.Replace(to, "import?", "import/progress?", 1), part).wants(http.StatusNotFound)
		if a := v.post("/admin/seats/import/take", form); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s may take it: %d", who, a.StatusCode)
		}
	}
	ed.get(strings.Replace(to, "seats", "operators", 1)).wants(http.StatusNotFound)
	ed.post("/admin/operators/import/take", form).wants(http.StatusNotFound)
	for range maxUploads {
		ed.sheet("seats", "extension,mac\n").wants(http.StatusSeeOther)
	}
	ed.get(to).wants(http.StatusNotFound, "not kept any more", "sheet-file")
	ed.post("/admin/seats/import/take", form).wants(http.StatusNotFound, "not kept any more")
	last := ed.sheet("seats", "extension,mac\nPJSIP/10,00:1b:44:11:3a:77\n").Header.Get("Location")
	form = ed.get(last).wants(http.StatusOK).filled()
	c.admin.Close()
	ed.post("/admin/seats/import/take", form).wants(http.StatusNotFound)
	if got := c.sheetOf("seats"); strings.Contains(got, "PJSIP") {
		t.Errorf("the draft is %q", got)
	}
}

func TestSheetExport(t *testing.T) {
	c := newCallCentre(t)
	c.operator("ada", "Ada, <b>", "ann")
	a := c.as("viewer").get("/admin/operators/export").wants(http.StatusOK, "\ufeffusername,fullname,enabled\n", `ada,"Ada, <b>",true`)
	if strings.Contains(a.body, "argon2") {
		t.Error("a verifier goes out")
	}
	if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="operators-2`) || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", a.Header)
	}
	if !c.audit.has("config.exported", "by=vi", "kind=operators") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	ed := c.as("editor")
	template := ed.get("/admin/operators/import/template").wants(http.StatusOK).body
	if template != "\ufeffusername,fullname,password,enabled\n" {
		t.Errorf("the template is %q", template)
	}
	ed.sheet("operators", template).wants(http.StatusSeeOther)
	for _, s := range []sheet{operatorSheet, seatSheet} { // what the page shows can be imported
		ed.sheet(s.module, s.example).wants(http.StatusSeeOther)
	}
}
