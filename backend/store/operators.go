package store

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// OperatorItem is an operator in a list.
type OperatorItem struct {
	ID, Version        int64
	Username, FullName string
	Enabled            bool
	Password           bool      // has one that can be checked here
	Services           []string  // served, by name
	Changed            time.Time // zero for never
	ChangedBy          string    // user id of a manager; "" for the command line
}

// OperatorDraft is an operator being edited.
type OperatorDraft struct {
	ID, Version        int64 // ID 0: a new one
	Username, FullName string
	Password           string // a new one; "" keeps it. Never returned
	HasPassword        bool   // has one that can be checked here; not saved
	Enabled            bool
	Services           []int64 // ids of those served; penalties of those kept stay

	// Served is Services as it was read: what another manager did to services
	// meanwhile then stays. nil: Services is all that he is to serve.
	Served []int64
}

// OperatorChoice is an operator to choose.
type OperatorChoice struct {
	ID                 int64
	Username, FullName string
	Enabled            bool
}

type stampedOperator struct {
	Row   operatorRow `gorm:"embedded"`
	Stamp stamp       `gorm:"embedded"`
}

func (stampedOperator) TableName() string { return "operators" }

func (r operatorRow) operator() *config.Operator {
	return &config.Operator{Username: r.Username, FullName: r.Fullname, Verifier: r.Verifier, Enabled: r.Enabled, UID: r.UID}
}

// newUID is that of an operator who was never there before: no user name begins with its ~.
func newUID() string { return "~" + strings.ToLower(rand.Text()) }

var operatorList = listing{
	count: "SELECT count(*) FROM operators",
	ids: "SELECT id FROM operators WHERE username GLOB @pattern OR fullname GLOB @pattern OR id IN" +
		" (SELECT operator_id FROM service_operators WHERE service_id IN (SELECT id FROM services WHERE name GLOB @pattern))",
	rows: "SELECT * FROM operators",
	sorts: map[string][]string{
		"username": {"username"}, "fullname": {"fullname COLLATE NOCASE", "username"}, "enabled": {"enabled", "username"}, "changed": {"changed", "username"},
	},
	normal: "username",
}

// Operators lists the operators. Sort is "username", "fullname", "enabled" or
// "changed"; Search looks into username, full name and names of services.
func (s *Store) Operators(ctx context.Context, q ListQuery) (page List[OperatorItem], err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		rows, err := list[stampedOperator](tx, operatorList, q)
		if err != nil {
			return err
		}
		page = List[OperatorItem]{Total: rows.Total, All: rows.All, Page: rows.Page, Size: rows.Size}
		ids := make([]int64, len(rows.Rows))
		for i, r := range rows.Rows {
			ids[i] = r.Row.ID
		}
		uses, err := served(tx, ids)
		if err != nil {
			return err
		}
		for _, r := range rows.Rows {
			page.Rows = append(page.Rows, OperatorItem{
				r.Row.ID, r.Stamp.Version, r.Row.Username, r.Row.Fullname, r.Row.Enabled, s.pepper.Made(r.Row.Verifier),
				uses[r.Row.ID], r.Stamp.time(), r.Stamp.ChangedBy,
			})
		}
		return nil
	})
	return page, told("list operators", err)
}

// served is the names of the services that operators serve.
func served(tx *gorm.DB, ids []int64) (map[int64][]string, error) {
	return uses(tx, `SELECT a.operator_id AS id, s.name AS user FROM service_operators a JOIN services s ON s.id = a.service_id
		WHERE a.operator_id IN ? ORDER BY s.name`, ids)
}

// Operator reads one to edit, or returns ErrGone.
func (s *Store) Operator(ctx context.Context, id int64) (d OperatorDraft, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		d, err = s.readOperator(tx, id)
		return err
	})
	return d, told("read operator", err)
}

func (s *Store) readOperator(tx *gorm.DB, id int64) (OperatorDraft, error) {
	row, err := find[stampedOperator](tx, id)
	if err != nil {
		return OperatorDraft{}, err
	}
	d := OperatorDraft{
		ID: row.Row.ID, Version: row.Stamp.Version, Username: row.Row.Username, FullName: row.Row.Fullname,
		HasPassword: s.pepper.Made(row.Row.Verifier), Enabled: row.Row.Enabled, Services: []int64{},
	}
	err = tx.Raw("SELECT service_id FROM service_operators WHERE operator_id = ? ORDER BY service_id", id).Scan(&d.Services).Error
	d.Served = slices.Clone(d.Services)
	return d, err
}

// SaveOperator adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with an OperatorDraft, *Taken, config.Faults. A service that is not there
// any more is none that he serves. His services' versions change where he comes or goes.
func (s *Store) SaveOperator(ctx context.Context, ed Editor, d OperatorDraft) (saved OperatorDraft, err error) {
	verifier := ""
	if d.Password != "" { // before the transaction: it takes long
		if err := checkOperator(&config.Operator{Username: d.Username, FullName: d.FullName}, d.Password); err != nil {
			return OperatorDraft{}, err
		}
		if verifier, err = s.pepper.HashPassword(d.Password); err != nil {
			return OperatorDraft{}, told("save operator", err)
		}
	}
	id := d.ID
	err = s.edit(ctx, ed, func(e *edit) (err error) {
		var old *config.Operator
		row, theirs := stampedOperator{}, OperatorDraft{}
		if d.ID != 0 {
			if row, err = find[stampedOperator](e.tx, d.ID); err != nil {
				return err
			}
			if theirs, err = s.readOperator(e.tx, d.ID); err != nil {
				return err
			}
			if err := row.Stamp.conflict(d.Version, theirs); err != nil {
				return err
			}
			old = row.Row.operator()
		}
		if row.Stamp = e.stamp; d.ID == 0 {
			row.Row.UID = newUID()
		}
		row.Row.Username, row.Row.Fullname, row.Row.Enabled = d.Username, d.FullName, d.Enabled
		if verifier != "" {
			row.Row.Verifier = verifier
		}
		operator := row.Row.operator()
		if err := checkOperator(operator, ""); err != nil {
			return err
		}
		if err := e.taken("username", "SELECT username FROM operators WHERE username = ? AND id <> ?", d.Username, d.ID); err != nil {
			return err
		}
		if change, differs := config.DiffOperator(old, operator); differs {
			e.note(change)
		}
		return e.services(distinct(slices.Concat(theirs.Services, d.Services)), func() error {
			if err := e.put(&row); err != nil {
				return err
			}
			id = row.Row.ID
			return e.serve(id, d, theirs.Services)
		})
	})
	if err != nil {
		return OperatorDraft{}, told("save operator", err)
	}
	return s.Operator(ctx, id)
}

func checkOperator(o *config.Operator, password string) error {
	return config.CheckOperator(config.ImportedOperator{Operator: *o, Password: password}).Err()
}

// serve makes an operator who serves the services of now serve what the draft says.
func (e *edit) serve(id int64, d OperatorDraft, now []int64) error {
	was := d.Served
	if was == nil {
		was = now
	}
	for _, service := range now {
		if slices.Contains(was, service) && !slices.Contains(d.Services, service) {
			if err := e.tx.Exec("DELETE FROM service_operators WHERE service_id = ? AND operator_id = ?", service, id).Error; err != nil {
				return err
			}
		}
	}
	for _, service := range d.Services {
		if slices.Contains(was, service) {
			continue // he is on it, or another manager took him off
		}
		err := e.tx.Exec("INSERT INTO service_operators (service_id, operator_id, penalty) SELECT id, ?, 0 FROM services WHERE id = ? ON CONFLICT DO NOTHING", id, service).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// RemoveOperators removes operators, all or none; those who are not there are removed already.
func (s *Store) RemoveOperators(ctx context.Context, ed Editor, ids []int64) error {
	return told("remove operators", s.edit(ctx, ed, func(e *edit) error {
		var rows []stampedOperator
		if err := e.tx.Where("id IN ?", ids).Order("username").Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			change, _ := config.DiffOperator(r.Row.operator(), nil)
			e.note(change)
		}
		var served []int64
		if err := e.tx.Raw("SELECT DISTINCT service_id FROM service_operators WHERE operator_id IN ?", ids).Scan(&served).Error; err != nil {
			return err
		}
		return e.services(served, func() error { return e.tx.Where("id IN ?", ids).Delete(&operatorRow{}).Error })
	}))
}

// OperatorUses tells which services the operators serve; of those that are there.
func (s *Store) OperatorUses(ctx context.Context, ids []int64) (list []Use, err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		list, err = used(tx, "SELECT id, coalesce(nullif(fullname, ''), username) AS name FROM operators WHERE id IN ? ORDER BY username", ids, served)
		return err
	})
	return list, told("uses of operators", err)
}

// AllOperators lists all operators by username.
func (s *Store) AllOperators(ctx context.Context) (all []OperatorChoice, err error) {
	err = s.read.WithContext(ctx).Raw("SELECT id, username, fullname AS full_name, enabled FROM operators ORDER BY username").Scan(&all).Error
	return all, told("list operators", err)
}

// OperatorsLike lists the first operators by username whose username or full name
// holds a text, at most 500.
func (s *Store) OperatorsLike(ctx context.Context, text string, limit int) (some []OperatorChoice, err error) {
	err = s.read.WithContext(ctx).Raw(`SELECT id, username, fullname AS full_name, enabled FROM operators
		WHERE username GLOB @pattern OR fullname GLOB @pattern ORDER BY username LIMIT @most`,
		map[string]any{"pattern": pattern(searched(text)), "most": min(max(0, limit), maxSize)}).Scan(&some).Error
	return some, told("look for operators", err)
}
