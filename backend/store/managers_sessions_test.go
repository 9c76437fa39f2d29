package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// signIn starts a session as the configurator does.
func signIn(t *testing.T, s *Store, userID string) (token string) {
	t.Helper()
	m, err := s.ManagerByUserID(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	if token, err = s.StartManagerSession(t.Context(), m, "192.0.2.1", "Browser/1"); err != nil {
		t.Fatal(err)
	}
	return token
}

// signedIn tells whether a token is a sign-in, and fails on any other error.
func signedIn(t *testing.T, s *Store, token string) bool {
	t.Helper()
	_, err := s.LoadManagerSession(t.Context(), token)
	if err != nil && !errors.Is(err, ErrNoSession) {
		t.Fatal(err)
	}
	return err == nil
}

// TestManagerSession goes through one: idle it ends in half an hour, and in use after
// twelve hours.
func TestManagerSession(t *testing.T) {
	s, at := managed(t)
	ctx := t.Context()
	add(t, s, "ada", RoleEditor, "")
	idle, busy := signIn(t, s, "ada"), signIn(t, s, "ADA")
	got, err := s.LoadManagerSession(ctx, busy)
	if err != nil || got.Manager.UserID != "ada" || got.Manager.Role != RoleEditor || !got.Created.Equal(noon) || !got.Seen.Equal(noon) ||
		got.Address != "192.0.2.1" || got.Agent != "Browser/1" || !got.Manager.LastSeen.Equal(noon) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, token := range []string{"", "x", busy + "x", busy[:42], strings.ToLower(busy) + "x"} {
		if signedIn(t, s, token) {
			t.Errorf("%q is signed in", token)
		}
		if err := errors.Join(s.TouchManagerSession(ctx, token), s.EndManagerSession(ctx, token)); err != nil {
			t.Error(err)
		}
	}
	touch := func(token string) {
		t.Helper()
		if err := s.TouchManagerSession(ctx, token); err != nil {
			t.Fatal(err)
		}
	}
	*at = noon.Add(touchEvery - time.Millisecond)
	touch(busy)
	if got, _ := s.LoadManagerSession(ctx, busy); !got.Seen.Equal(noon) {
		t.Errorf("written at once: %v", got.Seen)
	}
	*at = noon.Add(ManagerIdle - time.Millisecond)
	touch(busy)
	if got, _ := s.LoadManagerSession(ctx, busy); !got.Seen.Equal(*at) || !got.Manager.LastSeen.Equal(*at) {
		t.Errorf("not written: %v, %v", got.Seen, got.Manager.LastSeen)
	}
	if !signedIn(t, s, idle) {
		t.Error("idle: ended before its time")
	}
	*at = noon.Add(ManagerIdle)
	touch(idle) // too late
	if signedIn(t, s, idle) {
		t.Error("idle: not ended")
	}
	for at.Before(noon.Add(ManagerLongest - ManagerIdle/2)) {
		if touch(busy); !signedIn(t, s, busy) {
			t.Fatalf("in use: ended at %v", at.Sub(noon))
		}
		*at = at.Add(ManagerIdle / 2)
	}
	*at = noon.Add(ManagerLongest)
	if touch(busy); signedIn(t, s, busy) {
		t.Error("in use: not ended after its longest time")
	}
	// What has ended is swept out by the next.
	last := signIn(t, s, "ada")
	var rows int64
	if err := s.managers.Model(&managerSessionRow{}).Count(&rows).Error; err != nil || rows != 1 {
		t.Error(rows, err)
	}
	if err := s.EndManagerSession(ctx, last); err != nil || signedIn(t, s, last) {
		t.Error(err)
	}
}

// TestManagerSessionsEnd: what an edit does to the sign-ins of who is edited, and that it
// does nothing to others.
func TestManagerSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		name       string
		edit       func(d *ManagerDraft, own string)
		own, other bool // still signed in: with the token given, and elsewhere
	}{
		{"name", func(d *ManagerDraft, own string) { d.FullName, d.Email = "New", "new@example.com" }, true, true},
		{"password", func(d *ManagerDraft, own string) { d.Password = goodPassword }, false, false},
		{"own password", func(d *ManagerDraft, own string) { d.Password, d.KeepSession = goodPassword, own }, true, false},
		{"role", func(d *ManagerDraft, own string) { d.Role, d.KeepSession = RoleViewer, own }, false, false},
		{"disabled", func(d *ManagerDraft, own string) { d.Enabled, d.KeepSession = false, own }, false, false},
		{"removed", nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := managed(t)
			add(t, s, "root", RoleAdministrator, "")
			ada := add(t, s, "ada", RoleEditor, "")
			root, own, other := signIn(t, s, "root"), signIn(t, s, "ada"), signIn(t, s, "ada")
			stale, err := s.ManagerByUserID(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			if c.edit == nil {
				err = s.RemoveManagers(t.Context(), Editor{}, []int64{ada.ID})
			} else {
				c.edit(&ada, own)
				_, err = s.SaveManager(t.Context(), Editor{}, ada)
			}
			if err != nil {
				t.Fatal(err)
			}
			if a, b := signedIn(t, s, own), signedIn(t, s, other); a != c.own || b != c.other || !signedIn(t, s, root) {
				t.Errorf("own %v, other %v", a, b)
			}
			// Who was just then signing in, with what holds no more, is not.
			if _, err := s.StartManagerSession(t.Context(), stale, "", ""); errors.Is(err, ErrGone) == c.other {
				t.Errorf("signing in: %v", err)
			}
		})
	}
}

func TestEndManagerSessions(t *testing.T) {
	s, _ := managed(t)
	ada := add(t, s, "ada", RoleEditor, "")
	add(t, s, "bob", RoleEditor, "")
	own, other, bob := signIn(t, s, "ada"), signIn(t, s, "ada"), signIn(t, s, "bob")
	if n, err := s.EndManagerSessions(t.Context(), ada.ID, own); n != 1 || err != nil || !signedIn(t, s, own) || signedIn(t, s, other) {
		t.Error(n, err)
	}
	if n, err := s.EndManagerSessions(t.Context(), ada.ID, ""); n != 1 || err != nil || signedIn(t, s, own) || !signedIn(t, s, bob) {
		t.Error(n, err)
	}
}

// TestManagerAgent: what a browser calls itself is cut and is text.
func TestManagerAgent(t *testing.T) {
	s, _ := managed(t)
	add(t, s, "ada", RoleEditor, "")
	m, err := s.ManagerByUserID(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.StartManagerSession(t.Context(), m, strings.Repeat("f", 99), strings.Repeat("x", maxAgentText-1)+"ä\xff")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.LoadManagerSession(t.Context(), token); err != nil || got.Agent != strings.Repeat("x", maxAgentText-1) || len(got.Address) != maxAddressText || !utf8.ValidString(got.Agent) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestManagerSecretsOnDisk: neither token, password nor secret of codes is in the files.
func TestManagerSecretsOnDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ada := add(t, s, "ada", RoleAdministrator, goodPassword)
	session := signIn(t, s, "ada")
	reset, err := s.NewResetToken(t.Context(), s.CommandLine(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := s.EnrolTOTP(t.Context(), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"managers.db", "managers.db-wal"} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{session, reset, secret, goodPassword} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%q is in %s", secret, name)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
