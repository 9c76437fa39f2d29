package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

const (
	totpPeriod  = 30 // seconds
	totpSkew    = 1  // steps that a telephone's clock may be off, either way
	totpSecret  = 20 // bytes: as long as the hash (RFC 4226, 4)
	totpIssuer  = "AsteriskCTI"
	totpPurpose = "one-time codes of manager %d" // so that no manager's secret works in another's row
)

// ErrNoTOTP says that there is no secret of one-time codes to check against.
var ErrNoTOTP = errors.New("one-time codes are not set up")

// EnrolTOTP makes a new secret of one-time codes for a manager, in base 32 and as the
// otpauth: address that authenticators read from a picture. It holds from ConfirmTOTP on;
// what he has, works until then. ErrGone for one who is not there.
func (s *Store) EnrolTOTP(ctx context.Context, managerID int64) (secret, url string, err error) {
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		m, err := takeManager(tx, "id = ?", managerID)
		if err != nil {
			return err
		}
		key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: m.UserID, Period: totpPeriod, SecretSize: totpSecret})
		if err != nil {
			return err
		}
		secret, url = key.Secret(), key.URL()
		return tx.Model(&managerRow{ID: m.ID}).Update("totp_new", s.pepper.Seal(fmt.Sprintf(totpPurpose, m.ID), []byte(secret))).Error
	})
	if err != nil {
		return "", "", fmt.Errorf("set up one-time codes: %w", err)
	}
	return secret, url, nil
}

// ConfirmTOTP makes the new secret the one that holds, when code is one of its codes.
// ErrNoTOTP without EnrolTOTP before, ErrGone for a manager who is not there.
func (s *Store) ConfirmTOTP(ctx context.Context, ed Editor, managerID int64, code string) (right bool, err error) {
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		m, err := takeManager(tx, "id = ?", managerID)
		if err != nil {
			return err
		}
		var step int64
		if step, right, err = s.totpStep(&m, m.TOTPNew, 0, code); err != nil || !right {
			return err
		}
		if err := tx.Model(&managerRow{ID: m.ID}).Select("totp", "totp_new", "totp_step").Updates(managerRow{TOTP: m.TOTPNew, TOTPStep: step}).Error; err != nil {
			return err
		}
		return s.recordTOTP(ctx, tx, ed, &m, config.Masked)
	})
	if err != nil {
		return false, fmt.Errorf("confirm one-time codes: %w", err)
	}
	return right, nil
}

// CheckTOTP tells whether code is a one-time code of a manager: of now, or of the 30
// seconds before or after. Each is right once, and none that is older than one used.
// It bounds no guessing: password.ManagerGate.CheckCode does. ErrNoTOTP for one who has
// none, ErrGone for one who is not there.
func (s *Store) CheckTOTP(ctx context.Context, managerID int64, code string) (right bool, err error) {
	err = s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		m, err := takeManager(tx, "id = ?", managerID)
		if err != nil {
			return err
		}
		var step int64
		if step, right, err = s.totpStep(&m, m.TOTP, m.TOTPStep, code); err != nil || !right {
			return err
		}
		return tx.Model(&managerRow{ID: m.ID}).Update("totp_step", step).Error
	})
	if err != nil {
		return false, fmt.Errorf("check one-time code: %w", err)
	}
	return right, nil
}

// DropTOTP asks a manager for no more codes: for one who has lost his telephone. ErrGone
// for one who is not there.
func (s *Store) DropTOTP(ctx context.Context, ed Editor, managerID int64) error {
	err := s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		m, err := takeManager(tx, "id = ?", managerID)
		if err != nil {
			return err
		}
		// The step stays: were the same secret brought back, no old code would be right.
		if err := tx.Model(&managerRow{ID: m.ID}).Select("totp", "totp_new").Updates(managerRow{}).Error; err != nil || m.TOTP == nil {
			return err
		}
		return s.recordTOTP(ctx, tx, ed, &m, "")
	})
	if err != nil {
		return fmt.Errorf("drop one-time codes: %w", err)
	}
	return nil
}

func (s *Store) recordTOTP(ctx context.Context, tx *gorm.DB, ed Editor, m *managerRow, after string) error {
	before := ""
	if m.TOTP != nil {
		before = config.Masked
	}
	return s.record(ctx, tx, ed, config.Change{
		Name: m.UserID, Action: config.Changed, Fields: []config.FieldChange{{Field: "totp", Old: before, New: after}},
	})
}

// totpStep finds the step of a code among those that count now and are newer than last.
func (s *Store) totpStep(m *managerRow, sealed []byte, last int64, code string) (step int64, ok bool, err error) {
	if sealed == nil {
		return 0, false, ErrNoTOTP
	}
	secret, err := s.pepper.Open(fmt.Sprintf(totpPurpose, m.ID), sealed)
	if err != nil {
		return 0, false, err
	}
	step, ok = codeStep(string(secret), code, s.clock(), last)
	return step, ok, nil
}

// codeStep is totpStep of an open secret. People copy the blank that programs show in
// the middle of a code.
func codeStep(secret, code string, at time.Time, last int64) (int64, bool) {
	code = strings.ReplaceAll(code, " ", "")
	now := at.Unix() / totpPeriod
	for step := max(now-totpSkew, last+1); step <= now+totpSkew; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix})
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}
