package session

import (
	"context"

	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// PictureOf is t as a Picture.
func PictureOf(t *tracker.Tracker) Picture { return picture{t} }

type picture struct{ *tracker.Tracker }

func (p picture) Watch(ctx context.Context, a tracker.Agent, w tracker.Watcher) (func(), error) {
	watch, err := p.Tracker.Watch(ctx, a, w)
	if err != nil {
		return nil, err
	}
	return watch.Stop, nil
}
