package config

import "time"

// Change is one item that differs between two configurations, or one edit of the draft.
type Change struct {
	Kind   string        // KindService, KindSeat, …
	Name   string        // the item's: a service's name, a seat's extension, a username; "" where there is one of the kind
	Action string        // Added, Changed or Removed
	Fields []FieldChange // what differs, in the order of the form
	By     string        // user id of the manager who made it; "" when unknown
	At     time.Time     // when; zero when unknown
}

// Words of Change.Kind.
const (
	KindService  = "service"
	KindOperator = "operator"
	KindSeat     = "seat"
	KindPause    = "pause"  // the reasons to pause, as one item
	KindLimits   = "limits" // as one item
	KindManager  = "manager"
)

// Words of Change.Action.
const (
	Added   = "added"
	Changed = "changed"
	Removed = "removed"
)

// FieldChange is one field of an item before and after, as text; "" where there was
// or is no value. A list has one for each member that came, went or changed, and one
// with the whole list when only its order did. Of a verifier both are Masked or "".
type FieldChange struct{ Field, Old, New string }

// Masked stands for a secret: there is one, and it is not told.
const Masked = "********"
