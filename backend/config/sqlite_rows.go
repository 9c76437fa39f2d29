package config

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// rowReader reads the rows of a published file into what becomes a snapshot. The
// schema and the pages are checked.
type rowReader struct {
	db        *sql.DB
	services  []Service
	serviceAt map[int64]int // by id
	operators []Operator
	usernames map[int64]string // by id
	uids      map[string]bool  // in lower case
	seats     []Seat
	reasons   []string
	limits    Limits
}

func readTables(ctx context.Context, db *sql.DB, source string, format uint32) (*Snapshot, error) {
	var revision int64
	if err := db.QueryRowContext(ctx, "SELECT revision FROM published").Scan(&revision); err != nil {
		return nil, err
	}
	r := &rowReader{db: db, serviceAt: map[int64]int{}, usernames: map[int64]string{}, uids: map[string]bool{}}
	news, label, uid := "after_call, caller_id, open_at", "label", "uid"
	switch {
	case format == 1:
		news, label = "0, '', ''", "''"
	case format < 4:
		news, label = "after_call, caller_id, ''", "''"
	}
	if format < 5 {
		uid = "lower(username)"
	}
	parts := []func(context.Context) error{func(ctx context.Context) error { return r.people(ctx, uid) }, r.desks, r.assignments}
	if format >= 2 {
		parts = append(parts, r.prefixes, r.pauses)
	}
	if format >= 3 {
		parts = append(parts, r.bounds)
	}
	if format >= 4 {
		parts = append(parts, r.dispositions)
	}
	if err := r.readServices(ctx, news); err != nil {
		return nil, err
	}
	if err := r.variables(ctx, label); err != nil {
		return nil, err
	}
	for _, read := range parts {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	s := New(source, r.services, r.seats, r.operators, r.reasons...)
	s.Revision, s.Limits = revision, r.limits
	return s, nil
}

// readServices comes first: the others refer to services. news are the columns that
// older formats have not, or what stands for them.
func (r *rowReader) readServices(ctx context.Context, news string) error {
	const columns = "id, name, context, type, queue, trigger, application, param_string, target, allow_http, enabled, "
	return r.each(ctx, MaxServices, "SELECT "+columns+news+" FROM services ORDER BY id", func(row *sql.Rows) error {
		var id int64
		var s Service
		err := row.Scan(&id, &s.Name, &s.Context, &s.Type, &s.Queue, &s.Trigger, &s.Application, &s.ParamString, &s.Target, &s.AllowHTTP, &s.Enabled, &s.AfterCall, &s.CallerID, &s.OpenAt)
		r.serviceAt[id] = len(r.services)
		r.services = append(r.services, s)
		return err
	})
}

func (r *rowReader) people(ctx context.Context, uid string) error {
	return r.each(ctx, MaxOperators, "SELECT id, username, fullname, verifier, enabled, "+uid+" FROM operators ORDER BY id", func(row *sql.Rows) error {
		var id int64
		var o Operator
		if err := row.Scan(&id, &o.Username, &o.FullName, &o.Verifier, &o.Enabled, &o.UID); err != nil {
			return err
		}
		r.usernames[id] = o.Username
		r.operators = append(r.operators, o)
		if uid != "uid" {
			return nil // it is the name, of which Validate tells what is wrong
		}
		key := strings.ToLower(o.UID)
		if !validUID(o.UID) || r.uids[key] {
			return broken(damage("operator %.60q has not his own uid", o.Username))
		}
		r.uids[key] = true
		return nil
	})
}

func (r *rowReader) desks(ctx context.Context) error {
	return r.each(ctx, MaxSeats, "SELECT mac, extension, description FROM seats ORDER BY id", func(row *sql.Rows) error {
		var s Seat
		err := row.Scan(&s.MAC, &s.Extension, &s.Description)
		r.seats = append(r.seats, s)
		return err
	})
}

func (r *rowReader) variables(ctx context.Context, label string) error {
	return r.each(ctx, MaxServices*MaxVariables, "SELECT service_id, name, "+label+" FROM service_variables ORDER BY service_id, position", func(row *sql.Rows) error {
		var service int64
		var name, label string
		err := row.Scan(&service, &name, &label)
		if i, ok := r.serviceAt[service]; ok && err == nil {
			r.services[i].AddVariable(name, label)
		}
		return err
	})
}

func (r *rowReader) dispositions(ctx context.Context) error {
	return r.each(ctx, MaxServices*MaxDispositions, "SELECT service_id, name FROM service_dispositions ORDER BY service_id, position", func(row *sql.Rows) error {
		var service int64
		var name string
		err := row.Scan(&service, &name)
		if i, ok := r.serviceAt[service]; ok && err == nil {
			r.services[i].Dispositions = append(r.services[i].Dispositions, name)
		}
		return err
	})
}

func (r *rowReader) prefixes(ctx context.Context) error {
	return r.each(ctx, 2*MaxServices*MaxPrefixes, "SELECT service_id, prefix, allowed FROM service_prefixes ORDER BY service_id, prefix", func(row *sql.Rows) error {
		var service int64
		var prefix string
		var allowed bool
		err := row.Scan(&service, &prefix, &allowed)
		i, ok := r.serviceAt[service]
		switch {
		case !ok || err != nil:
		case allowed:
			r.services[i].Allow = append(r.services[i].Allow, prefix)
		default:
			r.services[i].Deny = append(r.services[i].Deny, prefix)
		}
		return err
	})
}

func (r *rowReader) assignments(ctx context.Context) error {
	return r.each(ctx, MaxAssignments, "SELECT service_id, operator_id, penalty FROM service_operators ORDER BY service_id, operator_id", func(row *sql.Rows) error {
		var service, operator int64
		var penalty int
		err := row.Scan(&service, &operator, &penalty)
		if i, ok := r.serviceAt[service]; ok && err == nil {
			r.services[i].Operators = append(r.services[i].Operators, Assignment{Username: r.usernames[operator], Penalty: penalty})
		}
		return err
	})
}

func (r *rowReader) pauses(ctx context.Context) error {
	return r.each(ctx, MaxReasons, "SELECT reason FROM pause_reasons ORDER BY position", func(row *sql.Rows) error {
		var reason string
		err := row.Scan(&reason)
		r.reasons = append(r.reasons, reason)
		return err
	})
}

func (r *rowReader) bounds(ctx context.Context) error {
	return r.each(ctx, 1, "SELECT after_call, per_minute, per_hour FROM limits", func(row *sql.Rows) error {
		return row.Scan(&r.limits.AfterCall, &r.limits.PerMinute, &r.limits.PerHour)
	})
}

// each calls read for every row of a query, up to most of them.
func (r *rowReader) each(ctx context.Context, most int, query string, read func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		if n == most {
			return broken(flawed("file.rows", fmt.Sprintf("holds more than %d rows of one kind", most)))
		}
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
