package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/bench"
	"parley/app/chaos"
	"parley/app/fail"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/org"
	"parley/app/pg"
	"parley/app/traffic"
	"parley/app/web"
)

// command is one word after "parley".
type command struct {
	help       string               // what "parley COMMAND --help" prints
	check      func([]string) error // of the arguments, before anything is done; nil: the command has flags of its own
	configured bool                 // it needs the settings of the environment
	flags      bool                 // -h makes the command print its flags
	run        func(context.Context, config, []string, io.Writer) error
}

func isHelp(arg string) bool {
	return arg == "-h" || arg == "--help" || arg == "-help" || arg == "help"
}

// flagged takes each of some flags at most once, and nothing else.
func flagged(flags ...string) func([]string) error {
	return func(args []string) error {
		for i, a := range args {
			if !slices.Contains(flags, a) || slices.Contains(args[:i], a) {
				return fmt.Errorf("%q is not understood", a)
			}
		}
		return nil
	}
}

// named takes as many arguments as there are names.
func named(names ...string) func([]string) error {
	return func(args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("needed: %s", strings.Join(names, " and "))
		}
		for _, a := range args {
			if strings.HasPrefix(a, "-") {
				return fmt.Errorf("%q is not understood", a)
			}
		}
		return nil
	}
}

func exactly(one ...string) func([]string) error {
	return func(args []string) error {
		if len(args) == 1 && slices.Contains(one, args[0]) {
			return nil
		}
		return fmt.Errorf("needed: one of %s", strings.Join(one, ", "))
	}
}

// withoutConfig is a command that needs no settings.
func withoutConfig(run func(context.Context, []string, io.Writer) error) func(context.Context, config, []string, io.Writer) error {
	return func(ctx context.Context, _ config, args []string, out io.Writer) error { return run(ctx, args, out) }
}

var commands map[string]command

func init() {
	commands = map[string]command{
		"serve": {help: "parley serve [--demo]\nRuns the server. --demo adds demo data with fixed log-ins. Everything else is set by environment, see: parley help\n",
			check: flagged("--demo"), configured: true, run: func(ctx context.Context, cfg config, args []string, out io.Writer) error {
				if err := cfg.canServe(); err != nil {
					return err
				}
				cfg.Demo = len(args) > 0
				return serve(ctx, cfg, out)
			}},
		"migrate": {help: "parley migrate [--status]\nPrepares the database of MIGRATE_DATABASE_URL or brings it up to date, and ends. " +
			"--status changes nothing and says which migrations\nare applied; it needs DATABASE_URL or MIGRATE_DATABASE_URL.\n",
			check: flagged("--status"), configured: true, run: migrate},
		"doctor": {help: "parley doctor [--json]\nChecks the settings of the environment and what they name: misspelt settings, database, role, migrations, clock, bus, files,\n" +
			"virus scanner, mail server, public address, disk. Nothing is changed but a file that is written and removed again. Ends with 1 if\n" +
			"something is wrong. A server need not run; if one does, so much the better.\n",
			check: flagged("--json"), configured: false, run: func(ctx context.Context, _ config, args []string, out io.Writer) error {
				return doctor(ctx, os.Environ(), len(args) > 0, out)
			}},
		"health": {help: "parley health [--ready]\nAsks the server on PORT of this machine whether it is alive; --ready: whether it is ready. Ends with 1 if not.\n",
			check: flagged("--ready"), configured: true, run: func(ctx context.Context, cfg config, args []string, _ io.Writer) error {
				return health(ctx, cfg, len(args) > 0)
			}},
		"organization": {help: "parley organization NAME EMAIL\nCreates an organization, whatever SIGNUP says, with an owner of this address. Where SMTP_URL is set, the owner gets a mail with a\n" +
			"link; otherwise the link is printed. Example: parley organization \"Harbour Tea\" anna@tea.example\n",
			check: named("NAME", "EMAIL"), configured: true, run: newOrganization},
		"invite": {help: "parley invite NAME EMAIL\nInvites an address to create an organization of this name within a day, where SIGNUP is invite. Where SMTP_URL is set, the address\n" +
			"gets a mail with the link; otherwise the link is printed. Example: parley invite \"Harbour Tea\" anna@tea.example\n",
			check: named("NAME", "EMAIL"), configured: true, run: inviteOrganization},
		"reset-link": {help: "parley reset-link EMAIL\nPrints a link that sets a new password for an address, good for an hour.\n",
			check: named("EMAIL"), configured: true, run: func(ctx context.Context, cfg config, args []string, out io.Writer) error {
				return resetLink(ctx, cfg, args[0], out)
			}},
		"version": {help: "parley version (or: parley --version, parley -v)\nPrints the version of this program, and what it was built from.\n", check: flagged(),
			run: func(_ context.Context, _ config, _ []string, out io.Writer) error {
				fmt.Fprintln(out, version())
				return nil
			}},
		"vapid": {help: "parley vapid\nPrints a new pair of keys for Web Push, as settings.\n", check: flagged(),
			run: func(_ context.Context, _ config, _ []string, out io.Writer) error { return vapid(out) }},
		"route": {help: "parley route --stdio      decide about the conversations whose events come on standard input\n" +
			"parley route --compare    simulate operations and compare the rule with others\n" +
			"parley route --latency    print how long conversations wait in the queue while an agent is free, with a private Postgres\n",
			check: exactly("--stdio", "--compare", "--latency"), run: withoutConfig(route)},
		"suggest": {help: "parley suggest --stdio               suggest FAQ entries for messages that come on standard input\n" +
			"parley suggest --measure FOLDER...   print how good and how quick suggestions are\n",
			check: func(args []string) error {
				if len(args) == 1 && args[0] == "--stdio" || len(args) > 1 && args[0] == "--measure" && !strings.HasPrefix(args[1], "-") {
					return nil
				}
				return errors.New("needed: --stdio, or --measure and folders")
			}, run: func(_ context.Context, _ config, args []string, out io.Writer) error { return suggestions(args, out) }},
		"traffic": {flags: true, run: withoutConfig(traffic.Command)},
		"bench": {flags: true, configured: true, run: func(ctx context.Context, _ config, args []string, out io.Writer) error {
			return bench.Command(ctx, args, out, startBench)
		}},
		"chaos": {flags: true, configured: true, run: func(ctx context.Context, _ config, args []string, out io.Writer) error {
			return chaos.Command(ctx, args, out, makeWorld)
		}},
		"bench-serve": {help: "parley bench-serve is for parley bench.\n", check: exactly("together", "each", "nothing"), configured: true, run: benchServe},
	}
}

// version is what this program is, as the build noted it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "parley, of an unknown version"
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

// beside is the configuration of a command that may work beside a running server: with the server's private Postgres, if it runs.
func (c config) beside() config {
	if c.DatabaseURL == "" {
		if app, owner, running := pg.RunningCluster(c.DataDir); running {
			c.DatabaseURL, c.MigrateURL = app, ""
			_ = owner
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = fmt.Sprintf("http://localhost:%d", c.Port)
	}
	return c
}

func migrationStatus(ctx context.Context, cfg config, out io.Writer) error {
	at := cfg.MigrateURL
	if at == "" {
		at = cfg.beside().DatabaseURL
	}
	if at == "" {
		return errors.New("no database is named: set DATABASE_URL or MIGRATE_DATABASE_URL. (A private Postgres can be asked while its server runs.)")
	}
	db, err := pg.Open(ctx, at)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.Migrations(ctx)
	if err != nil {
		return err
	}
	missing := 0
	for _, m := range list {
		state := "applied"
		switch {
		case !m.Known:
			state = "applied, and unknown to this program: a newer one was here"
		case !m.Applied:
			state = "not applied"
			missing++
		}
		fmt.Fprintf(out, "%-30s %s\n", m.Name, state)
	}
	if missing > 0 {
		return fmt.Errorf(`%d migrations are not applied; run "parley migrate"`, missing)
	}
	fmt.Fprintln(out, "The database is up to date.")
	return nil
}

// forOrganization opens what a command needs that makes an organization, and reads the organization's name. The caller closes it.
func forOrganization(ctx context.Context, cfg config, given string) (h *house, mailer *jobs.Mailer, name string, err error) {
	if mailer, err = jobs.NewMailer(cfg.SMTPURL); err != nil {
		return nil, nil, "", err
	}
	if name, err = fail.Name("a name for the organization", given, 200); err != nil {
		return nil, nil, "", err
	}
	h, err = openHouse(ctx, cfg)
	return h, mailer, name, err
}

// newOrganization is "parley organization".
func newOrganization(ctx context.Context, cfg config, args []string, out io.Writer) error {
	cfg = cfg.beside()
	h, mailer, name, err := forOrganization(ctx, cfg, args[0])
	if err != nil {
		return err
	}
	defer h.close()
	id, secret, err := foundFor(ctx, h.org, h.identity, name, args[1], mailer.Off())
	if err != nil {
		return reworded(err)
	}
	if secret == "" {
		fmt.Fprintf(out, "Organization %s is created (%s). Its owner logs in as before, with the password of %s.\n", name, id, args[1])
		return nil
	}
	link := cfg.PublicURL + "/reset/" + secret
	if mailer.Off() {
		fmt.Fprintf(out, "Organization %s is created. Its owner chooses a password here within an hour:\n%s\n", name, link)
		return nil
	}
	return mailLink(ctx, mailer, args[1], "Your new organization on Parley", name, link, out)
}

// foundFor creates an organization with an owner who chooses a password by a link. An owner who has a proven log-in keeps its password.
func foundFor(ctx context.Context, orgs *org.Room, people *identity.Room, name, email string, shown bool) (id, secret string, err error) {
	user, err := people.NewOwner(ctx, email, func(ctx context.Context) (uuid.UUID, error) {
		found, err := orgs.Found(ctx, name)
		id = found.String()
		return found, err
	})
	if err != nil || user.Known {
		return id, "", err
	}
	link := people.ForgotLink
	if shown {
		link = people.OperatorLink
	}
	l, err := link(ctx, email)
	return id, l.Secret, err
}

// inviteOrganization is "parley invite".
func inviteOrganization(ctx context.Context, cfg config, args []string, out io.Writer) error {
	cfg = cfg.beside()
	if cfg.signUp() == web.SignUpClosed {
		return errors.New(`SIGNUP is "closed", so the link would be refused. Set SIGNUP=invite for the servers and for this command, or create the organization with "parley organization"`)
	}
	h, mailer, name, err := forOrganization(ctx, cfg, args[0])
	if err != nil {
		return err
	}
	defer h.close()
	in := identity.SignUp{Name: strings.Split(args[1], "@")[0], Email: args[1]}
	if err := h.identity.CheckAddress(&in); err != nil {
		return reworded(err)
	}
	l, err := h.identity.InviteSignUp(ctx, name, in)
	if err != nil {
		return err
	}
	link := cfg.PublicURL + "/signup/" + l.Secret
	if mailer.Off() {
		fmt.Fprintf(out, "%s can create the organization %s here within a day:\n%s\n", in.Email, name, link)
		return nil
	}
	return mailLink(ctx, mailer, in.Email, "Your new organization on Parley", name, link, out)
}

func mailLink(ctx context.Context, m *jobs.Mailer, to, subject, name, link string, out io.Writer) error {
	if err := m.SendNow(ctx, jobs.Letter{To: to, Subject: subject, Text: "An organization is ready for you on Parley: " + name +
		".\nChoose a password and start here:\n\n" + link + "\n\nIf you do not expect this, do nothing.\n"}); err != nil {
		return fmt.Errorf("the link could not be mailed to %s: %w. Run this again when the mail server is reachable, or use: parley reset-link %s", to, err, to)
	}
	fmt.Fprintf(out, "%s has got a mail with the link.\n", to)
	return nil
}

// reworded makes a refusal of a form a line.
func reworded(err error) error {
	e := fail.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	var all []string
	for _, message := range e.Fields {
		all = append(all, message)
	}
	slices.Sort(all)
	return errors.New(strings.Join(all, " "))
}

// place is a database or bus address without its password.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && u.Query().Get("host") == "" {
		return "(an address that is not a URL)"
	}
	host := u.Host
	if host == "" {
		host = u.Query().Get("host")
	}
	return host + u.Path
}
