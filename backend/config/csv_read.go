package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a CSV file: encoding/csv takes many times the size of an empty cell.
const (
	maxCSV   = 8 << 20 // bytes
	maxCells = 1000    // of one line
)

// csvForm is what a CSV file of one kind of item holds.
type csvForm[T any] struct {
	kind    string
	columns []string // the first is the key, which is told apart without case
	need    int      // how many of them must be there
	most    int      // items, and lines

	blank   T // an item before its line is read
	key     func(*T) string
	fill    func(v *validation, item *T, cell csvCells)
	check   func(T) Faults
	differs func(old, new *T) bool
}

// csvCells are the cells of one line, by column, of the columns that the file has.
type csvCells map[string]string

// text sets a field, unless the file has no such column.
func (c csvCells) text(column string, field *string) {
	if cell, ok := c[column]; ok {
		*field = plain(cell)
	}
}

// csvReader reads one file.
type csvReader[T any] struct {
	*csvForm[T]
	CSVFile[T]
	there map[string]*T  // the items there are, by key in lower case
	lines map[string]int // of the items of the file, likewise
	total int            // items, when all is taken
	file  validation     // its faults
}

func readCSV[T any](r io.Reader, present []T, form *csvForm[T]) *CSVFile[T] {
	c := &csvReader[T]{csvForm: form, there: make(map[string]*T, len(present)), lines: map[string]int{}, total: len(present)}
	for i := range present {
		c.there[strings.ToLower(form.key(&present[i]))] = &present[i]
	}
	if text, why := readText(r, &c.file.line); why != nil {
		c.fileFault("", why)
	} else {
		c.read(text)
	}
	c.file.count(form.kind, form.kind+"s", c.total, form.most)
	c.Faults = c.file.faults
	return &c.CSVFile
}

// fileFault adds a fault of the file, at its present line.
func (c *csvReader[T]) fileFault(column string, why *flaw) {
	c.file.faults = append(c.file.faults, Fault{Line: c.file.line, Message: why.text, Kind: c.kind, Field: column, Code: why.code, Pairs: why.pairs})
}

func (c *csvReader[T]) read(text []byte) {
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = separator(text), -1, true
	if line := wide(text, byte(in.Comma)); line > 0 {
		c.file.line = line
		c.fileFault("", flawed("csv.wide", fmt.Sprintf("has more than %d cells: is one separator used throughout?", maxCells), "max", maxCells))
		return
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok { // where the next line begins, nobody knows
			c.file.line = parse.StartLine
			c.fileFault("", flawed("csv.quotes", "a quote stands alone or is not closed: inside of quotes write it twice"))
			return
		}
		c.file.line, _ = in.FieldPos(0)
		switch {
		case !slices.ContainsFunc(cells, func(s string) bool { return s != "" }):
			continue // as at the end of many a sheet
		case c.Columns == nil:
			if c.header(cells); len(c.file.faults) > 0 {
				return
			}
		case len(c.Rows) == c.most:
			c.fileFault("", flawed("csv.rows", fmt.Sprintf("there are more than %d lines", c.most), "max", c.most))
			return
		default:
			c.row(cells)
		}
	}
	if c.Columns == nil {
		c.file.line = 1
		list := strings.Join(c.columns, ", ")
		c.fileFault("", flawed("csv.empty", "the file is empty: its first line names the columns, which are "+list, "known", list))
	}
}

// header reads the names of the columns.
func (c *csvReader[T]) header(cells []string) {
	list := strings.Join(c.columns, ", ")
	for _, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		switch {
		case name == "": // what stands below it belongs nowhere
		case !slices.Contains(c.columns, name):
			c.fileFault("", flawed("csv.column-unknown", fmt.Sprintf("column %.60q is none of %s", name, list), "name", clip(name), "known", list))
		case slices.Contains(c.Columns, name):
			c.fileFault(name, flawed("csv.column-twice", "column "+name+" comes twice: remove one", "name", name))
		}
		if c.Columns = append(c.Columns, name); len(c.file.faults) > maxFaults {
			return
		}
	}
	for _, name := range c.columns[:c.need] {
		if !slices.Contains(c.Columns, name) {
			c.fileFault(name, flawed("csv.column-missing", "column "+name+" is missing: name it in the first line", "name", name))
		}
	}
}

// row reads one line into the item that it speaks of.
func (c *csvReader[T]) row(cells []string) {
	cell, astray := csvCells{}, false
	for i, text := range cells {
		if i < len(c.Columns) && c.Columns[i] != "" {
			cell[c.Columns[i]] = text
		} else {
			astray = astray || text != ""
		}
	}
	for _, name := range c.Columns[min(len(cells), len(c.Columns)):] {
		cell[name] = "" // a short line
	}
	row := CSVRow[T]{Line: c.file.line, Item: c.blank, Action: Added}
	var v validation
	name := plain(cell[c.columns[0]])
	v.item(c.kind, name, row.Line)
	key := strings.ToLower(name)
	first, twice := c.lines[key]
	was := c.there[key]
	switch {
	case was != nil:
		row.Item = *was
	case !twice:
		c.total++
	}
	c.fill(&v, &row.Item, cell)
	if was != nil {
		row.Action = ""
		if c.differs(was, &row.Item) {
			row.Action = Changed
		}
	}
	if astray {
		v.fault("line", flawed("csv.cells", fmt.Sprintf("has %d cells where the first line has %d: put quotes around one that holds the separator", len(cells), len(c.Columns)), "count", len(cells), "max", len(c.Columns)))
		v.faults[len(v.faults)-1].Field = ""
	}
	if twice {
		v.fault(c.columns[0], flawed("csv.duplicate", fmt.Sprintf("line %d has it as well: keep one of the two", first), "value", clip(name), "line", first))
	} else {
		c.lines[key] = row.Line
	}
	for _, f := range c.check(row.Item) {
		f.Line = row.Line
		v.faults = append(v.faults, f)
	}
	row.Faults = v.faults
	c.Rows = append(c.Rows, row)
}

// readText reads the whole file, which has to be UTF-8; line is that of a fault.
func readText(r io.Reader, line *int) ([]byte, *flaw) {
	text, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
	if err != nil {
		return nil, flawed("file.unreadable", "the file cannot be read: "+err.Error(), "reason", err.Error())
	}
	if len(text) > maxCSV {
		return nil, flawed("csv.large", fmt.Sprintf("the file is larger than %d MiB", maxCSV>>20), "max", maxCSV>>20)
	}
	for rest := text; len(rest) > 0; {
		c, n := utf8.DecodeRune(rest)
		if c == utf8.RuneError && n == 1 {
			*line = 1 + bytes.Count(text[:len(text)-len(rest)], []byte("\n"))
			return nil, flawed("csv.encoding", "is not UTF-8: save the file as CSV UTF-8")
		}
		rest = rest[n:]
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// separator is the one that the first line has most of.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	best, most := ',', bytes.Count(first, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(first, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// wide is the line of the first record with more than maxCells cells; 0 when there is none.
// In what encoding/csv does not refuse, every quote begins or ends a quotation.
func wide(text []byte, comma byte) int {
	line, cells, quoted := 1, 1, false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == comma && !quoted:
			if cells++; cells > maxCells {
				return line
			}
		case c == '\n':
			if line++; !quoted {
				cells = 1
			}
		}
	}
	return 0
}
