package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/migrations"
)

func TestImportExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	var progress []int
	counts, err := s.Import(t.Context(), document(t, siteXML), func(done, total int) { progress = append(progress, done, total) })
	if err != nil {
		t.Fatal(err)
	}
	if got := counts.String(); got != "2 services, 1 seat, 3 operators (2 passwords hashed)" {
		t.Error(got)
	}
	if len(progress) != 4 || progress[0] != 1 || progress[2] != 2 || progress[3] != 2 {
		t.Errorf("progress %v", progress)
	}
	first := export(t, s)
	for _, part := range []string{`<seat mac="00:11:22:33:44:55" extension="PJSIP/201" description="Desk 1"/>`, `<operator username="ada" penalty="1"/>`, `<variable name="account"/>`, `after_call="30" caller_id=""`,
		`caller_id="&#34;Acme&#34; &lt;+390551234&gt;"`, "<allow prefix=\"+39\"/>\n      <allow prefix=\"0\"/>\n      <deny prefix=\"+39899\"/>\n",
		"<pause reason=\"Lunch\"/>\n    <pause reason=\"Coffee\"/>\n", `verifier="$cti1$k=` + s.Pepper().ID()} {
		if !strings.Contains(first, part) {
			t.Errorf("lacks %s:\n%s", part, first)
		}
	}
	// What was exported can be imported, and is the same; by another process, too.
	second := open(t, dir)
	counts, err = second.Import(t.Context(), document(t, first), nil)
	if err != nil || counts.Hashed != 0 || counts.Foreign != 0 {
		t.Fatal(counts, err)
	}
	if got := export(t, s); got != first {
		t.Errorf("exported:\n%s\nand again:\n%s", first, got)
	}
	// Both kinds of password sign in, and only they.
	snapshot, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gate := password.NewGate(s.Pepper(), password.Options{})
	for user, plain := range map[string]string{"ada": "hunter2-correct-horse", "grace": "secret"} {
		o, _ := snapshot.Operator(user)
		if err := gate.Check(t.Context(), user, o.Verifier, password.MD5Hex(plain), netip.Addr{}); err != nil {
			t.Errorf("%s: %v", user, err)
		}
		if err := gate.Check(t.Context(), user, o.Verifier, password.MD5Hex("x"+plain), netip.Addr{}); !errors.Is(err, password.ErrWrong) {
			t.Errorf("%s: %v", user, err)
		}
	}
}

// older makes a database as it was after so many of its steps, with some content.
func older(t *testing.T, path string, steps fs.FS, n int64, content ...string) {
	t.Helper()
	db, err := connect(path, pragmas, 1)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, steps, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err == nil {
		_, err = p.UpTo(t.Context(), n)
	}
	for _, statement := range content {
		if err == nil {
			err = db.Exec(statement).Error
		}
	}
	if err = errors.Join(err, closeDB(db)); err != nil {
		t.Fatal(err)
	}
}

// TestOlderSchema: a working database as the first version left it is carried on.
func TestOlderSchema(t *testing.T) {
	dir := t.TempDir()
	older(t, filepath.Join(dir, "working.db"), migrations.Working(), 1,
		"INSERT INTO services (name, context, type) VALUES ('Out', 'from-internal', 'outbound')", "UPDATE draft SET changed = 1")
	s := open(t, dir)
	got := export(t, s)
	for _, part := range []string{`<service name="Out" `, `after_call="0" caller_id="" enabled="true"/>`, `<pause reason="Break"/>`} {
		if !strings.Contains(got, part) {
			t.Errorf("lacks %s:\n%s", part, got)
		}
	}
	if _, err := s.Publish(t.Context(), filepath.Join(dir, "published")); err != nil {
		t.Error(err)
	}
}

// TestImportFormat1: an earlier publication is brought back (J1).
func TestImportFormat1(t *testing.T) {
	s := open(t, t.TempDir())
	counts, err := s.ImportFile(t.Context(), filepath.Join("..", "config", "testdata", "format1.sqlite"), nil)
	if err != nil || counts.Services != 4 || counts.Operators != 3 {
		t.Error(counts, err)
	}
	dir := filepath.Join(t.TempDir(), "published")
	file, err := s.Publish(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := readPublished(t, dir, file); !slices.Equal(got.PauseReasons, config.DefaultPauseReasons()) {
		t.Errorf("reasons %q", got.PauseReasons)
	}
}

// TestSecretsOnDisk: no password, MD5 or pepper in any database (T14); nothing that
// others may read.
func TestSecretsOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if _, err := s.Import(t.Context(), document(t, siteXML), nil); err != nil {
		t.Fatal(err)
	}
	file, err := s.Publish(t.Context(), filepath.Join(dir, "published"))
	if err != nil {
		t.Fatal(err)
	}
	pepper, err := os.ReadFile(filepath.Join(dir, "pepper"))
	if err != nil {
		t.Fatal(err)
	}
	key := bytes.Fields(pepper[bytes.IndexByte(pepper, '\n'):])[2]
	for _, name := range append(names(t, dir), "published/"+file) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"hunter2", "5ebe2294ecd0e0f08eab7690d2a6ee69", password.MD5Hex("hunter2-correct-horse"), string(key)} {
			if name != "pepper" && bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %s", name, secret)
			}
		}
		want := os.FileMode(0o600)
		if strings.HasPrefix(name, "published/") {
			want = 0o640
		}
		if info.Mode().Perm()&^want != 0 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	before := export(t, s)
	faulty := seats(t, "x")
	faulty.Seats[0].MAC = "x"
	if _, err := s.Import(t.Context(), faulty, nil); len(faults(err)) != 1 {
		t.Errorf("faulty: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, d := range map[string]*config.Document{"to hash": document(t, siteXML), "to write": seats(t, "x")} {
		if _, err := s.Import(ended, d, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, ended: %v", name, err)
		}
	}
	// The last row of the last table cannot be written: nothing is.
	if err := s.write.Exec(`CREATE TRIGGER full BEFORE INSERT ON service_operators BEGIN SELECT raise(FAIL, 'disk full'); END`).Error; err != nil {
		t.Fatal(err)
	}
	other := document(t, strings.ReplaceAll(hashedXML, `penalty="1"`, `penalty="2"`))
	if _, err := s.Import(t.Context(), other, nil); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("failing: %v", err)
	}
	if after := export(t, s); after != before {
		t.Errorf("changed:\n%s", after)
	}
	if _, err := s.ImportFile(t.Context(), filepath.Join(dir, "none.xml"), nil); err == nil {
		t.Error("imported a file that is not there")
	}
}

func faults(err error) config.Faults {
	f, _ := errors.AsType[config.Faults](err)
	return f
}

func TestExportFile(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "site.xml")
	for range 2 {
		if err := s.ExportFile(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if info, _ := os.Stat(path); err != nil || string(content) != export(t, s) || info.Mode().Perm() != 0o600 || len(names(t, dir)) != 1 {
		t.Errorf("%v %v %v", err, info.Mode(), names(t, dir))
	}
	counts, err := s.ImportFile(t.Context(), path, nil)
	if err != nil || counts.Operators != 3 {
		t.Error(counts, err)
	}
	if err := s.ExportFile(t.Context(), filepath.Join(dir, "none", "x.xml")); err == nil {
		t.Error("exported into no folder")
	}
	if err := s.ExportFile(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "is a folder") || len(names(t, dir)) != 1 {
		t.Errorf("exported onto a folder: %v, %v", err, names(t, dir))
	}
	// What is no file is written into, not replaced.
	null := filepath.Join(dir, "null")
	if err := os.Symlink(os.DevNull, null); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportFile(t.Context(), null); err != nil {
		t.Error(err)
	}
	if to, err := os.Readlink(null); err != nil || to != os.DevNull {
		t.Errorf("%s, %v", to, err)
	}
}

// TestForeignPasswords: an import tells how many operators cannot sign in.
func TestForeignPasswords(t *testing.T) {
	s := open(t, t.TempDir())
	counts, err := s.Import(t.Context(), document(t, hashedXML), nil)
	if err != nil || counts.Foreign != 2 { // ada and grace; one who is disabled cannot anyway
		t.Error(counts, err)
	}
}

// TestOpenExisting makes no folder.
func TestOpenExisting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := OpenExisting(t.Context(), dir); !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("made the folder: %v", err)
	}
	open(t, dir)
	s, err := OpenExisting(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestClaim: one server at a time; the command line is not kept out.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	first, second := open(t, dir), open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	release, err := first.Claim(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel() // a server that is ending still runs
	if _, err := second.Claim(t.Context()); err == nil || !strings.Contains(err.Error(), "another server runs on it") || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
	if _, err := second.Import(t.Context(), seats(t, "x"), nil); err != nil {
		t.Error(err)
	}
	release()
	if release, err = second.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
}

// TestNoTemporaryFiles: a container may have no folder for them.
func TestNoTemporaryFiles(t *testing.T) {
	s := open(t, t.TempDir())
	memory, err := memoryDB()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeDB(memory) }()
	for name, db := range map[string]*gorm.DB{"write": s.write, "read": s.read, "state": s.state, "publish": memory} {
		var kind int
		if err := db.Raw("PRAGMA temp_store").Scan(&kind).Error; err != nil || kind != 2 {
			t.Errorf("%s: temp_store %d, %v", name, kind, err)
		}
	}
}

// TestOpenAtOnce: many processes on an empty folder.
func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			s, err := Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = s.Pepper().ID()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("peppers %v", ids)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"newer schema": {func(t *testing.T, dir string) {
			s := open(t, dir)
			if err := s.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)").Error; err != nil {
				t.Fatal(err)
			}
		}, "working.db: schema: version 9999 was made by a newer version"},
		"no database": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "working.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "working.db: "},
		"damaged pepper": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "pepper"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged or not a pepper file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.spoil(t, dir)
			s, err := Open(t.Context(), dir)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file); err == nil {
		t.Error("opened a file as a folder")
	}
}
