// Package store keeps what is edited: the working configuration, the pepper of its
// passwords, and what the server remembers over a restart. It publishes the working
// configuration as a new file (J1). Everything lies in one folder, data_dir:
//
//	working.db   services, seats, operators; the draft
//	state.db     sign-ins of browsers
//	managers.db  accounts of the configurator, and their sign-ins
//	history.db   agents' calls that are over; the server's alone, see Calls
//	pepper       the secret of every verifier, mode 0600, in no database
//	lock.db      empty; held while a schema is brought up to date or a file published
//	server.db    empty; held by the one server that runs on the folder, see Claim
//
// Several processes may have the folder open at once: the command line while the
// server runs. A write waits up to five seconds for another's.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/glebarez/go-sqlite" // driver "sqlite"
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/migrations"
)

// Store is an open data folder. Safe for concurrent use.
type Store struct {
	dir    string
	pepper *password.Pepper
	write  *gorm.DB // one connection, its transactions begin as writers
	read   *gorm.DB
	state  *gorm.DB

	managers *gorm.DB         // one connection: within a transaction only tx may be used
	clock    func() time.Time // of what managers may and when; for tests

	counted pendingCount

	step func(string) // between the steps of Publish; for tests
}

// pragmas are given in the DSN: by a statement they would reach one connection of a
// pool. synchronous(NORMAL) keeps the file whole over a loss of power, though not its
// very last change. temp_store(memory): a large import would need a folder for
// temporary files, and a container may have none.
const pragmas = "_pragma=busy_timeout(5000)&_pragma=temp_store(2)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"

// Open opens a data folder, makes what is missing in it and brings its databases up
// to date, waiting for another process that does so. A database of a newer version of
// this program is refused. The end of ctx ends the opening, not the Store.
func Open(ctx context.Context, dataDir string) (*Store, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &Store{dir: dataDir, clock: time.Now, step: func(string) {}}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s: %w", dataDir, err), s.Close())
	}
	return s, nil
}

// OpenExisting is Open for a folder that was used before. It makes none: a slip in the
// path must not look like an empty configuration.
func OpenExisting(ctx context.Context, dataDir string) (*Store, error) {
	if _, err := os.Stat(filepath.Join(dataDir, "working.db")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("data folder %s: %w", dataDir, ErrNothing)
		}
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return Open(ctx, dataDir)
}

// ErrNothing says that there is no working configuration, not even an empty one.
var ErrNothing = errors.New("nothing was imported into it yet; begin with \"astcti config import\"")

func (s *Store) open(ctx context.Context) (err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if s.pepper, err = password.LoadPepper(filepath.Join(s.dir, "pepper")); err != nil {
		return err
	}
	if s.write, err = s.database(ctx, "working.db", migrations.Working()); err != nil {
		return err
	}
	if s.state, err = s.database(ctx, "state.db", migrations.State()); err != nil {
		return err
	}
	if s.managers, err = s.database(ctx, "managers.db", migrations.Managers()); err != nil {
		return err
	}
	s.read, err = connect(filepath.Join(s.dir, "working.db"), pragmas+"&_pragma=query_only(1)", 4)
	return err
}

// database opens one of the databases for writing and brings its schema up to date; more
// goes into its DSN.
func (s *Store) database(ctx context.Context, name string, steps fs.FS, more ...string) (*gorm.DB, error) {
	path := filepath.Join(s.dir, name)
	if err := touch(path); err != nil {
		return nil, err
	}
	db, err := connect(path, pragmas+"&_txlock=immediate"+strings.Join(more, ""), 1)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	pool, err := db.DB()
	if err == nil {
		err = migrate(ctx, pool, steps)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), closeDB(db))
	}
	return db, nil
}

// touch makes a missing file of mode 0600. SQLite would make it readable by all; to
// its logs it gives the mode of the database.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(path, query string, connections int) (*gorm.DB, error) {
	dsn, err := config.SQLiteDSN(path, query)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	return over(pool, connections)
}

// over puts gorm over a pool, or closes it.
func over(pool *sql.DB, connections int) (*gorm.DB, error) {
	pool.SetMaxOpenConns(connections)
	// A statement's error is returned and told by who asked; gorm's own log would
	// repeat it, with its values.
	db, err := gorm.Open(&sqlite.Dialector{Conn: pool}, &gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return db, nil
}

func closeDB(db *gorm.DB) error {
	if db == nil {
		return nil
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// Close closes the databases. The Store is of no use after.
func (s *Store) Close() error {
	return errors.Join(closeDB(s.read), closeDB(s.write), closeDB(s.state), closeDB(s.managers))
}

// Pepper is that of the folder: for the password.Gate and as the Watcher's Hasher.
func (s *Store) Pepper() *password.Pepper { return s.pepper }

func now() int64 { return time.Now().UnixMilli() }
