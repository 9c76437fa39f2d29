package config

import (
	"context"
	"database/sql"
)

// readTables reads the rows into a snapshot. The schema and the pages are checked.
func readTables(ctx context.Context, db *sql.DB, source string) (*Snapshot, error) {
	var revision int64
	if err := db.QueryRowContext(ctx, "SELECT revision FROM published").Scan(&revision); err != nil {
		return nil, err
	}
	var services []Service
	serviceAt := map[int64]int{}
	err := each(ctx, db, MaxServices, "SELECT id, name, context, type, queue, trigger, application, param_string, target, allow_http, enabled FROM services ORDER BY id", func(row *sql.Rows) error {
		var id int64
		var s Service
		err := row.Scan(&id, &s.Name, &s.Context, &s.Type, &s.Queue, &s.Trigger, &s.Application, &s.ParamString, &s.Target, &s.AllowHTTP, &s.Enabled)
		serviceAt[id] = len(services)
		services = append(services, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	var operators []Operator
	usernames := map[int64]string{}
	err = each(ctx, db, MaxOperators, "SELECT id, username, fullname, verifier, enabled FROM operators ORDER BY id", func(row *sql.Rows) error {
		var id int64
		var o Operator
		err := row.Scan(&id, &o.Username, &o.FullName, &o.Verifier, &o.Enabled)
		usernames[id] = o.Username
		operators = append(operators, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	var seats []Seat
	err = each(ctx, db, MaxSeats, "SELECT mac, extension, description FROM seats ORDER BY id", func(row *sql.Rows) error {
		var s Seat
		err := row.Scan(&s.MAC, &s.Extension, &s.Description)
		seats = append(seats, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, db, MaxServices*MaxVariables, "SELECT service_id, name FROM service_variables ORDER BY service_id, position", func(row *sql.Rows) error {
		var service int64
		var name string
		err := row.Scan(&service, &name)
		if i, ok := serviceAt[service]; ok && err == nil {
			services[i].Variables = append(services[i].Variables, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, db, MaxAssignments, "SELECT service_id, operator_id, penalty FROM service_operators ORDER BY service_id, operator_id", func(row *sql.Rows) error {
		var service, operator int64
		var penalty int
		err := row.Scan(&service, &operator, &penalty)
		if i, ok := serviceAt[service]; ok && err == nil {
			services[i].Operators = append(services[i].Operators, Assignment{Username: usernames[operator], Penalty: penalty})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s := New(source, services, seats, operators)
	s.Revision = revision
	return s, nil
}

// each calls read for every row of a query, up to most of them.
func each(ctx context.Context, db *sql.DB, most int, query string, read func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		if n == most {
			return broken("holds more than %d rows of one kind", most)
		}
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
