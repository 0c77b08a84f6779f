// Parley is live chat for customer service. This package has the program's commands and what each of them prints as help; what they do
// is in the packages below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // visitors' time zones, whatever the machine knows

	"parley/app/serve"
)

func main() {
	serve.TuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// run does what the arguments say. It does nothing if they ask for help, or are not understood as a whole.
func run(ctx context.Context, args []string, out io.Writer) error {
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if isHelp(name) {
		if len(args) == 0 {
			fmt.Fprint(out, help)
			return nil
		}
		if name, args = args[0], []string{"--help"}; isHelp(name) {
			fmt.Fprint(out, help)
			return nil
		}
	}
	if name == "--version" || name == "-version" || name == "-v" {
		name = "version"
	}
	c, there := commands[name]
	if !there {
		return fmt.Errorf("there is no command %q; see: parley help", name)
	}
	if slices.ContainsFunc(args, isHelp) {
		if c.flags {
			return c.run(ctx, serve.Config{}, []string{"-h"}, out)
		}
		fmt.Fprint(out, c.help)
		return nil
	}
	if c.check != nil {
		if err := c.check(args); err != nil {
			return fmt.Errorf("%w\n\n%s", err, c.help)
		}
	}
	var cfg serve.Config
	if c.configured {
		var err error
		if cfg, err = serve.ConfigFromEnvironment(); err != nil {
			return err
		}
		serve.SetUpLogging(cfg)
	}
	return c.run(ctx, cfg, args, out)
}
