package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/replay"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type recordCmd struct {
	bootFile
	Output       string        `short:"o" help:"The file; none: asterisk-DATE-TIME.ami here; - for standard output." type:"path" placeholder:"FILE"`
	For          time.Duration `help:"How long, for example 10m; none: until Ctrl-C."`
	AllVariables bool          `help:"Keep the values of all variables, not only of those that a service has."`
	HideNumbers  bool          `help:"Put others in the place of telephone numbers, the same throughout the file, and leave out names."`
	Force        bool          `help:"Write over a file that is there."`
}

// Help tells what is in a recording.
func (c *recordCmd) Help() string {
	return "It signs in at Asterisk beside the server, with the settings of the boot file, asks what the server asks, and writes what Asterisk tells. " +
		"The calls that are there at its beginning are in it as they stand then (of Asterisk 1.4 without their variables); how they came to be so is not: " +
		"begin before the call you want to show. Send the file with your bug report; \"astcti replay\" shows what is in it.\n\n" +
		"It keeps the headers that calls are followed by, and the values of the variables that enabled services of the published configuration have. " +
		"The sign-in is not in it. In the place of each other value stands \"left-out-\" and a mark that is the same for the same value, in this file " +
		"only: of all other variables, of what the steps of the dialplan are given, of addresses, channels and phones with a password in them " +
		"(https://user:password@host, SIP/user:password@host), and of all headers that it does not know. NOT left out: callers' numbers and names, numbers that are dialled, also those that a menu takes as an " +
		"extension, the names of variables and of queues, and the variables of your services, whatever else they hold. Look before you send.\n\n" +
		"With --hide-numbers, names of callers and members are left out, and each number of six digits or more is replaced by another of that length, " +
		"wherever a caller's or a dialled number is told, in the variables of your services, and in channels that are named after what was dialled " +
		"(Local/0301234567@trunk). Not replaced: shorter numbers, those of your seats, and other names of channels and phones, so that the file can be replayed.\n\n" +
		"Exit status 0: recorded. 1: not, or not written to its end, or Asterisk ended it or was not heard of any more; what came until then is in the file."
}

// Run records until it is told to end.
func (c *recordCmd) Run(ctx context.Context) error {
	s, _, err := settings.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	r, wanted := c.kept(ctx, s)
	dial, err := app.Dialer(s.AMI)
	if err != nil {
		return err
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	name := ""
	r.Create = func() (io.WriteCloser, error) {
		file, err := c.create()
		if err != nil {
			return nil, err
		}
		name = file.Name()
		fmt.Fprintf(os.Stderr, "recording Asterisk at %s to %s, end with Ctrl-C\n", s.AMI.Address, name)
		return file, nil
	}
	n, err := record(ctx, asterisk.Options{
		Dial: dial, Username: s.AMI.Username, Secret: s.AMI.Secret.Reveal(), Auth: s.AMI.Auth, Ping: s.AMI.Ping,
		Log: slog.New(slog.DiscardHandler),
	}, wanted, r)
	switch {
	case name == "" && err == nil:
		return fmt.Errorf("nothing is recorded: Asterisk at %s had not let in before the end", s.AMI.Address)
	case name != "":
		what := "callers' numbers and names"
		if c.HideNumbers {
			what = "what the services' variables held"
		}
		see := "; see it with: astcti replay " + name
		if c.Output == "-" {
			see = "."
		}
		fmt.Fprintf(os.Stderr, "%s in %s. It holds %s%s\n", config.Counted(n, "message"), name, what, see)
	}
	return err
}

// record keeps one link, as the server does, and records all that comes on it.
func record(ctx context.Context, o asterisk.Options, wanted asterisk.Wanted, r replay.Recording) (n int, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	copied, to := io.Pipe()
	dial := o.Dial
	o.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		return teed{conn, to}, err
	}
	var work sync.WaitGroup
	var failed error
	work.Go(func() {
		n, failed = replay.Record(copied, r)
		if failed != nil {
			stop()
		}
		_ = copied.CloseWithError(io.ErrClosedPipe) // always nil; nobody need wait for a reader
	})
	events := make(chan *pbx.Batch)
	work.Go(func() {
		for b := range events {
			b.Release()
		}
	})
	link := asterisk.NewLink(o, events)
	link.SetWanted(wanted)
	if err = link.Run(ctx); err != nil {
		err = errors.Unwrap(err) // that one try was made need not be said
	}
	_ = to.Close() // always nil
	close(events)
	work.Wait()
	if failed != nil {
		return n, failed
	}
	return n, err
}

// teed is a connection of which a copy is made of what it brings.
type teed struct {
	net.Conn
	to io.Writer
}

func (t teed) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n > 0 {
		if _, failed := t.to.Write(p[:n]); failed != nil {
			return 0, failed
		}
	}
	return n, err
}

// kept says what of variables and numbers is kept: that of the services and seats in the
// newest published configuration.
func (c *recordCmd) kept(ctx context.Context, s settings.Settings) (replay.Recording, asterisk.Wanted) {
	r := replayCmd{folder: folder{Data: s.DataDir}, published: published{Publish: s.Published()}}
	cfg, err := r.configuration(ctx)
	if err != nil {
		cfg = &config.Snapshot{}
		if !c.AllVariables {
			fmt.Fprintf(os.Stderr, "no configuration is published, so the values of all variables are left out\n")
		}
	}
	_, wanted := app.PlanOf(cfg)
	own := map[string]bool{}
	for _, seat := range cfg.Seats {
		_, number, _ := strings.Cut(seat.Extension, "/")
		own[number] = true
	}
	keep := replay.Recording{Keep: func(v string) bool { return wanted.Variables[v] }}
	if c.AllVariables {
		keep.Keep = func(string) bool { return true }
	}
	if c.HideNumbers {
		keep.Own = func(number string) bool { return own[number] }
	}
	return keep, wanted
}

func (c *recordCmd) create() (*os.File, error) {
	path, flags := c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL
	if path == "-" {
		return os.Stdout, nil
	}
	if path == "" {
		path = time.Now().Format("asterisk-2006-01-02-150405.ami")
	}
	if c.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already; --force writes over it", path)
	}
	return f, err
}
