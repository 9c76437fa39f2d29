package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/replay"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type recordCmd struct {
	bootFile
	Output       string        `short:"o" help:"The file; none: asterisk-DATE-TIME.ami here." type:"path" placeholder:"FILE"`
	For          time.Duration `help:"How long, for example 10m; none: until Ctrl-C."`
	AllVariables bool          `help:"Keep the values of all variables, not only of those that a service has."`
	Force        bool          `help:"Write over a file that is there."`
}

// Help tells what is in a recording.
func (c *recordCmd) Help() string {
	return "It signs in at Asterisk beside the server, with the settings of the boot file, and writes what Asterisk tells from then on. Calls in " +
		"progress at its beginning are incomplete in it: begin before the call you want to show. Send the file with your bug report; " +
		"\"astcti replay\" shows what is in it.\n\n" +
		"Left out: the sign-in, and the values of variables and of dialplan steps that no service of the published configuration has, since " +
		"they may hold secrets. NOT left out: callers' numbers and names, and the variables of your services. Look before you send.\n\n" +
		"Exit status 0: recorded. 1: not, or Asterisk ended it; what came until then is in the file."
}

// Run records until it is told to end.
func (c *recordCmd) Run(ctx context.Context) (err error) {
	s, _, err := settings.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	keep, err := c.kept(ctx, s)
	if err != nil {
		return err
	}
	dial, err := app.Dialer(s.AMI)
	if err != nil {
		return err
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	conn, err := dial(ctx)
	if err != nil {
		return fmt.Errorf("asterisk at %s cannot be reached: %w", s.AMI.Address, err)
	}
	session := ami.NewSession(conn, 0)
	defer session.Close()
	defer context.AfterFunc(ctx, session.Close)()
	version, err := session.Open(s.AMI.Username, s.AMI.Secret.Reveal(), s.AMI.Auth != "secret")
	if err != nil {
		return err
	}
	if _, err := session.Send(ami.Events("call", "agent", "dialplan")); err != nil {
		return err
	}
	file, err := c.create()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	defer func() { err = errors.Join(err, out.Flush(), file.Close()) }()
	fmt.Fprintf(os.Stderr, "recording Asterisk (manager interface %s) to %s, end with Ctrl-C\n", version, file.Name())
	_, err = fmt.Fprintf(out, "Asterisk Call Manager/%s\r\n", version)
	n := 0
	if err == nil {
		n, err = record(session, out, keep)
	}
	if ctx.Err() != nil {
		err = nil // as wished
	}
	fmt.Fprintf(os.Stderr, "%s in %s. It holds callers' numbers and names; see it with: astcti replay %s\n", config.Counted(n, "message"), file.Name(), file.Name())
	return err
}

// kept says which variables' values are kept: those of the services in the newest
// published configuration.
func (c *recordCmd) kept(ctx context.Context, s settings.Settings) (func(string) bool, error) {
	if c.AllVariables {
		return func(string) bool { return true }, nil
	}
	r := replayCmd{folder: folder{Data: s.DataDir}, published: published{Publish: s.Published()}}
	cfg, err := r.configuration(ctx)
	if err != nil {
		fmt.Fprintf(os.Stderr, "no configuration is published, so the values of all variables are left out\n")
		return func(string) bool { return false }, nil //nolint:nilerr // nothing is missing but values
	}
	names := map[string]bool{}
	for _, service := range cfg.Services {
		for _, v := range service.Variables {
			names[v] = true
		}
	}
	return func(v string) bool { return names[v] }, nil
}

func (c *recordCmd) create() (*os.File, error) {
	path, flags := c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL
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

// record copies messages, with a clock at most once a second, until the session ends.
func record(session *ami.Session, out io.Writer, keep func(string) bool) (n int, err error) {
	var last time.Time
	var b []byte
	for {
		m, err := session.Next()
		switch {
		case errors.Is(err, ami.ErrClosed):
			return n, nil
		case err != nil:
			return n, fmt.Errorf("asterisk ended the recording: %w", err)
		}
		b = b[:0]
		if now := time.Now(); now.Sub(last) >= time.Second {
			b, last = replay.AppendClock(b, now), now
		}
		b = replay.Mask(b, m, keep)
		if !strings.HasSuffix(string(b), "\r\n\r\n") {
			b = append(b, "\r\n"...)
		}
		if _, err := out.Write(b); err != nil {
			return n, err
		}
		n++
	}
}
