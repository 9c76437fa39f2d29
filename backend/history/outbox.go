package history

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// maxOutbox are the deliveries that wait at most; then the oldest are dropped.
const maxOutbox = 100_000

// Delivery is what is to be told to another system.
type Delivery struct {
	ID      int64
	Message string // of this delivery alone, however often it is tried
	Body    []byte // JSON
	Created time.Time
	Tries   int       // that have failed while others were taken
	Due     time.Time // when it is tried next; without Tries it is due at once, after those with an earlier Due
}

// told is the body of a delivery.
type told struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      any       `json:"data"`
}

// toldCall is the data of "call.ended".
type toldCall struct {
	Operator string `json:"operator"`
	Entry
}

// toldNote is the data of "call.noted".
type toldNote struct {
	Operator string        `json:"operator"`
	Call     pbx.CallID    `json:"call"`
	Uniqueid pbx.ChannelID `json:"uniqueid"`
	Service  string        `json:"service"`
	Note
}

func (h *History) tellEnded(ctx context.Context, tx *sql.Tx, p tracker.Past, e Entry) (err error) {
	if e.Note, err = noteOf(ctx, tx, p.UID, string(e.Uniqueid), e.Service); err != nil {
		return err
	}
	_, err = h.tell(ctx, tx, "", told{"call.ended", time.UnixMilli(e.Ended).UTC(), toldCall{p.Operator, e}})
	return err
}

// tellNoted says how many deliveries more there are: none when one that told of the same note
// before still waited, for that tells of the new one then.
func (h *History) tellNoted(ctx context.Context, tx *sql.Tx, a tracker.Agent, n *pbx.Note) (more int, err error) {
	about := strings.Join([]string{strings.ToLower(a.UID), string(n.Uniqueid), n.Service}, "\n")
	note := Note{n.Disposition, n.Text, n.At.UnixMilli()}
	return h.tell(ctx, tx, about, told{"call.noted", n.At.UTC(), toldNote{a.Operator, n.Call, n.Uniqueid, n.Service, note}})
}

// tell puts a delivery into the outbox, in place of one that is about the same.
func (h *History) tell(ctx context.Context, tx *sql.Tx, about string, t told) (more int, err error) {
	body, err := json.Marshal(t)
	if err != nil {
		return 0, outbox(err)
	}
	now, message := h.o.Clock().UnixMilli(), "msg_"+rand.Text()
	if about != "" {
		done, err := tx.ExecContext(ctx, `UPDATE deliveries SET message = ?, body = ?, created = ?, tries = 0, due = ? WHERE about = ?`, message, string(body), now, now, about)
		if err != nil {
			return 0, outbox(err)
		}
		if n, _ := done.RowsAffected(); n > 0 { // this driver knows
			return 0, nil
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO deliveries (message, body, about, created, due) VALUES (?, ?, ?, ?, ?)`, message, string(body), about, now, now)
	if err != nil {
		return 0, outbox(err)
	}
	return 1, nil
}

// change makes f's changes, all or none. f says how many deliveries it has put into the outbox,
// from which the oldest are dropped when there are too many.
func (h *History) change(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) (told int, err error)) (err error) {
	tx, err := h.o.Write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the error is told
		}
	}()
	told, err := f(ctx, tx)
	if err != nil {
		return err
	}
	var dropped int64
	if over := h.waiting.Load() + int64(told) - h.o.maxOutbox; told > 0 && over > 0 {
		done, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries ORDER BY id LIMIT ?)`, over)
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		dropped, _ = done.RowsAffected() // this driver knows
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if h.dropped.Add(dropped); told > 0 {
		h.waiting.Add(int64(told) - dropped)
		h.post()
	}
	return nil
}

// post says that something was put into the outbox.
func (h *History) post() {
	select {
	case h.posted <- struct{}{}:
	default:
	}
}

// Posted has a value when something was put into the outbox since the last one.
func (h *History) Posted() <-chan struct{} { return h.posted }

const (
	selectDelivery = `SELECT id, message, body, created, tries, due FROM deliveries `
	selectFresh    = selectDelivery + `WHERE tries = 0 ORDER BY due, id LIMIT ?`
	selectFailed   = selectDelivery + `WHERE tries > 0 AND (due <= ? OR due > ?) ORDER BY due, id LIMIT ?`
)

// Due are deliveries that are due, limit of them at most: those without Tries and then the others,
// the longest due first; without any, next is when the first will be: zero for none. One that is
// due after latest, which is how long they wait at most, is due too: the clock was set back.
func (h *History) Due(ctx context.Context, now, latest time.Time, limit int) (list []Delivery, next time.Time, err error) {
	list, err = h.deliveries(ctx, selectFresh, limit)
	if err == nil && len(list) < limit {
		var more []Delivery
		more, err = h.deliveries(ctx, selectFailed, now.UnixMilli(), latest.UnixMilli(), limit-len(list))
		list = append(list, more...)
	}
	if err != nil || len(list) > 0 {
		return list, next, err
	}
	var first sql.NullInt64
	err = h.o.Read.QueryRowContext(ctx, `SELECT min(due) FROM deliveries WHERE due > ?`, now.UnixMilli()).Scan(&first)
	if first.Valid {
		next = time.UnixMilli(first.Int64)
	}
	return nil, next, outbox(err)
}

func (h *History) deliveries(ctx context.Context, query string, args ...any) (list []Delivery, err error) {
	rows, err := h.o.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, outbox(err)
	}
	defer rows.Close()
	for rows.Next() {
		var d Delivery
		var created, due int64
		if err := rows.Scan(&d.ID, &d.Message, &d.Body, &created, &d.Tries, &due); err != nil {
			return nil, outbox(err)
		}
		d.Created, d.Due = time.UnixMilli(created), time.UnixMilli(due)
		list = append(list, d)
	}
	return list, outbox(rows.Err())
}

func outbox(err error) error {
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Settle says what has become of deliveries: one without Due is done with, and the others have
// failed and have these Tries and Due now.
func (h *History) Settle(ctx context.Context, list []Delivery) error {
	var gone int64
	err := h.change(ctx, func(ctx context.Context, tx *sql.Tx) (int, error) {
		gone = 0
		for _, d := range list {
			if !d.Due.IsZero() {
				if _, err := tx.ExecContext(ctx, `UPDATE deliveries SET tries = ?, due = ? WHERE id = ? AND message = ?`, d.Tries, d.Due.UnixMilli(), d.ID, d.Message); err != nil {
					return 0, outbox(err)
				}
				continue
			}
			done, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE id = ? AND message = ?`, d.ID, d.Message)
			if err != nil {
				return 0, outbox(err)
			}
			n, _ := done.RowsAffected() // 0 when it was dropped meanwhile, or another took its place
			gone += n
		}
		return 0, nil
	})
	if err == nil {
		h.waiting.Add(-gone)
	}
	return err
}

// Expire drops the deliveries that were created before a time, and says how many.
func (h *History) Expire(ctx context.Context, before time.Time) (gone int64, err error) {
	err = h.change(ctx, func(ctx context.Context, tx *sql.Tx) (int, error) {
		done, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE created < ?`, before.UnixMilli())
		if err == nil {
			gone, err = done.RowsAffected()
		}
		return 0, outbox(err)
	})
	if err != nil {
		return 0, err
	}
	h.waiting.Add(-gone)
	return gone, nil
}
