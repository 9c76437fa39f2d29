package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

// ErrNotFirst says that the first manager is there already. Nothing was changed.
var ErrNotFirst = errors.New("there is a manager already")

// SaveManager adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with a ManagerDraft, *Taken, config.Faults, ErrLastAdministrator. A new
// password, another role and disabling end his sign-ins, but for KeepSession's after a
// new password; a new password, another e-mail address and disabling void his reset link.
func (s *Store) SaveManager(ctx context.Context, ed Editor, d ManagerDraft) (ManagerDraft, error) {
	return s.saveManager(ctx, ed, d, false)
}

// SaveFirstManager adds the first one: an enabled administrator with a password, or
// fails with ErrNotFirst; of two at once one does.
func (s *Store) SaveFirstManager(ctx context.Context, ed Editor, d ManagerDraft) (ManagerDraft, error) {
	d.ID, d.Role, d.Enabled = 0, RoleAdministrator, true
	if d.Password == "" {
		return ManagerDraft{}, append(CheckManager(d), passwordFault(d.UserID, password.ErrShort))
	}
	return s.saveManager(ctx, ed, d, true)
}

func (s *Store) saveManager(ctx context.Context, ed Editor, d ManagerDraft, first bool) (saved ManagerDraft, err error) {
	if err := CheckManager(d).Err(); err != nil {
		return ManagerDraft{}, err
	}
	verifier := ""
	if d.Password != "" {
		verifier = s.pepper.HashManager(d.Password) // before the transaction: it takes its time
	}
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if first {
			if there, err := countAdministrators(tx); err != nil {
				return err
			} else if there.all > 0 {
				return ErrNotFirst
			}
		}
		row, old, err := s.draftedRow(tx, d, verifier, ed.By)
		if err != nil {
			return err
		}
		err = s.writeManager(ctx, tx, ed, old, &row, d.KeepSession)
		saved = row.draft()
		return err
	})
	if err != nil {
		return ManagerDraft{}, fmt.Errorf("save manager: %w", err)
	}
	return saved, nil
}

// draftedRow is the row that a draft makes of what is there; old is nil for a new one.
func (s *Store) draftedRow(tx *gorm.DB, d ManagerDraft, verifier, by string) (row managerRow, old *managerRow, err error) {
	at := s.clock().UnixMilli()
	if d.ID == 0 {
		row = managerRow{PasswordVersion: 1, Created: at}
	} else {
		before, err := takeManager(tx, "id = ?", d.ID)
		if err != nil {
			return row, nil, err
		}
		if before.Version != d.Version {
			return row, nil, &Conflict{By: before.ChangedBy, At: time.UnixMilli(before.Changed), Theirs: before.draft()}
		}
		row, old = before, &before
	}
	switch other, err := takeManager(tx, "user_id = ?", d.UserID); {
	case err == nil && other.ID != d.ID:
		return row, nil, &Taken{Field: "username", By: other.UserID}
	case err != nil && !errors.Is(err, ErrGone):
		return row, nil, err
	}
	row.UserID, row.FullName, row.Email, row.Role, row.Enabled = d.UserID, d.FullName, d.Email, d.Role, d.Enabled
	row.Version, row.Changed, row.ChangedBy = row.Version+1, at, by
	if verifier != "" {
		row.Verifier = verifier
		row.PasswordVersion++
	}
	return row, old, nil
}

// writeManager puts the place of a row into another, with all that follows from it; what
// is equal is not written. Every change of a manager but his removal comes through here.
func (s *Store) writeManager(ctx context.Context, tx *gorm.DB, ed Editor, old, row *managerRow, keep string) error {
	c := diffManager(old, row)
	if len(c.Fields) == 0 {
		row.Version = old.Version
		return nil
	}
	before, err := countAdministrators(tx)
	if err != nil {
		return err
	}
	if old == nil {
		err = tx.Create(row).Error
	} else {
		err = tx.Select("*").Updates(row).Error
	}
	if err != nil {
		return err
	}
	if old != nil {
		if err := endAfter(tx, old, row, keep); err != nil {
			return err
		}
	}
	if err := before.remain(tx); err != nil {
		return err
	}
	return s.record(ctx, tx, ed, c)
}

// endAfter ends the sign-ins and the reset link that a change leaves without a ground.
func endAfter(tx *gorm.DB, old, row *managerRow, keep string) error {
	password, disabled := old.Verifier != row.Verifier, old.Enabled && !row.Enabled
	if disabled || old.Role != row.Role {
		keep = ""
	}
	if password || disabled || old.Role != row.Role {
		but := hashToken(keep)
		if err := tx.Where("manager_id = ? AND token <> ?", row.ID, but[:]).Delete(&managerSessionRow{}).Error; err != nil {
			return err
		}
	}
	if password || disabled || old.Email != row.Email {
		return tx.Where("manager_id = ?", row.ID).Delete(&resetRow{}).Error
	}
	return nil
}

// RemoveManagers removes managers and ends their sign-ins, all or none; those who are
// not there are removed already. ErrLastAdministrator when none would be left.
func (s *Store) RemoveManagers(ctx context.Context, ed Editor, ids []int64) error {
	err := s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		before, err := countAdministrators(tx)
		if err != nil {
			return err
		}
		var removed []config.Change
		for _, id := range ids {
			row, err := takeManager(tx, "id = ?", id)
			if errors.Is(err, ErrGone) {
				continue
			}
			if err == nil {
				err = tx.Delete(&row).Error // and by the foreign keys all that is his
			}
			if err != nil {
				return err
			}
			removed = append(removed, diffManager(&row, nil))
		}
		if err := before.remain(tx); err != nil {
			return err
		}
		for _, c := range removed {
			if err := s.record(ctx, tx, ed, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove managers: %w", err)
	}
	return nil
}

// administrators counts the managers there are: all, the enabled administrators, and of
// these those who have a password.
type administrators struct{ all, enabled, able int64 }

func countAdministrators(tx *gorm.DB) (n administrators, err error) {
	err = tx.Raw(`SELECT count(*), coalesce(sum(enabled AND role = 'administrator'), 0),
		coalesce(sum(enabled AND role = 'administrator' AND verifier <> ''), 0) FROM managers`).Row().Scan(&n.all, &n.enabled, &n.able)
	return n, err
}

// remain fails with ErrLastAdministrator when a change took the last one. One without a
// password counts only where none had any.
func (n administrators) remain(tx *gorm.DB) error {
	after, err := countAdministrators(tx)
	if err == nil && (after.enabled == 0 && n.enabled > 0 || after.able == 0 && n.able > 0) {
		err = ErrLastAdministrator
	}
	return err
}

// record notes a change of a manager in the audit.
func (s *Store) record(ctx context.Context, tx *gorm.DB, ed Editor, c config.Change) error {
	if ed.Record == nil {
		return nil
	}
	c.Kind, c.By, c.At = config.KindManager, ed.By, s.clock()
	return ed.Record(context.WithValue(ctx, inTransaction{}, tx), c)
}

// diffManager tells what an edit makes of a manager; old is nil for a new one, row for
// one who is removed. Verifiers are masked.
func diffManager(old, row *managerRow) config.Change {
	c := config.Change{Action: config.Changed}
	a, b := old, row
	switch {
	case old == nil:
		c.Action, a = config.Added, &managerRow{}
	case row == nil:
		c.Action, b = config.Removed, &managerRow{}
	}
	if c.Name = b.UserID; row == nil {
		c.Name = a.UserID
	}
	field := func(name, was, is string) {
		if was != is {
			c.Fields = append(c.Fields, config.FieldChange{Field: name, Old: was, New: is})
		}
	}
	enabled := func(r *managerRow) string {
		if r.Role == "" {
			return "" // there is none
		}
		return strconv.FormatBool(r.Enabled)
	}
	field("username", a.UserID, b.UserID)
	field("fullname", a.FullName, b.FullName)
	field("email", a.Email, b.Email)
	field("role", a.Role, b.Role)
	field("enabled", enabled(a), enabled(b))
	if a.Verifier != b.Verifier {
		c.Fields = append(c.Fields, config.FieldChange{Field: "password", Old: mask(a.Verifier), New: mask(b.Verifier)})
	}
	return c
}

func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return config.Masked
}
