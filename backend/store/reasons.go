package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// SettingsDraft is what holds for the whole call centre, being edited.
type SettingsDraft struct {
	Version      int64
	PauseReasons []string // in order; none: config.DefaultPauseReasons
	AfterCall    int      // seconds of after-call work, of services that have none of their own
	PerMinute    int      // calls that each operator may place; 0 for the number of the boot file
	PerHour      int
}

func (d SettingsDraft) limits() config.Limits {
	return config.Limits{AfterCall: d.AfterCall, PerMinute: d.PerMinute, PerHour: d.PerHour}
}

// Settings reads them to edit.
func (s *Store) Settings(ctx context.Context) (d SettingsDraft, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		d, err = readSettings(tx)
		return err
	})
	return d, told("read settings", err)
}

func readSettings(tx *gorm.DB) (d SettingsDraft, err error) {
	if err := tx.Raw("SELECT settings FROM draft").Scan(&d.Version).Error; err != nil {
		return d, err
	}
	if err := tx.Raw("SELECT reason FROM pause_reasons ORDER BY position").Scan(&d.PauseReasons).Error; err != nil {
		return d, err
	}
	if len(d.PauseReasons) == 0 {
		d.PauseReasons = config.DefaultPauseReasons()
	}
	var limits []limitsRow
	if err := tx.Find(&limits).Error; err != nil || len(limits) == 0 {
		return d, err
	}
	d.AfterCall, d.PerMinute, d.PerHour = limits[0].AfterCall, limits[0].PerMinute, limits[0].PerHour
	return d, nil
}

// SaveSettings changes them, and returns them as they are then. Errors are *Conflict
// with a SettingsDraft and config.Faults.
func (s *Store) SaveSettings(ctx context.Context, ed Editor, d SettingsDraft) (SettingsDraft, error) {
	if len(d.PauseReasons) == 0 {
		d.PauseReasons = config.DefaultPauseReasons()
	}
	err := s.edit(ctx, ed, func(e *edit) error {
		old, err := readSettings(e.tx)
		if err != nil {
			return err
		}
		if old.Version != d.Version {
			return e.settingsConflict(old)
		}
		if err := append(config.CheckReasons(d.PauseReasons), config.CheckLimits(d.limits())...).Err(); err != nil {
			return err
		}
		if change, differs := config.DiffReasons(old.PauseReasons, d.PauseReasons); differs {
			e.note(change)
		}
		if change, differs := config.DiffLimits(old.limits(), d.limits()); differs {
			e.note(change)
		}
		return e.putSettings(d.PauseReasons, d.limits())
	})
	if err != nil {
		return SettingsDraft{}, told("save settings", err)
	}
	return s.Settings(ctx)
}

func (e *edit) settingsConflict(theirs SettingsDraft) error {
	var last []editRow
	err := e.tx.Where("kind IN ?", []string{config.KindPause, config.KindLimits}).Order("edited DESC").Limit(1).Find(&last).Error
	if err != nil {
		return err
	}
	c := &Conflict{Theirs: theirs}
	if len(last) > 0 {
		c.By, c.At = last[0].EditedBy, when(last[0].Edited)
	}
	return c
}

func (e *edit) putSettings(reasons []string, l config.Limits) error {
	if err := e.tx.Exec("DELETE FROM pause_reasons").Error; err != nil {
		return err
	}
	rows := make([]reasonRow, len(reasons))
	for i, reason := range reasons {
		rows[i] = reasonRow{i + 1, reason}
	}
	if err := insert(e.tx, rows); err != nil {
		return err
	}
	if err := e.put(&limitsRow{1, l.AfterCall, l.PerMinute, l.PerHour}); err != nil {
		return err
	}
	return e.tx.Exec("UPDATE draft SET settings = ?", e.stamp.Version).Error
}
