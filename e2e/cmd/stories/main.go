// Command stories records what real Asterisk tells of each story of package story:
//
//	go run ./e2e/cmd/stories [-asterisk 22] [-tech sip] [-dir FOLDER] [NAME…]
//
// writes FOLDER/NAME/VERSION.ami (16-sip.ami for chan_sip): the bytes that a manager
// session as the server's gets, from the greeting on. Without names it records all.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/story"
)

// classes are those that the server asks for.
const classes = "call,agent,dialplan"

// longest is how long a story may take.
const longest = 40 * time.Second

func main() {
	version := flag.Int("asterisk", 22, "`version` of Asterisk: 16 or 22")
	tech := flag.String("tech", "pjsip", "channel `driver`: pjsip or sip")
	dir := flag.String("dir", "backend/ami/amitest/calls", "`folder` of the recordings")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := lab.Prepare(ctx, *version, log)
	if err != nil {
		log.Error("stories", "error", err)
		os.Exit(1)
	}
	r := &recorder{root: root, log: log, tech: strings.ToUpper(*tech), dir: *dir, file: fmt.Sprintf("%d.ami", *version)}
	if r.tech == lab.SIP {
		r.file = fmt.Sprintf("%d-sip.ami", *version)
	}
	bad := 0
	for _, st := range story.All {
		named := slices.Contains(flag.Args(), st.Name)
		if flag.NArg() > 0 && !named || r.tech == lab.SIP && !st.SIP && !named {
			continue
		}
		if err := r.record(ctx, st); err != nil {
			log.Error("no recording", "story", st.Name, "error", err)
			bad++
		} else {
			log.Info("recorded", "story", st.Name, "file", r.file)
		}
	}
	if bad > 0 {
		os.Exit(1)
	}
}

type recorder struct {
	root            *lab.Root
	log             *slog.Logger
	tech, dir, file string
}

// record plays a story at an Asterisk of its own.
func (r *recorder) record(ctx context.Context, st story.Story) (err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	dir, err := os.MkdirTemp("", "stories-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ast, err := r.root.Start(ctx, lab.Options{Dir: dir, Tech: r.tech, Contacts: st.Contacts})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, ast.Log())
		}
		err = errors.Join(err, ast.Stop())
	}()
	watch, err := ast.Watch(ctx)
	if err != nil {
		return err
	}
	defer watch.Close()
	t := &teller{done: make(chan struct{})}
	defer t.cleanUp()
	s := story.New(ctx, t, ast, watch, r.log)
	var raw bytes.Buffer
	tape, err := ast.Record(ctx, &raw, classes)
	if err != nil {
		return err
	}
	defer tape.Close()
	go t.run(func() { s.Play(st) })
	<-t.done
	if t.err != nil {
		return t.err
	}
	if err := tape.Do(ctx, "Ping"); err != nil { // all before it has come
		return err
	}
	tape.Close()
	whole := raw.Bytes()
	whole = whole[:bytes.LastIndex(whole, []byte("\r\n\r\n"))+4]
	file := filepath.Join(r.dir, st.Name, r.file)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, whole, 0o644)
}

// teller is the story.T of one story.
type teller struct {
	err   error
	after []func()
	done  chan struct{}
}

func (t *teller) run(play func()) {
	defer close(t.done)
	play()
}

func (t *teller) Helper() {}

func (t *teller) Cleanup(f func()) { t.after = append(t.after, f) }

func (t *teller) cleanUp() {
	for _, f := range slices.Backward(t.after) {
		f()
	}
}

// Fatal notes where the story failed and ends it.
func (t *teller) Fatal(args ...any) {
	var at []string
	for skip := 1; skip < 8; skip++ {
		if _, file, line, ok := runtime.Caller(skip); ok {
			at = append(at, fmt.Sprintf("%s:%d", filepath.Base(file), line))
		}
	}
	t.err = fmt.Errorf("%s: %s", strings.Join(at, " "), fmt.Sprintln(args...))
	runtime.Goexit()
}
