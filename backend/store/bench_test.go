package store

import (
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
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := config.ReadSQLite(b.Context(), filepath.Join(dir, file)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
