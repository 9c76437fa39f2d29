package web

import (
	"context"
	"fmt"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/history"
)

// History is agents' calls that are over; *history.History is one.
type History interface {
	// Page is of one operator's calls only, whose UID it is given.
	Page(ctx context.Context, uid string, q history.Query) (history.Page, error)
}

const usualLimit = 50

// getHistory is GET /api/history?q=&before=&limit=: the calls of who is signed in that are
// over, the last first. Whose they are is what the cookie says, and nothing of the request.
func (s *Server) getHistory(c *fiber.Ctx) error {
	r := origin(c)
	who, err := s.identify(r, false)
	if err != nil {
		return err
	}
	asked := r.URL.Query()
	q := history.Query{Text: asked.Get("q")}
	if len(q.Text) > history.MaxText {
		return malformed("parameter", "q")
	}
	if q.Before, err = number(asked.Get("before"), 0, 0); err != nil {
		return malformed("parameter", "before")
	}
	limit, err := number(asked.Get("limit"), usualLimit, history.MaxLimit)
	if err != nil {
		return malformed("parameter", "limit")
	}
	q.Limit = int(limit)
	page := history.Page{Calls: []history.Entry{}}
	if s.opts.History != nil {
		if page, err = s.opts.History.Page(r.Context(), who.UID, q); err != nil {
			return fmt.Errorf("calls of %s: %w", who.Operator, err)
		}
	}
	return sendJSON(c, page)
}

// number reads a number from 1 to most (0: any); usual for "".
func number(s string, usual, most int64) (int64, error) {
	if s == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || most > 0 && n > most {
		return 0, fmt.Errorf("%.20q is not a number from 1 to %d", s, most)
	}
	return n, nil
}
