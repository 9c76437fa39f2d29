package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Words of a manager's role, in the order of what they may.
const (
	RoleAdministrator = "administrator" // everything, other managers too
	RoleEditor        = "editor"        // the configuration
	RoleViewer        = "viewer"        // looks on
)

// ErrLastAdministrator says that nobody would be left who may do everything: the last
// enabled administrator is not removed, disabled or given another role. Nothing was
// changed.
var ErrLastAdministrator = errors.New("this is the last enabled administrator: make another one first")

// Manager is an account of the configurator.
type Manager struct {
	ID, Version      int64 // ids are never used again
	UserID, FullName string
	Email            string // "" for none
	Role             string // RoleAdministrator, …
	Enabled          bool
	Password         bool // has one; without, only a reset link lets him in
	TOTP             bool // asked for a one-time code
	Created          time.Time
	LastSeen         time.Time // zero: never signed in
	Changed          time.Time
	ChangedBy        string // user id of a manager; "" for the command line

	passwordVersion int64
}

// ManagerDraft is a manager being edited.
type ManagerDraft struct {
	ID, Version      int64 // ID 0: a new one
	UserID, FullName string
	Email            string // "" for none
	Role             string
	Enabled          bool
	Password         string // a new one; "" keeps it, or makes a manager without. Never returned
	HasPassword      bool   // not saved
	KeepSession      string // token of the sign-in that goes on although the password changes: his own. Never returned
}

type managerRow struct {
	ID              int64 `gorm:"primaryKey"`
	Version         int64
	UserID          string
	FullName        string
	Email           string
	Role            string
	Enabled         bool
	Verifier        string
	PasswordVersion int64
	Created         int64
	Changed         int64
	ChangedBy       string
	Seen            int64
	TOTP            []byte `gorm:"column:totp"`
	TOTPNew         []byte `gorm:"column:totp_new"`
	TOTPStep        int64  `gorm:"column:totp_step"`
}

func (managerRow) TableName() string { return "managers" }

func (r *managerRow) manager() Manager {
	m := Manager{
		ID: r.ID, Version: r.Version, UserID: r.UserID, FullName: r.FullName, Email: r.Email, Role: r.Role,
		Enabled: r.Enabled, Password: r.Verifier != "", TOTP: r.TOTP != nil,
		Created: time.UnixMilli(r.Created), Changed: time.UnixMilli(r.Changed), ChangedBy: r.ChangedBy,
		passwordVersion: r.PasswordVersion,
	}
	if r.Seen > 0 {
		m.LastSeen = time.UnixMilli(r.Seen)
	}
	return m
}

func (r *managerRow) draft() ManagerDraft {
	return ManagerDraft{
		ID: r.ID, Version: r.Version, UserID: r.UserID, FullName: r.FullName, Email: r.Email, Role: r.Role,
		Enabled: r.Enabled, HasPassword: r.Verifier != "",
	}
}

// takeManager reads the one row of a condition, or returns ErrGone.
func takeManager(tx *gorm.DB, where string, arg any) (row managerRow, err error) {
	err = tx.Where(where, arg).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = ErrGone
	}
	return row, err
}

// ManagersEmpty tells whether there is no manager at all: the first start.
func (s *Store) ManagersEmpty(ctx context.Context) (bool, error) {
	var n int64
	if err := s.managers.WithContext(ctx).Model(&managerRow{}).Limit(1).Count(&n).Error; err != nil {
		return false, fmt.Errorf("count managers: %w", err)
	}
	return n == 0, nil
}

// Manager reads one to edit, or returns ErrGone.
func (s *Store) Manager(ctx context.Context, id int64) (ManagerDraft, error) {
	row, err := takeManager(s.managers.WithContext(ctx), "id = ?", id)
	if err != nil {
		return ManagerDraft{}, fmt.Errorf("read manager: %w", err)
	}
	return row.draft(), nil
}

// ManagerByUserID finds one by user id, without case, or returns ErrGone.
func (s *Store) ManagerByUserID(ctx context.Context, userID string) (Manager, error) {
	row, err := takeManager(s.managers.WithContext(ctx), "user_id = ?", userID)
	if err != nil {
		return Manager{}, fmt.Errorf("read manager: %w", err)
	}
	return row.manager(), nil
}

// ManagerVerifier is for signing in: the manager of a user id and the verifier to check
// the password with, by a password.ManagerGate. Of one who is unknown, disabled or
// without a password the verifier is "", and the manager is the zero one. Whoever gave
// the right password, and the right one-time code where TOTP is set, has a session
// started with the manager as it was read here.
func (s *Store) ManagerVerifier(ctx context.Context, userID string) (m Manager, verifier string, err error) {
	row, err := takeManager(s.managers.WithContext(ctx), "user_id = ?", userID)
	if errors.Is(err, ErrGone) || err == nil && (!row.Enabled || row.Verifier == "") {
		return Manager{}, "", nil
	}
	if err != nil {
		return Manager{}, "", fmt.Errorf("read manager: %w", err)
	}
	return row.manager(), row.Verifier, nil
}
