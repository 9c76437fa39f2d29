package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Editor is who edits the working configuration, and how that is accounted for. The
// zero Editor is the command line.
type Editor struct {
	By string // user id of a manager

	// Record notes a change in the audit, inside the transaction, before it is
	// committed; its error undoes the change. nil: it is not noted.
	Record func(ctx context.Context, c config.Change) error
}

// KindConfiguration is the Change.Kind of an import: all of it as one.
const KindConfiguration = "configuration"

// ErrGone says that what was to be edited is not there any more.
var ErrGone = errors.New("it was removed meanwhile")

// Conflict says that somebody saved the same item since the draft was read. Nothing
// was changed.
type Conflict struct {
	By     string    // user id of who saved; "" for the command line
	At     time.Time // when
	Theirs any       // the item as it is now, of the type of the draft
}

func (c *Conflict) Error() string { return fmt.Sprintf("%q saved it meanwhile", c.By) }

// Taken says that another item has the value already. Nothing was changed.
type Taken struct {
	Field string // "username", "mac", "extension" or "name"
}

func (t *Taken) Error() string { return t.Field + " is in use already" }

// Use tells where an item is in use.
type Use struct {
	ID    int64
	Name  string
	Where []string // names of what uses it, in order
}
