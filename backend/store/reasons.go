package store

import "context"

// SettingsDraft is what holds for the whole call centre, being edited.
type SettingsDraft struct {
	Version      int64
	PauseReasons []string // in order; none: config.DefaultPauseReasons
	AfterCall    int      // seconds of after-call work, of services that have none of their own
	PerMinute    int      // calls that one operator may ask for
	PerHour      int
}

// Settings reads them to edit.
func (s *Store) Settings(ctx context.Context) (SettingsDraft, error) {
	return SettingsDraft{}, errNotYet
}

// SaveSettings changes them, and returns them as they are then. Errors are *Conflict
// with a SettingsDraft and config.Faults.
func (s *Store) SaveSettings(ctx context.Context, ed Editor, d SettingsDraft) (SettingsDraft, error) {
	return SettingsDraft{}, errNotYet
}
