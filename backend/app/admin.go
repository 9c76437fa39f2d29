package app

import (
	"context"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/web/admin"
)

// configurator makes the pages of managers.
func (s *server) configurator() *admin.Admin {
	o := admin.Options{
		Floor:    admin.Floor{Now: s.tracker.Floor, Changes: func() uint64 { return s.tracker.Stats().Changes }},
		Asterisk: s.reached,
		Store:    s.store, Live: s.live, Audit: s.audit, AuditFile: s.opts.Settings.AuditFile(), State: s.adminState, Log: s.log,
		Gate:    password.NewManagerGate(s.store.Pepper(), password.Options{Log: s.log}),
		Publish: s.opts.Settings.Published(), Watcher: s.watcher,
		Tester: tester{s.clients, s.tracker}, Address: s.address,
	}
	if s.mail != nil {
		o.Post = s.post
	}
	return admin.New(o)
}

// adminState is the top bar of every page there.
func (s *server) adminState() admin.State {
	st := s.link.Status()
	why := asterisk.Code(st.Err)
	state := admin.State{Link: st.State, Unset: why == asterisk.CodeUnset, Why: why, Agents: s.clients.Stats().SignedIn, Calls: s.tracker.Stats().Calls}
	if s.webhook != nil {
		hook, kept := s.webhook.Stats(), s.history.Stats()
		state.Webhook = &admin.Webhook{Failing: hook.Failing, Waiting: int(kept.Outbox), Dropped: int(hook.Dropped + kept.Dropped)}
	}
	return state
}

// notesEvery is how soon the audit has what the command line did to managers.
const notesEvery = 5 * time.Second

// passNotes writes into the audit what the command line did to managers, until ctx ends:
// the audit's file has one writer.
func (s *server) passNotes(ctx context.Context) error {
	every := time.NewTicker(notesEvery)
	defer every.Stop()
	for {
		if _, err := s.store.PassNotes(ctx, admin.Noted(s.audit)); err != nil && ctx.Err() == nil {
			s.log.Error("what the command line did to managers is not in the audit yet", "err", err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
	}
}
