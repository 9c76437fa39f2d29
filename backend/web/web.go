// Package web is the HTTP side: the panel's page and files, signing in and out,
// and the states that a supervisor of the process asks for.
//
//	GET  /               to /agent
//	GET  /agent          the panel's shell, the same for everybody
//	GET  /agent.webmanifest  by which browsers install it
//	GET  /api/session    who is signed in
//	GET  /api/history    the calls of who is signed in that are over
//	POST /api/sign-in    operator, password, seat
//	POST /api/sign-out
//	POST /api/ticket     origin: for the WebSocket of a page of another site
//	GET  /assets/…       what the bundler built
//	…    /admin/…        the configurator, see package admin
//	GET  /healthz        the process works
//	GET  /readyz         agents are let in, or why not
//	GET  /demo/customer  in a demonstration: the page that a call pops
//	POST /api/demo/call  in a demonstration: a call, now
//
// net/http owns the port and everything that guards it (see [Server.secure]);
// behind it fiber routes. /ws is not here: its door asks [Server.Identify]. Time limits
// are those of the http.Server, see [Limit].
package web

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/frontend"
)

// Config is the configuration in use; *config.Live is one.
type Config interface {
	Now() *config.Snapshot // nil before the first
}

// Options of a [Server]. Agents, Sessions and Config are needed.
type Options struct {
	Agents   Agents
	Sessions Sessions
	History  History // nil: nothing is kept
	Config   Config
	Ready    func() error // nil when agents are let in, else why not (row A3); nil for always
	Whole    func() error // nil when nothing is missing: what GET /readyz tells (row K4); Ready when nil
	Log      *slog.Logger // slog.Default when nil

	Listen    string // http.listen: its host is one of the names we answer to
	PublicURL string // http.public_url: as browsers type it, where that differs; "" for none
	TLS       bool   // the port speaks TLS

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; nil for nobody's

	Origins []string // http.allowed_origins, in lower case: whose pages may have tickets

	// FrameAncestors is http.frame_ancestors, in lower case: the sites that may show the
	// panel in a frame, and speak with it there.
	FrameAncestors []string

	Admin Room // below /admin; nil for none

	Dist fs.FS // the built pages; frontend.Dist when nil
	Demo Demo  // nil but in a demonstration
}

// Server answers everything but /ws. Any goroutine may call its methods.
type Server struct {
	opts        Options
	log         *slog.Logger
	hosts       *hosts
	crossOrigin *http.CrossOriginProtection
	assets      *assets
	browsers    *browsers
	handler     http.Handler
}

// New checks the addresses and reads the built pages. End it with [Server.Close].
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	if o.Whole == nil {
		o.Whole = o.Ready
	}
	if o.Dist == nil {
		o.Dist = frontend.Dist()
	}
	s := &Server{opts: o, log: o.Log, crossOrigin: http.NewCrossOriginProtection()}
	var err error
	if s.hosts, err = newHosts(o.Listen, o.PublicURL); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if public := s.hosts.publicOrigin(); public != "" { // a proxy may give us another Host than the browser's
		if err := s.crossOrigin.AddTrustedOrigin(public); err != nil {
			return nil, fmt.Errorf("web: public address: %w", err)
		}
	}
	if s.assets, err = readAssets(o.Dist); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s.browsers = newBrowsers(o.Agents, o.Sessions, o.Log)
	if err := s.browsers.purge(context.Background()); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s.handler = s.secure(s.door(s.routes()))
	return s, nil
}

// routes is every address. A test knows them all by heart.
func (s *Server) routes() *fiber.App {
	app := fiber.New(fiber.Config{
		Immutable:             true, // strings of a request outlive its buffers
		CaseSensitive:         true,
		DisableStartupMessage: true,
		ErrorHandler:          s.failed,
	})
	app.Get("/", func(c *fiber.Ctx) error { return c.Redirect("/agent", http.StatusSeeOther) })
	if s.opts.Admin != nil {
		s.opts.Admin.Mount(app, Kit{s})
	}
	app.Get("/agent", s.showAgent)
	app.Get("/agent.webmanifest", s.showManifest)
	app.Get("/api/session", s.getSession)
	app.Get("/api/history", s.getHistory)
	app.Post("/api/sign-in", s.postSignIn)
	app.Post("/api/sign-out", s.postSignOut)
	app.Post("/api/ticket", s.postTicket)
	app.Get("/assets/*", s.serveAsset)
	app.Get("/healthz", s.health)
	app.Get("/readyz", s.ready)
	if s.opts.Demo != nil {
		app.Get("/demo/customer", s.showCustomer)
		app.Post("/api/demo/call", s.postDemoCall)
	}
	return app
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close waits for what the server has running, after the http.Server has ended. It
// signs nobody out: the next start finds the browsers' sign-ins again.
func (s *Server) Close() { s.browsers.close() }

// Limit sets the time and size limits of the server that serves this package
// (T32). An answer may take as long as signing in waits for others; a WebSocket is
// out of these limits once it is one.
func Limit(srv *http.Server) {
	srv.ReadHeaderTimeout = 5 * time.Second
	srv.ReadTimeout = 30 * time.Second
	srv.WriteTimeout = 75 * time.Second
	srv.IdleTimeout = 60 * time.Second
	srv.MaxHeaderBytes = 16 << 10
}

// health is GET /healthz: to answer at all is the answer.
func (s *Server) health(c *fiber.Ctx) error { return sendState(c, http.StatusOK, "ok") }

// ready is GET /readyz (row K4).
func (s *Server) ready(c *fiber.Ctx) error {
	if err := s.opts.Whole(); err != nil {
		return sendState(c, http.StatusServiceUnavailable, err.Error())
	}
	return sendState(c, http.StatusOK, "ready")
}

func sendState(c *fiber.Ctx, status int, text string) error {
	c.Set("Content-Type", "text/plain; charset=utf-8")
	c.Set("Cache-Control", "no-store")
	return c.Status(status).SendString(text + "\n")
}
