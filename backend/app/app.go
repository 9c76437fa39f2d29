// Package app is the one room that knows all the others. It makes them, joins them
// and takes them down; it decides nothing else.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"golang.org/x/sync/errgroup"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/audit"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/history"
	"github.com/asteriskcti/asteriskcti/backend/mail"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
	"github.com/asteriskcti/asteriskcti/backend/web"
	"github.com/asteriskcti/asteriskcti/backend/web/admin"
	"github.com/asteriskcti/asteriskcti/backend/webhook"
)

// Options of Run. Settings, checked by settings.Load, and Log are needed.
type Options struct {
	Settings settings.Settings
	Log      *slog.Logger
	Version  string

	// Listening is called once, when every door is open, with its address; "" for a
	// door that is not there.
	Listening func(Addresses)

	demo *demo         // nil but in RunDemo
	made func(*server) // is told of it before it serves; nil but in tests
}

// Addresses are where the doors are, port 0 resolved.
type Addresses struct{ HTTP, TCP, TCPTLS, Metrics string }

// server is every room, made and joined.
type server struct {
	opts    Options
	log     *slog.Logger
	store   *store.Store
	live    *config.Live
	watcher *config.Watcher
	tracker *tracker.Tracker
	link    *asterisk.Link
	reached *Asterisk
	desk    *desk.Desk
	dialer  *dial.Dialer
	control *control.Control
	audit   *audit.Log
	history *history.History
	gate    *password.Gate
	clients *session.Server
	pages   *web.Server
	admin   *admin.Admin
	mail    *mail.Sender    // nil: none is sent
	webhook *webhook.Sender // nil: nobody is told
	doors   *doors
}

// Run serves until ctx ends (nil), a part fails, or the tries to reach Asterisk are
// used up. On return every goroutine and every file is closed. Nothing is begun when
// a setting, a folder or an address cannot be used: the error says which (row A3).
func Run(ctx context.Context, o Options) error {
	st, err := store.Open(ctx, o.Settings.DataDir)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			o.Log.Error("close the databases", "err", err)
		}
	}()
	release, err := st.Claim(ctx)
	if err != nil {
		return err
	}
	defer release()
	record, err := audit.Open(o.Settings.AuditFile())
	if err != nil {
		return err
	}
	defer func() {
		if err := record.Close(); err != nil {
			o.Log.Error("close the audit", "err", err)
		}
	}()
	s := &server{opts: o, log: o.Log, store: st, audit: record, live: new(config.Live)}
	s.gate = password.NewGate(st.Pepper(), password.Options{Log: o.Log})
	if s.history, err = openHistory(ctx, st, o); err != nil { //nolint:contextcheck // it is closed, not cancelled
		return err
	}
	defer func() {
		if err := s.history.Close(); err != nil {
			o.Log.Error("close the history", "err", err)
		}
	}()
	s.watcher = config.NewWatcher(config.WatcherOptions{Dir: o.Settings.Published(), Live: s.live, Hasher: st.Pepper(), Log: o.Log})
	if err := s.watcher.Load(ctx); err != nil {
		return err
	}
	s.reached = &Asterisk{store: st, settings: o.Settings, log: o.Log}
	connection, err := s.reached.connection(ctx)
	if err != nil {
		return err
	}
	if err := s.join(connection); err != nil { //nolint:contextcheck // web.New forgets old sign-ins, in one statement
		return err
	}
	if s.doors, err = openDoors(ctx, o.Settings); err != nil {
		return err
	}
	if o.made != nil {
		o.made(s)
	}
	return s.serve(ctx)
}

// join makes the rooms, each with the ones it needs.
func (s *server) join(c asterisk.Connection) (err error) {
	a := s.opts.Settings.AMI
	hooks := new(counters)
	s.tracker = tracker.New(tracker.Options{Desk: hooks, Past: s.history.Add, Log: s.log})
	s.link = asterisk.NewLink(asterisk.Options{
		Dial: c.Dial, Username: c.Username, Secret: c.Secret, Auth: c.Auth, Retries: c.Retries,
		Ping: a.Ping, RetryPause: a.RetryPause, Log: s.log,
	}, s.tracker.In())
	s.reached.link = s.link
	agents, calls := s.opts.Settings.Agents, s.opts.Settings.Originate
	s.desk = desk.New(desk.Options{
		Exchange: s.link, Picture: s.tracker, Ledger: ledger{s.store}, Config: s.live, Grace: agents.Grace, Log: s.log,
	})
	s.dialer = dial.New(dial.Options{
		Exchange: s.link, Config: s.live, Post: s.tracker.Post, Audit: s.audit,
		PerMinute: calls.PerMinute, PerHour: calls.PerHour, Timeout: calls.Timeout,
		Site: dial.Site{Abroad: calls.Abroad, Premium: calls.Premium, OutsideLine: calls.OutsideLine}, Log: s.log,
	})
	hooks.desk, hooks.dialer = s.desk, s.dialer
	hand := s.opts.Settings.Control
	s.control = control.New(control.Options{
		Exchange: s.link, Picture: s.tracker, Config: s.live, Numbers: s.dialer, Audit: s.audit,
		Context: hand.Context, Attended: hand.Attended, PhoneEvents: hand.PhoneEvents, Log: s.log,
	})
	s.clients = session.New(session.Options{
		Picture: session.PictureOf(s.tracker), Desk: s.desk, Dialer: s.dialer, Control: s.control, Notes: s.notes(), Config: s.live, Gate: s.gate,
		Ready: s.ready, Linked: s.linked, Log: s.log, Refuse: agents.SecondSignIn == settings.Refuse,
		Idle: s.opts.Settings.TCP.Idle, Version: s.opts.Version, Demo: s.opts.demo != nil,
	})
	if s.mail, err = s.mailer(); err != nil {
		return err
	}
	if s.webhook, err = s.teller(); err != nil {
		return err
	}
	s.admin = s.configurator()
	h := s.opts.Settings.HTTP
	pages := web.Options{
		Agents: s.clients, Sessions: s.store, History: s.history, Config: s.live, Ready: s.ready, Whole: s.available, Log: s.log,
		Listen: h.Listen, PublicURL: h.PublicURL, TLS: h.TLSCert != "", TrustedProxies: h.TrustedProxies,
		Origins: h.AllowedOrigins, FrameAncestors: h.FrameAncestors, Admin: s.admin,
	}
	if d := s.opts.demo; d != nil {
		d.floor = s.tracker.Floor
		pages.Demo = d
	}
	s.pages, err = web.New(pages)
	return err
}

// serve runs the rooms. They end from the outside in: clients are told and gone before
// the desk takes them out of their queues, and that before the picture and the link are.
func (s *server) serve(ctx context.Context) error {
	inner, endInner := context.WithCancel(context.WithoutCancel(ctx))
	defer endInner()
	core, inner := errgroup.WithContext(inner)
	ctx, failed := context.WithCancelCause(ctx)
	defer failed(nil)
	if cfg := s.live.Now(); cfg != nil { // the first resync asks for the variables that are wanted by then
		_, wanted := PlanOf(cfg)
		s.link.SetWanted(wanted)
	}
	core.Go(func() error { return ended("the picture", s.tracker.Run(inner)) })
	core.Go(func() error {
		err := s.link.Run(inner)
		failed(err) // no tries are left: the whole ends
		return err
	})
	core.Go(func() error { return s.followPlan(inner) })
	middle, endMiddle := context.WithCancel(inner)
	defer endMiddle()
	desks, middle := errgroup.WithContext(middle)
	desks.Go(func() error { return ended("the desk", s.desk.Run(middle)) })
	desks.Go(func() error { return ended("the dialer", s.dialer.Run(middle)) })
	stop := context.AfterFunc(middle, func() { failed(context.Cause(middle)) })
	defer stop()

	outer, ctx := errgroup.WithContext(ctx)
	outer.Go(func() error { return s.watcher.Run(ctx) })
	outer.Go(func() error { return s.clients.Run(ctx) })
	outer.Go(func() error { return s.passNotes(ctx) })
	outer.Go(func() error { return s.admin.Run(ctx) })
	outer.Go(func() error {
		s.mail.Run(ctx)
		return nil
	})
	outer.Go(func() error { return s.webhook.Run(ctx) })
	s.doors.serve(ctx, outer, s)
	if s.opts.Listening != nil {
		s.opts.Listening(s.doors.addresses())
	}
	s.log.Info("serving", "http", s.doors.addresses().HTTP, "tcp", s.doors.addresses().TCP, "tcp_tls", s.doors.addresses().TCPTLS,
		"metrics", s.doors.addresses().Metrics)
	s.tellSetup(ctx)

	err := outer.Wait()
	endMiddle()
	if inside := desks.Wait(); inside != nil {
		err = inside
	}
	endInner()
	if inside := core.Wait(); inside != nil {
		err = inside
	}
	s.pages.Close()
	s.admin.Close()
	if errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed) {
		err = nil
	}
	s.log.Info("ended")
	return err
}

func ended(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
