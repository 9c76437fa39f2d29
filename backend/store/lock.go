package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// claimWait is how long a server waits for the one before it to end: a restart by a
// supervisor that is in a hurry.
const claimWait = 3 * time.Second

// lock keeps other processes out until unlock is called or this process dies; it
// waits for them up to a minute.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = s.hold(ctx, "lock.db", time.Minute)
	if err != nil && busy(err) {
		return nil, fmt.Errorf("another process uses the folder and does not end: %w", err)
	}
	return unlock, err
}

// Claim makes this the one server of the folder, until release is called or this
// process dies: two would sign each other's browsers in and out. The command line
// needs no claim.
func (s *Store) Claim(ctx context.Context) (release func(), err error) {
	// The end of ctx would end the transaction, and the lock before the server.
	release, err = s.hold(context.WithoutCancel(ctx), "server.db", claimWait)
	if err == nil {
		return release, nil
	}
	if busy(err) {
		err = errors.New("another server runs on it: end that one, or give this one a data_dir of its own")
	}
	return nil, fmt.Errorf("data folder %s: %w", s.dir, err)
}

// hold takes the lock of an empty database of the folder: one that works alike on
// every system and is freed when its process dies.
func (s *Store) hold(ctx context.Context, name string, wait time.Duration) (release func(), err error) {
	path := filepath.Join(s.dir, name)
	if err := touch(path); err != nil {
		return nil, err
	}
	dsn, err := config.SQLiteDSN(path, fmt.Sprintf("_pragma=busy_timeout(%d)&_txlock=exclusive", wait.Milliseconds()))
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
	}
	return func() {
		_ = tx.Rollback() // nothing was written; closing the file frees it anyway
		_ = db.Close()
	}, nil
}

// busy tells whether another process is in the way (SQLITE_BUSY).
func busy(err error) bool {
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xff == 5
}
