package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a configuration: in English for the command line
// and the log, and in parts for a page, which has its own words.
type Fault struct {
	Line    int    // of an XML or CSV file; 0 when unknown
	Where   string // the item and the field: `service "Support", queue`
	Message string // what is wrong and what to do

	Kind  string   // the item's: KindService, KindSeat, …; "" for a fault of the whole file
	Name  string   // the item's; "" where there is one of the kind
	Field string   // as in the XML form ("password", also for a verifier), the list's for its members ("operators"); "" for the whole item
	Code  string   // what is wrong: "operator.password-missing". Stable; "fault." and the code is the key of its text
	Pairs []string // the text's placeholders and their values: "max", "64"
}

// flaw is what is wrong with a value, wherever that stands.
type flaw struct {
	code  string
	text  string
	pairs []string
}

// flawed makes a flaw of its code, its English text and placeholders with their values,
// in pairs. A code is a literal: a test finds each one here and holds the catalogues to it.
func flawed(code, text string, pairs ...any) *flaw {
	f := &flaw{code: code, text: text}
	for _, p := range pairs {
		f.pairs = append(f.pairs, fmt.Sprint(p))
	}
	return f
}

// Error is the English text.
func (f *flaw) Error() string { return f.text }

// String is one line: "line 12: service "Support", queue: …".
func (f Fault) String() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", f.Line)
	}
	if f.Where != "" {
		b.WriteString(f.Where + ": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Faults are all that is wrong, in the order of the file. Empty means valid.
type Faults []Fault

// maxFaults bounds what one bad file can make us say.
const maxFaults = 200

// Error tells the faults one per line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil when there is no fault.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// sorted orders by line and says how many more there were than a person reads.
func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	if more := len(f) - maxFaults; more > 0 {
		why := flawed("faults.more", fmt.Sprintf("and %d further faults", more), "count", more)
		f = append(f[:maxFaults:maxFaults], Fault{Message: why.text, Code: why.code, Pairs: why.pairs})
	}
	return f
}

// brief is the first fault and how many follow, for a line in the log.
func (f Faults) brief() string {
	switch len(f) {
	case 0:
		return ""
	case 1:
		return f[0].String()
	default:
		return fmt.Sprintf("%s (and %d more)", f[0], len(f)-1)
	}
}
