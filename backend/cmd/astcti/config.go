package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

type configCmd struct {
	Import importCmd `cmd:"" help:"Replace the working configuration by an XML file, or by an earlier published one."`
	Export exportCmd `cmd:"" help:"Write the working configuration as XML."`
	Apply  applyCmd  `cmd:"" help:"Check the working configuration and publish it; a running server uses it within a second. Prints the new file's name."`
	List   listCmd   `cmd:"" help:"List what is published, newest first."`
}

// folder is the data folder of every sub-command.
type folder struct {
	Data string `help:"The data folder (data_dir of the boot file)." default:"data" env:"ASTCTI_DATA_DIR" type:"path"`
}

// published is the folder of published configurations.
type published struct {
	Publish string `help:"The folder of published configurations (publish_dir); default DATA/published." env:"ASTCTI_PUBLISH_DIR" type:"path" placeholder:"DIR"`
}

func (p *published) dir(data string) string {
	if p.Publish != "" {
		return p.Publish
	}
	return filepath.Join(data, "published")
}

// open opens the data folder for f, with store.Open or store.OpenExisting.
func (d *folder) open(ctx context.Context, with func(ctx context.Context, dir string) (*store.Store, error), f func(*store.Store) error) (err error) {
	st, err := with(ctx, d.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return f(st)
}

// Help of config: the way of a change.
func (c *configCmd) Help() string {
	return "The way of a change: \"config export\" the working configuration, edit the XML, \"config import\" it, \"config apply\".\n\n" +
		"All of them may be used while the server runs, by the user it runs as. Exit status 0: done. 1: not, and nothing was changed."
}

type importCmd struct {
	folder
	File string `arg:"" help:"The file; - for XML on standard input. Passwords in it are hashed on the way." type:"existingfile"`
}

// Run replaces the whole or nothing.
func (c *importCmd) Run(ctx context.Context) error {
	return c.open(ctx, store.Open, func(st *store.Store) error {
		counts, err := c.read(ctx, st)
		if err != nil {
			return placed(c.File, err)
		}
		fmt.Printf("imported %s; \"astcti config apply\" publishes it\n", counts)
		if counts.Short > 0 {
			fmt.Fprintln(os.Stderr, "astcti: warning:", config.ShortWarning(counts.Short))
		}
		if counts.Foreign > 0 {
			fmt.Fprintf(os.Stderr, "astcti: warning: %s cannot sign in: their passwords were made with the pepper file of another data folder; "+
				"bring it here as %s, or give passwords\n", config.Counted(counts.Foreign, "operator"), filepath.Join(c.Data, "pepper"))
		}
		return nil
	})
}

// read reads the file, or XML from standard input: what the user of the data folder
// cannot open, the shell can.
func (c *importCmd) read(ctx context.Context, st *store.Store) (store.Counts, error) {
	if c.File != "-" {
		return st.ImportFileBy(ctx, st.CommandLine(), c.File, progress())
	}
	d, err := config.ReadXML(os.Stdin, "standard input")
	if err != nil {
		return store.Counts{}, err
	}
	return st.ImportBy(ctx, st.CommandLine(), d, nil, progress())
}

// progress draws a line on a terminal while passwords are hashed.
func progress() func(done, total int) {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(done, total int) {
		fmt.Fprintf(os.Stderr, "\rhashing passwords: %d of %d", done, total)
		if done == total {
			fmt.Fprintln(os.Stderr)
		}
	}
}

// placed puts the file before each fault, one a line.
func placed(path string, err error) error {
	if err == nil {
		return nil
	}
	if path == "-" {
		path = "standard input"
	}
	faults, ok := errors.AsType[config.Faults](err)
	if !ok {
		return err
	}
	lines := make([]error, 0, len(faults)+1)
	for _, f := range faults {
		lines = append(lines, fmt.Errorf("%s: %s", path, f))
	}
	return errors.Join(append(lines, errors.New("nothing was changed"))...)
}

type exportCmd struct {
	folder
	Output string `short:"o" help:"The file to write, readable by its owner only; - or none: standard output." type:"path" placeholder:"FILE.xml"`
}

// Run exports.
func (c *exportCmd) Run(ctx context.Context) error {
	return c.open(ctx, store.OpenExisting, func(st *store.Store) error {
		if c.Output == "" || c.Output == "-" {
			return st.ExportXML(ctx, os.Stdout)
		}
		return st.ExportFile(ctx, c.Output)
	})
}

type applyCmd struct {
	folder
	published
}

// Run publishes, and prints the name alone, for scripts.
func (c *applyCmd) Run(ctx context.Context) error {
	return c.open(ctx, store.OpenExisting, func(st *store.Store) error {
		file, err := st.Publish(ctx, c.dir(c.Data))
		if file != "" { // it is in use, even when it could not be written into the history
			fmt.Println(file)
			err = errors.Join(err, st.Applied(ctx, file))
		}
		return placed("working configuration", err)
	})
}

type listCmd struct {
	folder
	published
}

// Run reads each file, so that what it says of it is true now.
func (c *listCmd) Run(ctx context.Context) error {
	files, err := config.ListFolder(ctx, c.dir(c.Data))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(files) == 0 {
		fmt.Println("nothing is published yet in", c.dir(c.Data))
		return nil
	} else if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tWRITTEN\tBYTES\tHOLDS")
	for _, f := range files {
		holds := f.Reason
		switch {
		case f.Newest:
			holds = "the newest valid one: "
		case f.Valid:
			holds = "valid: "
		}
		if f.Valid {
			holds += config.Counted(f.Services, "service") + ", " + config.Counted(f.Seats, "seat") + ", " + config.Counted(f.Operators, "operator")
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", f.Name, f.Time.Local().Format(time.DateTime), f.Size, holds)
	}
	return w.Flush()
}
