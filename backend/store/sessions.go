package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// ErrNoSession says that there is no sign-in with that token.
var ErrNoSession = errors.New("no such sign-in")

// BrowserSession is the sign-in of a browser. It outlives the server, and holds
// nothing that lets a reader of the database sign in.
type BrowserSession struct {
	Token    [sha256.Size]byte // SHA-256 of the cookie's token
	Operator string            // user name, as he signed in
	UID      string
	Seat     string    // MAC address
	Created  time.Time // kept to the millisecond
	Seen     time.Time // Created, when zero
}

type sessionRow struct {
	Token    []byte `gorm:"primaryKey"`
	Operator string
	UID      string
	Seat     string
	Created  int64
	Seen     int64
}

func (sessionRow) TableName() string { return "browser_sessions" }

// SaveSession adds a sign-in, or writes it anew.
func (s *Store) SaveSession(ctx context.Context, b BrowserSession) error {
	if b.Seen.IsZero() {
		b.Seen = b.Created
	}
	row := sessionRow{b.Token[:], b.Operator, b.UID, b.Seat, b.Created.UnixMilli(), b.Seen.UnixMilli()}
	if err := s.state.WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("save sign-in: %w", err)
	}
	return nil
}

// LoadSession finds a sign-in, or returns ErrNoSession. How long one lasts is the
// caller's to know.
func (s *Store) LoadSession(ctx context.Context, token [sha256.Size]byte) (BrowserSession, error) {
	var row sessionRow
	err := s.state.WithContext(ctx).Where("token = ?", token[:]).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return BrowserSession{}, ErrNoSession
	}
	if err != nil {
		return BrowserSession{}, fmt.Errorf("load sign-in: %w", err)
	}
	return BrowserSession{token, row.Operator, row.UID, row.Seat, time.UnixMilli(row.Created), time.UnixMilli(row.Seen)}, nil
}

// TouchSession notes that a sign-in was in use; one that is not there stays so.
func (s *Store) TouchSession(ctx context.Context, token [sha256.Size]byte, seen time.Time) error {
	err := s.state.WithContext(ctx).Model(&sessionRow{}).Where("token = ?", token[:]).Update("seen", seen.UnixMilli()).Error
	if err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

// DeleteSession forgets a sign-in; one that is not there is forgotten already.
func (s *Store) DeleteSession(ctx context.Context, token [sha256.Size]byte) error {
	if err := s.state.WithContext(ctx).Where("token = ?", token[:]).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("forget sign-in: %w", err)
	}
	return nil
}

// DeleteSessionsOf forgets an operator's sign-ins but for one: who signs in at
// another browser must not be brought back by the one left behind.
func (s *Store) DeleteSessionsOf(ctx context.Context, uid string, but [sha256.Size]byte) error {
	if err := s.state.WithContext(ctx).Where("uid = ? AND token <> ?", uid, but[:]).Delete(&sessionRow{}).Error; err != nil {
		return fmt.Errorf("forget earlier sign-ins: %w", err)
	}
	return nil
}

// PurgeSessions forgets the sign-ins made before created and those last seen before
// seen; a zero time forgets none. It returns how many there were.
func (s *Store) PurgeSessions(ctx context.Context, created, seen time.Time) (int, error) {
	tx := s.state.WithContext(ctx).Where("created < ? OR seen < ?", milli(created), milli(seen)).Delete(&sessionRow{})
	if tx.Error != nil {
		return 0, fmt.Errorf("forget old sign-ins: %w", tx.Error)
	}
	return int(tx.RowsAffected), nil
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
