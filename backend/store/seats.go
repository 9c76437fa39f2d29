package store

import (
	"context"
	"time"
)

// SeatItem is a seat in a list.
type SeatItem struct {
	ID, Version                 int64
	MAC, Extension, Description string
	Changed                     time.Time
	ChangedBy                   string
}

// SeatDraft is a seat being edited.
type SeatDraft struct {
	ID, Version                 int64 // ID 0: a new one
	MAC, Extension, Description string
}

// Seats lists the seats. Sort is "extension", "mac", "description" or "changed";
// Search looks into the first three.
func (s *Store) Seats(ctx context.Context, q ListQuery) (List[SeatItem], error) {
	return List[SeatItem]{}, errNotYet
}

// Seat reads one to edit, or returns ErrGone.
func (s *Store) Seat(ctx context.Context, id int64) (SeatDraft, error) {
	return SeatDraft{}, errNotYet
}

// SaveSeat adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with a SeatDraft, *Taken, config.Faults.
func (s *Store) SaveSeat(ctx context.Context, ed Editor, d SeatDraft) (SeatDraft, error) {
	return SeatDraft{}, errNotYet
}

// RemoveSeats removes seats, all or none; those that are not there are removed already.
func (s *Store) RemoveSeats(ctx context.Context, ed Editor, ids []int64) error { return errNotYet }

// SeatUses tells which operators are signed in at the seats by browser; only of seats
// where somebody is.
func (s *Store) SeatUses(ctx context.Context, ids []int64) ([]Use, error) { return nil, errNotYet }
