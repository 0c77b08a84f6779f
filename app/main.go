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

	"parley/app/bench"
	"parley/app/chaos"
	"parley/app/pg"
	"parley/app/traffic"
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

func run(ctx context.Context, args []string, out io.Writer) error {
	command := "help"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "help", "-h", "--help":
		fmt.Fprint(out, help)
		return nil
	case "traffic":
		return traffic.Command(ctx, args, out)
	case "route":
		return route(ctx, args, out)
	case "vapid":
		return vapid(out)
	case "suggest":
		return suggestions(args, out)
	}
	cfg, err := fromEnvironment()
	if err != nil {
		return err
	}
	setLog(cfg)
	switch command {
	case "serve":
		if err := cfg.canServe(); err != nil {
			return err
		}
		for _, a := range args {
			if a != "--demo" {
				return fmt.Errorf("serve knows --demo, not %q; everything else is set by environment, see: parley help", a)
			}
			cfg.Demo = true
		}
		return serve(ctx, cfg, out)
	case "migrate":
		return migrate(ctx, cfg, out)
	case "reset-link":
		if len(args) != 1 {
			return errors.New("name one address: parley reset-link anna@shop.example")
		}
		return resetLink(ctx, cfg, args[0], out)
	case "health":
		return health(ctx, cfg, slices.Contains(args, "--ready"))
	case "bench-serve":
		return benchServe(ctx, cfg, args, out)
	case "bench":
		return bench.Command(ctx, args, out, startBench)
	case "chaos":
		return chaos.Command(ctx, args, out, makeWorld)
	}
	return fmt.Errorf("there is no command %q; see: parley help", command)
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
	s, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	if s.demo != nil {
		fmt.Fprint(out, s.demo.banner(s.url))
	} else {
		fmt.Fprintf(out, "Parley is running at %s\n", s.url)
	}
	select {
	case <-ctx.Done():
		slog.Info("stopping")
	case err = <-s.failed:
	}
	s.Stop()
	return err
}

func migrate(ctx context.Context, cfg config, out io.Writer) error {
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
	h, err := openHouse(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.close()
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
