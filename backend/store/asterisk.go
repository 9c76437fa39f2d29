package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// KindAsterisk is the Change.Kind of the connection to Asterisk; there is one.
const KindAsterisk = "asterisk"

// AsteriskLink is how Asterisk's manager interface is reached, as an administrator gave
// it, without the secret.
type AsteriskLink struct {
	Version   int64  // of what was read; 0: nothing is stored
	Address   string // host:port
	Username  string
	TLS       bool
	CAPEM     string // certificates that vouch for Asterisk's, in PEM form; "": those of the system
	Auth      string // "md5" (by challenge) or "secret" (in clear)
	HasSecret bool   // not saved
	Changed   time.Time
	ChangedBy string // user id of a manager
}

// AsteriskState is the connection that is in use, for a page.
type AsteriskState struct {
	Link    AsteriskLink
	Fixed   []string  // fields that the boot file or the environment gives: "address", "username", "secret", "tls", "ca", "auth"
	State   string    // "down", "syncing" or "ready"
	Since   time.Time // of State
	Code    string    // why it is down, a code of package asterisk; "" while it is not, and before the first try
	Reason  string    // the same in English, without what the peer said
	Version string    // of the manager interface
	Guarded bool      // Asterisk holds back what a caller's text has forged
}

// AsteriskTrial is what came of a connection that was tried.
type AsteriskTrial struct {
	Version string   // of the manager interface; "" when it did not greet
	Code    string   // what is wrong, a code of package asterisk; "" for nothing
	Reason  string   // the same in English
	Missing []string // of "too-few-rights": classes that "write" of manager.conf lacks
}

type asteriskRow struct {
	ID        int `gorm:"primaryKey;autoIncrement:false"`
	Version   int64
	Address   string
	Username  string
	Secret    []byte
	TLS       bool
	CA        string
	Auth      string
	Changed   int64
	ChangedBy string
}

func (asteriskRow) TableName() string { return "asterisk" }

func (r *asteriskRow) link() AsteriskLink {
	l := AsteriskLink{
		Version: r.Version, Address: r.Address, Username: r.Username, TLS: r.TLS, CAPEM: r.CA, Auth: r.Auth,
		HasSecret: len(r.Secret) > 0, ChangedBy: r.ChangedBy,
	}
	if r.Version > 0 {
		l.Changed = time.UnixMilli(r.Changed)
	}
	return l
}

// purpose is what the secret is sealed for: it can be opened with what it was given for
// only, so that a changed database sends it nowhere else.
func (r *asteriskRow) purpose() string {
	return fmt.Sprintf("asterisk secret %q %q %t %q %q", r.Address, r.Username, r.TLS, r.CA, r.Auth)
}

// AsteriskLink reads it; one of version 0 when none is stored.
func (s *Store) AsteriskLink(ctx context.Context) (AsteriskLink, error) {
	row, err := asteriskOf(s.state.WithContext(ctx))
	if err != nil {
		return AsteriskLink{}, fmt.Errorf("read how Asterisk is reached: %w", err)
	}
	return row.link(), nil
}

// AsteriskSecret reads it with its secret, for the one who must send it; "" when there is
// none. The error wraps password.ErrSealed when the secret was stored with another pepper.
func (s *Store) AsteriskSecret(ctx context.Context) (AsteriskLink, string, error) {
	row, err := asteriskOf(s.state.WithContext(ctx))
	if err != nil {
		return AsteriskLink{}, "", fmt.Errorf("read how Asterisk is reached: %w", err)
	}
	secret, err := s.openAsterisk(&row)
	if err != nil {
		return row.link(), "", fmt.Errorf("the stored secret of Asterisk: %w", err)
	}
	return row.link(), secret, nil
}

func asteriskOf(tx *gorm.DB) (asteriskRow, error) {
	row := asteriskRow{ID: 1, Auth: "md5"}
	err := tx.Where("id = 1").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return row, err
}

func (s *Store) openAsterisk(row *asteriskRow) (string, error) {
	if len(row.Secret) == 0 {
		return "", nil
	}
	secret, err := s.pepper.Open(row.purpose(), row.Secret)
	return string(secret), err
}

// SetAsteriskLink stores it with its secret, and returns it as it is then. An address
// without a port gets 5038. secret "" keeps the one that is stored, but where that would be
// told to somebody else, or in a worse way: for another address, username or certificate,
// with TLS taken away, or in clear instead of by challenge it must be given anew, so that
// who does not know it cannot have it sent to himself. Errors are config.Faults and
// *Conflict with an AsteriskLink.
func (s *Store) SetAsteriskLink(ctx context.Context, ed Editor, link AsteriskLink, secret string) (saved AsteriskLink, err error) {
	if err := link.check(secret); err != nil {
		return AsteriskLink{}, err
	}
	err = s.state.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		old, err := asteriskOf(tx)
		if err != nil {
			return err
		}
		if link.Version != old.Version {
			return &Conflict{By: old.ChangedBy, At: old.link().Changed, Theirs: old.link()}
		}
		row, change, err := s.replaceAsterisk(&old, link, secret)
		if err != nil {
			return err
		}
		saved = old.link()
		if len(change.Fields) == 0 {
			return nil
		}
		row.Changed, row.ChangedBy = now(), ed.By
		change.By, change.At = row.ChangedBy, time.UnixMilli(row.Changed)
		if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
			return err
		}
		saved = row.link()
		if ed.Record == nil {
			return nil
		}
		return ed.Record(ctx, change)
	})
	if err == nil {
		return saved, nil
	}
	if _, ok := errors.AsType[*Conflict](err); ok {
		return AsteriskLink{}, err
	}
	if _, ok := errors.AsType[config.Faults](err); ok {
		return AsteriskLink{}, err
	}
	return AsteriskLink{}, fmt.Errorf("store how Asterisk is reached: %w", err)
}

// replaceAsterisk makes the row that comes after old, and what of it is another.
func (s *Store) replaceAsterisk(old *asteriskRow, link AsteriskLink, secret string) (asteriskRow, config.Change, error) {
	row := asteriskRow{
		ID: 1, Version: old.Version + 1, Address: link.Address, Username: link.Username, TLS: link.TLS, CA: link.CAPEM, Auth: link.Auth,
	}
	c := config.Change{Kind: KindAsterisk, Action: config.Changed}
	if old.Version == 0 {
		c.Action = config.Added
	}
	field := func(name, before, after string) {
		if before != after {
			c.Fields = append(c.Fields, config.FieldChange{Field: name, Old: before, New: after})
		}
	}
	field("address", old.Address, row.Address)
	field("username", old.Username, row.Username)
	if old.TLS != row.TLS {
		field("tls", strconv.FormatBool(old.TLS), strconv.FormatBool(row.TLS))
	}
	field("ca", fingerprint(old.CA), fingerprint(row.CA))
	field("auth", old.Auth, row.Auth)
	was, err := s.openAsterisk(old)
	if secret == "" {
		if err != nil || !old.keeps(link) {
			return row, c, secretNeeded()
		}
		secret = was
	}
	if secret != was {
		change := config.FieldChange{Field: "secret", New: config.Masked}
		if len(old.Secret) > 0 {
			change.Old = config.Masked
		}
		c.Fields = append(c.Fields, change)
	}
	row.Secret = s.pepper.Seal(row.purpose(), []byte(secret))
	return row, c, nil
}

// keeps says whether the secret of r may be sent to link by who does not know it.
func (r *asteriskRow) keeps(link AsteriskLink) bool {
	elsewhere := r.Address != link.Address || r.Username != link.Username || r.CA != link.CAPEM
	worse := r.TLS && !link.TLS || r.Auth == "md5" && link.Auth == "secret"
	return len(r.Secret) > 0 && !elsewhere && !worse
}

// CheckAsteriskLink is SetAsteriskLink without storing anything: it returns what would be
// stored, with the secret, for the one who tries it.
func (s *Store) CheckAsteriskLink(ctx context.Context, link AsteriskLink, secret string) (AsteriskLink, string, error) {
	if err := link.check(secret); err != nil || secret != "" {
		return link, secret, err
	}
	old, err := asteriskOf(s.state.WithContext(ctx))
	if err != nil {
		return link, "", fmt.Errorf("read how Asterisk is reached: %w", err)
	}
	if secret, err = s.openAsterisk(&old); err != nil || !old.keeps(link) {
		return link, "", secretNeeded()
	}
	return link, secret, nil
}

// fingerprint tells certificates apart, for the audit; "" for none.
func fingerprint(pem string) string {
	if pem == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(pem))
	return "sha256 " + hex.EncodeToString(sum[:])
}
