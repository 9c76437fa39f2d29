package admin

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// callCentre is a site with a folder of published files and a watcher of it, which looks
// when it is told to.
type callCentre struct {
	*site
	dir     string
	watcher *config.Watcher
}

func newCallCentre(t *testing.T) *callCentre {
	t.Helper()
	c := &callCentre{dir: filepath.Join(t.TempDir(), "published")}
	c.site = newSite(t, func(o *Options) {
		c.watcher = config.NewWatcher(config.WatcherOptions{Dir: c.dir, Live: o.Live, Hasher: o.Store.Pepper(), Log: o.Log})
		o.Publish, o.Watcher = c.dir, c.watcher
	})
	c.counts()
	t.Cleanup(c.admin.Close)
	return c
}

// look lets the watcher read the folder.
func (c *callCentre) look() {
	c.t.Helper()
	if err := c.watcher.Load(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *callCentre) seat(number, description, by string) {
	c.t.Helper()
	d := store.SeatDraft{MAC: "00:1b:44:11:3a:" + number[:2], Extension: "PJSIP/" + number, Description: description}
	found, err := c.store.Seats(c.t.Context(), store.ListQuery{Search: number})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range found.Rows {
		if s.Extension == d.Extension {
			if d, err = c.store.Seat(c.t.Context(), s.ID); err != nil {
				c.t.Fatal(err)
			}
			d.Description = description
		}
	}
	if _, err := c.store.SaveSeat(c.t.Context(), store.Editor{By: by}, d); err != nil {
		c.t.Fatal(err)
	}
}

func (c *callCentre) operator(name, full, by string) {
	c.t.Helper()
	if _, err := c.store.SaveOperator(c.t.Context(), store.Editor{By: by}, store.OperatorDraft{Username: name, FullName: full, Password: "fifteen leopards", Enabled: true}); err != nil {
		c.t.Fatal(err)
	}
}

// database opens the working database under the store's feet.
func (c *callCentre) database() *sql.DB {
	c.t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(c.dir)), "*", "working.db"))
	if err != nil || len(found) != 1 {
		c.t.Fatal(found, err)
	}
	dsn, err := config.SQLiteDSN(found[0], "_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (c *callCentre) history() []store.Publication {
	c.t.Helper()
	list, err := c.store.History(c.t.Context(), c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// filled is the form of a page's foot.
func (a *answer) filled() url.Values {
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
		values.Set(m[1], m[2])
	}
	return values
}

// apply presses the button of the page.
func (c *callCentre) apply(v *visitor) *answer {
	c.t.Helper()
	return v.post("/admin/apply", v.get("/admin/apply").wants(http.StatusOK).filled())
}

func (c *callCentre) applied(v *visitor) (file string) {
	c.t.Helper()
	a := c.apply(v).wants(http.StatusSeeOther)
	file = strings.TrimPrefix(a.Header.Get("Location"), "/admin/apply?file=")
	c.look()
	if live := c.live.Now(); live == nil || live.Source != file {
		c.t.Fatalf("%s is not in use", file)
	}
	return file
}

func TestApply(t *testing.T) {
	c := newCallCentre(t)
	ed, vi := c.as("editor"), c.as("viewer")
	ed.get("/admin/apply").wants(http.StatusOK, "Nothing to apply yet")
	c.seat("10", "At the window", "ann")
	c.operator("ada", "Ada Lovelace", "ed")

	page := vi.get("/admin/apply").wants(http.StatusOK, "Seats", "PJSIP/10", "At the window", "Ann Admin", "Ada Lovelace", "password set", "Ed Itor")
	if strings.Contains(page.body, `action="/admin/apply"`) || strings.Contains(page.body, "argon2") {
		t.Error("a viewer is offered to apply, or sees a verifier")
	}
	form := page.filled()
	vi.post("/admin/apply", form).wants(http.StatusForbidden)

	form = ed.get("/admin/apply").wants(http.StatusOK, "Apply 3 changes", "Pause reasons").filled() // with the reasons to pause that there are from the first

	a := ed.post("/admin/apply", form).wants(http.StatusSeeOther)
	to := a.Header.Get("Location")
	if again := ed.post("/admin/apply", form).wants(http.StatusSeeOther).Header.Get("Location"); again != to {
		t.Errorf("the second click leads to %s, the first to %s", again, to)
	}
	if list := c.history(); len(list) != 1 || list[0].By != "ed" || list[0].Changes != 3 {
		t.Errorf("the history is %+v", list)
	}
	state := strings.Replace(to, "/apply?", "/apply/state?", 1)
	vi.get(to).wants(http.StatusOK, `hx-get="`+state+`"`, "The server reads it now")
	vi.get(state, part).wants(http.StatusOK, `hx-trigger="load delay:250ms"`)
	vi.get(state).wants(http.StatusSeeOther)
	c.look()
	now := vi.get(state, part).wants(http.StatusOK, "In use since", "Ed Itor", `id="pending"`)
	if strings.Contains(now.body, "hx-trigger") || strings.Contains(now.body, `class="count"`) {
		t.Errorf("it goes on asking, or counts on: %s", now.body)
	}
	vi.get("/admin/apply").wants(http.StatusOK, "In use is what you see", "applied by", "1 seat, 1 operator")
	if !c.audit.has("config.applied", "by=ed", "from=127.0.0.1", "changes=3", "added=3") || !c.audit.has("config.published", "by=ed", "file=cti-000001-") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	vi.get("/admin/apply/state?file=cti-000009-20260101T000000Z.sqlite", part).wants(http.StatusNotFound)
	vi.get("/admin/apply?file=../../pepper").wants(http.StatusOK, "In use is what you see")
	ed.post("/admin/apply", ed.get("/admin/apply").filled()).wants(http.StatusConflict) // there is no button
}

// TestApplyLive: with a watcher that runs, a publication is in use without being asked for.
func TestApplyLive(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	changed, done := c.live.Changed(), make(chan error, 1)
	go func() { done <- c.watcher.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	to := c.apply(ed).wants(http.StatusSeeOther).Header.Get("Location")
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		t.Fatal("not in use")
	}
	ed.get(to).wants(http.StatusOK, "In use since", "No call was interrupted")
}

func TestApplyMeanwhile(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	form := ed.get("/admin/apply").filled()
	c.seat("11", "came later", "ann")
	a := ed.post("/admin/apply", form).wants(http.StatusConflict, "Somebody changed the configuration meanwhile", "came later", "Apply 3 changes")
	if list := c.history(); len(list) != 0 {
		t.Errorf("applied what nobody had looked at: %+v", list)
	}
	ed.post("/admin/apply", a.filled()).wants(http.StatusSeeOther)
	c.look()
	if n := len(c.live.Now().Seats); n != 2 {
		t.Errorf("%d seats in use", n)
	}
}

// between does something when the audit is told of an applying: after all was looked at,
// and before anything is done.
type between struct {
	*auditor
	do func()
}

func (b *between) Log(ctx context.Context, event string, attrs ...slog.Attr) error {
	if event == eventApplied {
		b.do()
	}
	return b.auditor.Log(ctx, event, attrs...)
}

// TestApplyBetween: nor is what somebody edits in the very moment applied, or lost.
func TestApplyBetween(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	first := c.applied(ed)
	c.seat("11", "", "ed")
	c.applied(ed)
	c.seat("12", "", "ed")
	number := 20
	c.admin.opts.Audit = &between{c.audit, func() {
		number++
		c.seat(strconv.Itoa(number), "in that moment", "ann")
	}}
	ed.post("/admin/apply", ed.get("/admin/apply").filled()).wants(http.StatusConflict, "Somebody changed", "PJSIP/21")
	ed.post("/admin/apply/again", ed.get("/admin/apply/again?file="+first).filled()).wants(http.StatusConflict, "Somebody changed", "PJSIP/22")
	if n := len(c.history()); n != 2 {
		t.Errorf("%d publications", n)
	}
	ed.get("/admin/apply").wants(http.StatusOK, "PJSIP/12", "PJSIP/21", "PJSIP/22")
}

// TestImportBetween: passwords take minutes, in which others go on; nothing of that is lost.
func TestImportBetween(t *testing.T) {
	c := newCallCentre(t)
	ann := c.as("administrator")
	c.seat("10", "before", "ed")
	to := ann.sent("x.xml", `<asteriskcti version="1"><seats><seat mac="00:1b:44:11:3a:b7" extension="PJSIP/1"/></seats></asteriskcti>`).wants(http.StatusSeeOther).Header.Get("Location")
	form := ann.get(to).filled()
	conn, err := c.database().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	do := func(statement string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do("BEGIN IMMEDIATE") // it waits for us
	ann.post("/admin/apply/import/replace", form).wants(http.StatusSeeOther)
	do("UPDATE seats SET description = 'meanwhile'")
	do("COMMIT")
	c.admin.uploads.work.Wait()
	ann.get(to).wants(http.StatusOK, "Somebody changed")
	ann.get("/admin/seats").wants(http.StatusOK, "meanwhile")
}

func TestApplyFaulty(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.operator("ada", "Ada Lovelace", "ed")
	if _, err := c.database().Exec("UPDATE operators SET verifier = ''"); err != nil {
		t.Fatal(err)
	}
	page := ed.get("/admin/apply").wants(http.StatusOK, "1 fault must be mended", `href="/admin/operators/1"`, "needs a password", " disabled aria-describedby")
	ed.post("/admin/apply", page.filled()).wants(http.StatusUnprocessableEntity, "needs a password")
	if len(c.history()) != 0 || c.audit.has("config.applied") {
		t.Error("a faulty draft was applied")
	}
}

func TestApplyUnaccounted(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	file := c.applied(ed)
	c.seat("11", "", "ed")
	form := ed.get("/admin/apply").filled()
	again := url.Values{"seen": form["seen"], "file": {file}}
	c.audit.fail = errors.New("disk full")
	ed.post("/admin/apply", form).wants(http.StatusInternalServerError)
	ed.post("/admin/apply/again", again).wants(http.StatusInternalServerError)
	ed.post("/admin/apply/discard", form).wants(http.StatusInternalServerError)
	ed.get("/admin/apply/export").wants(http.StatusInternalServerError)
	c.audit.fail = nil
	if n := len(c.history()); n != 1 {
		t.Errorf("%d publications, one is accounted for", n)
	}
	ed.get("/admin/apply").wants(http.StatusOK, "Apply 1 change")
}

// TestApplyRefused: a file that is spoilt before the server reads it.
func TestApplyRefused(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	first := c.applied(ed)
	c.seat("11", "", "ed")
	to := c.apply(ed).wants(http.StatusSeeOther).Header.Get("Location")
	file := strings.TrimPrefix(to, "/admin/apply?file=")
	if err := os.WriteFile(filepath.Join(c.dir, file), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.look()
	ed.get(to).wants(http.StatusOK, "The server refused it", "stays in use", "not an SQLite file")
	ed.get("/admin/apply").wants(http.StatusOK, "The server refuses a newer file", file, first)
}

func TestJudge(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	folder := func(state config.State) config.Status {
		return config.Status{Files: []config.FileStatus{{Name: "other", State: config.Refused}, {Name: "ours", State: state, Reason: "why"}}}
	}
	for name, tt := range map[string]struct {
		after  time.Duration
		folder config.Status
		live   string
		want   string
	}{
		"just published":          {after: time.Second, want: "waiting"},
		"on another machine":      {after: 11 * time.Second, want: "late"},
		"half read":               {after: time.Second, folder: folder(config.Pending), want: "waiting"},
		"in use":                  {after: time.Second, folder: folder(config.InUse), want: "used"},
		"in use, not yet told":    {after: time.Second, live: "ours", want: "used"},
		"refused":                 {after: time.Second, folder: folder(config.Refused), live: "other", want: "refused"},
		"a newer one is in use":   {after: time.Hour, folder: folder(config.Older), live: "other", want: "older"},
		"read late and in use":    {after: time.Hour, folder: folder(config.InUse), live: "ours", want: "used"},
		"taken out of its folder": {after: time.Hour, live: "ours", want: "used"},
	} {
		s := &applyState{publishedLine: publishedLine{File: "ours", At: at}}
		var live *config.Snapshot
		if tt.live != "" {
			live = config.New(tt.live, nil, nil, nil)
		}
		if s.judge(at.Add(tt.after), tt.folder, live); s.Is != tt.want {
			t.Errorf("%s: %s, want %s", name, s.Is, tt.want)
		}
	}
}

func TestDiscard(t *testing.T) {
	c := newCallCentre(t)
	ed := c.as("editor")
	c.seat("10", "", "ed")
	ed.get("/admin/apply/discard").wants(http.StatusSeeOther) // nothing to go back to
	c.applied(ed)
	ed.get("/admin/apply/discard", part).wants(http.StatusNoContent) // nothing to throw away
	c.seat("11", "", "ann")
	c.operator("ada", "", "ed")
	ask := ed.get("/admin/apply/discard", part).wants(http.StatusOK, "Discard 2 changes?", "1 change: <bdi>Ann Admin</bdi>", "<bdi>Ed Itor</bdi> (you)")
	form := ask.filled()
	c.seat("12", "", "ann")
	ed.post("/admin/apply/discard", form).wants(http.StatusConflict, "Apply 3 changes")
	ed.post("/admin/apply/discard", ed.get("/admin/apply/discard").filled()).wants(http.StatusSeeOther)
	ed.get("/admin/apply").wants(http.StatusOK, "In use is what you see")
	if !c.audit.has("config.edited", "by=ed", "kind=configuration") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
}

func TestHistory(t *testing.T) {
	c := newCallCentre(t)
	ed, vi := c.as("editor"), c.as("viewer")
	vi.get("/admin/apply/history").wants(http.StatusOK, "Nothing was applied yet")
	c.seat("10", "old words", "ann")
	first := c.applied(ed)
	c.seat("10", "new words", "ann")
	second := c.applied(ed)
	c.seat("11", "not applied", "ann")

	page := ed.get("/admin/apply/history").wants(http.StatusOK, "In use", first, second, "/admin/apply/again?file="+first)
	if strings.Contains(page.body, "/admin/apply/again?file="+second) {
		t.Error("what is in use can be applied again")
	}
	if page := vi.get("/admin/apply/history"); strings.Contains(page.body, "/admin/apply/again") {
		t.Error("a viewer is offered to apply")
	}
	vi.get("/admin/apply/difference?file="+second).wants(http.StatusOK, "<bdi>old words</bdi></del>", "<bdi>new words</bdi></ins>")
	vi.get("/admin/apply/difference?file="+first).wants(http.StatusOK, "old words")
	vi.get("/admin/apply/difference?file=" + url.QueryEscape("../"+first)).wants(http.StatusNotFound)

	ask := ed.get("/admin/apply/again?file="+first).wants(http.StatusOK, "1 change that is not applied yet would be replaced", "Ann Admin", "<bdi>new words</bdi></del>", "PJSIP/11", "are signed out")
	form := ask.filled()
	c.seat("12", "", "ann")
	ed.post("/admin/apply/again", form).wants(http.StatusConflict, "Somebody changed")
	form = ed.get("/admin/apply/again?file=" + first).filled()
	to := ed.post("/admin/apply/again", form).wants(http.StatusSeeOther).Header.Get("Location")
	if again := ed.post("/admin/apply/again", form).Header.Get("Location"); again != to {
		t.Errorf("the second click leads to %s, the first to %s", again, to)
	}
	c.look()
	ed.get(to).wants(http.StatusOK, "In use since")
	if s := c.live.Now(); len(s.Seats) != 1 || s.Seats[0].Description != "old words" {
		t.Errorf("in use is %+v", s.Seats)
	}
	if !c.audit.has("config.applied", "again="+first) || len(c.history()) != 3 {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	if err := os.Remove(filepath.Join(c.dir, first)); err != nil {
		t.Fatal(err)
	}
	ed.get("/admin/apply/history").wants(http.StatusOK, "File missing")
	ed.get("/admin/apply/again?file=" + first).wants(http.StatusNotFound)
}

// sent uploads a file.
func (v *visitor) sent(name, content string) *answer {
	v.s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		v.s.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	return v.do(http.MethodPost, "/admin/apply/import", form.FormDataContentType(), b.String())
}

func TestImportRefused(t *testing.T) {
	c := newCallCentre(t)
	ann, ed := c.as("administrator"), c.as("editor")
	c.seat("10", "", "ann")
	for name, tt := range map[string]struct{ content, want string }{
		"empty":           {"", "Choose a file first"},
		"not XML":         {"Dear server,", "Faults in"},
		"wrong root":      {"<html/>", "Line 1"},
		"not well-formed": {"<asteriskcti version=\"1\">\n<services>\n</asteriskcti>", "Line 3"},
		"two faults": {"<asteriskcti version=\"1\">\n<seats>\n<seat mac=\"1\" extension=\"PJSIP/1\"/>\n<seat mac=\"00:1b:44:11:3a:b7\" extension=\"&lt;b&gt;\"/></seats></asteriskcti>",
			"Seat <bdi>PJSIP/1</bdi>, MAC address"},
		"cut SQLite": {"SQLite format 3\x00" + strings.Repeat("\x00", 10), "The file is not complete"},
	} {
		a := ann.sent(`..\..\<b>bad</b>.xml`, tt.content).wants(http.StatusUnprocessableEntity, tt.want)
		if strings.Contains(a.body, "<b>bad</b>") || strings.Contains(a.body, "<bdi><b>") {
			t.Errorf("%s: the names of the file are taken for HTML", name)
		}
	}
	faults := "<asteriskcti version=\"1\"><operators>" + strings.Repeat("<operator username=\"\"/>\n", 300) + "</operators></asteriskcti>"
	if a := ann.sent("many.xml", faults).wants(http.StatusUnprocessableEntity, "Line 99", "more faults"); strings.Count(a.body, "<li>") > 300 {
		t.Error("a fault for every line")
	}
	ed.sent("x.xml", "<html/>").wants(http.StatusForbidden)
	if n := len(c.admin.uploads.list); n != 0 {
		t.Errorf("%d bad files are kept", n)
	}
	if entries, err := os.ReadDir(c.dir); err != nil || len(entries) != 0 {
		t.Errorf("left in the folder: %v %v", entries, err)
	}
	ann.get("/admin/apply").wants(http.StatusOK, "Apply 2 changes")
}

func TestImport(t *testing.T) {
	c := newCallCentre(t)
	ann := c.as("administrator")
	c.seat("10", "", "ed")
	var b strings.Builder
	b.WriteString(`<asteriskcti version="1"><operators>`)
	for i := range 60 {
		secret := `enabled="false"`
		if i < 2 { // each costs time
			secret = `password="short"`
		}
		fmt.Fprintf(&b, `<operator username="agent%02d" fullname="&lt;img src=x onerror=alert(%d)&gt;" %s/>`, i, i, secret)
	}
	b.WriteString(`</operators></asteriskcti>`)
	to := ann.sent("sixty.xml", b.String()).wants(http.StatusSeeOther).Header.Get("Location")
	page := ann.get(to).wants(http.StatusOK, "sixty.xml", "2 passwords stand readable", "2 passwords are shorter", "2 changes that are not applied yet", "Ed Itor", "agent59", "60 added", "1 removed")
	if strings.Contains(page.body, "<img") || strings.Contains(page.body, `"short"`) {
		t.Error("a name is taken for HTML, or a password is told")
	}
	other := c.visitor()
	other.post("/admin/sign-in", url.Values{"user": {"ann"}, "password": {managers["administrator"]}}).wants(http.StatusSeeOther)
	other.get(to).wants(http.StatusNotFound, "not kept any more")
	other.post("/admin/apply/import/replace", page.filled()).wants(http.StatusNotFound)

	c.seat("11", "", "ed")
	page = ann.post("/admin/apply/import/replace", page.filled()).wants(http.StatusConflict, "Somebody changed")
	ann.post("/admin/apply/import/replace", page.filled()).wants(http.StatusSeeOther)
	ann.post("/admin/apply/import/replace", page.filled()).wants(http.StatusSeeOther) // clicked twice
	progress := strings.Replace(to, "import?", "import/progress?", 1)
	ann.get(progress, part).wants(http.StatusOK)
	c.admin.uploads.work.Wait()
	ann.get(progress, part).wants(http.StatusOK, "The draft was replaced", "0 seats, 60 operators", "2 passwords are shorter", `class="count"`)
	ann.get("/admin/apply").wants(http.StatusOK, "Apply 61 changes")
	if !c.audit.has("config.edited", "by=ann", "kind=configuration", "name=sixty.xml") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	file := c.applied(ann)

	published, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	c.seat("12", "", "ed")
	to = ann.sent(`C:\fakepath\back.sqlite`, string(published)).wants(http.StatusSeeOther).Header.Get("Location")
	ann.get(to).wants(http.StatusOK, "back.sqlite", "PJSIP/12", "1 removed")
	if files, err := os.ReadDir(c.dir); err != nil || len(files) != 1 {
		t.Errorf("left in the folder: %v %v", files, err)
	}
}

// TestImportUnaccounted: an import that the audit does not take changes nothing.
func TestImportUnaccounted(t *testing.T) {
	c := newCallCentre(t)
	ann := c.as("administrator")
	to := ann.sent("x.xml", `<asteriskcti version="1"><seats><seat mac="00:1b:44:11:3a:b7" extension="PJSIP/1"/></seats></asteriskcti>`).wants(http.StatusSeeOther).Header.Get("Location")
	form := ann.get(to).filled()
	c.audit.fail = errors.New("disk full")
	ann.post("/admin/apply/import/replace", form).wants(http.StatusSeeOther)
	c.admin.uploads.work.Wait()
	c.audit.fail = nil
	ann.get(to).wants(http.StatusOK, "could not be taken over")
	ann.get("/admin/apply").wants(http.StatusOK, "Nothing to apply yet")
}

// TestUploads: a few are kept, each for its time, and none after the end.
func TestUploads(t *testing.T) {
	c := newCallCentre(t)
	ann := c.as("administrator")
	var all []string
	for range maxUploads + 1 {
		all = append(all, ann.sent("x.xml", `<asteriskcti version="1"/>`).wants(http.StatusSeeOther).Header.Get("Location"))
	}
	ann.get(all[0]).wants(http.StatusNotFound)
	ann.get(all[1]).wants(http.StatusOK)
	c.admin.Close()
	ann.get(all[1]).wants(http.StatusNotFound)
}

func TestExport(t *testing.T) {
	c := newCallCentre(t)
	c.operator("ada", "Ada & <b>", "ed")
	ed := c.as("editor")
	a := ed.get("/admin/apply/export").wants(http.StatusOK, `username="ada"`, "Ada &amp; &lt;b&gt;", "verifier=")
	if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="asteriskcti-`) || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Type") != "application/xml; charset=utf-8" {
		t.Errorf("headers: %v", a.Header)
	}
	if !c.audit.has("config.exported", "by=ed") {
		t.Errorf("the audit has %q", c.audit.lines)
	}
	c.as("viewer").get("/admin/apply/export").wants(http.StatusForbidden)
	if _, err := config.ReadXML(strings.NewReader(a.body), "export.xml"); err != nil {
		t.Error(err)
	}
}
