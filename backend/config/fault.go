package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	Line    int    // of an XML file; 0 when unknown
	Where   string // the item and the field: `service "Support", queue`
	Message string // what is wrong and what to do
}

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
		f = append(f[:maxFaults:maxFaults], Fault{Message: fmt.Sprintf("and %d further faults", more)})
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
