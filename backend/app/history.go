package app

import (
	"context"

	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// openHistory begins the history of agents' calls, in the data folder.
func openHistory(ctx context.Context, st *store.Store, o Options) (*history.History, error) {
	write, read, err := st.Calls(ctx)
	if err != nil {
		return nil, err
	}
	return history.Open(history.Options{Write: write, Read: read, Keep: o.Settings.History.Keep, Log: o.Log}), nil
}
