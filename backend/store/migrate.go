package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// migrate runs the steps that a database lacks. The caller holds the lock: goose has
// none for SQLite, and two processes would run the same step.
func migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if current > newest {
		return fmt.Errorf("schema: version %d was made by a newer version of this program, which knows up to %d: update this program, or bring back the folder's copy from before", current, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

// lock keeps other processes out until unlock is called or this process dies; it
// waits for them up to a minute. It is the lock of an empty database: one that works
// alike on every system.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(s.dir, "lock.db")
	if err := touch(path); err != nil {
		return nil, err
	}
	dsn, err := config.SQLiteDSN(path, "_pragma=busy_timeout(60000)&_txlock=exclusive")
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for another process that uses the folder: %w", err), db.Close())
	}
	return func() {
		_ = tx.Rollback() // nothing was written; closing the file frees it anyway
		_ = db.Close()
	}, nil
}
