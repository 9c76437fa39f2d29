package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/app"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/replay"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

type replayCmd struct {
	folder
	published
	Files         []string `arg:"" help:"Recordings, as \"astcti record\" writes them, or the bytes of any session with the manager interface, packed by gzip or not; - for standard input." name:"file"`
	Configuration string   `help:"The services and seats to play it to (.xml, .sqlite); none: the newest that is published." type:"existingfile" placeholder:"FILE"`
	Agent         []string `help:"Who sits where: NAME=PJSIP/201; none: somebody at every seat." placeholder:"NAME=PHONE"`
	ByTime        bool     `help:"One list in the order of time, instead of one for each agent."`
}

// Help tells what is printed.
func (c *replayCmd) Help() string {
	return "Each line is one thing that an agent would have been told: who, what, how the call stands for him, the caller, the service with its " +
		"variables, from whom a call was transferred, and what would have opened. Nothing opens, and no server is asked.\n\n" +
		"Exit status 0: all was played. 1: a file cannot be read, or not to its end (what came before is printed), or what is printed cannot be written."
}

// Run plays each recording by itself.
func (c *replayCmd) Run(ctx context.Context) error {
	cfg, err := c.configuration(ctx)
	if err != nil {
		return err
	}
	agents, err := c.agents(cfg)
	if err != nil {
		return err
	}
	var all error
	for _, file := range c.Files {
		if err := c.play(ctx, file, cfg, agents); err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", file, err))
		}
	}
	return all
}

func (c *replayCmd) configuration(ctx context.Context) (*config.Snapshot, error) {
	path := c.Configuration
	if path == "" {
		dir := c.dir(c.Data)
		files, err := config.ListFolder(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("%w; name the configuration with --configuration", err)
		}
		for _, f := range files {
			if f.Newest {
				path = filepath.Join(dir, f.Name)
			}
		}
		if path == "" {
			return nil, fmt.Errorf("%s holds no configuration that can be used; name one with --configuration", dir)
		}
	}
	d, _, err := config.ReadDocument(ctx, path)
	if err != nil {
		return nil, placed(path, err)
	}
	return config.New(path, d.Services, d.Seats, nil), nil
}

func (c *replayCmd) agents(cfg *config.Snapshot) ([]tracker.Agent, error) {
	var agents []tracker.Agent
	for _, one := range c.Agent {
		name, phone, ok := strings.Cut(one, "=")
		if !ok || name == "" || !strings.Contains(phone, "/") {
			return nil, fmt.Errorf("--agent %s: write it as NAME=PHONE, for example ada=PJSIP/201", one)
		}
		for _, a := range agents {
			if a.Operator == name || a.Extension == phone {
				return nil, fmt.Errorf("--agent %s: %s is at %s already", one, a.Operator, a.Extension)
			}
		}
		agents = append(agents, tracker.Agent{Operator: name, Extension: phone})
	}
	if len(agents) > 0 {
		return agents, nil
	}
	for _, s := range cfg.Seats {
		agents = append(agents, tracker.Agent{Operator: s.Extension, Extension: s.Extension, SeatMAC: s.MAC})
	}
	if len(agents) == 0 {
		return nil, errors.New("the configuration has no seats; say who sits where with --agent")
	}
	return agents, nil
}

func (c *replayCmd) play(ctx context.Context, file string, cfg *config.Snapshot, agents []tracker.Agent) error {
	in, err := openRecording(file)
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err // the file is named by who asked
	} else if err != nil {
		return err
	}
	defer in.Close()
	plan, wanted := app.PlanOf(cfg)
	var told []replay.Told
	sum, err := replay.Play(ctx, in, plan, &wanted, agents, func(t replay.Told) { told = append(told, t) })
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "%s\n", file)
	if c.ByTime {
		for _, t := range told {
			fmt.Fprintf(out, "  %-14s %s\n", plainText(t.Agent.Operator), noticeLine(t))
		}
	} else {
		for _, a := range agents {
			heading := false
			for _, t := range told {
				if t.Agent.Operator != a.Operator {
					continue
				}
				if !heading {
					fmt.Fprintf(out, "\n  %s\n", plainText(a.Operator))
					heading = true
				}
				fmt.Fprintf(out, "    %s\n", noticeLine(t))
			}
		}
	}
	printSummary(out, sum, len(told) > 0)
	return errors.Join(err, out.Flush())
}

// printSummary prints what a recording held, and what its reader should know of it.
func printSummary(out io.Writer, sum replay.Summary, told bool) {
	if sum.Messages == 0 {
		fmt.Fprint(out, "\n  It holds no message of Asterisk.\n\n")
		return
	}
	fmt.Fprintf(out, "\n  %s, of which %d matter; %s of a service, %s.\n", config.Counted(sum.Messages, "message"), sum.Events,
		config.Counted(int(sum.ServiceCalls), "call"), config.Counted(sum.Pops, "pop"))
	if !sum.Began.IsZero() {
		const moment = "2006-01-02 15:04:05 -07:00" // of the reader's zone, as the lines above are
		fmt.Fprintf(out, "  Recorded from %s to %s.\n", sum.Began.Local().Format(moment), sum.Ended.Local().Format(moment))
	}
	if sum.Greeting == "" {
		fmt.Fprintln(out, "  It does not begin with Asterisk's greeting: what came before is not in it.")
	}
	if sum.Forged > 0 {
		fmt.Fprintf(out, "  %s Asterisk did not write itself, as some value of the dialplan holds a line break: not believed.\n", config.Counted(sum.Forged, "message"))
	}
	if sum.Cut {
		fmt.Fprintln(out, "  Its last message is not whole.")
	}
	if !told {
		fmt.Fprintln(out, "  Nobody would have been told anything. Are these the services and seats of that time?")
	}
	if sum.LeftCalls > 0 {
		fmt.Fprintf(out, "  At its end %s with %s went on.\n", config.Counted(sum.LeftCalls, "call"), config.Counted(sum.LeftChannels, "channel"))
	}
	fmt.Fprintln(out)
}

// openRecording opens a file, standard input for "-", and unpacks what gzip has packed.
func openRecording(file string) (io.ReadCloser, error) {
	f := os.Stdin
	if file != "-" {
		var err error
		if f, err = os.Open(file); err != nil {
			return nil, err
		}
	}
	type opened struct {
		io.Reader
		io.Closer
	}
	packed := bufio.NewReader(f)
	switch begin, err := packed.Peek(2); {
	case err != nil && !errors.Is(err, io.EOF):
		f.Close()
		return nil, err
	case string(begin) != "\x1f\x8b":
		return opened{packed, f}, nil
	}
	z, err := gzip.NewReader(packed)
	if err != nil {
		f.Close()
		return nil, err
	}
	return opened{z, f}, nil
}

// noticeLine is one thing told, for a terminal.
func noticeLine(t replay.Told) string {
	var b strings.Builder
	if !t.At.IsZero() {
		b.WriteString(t.At.Local().Format("15:04:05 "))
	}
	n := t.Notice
	fmt.Fprintf(&b, "%-10s", n.ID)
	word := func(name, value string) {
		if value != "" {
			b.WriteString(" " + name + plainText(value))
		}
	}
	word("", string(n.Agent))
	word("", string(n.Link))
	if c := n.Call; c != nil {
		word("", string(c.Phase))
		word("", string(c.Direction))
		word("caller=", c.Caller.Number)
		word("name=", c.Caller.Name)
		word("called=", c.Called)
		word("service=", c.Service)
		word("queue=", c.Queue)
		for _, v := range c.Variables {
			b.WriteString(" " + plainText(v.Name) + "=" + plainText(v.Value))
		}
		if x := c.Transfer; x != nil {
			word("transfer=", string(x.Kind))
			word("from=", x.Phone)
			word("to=", x.To)
		}
		if c.Phase == pbx.PhaseEnded {
			word("cause=", strconv.Itoa(c.Cause))
		}
	}
	if a := n.Action; a != nil {
		b.WriteString(" opens")
		for _, arg := range append([]string{a.URL + a.Program}, a.Args...) {
			b.WriteString(" " + quoted(arg, ` "`))
		}
	}
	return b.String()
}

// plainText is somebody else's text as it may be shown in a terminal, as one word: what
// cannot be seen, or would not be told from what stands around it, is written out.
func plainText(s string) string { return quoted(s, ` "=`) }

// quoted is s, in quotes if it has one of the letters that are not plain, or what cannot be
// seen.
func quoted(s, notPlain string) string {
	if strings.ContainsAny(s, notPlain) || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
