package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type serveCmd struct {
	Config      string `short:"c" help:"The boot file. Every key is also an environment variable, e.g. ASTCTI_AMI_SECRET." type:"path" placeholder:"astcti.yaml"`
	PrintConfig bool   `help:"Print the settings in effect, secrets masked, and exit."`
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
	return app.Run(ctx, app.Options{Settings: s, Log: log, Version: version})
}

func logger(l settings.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil { // settings.Load has checked it
		panic(fmt.Sprintf("log level %q", l.Level))
	}
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}
