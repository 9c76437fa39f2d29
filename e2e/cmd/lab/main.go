// Command lab is a whole call centre on 127.0.0.1, for tests of the pages: a real
// Asterisk, SIP phones, the real server and a customer's page. It prints one line
// of JSON with its addresses when everything is ready, takes orders over HTTP (see
// orders.go), and ends when its standard input does, or at a signal. With -bare the
// server is left to whoever started it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

func main() {
	version := flag.Int("asterisk", 22, "`version` of Asterisk: 16 or 22")
	target := flag.String("target", "pane", "`where` pops open: window, pane, tab, button")
	bare := flag.Bool("bare", false, "start no server")
	orders := flag.Bool("orders", false, "one more service: a queue of whoever is signed in")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // whoever started us is gone when our input ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := run(ctx, log, *version, *bare, site.Site{Target: *target, Agents: site.Agents, CallsOut: true, Orders: *orders}); err != nil {
		log.Error("lab", "error", err)
		os.Exit(1)
	}
}

// centre is the running call centre.
type centre struct {
	ast    *lab.Asterisk
	watch  *lab.Watch
	server *astcti.Server
	phones map[string]*phone.Phone
	visits visits
	calls  calls
}

func run(ctx context.Context, log *slog.Logger, version int, bare bool, s site.Site) (err error) {
	dir, err := os.MkdirTemp("", "asteriskcti-lab-")
	if err != nil {
		return err
	}
	c := &centre{phones: map[string]*phone.Phone{}}
	defer func() {
		err = errors.Join(err, c.close())
		if err != nil {
			fmt.Fprintf(os.Stderr, "everything is in %s\n%s\n%s\n", dir, c.said(), c.ast.Log())
			return
		}
		err = os.RemoveAll(dir)
	}()
	customer, err := serve(ctx, &c.visits)
	if err != nil {
		return err
	}
	if err := c.open(ctx, log, dir, version); err != nil {
		return err
	}
	if !bare {
		s.Customer = "http://" + customer + "/customer"
		if err := c.serve(ctx, dir, s); err != nil {
			return err
		}
	}
	orders, err := serve(ctx, c.orders())
	if err != nil {
		return err
	}
	// The one line that whoever started us waits for.
	at := map[string]any{
		"asterisk": c.ast.Root.Released, "ami": c.ast.AMI.String(), "manager": lab.ManagerUser, "secret": lab.ManagerSecret,
		"customer": "http://" + customer, "orders": "http://" + orders, "agents": site.Agents,
	}
	if c.server != nil {
		at["panel"], at["tcp"] = c.server.HTTP, c.server.TCP
	}
	if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (c *centre) open(ctx context.Context, log *slog.Logger, dir string, version int) error {
	root, err := lab.Prepare(ctx, version, log)
	if err != nil {
		return err
	}
	for _, sub := range []string{"asterisk", "server"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if c.ast, err = root.Start(ctx, lab.Options{Dir: filepath.Join(dir, "asterisk")}); err != nil {
		return err
	}
	if c.watch, err = c.ast.Watch(ctx); err != nil {
		return err
	}
	for _, user := range slices.Concat(lab.Phones, lab.Customers) {
		acc := phone.Account{Server: c.ast.SIP, User: user, Password: lab.PhonePassword(user)}
		if c.phones[user], err = phone.Register(ctx, acc, log); err != nil {
			return err
		}
	}
	return nil
}

func (c *centre) serve(ctx context.Context, dir string, s site.Site) (err error) {
	if c.server, err = astcti.Start(ctx, astcti.Options{
		Dir: filepath.Join(dir, "server"), AMI: c.ast.AMI.String(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: s.XML(),
		More: "control: {context: hand-on, attended: true}\n",
	}); err != nil {
		return err
	}
	return c.server.Ready(ctx)
}

func (c *centre) close() (err error) {
	for _, p := range c.phones {
		p.Close()
	}
	if c.server != nil {
		err = errors.Join(err, c.server.Stop())
	}
	if c.watch != nil {
		c.watch.Close()
	}
	if c.ast != nil {
		err = errors.Join(err, c.ast.Stop())
	}
	return err
}

func (c *centre) said() string {
	if c.server == nil {
		return ""
	}
	return c.server.Said()
}

// serve serves pages on a free port until ctx ends, and returns its address.
func serve(ctx context.Context, h http.Handler) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() }) // we are leaving
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("lab", "error", err)
		}
	}()
	return l.Addr().String(), nil
}
