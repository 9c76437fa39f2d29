package desktop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Plain is the client without a screen, for screen readers, logs and scripts: a line for
// each thing that happens, and commands as lines, see Usage.
type Plain struct {
	Client   *Client
	In       io.Reader // read until Run returns, and for one line more; its end changes nothing
	Out      io.Writer
	Clock    func() time.Time // nil: time.Now
	SignedIn func()           // called once, when the first sign-in has succeeded; may be nil

	mu    sync.Mutex // of the two below
	state State
}

// Usage tells the commands of Plain.
const Usage = "pause [reason], after [reason] (a pause after this call), ready, more (time), dial number [from-context], open (again), quit"

// What commands are answered that nothing can be made of at the moment.
const (
	NotConnected  = "not connected: nothing can be asked for"
	NothingToOpen = "no call has anything to open"
	NoService     = "you have no service to call out from"
)

// Run signs in and goes on until ctx ends or "quit" is read. Errors are those of
// Client.Run.
func (p *Plain) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go p.read(cancel)
	var once sync.Once
	return p.Client.Run(ctx, func(n News) {
		if _, in := n.(SignedIn); in && p.SignedIn != nil {
			once.Do(p.SignedIn)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if said := p.state.Apply(n, p.now()); said != "" {
			p.say(said)
		}
	})
}

func (p *Plain) now() time.Time {
	if p.Clock != nil {
		return p.Clock()
	}
	return time.Now()
}

// say writes a line; mu is held.
func (p *Plain) say(text string) {
	fmt.Fprintf(p.Out, "%s %s\n", p.now().Format("15:04:05"), text)
}

// read carries out what is typed. A reader cannot be woken, so it is not waited for.
func (p *Plain) read(quit context.CancelFunc) {
	lines := bufio.NewScanner(p.In)
	for lines.Scan() {
		word, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch word = strings.ToLower(word); word {
		case "":
		case "quit":
			quit()
			return
		default:
			p.ask(word, strings.TrimSpace(rest))
		}
	}
}

func (p *Plain) ask(word, rest string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if word == "open" {
		p.open()
		return
	}
	command, err := p.command(word, rest)
	if err == nil && p.state.Link != In {
		err = errors.New(NotConnected)
	}
	if err == nil {
		err = p.Client.Do(command)
	}
	if err != nil {
		p.say(err.Error())
	}
}

// open opens what the latest call asked to open; mu is held.
func (p *Plain) open() {
	c := p.state.Latest()
	if c == nil {
		p.say(NothingToOpen)
		return
	}
	p.say(p.state.Apply(p.Client.opts.Opener.Opened(c.Uniqueid, c.Action), p.now()))
}

func (p *Plain) command(word, rest string) (Command, error) {
	switch word {
	case "pause":
		return Pause(rest, false), nil
	case "after":
		return Pause(rest, true), nil
	case "ready":
		return p.state.Back(), nil
	case "more":
		return More, nil
	case "dial":
		number, context, named := strings.Cut(rest, " ")
		if !named {
			if len(p.state.Contexts) == 0 {
				return "", errors.New(NoService)
			}
			if len(p.state.Contexts) != 1 {
				return "", errors.New("dial number context; the contexts: " + strings.Join(p.state.Contexts, ", "))
			}
			context = p.state.Contexts[0]
		}
		return Dial(number, context), nil
	}
	return "", errors.New("commands: " + Usage)
}
