package app

import (
	"context"
	"errors"

	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// notes is the history as agents' clients know it; nil where a note would be neither kept nor told.
func (s *server) notes() session.Notes {
	if s.opts.Settings.History.Keep <= 0 && s.opts.Settings.Webhook.URL == "" {
		return nil
	}
	return notes{s.history}
}

type notes struct{ *history.History }

func (n notes) Note(ctx context.Context, a tracker.Agent, note pbx.Note, may func(service, disposition string) bool) (pbx.Note, error) {
	note, err := n.History.Note(ctx, a, note, may)
	switch {
	case errors.Is(err, history.ErrUnknownCall):
		err = session.ErrUnknownCall
	case errors.Is(err, history.ErrDisposition):
		err = session.ErrDisposition
	}
	return note, err
}
