package asterisk

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// sweep asks from time to time which channels there are, for as long as the session stands:
// whose Hangup was lost must not live for ever (row B1). It hands over whole lists only.
// That 1.4 cannot be asked so, or that the manager's user may not (write = system or
// reporting), is no reason to ask again.
func (l *Link) sweep(ctx context.Context, s *ami.Session) {
	for {
		pause := l.opt.Sweep + rand.N(l.opt.Sweep/10+1) //nolint:gosec // spreads load, hides nothing
		select {
		case <-s.Done():
			return
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		list, err := s.List(ctx, ami.CoreShowChannels())
		var refused *ami.RefusedError
		switch {
		case errors.As(err, &refused):
			l.opt.Log.Info("asterisk does not list its channels: they are not checked", "answer", err)
			return
		case err != nil:
			continue // the link is down, or the list too long
		}
		b := pbx.NewBatch()
		b.Events = append(b.Events, pbx.Event{Kind: pbx.SweepBegin})
		for _, a := range list {
			b.Events = append(b.Events, pbx.Event{Kind: pbx.SweepChannel, Channel: pbx.Leg{ID: pbx.ChannelID(a.Get(ami.Uniqueid))}})
		}
		b.Events = append(b.Events, pbx.Event{Kind: pbx.SweepEnd})
		select {
		case l.out <- b:
		case <-s.Done():
			b.Release()
		case <-ctx.Done():
			b.Release()
		}
	}
}
