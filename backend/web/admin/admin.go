package admin

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// Options of an [Admin]; all but Log are needed.
type Options struct {
	Store     *store.Store
	Live      *config.Live // the configuration in use
	Audit     Auditor      // every edit and sign-in is written there before it counts
	AuditFile string       // where those lines are read
	Floor     Floor        // what goes on
	Asterisk  Asterisk     // the connection to it
	State     func() State // how the system is now
	Gate      Gate         // checks managers' passwords
	Log       *slog.Logger // slog.Default when nil

	// Address is where browsers reach the site, without a slash at its end: the links of
	// letters begin with it, whatever name a request came by.
	Address func() string
	// Post takes a letter of plain text and waits for nothing; nil: there is no mail.
	Post func(to, subject, text string) error

	Tester Tester // shows agents what a service opens; nil: nobody is there to be shown it

	Publish string        // the folder of published configurations
	Watcher FolderWatcher // tells what became of them; nil where the server is another machine's
}

// Admin is the configurator. Any goroutine may call its methods.
type Admin struct {
	opts     Options
	log      *slog.Logger
	store    *store.Store
	kit      web.Kit
	feed     *feed
	counting *counting
	routes   []route

	setup   setup
	guesses *limiter // wrong tokens of the set-up
	halfway halfway
	lost    lost

	applying applying
	uploads  uploads // of configurations
	sheets   uploads // of operators and seats
}

// route is an address and who may use it.
type route struct {
	method, path string
	need         role
}

// State is what the top bar of every page shows.
type State struct {
	Link   pbx.LinkState `json:"link"`
	Unset  bool          `json:"unset,omitempty"` // nobody has said yet where Asterisk is
	Why    string        `json:"-"`               // the link is down, a code of package asterisk; "" for no reason
	Agents int           `json:"agents"`
	Calls  int           `json:"calls"`

	Webhook *Webhook `json:"-"` // nil: no other system is told of calls
}

// Webhook is how what another system is told arrives there.
type Webhook struct {
	Failing          time.Time // since when nothing is taken; zero: it is
	Waiting, Dropped int       // messages: now, and given up since the server started
}

// status is State in a reader's words.
type status struct {
	Tone, Link, Title string
	Agents, Calls     int
}

func (a *Admin) status(l locale.Language) status {
	now := a.opts.State()
	s := status{Tone: "bad", Agents: now.Agents, Calls: now.Calls}
	if key := "settings.why." + now.Why; now.Link != pbx.LinkStateReady && locale.Has(key) {
		s.Title = l.Text(key)
	}
	switch {
	case now.Unset:
		s.Tone, s.Link = "warn", l.Text("status.unset")
	case now.Link == pbx.LinkStateReady:
		s.Tone, s.Link = "ok", l.Text("status.ready")
	case now.Link == pbx.LinkStateSyncing:
		s.Tone, s.Link = "warn", l.Text("status.syncing")
	default:
		s.Link = l.Text("status.down")
	}
	return s
}

// New makes the configurator; web.New mounts it.
func New(o Options) *Admin {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Admin{opts: o, log: o.Log, store: o.Store, feed: &feed{floor: o.Floor}, counting: newCounting(), guesses: newLimiter(setupTries), lost: newLost()}
}

// Mount adds every address below /admin, each with the role that may use it.
func (a *Admin) Mount(app fiber.Router, k web.Kit) {
	a.kit = k
	a.routes = nil
	r := app.Group("/admin")
	a.get(r, "", viewer, func(v *visit) error { return v.Redirect("/admin/services", http.StatusSeeOther) })
	a.mountAccess(r)
	a.mountLive(r)
	a.mountSettings(r)
	a.mountAudit(r)
	a.mountSheets(r)
	a.mountModule(r, operators{a.store})
	a.mountModule(r, seats{a.store})
	a.mountServices(r)
	a.mountApply(r)
	a.mountManagers(r)
}

// Gate checks the passwords of managers; *password.ManagerGate is one.
type Gate interface {
	Check(ctx context.Context, user, verifier, plain string, from netip.Addr) error
	CheckCode(user string, check func() (right bool, err error)) error
}

type handler func(*visit) error

func (a *Admin) get(r fiber.Router, path string, need role, h handler) {
	a.routes = append(a.routes, route{http.MethodGet, "/admin" + path, need})
	r.Get(path, a.guarded(need, h))
}

func (a *Admin) post(r fiber.Router, path string, need role, h handler) {
	a.routes = append(a.routes, route{http.MethodPost, "/admin" + path, need})
	r.Post(path, a.guarded(need, h))
}

// guarded lets only those in who have at least a role.
func (a *Admin) guarded(need role, h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := &visit{Ctx: c, a: a, req: a.kit.Request(c)}
		v.lang = a.Language(v.req)
		who, err := a.identify(v.req)
		if err != nil {
			return err
		}
		v.who = who
		switch {
		case need == nobody:
			return h(v)
		case who == nil:
			return v.askWho()
		case who.role < need:
			return web.Refuse(http.StatusForbidden, "role")
		}
		if slices.Contains(byItself, v.req.URL.Path) {
			return h(v)
		}
		if err := a.store.TouchManagerSession(v.req.Context(), who.token); err != nil {
			// Where the disk is full all can be read yet, until the sign-in is too old.
			a.log.Warn("the use of a sign-in is not noted", "err", err)
		}
		return h(v)
	}
}

// byItself is what a page asks again and again while nobody is there: that is no use of a
// sign-in.
var byItself = []string{
	"/admin/alive", "/admin/apply/state", "/admin/apply/import/progress", "/admin/operators/import/progress", "/admin/seats/import/progress",
}

// languageCookie holds the language that a reader has chosen.
const languageCookie = "cti-language"

// Language is the one that was chosen, else what the browser asks for.
func (a *Admin) Language(r *http.Request) locale.Language {
	if l := locale.Language(a.kit.CookieOf(r, languageCookie)); slices.Contains(locale.Languages(), l) {
		return l
	}
	return web.Language(r)
}

// BodyLimit lets forms and files in, of who is signed in.
func (a *Admin) BodyLimit(r *http.Request) int64 {
	const forms, files, sheets = 1 << 20, config.MaxFileSize + 1<<20, maxSheet + 1<<20
	who, err := a.identify(r)
	switch {
	case err != nil || who == nil || who.role < editor:
		return 0
	case r.URL.Path == "/admin/apply/import" && who.role >= administrator:
		return files
	case r.URL.Path == "/admin/operators/import", r.URL.Path == "/admin/seats/import":
		return sheets
	}
	return forms
}

// faultText is a fault of the configuration in the reader's words.
func (v *visit) faultText(f config.Fault) string {
	if key := "fault." + f.Code; f.Code != "" && locale.Has(key) {
		return v.t(key, f.Pairs...)
	}
	return f.Message
}

var _ web.Room = (*Admin)(nil)
