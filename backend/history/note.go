package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// The errors of Note that are the agent's affair.
var (
	ErrUnknownCall = errors.New("you have no such call")
	ErrDisposition = errors.New("the call's service has no such disposition")
)

var errEnding = errors.New("history: ended")

// Note keeps what an agent has written of one of his calls, in place of what he wrote before;
// without disposition and text, the note is removed. A call in progress is given with its Call and
// Service; without Call, it is the last that is over of those on the channel. The caller has
// checked the text. may says whether a service has a disposition; the one that the note has
// already may stay. Returned is the note as it is now. Where calls are not kept it is told and
// forgotten. Other errors than the two above are the database's, and ctx's.
func (h *History) Note(ctx context.Context, a tracker.Agent, n pbx.Note, may func(service, disposition string) bool) (pbx.Note, error) {
	done := make(chan error, 1)
	turn := func() {
		err := h.change(ctx, func(ctx context.Context, tx *sql.Tx) (int, error) { return h.note(ctx, tx, a, &n, may) })
		switch {
		case err == nil:
			h.post() // it may have taken the place of another
		case !passing(err) && !errors.Is(err, ErrUnknownCall) && !errors.Is(err, ErrDisposition):
			h.refuse("a note is refused by the history's database", a.Operator, n.Uniqueid, err)
		}
		done <- err
	}
	select {
	case h.turns <- turn:
	case <-h.ending:
		return n, errEnding
	case <-ctx.Done():
		return n, ctx.Err()
	}
	// The writer has taken it, and has calls to write before, for which it may wait.
	select {
	case err := <-done:
		return n, err
	case <-ctx.Done():
		return pbx.Note{}, ctx.Err()
	}
}

const upsertNote = `INSERT INTO notes (operator, uniqueid, service, call, disposition, text, at, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET call = excluded.call, disposition = excluded.disposition, text = excluded.text, at = excluded.at, search = excluded.search`

// note does what Note says, and says how many deliveries came of it.
func (h *History) note(ctx context.Context, tx *sql.Tx, a tracker.Agent, n *pbx.Note, may func(service, disposition string) bool) (told int, err error) {
	uniqueid, blank := string(n.Uniqueid), n.Disposition == "" && n.Text == ""
	if n.Call == "" {
		err := tx.QueryRowContext(ctx, `SELECT call, service FROM calls WHERE operator = ? AND uniqueid = ? ORDER BY id DESC LIMIT 1`, a.UID, uniqueid).
			Scan(&n.Call, &n.Service)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, ErrUnknownCall
		} else if err != nil {
			return 0, fmt.Errorf("find the call: %w", err)
		}
	}
	old, err := noteOf(ctx, tx, a.UID, uniqueid, n.Service)
	if err != nil {
		return 0, err
	}
	if n.Disposition != "" && (old == nil || old.Disposition != n.Disposition) && !may(n.Service, n.Disposition) {
		return 0, ErrDisposition
	}
	now := h.o.Clock().UnixMilli()
	n.At = time.UnixMilli(now)
	switch {
	case h.o.Keep <= 0:
	case old == nil && blank:
		return 0, nil
	case old != nil && old.Disposition == n.Disposition && old.Text == n.Text:
		n.At = time.UnixMilli(old.At)
		return 0, nil
	case blank:
		_, err = tx.ExecContext(ctx, `DELETE FROM notes WHERE operator = ? AND uniqueid = ? AND service = ?`, a.UID, uniqueid, n.Service)
	default:
		_, err = tx.ExecContext(ctx, upsertNote, a.UID, uniqueid, n.Service, string(n.Call), n.Disposition, n.Text, now, folded(n.Disposition+"\n"+n.Text))
	}
	if err != nil {
		return 0, fmt.Errorf("note: %w", err)
	}
	if !h.o.Tell {
		return 0, nil
	}
	return h.tellNoted(ctx, tx, a, n)
}

// querier is a transaction, or the database as it is now.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// noteOf is the note of a call; nil for none.
func noteOf(ctx context.Context, db querier, uid, uniqueid, service string) (*Note, error) {
	var n Note
	err := db.QueryRowContext(ctx, `SELECT disposition, text, at FROM notes WHERE operator = ? AND uniqueid = ? AND service = ?`, uid, uniqueid, service).
		Scan(&n.Disposition, &n.Text, &n.At)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("find the note: %w", err)
	}
	return &n, nil
}

// Notes are what an agent has written of calls of his, in their order; most have none.
func (h *History) Notes(ctx context.Context, a tracker.Agent, calls []pbx.Call) (list []pbx.Note, err error) {
	for i := range calls {
		c := &calls[i]
		n, err := noteOf(ctx, h.o.Read, a.UID, string(c.Uniqueid), c.Service)
		if err != nil {
			return nil, err
		}
		if n != nil {
			list = append(list, pbx.Note{
				Call: c.ID, Uniqueid: c.Uniqueid, Service: c.Service, Disposition: n.Disposition, Text: n.Text, At: time.UnixMilli(n.At),
			})
		}
	}
	return list, nil
}
