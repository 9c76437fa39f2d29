package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type checkCmd struct {
	Files []string `arg:"" help:"Boot files (.yaml, .yml) and configurations (.xml, .sqlite)." type:"path" name:"file"`
}

// Help tells what is looked at.
func (c *checkCmd) Help() string {
	return "Each file is read as the server would read it, the environment included; nothing is changed. One line per fault, with the " +
		"file, the line and what to do. Exit status 0: every file can be used. 1: one cannot. Warnings alone change nothing."
}

// Run prints one line per fault, and fails when there is one.
func (c *checkCmd) Run(ctx context.Context) error {
	bad := 0
	for _, path := range c.Files {
		lines, ok := checkFile(ctx, path)
		for _, l := range lines {
			fmt.Println(l)
		}
		if !ok {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %s cannot be used", bad, config.Counted(len(c.Files), "file"))
	}
	return nil
}

func checkFile(ctx context.Context, path string) (lines []string, ok bool) {
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".yaml" && ext != ".yml" {
		report := config.Check(ctx, path)[0]
		return report.Lines(), report.OK()
	}
	_, warnings, err := settings.Load(path, os.Environ())
	for _, w := range warnings {
		lines = append(lines, path+": warning: "+strings.TrimPrefix(w, path+": "))
	}
	if err == nil {
		return append(lines, path+": valid"), true
	}
	for _, one := range unjoin(err) {
		line := one.Error()
		if !strings.HasPrefix(line, path) {
			line = path + ": " + line
		}
		lines = append(lines, line)
	}
	return lines, false
}

func unjoin(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the join itself, not what it wraps
		return j.Unwrap()
	}
	return []error{err}
}
