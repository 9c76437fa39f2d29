package store

import (
	"bytes"
	"context"
	"strings"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// CSVResult is what a CSV file makes, or would make, of the draft.
type CSVResult[T any] struct {
	*config.CSVFile[T]
	Added, Changed, Unchanged int  // rows
	Done                      bool // they are in the draft
}

func resultOf[T any](f *config.CSVFile[T]) CSVResult[T] {
	r := CSVResult[T]{CSVFile: f}
	for _, row := range f.Rows {
		switch row.Action {
		case config.Added:
			r.Added++
		case config.Changed:
			r.Changed++
		default:
			r.Unchanged++
		}
	}
	return r
}

// ImportOperators adds the operators of a CSV file to the draft and changes those who are
// there already, as config.ReadOperatorsCSV has it, all or none; it removes none. A dry
// run, and a file with a fault, change nothing: the result tells. Passwords take 25 ms
// each and processor; progress, which may be nil, hears how far that is.
func (s *Store) ImportOperators(ctx context.Context, ed Editor, file []byte, dry bool, progress func(done, total int)) (CSVResult[config.ImportedOperator], error) {
	verifiers := map[string]string{}
	return importCSV(ctx, s, ed, dry, csvImport[config.ImportedOperator, operatorRow]{
		name: "operators.csv",
		read: func(rows []operatorRow) *config.CSVFile[config.ImportedOperator] {
			present := make([]config.Operator, len(rows))
			for i, r := range rows {
				present[i] = *r.operator()
			}
			return config.ReadOperatorsCSV(bytes.NewReader(file), present)
		},
		prepare: func(f *config.CSVFile[config.ImportedOperator]) error {
			d := &config.Document{}
			for _, row := range f.Rows {
				if row.Item.Password != "" {
					d.Operators = append(d.Operators, row.Item)
				}
			}
			hashed, err := d.Resolve(ctx, s.pepper, progress)
			if err != nil {
				return err
			}
			for _, o := range hashed.Operators {
				verifiers[o.Username] = o.Verifier
			}
			return nil
		},
		put: func(e *edit, rows []operatorRow, items []config.ImportedOperator) ([]config.Change, error) {
			before := make(map[string]*config.Operator, len(rows))
			for _, r := range rows {
				before[strings.ToLower(r.Username)] = r.operator()
			}
			operators, changes := make([]config.Operator, len(items)), make([]config.Change, len(items))
			for i, item := range items {
				operators[i] = item.Operator
				if item.Password != "" {
					operators[i].Verifier = verifiers[item.Username]
				}
				if item.UID == "" {
					operators[i].UID = newUID()
				}
				changes[i], _ = config.DiffOperator(before[strings.ToLower(item.Username)], &operators[i])
			}
			_, err := e.replaceOperators(actions(changes)[config.KindOperator], config.New("", nil, nil, operators))
			return changes, err
		},
	})
}

// ImportSeats is ImportOperators for seats, as config.ReadSeatsCSV has it.
func (s *Store) ImportSeats(ctx context.Context, ed Editor, file []byte, dry bool) (CSVResult[config.Seat], error) {
	return importCSV(ctx, s, ed, dry, csvImport[config.Seat, seatRow]{
		name: "seats.csv",
		read: func(rows []seatRow) *config.CSVFile[config.Seat] {
			present := make([]config.Seat, len(rows))
			for i, r := range rows {
				present[i] = *r.seat()
			}
			return config.ReadSeatsCSV(bytes.NewReader(file), present)
		},
		prepare: func(*config.CSVFile[config.Seat]) error { return nil },
		put: func(e *edit, rows []seatRow, items []config.Seat) ([]config.Change, error) {
			before := make(map[string]*config.Seat, len(rows))
			for _, r := range rows {
				before[strings.ToLower(r.Extension)] = r.seat()
			}
			changes := make([]config.Change, len(items))
			for i, item := range items {
				changes[i], _ = config.DiffSeat(before[strings.ToLower(item.Extension)], &item)
			}
			return changes, e.replaceSeats(actions(changes)[config.KindSeat], config.New("", nil, items, nil))
		},
	})
}

// csvImport is an import of items that lie in rows.
type csvImport[Item, Row any] struct {
	name    string
	read    func(present []Row) *config.CSVFile[Item]
	prepare func(*config.CSVFile[Item]) error // what takes long, outside of the transaction
	put     func(e *edit, present []Row, items []Item) ([]config.Change, error)
}

func importCSV[Item, Row any](ctx context.Context, s *Store, ed Editor, dry bool, c csvImport[Item, Row]) (result CSVResult[Item], err error) {
	read := func(tx *gorm.DB) (present []Row, err error) {
		if err := tx.Find(&present).Error; err != nil {
			return nil, err
		}
		result = resultOf(c.read(present))
		return present, nil
	}
	if _, err := read(s.read.WithContext(ctx)); err != nil || dry || !result.OK() {
		return result, told("import "+c.name, err)
	}
	if err := c.prepare(result.CSVFile); err != nil {
		return result, told("import "+c.name, err)
	}
	err = s.edit(ctx, ed, func(e *edit) error {
		present, err := read(e.tx) // somebody may have edited them since
		if err != nil || !result.OK() {
			return err
		}
		var items []Item
		for _, row := range result.Rows {
			if row.Action != "" {
				items = append(items, row.Item)
			}
		}
		if len(items) == 0 {
			return nil
		}
		changes, err := c.put(e, present, items)
		e.noteWhole(c.name, changes)
		return err
	})
	result.Done = err == nil && result.OK()
	return result, told("import "+c.name, err)
}
