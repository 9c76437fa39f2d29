package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var began = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// written is a file's text: n lines a minute apart, every third of an edit, the others of
// calls. The clock is set back by some minutes now and then.
func written(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	prev := ""
	for i := range n {
		event, attrs := "originate", []slog.Attr{slog.String("operator", "anna"), slog.String("number", fmt.Sprint("0550", i)), slog.Int("n", i)}
		if i%3 == 0 {
			event, attrs = "config.edited", Edited("rosa", "192.0.2.7", "operator", fmt.Sprint("op", i), "changed", []Change{{"full_name", "Zoë \"Z\"", "Zoe"}, {"enabled", "", "true"}})
		}
		line, err := encode(began.Add(time.Duration(i)*time.Minute-time.Duration(i%50)*30*time.Second), uint64(i+1), event, attrs, prev)
		if err != nil {
			tb.Fatal(err)
		}
		b.Write(append(line, '\n'))
		prev = hash(line)
	}
	return b.Bytes()
}

// pages reads all of b, page by page, newest first.
func pages(tb testing.TB, b []byte, f Filter) (all []Entry, requests int) {
	tb.Helper()
	for {
		p, err := readPage(bytes.NewReader(b), int64(len(b)), f)
		if err != nil {
			tb.Fatal(err)
		}
		requests++
		all = append(all, p.Entries...)
		if p.Next == 0 {
			return all, requests
		}
		if f.Before > 0 && p.Next >= f.Before || p.Next >= int64(len(b)) {
			tb.Fatalf("from %d it goes on at %d", f.Before, p.Next)
		}
		f.Before = p.Next
	}
}

// lines is the same in the simple way.
func lines(b []byte, wanted func(*Entry) bool) (all []Entry) {
	for line := range bytes.Lines(b) {
		line, whole := bytes.CutSuffix(line, []byte("\n"))
		if e := ParseLine(line); whole && wanted(&e) {
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	return all
}

func equal(a, b []Entry) bool {
	return slices.EqualFunc(a, b, func(x, y Entry) bool {
		return x.Time.Equal(y.Time) && x.Seq == y.Seq && x.Event == y.Event && x.Damaged == y.Damaged && slices.Equal(x.Fields, y.Fields)
	})
}

// TestPages: whatever is wanted, pages put together are what a look at each line finds.
func TestPages(t *testing.T) {
	b := written(t, 3600)
	if len(b) < 10*maxLine {
		t.Fatal("too short to be searched in")
	}
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
	holds := func(text string) func(*Entry) bool {
		return func(e *Entry) bool {
			return strings.Contains(e.Event, text) || slices.ContainsFunc(e.Fields, func(f Field) bool { return strings.Contains(f.Value, text) })
		}
	}
	for _, c := range []struct {
		name   string
		filter Filter
		wanted func(*Entry) bool
	}{
		{"all", Filter{}, func(*Entry) bool { return true }},
		{"from", Filter{From: at(2610)}, func(e *Entry) bool { return !e.Time.Before(at(2610)) }},
		{"to", Filter{To: at(300)}, func(e *Entry) bool { return e.Time.Before(at(300)) }},
		{"from and to", Filter{From: at(1500), To: at(1600)}, func(e *Entry) bool { return !e.Time.Before(at(1500)) && e.Time.Before(at(1600)) }},
		{"to before all", Filter{To: began}, func(e *Entry) bool { return e.Time.Before(began) }},
		{"from after all", Filter{From: at(9000)}, func(*Entry) bool { return false }},
		{"events", Filter{Events: []string{"manager.", "config."}}, func(e *Entry) bool { return e.Event == "config.edited" }},
		{"no such event", Filter{Events: []string{"edited"}}, func(*Entry) bool { return false }},
		{"text", Filter{Text: "05501234"}, holds("05501234")},
		{"text in another case", Filter{Text: "ANNA"}, holds("anna")},
		{"text of an event", Filter{Text: "Originate"}, holds("originate")},
		{"text of other letters", Filter{Text: "ZOË"}, holds("Zoë")},
		{"text that is escaped", Filter{Text: `zoë "z"`}, holds("Zoë")},
		{"text in a list", Filter{Text: "full_name"}, holds("full_name")},
		{"text of a key in a list", Filter{Text: "field"}, func(*Entry) bool { return false }},
		{"text of no value", Filter{Text: `"operator"`}, func(*Entry) bool { return false }},
		{"text of the chain", Filter{Text: hash(b[:bytes.IndexByte(b, '\n')])}, func(*Entry) bool { return false }},
		{"all together", Filter{From: at(100), To: at(2000), Events: []string{"orig"}, Text: "05501"}, func(e *Entry) bool {
			return !e.Time.Before(at(100)) && e.Time.Before(at(2000)) && e.Event == "originate" && holds("05501")(e)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := lines(b, c.wanted)
			for _, size := range []struct {
				limit int
				scan  int64
			}{{0, 0}, {70, 0}, {1000, 50_000}} {
				f := c.filter
				f.Limit, f.Scan = size.limit, size.scan
				if got, _ := pages(t, b, f); !equal(got, want) {
					t.Errorf("%d at once: %d entries, want %d", size.limit, len(got), len(want))
				}
			}
			var out bytes.Buffer
			if err := export(t.Context(), bytes.NewReader(b), int64(len(b)), c.filter, func(_ []byte, e *Entry) error {
				if e != nil {
					fmt.Fprintln(&out, e.Seq)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var seqs strings.Builder
			for _, e := range slices.Backward(want) {
				fmt.Fprintln(&seqs, e.Seq)
			}
			if out.String() != seqs.String() {
				t.Error("the export has others")
			}
		})
	}
}

// TestEntry holds what an entry says.
func TestEntry(t *testing.T) {
	line, err := encode(began, 7, "config.edited", append(Edited("rosa", "::1", "service", "Sales & \u202e<b>", "changed", []Change{{"queue", "", "q"}}), slog.Int("n", 3), slog.Bool("ok", true)), "00")
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{Time: began, Seq: 7, Event: "config.edited", Fields: []Field{
		{"by", "rosa", false}, {"from", "::1", false}, {"kind", "service", false}, {"name", "Sales & \u202e<b>", false}, {"action", "changed", false},
		{"fields", `[{"field":"queue","new":"q"}]`, true}, {"n", "3", false}, {"ok", "true", false},
	}}
	if got := ParseLine(line); !equal([]Entry{got}, []Entry{want}) {
		t.Errorf("got %+v", got)
	}
	whole := string(line)
	for name, text := range map[string]string{
		"empty": "", "no JSON": "root:x:0", "another object": "{}", "two": whole + whole, "space behind": whole + " ", "no end": whole[:len(whole)-1],
		"no prev": strings.Replace(whole, `,"prev":"00"`, "", 1), "time": strings.Replace(whole, "2026-", "2026+", 1), "seq": strings.Replace(whole, ":7,", ":-7,", 1),
		"large seq": strings.Replace(whole, ":7,", ":99999999999999999999,", 1), "event": strings.Replace(whole, `"event":`, `"event":1`, 1), "not UTF-8": "\xff\x00",
		"too long": strings.Replace(whole, "rosa", strings.Repeat("x", maxLine), 1),
	} {
		got := ParseLine([]byte(text))
		if got.Damaged == "" || len(got.Damaged) > maxDamaged || got.Event != "" || got.Fields != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestGiant: what is too long for a line is shown in pieces, and none of it is left out.
func TestGiant(t *testing.T) {
	good := string(written(t, 1))
	for _, n := range []int{maxLine, maxLine + 1, maxLine + 2, block, 3*block + 5} {
		b := []byte(good + strings.Repeat("x", n) + "\n" + good)
		for _, limit := range []int{1, 1000} {
			all, _ := pages(t, b, Filter{Limit: limit})
			if len(all) != 2+(n+maxLine)/(maxLine+1) || all[0].Seq != 1 || all[len(all)-1].Seq != 1 || all[1].Damaged == "" {
				t.Errorf("%d bytes: %d entries", n, len(all))
			}
		}
		if all, _ := pages(t, b[:len(b)-len(good)-1], Filter{}); (n > maxLine) != (len(all) > 1) {
			t.Errorf("%d bytes without end: %d entries", n, len(all))
		}
	}
}

// TestBlocks: a line may begin and end anywhere in what is read at once.
func TestBlocks(t *testing.T) {
	for shift := range 12 {
		b := []byte(strings.Repeat("0123456789\n", 2*block/11+2) + strings.Repeat("y", shift) + "\n")
		r := &backward{r: bytes.NewReader(b), from: int64(len(b)), at: int64(len(b))}
		n := 0
		for ; r.at > 0; n++ {
			line, whole, err := r.line()
			if err != nil || !whole || n > 0 && string(line) != "0123456789" {
				t.Fatalf("with %d more: line %d from the end is %q, %v", shift, n, line, err)
			}
		}
		if n != bytes.Count(b, []byte("\n")) {
			t.Errorf("with %d more: %d lines", shift, n)
		}
	}
}

// TestNear: a time is found in few steps, as well as the clock went right, and nothing that
// cannot be read leads astray.
func TestNear(t *testing.T) {
	const wrong, close = 26 * time.Minute, 4 * (maxLine + 1)
	b := written(t, 3600)
	damagedFrom := len(b) / 2
	damagedTo := damagedFrom + 4*maxLine
	holes := slices.Concat(b[:damagedFrom], bytes.Repeat([]byte{0}, damagedTo-damagedFrom), b[damagedTo:])
	for minutes := -10; minutes < 3700; minutes += 37 {
		at := began.Add(time.Duration(minutes) * time.Minute)
		for _, file := range [][]byte{b, holes} {
			low, err := near(bytes.NewReader(file), int64(len(file)), at, false)
			high, err2 := near(bytes.NewReader(file), int64(len(file)), at, true)
			if err != nil || err2 != nil || low > high || &file[0] == &b[0] && high-low > close {
				t.Fatalf("%d and %d, %v, %v", low, high, err, err2)
			}
			for _, e := range lines(file[:low], func(e *Entry) bool { return !e.Time.Before(at.Add(wrong)) }) {
				t.Fatalf("%v is before the place of %v", e.Time, at)
			}
			for _, e := range lines(file[high:], func(e *Entry) bool { return e.Damaged == "" && e.Time.Before(at.Add(-wrong)) }) {
				t.Fatalf("%v is behind the place of %v", e.Time, at)
			}
		}
	}
}

// TestReadFile: no file is no entries; what is begun is not read, and what comes meanwhile
// moves nothing.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if p, err := Read(path, Filter{}); err != nil || len(p.Entries) > 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Read(t.TempDir(), Filter{}); err == nil {
		t.Error("a folder is read")
	}
	l := open(t, path)
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 200 {
			if err := l.Log(t.Context(), "x", slog.Int("n", i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	read := func() uint64 {
		var f Filter
		var last, first uint64
		for {
			f.Limit = 3
			p, err := Read(path, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Entries {
				if e.Damaged != "" || last > 0 && e.Seq != last-1 {
					t.Fatalf("after %d: %+v", last, e)
				}
				last, first = e.Seq, max(first, e.Seq)
			}
			if f.Before = p.Next; p.Next == 0 {
				if last > 1 {
					t.Fatalf("it ends at %d", last)
				}
				return first
			}
		}
	}
	for read() < 200 {
		if t.Failed() {
			break
		}
	}
	writing.Wait()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, _ = file.WriteString(`{"time":"`)
	if got := read(); got != 200 {
		t.Errorf("the newest is %d", got)
	}
}

// broken is a disk that has gone, or a file that was made shorter.
type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestReadFailure(t *testing.T) {
	disk := errors.New("disk")
	for err, want := range map[error]error{disk: disk, io.EOF: io.ErrUnexpectedEOF} {
		if _, got := readPage(broken{err}, 1<<20, Filter{}); !errors.Is(got, want) {
			t.Errorf("%v: %v", err, got)
		}
		if _, got := readPage(broken{err}, 1<<20, Filter{To: began}); !errors.Is(got, want) {
			t.Errorf("%v: %v", err, got)
		}
		if got := export(t.Context(), broken{err}, 1<<20, Filter{From: began}, putRow(io.Discard)); !errors.Is(got, want) {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// TestExport holds both forms, and that no value becomes a formula.
func TestExport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	values := append([]string{"=1+1", "+1", "-1", "@x", "\t=1", "＝1", "a;b\"c\"\r\n=2"}, hostile...)
	for _, v := range values {
		if err := l.Log(t.Context(), "=x", append(Edited(v, v, v, v, v, []Change{{"f", v, "n"}}), slog.String("number", v))...); err != nil {
			t.Fatal(err)
		}
	}
	text := content(t, path)
	var out bytes.Buffer
	if err := Export(t.Context(), &out, path, Filter{}, JSONL); err != nil || !bytes.Equal(out.Bytes(), text) {
		t.Errorf("%v: %s", err, out.Bytes())
	}
	out.Reset()
	if err := Export(t.Context(), &out, path, Filter{}, CSV); err != nil {
		t.Fatal(err)
	}
	plain, marked := strings.CutPrefix(out.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
	if err != nil || !marked || len(rows) != len(values)+1 || strings.Join(rows[0], ",") != "time,seq,event,by,from,kind,name,action,operator,details" {
		t.Fatalf("%d rows, %v, %q", len(rows), err, rows[0])
	}
	for i, row := range rows[1:] {
		for _, cell := range row {
			if r := []rune(cell); len(r) > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", r[0]) {
				t.Errorf("%q is a formula", cell)
			}
		}
		if v := strings.ToValidUTF8(values[i], "\ufffd"); i < 4 && (row[3] != "'"+v || row[9] != fmt.Sprintf("fields: f: %q -> \"n\"; number: %s", v, v)) {
			t.Errorf("%q", row)
		}
	}
	if err := os.WriteFile(path, append([]byte("da\"maged\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := Export(t.Context(), &out, path, Filter{}, JSONL); err != nil || !strings.HasPrefix(out.String(), `{"damaged":"da\"maged"}`+"\n{\"time\"") {
		t.Errorf("%v: %.40s", err, out.String())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Export(ended, io.Discard, path, Filter{}, CSV); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Export(t.Context(), io.Discard, path, Filter{}, "xls"); err == nil {
		t.Error("there is a third form")
	}
	out.Reset()
	if err := Export(t.Context(), &out, path+"2", Filter{}, CSV); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%v: %q", err, out.String())
	}
}

// TestEdited: whatever was edited, the line can be written, and says how much it leaves out.
func TestEdited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := open(t, path)
	for _, v := range append([]string{strings.Repeat("\x01", 1000), strings.Repeat("\u202e", 1000), strings.Repeat("\xff", 1000), strings.Repeat("é", 101) + "x"}, hostile...) {
		fields := slices.Repeat([]Change{{v, v, v}}, 1000)
		if err := l.Log(t.Context(), "config.edited", Edited(v, v, v, v, v, fields)...); err != nil {
			t.Fatalf("%.20q: %v", v, err)
		}
		p, err := Read(path, Filter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		var list []Change
		more := 0
		for _, f := range p.Entries[0].Fields {
			switch f.Key {
			case "fields":
				if err := json.Unmarshal([]byte(f.Value), &list); err != nil {
					t.Fatal(err)
				}
			case "more":
				_, _ = fmt.Sscan(f.Value, &more)
			case "name":
				if len(f.Value) > 3*maxChangeText+3 || strings.Contains(f.Value, "\ufffd") != strings.Contains(v, "\xff") && len(v) <= maxChangeText {
					t.Errorf("%q became %q", v, f.Value)
				}
			}
		}
		if len(list) == 0 || len(list)+more != 1000 {
			t.Errorf("%.20q: %d fields and %d more", v, len(list), more)
		}
	}
}

// FuzzRead reads any bytes: pages put together are the whole file, in any sizes.
func FuzzRead(f *testing.F) {
	b := written(f, 3)
	f.Add(b, uint8(1), uint16(1), "zoe")
	f.Add(append(b, '{'), uint8(2), uint16(1000), "")
	f.Add(append([]byte("\n\nx\n"), b...), uint8(0), uint16(0), "\xff")
	f.Add(bytes.ReplaceAll(b, []byte("anna"), []byte(`\u0041nna`)), uint8(9), uint16(300), "anna")
	f.Add(bytes.Replace(b, []byte("seq"), []byte("s\x00q"), 1), uint8(9), uint16(300), `"`)
	f.Fuzz(func(t *testing.T, b []byte, limit uint8, scan uint16, text string) {
		if all, _ := pages(t, b, Filter{Limit: int(limit), Scan: int64(scan), Text: text}); len(all) > bytes.Count(b, []byte("\n"))+len(b)/maxLine {
			t.Fatalf("%d entries", len(all))
		}
		for line := range bytes.Lines(b) {
			if len(line) > maxLine {
				return
			}
		}
		m := (&Filter{Text: text}).matcher()
		want := lines(b, func(e *Entry) bool {
			return e.texts(func(s string) bool { return strings.Contains(strings.ToLower(s), m.text) })
		})
		if got, _ := pages(t, b, Filter{Limit: int(limit), Scan: int64(scan), Text: text}); !equal(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		n := 0
		if err := export(t.Context(), bytes.NewReader(b), int64(len(b)), Filter{Text: text}, func(_ []byte, e *Entry) error {
			if e != nil {
				n++
			}
			return nil
		}); err != nil || n != len(want) {
			t.Fatalf("%v: %d exported, not %d", err, n, len(want))
		}
	})
}

// BenchmarkRead asks for pages of a file of 100 MB, beside reading all of it.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	part := written(b, 20_000)
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	size := 0
	for size < 100<<20 { // in no order of time, which only "to" needs
		n, err := file.Write(part)
		if err != nil {
			b.Fatal(err)
		}
		size += n
	}
	for name, f := range map[string]Filter{
		"first page":     {},
		"page in it":     {Before: int64(rand.N(size))},
		"nothing, ASCII": {Text: "nobody at all"},
		"nothing, other": {Text: "niemand, während"},
		"no such event":  {Events: []string{"nothing"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(path, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			text, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			for line := range bytes.Lines(text) {
				ParseLine(line[:len(line)-1])
			}
		}
	})
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			if err := Export(b.Context(), io.Discard, path, Filter{}, CSV); err != nil {
				b.Fatal(err)
			}
		}
	})
}
