package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// How long a manager stays signed in.
const (
	ManagerIdle    = 30 * time.Minute // without a request
	ManagerLongest = 12 * time.Hour   // from signing in
)

// touchEvery is how exactly the last use of a sign-in is known: not every request writes.
const touchEvery = 15 * time.Second

const (
	maxAddressText = 64  // bytes
	maxAgentText   = 256 // bytes
)

// ManagerSession is a manager's sign-in.
type ManagerSession struct {
	Manager       Manager   // as he is now
	Created, Seen time.Time // Seen to some 15 s
	Address       string    // where he signed in from
	Agent         string    // as the browser called itself: hostile text
}

type managerSessionRow struct {
	Token     []byte `gorm:"primaryKey"`
	ManagerID int64
	Created   int64
	Seen      int64
	Address   string
	Agent     string
}

func (managerSessionRow) TableName() string { return "manager_sessions" }

// newToken makes 256 random bits for a cookie or a link: 43 letters, digits, - and _.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashToken is what is stored of a token. It needs no salt: nobody guesses 256 bits.
func hashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// StartManagerSession signs a manager in, as ManagerVerifier returned him, after the gate
// let him through; the token is for his cookie and is kept nowhere here. ErrGone when he
// was disabled or removed, or his password or role was changed, since he was read.
func (s *Store) StartManagerSession(ctx context.Context, m Manager, address, agent string) (token string, err error) {
	token = newToken()
	hash, at := hashToken(token), s.clock().UnixMilli()
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		now, err := takeManager(tx, "id = ?", m.ID)
		if err != nil {
			return err
		}
		if !now.Enabled || now.PasswordVersion != m.passwordVersion || now.Role != m.Role {
			return ErrGone
		}
		idle, longest := s.managerLimits()
		if err := tx.Where("seen <= ? OR created <= ?", idle, longest).Delete(&managerSessionRow{}).Error; err != nil {
			return err
		}
		if err := tx.Model(&managerRow{ID: m.ID}).Update("seen", at).Error; err != nil {
			return err
		}
		return tx.Create(&managerSessionRow{hash[:], m.ID, at, at, cut(address, maxAddressText), cut(agent, maxAgentText)}).Error
	})
	if err != nil {
		return "", fmt.Errorf("sign manager in: %w", err)
	}
	return token, nil
}

// managerLimits are the times, in Unix milliseconds, at or before which a sign-in that
// still holds was not last used, and was not begun.
func (s *Store) managerLimits() (idle, longest int64) {
	at := s.clock()
	return at.Add(-ManagerIdle).UnixMilli(), at.Add(-ManagerLongest).UnixMilli()
}

// cut shortens a text to most bytes of valid UTF-8.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// LoadManagerSession finds the sign-in of a cookie's token, or returns ErrNoSession: it
// has ended, was not used for ManagerIdle, or began ManagerLongest ago. It does not
// count as use.
func (s *Store) LoadManagerSession(ctx context.Context, token string) (ManagerSession, error) {
	hash := hashToken(token)
	idle, longest := s.managerLimits()
	db := s.managers.WithContext(ctx)
	var row managerSessionRow
	err := db.Where("token = ? AND seen > ? AND created > ?", hash[:], idle, longest).Take(&row).Error
	var of managerRow
	if err == nil {
		of, err = takeManager(db, "id = ?", row.ManagerID)
	}
	if errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, ErrGone) || err == nil && !of.Enabled {
		return ManagerSession{}, ErrNoSession
	}
	if err != nil {
		return ManagerSession{}, fmt.Errorf("load sign-in of manager: %w", err)
	}
	return ManagerSession{of.manager(), time.UnixMilli(row.Created), time.UnixMilli(row.Seen), row.Address, row.Agent}, nil
}

// TouchManagerSession notes that a manager used his sign-in, so that it goes on. One that
// has ended stays so. Not for what a page asks by itself.
func (s *Store) TouchManagerSession(ctx context.Context, token string) error {
	hash, at := hashToken(token), s.clock()
	idle, longest := s.managerLimits()
	db := s.managers.WithContext(ctx)
	var row managerSessionRow
	err := db.Where("token = ? AND seen > ? AND seen <= ? AND created > ?", hash[:], idle, at.Add(-touchEvery).UnixMilli(), longest).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil // nothing to write, as for most requests
	}
	if err == nil {
		err = db.Model(&managerSessionRow{}).Where("token = ?", hash[:]).Update("seen", at.UnixMilli()).Error
	}
	if err == nil {
		err = db.Model(&managerRow{ID: row.ManagerID}).Update("seen", at.UnixMilli()).Error
	}
	if err != nil {
		return fmt.Errorf("note sign-in of manager: %w", err)
	}
	return nil
}

// EndManagerSession signs a browser out; one that is not signed in is out already.
func (s *Store) EndManagerSession(ctx context.Context, token string) error {
	hash := hashToken(token)
	if err := s.managers.WithContext(ctx).Where("token = ?", hash[:]).Delete(&managerSessionRow{}).Error; err != nil {
		return fmt.Errorf("sign manager out: %w", err)
	}
	return nil
}

// EndManagerSessions signs a manager out everywhere, but for the sign-in of one token;
// "" for none. It returns how many there were.
func (s *Store) EndManagerSessions(ctx context.Context, managerID int64, but string) (int, error) {
	hash := hashToken(but)
	tx := s.managers.WithContext(ctx).Where("manager_id = ? AND token <> ?", managerID, hash[:]).Delete(&managerSessionRow{})
	if tx.Error != nil {
		return 0, fmt.Errorf("sign manager out: %w", tx.Error)
	}
	return int(tx.RowsAffected), nil
}
