package store

import (
	"strings"
	"testing"
	"time"
)

func TestManagersList(t *testing.T) {
	s, at := managed(t)
	for _, user := range []string{"carl", "Ada", "bob"} {
		add(t, s, user, RoleAdministrator, "")
		*at = at.Add(time.Minute)
	}
	for _, c := range []struct {
		q    ListQuery
		want string
	}{
		{ListQuery{}, "Ada bob carl"},
		{ListQuery{Sort: "created"}, "carl Ada bob"},
		{ListQuery{Sort: "created", Desc: true}, "bob Ada carl"},
		{ListQuery{Sort: "verifier; DROP TABLE managers"}, "Ada bob carl"},
		{ListQuery{Search: "FULL ada"}, "Ada"},
		{ListQuery{Search: "' OR 1=1 --"}, ""},
		{ListQuery{Size: 2, Page: 2}, "carl"},
	} {
		page, err := s.Managers(t.Context(), c.q)
		var users []string
		for _, m := range page.Rows {
			users = append(users, m.UserID)
		}
		if got := strings.Join(users, " "); err != nil || got != c.want || page.All != 3 {
			t.Errorf("%+v: %s, %v", c.q, got, err)
		}
	}
	for key := range managerListing.sorts {
		if _, err := s.Managers(t.Context(), ListQuery{Sort: key, Desc: true}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
