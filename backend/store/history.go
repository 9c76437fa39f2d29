package store

import (
	"context"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Publication is a configuration that was published from here.
type Publication struct {
	Revision                   int64
	File                       string // its name in the folder
	At                         time.Time
	By                         string // user id of a manager; "" for the command line
	Changes                    int    // items that differed from the publication before
	Services, Seats, Operators int
	There                      bool // the file is still there, to be applied again
}

// History lists the publications, the newest first.
func (s *Store) History(ctx context.Context, publishDir string) ([]Publication, error) {
	return nil, errNotYet
}

// PublishBy is Publish by a manager.
func (s *Store) PublishBy(ctx context.Context, publishDir, by string) (file string, err error) {
	return s.Publish(ctx, publishDir)
}

// Pending is what differs between the configuration in use and the draft, with who
// edited each last, and when. inUse is nil when there is none.
func (s *Store) Pending(ctx context.Context, inUse *config.Snapshot) ([]config.Change, error) {
	return nil, errNotYet
}

// PendingCount is how many items differ. It is quick when neither has changed since
// it was last asked.
func (s *Store) PendingCount(ctx context.Context, inUse *config.Snapshot) (int, error) {
	return 0, errNotYet
}

// RevertDraft throws the changes away that were not applied: the draft becomes what
// is in use.
func (s *Store) RevertDraft(ctx context.Context, ed Editor, inUse *config.Snapshot) error {
	return errNotYet
}

// Preview is what importing a document would change in the draft.
func (s *Store) Preview(ctx context.Context, d *config.Document) ([]config.Change, error) {
	return nil, errNotYet
}

// ImportBy is Import by a manager.
func (s *Store) ImportBy(ctx context.Context, ed Editor, d *config.Document, progress func(done, total int)) (Counts, error) {
	return s.Import(ctx, d, progress)
}
