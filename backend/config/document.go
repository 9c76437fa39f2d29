package config

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// Document is a configuration as a person writes it: a Snapshot whose operators may
// come with a password instead of its verifier.
type Document struct {
	Source    string
	Revision  int64 // of a published file, for lists; a new publication gets its own
	Services  []Service
	Seats     []Seat
	Operators []ImportedOperator

	PauseReasons []string // none: DefaultPauseReasons
	reasonLines  []int    // of an XML file's

	Limits     Limits
	limitsLine int // of an XML file
}

// ImportedOperator is an operator of an XML file. At most one of Password, MD5 and
// Verifier is set. It shows only its name when printed or logged.
type ImportedOperator struct {
	Operator
	Password string // in clear
	MD5      string // of the password, 32 hex digits, from an older installation
}

// String is the name alone.
func (o ImportedOperator) String() string { return o.Username }

// GoString is the name alone.
func (o ImportedOperator) GoString() string { return o.Username }

// Hasher makes verifiers; *password.Pepper does.
type Hasher interface {
	Hash(md5hex string) (verifier string, err error)
	HashPassword(plain string) (verifier string, err error)
	Made(verifier string) bool // false: its password cannot be checked here
}

// Document is the snapshot in the form of an import, to be edited or applied again.
func (s *Snapshot) Document() *Document {
	d := &Document{Source: s.Source, Revision: s.Revision, Services: s.Services, Seats: s.Seats, PauseReasons: s.PauseReasons, Limits: s.Limits}
	for _, o := range s.Operators {
		d.Operators = append(d.Operators, ImportedOperator{Operator: o})
	}
	return d
}

// Identified tells whether each operator comes with his UID, as in a published file, and not
// in XML.
func (d *Document) Identified() bool {
	return !slices.ContainsFunc(d.Operators, func(o ImportedOperator) bool { return o.UID == "" })
}

// Secrets counts the operators that come with a password or its MD5.
func (d *Document) Secrets() int {
	n := 0
	for _, o := range d.Operators {
		if o.Password != "" || o.MD5 != "" {
			n++
		}
	}
	return n
}

// goodPassword is the length, in characters, that a password should have: there is no
// other rule, as the standards have it (ASVS 5.0, 6.2.1), and no refusal, for a call
// centre that moves here brings its passwords along.
const goodPassword = 12

// Short counts the passwords in clear that are shorter than they should be.
func (d *Document) Short() int {
	n := 0
	for _, o := range d.Operators {
		if o.Password != "" && utf8.RuneCountInString(o.Password) < goodPassword {
			n++
		}
	}
	return n
}

// draft is the snapshot with the verifiers still to come.
func (d *Document) draft() *Snapshot {
	operators := make([]Operator, len(d.Operators))
	for i, o := range d.Operators {
		operators[i] = o.Operator
		operators[i].pending = o.Password != "" || o.MD5 != ""
	}
	s := New(d.Source, d.Services, d.Seats, operators, d.PauseReasons...)
	s.reasonLines, s.Limits, s.limitsLine = d.reasonLines, d.Limits, d.limitsLine
	return s
}

// Validate is that of the snapshot to come.
func (d *Document) Validate() Faults { return d.draft().Validate() }

// pointless is what does nothing: an import refuses it, a published file may have it.
func (d *Document) pointless() Faults {
	v := &validation{}
	for i := range d.Services {
		if s := &d.Services[i]; s.ringsNobody() {
			v.item(KindService, s.Name, s.line)
			v.fault("open", flawed("service.open-outbound", "no telephone rings for a call that goes out: write answer, or leave it out"))
		}
	}
	return v.faults
}

// Resolve validates, makes the missing verifiers, as many at once as there are
// processors, and returns the snapshot. progress may be nil; it is called by one
// goroutine at a time, with done counting up to total. A faulty document's error is
// its Faults.
func (d *Document) Resolve(ctx context.Context, h Hasher, progress func(done, total int)) (*Snapshot, error) {
	if err := d.Validate().Err(); err != nil {
		return nil, err
	}
	operators := make([]Operator, len(d.Operators))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done, total := 0, d.Secrets()
	for i, o := range d.Operators {
		operators[i] = o.Operator
		if o.Password == "" && o.MD5 == "" {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var err error
			if operators[i].Verifier, err = o.verifier(h); err != nil {
				return fmt.Errorf("operator %q: make a verifier: %w", o.Username, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, total)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); done < total && err != nil {
		return nil, err
	}
	s := New(d.Source, d.Services, d.Seats, operators, d.PauseReasons...)
	s.Limits = d.Limits
	return s, s.Validate().Err()
}

func (o ImportedOperator) verifier(h Hasher) (string, error) {
	if o.Password != "" {
		return h.HashPassword(o.Password)
	}
	return h.Hash(o.MD5)
}
