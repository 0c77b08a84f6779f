// Parley is live chat for customer service. This package reads the configuration, puts the rooms together, runs and stops:
// the only place that knows everyone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
	_ "time/tzdata" // visitors' time zones, whatever the machine knows

	"parley/app/pg"
)

func main() {
	tuneMemory()
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
			return c.run(ctx, config{}, []string{"-h"}, out)
		}
		fmt.Fprint(out, c.help)
		return nil
	}
	if c.check != nil {
		if err := c.check(args); err != nil {
			return fmt.Errorf("%w\n\n%s", err, c.help)
		}
	}
	var cfg config
	if c.configured {
		var err error
		if cfg, err = fromEnvironment(); err != nil {
			return err
		}
		setLog(cfg)
	}
	return c.run(ctx, cfg, args, out)
}

func setLog(cfg config) {
	opts := &slog.HandlerOptions{}
	if cfg.Debug {
		opts.Level = slog.LevelDebug
	}
	if cfg.LogFormat == "json" {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, opts)))
	} else {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, opts)))
	}
}

// health asks the server of this container whether it lives, or is ready; the exit code says it.
func health(ctx context.Context, cfg config, ready bool) error {
	path := map[bool]string{false: "/healthz", true: "/readyz"}[ready]
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", cfg.Port, path), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s says %s", path, res.Status)
	}
	return nil
}

func serve(ctx context.Context, cfg config, out io.Writer) error {
	for _, w := range misspelt(os.Environ()) {
		slog.Warn("setting not used", "name", w.name, "problem", w.problem)
	}
	s, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	if s.demo != nil {
		fmt.Fprint(out, s.demo.banner(s.url))
	} else {
		fmt.Fprintf(out, "Parley is running at %s\n", s.url)
	}
	fmt.Fprint(out, s.uses)
	select {
	case <-ctx.Done():
		slog.Info("stopping")
	case err = <-s.failed:
	}
	s.Stop()
	return err
}

func migrate(ctx context.Context, cfg config, args []string, out io.Writer) error {
	if len(args) > 0 {
		return migrationStatus(ctx, cfg, out)
	}
	if cfg.MigrateURL == "" {
		return errors.New(`"migrate" needs MIGRATE_DATABASE_URL, the log-in of the schema's owner. (Without DATABASE_URL, "serve" prepares its private Postgres by itself.)`)
	}
	n, err := pg.Migrate(ctx, cfg.MigrateURL, cfg.DatabaseURL)
	if err == nil {
		fmt.Fprintf(out, "%d migrations applied; the database is up to date.\n", n)
	}
	return err
}

func resetLink(ctx context.Context, cfg config, email string, out io.Writer) error {
	if cfg.PublicURL == "" {
		cfg.PublicURL = fmt.Sprintf("http://localhost:%d", cfg.Port)
	}
	h, err := openHouse(ctx, cfg.beside())
	if err != nil {
		return err
	}
	defer h.close()
	h.identity.Limit(cfg.Identity)
	l, err := h.identity.OperatorLink(ctx, email)
	if err != nil {
		return err
	}
	if l.Secret == "" {
		return errors.New("no log-in is known under this address")
	}
	_, err = fmt.Fprintf(out, "Sets the password of %s in all its organizations, good for an hour:\n%s/reset/%s\n", l.Email, cfg.PublicURL, l.Secret)
	return err
}
