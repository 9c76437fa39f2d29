package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// The rows of the working database, and of a published file, whose columns are the
// same where they have the same table.
type (
	serviceRow struct {
		ID          int64 `gorm:"primaryKey"`
		Name        string
		Context     string
		Type        string
		Queue       string
		Trigger     string
		Application string
		ParamString string
		Target      string
		AllowHTTP   bool
		OpenAt      string
		Enabled     bool
		AfterCall   int
		CallerID    string
	}
	operatorRow struct {
		ID       int64 `gorm:"primaryKey"`
		Username string
		Fullname string
		Verifier string
		Enabled  bool
		UID      string
	}
	seatRow struct {
		ID          int64 `gorm:"primaryKey"`
		MAC         string
		Extension   string
		Description string
	}
	variableRow struct {
		ServiceID int64 `gorm:"primaryKey;autoIncrement:false"`
		Position  int   `gorm:"primaryKey;autoIncrement:false"`
		Name      string
		Label     string
	}
	dispositionRow struct {
		ServiceID int64 `gorm:"primaryKey;autoIncrement:false"`
		Position  int   `gorm:"primaryKey;autoIncrement:false"`
		Name      string
	}
	prefixRow struct {
		ServiceID int64  `gorm:"primaryKey;autoIncrement:false"`
		Prefix    string `gorm:"primaryKey"`
		Allowed   bool
	}
	reasonRow struct {
		Position int `gorm:"primaryKey;autoIncrement:false"`
		Reason   string
	}
	limitsRow struct {
		ID        int `gorm:"primaryKey"`
		AfterCall int
		PerMinute int
		PerHour   int
	}
	assignmentRow struct {
		ServiceID  int64 `gorm:"primaryKey;autoIncrement:false"`
		OperatorID int64 `gorm:"primaryKey;autoIncrement:false"`
		Penalty    int
	}
	draftRow struct {
		ID       int `gorm:"primaryKey"`
		Revision int64
		Changed  int64
	}
	publicationRow struct {
		Revision                   int64 `gorm:"primaryKey;autoIncrement:false"`
		File                       string
		Published                  int64
		Services, Seats, Operators int
	}
)

func (serviceRow) TableName() string     { return "services" }
func (operatorRow) TableName() string    { return "operators" }
func (seatRow) TableName() string        { return "seats" }
func (variableRow) TableName() string    { return "service_variables" }
func (dispositionRow) TableName() string { return "service_dispositions" }
func (prefixRow) TableName() string      { return "service_prefixes" }
func (reasonRow) TableName() string      { return "pause_reasons" }
func (limitsRow) TableName() string      { return "limits" }
func (assignmentRow) TableName() string  { return "service_operators" }
func (draftRow) TableName() string       { return "draft" }
func (publicationRow) TableName() string { return "publications" }

// batch is how many rows go into one INSERT: SQLite takes 32,766 values in one.
const batch = 500

// insertAll writes a configuration into empty tables.
func insertAll(tx *gorm.DB, s *config.Snapshot) error {
	var (
		services  []serviceRow
		operators []operatorRow
		seats     []seatRow
		reasons   []reasonRow
		m         members
	)
	operatorID := make(map[string]int64, len(s.Operators))
	for i, o := range s.Operators {
		id := int64(i + 1)
		operatorID[strings.ToLower(o.Username)] = id
		operators = append(operators, operatorRow{id, o.Username, o.FullName, o.Verifier, o.Enabled, o.UID})
	}
	for i, seat := range s.Seats {
		seats = append(seats, seatRow{int64(i + 1), seat.MAC, seat.Extension, seat.Description})
	}
	for i := range s.Services {
		v, id := &s.Services[i], int64(i+1)
		services = append(services, serviceRowOf(id, v))
		m.add(id, v)
		for _, a := range v.Operators {
			m.assignments = append(m.assignments, assignmentRow{id, operatorID[strings.ToLower(a.Username)], a.Penalty})
		}
	}
	for i, reason := range s.PauseReasons {
		reasons = append(reasons, reasonRow{i + 1, reason})
	}
	limits := []limitsRow{{1, s.Limits.AfterCall, s.Limits.PerMinute, s.Limits.PerHour}}
	return errors.Join(insert(tx, operators), insert(tx, seats), insert(tx, services), m.insert(tx), insert(tx, reasons), insert(tx, limits))
}

// readAll reads the configuration; inside a transaction, so that it is of one moment.
func readAll(tx *gorm.DB) (*config.Snapshot, error) {
	var (
		services     []serviceRow
		operators    []operatorRow
		seats        []seatRow
		variables    []variableRow
		dispositions []dispositionRow
		prefixes     []prefixRow
		reasons      []reasonRow
		limits       []limitsRow
		assignments  []assignmentRow
	)
	for _, q := range []struct {
		order string
		rows  any
	}{
		{"id", &services}, {"id", &operators}, {"id", &seats},
		{"service_id, position", &variables}, {"service_id, position", &dispositions}, {"service_id, prefix", &prefixes}, {"position", &reasons}, {"id", &limits}, {"service_id, operator_id", &assignments},
	} {
		if err := tx.Order(q.order).Find(q.rows).Error; err != nil {
			return nil, err
		}
	}
	list, at := make([]config.Service, len(services)), make(map[int64]*config.Service, len(services))
	for i, r := range services {
		list[i] = config.Service{
			Name: r.Name, Context: r.Context, Type: r.Type, Queue: r.Queue, Trigger: r.Trigger, Application: r.Application,
			ParamString: r.ParamString, Target: r.Target, AllowHTTP: r.AllowHTTP, OpenAt: r.OpenAt, Enabled: r.Enabled,
			AfterCall: r.AfterCall, CallerID: r.CallerID,
		}
		at[r.ID] = &list[i]
	}
	people, usernames := make([]config.Operator, len(operators)), make(map[int64]string, len(operators))
	for i, r := range operators {
		people[i] = *r.operator()
		usernames[r.ID] = r.Username
	}
	desks := make([]config.Seat, len(seats))
	for i, r := range seats {
		desks[i] = config.Seat{MAC: r.MAC, Extension: r.Extension, Description: r.Description}
	}
	for _, r := range variables { // a service that is not there is against the foreign key
		at[r.ServiceID].AddVariable(r.Name, r.Label)
	}
	for _, r := range dispositions {
		at[r.ServiceID].Dispositions = append(at[r.ServiceID].Dispositions, r.Name)
	}
	for _, r := range prefixes {
		if r.Allowed {
			at[r.ServiceID].Allow = append(at[r.ServiceID].Allow, r.Prefix)
		} else {
			at[r.ServiceID].Deny = append(at[r.ServiceID].Deny, r.Prefix)
		}
	}
	for _, r := range assignments {
		at[r.ServiceID].Operators = append(at[r.ServiceID].Operators, config.Assignment{Username: usernames[r.OperatorID], Penalty: r.Penalty})
	}
	why := make([]string, len(reasons))
	for i, r := range reasons {
		why[i] = r.Reason
	}
	s := config.New("", list, desks, people, why...)
	if len(limits) > 0 {
		s.Limits = config.Limits{AfterCall: limits[0].AfterCall, PerMinute: limits[0].PerMinute, PerHour: limits[0].PerHour}
	}
	return s, nil
}

// Export reads the working configuration as it is at one moment; it may be faulty.
func (s *Store) Export(ctx context.Context) (snapshot *config.Snapshot, err error) {
	err = s.read.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		snapshot, err = readAll(tx)
		return err
	}, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read the working configuration: %w", err)
	}
	return snapshot, nil
}
