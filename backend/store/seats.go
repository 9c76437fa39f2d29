package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// SeatItem is a seat in a list.
type SeatItem struct {
	ID, Version                 int64
	MAC, Extension, Description string
	Changed                     time.Time // zero for never
	ChangedBy                   string    // user id of a manager; "" for the command line
}

// SeatDraft is a seat being edited.
type SeatDraft struct {
	ID, Version                 int64 // ID 0: a new one
	MAC, Extension, Description string
}

type stampedSeat struct {
	Row   seatRow `gorm:"embedded"`
	Stamp stamp   `gorm:"embedded"`
}

func (stampedSeat) TableName() string { return "seats" }

func (r stampedSeat) draft() SeatDraft {
	return SeatDraft{r.Row.ID, r.Stamp.Version, r.Row.MAC, r.Row.Extension, r.Row.Description}
}

func (r seatRow) seat() *config.Seat {
	return &config.Seat{MAC: r.MAC, Extension: r.Extension, Description: r.Description}
}

var seatList = listing{
	count: "SELECT count(*) FROM seats",
	ids:   "SELECT id FROM seats WHERE extension GLOB @pattern OR mac GLOB @pattern OR description GLOB @pattern",
	rows:  "SELECT * FROM seats",
	sorts: map[string][]string{
		"extension": {"extension"}, "mac": {"mac"}, "description": {"description COLLATE NOCASE", "extension"}, "changed": {"changed", "extension"},
	},
	normal: "extension",
}

// Seats lists the seats. Sort is "extension", "mac", "description" or "changed";
// Search looks into the first three.
func (s *Store) Seats(ctx context.Context, q ListQuery) (page List[SeatItem], err error) {
	err = s.look(ctx, func(tx *gorm.DB) error {
		rows, err := list[stampedSeat](tx, seatList, q)
		page = List[SeatItem]{Total: rows.Total, All: rows.All, Page: rows.Page, Size: rows.Size}
		for _, r := range rows.Rows {
			page.Rows = append(page.Rows, SeatItem{r.Row.ID, r.Stamp.Version, r.Row.MAC, r.Row.Extension, r.Row.Description, r.Stamp.time(), r.Stamp.ChangedBy})
		}
		return err
	})
	return page, told("list seats", err)
}

// Seat reads one to edit, or returns ErrGone.
func (s *Store) Seat(ctx context.Context, id int64) (SeatDraft, error) {
	row, err := find[stampedSeat](s.read.WithContext(ctx), id)
	return row.draft(), told("read seat", err)
}

// SaveSeat adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with a SeatDraft, *Taken, config.Faults.
func (s *Store) SaveSeat(ctx context.Context, ed Editor, d SeatDraft) (SeatDraft, error) {
	id := d.ID
	err := s.edit(ctx, ed, func(e *edit) error {
		var old *config.Seat
		if d.ID != 0 {
			row, err := find[stampedSeat](e.tx, d.ID)
			if err != nil {
				return err
			}
			if err := row.Stamp.conflict(d.Version, row.draft()); err != nil {
				return err
			}
			old = row.Row.seat()
		}
		row := stampedSeat{seatRow{d.ID, d.MAC, d.Extension, d.Description}, e.stamp}
		if err := config.CheckSeat(*row.Row.seat()).Err(); err != nil {
			return err
		}
		if mac, err := config.ParseMAC(d.MAC); err == nil {
			row.Row.MAC = mac
		}
		if err := e.taken("extension", "SELECT extension FROM seats WHERE extension = ? AND id <> ?", d.Extension, d.ID); err != nil {
			return err
		}
		if err := e.taken("mac", "SELECT extension FROM seats WHERE mac = ? AND id <> ?", row.Row.MAC, d.ID); err != nil {
			return err
		}
		change, differs := config.DiffSeat(old, row.Row.seat())
		if !differs {
			return nil
		}
		e.note(change)
		err := e.put(&row)
		id = row.Row.ID
		return err
	})
	if err != nil {
		return SeatDraft{}, told("save seat", err)
	}
	return s.Seat(ctx, id)
}

// RemoveSeats removes seats, all or none; those that are not there are removed already.
func (s *Store) RemoveSeats(ctx context.Context, ed Editor, ids []int64) error {
	return told("remove seats", s.edit(ctx, ed, func(e *edit) error {
		var rows []seatRow
		if err := e.tx.Where("id IN ?", ids).Order("extension").Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			change, _ := config.DiffSeat(r.seat(), nil)
			e.note(change)
		}
		return e.tx.Where("id IN ?", ids).Delete(&seatRow{}).Error
	}))
}

// SeatUses tells which operators are signed in at the seats by browser.
func (s *Store) SeatUses(ctx context.Context, ids []int64) ([]Use, error) {
	var seats []seatRow
	err := s.read.WithContext(ctx).Where("id IN ?", ids).Order("extension").Find(&seats).Error
	if err != nil {
		return nil, told("uses of seats", err)
	}
	macs := make([]string, len(seats))
	for i, r := range seats {
		macs[i] = r.MAC
	}
	var signIns []sessionRow
	if err := s.state.WithContext(ctx).Distinct("seat", "operator").Where("seat IN ?", macs).Order("operator").Find(&signIns).Error; err != nil {
		return nil, told("uses of seats", err)
	}
	at := map[string][]string{}
	for _, r := range signIns {
		at[r.Seat] = append(at[r.Seat], r.Operator)
	}
	var list []Use
	for _, r := range seats {
		list = append(list, Use{r.ID, r.Extension, at[r.MAC]})
	}
	return list, nil
}
