package main

import (
	"context"
	"os"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type demoCmd struct {
	HTTP    string           `help:"Where browsers come in." default:"127.0.0.1:8080" name:"http"`
	TCP     string           `help:"Where desktop clients come in; empty for nowhere." default:"127.0.0.1:5090" name:"tcp"`
	Frames  settings.Origins `help:"Sites that may show the panel in a frame, like http://localhost:3000." name:"frame-ancestors" placeholder:"ORIGIN,…"`
	Verbose bool             `short:"v" help:"Log everything to standard error, not only what is wrong."`
}

// Run shows the product until a signal.
func (c *demoCmd) Run(ctx context.Context) error {
	l := settings.Log{Level: "warn", Format: "text"}
	if c.Verbose {
		l.Level = "info"
	}
	return app.RunDemo(ctx, app.DemoOptions{HTTP: c.HTTP, TCP: c.TCP, FrameAncestors: c.Frames, Log: logger(l), Version: version, Out: os.Stdout})
}
