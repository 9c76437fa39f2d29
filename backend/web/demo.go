package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// Demo is what the demonstration shows and does.
type Demo interface {
	// Customer is the record of a number, as the caller keyed it in.
	Customer(number string) (DemoCustomer, bool)
	// PlaceCall lets a caller of the simulated Asterisk call in, and does not wait
	// for what becomes of it. ErrDemoBusy when it would ring nowhere.
	PlaceCall(ctx context.Context) error
	// Accounts are those a visitor may sign in with.
	Accounts() []DemoAccount
}

// DemoAccount is printed on the sign-in page: it guards nothing.
type DemoAccount struct {
	Operator string `json:"operator"`
	FullName string `json:"fullName"`
	Password string `json:"password"`
	Seat     string `json:"seat"` // extension
}

// DemoCustomer is a record of the page that a call of the demonstration pops.
// An empty field is not shown.
type DemoCustomer struct {
	Number  string // what a caller keys in
	Name    string
	Company string
	City    string
	Phone   string
	Plan    string
	Since   string
	Notes   []string
	Orders  []DemoOrder
}

// DemoOrder is one of a customer's last orders.
type DemoOrder struct {
	Number string
	Date   time.Time // the day
	What   string
	Amount string
	State  string
}

// ErrDemoBusy is an error of PlaceCall: no agent is free to be called.
var ErrDemoBusy = errors.New("no agent is free")

type demoCard struct {
	Accounts []DemoAccount `json:"accounts"`
}

// demoCard is nil outside a demonstration.
func (s *Server) demoCard() *demoCard {
	if s.opts.Demo == nil {
		return nil
	}
	return &demoCard{Accounts: s.opts.Demo.Accounts()}
}

// demoHome is where a demonstration's panel is at home, when the browser came by
// another name of this machine: the customer's page would be of another origin
// there, and refuse to be embedded. "" when it is there already.
func (s *Server) demoHome(r *http.Request) string {
	public := s.hosts.public
	if s.opts.Demo == nil || public == nil || strings.EqualFold(r.Host, public.Host) {
		return ""
	}
	if !loopback(hostname(r.Host)) || !loopback(canonical(public.Hostname())) {
		return ""
	}
	return s.hosts.publicOrigin() + "/agent"
}

// postDemoCall is POST /api/demo/call.
func (s *Server) postDemoCall(c *fiber.Ctx) error {
	r := origin(c)
	if _, err := s.Identify(r); err != nil {
		return err
	}
	switch err := s.opts.Demo.PlaceCall(r.Context()); {
	case errors.Is(err, ErrDemoBusy):
		return &fault{status: http.StatusConflict, code: "demo-busy"}
	case err != nil:
		return fmt.Errorf("call of the demonstration: %w", err)
	}
	return c.SendStatus(http.StatusAccepted)
}

// recordPage is the page of a customer.
type recordPage struct {
	page
	Known    bool
	Customer DemoCustomer
	Call     []param // what else the call brought, in the order of the address
}

type param struct{ Name, Value string }

// maxParams and maxParam bound what of an address is shown.
const (
	maxParams = 20
	maxParam  = 200
)

// showCustomer is GET /demo/customer?id=NUMBER&…. It stands for the application of
// a call centre; whatever a caller put into its address is shown as text.
func (s *Server) showCustomer(c *fiber.Ctx) error {
	r := origin(c)
	id := shown(r.URL.Query().Get("id"))
	found, ok := s.opts.Demo.Customer(id)
	title := found.Name
	if !ok {
		found.Number, title = id, language(r).Text("customer.none.title")
	}
	p := recordPage{page: s.page(r, title, recordSource), Known: ok, Customer: found, Call: brought(r.URL.RawQuery)}
	// It is opened by the panel and embedded by it; a policy of its own here would
	// cut the panel from the window it opened.
	c.Set("Cross-Origin-Opener-Policy", "")
	return s.render(c, http.StatusOK, s.recordPolicy(), "customer.html", p)
}

// brought lists the parameters of an address in their order, but for the id.
func brought(query string) []param {
	var list []param
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || name == "" || value == "" || name == "id" {
			continue
		}
		if list = append(list, param{shown(name), shown(value)}); len(list) == maxParams {
			break
		}
	}
	return list
}

// shown is a caller's text as a page may show it: of bounded length, and without
// the controls that would turn the words around it (T6).
func shown(text string) string {
	return clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text), maxParam)
}
