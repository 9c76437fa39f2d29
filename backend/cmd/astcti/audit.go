package main

import (
	"fmt"
	"io"
	"os"

	"github.com/asteriskcti/asteriskcti/backend/audit"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type auditCmd struct {
	Verify verifyCmd `cmd:"" help:"Tell whether the audit is as it was written: no line altered, put in or taken out."`
}

type verifyCmd struct {
	bootFile
	Files []string `arg:"" optional:"" name:"file" type:"existingfile" help:"The file, or the archived ones and this one, oldest first; none: that of the settings."`
}

// Help tells what it can and cannot find.
func (v *verifyCmd) Help() string {
	return "Each line holds the SHA-256 of the one before. So what was changed later is found, unless all lines after it were written\n" +
		"anew as well: keep the number and hash of a line elsewhere to be sure of those up to it. The server may run meanwhile.\n\n" +
		"Exit status 0: all lines are in order. 1: they are not, and where."
}

// Run verifies the files as one.
func (v *verifyCmd) Run() (err error) {
	if len(v.Files) == 0 {
		s, _, err := settings.Load(v.Config, os.Environ())
		if err != nil {
			return err
		}
		v.Files = []string{s.AuditFile()}
	}
	all := make([]io.Reader, len(v.Files))
	for i, name := range v.Files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		all[i] = f
	}
	lines, err := audit.Verify(io.MultiReader(all...))
	if err != nil {
		return fmt.Errorf("%s in order, then: %w", config.Counted(lines, "line"), err)
	}
	fmt.Printf("%s, all in order\n", config.Counted(lines, "line"))
	return nil
}
