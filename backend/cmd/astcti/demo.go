package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type demoCmd struct {
	HTTP    string           `help:"Where browsers come in." default:"127.0.0.1:8080" name:"http"`
	TCP     string           `help:"Where desktop clients come in; empty for nowhere." default:"127.0.0.1:5090" name:"tcp"`
	Frames  settings.Origins `help:"Sites that may show the panel in a frame, like http://localhost:3000." name:"frame-ancestors" placeholder:"ORIGIN,…"`
	Every   time.Duration    `help:"How often somebody calls; 0: whenever \"Place a call now\" is pressed." default:"20s"`
	Talk    time.Duration    `help:"How long everybody talks; 0: some 20 seconds, and some hold or give up." default:"0"`
	Ring    time.Duration    `help:"How long a phone rings before it is answered by itself; 0: two to four seconds." default:"0"`
	Verbose bool             `short:"v" help:"Log everything to standard error, not only what is wrong."`
}

// Validate is called by kong.
func (c *demoCmd) Validate() error {
	if c.Every < 0 {
		return fmt.Errorf("--every: %s is less than nothing; 0 means that nobody calls unasked", c.Every)
	}
	if c.Talk < 0 {
		return fmt.Errorf("--talk: %s is less than nothing; 0 means some 20 seconds", c.Talk)
	}
	if c.Ring < 0 {
		return fmt.Errorf("--ring: %s is less than nothing; 0 means two to four seconds", c.Ring)
	}
	return nil
}

// Run shows the product until a signal.
func (c *demoCmd) Run(ctx context.Context) error {
	l := settings.Log{Level: "warn", Format: "text"}
	if c.Verbose {
		l.Level = "info"
	}
	return app.RunDemo(ctx, app.DemoOptions{HTTP: c.HTTP, TCP: c.TCP, FrameAncestors: c.Frames, Every: c.Every, Talk: c.Talk, Ring: c.Ring, Log: logger(l), Version: version, Out: os.Stdout})
}
