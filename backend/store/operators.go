package store

import (
	"context"
	"errors"
	"time"
)

// OperatorItem is an operator in a list.
type OperatorItem struct {
	ID, Version        int64
	Username, FullName string
	Enabled            bool
	Password           bool     // has one that can be checked here
	Services           []string // served, by name
	Changed            time.Time
	ChangedBy          string // user id of a manager; "" for the command line
}

// OperatorDraft is an operator being edited.
type OperatorDraft struct {
	ID, Version        int64 // ID 0: a new one
	Username, FullName string
	Password           string // a new one; "" keeps it. Never returned
	HasPassword        bool   // has one that can be checked here; not saved
	Enabled            bool
	Services           []int64 // ids of those served; penalties of those kept stay
}

// OperatorChoice is an operator to choose.
type OperatorChoice struct {
	ID                 int64
	Username, FullName string
	Enabled            bool
}

var errNotYet = errors.New("not built yet")

// Operators lists the operators. Sort is "username", "fullname", "enabled" or
// "changed"; Search looks into username, full name and names of services.
func (s *Store) Operators(ctx context.Context, q ListQuery) (List[OperatorItem], error) {
	return List[OperatorItem]{}, errNotYet
}

// Operator reads one to edit, or returns ErrGone.
func (s *Store) Operator(ctx context.Context, id int64) (OperatorDraft, error) {
	return OperatorDraft{}, errNotYet
}

// SaveOperator adds or changes one, and returns it as it is then. Errors are ErrGone,
// *Conflict with an OperatorDraft, *Taken, config.Faults.
func (s *Store) SaveOperator(ctx context.Context, ed Editor, d OperatorDraft) (OperatorDraft, error) {
	return OperatorDraft{}, errNotYet
}

// RemoveOperators removes operators, all or none; those who are not there are removed already.
func (s *Store) RemoveOperators(ctx context.Context, ed Editor, ids []int64) error { return errNotYet }

// OperatorUses tells which services the operators serve; only of those who serve any.
func (s *Store) OperatorUses(ctx context.Context, ids []int64) ([]Use, error) { return nil, errNotYet }

// AllOperators lists all operators by username.
func (s *Store) AllOperators(ctx context.Context) ([]OperatorChoice, error) { return nil, errNotYet }

// OperatorsLike lists the first operators by username whose username or full name
// holds a text.
func (s *Store) OperatorsLike(ctx context.Context, text string, limit int) ([]OperatorChoice, error) {
	return nil, errNotYet
}
