package config

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// publishTo writes a published file as the store does, after extra statements.
func publishTo(t testing.TB, path string, s *Snapshot, extra ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(statement string, args ...any) {
		if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, statement := range PublishedSchema {
		exec(statement)
	}
	exec("INSERT INTO published VALUES (?, 0)", s.Revision)
	for i, o := range s.Operators {
		exec("INSERT INTO operators VALUES (?, ?, ?, ?, ?, ?)", i, o.Username, o.FullName, o.Verifier, o.Enabled, o.UID)
	}
	for i, seat := range s.Seats {
		exec("INSERT INTO seats VALUES (?, ?, ?, ?)", i, seat.MAC, seat.Extension, seat.Description)
	}
	for i, v := range s.Services {
		exec("INSERT INTO services VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", i, v.Name, v.Context, v.Type, v.Queue, v.Trigger, v.Application, v.ParamString, v.Target, v.AllowHTTP, v.OpenAt, v.Enabled, v.AfterCall, v.CallerID)
		for position, name := range v.Variables {
			exec("INSERT INTO service_variables VALUES (?, ?, ?, ?)", i, position, name, v.Labels[name])
		}
		for position, name := range v.Dispositions {
			exec("INSERT INTO service_dispositions VALUES (?, ?, ?)", i, position, name)
		}
		for _, prefix := range v.Allow {
			exec("INSERT INTO service_prefixes VALUES (?, ?, 1)", i, prefix)
		}
		for _, prefix := range v.Deny {
			exec("INSERT INTO service_prefixes VALUES (?, ?, 0)", i, prefix)
		}
		for _, a := range v.Operators {
			exec("INSERT INTO service_operators SELECT ?, id, ? FROM operators WHERE username = ?", i, a.Penalty, a.Username)
		}
	}
	for i, reason := range s.PauseReasons {
		exec("INSERT INTO pause_reasons VALUES (?, ?)", i, reason)
	}
	exec("INSERT INTO limits VALUES (1, ?, ?, ?)", s.Limits.AfterCall, s.Limits.PerMinute, s.Limits.PerHour)
	exec(fmt.Sprintf("PRAGMA application_id = %d", ApplicationID))
	exec(fmt.Sprintf("PRAGMA user_version = %d", FormatVersion))
	for _, statement := range extra {
		exec(statement)
	}
	exec("VACUUM INTO ?", path)
}

// publishedFile returns a valid file's path.
func publishedFile(t testing.TB, dir string) string {
	path := filepath.Join(dir, FileName(1, siteSnapshot().Loaded))
	s := siteSnapshot()
	s.Revision = 1
	publishTo(t, path, s)
	return path
}

func TestSQLiteRoundTrip(t *testing.T) {
	// A path with everything that means something in a URI.
	dir := filepath.Join(t.TempDir(), "a b?c#d%20&e=f")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := publishedFile(t, dir)
	s, err := ReadSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, s), text(t, siteSnapshot()); got != want {
		t.Errorf("read:\n%s\nwant:\n%s", got, want)
	}
	if s.Revision != 1 || s.Source != filepath.Base(path) || s.ServicesOf("grace")[0].Template() == nil {
		t.Errorf("revision %d, source %q", s.Revision, s.Source)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("reading left %v", entries)
	}
	// Read only and by nobody else: no log, no lock, no right to write is needed.
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSQLite(t.Context(), path); err != nil {
		t.Error(err)
	}
}

// TestSQLiteFormats: files of the formats before, as they were published then. A file's
// number and its tables go together.
func TestSQLiteFormats(t *testing.T) {
	fourth, seats, operators := site()
	for i := range operators {
		operators[i].UID = "" // told since format 5
	}
	third := slices.Clone(fourth)
	for i := range third {
		third[i].OpenAt, third[i].Labels, third[i].Dispositions = "", nil, nil
	}
	second := slices.Clone(third)
	second[1].AfterCall, second[3].AfterCall = 0, 0
	first := slices.Clone(second)
	for i := range first {
		first[i].AfterCall, first[i].CallerID, first[i].Allow, first[i].Deny = 0, "", nil, nil
	}
	files := []string{1: filepath.Join("testdata", "format1.sqlite"), 2: filepath.Join("testdata", "format2.sqlite"), 3: filepath.Join("testdata", "format3.sqlite"), 4: filepath.Join("testdata", "format4.sqlite"), 5: publishedFile(t, t.TempDir())}
	for format, want := range []*Snapshot{
		1: New("", first, seats, operators), 2: New("", second, seats, operators, siteReasons()...), 3: limited(New("", third, seats, operators, siteReasons()...)), 4: limited(New("", fourth, seats, operators, siteReasons()...)), 5: siteSnapshot(),
	} {
		if want == nil {
			continue
		}
		got, err := ReadSQLite(t.Context(), files[format])
		if err != nil {
			t.Fatalf("format %d: %v", format, err)
		}
		if text(t, got) != text(t, want) || got.Revision != 1 || len(Diff(got, want)) > 0 {
			t.Errorf("format %d, revision %d:\n%s\nwant:\n%s", format, got.Revision, text(t, got), text(t, want))
		}
		content, err := os.ReadFile(files[format])
		if err != nil {
			t.Fatal(err)
		}
		for called := 1; called <= FormatVersion; called++ {
			if content[63] = byte(called); called == format { // the last byte of user_version
				continue
			}
			path := filepath.Join(t.TempDir(), "x.sqlite")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadSQLite(t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), "not one of a published configuration") && !strings.Contains(err.Error(), "of its tables are missing") {
				t.Errorf("%d called %d: error %v", format, called, err)
			}
		}
	}
}

func TestSQLiteRefuses(t *testing.T) {
	good, err := os.ReadFile(publishedFile(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	at := func(offset int, value uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[offset:], value); return b }
	}
	for _, c := range []struct {
		name  string
		spoil func([]byte) []byte
		want  string
	}{
		{"empty", func([]byte) []byte { return nil }, "is empty"},
		{"text", func([]byte) []byte { return []byte("hello") }, "is not an SQLite file"},
		{"zeros", func(b []byte) []byte { clear(b); return b }, "is not an SQLite file"},
		{"only the magic", func(b []byte) []byte { return b[:16] }, "is cut off after 16 bytes"},
		{"first page only", func(b []byte) []byte { return b[:4096] }, "is cut off or has grown: 4096 bytes where"},
		{"last byte missing", func(b []byte) []byte { return b[:len(b)-1] }, "is cut off"},
		{"grown", func(b []byte) []byte { return append(b, 0) }, "has grown"},
		{"write-ahead log", func(b []byte) []byte { b[18], b[19] = 2, 2; return b }, "a database in use"},
		{"other program", at(68, 0), "SQLite file of another program"},
		{"newer format", at(60, FormatVersion+1), "published by a newer version of this program (format 6, this one reads up to 5)"},
		{"no format", at(60, 0), "has format 0"},
		{"page size", func(b []byte) []byte { b[16], b[17] = 0x10, 1; return b }, "its page size is"},
		{"schema page gone", func(b []byte) []byte { clear(b[100:4096]); return b }, ""},
		{"half of it zeros", func(b []byte) []byte { clear(b[len(b)/2:]); return b }, "damaged"},
		{"root page of services gone", func(b []byte) []byte { clear(b[2*4096 : 3*4096]); return b }, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.sqlite")
			if err := os.WriteFile(path, c.spoil(slices.Clone(good)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadSQLite(t.Context(), path)
			if _, ok := errors.AsType[Faults](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want a fault with %q", err, c.want)
			}
		})
	}
	if _, err := ReadSQLite(t.Context(), filepath.Join(t.TempDir(), "none.sqlite")); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadSQLite(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo.sqlite")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSQLite(t.Context(), fifo); err == nil || !strings.Contains(err.Error(), "is a named pipe") {
		t.Errorf("a pipe: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadSQLite(ctx, publishedFile(t, t.TempDir())); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// TestSQLiteForeignContent: files with the right header whose inside is not ours.
func TestSQLiteForeignContent(t *testing.T) {
	for _, c := range []struct{ name, extra, want string }{
		{"view for a table", `DROP TABLE seats; CREATE VIEW seats AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS id, 'x' AS mac, 'y' AS extension, 'z' AS description FROM n`, `table or view "seats" is not one of`},
		{"trigger", `CREATE TRIGGER t AFTER INSERT ON seats BEGIN DELETE FROM seats; END`, `"t" is not one of`},
		{"further table", `CREATE TABLE secrets (x)`, `"secrets" is not one of`},
		{"further column", `ALTER TABLE seats ADD COLUMN x TEXT`, `"seats" is not one of`},
		{"table missing", `DROP TABLE service_variables`, "1 of its tables are missing"},
		{"no revision", `DELETE FROM published`, "damaged"},
		{"reference to nothing", `DELETE FROM operators WHERE username = 'ada'`, "belongs to a row of operators that is not there"},
		{"faulty configuration", `UPDATE services SET context = 'a,b' WHERE name = 'Support'`, `service "Support", context: "a,b": write`},
		{"prefix and reason", `UPDATE service_prefixes SET prefix = 'x' WHERE prefix = '#'; UPDATE pause_reasons SET reason = 'a;b' WHERE reason = 'Lunch'`, `deny "x"`},
		{"many reasons", `WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i+1 FROM n LIMIT 40) INSERT INTO pause_reasons SELECT i, 'r' || i FROM n`, "holds more than 32 rows"},
		{"several faults", `UPDATE seats SET mac = 'x'`, `seat "SIP/202", mac`},
		{"no text", `UPDATE operators SET fullname = cast(x'ff00ff' AS TEXT) WHERE username = 'ada'`, "fullname"},
		{"no uid", `UPDATE operators SET uid = '' WHERE username = 'ada'`, `operator "ada" has not his own uid`},
		{"no word for a uid", `UPDATE operators SET uid = 'a b' WHERE username = 'ada'`, `operator "ada" has not his own uid`},
		{"a uid twice", `UPDATE operators SET uid = 'ADA' WHERE username = 'grace'`, "has not his own uid"},
		{"limits", `UPDATE limits SET per_hour = 40000`, "limits, per_hour: 40000: write 0 to 36000 calls"},
		{"limits twice", `INSERT INTO limits VALUES (2, 0, 0, 0)`, "holds more than 1 rows"},
		{"after-call work", `UPDATE services SET after_call = -2`, "after_call: -2: write 0 to 3600 seconds"},
		{"moment to open", `UPDATE services SET open_at = 'rings' WHERE name = 'Support'`, `service "Support", open: "rings" is none of answer, ring; did you mean ring?`},
		{"many dispositions", `WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i+1 FROM n LIMIT 32) INSERT INTO service_dispositions SELECT 0, i, 'd' || i FROM n`, "33 of them: at most 32"},
		{"huge number", `UPDATE services SET enabled = 9223372036854775807`, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.sqlite")
			publishTo(t, path, siteSnapshot(), c.extra)
			_, err := ReadSQLite(t.Context(), path)
			if _, ok := errors.AsType[Faults](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want a fault with %q", err, c.want)
			}
		})
	}
}

// TestSQLiteMutated: whatever happens to its bytes, a file is read or refused.
func TestSQLiteMutated(t *testing.T) {
	path := publishedFile(t, t.TempDir())
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused, tries := 0, 150
	for range tries {
		bad := slices.Clone(good)
		for range 1 + random.IntN(8) {
			from := random.IntN(len(bad))
			if random.IntN(3) > 0 { // the headers of pages matter most
				from = from&^4095 + random.IntN(120)
			}
			bad[from] = byte(random.Uint32())
		}
		if random.IntN(8) == 0 { // two pages change places
			a, b := random.IntN(len(bad)/4096)*4096, random.IntN(len(bad)/4096)*4096
			copy(bad[a:a+4096], good[b:b+4096])
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSQLite(t.Context(), path)
		if _, ok := errors.AsType[Faults](err); err != nil && !ok {
			t.Fatalf("not a fault: %v", err)
		}
		if err == nil && len(s.Validate()) > 0 {
			t.Fatal("a faulty snapshot without an error")
		}
		if err != nil {
			refused++
		}
	}
	t.Logf("%d of %d refused", refused, tries)
}

func FuzzReadSQLite(f *testing.F) {
	good, err := os.ReadFile(publishedFile(f, f.TempDir()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(0), []byte{}, uint(0))
	f.Add(uint(105), []byte{255, 255}, uint(4096))
	f.Fuzz(func(t *testing.T, at uint, change []byte, cut uint) {
		bad := slices.Clone(good)
		copy(bad[at%uint(len(bad)):], change)
		bad = bad[:uint(len(bad))-cut%uint(len(bad))]
		path := filepath.Join(t.TempDir(), "x.sqlite")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSQLite(t.Context(), path); err != nil {
			if _, ok := errors.AsType[Faults](err); !ok {
				t.Fatal(err)
			}
		}
	})
}
