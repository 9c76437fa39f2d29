package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

// bootFile is the flag that names the boot file.
type bootFile struct {
	Config string `short:"c" help:"The boot file; none: the environment alone." env:"ASTCTI_CONFIG" type:"path" placeholder:"astcti.yaml"`
}

type serveCmd struct {
	bootFile
	PrintConfig bool `help:"Print the settings in effect, secrets masked, and exit."`
}

// Help lists every key, after the flags.
func (c *serveCmd) Help() string {
	var b strings.Builder
	b.WriteString("Keys of the boot file. Each is also an environment variable, which wins: ASTCTI_ and the key in capitals,\n" +
		"with _ for the dot. docs/configuration.md tells what they mean.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, key := range settings.Keys() {
		fmt.Fprintf(w, "    %s\t%s\t%s\n", key.Name, key.Variable, key.Default)
	}
	_ = w.Flush() // into memory
	b.WriteString("\nIt ends with status 0 on SIGTERM or Ctrl-C, and with 1 and the reason when it cannot begin or when the tries\nto reach Asterisk are used up.\n")
	return b.String()
}

// Run serves until a signal, or until the tries to reach Asterisk are exhausted.
func (c *serveCmd) Run(ctx context.Context) error {
	s, warnings, err := settings.Load(c.Config, os.Environ())
	if err != nil {
		return err
	}
	if c.PrintConfig {
		return s.Print(os.Stdout)
	}
	log := logger(s.Log)
	for _, w := range warnings {
		log.Warn(w)
	}
	told := supervisor{log}
	context.AfterFunc(ctx, func() { told.tell(daemon.SdNotifyStopping) })
	return app.Run(ctx, app.Options{Settings: s, Log: log, Version: version, Listening: func(at app.Addresses) {
		told.tell(daemon.SdNotifyReady + "\nSTATUS=Agents come in at " + at.HTTP)
	}})
}

// supervisor is who started the server, where that is systemd with a unit of Type=notify;
// sd_notify(3).
type supervisor struct{ log *slog.Logger }

func (s supervisor) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("tell systemd", "err", err)
	}
}

func logger(l settings.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // settings.Load has checked it; else it is info
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}
