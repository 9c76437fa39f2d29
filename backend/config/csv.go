package config

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CSVFile is what a CSV file makes of the items there are. It removes none.
type CSVFile[T any] struct {
	Columns []string    // that the file has, in its order; "" for one without name
	Rows    []CSVRow[T] // in its order
	Faults  Faults      // of the file, with their lines: then not all of it could be read
}

// CSVRow is one line with anything in it.
type CSVRow[T any] struct {
	Line   int
	Item   T      // as it would be: what the file says nothing of is as before
	Action string // Added, Changed, or "" where the line says what there is already
	Faults Faults // none: it can be taken
}

// OK tells whether the whole file can be taken.
func (f *CSVFile[T]) OK() bool {
	for _, r := range f.Rows {
		if len(r.Faults) > 0 {
			return false
		}
	}
	return len(f.Faults) == 0
}

// ReadOperatorsCSV reads operators from a CSV file in UTF-8 of at most 8 MiB and
// MaxOperators lines. Its first line names columns (username, fullname, password, enabled;
// only the first must be there), in any order and case, and the separator is the one of , ;
// and tab that it has most of. An operator of present with that name, without case, keeps
// what the file says nothing of, and the password where its cell is empty. Whatever the file
// holds, the answer is rows and faults; nothing is changed.
func ReadOperatorsCSV(r io.Reader, present []Operator) *CSVFile[ImportedOperator] {
	before := make([]ImportedOperator, len(present))
	for i, o := range present {
		before[i].Operator = o
	}
	return readCSV(r, before, &csvForm[ImportedOperator]{
		kind: KindOperator, columns: []string{"username", "fullname", "password", "enabled"}, need: 1, most: MaxOperators,
		blank: ImportedOperator{Operator: Operator{Enabled: true}},
		key:   func(o *ImportedOperator) string { return o.Username },
		fill: func(v *validation, o *ImportedOperator, cell csvCells) {
			cell.text("username", &o.Username)
			cell.text("fullname", &o.FullName)
			o.Password = cell["password"] // as it is: none is ever written
			switch word := strings.TrimSpace(cell["enabled"]); {
			case word == "":
			case yes[strings.ToLower(word)]:
				o.Enabled = true
			case no[strings.ToLower(word)]:
				o.Enabled = false
			default:
				v.fault("enabled", flawed("value.bool", fmt.Sprintf("%.40q: write true or false", word), "value", clip(word)))
			}
		},
		check: CheckOperator,
		differs: func(old, new *ImportedOperator) bool {
			_, differs := DiffOperator(&old.Operator, &new.Operator)
			return differs || new.Password != ""
		},
	})
}

// What spreadsheets make of true and false in the languages of this program, and what
// people write.
var (
	yes = words("true 1 yes vero sì si vrai oui wahr ja verdadero sí")
	no  = words("false 0 no falso faux non falsch nein")
)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		m[word] = true
	}
	return m
}

// ReadSeatsCSV is ReadOperatorsCSV for seats, which are known by their extension. Columns
// are extension and mac, which must be there, and description. No seat may end up with the
// MAC address of another.
func ReadSeatsCSV(r io.Reader, present []Seat) *CSVFile[Seat] {
	f := readCSV(r, present, &csvForm[Seat]{
		kind: KindSeat, columns: []string{"extension", "mac", "description"}, need: 2, most: MaxSeats,
		key: func(s *Seat) string { return s.Extension },
		fill: func(_ *validation, s *Seat, cell csvCells) {
			cell.text("extension", &s.Extension)
			cell.text("mac", &s.MAC)
			if mac, err := ParseMAC(s.MAC); err == nil {
				s.MAC = mac
			}
			cell.text("description", &s.Description)
		},
		check:   CheckSeat,
		differs: func(old, new *Seat) bool { _, differs := DiffSeat(old, new); return differs },
	})
	inFile, macs := map[string]bool{}, unique{}
	for _, row := range f.Rows {
		inFile[strings.ToLower(row.Item.Extension)] = true
	}
	var v validation
	for _, s := range present {
		if !inFile[strings.ToLower(s.Extension)] {
			v.item(KindSeat, s.Extension, 0)
			macs.add(&v, "mac", s.MAC, macTaken)
		}
	}
	for i := range f.Rows {
		row := &f.Rows[i]
		v.faults = nil
		v.item(KindSeat, row.Item.Extension, row.Line)
		if _, err := ParseMAC(row.Item.MAC); err == nil {
			macs.add(&v, "mac", row.Item.MAC, macTaken)
		}
		row.Faults = append(row.Faults, v.faults...)
	}
	return f
}

// WriteOperatorsCSV writes operators as ReadOperatorsCSV reads them, for spreadsheets: in
// UTF-8 with its mark. It writes no passwords, nor what was made of them.
func WriteOperatorsCSV(w io.Writer, operators []Operator) error {
	rows := make([][]string, 0, 1+len(operators))
	rows = append(rows, []string{"username", "fullname", "enabled"})
	for _, o := range operators {
		rows = append(rows, []string{guard(o.Username), guard(o.FullName), strconv.FormatBool(o.Enabled)})
	}
	return writeCSV(w, rows)
}

// WriteSeatsCSV writes seats as ReadSeatsCSV reads them, for spreadsheets.
func WriteSeatsCSV(w io.Writer, seats []Seat) error {
	rows := make([][]string, 0, 1+len(seats))
	rows = append(rows, []string{"extension", "mac", "description"})
	for _, s := range seats {
		rows = append(rows, []string{guard(s.Extension), guard(s.MAC), guard(s.Description)})
	}
	return writeCSV(w, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	_, err := io.WriteString(w, "\ufeff")
	if err == nil {
		err = csv.NewWriter(w).WriteAll(rows) // flushes
	}
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// guard puts ' before what a spreadsheet would take for a formula; plain takes it away.
func guard(cell string) string {
	if formula(cell) {
		return "'" + cell
	}
	return cell
}

func plain(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(cell) {
		return cell[1:]
	}
	return cell
}

// formula tells of the beginnings that spreadsheets run, also behind any number of ', so
// that guard and plain are inverse for every text.
func formula(cell string) bool {
	cell = strings.TrimLeft(cell, "'")
	return cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0
}
