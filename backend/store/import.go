package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// Counts is what an import or a publication holds.
type Counts struct {
	Services, Seats, Operators int
	Hashed                     int // operators who came with a password or its MD5
	Short                      int // of these, with a password that is easily guessed
	Foreign                    int // enabled operators whose password was made with another pepper: they cannot sign in
}

// String is for the command line.
func (c Counts) String() string {
	s := config.Counted(c.Services, "service") + ", " + config.Counted(c.Seats, "seat") + ", " + config.Counted(c.Operators, "operator")
	if c.Hashed > 0 {
		s += " (" + config.Counted(c.Hashed, "password") + " hashed)"
	}
	return s
}

// Import replaces the whole working configuration by a document, or leaves it as it
// was and returns why: config.Faults when the document is faulty. Passwords and MD5s
// are made into verifiers before anything is written, 25 ms each and processor;
// progress, which may be nil, hears how far that is, from one goroutine at a time.
func (s *Store) Import(ctx context.Context, d *config.Document, progress func(done, total int)) (Counts, error) {
	return s.ImportBy(ctx, Editor{}, d, nil, progress)
}

// ImportBy is Import by a manager: one change for the audit. check, which may be nil, is
// given the working configuration that is about to be replaced; its error leaves that as
// it is.
func (s *Store) ImportBy(ctx context.Context, ed Editor, d *config.Document, check func(*config.Snapshot) error, progress func(done, total int)) (Counts, error) {
	snapshot, err := d.Resolve(ctx, s.pepper, progress)
	if err != nil {
		return Counts{}, err
	}
	if err := s.replace(ctx, ed, snapshot, d.Identified(), check); err != nil {
		return Counts{}, fmt.Errorf("replace the working configuration: %w", err)
	}
	c := Counts{Services: len(snapshot.Services), Seats: len(snapshot.Seats), Operators: len(snapshot.Operators), Hashed: d.Secrets(), Short: d.Short()}
	for _, o := range snapshot.Operators {
		if o.Enabled && !s.pepper.Made(o.Verifier) {
			c.Foreign++
		}
	}
	return c, nil
}

// ImportFile imports an XML file, or a published SQLite file: that is how an earlier
// configuration is brought back, to be applied again (J1).
func (s *Store) ImportFile(ctx context.Context, path string, progress func(done, total int)) (Counts, error) {
	return s.ImportFileBy(ctx, Editor{}, path, progress)
}

// ImportFileBy is ImportFile by a manager.
func (s *Store) ImportFileBy(ctx context.Context, ed Editor, path string, progress func(done, total int)) (Counts, error) {
	d, _, err := config.ReadDocument(ctx, path)
	if err != nil {
		return Counts{}, err
	}
	return s.ImportBy(ctx, ed, d, nil, progress)
}

// ExportXML writes the working configuration in the XML form. Its verifiers are of
// use only together with the pepper file, and yet no reading for everybody.
func (s *Store) ExportXML(ctx context.Context, w io.Writer) error {
	snapshot, err := s.Export(ctx)
	if err != nil {
		return err
	}
	return config.WriteXML(w, snapshot)
}

// ExportFile writes the working configuration to an XML file of mode 0600, which
// takes the place of an older one only when it is whole.
func (s *Store) ExportFile(ctx context.Context, path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("export: %s is a folder: name the file to write", path)
	} else if err == nil && !info.Mode().IsRegular() {
		return s.exportInto(ctx, path) // a device or a pipe: a rename would replace it
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err = s.ExportXML(ctx, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export: %w", err), os.Remove(f.Name()))
	}
	return nil
}

func (s *Store) exportInto(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := errors.Join(s.ExportXML(ctx, f), f.Close()); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}
