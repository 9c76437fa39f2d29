package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// TestResetToken: looked at as often as one likes, used once; all sign-ins end.
func TestResetToken(t *testing.T) {
	s, at := managed(t)
	ctx := t.Context()
	ada := add(t, s, "ada", RoleAdministrator, "")
	session := signIn(t, s, "ada")
	token, err := s.NewResetToken(ctx, Editor{}, ada.ID)
	if err != nil || len(token) != 43 {
		t.Fatal(token, err)
	}
	*at = noon.Add(ResetTokenTTL - time.Millisecond)
	for range 2 {
		if m, err := s.PeekResetToken(ctx, token); err != nil || m.UserID != "ada" {
			t.Errorf("%+v, %v", m, err)
		}
	}
	// A password that is refused uses nothing up.
	_, err = s.UseResetToken(ctx, Editor{}, token, "the password of ada")
	if faults, ok := errors.AsType[config.Faults](err); !ok || faults[0].Code != "manager.password-username" {
		t.Errorf("%v", err)
	}
	if !signedIn(t, s, session) {
		t.Error("signed out already")
	}
	var changes []config.Change
	m, err := s.UseResetToken(ctx, recorder("somebody", &changes), token, goodPassword)
	if err != nil || m.UserID != "ada" || m.Version != 2 || m.ChangedBy != "ada" {
		t.Fatalf("%+v, %v", m, err)
	}
	if len(changes) != 1 || changes[0].By != "ada" || len(changes[0].Fields) != 1 || changes[0].Fields[0] != (config.FieldChange{Field: "password", Old: config.Masked, New: config.Masked}) {
		t.Errorf("%+v", changes)
	}
	if signedIn(t, s, session) {
		t.Error("still signed in")
	}
	for _, dead := range []string{token, "", "x", token + "x"} {
		if _, err := s.PeekResetToken(ctx, dead); !errors.Is(err, ErrResetToken) {
			t.Errorf("%q: %v", dead, err)
		}
		if _, err := s.UseResetToken(ctx, Editor{}, dead, goodPassword); !errors.Is(err, ErrResetToken) {
			t.Errorf("%q: %v", dead, err)
		}
	}
}

// TestResetTokenVoid: what makes a link useless.
func TestResetTokenVoid(t *testing.T) {
	for name, void := range map[string]func(t *testing.T, s *Store, at *time.Time, ada ManagerDraft) error{
		"time": func(_ *testing.T, _ *Store, at *time.Time, _ ManagerDraft) error {
			*at = at.Add(ResetTokenTTL)
			return nil
		},
		"a newer one": func(t *testing.T, s *Store, _ *time.Time, ada ManagerDraft) error {
			token, err := s.NewResetToken(t.Context(), Editor{}, ada.ID)
			if err == nil {
				_, err = s.PeekResetToken(t.Context(), token)
			}
			return err
		},
		"a new password": func(t *testing.T, s *Store, _ *time.Time, ada ManagerDraft) error {
			ada.Password = goodPassword
			_, err := s.SaveManager(t.Context(), Editor{}, ada)
			return err
		},
		"another address": func(t *testing.T, s *Store, _ *time.Time, ada ManagerDraft) error {
			ada.Email = "other@example.com"
			_, err := s.SaveManager(t.Context(), Editor{}, ada)
			return err
		},
		"disabled, and enabled again": func(t *testing.T, s *Store, _ *time.Time, ada ManagerDraft) error {
			ada.Enabled = false
			ada, err := s.SaveManager(t.Context(), Editor{}, ada)
			if err == nil {
				if _, err := s.NewResetToken(t.Context(), Editor{}, ada.ID); !errors.Is(err, ErrGone) {
					t.Errorf("for one who is disabled: %v", err)
				}
				ada.Enabled = true
				_, err = s.SaveManager(t.Context(), Editor{}, ada)
			}
			return err
		},
		"removed": func(t *testing.T, s *Store, _ *time.Time, ada ManagerDraft) error {
			return s.RemoveManagers(t.Context(), Editor{}, []int64{ada.ID})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, at := managed(t)
			ada := add(t, s, "ada", RoleEditor, "")
			token, err := s.NewResetToken(t.Context(), Editor{}, ada.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := void(t, s, at, ada); err != nil {
				t.Fatal(err)
			}
			if _, err := s.PeekResetToken(t.Context(), token); !errors.Is(err, ErrResetToken) {
				t.Errorf("peek: %v", err)
			}
			if _, err := s.UseResetToken(t.Context(), Editor{}, token, goodPassword); !errors.Is(err, ErrResetToken) {
				t.Errorf("use: %v", err)
			}
		})
	}
}

// TestResetTokenRace: of several who use one link at once, in two processes, one does.
func TestResetTokenRace(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{open(t, dir), open(t, dir)}
	ada := add(t, stores[0], "ada", RoleEditor, "")
	for range 2 {
		token, err := stores[0].NewResetToken(t.Context(), Editor{}, ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		used := 0
		for _, err := range race(4, func(i int) error {
			_, err := stores[i%2].UseResetToken(context.WithoutCancel(t.Context()), Editor{}, token, goodPassword)
			return err
		}) {
			if err == nil {
				used++
			} else if !errors.Is(err, ErrResetToken) {
				t.Error(err)
			}
		}
		if used != 1 {
			t.Errorf("used %d times", used)
		}
	}
}
