package app

import (
	"context"
	"errors"

	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// openHistory begins the history of agents' calls, in the data folder.
func openHistory(ctx context.Context, st *store.Store, o Options) (*history.History, error) {
	write, read, err := st.Calls(ctx)
	if err != nil {
		return nil, err
	}
	h, err := history.Open(ctx, history.Options{
		Write: write, Read: read, Keep: o.Settings.History.Keep, Tell: o.Settings.Webhook.URL != "", Log: o.Log,
	})
	if err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return h, nil
}
