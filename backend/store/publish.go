package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Publish validates the working configuration and writes it as a new file with a
// unique name into a folder, whole or not at all; it returns the name. A faulty
// configuration is not published: the error is config.Faults. Whoever watches the
// folder sees no half of it, whatever dies meanwhile.
func (s *Store) Publish(ctx context.Context, publishDir string) (file string, err error) {
	return s.PublishBy(ctx, publishDir, "", nil)
}

// PublishBy is Publish by a manager, whose user id stays beside the publication. check,
// which may be nil, sees what is going to be published, while nobody can edit it; its
// error is returned, and nothing is published.
func (s *Store) PublishBy(ctx context.Context, publishDir, by string, check func(*config.Snapshot) error) (file string, err error) {
	if err := os.MkdirAll(publishDir, 0o750); err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	defer unlock()
	s.clean(publishDir)
	snapshot, err := s.number(ctx, publishDir, check)
	if _, faulty := errors.AsType[config.Faults](err); faulty {
		return "", err
	} else if err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	at := time.Now()
	file = config.FileName(snapshot.Revision, at)
	if err := s.place(ctx, snapshot, at, publishDir, file); err != nil {
		return "", fmt.Errorf("publish %s: %w", file, err)
	}
	if err := s.notePublication(ctx, snapshot, at, publishDir, file, by); err != nil {
		return file, fmt.Errorf("published as %s, but not recorded: %w", file, err)
	}
	return file, nil
}

// number reads and validates the working configuration and gives it the next
// revision: above all that were given before, here or in the folder, for a folder
// may outlive its database. In one transaction, so that the higher of two revisions
// is never the older content.
func (s *Store) number(ctx context.Context, publishDir string, check func(*config.Snapshot) error) (snapshot *config.Snapshot, err error) {
	last, err := lastSequence(publishDir)
	if err != nil {
		return nil, err
	}
	err = s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var draft draftRow
		if err := tx.First(&draft).Error; err != nil {
			return err
		}
		if draft.Changed == 0 { // not an empty configuration: none. It would sign everybody out
			return fmt.Errorf("data folder %s: %w", s.dir, ErrNothing)
		}
		if snapshot, err = readAll(tx); err != nil {
			return err
		}
		if err := snapshot.Validate().Err(); err != nil {
			return err
		}
		if check != nil {
			if err := check(snapshot); err != nil {
				return err
			}
		}
		snapshot.Revision = max(draft.Revision, last) + 1 // not shared yet
		return tx.Model(&draftRow{ID: 1}).Update("revision", snapshot.Revision).Error
	})
	return snapshot, err
}

func lastSequence(dir string) (last int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		last = max(last, config.Sequence(e.Name()))
	}
	return last, nil
}

// place writes the file beside its name and moves it there.
func (s *Store) place(ctx context.Context, snapshot *config.Snapshot, at time.Time, dir, file string) error {
	tmp := filepath.Join(dir, s.prefix()+file+".tmp")
	path := filepath.Join(dir, file)
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist // a rename would replace it
	}
	err := s.build(ctx, snapshot, at, tmp)
	if s.step("built"); err == nil {
		err = verify(ctx, snapshot, tmp)
	}
	if s.step("verified"); err == nil {
		err = syncFile(tmp)
	}
	if s.step("synced"); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, remove(tmp))
	}
	s.step("renamed")
	return syncDir(dir)
}

// build makes the published file. The rows go into a database in memory first, with
// nothing but the published tables and columns; VACUUM INTO writes it as a whole.
func (s *Store) build(ctx context.Context, snapshot *config.Snapshot, at time.Time, tmp string) error {
	db, err := memoryDB()
	if err != nil {
		return err
	}
	err = func() error {
		tx := db.WithContext(ctx)
		for _, statement := range config.PublishedSchema {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("INSERT INTO published (revision, created) VALUES (?, ?)", snapshot.Revision, at.UnixMilli()).Error; err != nil {
			return err
		}
		if err := insertAll(tx, snapshot); err != nil {
			return err
		}
		if err := tx.Exec(fmt.Sprintf("PRAGMA application_id = %d", config.ApplicationID)).Error; err != nil {
			return err
		}
		if err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", config.FormatVersion)).Error; err != nil {
			return err
		}
		s.step("gathered")
		// An empty file first: SQLite would make it readable by all. The group may read
		// it: server and configurator can be two users.
		f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640) //nolint:gosec // see above
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		s.step("created")
		return tx.Exec("VACUUM INTO ?", tmp).Error
	}()
	return errors.Join(err, closeDB(db))
}

func memoryDB() (*gorm.DB, error) {
	pool, err := sql.Open("sqlite", "file::memory:?_pragma=foreign_keys(1)&_pragma=temp_store(2)")
	if err != nil {
		return nil, err
	}
	return over(pool, 1) // a second connection would be a second, empty database
}

// verify reads the file as the server will and compares what it says.
func verify(ctx context.Context, want *config.Snapshot, path string) error {
	got, err := config.ReadSQLite(ctx, path)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if got.Revision != want.Revision || len(config.Diff(want, got)) > 0 {
		return errors.New("read back: the file says something else than the working configuration")
	}
	return nil
}

// prefix marks the unfinished files of this data folder: its pepper's id.
func (s *Store) prefix() string { return ".cti-" + s.pepper.ID() + "-" }

// foreignAge is when an unfinished file of another data folder is certainly left
// behind. Ours are as soon as we hold the lock.
const foreignAge = time.Hour

// clean removes what publishers that died have left. Failing to is no reason not to
// publish.
func (s *Store) clean(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // Publish meets the same error and tells it
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".cti-") || !strings.Contains(name, ".tmp") {
			continue
		}
		info, err := e.Info()
		if err == nil && (strings.HasPrefix(name, s.prefix()) || time.Since(info.ModTime()) > foreignAge) {
			_ = remove(filepath.Join(dir, name))
		}
	}
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes a new name last over a loss of power. Windows cannot open a folder
// so, and needs it not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
