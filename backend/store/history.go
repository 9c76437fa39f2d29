package store

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Publication is a configuration that was published from here.
type Publication struct {
	Revision                   int64
	File                       string // its name in the folder
	At                         time.Time
	By                         string // user id of a manager; "" for the command line
	Changes                    int    // items that differed from the publication before; 0 when that was not there
	Services, Seats, Operators int
	There                      bool // the file is still there, to be applied again
}

type stampedPublication struct {
	Row         publicationRow `gorm:"embedded"`
	PublishedBy string
	Changes     int
}

func (stampedPublication) TableName() string { return "publications" }

const maxHistory = 500

// History lists the last 500 publications, the newest first.
func (s *Store) History(ctx context.Context, publishDir string) (list []Publication, err error) {
	var rows []stampedPublication
	if err := s.read.WithContext(ctx).Order("revision DESC").Limit(maxHistory).Find(&rows).Error; err != nil {
		return nil, told("list publications", err)
	}
	for _, r := range rows {
		p := r.Row
		info, err := os.Lstat(filepath.Join(publishDir, p.File))
		list = append(list, Publication{
			p.Revision, p.File, when(p.Published), r.PublishedBy, r.Changes, p.Services, p.Seats, p.Operators,
			err == nil && info.Mode().IsRegular(),
		})
	}
	return list, nil
}

// notePublication keeps that a configuration was published.
func (s *Store) notePublication(ctx context.Context, snapshot *config.Snapshot, at time.Time, publishDir, file, by string) error {
	row := stampedPublication{PublishedBy: by, Row: publicationRow{
		Revision: snapshot.Revision, File: file, Published: at.UnixMilli(),
		Services: len(snapshot.Services), Seats: len(snapshot.Seats), Operators: len(snapshot.Operators),
	}}
	var before []string
	err := s.write.WithContext(ctx).Raw("SELECT file FROM publications ORDER BY revision DESC LIMIT 1").Scan(&before).Error
	if err != nil {
		return err
	}
	if len(before) > 0 {
		// A file that was taken away or spoilt is no reason not to note this one.
		if old, err := config.ReadSQLite(ctx, filepath.Join(publishDir, before[0])); err == nil {
			row.Changes = len(config.Diff(old, snapshot))
		}
	} else {
		row.Changes = len(config.Diff(nil, snapshot))
	}
	return s.write.WithContext(ctx).Create(&row).Error
}
