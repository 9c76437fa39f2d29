// Command astcti is AsteriskCTI: the server, its demo, and the tools that feed it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

type cli struct {
	Serve   serveCmd   `cmd:"" help:"Run the server: one connection to Asterisk, agents by browser and TCP."`
	Demo    demoCmd    `cmd:"" help:"Try it without an Asterisk: a simulated one places calls that pop in your browser."`
	Check   checkCmd   `cmd:"" help:"Tell what is wrong with boot files (YAML) and configurations (XML, SQLite)."`
	Config  configCmd  `cmd:"" help:"Work on the configuration: services, seats, operators."`
	Manager managerCmd `cmd:"" help:"Work on the accounts of managers, who use the configurator: the first one, lost passwords."`
	Audit   auditCmd   `cmd:"" help:"Look after the record of what must be accounted for."`
	Record  recordCmd  `cmd:"" help:"Write down what Asterisk tells, for a bug report, without most values."`
	Replay  replayCmd  `cmd:"" help:"Print what each agent would have seen of a recording."`
	Health  healthCmd  `cmd:"" help:"Ask the server on this machine whether it is well; for container health checks."`
	Client  clientCmd  `cmd:"" help:"The client on an agent's PC: sign in, see calls, open pages and programs."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

const about = `CTI for Asterisk: when an agent's phone answers a call of a configured service, the customer's page or
application opens on that agent's screen with the call's data.

Begin with "astcti demo". A real site: "astcti serve", and open the set-up link that it prints; or from files, without
a browser: "astcti config import" and "astcti config apply".`

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit status: 0 done, 1 failed, 2 wrong usage.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever asks a second time does not want to wait
	parser, err := kong.New(&cli{},
		kong.Name("astcti"), kong.Description(about), kong.Vars{"version": version},
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil { // the struct above is wrong, which a test would have shown
		fmt.Fprintln(os.Stderr, "astcti:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "astcti:", err)
		fmt.Fprintln(os.Stderr, `Try "astcti --help".`)
		return 2
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "astcti:", err)
		return 1
	}
	return 0
}
