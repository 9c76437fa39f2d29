package history

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// The limits of a page. A page of calls with much data is shorter than was asked for.
const (
	MaxLimit  = 200
	MaxText   = 200 // bytes of Query.Text
	maxWords  = 8
	pageBytes = 1 << 20 // of variables and notes
)

// Query says which of an agent's calls are wanted.
type Query struct {
	Text   string // words of number, name, service or note, without case; "" for all
	Before int64  // only entries with a lower id; 0 for the newest
	Limit  int    // 1 to MaxLimit
}

// Page is some of an agent's calls, the last that ended first.
type Page struct {
	Calls []Entry `json:"calls"`
	Next  int64   `json:"next"` // Query.Before of the next page; 0: there is none
	Kept  int64   `json:"kept"` // how long calls are kept, in seconds; 0: nothing is
}

const selectCalls = `SELECT c.id, c.call, c.uniqueid, c.service, c.queue, c.direction, c.outgoing, c.number, c.name, c.called, c.variables,
	c.started, c.answered, c.ended, c.talked, c.outcome, c.handed, c.handed_to, c.handed_name, c.cause, n.disposition, n.text, n.at
	FROM calls c LEFT JOIN notes n ON n.operator = c.operator AND n.uniqueid = c.uniqueid AND n.service = c.service
	WHERE c.operator = ? AND c.id < ?`

// Page reads calls of the one operator with this UID, and of nobody else.
func (h *History) Page(ctx context.Context, uid string, q Query) (Page, error) {
	page := Page{Calls: []Entry{}, Kept: int64(h.o.Keep / time.Second)}
	if h.o.Keep <= 0 {
		return page, nil
	}
	if q.Before <= 0 {
		q.Before = math.MaxInt64
	}
	limit := min(max(q.Limit, 1), MaxLimit)
	condition, args := matching(q.Text)
	args = append([]any{uid, q.Before}, args...)
	rows, err := h.o.Read.QueryContext(ctx, selectCalls+condition+` ORDER BY c.id DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil {
		return page, fmt.Errorf("history: %w", err)
	}
	defer rows.Close()
	size := 0
	for rows.Next() {
		if len(page.Calls) == limit || size > pageBytes {
			page.Next = page.Calls[len(page.Calls)-1].ID
			break
		}
		e, err := scan(rows)
		if err != nil {
			return page, fmt.Errorf("history: %w", err)
		}
		if size += len(e.Variables); e.Note != nil {
			size += len(e.Note.Text)
		}
		page.Calls = append(page.Calls, e)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("history: %w", err)
	}
	return page, nil
}

func scan(rows *sql.Rows) (e Entry, err error) {
	var variables, kind, to, name string
	var disposition, note sql.NullString
	var noted sql.NullInt64
	err = rows.Scan(&e.ID, &e.Call, &e.Uniqueid, &e.Service, &e.Queue, &e.Direction, &e.Outgoing, &e.Caller.Number, &e.Caller.Name, &e.Called,
		&variables, &e.Started, &e.Answered, &e.Ended, &e.Talked, &e.Outcome, &kind, &to, &name, &e.Cause, &disposition, &note, &noted)
	e.Variables = []byte(variables)
	if kind != "" {
		e.Transfer = &Handed{pbx.TransferKind(kind), to, name}
	}
	if noted.Valid {
		e.Note = &Note{disposition.String, note.String, noted.Int64}
	}
	return e, err
}

// matching is the condition of a search, in the form of selectCalls: each word must be
// there, or the number that they write, as people write numbers.
func matching(wanted string) (condition string, args []any) {
	words := strings.Fields(folded(text(wanted)))
	if len(words) == 0 {
		return "", nil
	}
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	for _, w := range words {
		condition += " AND (instr(c.search, ?) > 0 OR instr(n.search, ?) > 0)"
		args = append(args, w, w)
	}
	if number, is := digits(words); is {
		return " AND (" + strings.TrimPrefix(condition, " AND ") + " OR instr(c.search, ?) > 0)", append(args, number)
	}
	return condition, args
}

// digits is the number that words write, as in "(055) 12-34"; false when it is none.
func digits(words []string) (string, bool) {
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune("()-./", r) {
			return -1
		}
		return r
	}, strings.Join(words, ""))
	return number, strings.Trim(number, "0123456789") == "" && number != "" ||
		strings.HasPrefix(number, "+") && len(number) > 1 && strings.Trim(number[1:], "0123456789") == ""
}
