package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Form is how entries are exported.
type Form string

// The forms.
const (
	CSV   Form = "csv"   // a table for people, in UTF-8 with a mark of it, safe to open in a spreadsheet
	JSONL Form = "jsonl" // the lines as they are; a damaged one as {"damaged":"…"}
)

// columns are those of CSV that have one value each. What else belongs to an event is in the
// last one, "details".
var columns = []string{"time", "seq", "event", "by", "from", "kind", "name", "action", "operator"}

// Export writes all entries that a filter wants, the oldest first, as it reads them. It works
// while a Log writes to the file, and ends where the file ended at the beginning. Its errors
// are those of w, of the file and of ctx.
func Export(ctx context.Context, w io.Writer, path string, f Filter, form Form) error {
	if form != CSV && form != JSONL {
		return fmt.Errorf("audit: there is no form %q of export", form)
	}
	file, size, err := openAudit(path)
	if err != nil {
		return err
	}
	var r io.ReaderAt = bytes.NewReader(nil)
	if file != nil {
		defer file.Close()
		r = file
	}
	out := bufio.NewWriterSize(w, 32<<10)
	put := putLine(out)
	if form == CSV {
		_, _ = out.WriteString("\ufeff") // by which Excel knows UTF-8
		put = putRow(out)
	}
	if err := export(ctx, r, size, f, put); err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	return out.Flush()
}

func export(ctx context.Context, r io.ReaderAt, size int64, f Filter, put func(line []byte, e *Entry) error) error {
	from, to := int64(0), size
	var err error
	if !f.From.IsZero() {
		from, err = near(r, size, f.From.Add(-setBack), false)
	}
	if err == nil && !f.To.IsZero() {
		to, err = near(r, size, f.To.Add(setBack), true)
	}
	if err != nil {
		return err
	}
	if err := put(nil, nil); err != nil { // what stands above
		return err
	}
	m, in := f.matcher(), bufio.NewReaderSize(io.NewSectionReader(r, from, to-from), maxLine+1)
	for n := 0; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) <= maxLine {
			return nil // what is there of a line is being written, or a crash came into it
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		h, ok := begin(line)
		if e, is := m.match(line, &h, ok); is {
			if err := put(line, &e); err != nil {
				return err
			}
		}
	}
}

func putLine(out *bufio.Writer) func([]byte, *Entry) error {
	return func(line []byte, e *Entry) error {
		switch {
		case e == nil:
			return nil
		case e.Damaged != "":
			var err error
			if line, err = appendJSON([]byte(`{"damaged":`), e.Damaged); err != nil {
				return err
			}
			line = append(line, '}')
		}
		_, _ = out.Write(line) // the next tells the same error
		return out.WriteByte('\n')
	}
}

func putRow(out io.Writer) func([]byte, *Entry) error {
	table := csv.NewWriter(out)
	table.UseCRLF = true
	row := make([]string, len(columns)+1)
	return func(_ []byte, e *Entry) error {
		clear(row)
		if e == nil {
			copy(row, append(append([]string(nil), columns...), "details"))
		} else {
			e.cells(row)
		}
		if err := table.Write(row); err != nil {
			return err
		}
		table.Flush() // into out, which has the buffer
		return table.Error()
	}
}

// cells fills a row of CSV.
func (e *Entry) cells(row []string) {
	last := len(row) - 1
	if e.Damaged != "" {
		row[2], row[last] = "damaged", harmless(e.Damaged)
		return
	}
	row[0], row[1], row[2] = e.Time.UTC().Format(timeForm), strconv.FormatUint(e.Seq, 10), harmless(e.Event)
	var details strings.Builder
	for _, f := range e.Fields {
		if i := columnOf(f.Key); i > 2 && row[i] == "" {
			row[i] = harmless(f.Value)
			continue
		}
		if details.Len() > 0 {
			details.WriteString("; ")
		}
		details.WriteString(f.Key + ": " + strings.Join(f.lines(), ", "))
	}
	row[last] = harmless(details.String())
}

func columnOf(key string) int {
	for i, c := range columns {
		if c == key {
			return i
		}
	}
	return -1
}

// lines is the value for people: a list of changed fields as "field: old -> new" each.
func (f *Field) lines() []string {
	var list []Change
	if !f.JSON || json.Unmarshal([]byte(f.Value), &list) != nil || len(list) == 0 {
		return []string{f.Value}
	}
	texts := make([]string, len(list))
	for i, c := range list {
		if c.Field == "" { // a list of something else
			return []string{f.Value}
		}
		texts[i] = c.String()
	}
	return texts
}

// harmless is s as a spreadsheet takes it for text: what it would take for a formula has a
// quote before it, which it does not show.
func harmless(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") ||
		strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}
