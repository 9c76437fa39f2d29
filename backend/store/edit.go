package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Editor is who edits the working configuration, and how that is accounted for. The
// zero Editor is the command line.
type Editor struct {
	By string // user id of a manager

	// Record notes a change in the audit, inside the transaction, before it is
	// committed; its error undoes the change. It must not write to the Store. nil: it is
	// not noted.
	Record func(ctx context.Context, c config.Change) error
}

// KindConfiguration is the Change.Kind of many changes that are noted as one: an import,
// or going back to what is in use. Its fields are how many were added, changed and
// removed, and then what: "operator ada, fullname".
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

func (c *Conflict) Error() string {
	if c.By == "" {
		return "it was saved meanwhile from the command line"
	}
	return "it was saved meanwhile by " + c.By
}

// Taken says that another item has the value already. Nothing was changed.
type Taken struct {
	Field string // as config.FieldChange names it
	By    string // name of the item that has it
}

func (t *Taken) Error() string { return fmt.Sprintf("%s: %q has it already", t.Field, t.By) }

// Use tells where an item is in use.
type Use struct {
	ID    int64
	Name  string
	Where []string // names of what uses it, in order
}

// stamp is the last edit of an item.
type stamp struct {
	Version   int64 // the number of the edit
	Changed   int64 // Unix milliseconds
	ChangedBy string
}

// time of a stamp; zero for an item from before edits were numbered.
func (s stamp) time() time.Time { return when(s.Changed) }

func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// conflict is nil when a draft was read from the item as it is.
func (s stamp) conflict(version int64, theirs any) error {
	if s.Version == version {
		return nil
	}
	return &Conflict{s.ChangedBy, s.time(), theirs}
}

// editRow is the last edit of an item, by its name.
type editRow struct {
	Kind     string `gorm:"primaryKey"`
	Name     string `gorm:"primaryKey"`
	Action   string
	Edited   int64
	EditedBy string
}

func (editRow) TableName() string { return "edits" }

// edit is one edit of the draft, a transaction.
type edit struct {
	tx      *gorm.DB
	first   bool // of all
	stamp   stamp
	edits   []editRow
	changes []config.Change // for the audit
}

// errSame undoes an edit that changes nothing.
var errSame = errors.New("nothing changed")

// edit runs do in a transaction and notes what it changed. An edit without a change is
// none.
func (s *Store) edit(ctx context.Context, ed Editor, do func(*edit) error) error {
	err := s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		e := &edit{tx: tx, stamp: stamp{Changed: now(), ChangedBy: ed.By}}
		if err := tx.Raw("SELECT changed = 0 FROM draft").Scan(&e.first).Error; err != nil {
			return err
		}
		err := tx.Raw("UPDATE draft SET changes = changes + 1, changed = ? RETURNING changes", e.stamp.Changed).Scan(&e.stamp.Version).Error
		if err != nil {
			return err
		}
		if err := do(e); err != nil {
			return err
		}
		if len(e.changes) == 0 {
			return errSame
		}
		return e.finish(ctx, ed)
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// note is for the audit and for whoever reads the changes that are not applied yet.
func (e *edit) note(c config.Change) {
	e.account(c)
	e.touch(c)
}

// account is note for the audit alone.
func (e *edit) account(c config.Change) {
	c.By, c.At = e.stamp.ChangedBy, e.stamp.time()
	e.changes = append(e.changes, c)
}

// touch is note without the audit.
func (e *edit) touch(c config.Change) {
	row := editRow{c.Kind, strings.ToLower(c.Name), c.Action, e.stamp.Changed, e.stamp.ChangedBy}
	e.edits = append(e.edits, row)
	if len(c.Fields) == 0 || c.Action != config.Changed || c.Fields[0].Field != nameFields[c.Kind] {
		return
	}
	// Of a new name the draft shows an item removed and one added.
	if old := strings.ToLower(c.Fields[0].Old); old != row.Name {
		row.Name, row.Action = old, config.Removed
		e.edits = append(e.edits, row)
	}
}

// nameFields are those that hold the items' names; they come first in a change.
var nameFields = map[string]string{config.KindService: "name", config.KindOperator: "username", config.KindSeat: "extension"}

func (e *edit) finish(ctx context.Context, ed Editor) error {
	// One item may be in it twice, and one statement must not meet it twice.
	last := map[[2]string]int{}
	rows := e.edits[:0:0]
	for _, row := range e.edits {
		key := [2]string{row.Kind, row.Name}
		if i, twice := last[key]; twice {
			rows[i] = row
			continue
		}
		last[key] = len(rows)
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		if err := e.tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(rows, batch).Error; err != nil {
			return err
		}
	}
	if ed.Record == nil {
		return nil
	}
	for _, c := range e.changes {
		if err := ed.Record(ctx, c); err != nil {
			return fmt.Errorf("note the change in the audit: %w", err)
		}
	}
	return nil
}

// put writes a row with the edit's stamp, new or over the one it has the id of.
func (e *edit) put(row any) error {
	return e.tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(row).Error
}

// taken refuses a value that another row has, which query finds: its arguments are the
// value and the id of the item that may have it. It selects that row's name.
func (e *edit) taken(field, query string, value any, id int64) error {
	var names []string
	if err := e.tx.Raw(query, value, id).Scan(&names).Error; err != nil {
		return err
	}
	if len(names) > 0 {
		return &Taken{field, names[0]}
	}
	return nil
}

// distinct is a list of ids without those that stand in it twice.
func distinct(ids []int64) []int64 {
	ids = slices.Sorted(slices.Values(ids))
	return slices.Compact(ids)
}

// told wraps an error of the database, and leaves those that are for the caller.
func told(what string, err error) error {
	if err == nil || errors.Is(err, ErrGone) {
		return err
	}
	if _, ok := errors.AsType[*Conflict](err); ok {
		return err
	}
	if _, ok := errors.AsType[*Taken](err); ok {
		return err
	}
	if _, ok := errors.AsType[config.Faults](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
