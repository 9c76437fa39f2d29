package config

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// file is a name in the folder.
type file struct {
	name    string
	info    os.FileInfo
	rank    rank
	ignored string // why it is no candidate; "" for one
	future  bool   // written later than now, says the folder
}

// rank orders the files of the folder, the higher the newer.
//
// A file's time is when it was last written. Published files also carry a sequence
// number, and copying or restoring a folder can mix up times: so one of them counts
// as no older than any with a smaller number. This keeps the order of the numbers
// and is still one order for all files, with and without. A time in the future counts
// as the oldest: nothing could ever be newer.
type rank struct {
	time time.Time
	seq  int64 // 0 without
	name string
}

func (a rank) compare(b rank) int {
	return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.seq, b.seq), cmp.Compare(a.name, b.name))
}

// published matches names that FileName makes.
var published = regexp.MustCompile(`^cti-([0-9]{6,18})-[0-9]{8}T[0-9]{6}Z\.`)

// FileName names a published file: unique by its sequence number and time, and in
// the order of its numbers when sorted.
func FileName(seq int64, at time.Time) string {
	return "cti-" + leftPad(strconv.FormatInt(seq, 10), 6) + "-" + at.UTC().Format("20060102T150405Z") + ".sqlite"
}

func leftPad(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

// Sequence is the number in a name that FileName made; 0 for any other name.
func Sequence(name string) int64 {
	m := published.FindStringSubmatch(name)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // digits that fit
	return n
}

// unfinished tells names that programs give to files they are still writing.
func unfinished(name string) bool {
	for _, end := range []string{".tmp", ".part", ".partial", ".filepart", ".swp", "~", "-journal", "-wal", "-shm"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~")
}

// list reads the folder: the files, the newest first, without those still being
// written.
func list(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := make([]file, 0, len(entries))
	for _, e := range entries {
		if unfinished(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		f := file{name: e.Name(), info: info}
		switch {
		case !info.Mode().IsRegular():
			f.ignored = "is " + kindOf(info.Mode()) + ", not a file"
		case kindByName(f.name) == Unknown:
			f.ignored = "its name ends neither in .sqlite nor in .xml"
		}
		files = append(files, f)
	}
	order(files)
	return files, nil
}

// skew is how far the clocks of two machines that share a folder may be apart.
const skew = 5 * time.Minute

const inFuture = "its time lies in the future, so every other file counts as newer: touch it, or set the clock"

func order(files []file) {
	now := time.Now()
	for i := range files {
		f := &files[i]
		f.rank = rank{time: f.info.ModTime(), seq: Sequence(f.name), name: f.name}
		if f.future = f.rank.time.After(now.Add(skew)); f.future {
			f.rank.time = time.Time{}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.rank.seq, b.rank.seq) })
	var latest time.Time
	for i := range files {
		if f := &files[i]; f.rank.seq > 0 {
			if f.rank.time.Before(latest) {
				f.rank.time = latest
			}
			latest = f.rank.time
		}
	}
	slices.SortFunc(files, func(a, b file) int { return b.rank.compare(a.rank) })
}
