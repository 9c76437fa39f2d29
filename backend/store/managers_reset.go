package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

// ResetTokenTTL is how long a reset link can be used.
const ResetTokenTTL = 10 * time.Minute

// ErrResetToken says that a reset link is of no use: unknown, used, too old, replaced by
// a newer one, or the manager's password was changed or he was disabled meanwhile. Which
// of them, nobody is told.
var ErrResetToken = errors.New("this link was used already or is too old: ask for a new one")

type resetRow struct {
	Token           []byte `gorm:"primaryKey"`
	ManagerID       int64
	PasswordVersion int64
	Created         int64
}

func (resetRow) TableName() string { return "reset_tokens" }

// NewResetToken makes the token of a link by which a manager gives himself a new
// password, once, within ResetTokenTTL; one he had before is void. ErrGone for one who
// is not there or is disabled. Of the token nothing can be read here later.
func (s *Store) NewResetToken(ctx context.Context, ed Editor, managerID int64) (token string, err error) {
	token = newToken()
	hash, at := hashToken(token), s.clock()
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		m, err := takeManager(tx, "id = ?", managerID)
		if err != nil {
			return err
		}
		if !m.Enabled {
			return ErrGone
		}
		if err := tx.Where("manager_id = ? OR created <= ?", m.ID, at.Add(-ResetTokenTTL).UnixMilli()).Delete(&resetRow{}).Error; err != nil {
			return err
		}
		if err := tx.Create(&resetRow{hash[:], m.ID, m.PasswordVersion, at.UnixMilli()}).Error; err != nil {
			return err
		}
		return s.record(ctx, tx, ed, config.Change{
			Name: m.UserID, Action: config.Changed, Fields: []config.FieldChange{{Field: "reset_link", New: config.Masked}},
		})
	})
	if err != nil {
		return "", fmt.Errorf("make reset link: %w", err)
	}
	return token, nil
}

// PeekResetToken tells whose link it is, or returns ErrResetToken. It uses nothing up: a
// mail scanner may look at the page.
func (s *Store) PeekResetToken(ctx context.Context, token string) (Manager, error) {
	row, err := s.resetFor(s.managers.WithContext(ctx), token)
	if err != nil {
		return Manager{}, fmt.Errorf("reset password: %w", err)
	}
	return row.manager(), nil
}

func (s *Store) resetFor(tx *gorm.DB, token string) (managerRow, error) {
	hash := hashToken(token)
	var reset resetRow
	err := tx.Where("token = ? AND created > ?", hash[:], s.clock().Add(-ResetTokenTTL).UnixMilli()).Take(&reset).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return managerRow{}, ErrResetToken
	}
	if err != nil {
		return managerRow{}, err
	}
	m, err := takeManager(tx, "id = ?", reset.ManagerID)
	if errors.Is(err, ErrGone) || err == nil && (!m.Enabled || m.PasswordVersion != reset.PasswordVersion) {
		return managerRow{}, ErrResetToken
	}
	return m, err
}

// UseResetToken gives the manager of a link a new password and ends all his sign-ins; he
// is not signed in by it. Errors are ErrResetToken and, for a password that is refused,
// config.Faults: then the link can be used again. Of two at once one does. The change is
// his own, whoever ed says.
func (s *Store) UseResetToken(ctx context.Context, ed Editor, token, plain string) (Manager, error) {
	m, err := s.PeekResetToken(ctx, token)
	if err != nil {
		return Manager{}, err
	}
	if err := password.CheckManagerPassword(plain, m.UserID); err != nil {
		return Manager{}, config.Faults{passwordFault(m.UserID, err)}
	}
	verifier := s.pepper.HashManager(plain)
	var row managerRow
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		old, err := s.resetFor(tx, token) // again: it is the transaction that counts
		if err != nil {
			return err
		}
		ed.By, row = old.UserID, old
		row.Verifier, row.PasswordVersion = verifier, old.PasswordVersion+1
		row.Version, row.Changed, row.ChangedBy = old.Version+1, s.clock().UnixMilli(), ed.By
		return s.writeManager(ctx, tx, ed, &old, &row, "") // which removes the token
	})
	if err != nil {
		return Manager{}, fmt.Errorf("reset password: %w", err)
	}
	return row.manager(), nil
}
