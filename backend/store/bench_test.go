package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// large is a call centre of 10,000 operators and 100,000 assignments.
func large() *config.Document {
	d := &config.Document{}
	for i := range 10000 {
		d.Operators = append(d.Operators, config.ImportedOperator{Operator: config.Operator{Username: fmt.Sprint("operator", i), FullName: fmt.Sprint("Operator ", i), Verifier: verifier, Enabled: true}})
		d.Seats = append(d.Seats, config.Seat{MAC: fmt.Sprintf("00:11:22:33:%02x:%02x", i/256, i%256), Extension: fmt.Sprint("PJSIP/", i), Description: fmt.Sprint("Desk ", i)})
	}
	for i := range 500 {
		s := config.Service{Name: fmt.Sprint("Service ", i), Context: fmt.Sprint("context-", i), Type: config.Inbound, Queue: fmt.Sprint("queue-", i), Application: "https://crm.example/", ParamString: "?x={calldata}", Enabled: true, Variables: []string{"calldata"}}
		for j := range 200 {
			s.Operators = append(s.Operators, config.Assignment{Username: fmt.Sprint("operator", (i*20+j)%10000)})
		}
		d.Services = append(d.Services, s)
	}
	return d
}

// BenchmarkLarge: the second in which a configuration is to be in use (J2) has to do
// for a large one.
func BenchmarkLarge(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	dir, d := b.TempDir(), large()
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			if err := s.RevertDraft(b.Context(), Editor{}, config.New("", nil, nil, nil), nil); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := s.Import(b.Context(), d, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("import again", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Import(b.Context(), d, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	var file string
	b.Run("publish", func(b *testing.B) {
		for b.Loop() {
			if file, err = s.Publish(b.Context(), dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	inUse, err := config.ReadSQLite(b.Context(), filepath.Join(dir, file))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pending", func(b *testing.B) {
		for b.Loop() {
			if list, err := s.Pending(b.Context(), inUse); err != nil || len(list) != 0 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("pending count", func(b *testing.B) {
		for b.Loop() {
			if n, err := s.PendingCount(b.Context(), inUse); err != nil || n != 0 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := config.ReadSQLite(b.Context(), filepath.Join(dir, file)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOperatorList: a page of 10,000 operators, and the bare SQL of its rows.
func BenchmarkOperatorList(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Import(b.Context(), large(), nil); err != nil {
		b.Fatal(err)
	}
	pool, err := s.read.DB()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    ListQuery
		sql  string
	}{
		{"first", ListQuery{}, "SELECT * FROM operators ORDER BY username LIMIT 25"},
		{"last by change", ListQuery{Sort: "changed", Desc: true, Page: 400}, "SELECT * FROM operators ORDER BY changed DESC, username DESC LIMIT 25 OFFSET 9975"},
		{"last by full name", ListQuery{Sort: "fullname", Page: 400}, "SELECT * FROM operators ORDER BY fullname COLLATE NOCASE, username LIMIT 25 OFFSET 9975"},
		{"last by enabled", ListQuery{Sort: "enabled", Page: 400}, "SELECT * FROM operators ORDER BY enabled, username LIMIT 25 OFFSET 9975"},
		{"search few", ListQuery{Search: "OPERATOR 999"}, "SELECT * FROM operators WHERE username LIKE '%OPERATOR 999%' OR fullname LIKE '%OPERATOR 999%' ORDER BY username"},
		{"search all", ListQuery{Search: "operator", Sort: "fullname"}, "SELECT * FROM operators WHERE username LIKE '%operator%' OR fullname LIKE '%operator%' ORDER BY fullname COLLATE NOCASE, username LIMIT 25"},
		{"search none", ListQuery{Search: "nobody"}, "SELECT * FROM operators WHERE username LIKE '%nobody%' OR fullname LIKE '%nobody%'"},
		{"search a service", ListQuery{Search: "service 77"}, "SELECT * FROM operators WHERE id IN (SELECT operator_id FROM service_operators JOIN services ON services.id = service_id WHERE name LIKE '%service 77%') ORDER BY username LIMIT 25"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if page, err := s.Operators(b.Context(), c.q); err != nil || page.All != 10000 {
					b.Fatal(page.All, err)
				}
			}
		})
		b.Run(c.name+", bare SQL", func(b *testing.B) {
			for b.Loop() {
				if err := drain(b.Context(), pool, c.sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func drain(ctx context.Context, pool *sql.DB, query string) error {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}
