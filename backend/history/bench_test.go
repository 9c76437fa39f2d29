package history

import (
	"fmt"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

const kept = 100_000

// full is a history of 100,000 calls: half of them are ada's, the others of fifty agents.
func full(b *testing.B) *shelf {
	b.Helper()
	s := shelved(b, nil)
	list := make([]tracker.Past, 0, batch)
	for i := range kept {
		operator := "ada"
		if i%2 == 1 {
			operator = fmt.Sprintf("agent%d", i/2%50)
		}
		list = append(list, past(operator, func(c *pbx.Call) {
			c.ID, c.Uniqueid = pbx.CallID(fmt.Sprintf("mfx9a2k1-%d", i)), pbx.ChannelID(fmt.Sprintf("pbx1-1790000000.%d", i))
			c.Caller = pbx.CallerID{Number: fmt.Sprintf("+39055%07d", i), Name: fmt.Sprintf("Customer %d & Figli", i)}
		}))
		if len(list) == batch || i == kept-1 {
			if err := s.insert(list); err != nil {
				b.Fatal(err)
			}
			list = list[:0]
		}
	}
	return s
}

// BenchmarkPage asks 100,000 calls for a page, beside the same statement by itself.
func BenchmarkPage(b *testing.B) {
	s := full(b)
	for _, c := range []struct {
		name, operator, text string
		calls                int
	}{
		{"of 50,000", "ada", "", 50},
		{"of 1,000", "agent7", "", 50},
		{"search of 1,000", "agent7", "figli support", 50},
		{"search of 1,000 in vain", "agent7", "nobody", 0},
		{"search of 50,000", "ada", "customer 5 ", 50},
		{"search of 50,000 in vain", "ada", "nobody", 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if p := s.page(b, c.operator, Query{Text: c.text}); len(p.Calls) != c.calls {
					b.Fatalf("%d calls", len(p.Calls))
				}
			}
		})
		b.Run(c.name+", bare SQL", func(b *testing.B) {
			condition, args := matching(c.text)
			args = append(append([]any{c.operator, int64(kept + 1)}, args...), 51)
			for b.Loop() {
				bare(b, s, selectCalls+condition+` ORDER BY c.id DESC LIMIT ?`, args)
			}
		})
	}
}

func bare(b *testing.B, s *shelf, query string, args []any) {
	b.Helper()
	rows, err := s.o.Read.QueryContext(b.Context(), query, args...)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkInsert is what a batch costs, per call.
func BenchmarkInsert(b *testing.B) {
	s := shelved(b, nil)
	list := make([]tracker.Past, batch)
	for i := range list {
		list[i] = past("ada", nil)
	}
	for range b.N/batch + 1 {
		if err := s.insert(list); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdd is what the picture pays for a call that is over.
func BenchmarkAdd(b *testing.B) {
	s := shelved(b, nil)
	p := past("ada", nil)
	for b.Loop() {
		s.Add(p)
	}
}
