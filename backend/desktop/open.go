package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
)

// maxURL is the longest address that is opened, in bytes.
const maxURL = 8 << 10

var hostLetters = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]+$`)

// Opener opens what calls ask for: pages in the default browser, and programs of its
// list, both without a shell.
type Opener struct {
	Programs map[string]Template
	Start    func(argv []string) error // nil: as a process that outlives the client
}

// Open opens a. opened says what, fit for a terminal; the error why it was not.
func (o *Opener) Open(a *Action) (opened string, err error) {
	var argv []string
	switch a.Type {
	case Browser:
		var address string
		if address, err = pageAddress(a.URL); err != nil {
			return "page", err
		}
		opened = "page " + Show(address)
		argv, err = browser(address)
	case Application:
		opened = "program " + Show(a.Program)
		t, listed := o.Programs[a.Program]
		if !listed {
			return opened, errors.New("it is not among the programs of client.yaml")
		}
		if argv, err = t.fill(a.Args); err == nil {
			argv = append([]string{t[0]}, argv...)
		}
	default:
		return Show(a.Type), errors.New("this client cannot open that")
	}
	if err != nil {
		return opened, err
	}
	start := o.Start
	if start == nil {
		start = startProcess
	}
	return opened, start(argv)
}

// Opened is Open for the action of the call with the given Uniqueid, as news.
func (o *Opener) Opened(call string, a *Action) Opened {
	what, err := o.Open(a)
	n := Opened{Call: call, What: what}
	if err != nil {
		n.Fault = Show(err.Error())
	}
	return n
}

// came is what a new action leads to: it is opened, unless it waits for the agent.
func (o *Opener) came(call string, a *Action) Opened {
	if a.Target != button {
		return o.Opened(call, a)
	}
	what := "page " + Show(a.URL)
	if a.Type == Application {
		what = "program " + Show(a.Program)
	}
	return Opened{Call: call, What: what, Waits: true}
}

// button is the Target of what waits.
const button = "button"

// pageAddress lets only pages of the web through, and of their characters only those
// that no program between here and the browser could take for something else.
func pageAddress(text string) (string, error) {
	if len(text) > maxURL {
		return "", fmt.Errorf("the address is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("that is no address of a page")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("only addresses with http and https are opened")
	case u.User != nil || u.Hostname() == "" || !hostLetters.MatchString(u.Host):
		return "", errors.New("the address has no host, one that is not in ASCII, or a user's name before it")
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"'`<>\\^{|}", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String(), nil
}

// startProcess starts a program, and does not wait for its end.
func startProcess(argv []string) error {
	cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...) //nolint:gosec // argv[0] is fixed or of the list in client.yaml
	apart(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // how it ends is its own affair
	return nil
}
