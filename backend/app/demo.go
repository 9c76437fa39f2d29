package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// DemoOptions of RunDemo.
type DemoOptions struct {
	HTTP, TCP      string           // where to listen
	FrameAncestors settings.Origins // http.frame_ancestors
	Every          time.Duration    // between calls that nobody asked for; 0: there are none
	Talk           time.Duration    // how long everybody talks; 0: as people do, some twenty seconds
	Ring           time.Duration    // how long a phone rings before it is answered by itself; 0: some seconds
	Log            *slog.Logger
	Version        string
	Out            io.Writer // is told where to go and as whom
}

// demo is the simulated Asterisk as the pages know it.
type demo struct {
	pbx   *amitest.Demo
	floor func(context.Context) (*pbx.Floor, error)
}

// demoAccounts guard nothing: they are printed. One for each phone.
var demoAccounts = []web.DemoAccount{
	{Operator: "ada", FullName: "Ada Lovelace", Password: "demo-ada", Seat: "PJSIP/201"},
	{Operator: "grace", FullName: "Grace Hopper", Password: "demo-grace", Seat: "PJSIP/202"},
	{Operator: "alan", FullName: "Alan Turing", Password: "demo-alan", Seat: "PJSIP/203"},
}

// demoManager guards nothing either.
var demoManager = store.ManagerDraft{UserID: "rosa", FullName: "Rosa Marín", Password: "open the demo"}

// demoLabels are what people read for the variables of the demo's calls.
var demoLabels = map[string]string{"calldata": "Customer number", "language": "Language"}

// demoDispositions are how calls of each service can turn out.
var demoDispositions = map[string][]string{
	"Orders":           {"Ordered", "Only asked", "Call back", "Wrong number"},
	"Customer support": {"Solved", "Call back", "Passed on", "Wrong number"},
	"Call back":        {"Reached", "Nobody answered", "Call again"},
}

// RunDemo is Run with a simulated Asterisk, three services, three operators and a
// customer page, in a folder that is gone when it ends (row K1).
func RunDemo(ctx context.Context, o DemoOptions) error {
	dir, err := os.MkdirTemp("", "astcti-demo-")
	if err != nil {
		return fmt.Errorf("folder of the demo: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			o.Log.Error("remove the demo's folder", "dir", dir, "err", err)
		}
	}()
	s, home, err := demoSettings(ctx, o, dir)
	if err != nil {
		return err
	}
	d := &demo{}
	d.pbx = &amitest.Demo{
		Occupied: d.takers, Every: o.Every, Talk: o.Talk, Ring: o.Ring,
		Options: amitest.Options{Log: o.Log, Outside: "+"},
	}
	if err := d.pbx.Listen(); err != nil { //nolint:contextcheck // it is closed, not cancelled
		return fmt.Errorf("simulated Asterisk: %w", err)
	}
	defer d.pbx.Close()
	s.AMI.Address, s.AMI.Username, s.AMI.Secret = d.pbx.Addr(), amitest.DefaultUser.Name, settings.Secret(amitest.DefaultUser.Secret)
	if err := seed(ctx, s, home); err != nil {
		return fmt.Errorf("configuration of the demo: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	exchange, end := context.WithCancel(context.WithoutCancel(ctx)) // it outlives us, as a real one does
	defer end()
	g.Go(func() error {
		defer end()
		return Run(ctx, Options{Settings: s, Log: o.Log, Version: o.Version, demo: d, Listening: func(at Addresses) {
			welcome(o.Out, home, at, o.Every)
			g.Go(func() error { return d.pbx.Run(exchange) })
		}})
	})
	return g.Wait()
}

// demoSettings resolves port 0, which the addresses of the services must name.
func demoSettings(ctx context.Context, o DemoOptions, dir string) (s settings.Settings, home string, err error) {
	s = settings.Defaults()
	s.DataDir, s.HTTP.Listen, s.TCP.Listen, s.Metrics.Listen = dir, o.HTTP, o.TCP, ""
	s.HTTP.FrameAncestors = o.FrameAncestors
	s.Control.Context, s.Control.Attended, s.Control.PhoneEvents = "demo", true, true
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.HTTP)
	if err != nil {
		return s, "", fmt.Errorf("--http: %w (choose another with --http 127.0.0.1:8081)", err)
	}
	at := ln.Addr().(*net.TCPAddr)
	ln.Close()
	host, _, err := net.SplitHostPort(o.HTTP)
	if err != nil {
		return s, "", fmt.Errorf("--http: %w", err)
	}
	port := strconv.Itoa(at.Port)
	s.HTTP.Listen = net.JoinHostPort(host, port)
	if host == "" || at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	s.HTTP.PublicURL = "http://" + net.JoinHostPort(host, port)
	return s, s.HTTP.PublicURL, nil
}

// seed publishes the demo's configuration, as an administrator would.
func seed(ctx context.Context, s settings.Settings, home string) (err error) {
	doc := &config.Document{PauseReasons: []string{"Break", "Lunch", "Training", "Paperwork"}}
	var everybody []config.Assignment
	for _, a := range demoAccounts {
		doc.Operators = append(doc.Operators, config.ImportedOperator{Operator: config.Operator{Username: a.Operator, FullName: a.FullName, Enabled: true}, Password: a.Password})
		everybody = append(everybody, config.Assignment{Username: a.Operator})
	}
	for i, a := range demoAccounts {
		doc.Seats = append(doc.Seats, config.Seat{MAC: demoMAC(i), Extension: a.Seat, Description: "Desk " + strconv.Itoa(i+1)})
	}
	for _, d := range amitest.DemoServices {
		one := config.Service{
			Name: d.Name, Context: d.Context, Type: config.Inbound, Queue: d.Queue, Enabled: true, Variables: d.Variables, Labels: demoLabels, Dispositions: demoDispositions[d.Name],
			Trigger: config.Browser, Target: config.Pane, Application: home + "/demo/customer",
			ParamString: "id={calldata}&caller={callerid_num}&service={service}", AllowHTTP: true, Operators: everybody,
		}
		if d.Queue != "" {
			one.AfterCall = 20
		}
		doc.Services = append(doc.Services, one)
	}
	// Its caller id is a number kept free for plays and films, and nobody is called: any
	// country will do, and the desks, where nobody need sit to be asked.
	doc.Services = append(doc.Services, config.Service{
		Name: "Call back", Context: "demo-out", Type: config.Outbound, Enabled: true, Operators: everybody, Dispositions: demoDispositions["Call back"],
		CallerID: "AsteriskCTI demo <+441632960100>", Allow: []string{"+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9", "20"},
	})
	st, err := store.Open(ctx, s.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if _, err := st.Import(ctx, doc, nil); err != nil {
		return err
	}
	if _, err := st.SaveFirstManager(ctx, st.CommandLine(), demoManager); err != nil {
		return err
	}
	_, err = st.Publish(ctx, s.Published())
	return err
}

// demoMAC is that of the desk with telephone i.
func demoMAC(i int) string { return fmt.Sprintf("02:00:00:00:00:%02d", i+1) }

func welcome(out io.Writer, home string, at Addresses, every time.Duration) {
	fmt.Fprintf(out, "\nAsteriskCTI, a demo with a simulated Asterisk: the callers and customers are invented.\n\n  Open     %s\n", home)
	for i, a := range demoAccounts {
		lead := "  Sign in"
		if i > 0 {
			lead = "  or     "
		}
		_, number, _ := strings.Cut(a.Seat, "/")
		fmt.Fprintf(out, "%s  %-6s password %-11s seat %s\n", lead, a.Operator, a.Password, number)
	}
	fmt.Fprintf(out, "\n  Configure %s/admin as %s, password %q\n", home, demoManager.UserID, demoManager.Password)
	if every > 0 {
		fmt.Fprintf(out, "\nTwo seconds later somebody calls, and then every %s; the phone is answered by itself.\n", every)
	} else {
		fmt.Fprintf(out, "\nWhenever \"Place a call now\" is pressed somebody calls; the phone is answered by itself.\n")
	}
	fmt.Fprintf(out, "To hand a call on after asking, sign in once more in a private window, or ask 203: that phone is answered by itself too.\n")
	if at.TCP != "" {
		fmt.Fprintf(out, "Desktop client: astcti client --server %s --user ada --seat %s\n", at.TCP, demoMAC(0))
	}
	fmt.Fprintf(out, "Nothing is kept when it ends (Ctrl-C).\n\nYour own Asterisk next: \"Connect a real Asterisk\" in README.md, and astcti serve --help.\n\n")
}

// Customer is a record of the customer page.
func (d *demo) Customer(number string) (web.DemoCustomer, bool) {
	c, ok := amitest.FindCustomer(number)
	if !ok {
		return web.DemoCustomer{}, false
	}
	record := web.DemoCustomer{
		Number: c.Number, Name: c.Name, Company: c.Company, City: c.City + ", " + c.Country, Phone: c.Phone,
		Plan: c.Contract, Since: strconv.Itoa(c.Since),
	}
	if c.Note != "" {
		record.Notes = []string{c.Note}
	}
	today := time.Now()
	for _, o := range c.Orders {
		record.Orders = append(record.Orders, web.DemoOrder{Number: o.Number, Date: o.Date(today), What: o.What, Amount: o.Amount, State: o.State})
	}
	return record, true
}

// PlaceCall is the button in the panel.
func (d *demo) PlaceCall(context.Context) error {
	err := d.pbx.PlaceCall()
	if errors.Is(err, amitest.ErrNobody) || errors.Is(err, amitest.ErrAllBusy) {
		return fmt.Errorf("%w: %w", web.ErrDemoBusy, err)
	}
	return err
}

// takers is the phones whose agent takes calls. A pause is for queues; but who tries one does not
// expect the demo's next call. Who has left the page would answer, and nobody see it.
func (d *demo) takers() (phones []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	floor, err := d.floor(ctx)
	if err != nil {
		return nil // the server is ending
	}
	for _, a := range floor.Agents {
		if a.State != pbx.AgentPaused && a.State != pbx.AgentLost {
			phones = append(phones, a.Phone)
		}
	}
	return phones
}

// Accounts are those a visitor may sign in with.
func (d *demo) Accounts() []web.DemoAccount { return demoAccounts }
