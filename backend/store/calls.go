package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/asteriskcti/asteriskcti/migrations"
)

// Calls opens history.db of the folder, makes it where it is missing and brings it up to
// date: one connection that writes, and several that only read. What is deleted there is
// overwritten. The caller closes both.
func (s *Store) Calls(ctx context.Context) (write, read *sql.DB, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("history.db: %w", err)
	}
	defer unlock()
	writer, err := s.database(ctx, "history.db", migrations.History(), "&_pragma=secure_delete(1)")
	if err != nil {
		return nil, nil, err
	}
	reader, err := connect(filepath.Join(s.dir, "history.db"), pragmas+"&_pragma=query_only(1)", 4)
	if err == nil {
		if write, err = writer.DB(); err == nil {
			read, err = reader.DB()
		}
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("history.db: %w", err), closeDB(writer), closeDB(reader))
	}
	return write, read, nil
}
