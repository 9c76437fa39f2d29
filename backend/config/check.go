package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Kind is a form of configuration file.
type Kind string

// The kinds of file.
const (
	SQLite  Kind = "sqlite"
	XML     Kind = "xml"
	Unknown Kind = ""
)

func kindByName(path string) Kind {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xml":
		return XML
	case ".sqlite", ".sqlite3", ".db":
		return SQLite
	}
	return Unknown
}

// FileReport is what Check found out about one file.
type FileReport struct {
	Path     string
	Kind     Kind
	Faults   Faults   // empty: the server would use it
	Warnings []string // it would, and yet

	Services, Seats, Operators int
}

// OK tells whether the file can be used.
func (r *FileReport) OK() bool { return len(r.Faults) == 0 }

// Lines is what to print of the file: one line per fault and warning, each with the
// path before it, or one line that it is valid.
func (r *FileReport) Lines() []string {
	var lines []string
	for _, f := range r.Faults {
		lines = append(lines, r.Path+": "+f.String())
	}
	for _, w := range r.Warnings {
		lines = append(lines, r.Path+": warning: "+w)
	}
	if r.OK() {
		lines = append(lines, fmt.Sprintf("%s: valid: %s", r.Path, counts(r.Services, r.Seats, r.Operators)))
	}
	return lines
}

func counts(services, seats, operators int) string {
	return Counted(services, "service") + ", " + Counted(seats, "seat") + ", " + Counted(operators, "operator")
}

// Counted is a number and what it counts: "1 seat", "2 seats".
func Counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Check reads files as the server would and says everything that is wrong with each
// (J3). What a file is, its content tells; its name only when the content does not.
func Check(ctx context.Context, paths ...string) []FileReport {
	reports := make([]FileReport, len(paths))
	for i, path := range paths {
		reports[i] = checkFile(ctx, path)
	}
	return reports
}

func checkFile(ctx context.Context, path string) FileReport {
	r := FileReport{Path: path}
	d, kind, err := readDocument(ctx, path, true)
	r.Kind = kind
	if err != nil {
		if faults, ok := errors.AsType[Faults](err); ok {
			r.Faults = faults
		} else {
			r.Faults = broken(flawed("file.unreadable", err.Error(), "reason", err.Error()))
		}
	}
	if d != nil {
		r.Services, r.Seats, r.Operators = len(d.Services), len(d.Seats), len(d.Operators)
		if n := d.Secrets(); n > 0 {
			r.Warnings = append(r.Warnings, secretsWarning(n))
		}
		if n := d.Short(); n > 0 {
			r.Warnings = append(r.Warnings, ShortWarning(n))
		}
		for _, f := range d.pointless() {
			r.Warnings = append(r.Warnings, f.String())
		}
	}
	return r
}

func secretsWarning(n int) string {
	verb := "stand"
	if n == 1 {
		verb = "stands"
	}
	return fmt.Sprintf("%s %s readable in this file (an MD5 is as good as one): import it, publish the result and delete it", Counted(n, "password"), verb)
}

// ShortWarning tells of passwords that Document.Short counted.
func ShortWarning(n int) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s shorter than %d characters: easily guessed, give longer ones", Counted(n, "password"), verb, goodPassword)
}

// ReadDocument reads a file of either kind, told apart by content, in the form of an
// import. The error is that of ReadXML or ReadSQLite; the document may be nil.
func ReadDocument(ctx context.Context, path string) (*Document, Kind, error) {
	return readDocument(ctx, path, false)
}

func readDocument(ctx context.Context, path string, published bool) (*Document, Kind, error) {
	kind, err := sniff(path)
	if err != nil {
		return nil, Unknown, err
	}
	switch kind {
	case SQLite:
		s, err := ReadSQLite(ctx, path)
		if s == nil {
			return nil, kind, err
		}
		return s.Document(), kind, err
	case XML:
		f, err := openFile(path)
		if err != nil {
			return nil, kind, err
		}
		defer f.Close()
		d, err := readXML(f, path, published)
		return d, kind, err
	}
	return nil, kind, broken(flawed("file.foreign", "is neither a published SQLite file nor XML (a boot file's name ends in .yaml)"))
}
