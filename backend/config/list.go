package config

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// ListedFile is a file of a folder of published configurations.
type ListedFile struct {
	Name     string
	Kind     Kind
	Revision int64 // of a published database; 0 for XML
	Time     time.Time
	Size     int64
	Valid    bool
	Newest   bool   // the newest valid one: what a server takes at its start
	Reason   string // why it is not valid

	Services, Seats, Operators int
}

// ListFolder reads every file of a folder and says what it is worth, the newest
// first. Unfinished files are left out.
func ListFolder(ctx context.Context, dir string) ([]ListedFile, error) {
	files, err := list(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of published configurations: %w", err)
	}
	listed := make([]ListedFile, 0, len(files))
	found := false
	for _, f := range files {
		l := ListedFile{Name: f.name, Time: f.info.ModTime(), Size: f.info.Size(), Reason: f.ignored}
		if f.ignored == "" {
			d, kind, err := readDocument(ctx, filepath.Join(dir, f.name), true)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			l.Kind, l.Valid = kind, err == nil
			if err != nil {
				l.Reason = brief(err)
			}
			if d != nil {
				l.Revision = d.Revision
				l.Services, l.Seats, l.Operators = len(d.Services), len(d.Seats), len(d.Operators)
			}
		}
		l.Newest = l.Valid && !found
		found = found || l.Valid
		listed = append(listed, l)
	}
	return listed, nil
}
