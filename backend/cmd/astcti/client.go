package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/asteriskcti/asteriskcti/backend/desktop"
	"github.com/asteriskcti/asteriskcti/backend/desktop/screen"
)

type clientCmd struct {
	Server       string `help:"The server. Its port is 5090 if none is named, with TLS 5091." placeholder:"HOST:PORT"`
	TLS          bool   `help:"Use TLS, with the authorities this system trusts." name:"tls"`
	TLSCA        string `help:"Use TLS, with the authorities in this PEM file." name:"tls-ca" type:"path" placeholder:"FILE"`
	TLSName      string `help:"Use TLS; the name in the server's certificate, when it is not the host's." name:"tls-name" placeholder:"NAME"`
	Cleartext    bool   `help:"Allow a server on another machine without TLS. Who listens on the way can sign in as you."`
	User         string `short:"u" help:"Your name, as an operator." placeholder:"NAME"`
	Seat         string `help:"The seat's MAC address. None: that of this PC's network card; with several you choose." placeholder:"00:11:22:33:44:55"`
	PasswordFile string `help:"A file that only you can read, with the password in its first line." type:"path" placeholder:"FILE"`
	Keyring      bool   `help:"Take the password from this desktop's keyring, and keep it there after asking once."`
	Forget       bool   `help:"Take the password out of the keyring, and end."`
	Config       string `short:"c" help:"The configuration. None: astcti/client.yaml in your configuration folder." type:"path" placeholder:"client.yaml"`
	Plain        bool   `help:"Lines instead of a full screen, as it is without a terminal anyway."`
}

// Help tells what flags cannot.
func (c *clientCmd) Help() string {
	path, err := desktop.ConfigPath()
	if err != nil {
		path = "astcti/client.yaml"
	}
	return `Signs you in at the server's line protocol (TCP), shows your state, queues and calls, opens the customer's
page in your browser when you answer, and starts the programs that this PC allows. The password is asked
for, unless --password-file or --keyring gives it; it is never a flag. Connections that break are made anew.

Keys: p pause, P pause after this call, r ready, m more time after a call, d dial, o open again, ? help,
q quit. With --plain, lines: ` + desktop.Usage + `.

The configuration is ` + path + `;
flags win. Without programs in it, none is started:

    server: cti.example.com:5091
    tls: true                  # or tls_ca: FILE, tls_name: NAME, cleartext: true
    user: ada
    seat: 00:11:22:33:44:55    # or none
    keyring: true              # or password_file: FILE
    programs:                  # by the name that the service has; {1} is its first value, {*} are all
      crm: [/opt/crm/bin/crm, --customer, "{1}"]

Status: 0 after quitting, 1 when the server refused (password, seat) or somebody else signed in as you.
docs/client.md tells more.
`
}

// Run is the client, until it is quit.
func (c *clientCmd) Run(ctx context.Context) error {
	if !signal.Ignored(syscall.SIGHUP) { // a window that is closed signs out; nohup goes on
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
	}
	conf, err := c.config()
	if err != nil {
		return err
	}
	address, err := conf.Address()
	if err != nil {
		return err
	}
	if conf.User == "" {
		return errors.New("who are you? Use --user NAME, or user in client.yaml")
	}
	if c.Forget {
		return desktop.Forget(conf.User, address)
	}
	dial, err := conf.Dialer()
	if err != nil {
		return err
	}
	if conf.Seat == "" {
		if conf.Seat, err = seat(); err != nil {
			return err
		}
	}
	for tries := 0; ; tries++ {
		md5hex, typed, err := password(ctx, conf, address, tries > 0)
		if err != nil {
			return err
		}
		o := desktop.Options{Connect: dial, User: conf.User, MD5Hex: md5hex, Seat: conf.Seat, Opener: &desktop.Opener{Programs: conf.Programs}}
		err = c.show(ctx, o, conf, address, typed)
		if !errors.Is(err, desktop.ErrPassword) || conf.PasswordFile != "" || tries == 2 || !isTerminal(os.Stdin) {
			return err
		}
		fmt.Fprintln(os.Stderr, "astcti:", err)
	}
}

// config is the file, and the flags over it.
func (c *clientCmd) config() (conf desktop.Config, err error) {
	path := c.Config
	if path == "" {
		if path, err = desktop.ConfigPath(); err != nil {
			return conf, err
		}
	}
	if conf, err = desktop.LoadConfig(path, c.Config != ""); err != nil {
		return conf, err
	}
	for to, flag := range map[*string]string{
		&conf.Server: c.Server, &conf.TLSCA: c.TLSCA, &conf.TLSName: c.TLSName, &conf.User: c.User, &conf.Seat: c.Seat, &conf.PasswordFile: c.PasswordFile,
	} {
		if flag != "" {
			*to = flag
		}
	}
	conf.TLS, conf.Cleartext, conf.Keyring = conf.TLS || c.TLS, conf.Cleartext || c.Cleartext, conf.Keyring || c.Keyring
	return conf, nil
}

// show runs the client on the whole terminal, or in lines.
func (c *clientCmd) show(ctx context.Context, o desktop.Options, conf desktop.Config, address string, typed bool) error {
	var kept error
	signedIn := func() {
		if typed && conf.Keyring {
			kept = desktop.Keep(conf.User, address, o.MD5Hex)
		}
	}
	client := desktop.New(o)
	var err error
	if c.Plain || !isTerminal(os.Stdin) || !isTerminal(os.Stdout) || os.Getenv("TERM") == "dumb" {
		p := desktop.Plain{Client: client, In: os.Stdin, Out: os.Stdout, SignedIn: signedIn}
		err = p.Run(ctx)
	} else {
		err = screen.Run(ctx, screen.Options{Client: client, Opener: o.Opener, User: conf.User, Seat: conf.Seat, Server: address, SignedIn: signedIn})
	}
	if kept != nil {
		fmt.Fprintln(os.Stderr, "astcti: the password was not kept:", kept)
	}
	return err
}

// password finds it; anew: what was kept has been refused.
func password(ctx context.Context, conf desktop.Config, address string, anew bool) (md5hex string, typed bool, err error) {
	if conf.PasswordFile != "" {
		md5hex, err = desktop.PasswordFile(conf.PasswordFile)
		return md5hex, false, err
	}
	if conf.Keyring && !anew {
		md5hex, err = desktop.Kept(conf.User, address)
		if err == nil {
			return md5hex, false, nil
		}
		if !errors.Is(err, desktop.ErrNotKept) {
			fmt.Fprintln(os.Stderr, "astcti:", err)
		}
	}
	if !isTerminal(os.Stdin) {
		return "", false, errors.New("no password: there is no terminal to ask for it; use --password-file FILE")
	}
	text, err := prompt(ctx, "Password of "+conf.User+": ")
	if err != nil {
		return "", false, fmt.Errorf("password: %w", err)
	}
	return desktop.MD5Hex(text), true, nil
}

// prompt asks at the terminal, without showing the answer. Ctrl-C ends it, and the
// terminal shows what is typed again.
func prompt(ctx context.Context, question string) (string, error) {
	in := int(os.Stdin.Fd())
	before, err := term.GetState(in)
	if err != nil {
		return "", err
	}
	fmt.Fprint(os.Stderr, question)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() { // nothing can wake it but an answer, or the end of the process
		text, err := term.ReadPassword(in)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return string(a.text), a.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("not given"), term.Restore(in, before))
	}
}

// seat is the MAC of this PC, chosen by the agent when there are several.
func seat() (string, error) {
	list, err := desktop.Seats()
	if err != nil {
		return "", err
	}
	switch {
	case len(list) == 0:
		return "", errors.New("this PC has no network card with an address; use --seat")
	case len(list) == 1:
		return list[0].MAC, nil
	}
	var b strings.Builder
	for i, s := range list {
		fmt.Fprintf(&b, "  %d  %s  %s\n", i+1, s.MAC, s.Card)
	}
	if !isTerminal(os.Stdin) {
		return "", fmt.Errorf("this PC has several network cards; say with --seat which is that of your seat:\n%s", strings.TrimSuffix(b.String(), "\n"))
	}
	fmt.Fprintf(os.Stderr, "This PC has several network cards; which is that of your seat?\n%sNumber: ", b.String())
	answer, err := bufio.NewReaderSize(os.Stdin, 16).ReadString('\n')
	if n, bad := strconv.Atoi(strings.TrimSpace(answer)); err == nil && bad == nil && n >= 1 && n <= len(list) {
		fmt.Fprintf(os.Stderr, "Not to be asked again: --seat %s, or seat in client.yaml.\n", list[n-1].MAC)
		return list[n-1].MAC, nil
	}
	return "", errors.New("that is none of them")
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
