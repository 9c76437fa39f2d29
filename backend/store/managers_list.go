package store

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
)

var managerListing = listing{
	count: "SELECT count(*) FROM managers",
	ids:   "SELECT id FROM managers WHERE user_id GLOB @pattern OR full_name GLOB @pattern OR email GLOB @pattern",
	rows:  "SELECT * FROM managers",
	sorts: map[string][]string{
		"username": {"user_id"},
		"fullname": {"full_name COLLATE NOCASE", "user_id"},
		"email":    {"email COLLATE NOCASE", "user_id"},
		"role":     {"role", "user_id"},
		"enabled":  {"enabled", "user_id"},
		"created":  {"created", "user_id"},
		"seen":     {"seen", "user_id"},
	},
	normal: "username",
}

// Managers lists the managers. Sort is "username", "fullname", "email", "role",
// "enabled", "created" or "seen"; Search looks into the first three.
func (s *Store) Managers(ctx context.Context, q ListQuery) (List[Manager], error) {
	var page List[managerRow]
	err := s.managers.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		page, err = list[managerRow](tx, managerListing, q)
		return err
	}, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return List[Manager]{}, fmt.Errorf("list managers: %w", err)
	}
	out := List[Manager]{Total: page.Total, All: page.All, Page: page.Page, Size: page.Size}
	for i := range page.Rows {
		out.Rows = append(out.Rows, page.Rows[i].manager())
	}
	return out, nil
}
