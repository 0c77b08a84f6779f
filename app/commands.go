package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"parley/app/platform/pg"
	"parley/app/platform/push"
	"parley/app/serve"
	"parley/app/tools/bench"
	"parley/app/tools/chaos"
	"parley/app/tools/fixture"
	"parley/app/tools/traffic"
)

// command is one word after "parley".
type command struct {
	help       string               // what "parley COMMAND --help" prints
	check      func([]string) error // of the arguments, before anything is done; nil: the command has flags of its own
	configured bool                 // it needs the settings of the environment
	flags      bool                 // -h makes the command print its flags
	run        func(context.Context, serve.Config, []string, io.Writer) error
}

func isHelp(arg string) bool {
	return arg == "-h" || arg == "--help" || arg == "-help" || arg == "help"
}

// onlyFlags takes each of some flags at most once, and nothing else.
func onlyFlags(flags ...string) func([]string) error {
	return func(args []string) error {
		for i, a := range args {
			if !slices.Contains(flags, a) || slices.Contains(args[:i], a) {
				return fmt.Errorf("unknown argument %q", a)
			}
		}
		return nil
	}
}

// exactArguments takes as many arguments as there are names.
func exactArguments(names ...string) func([]string) error {
	return func(args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("needed: %s", strings.Join(names, " and "))
		}
		for _, a := range args {
			if strings.HasPrefix(a, "-") {
				return fmt.Errorf("unknown argument %q", a)
			}
		}
		return nil
	}
}

func oneOf(one ...string) func([]string) error {
	return func(args []string) error {
		if len(args) == 1 && slices.Contains(one, args[0]) {
			return nil
		}
		return fmt.Errorf("needed: one of %s", strings.Join(one, ", "))
	}
}

// withoutConfig is a command that needs no settings.
func withoutConfig(run func(context.Context, []string, io.Writer) error) func(context.Context, serve.Config, []string, io.Writer) error {
	return func(ctx context.Context, _ serve.Config, args []string, out io.Writer) error {
		return run(ctx, args, out)
	}
}

var commands map[string]command

func init() {
	commands = map[string]command{
		"serve": {
			help: "parley serve [--demo]\n" +
				"Runs the server. --demo adds demo data with fixed logins. Everything else is set by environment variables, see: " +
				"parley help\n",
			check:      onlyFlags("--demo"),
			configured: true,
			run:        runServer,
		},
		"migrate": {help: "parley migrate [--status]\nCreates or updates the schema in the database of MIGRATE_DATABASE_URL, and exits. " +
			"--status changes nothing and lists which migrations\nare applied; it needs DATABASE_URL or MIGRATE_DATABASE_URL.\n",
			check: onlyFlags("--status"), configured: true, run: serve.Migrate},
		"doctor": {
			help: "parley doctor [--json]\n" +
				"Checks the environment and everything that it names: misspelled settings, database, role, migrations, " +
				"clock, bus, files,\n" +
				"virus scanner, mail server, public address, disk. It changes nothing, except for a file that it writes and " +
				"removes. Exits with 1 if\n" +
				"a check fails. No server has to run, but a running one is checked as well.\n",
			check:      onlyFlags("--json"),
			configured: false,
			run: func(ctx context.Context, _ serve.Config, args []string, out io.Writer) error {
				return serve.Diagnose(ctx, os.Environ(), len(args) > 0, out)
			},
		},
		"health": {
			help: "parley health [--ready]\n" +
				"Asks the server on PORT of this machine whether it is alive; --ready: whether it is ready. Exits with 1 if not.\n",
			check:      onlyFlags("--ready"),
			configured: true,
			run: func(ctx context.Context, cfg serve.Config, args []string, _ io.Writer) error {
				return serve.CheckHealth(ctx, cfg, len(args) > 0)
			},
		},
		"organization": {
			help: "parley organization NAME EMAIL\n" +
				"Creates an organization, whatever SIGNUP says, with an owner who has this address. Where SMTP_URL is set, the " +
				"owner gets an email with a\n" +
				"link; otherwise the link is printed. Example: parley organization \"Harbour Tea\" anna@tea.example\n",
			check:      exactArguments("NAME", "EMAIL"),
			configured: true,
			run:        serve.CreateOrganization,
		},
		"invite": {
			help: "parley invite NAME EMAIL\n" +
				"Invites an address to create an organization with this name within a day, where SIGNUP is invite. Where " +
				"SMTP_URL is set, the address\n" +
				"gets an email with the link; otherwise the link is printed. Example: parley invite \"Harbour Tea\" " +
				"anna@tea.example\n",
			check:      exactArguments("NAME", "EMAIL"),
			configured: true,
			run:        serve.InviteOrganization,
		},
		"reset-link": {
			help: "parley reset-link EMAIL\n" +
				"Prints a link that sets a new password for an address within an hour.\n",
			check:      exactArguments("EMAIL"),
			configured: true,
			run: func(ctx context.Context, cfg serve.Config, args []string, out io.Writer) error {
				return serve.PrintResetLink(ctx, cfg, args[0], out)
			},
		},
		"version": {
			help: "parley version (or: parley --version, parley -v)\n" +
				"Prints the version of this program and the revision that it was built from.\n",
			check: onlyFlags(),
			run: func(_ context.Context, _ serve.Config, _ []string, out io.Writer) error {
				fmt.Fprintln(out, version())
				return nil
			},
		},
		"vapid": {help: "parley vapid\nPrints a new pair of keys for Web Push, as environment variables.\n", check: onlyFlags(),
			run: func(_ context.Context, _ serve.Config, _ []string, out io.Writer) error { return printPushKeys(out) }},
	}
	maps.Copy(commands, benchCommands())
}

// runServer runs the server, with demo data if there is an argument.
func runServer(ctx context.Context, cfg serve.Config, args []string, out io.Writer) error {
	if err := cfg.CheckServe(); err != nil {
		return err
	}
	cfg.Demo = len(args) > 0
	return serve.Run(ctx, cfg, out)
}

// benchCommands are for measuring and testing Parley.
func benchCommands() map[string]command {
	return map[string]command{
		"route": {help: "parley route --stdio      assign the conversations whose events come on standard input\n" +
			"parley route --compare    simulate operations and compare the routing with others\n" +
			"parley route --latency    print how long conversations wait in the queue while an agent is free, with a private Postgres\n",
			check: oneOf("--stdio", "--compare", "--latency"), run: withoutConfig(bench.RouteCommand)},
		"suggest": {help: "parley suggest --stdio               suggest FAQ entries for messages that come on standard input\n" +
			"parley suggest --measure FOLDER...   print how good and how fast suggestions are\n",
			check: func(args []string) error {
				if len(args) == 1 && args[0] == "--stdio" || len(args) > 1 && args[0] == "--measure" && !strings.HasPrefix(args[1], "-") {
					return nil
				}
				return errors.New("needed: --stdio, or --measure and folders")
			}, run: func(_ context.Context, _ serve.Config, args []string, out io.Writer) error {
				return bench.SuggestCommand(args, out)
			}},
		"traffic": {flags: true, run: withoutConfig(traffic.Command)},
		"bench": {flags: true, configured: true, run: func(ctx context.Context, _ serve.Config, args []string, out io.Writer) error {
			return bench.Command(ctx, args, out, bench.StartInProcess)
		}},
		"chaos": {flags: true, configured: true, run: func(ctx context.Context, _ serve.Config, args []string, out io.Writer) error {
			return chaos.Command(ctx, args, out, fixture.NewChaosFixture)
		}},
		"bench-serve": {
			help:       "parley bench-serve is used by parley bench.\n",
			check:      oneOf("together", "each", "nothing"),
			configured: true,
			run:        bench.ServeCommand,
		},
	}
}

// version is what this program is, as the build noted it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "parley (unknown version)"
	}
	v, revision, at, dirty := info.Main.Version, "", "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			at = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = ", with changes"
			}
		}
	}
	if v == "" || v == "(devel)" {
		v = "(not released)"
	}
	text := "parley " + v
	if revision != "" {
		text += " (" + revision[:min(12, len(revision))] + ", " + at + dirty + ")"
	}
	return text + ", " + info.GoVersion + ", migrations up to " + pg.NewestMigration()
}

// printPushKeys prints a pair of keys for Web Push.
func printPushKeys(out io.Writer) error {
	k, err := push.GenerateKeys()
	if err == nil {
		fmt.Fprintf(out, "VAPID_PUBLIC_KEY=%s\nVAPID_PRIVATE_KEY=%s\n", k.Public, k.Private)
	}
	return err
}
