package config

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	_ "github.com/glebarez/go-sqlite" // driver "sqlite"; no other SQLite driver may stand beside it
)

// What a published file says of itself in its header.
const (
	ApplicationID = 0x43544931 // "CTI1"
	FormatVersion = 5          // user_version; formats from oldestFormat on are read as well

	oldestFormat = 1
)

// PublishedSchema is the whole schema of a published file, statement by statement;
// the store makes files of it. A reader accepts no other but that of an older format,
// to the letter: a view or a trigger of a foreign file could make a plain SELECT run
// for ever. STRICT lets quick_check find values of a wrong type.
var PublishedSchema = slices.Concat(schemaAll, schemaFrom2, schemaFrom3, schemaFrom4, []string{`CREATE TABLE operators (
	id INTEGER PRIMARY KEY,
	username TEXT NOT NULL,
	fullname TEXT NOT NULL,
	verifier TEXT NOT NULL,
	enabled INTEGER NOT NULL,
	uid TEXT NOT NULL
) STRICT`})

// schemasBefore are those of the older formats.
var schemasBefore = map[uint32][]string{
	1: slices.Concat(schemaAll, schemaUntil4, schemaUntil3, schemaOf1),
	2: slices.Concat(schemaAll, schemaUntil4, schemaUntil3, schemaOf2And3, schemaFrom2),
	3: slices.Concat(schemaAll, schemaUntil4, schemaUntil3, schemaOf2And3, schemaFrom2, schemaFrom3),
	4: slices.Concat(schemaAll, schemaUntil4, schemaFrom2, schemaFrom3, schemaFrom4),
}

var schemaFrom4 = []string{`CREATE TABLE services (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	context TEXT NOT NULL,
	type TEXT NOT NULL,
	queue TEXT NOT NULL,
	trigger TEXT NOT NULL,
	application TEXT NOT NULL,
	param_string TEXT NOT NULL,
	target TEXT NOT NULL,
	allow_http INTEGER NOT NULL,
	open_at TEXT NOT NULL,
	enabled INTEGER NOT NULL,
	after_call INTEGER NOT NULL,
	caller_id TEXT NOT NULL
) STRICT`, `CREATE TABLE service_variables (
	service_id INTEGER NOT NULL REFERENCES services (id),
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	label TEXT NOT NULL,
	PRIMARY KEY (service_id, position)
) STRICT`, `CREATE TABLE service_dispositions (
	service_id INTEGER NOT NULL REFERENCES services (id),
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (service_id, position)
) STRICT`}

var schemaFrom3 = []string{`CREATE TABLE limits (
	id INTEGER PRIMARY KEY,
	after_call INTEGER NOT NULL,
	per_minute INTEGER NOT NULL,
	per_hour INTEGER NOT NULL
) STRICT`}

var schemaOf2And3 = []string{`CREATE TABLE services (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	context TEXT NOT NULL,
	type TEXT NOT NULL,
	queue TEXT NOT NULL,
	trigger TEXT NOT NULL,
	application TEXT NOT NULL,
	param_string TEXT NOT NULL,
	target TEXT NOT NULL,
	allow_http INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	after_call INTEGER NOT NULL,
	caller_id TEXT NOT NULL
) STRICT`}

var schemaFrom2 = []string{`CREATE TABLE service_prefixes (
	service_id INTEGER NOT NULL REFERENCES services (id),
	prefix TEXT NOT NULL,
	allowed INTEGER NOT NULL,
	PRIMARY KEY (service_id, prefix)
) STRICT`, `CREATE TABLE pause_reasons (
	position INTEGER PRIMARY KEY,
	reason TEXT NOT NULL
) STRICT`}

var schemaOf1 = []string{`CREATE TABLE services (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	context TEXT NOT NULL,
	type TEXT NOT NULL,
	queue TEXT NOT NULL,
	trigger TEXT NOT NULL,
	application TEXT NOT NULL,
	param_string TEXT NOT NULL,
	target TEXT NOT NULL,
	allow_http INTEGER NOT NULL,
	enabled INTEGER NOT NULL
) STRICT`}

var schemaUntil3 = []string{`CREATE TABLE service_variables (
	service_id INTEGER NOT NULL REFERENCES services (id),
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (service_id, position)
) STRICT`}

var schemaUntil4 = []string{`CREATE TABLE operators (
	id INTEGER PRIMARY KEY,
	username TEXT NOT NULL,
	fullname TEXT NOT NULL,
	verifier TEXT NOT NULL,
	enabled INTEGER NOT NULL
) STRICT`}

// schemaAll are the tables that no format changed.
var schemaAll = []string{
	`CREATE TABLE published (
	revision INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE seats (
	id INTEGER PRIMARY KEY,
	mac TEXT NOT NULL,
	extension TEXT NOT NULL,
	description TEXT NOT NULL
) STRICT`,
	`CREATE TABLE service_operators (
	service_id INTEGER NOT NULL REFERENCES services (id),
	operator_id INTEGER NOT NULL REFERENCES operators (id),
	penalty INTEGER NOT NULL,
	PRIMARY KEY (service_id, operator_id)
) STRICT`,
}

// readTime bounds the reading of one file, whatever is in it.
const readTime = 30 * time.Second

// ReadSQLite reads a published file, through a handle of its own that it closes
// again. Whatever the file holds, the answer is a snapshot or an error: Faults when
// the file or the configuration is faulty, another error when ctx ended or the file
// cannot be opened.
func ReadSQLite(ctx context.Context, path string) (s *Snapshot, err error) {
	before, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	format, err := checkHeader(path, before)
	if err != nil {
		return nil, err
	}
	// SQLite's code is C turned into Go: a damaged page that its checks do not catch
	// could make it touch memory that is not there.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, broken(damage("reading it failed badly (%v)", r))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	s, err = readDatabase(ctx, path, format)
	if after, statErr := os.Stat(path); statErr != nil || !sameFile(before, after) {
		return nil, broken(flawed("file.changed", "was changed while it was read"))
	}
	return s, err
}

// sameFile: the same file with the same content, as far as the folder tells.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// broken is one fault of a whole file.
func broken(why *flaw) Faults {
	return Faults{{Message: why.text, Code: why.code, Pairs: why.pairs}}
}

// damage is what only a damaged file, or one made by hand, can have. Pages need no more
// words for it than one: nothing but another copy helps.
func damage(format string, args ...any) *flaw {
	return flawed("file.damaged", "damaged: "+fmt.Sprintf(format, args...))
}

// SQLiteDSN names a file for the driver, whatever characters its path has. query is
// appended as it is.
func SQLiteDSN(path, query string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/…
	}
	return "file://" + (&url.URL{Path: abs}).EscapedPath() + "?" + query, nil
}

func readDatabase(ctx context.Context, path string, format uint32) (*Snapshot, error) {
	dsn, err := SQLiteDSN(path, "mode=ro&immutable=1&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=mmap_size(0)&_pragma=temp_store(2)")
	if err != nil {
		return nil, fmt.Errorf("published file: %w", err)
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("published file: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := checkSchema(ctx, db, format); err != nil {
		return nil, damaged(ctx, err)
	}
	if err := checkPages(ctx, db); err != nil {
		return nil, damaged(ctx, err)
	}
	s, err := readTables(ctx, db, filepath.Base(path), format)
	if err != nil {
		return nil, damaged(ctx, err)
	}
	return s, s.Validate().Err()
}

// damaged turns SQLite's own errors into a fault; it leaves faults as they are, and
// the end of ctx.
func damaged(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("read published file: %w", ctx.Err())
	}
	if _, ok := errors.AsType[Faults](err); ok {
		return err
	}
	return broken(damage("%v", err))
}

// checkSchema lets no file pass but those with our tables and nothing else.
func checkSchema(ctx context.Context, db *sql.DB, format uint32) error {
	schema, older := schemasBefore[format]
	if !older {
		schema = PublishedSchema
	}
	rows, err := db.QueryContext(ctx, `SELECT coalesce(sql, ''), name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_autoindex\_%' ESCAPE '\' LIMIT 100`)
	if err != nil {
		return err
	}
	defer rows.Close()
	missing := make(map[string]bool, len(schema))
	for _, statement := range schema {
		missing[statement] = true
	}
	for rows.Next() {
		var statement, name string
		if err := rows.Scan(&statement, &name); err != nil {
			return err
		}
		if !missing[statement] {
			return broken(flawed("file.foreign", fmt.Sprintf("its table or view %.60q is not one of a published configuration: publish anew with \"config apply\"", name)))
		}
		delete(missing, statement)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(missing) > 0 {
		return broken(flawed("file.foreign", fmt.Sprintf("%d of its tables are missing: publish anew with \"config apply\"", len(missing))))
	}
	return nil
}

// checkPages asks SQLite to look at every page, every value's type and every
// reference before anything is read.
func checkPages(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return broken(damage("%.200s", verdict))
	}
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		var table, parent string
		var rowid sql.NullInt64
		var key int
		if err := rows.Scan(&table, &rowid, &parent, &key); err != nil {
			return err
		}
		return broken(flawed("file.damaged", fmt.Sprintf("row %d of %.60s belongs to a row of %.60s that is not there", rowid.Int64, table, parent)))
	}
	return rows.Err()
}
