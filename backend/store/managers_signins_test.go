package store

import (
	"testing"
	"time"
)

func TestSignIns(t *testing.T) {
	s, at := managed(t)
	ctx := t.Context()
	add(t, s, "ada", RoleAdministrator, "a long enough one")
	add(t, s, "bob", RoleEditor, "a long enough one")
	start := func(user, address string) string {
		t.Helper()
		m, err := s.ManagerByUserID(ctx, user)
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.StartManagerSession(ctx, m, address, "Browser")
		if err != nil {
			t.Fatal(err)
		}
		*at = at.Add(time.Minute)
		return token
	}
	start("ada", "192.0.2.1")
	*at = at.Add(ManagerIdle)
	here := start("ada", "192.0.2.2")
	start("ada", "192.0.2.3")
	start("bob", "192.0.2.4")
	ada, err := s.ManagerByUserID(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.SignIns(ctx, ada.ID, here)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if !list[0].This || list[0].Address != "192.0.2.2" || list[1].This || list[1].Address != "192.0.2.3" || list[1].Agent != "Browser" {
		t.Errorf("%+v", list)
	}
}
