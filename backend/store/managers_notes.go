package store

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// inTransaction is the context's key of the transaction that Record is called in.
type inTransaction struct{}

type noteRow struct {
	ID     int64 `gorm:"primaryKey"`
	Change string
}

func (noteRow) TableName() string { return "notes" }

// CommandLine is who edits at the command line. The audit's file has one writer, the
// running server: what is done here is noted in managers.db, with a manager in the same
// transaction, and waits for PassNotes.
func (s *Store) CommandLine() Editor { return Editor{Record: s.note} }

func (s *Store) note(ctx context.Context, c config.Change) error {
	tx, ok := ctx.Value(inTransaction{}).(*gorm.DB)
	if !ok {
		tx = s.managers.WithContext(ctx)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.Create(&noteRow{Change: string(text)}).Error
}

// Applied notes for the audit that the command line has published a file.
func (s *Store) Applied(ctx context.Context, file string) error {
	return s.note(ctx, config.Change{Kind: KindConfiguration, Name: file, Action: ActionApplied, At: s.clock()})
}

// ActionApplied is the Change.Action of a configuration that was published.
const ActionApplied = "applied"

// PassNotes hands what the command line did to the managers to record, oldest first, and
// forgets what was recorded; it returns how many that were. The running server calls it,
// at its start and every few seconds. After a crash one may come a second time.
func (s *Store) PassNotes(ctx context.Context, record func(context.Context, config.Change) error) (n int, err error) {
	var rows []noteRow
	if err := s.managers.WithContext(ctx).Order("id").Limit(batch).Find(&rows).Error; err != nil {
		return 0, fmt.Errorf("read notes: %w", err)
	}
	for i := range rows {
		var c config.Change
		err := json.Unmarshal([]byte(rows[i].Change), &c)
		if err == nil {
			err = record(ctx, c)
		}
		if err == nil {
			err = s.managers.WithContext(ctx).Delete(&rows[i]).Error
		}
		if err != nil {
			return n, fmt.Errorf("pass notes: %w", err)
		}
		n++
	}
	return n, nil
}
