package serve

import (
	"context"
	"errors"
	"fmt"
	"io"

	"parley/app/platform/pg"
)

func Migrate(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	if len(args) > 0 {
		return printMigrationStatus(ctx, cfg, out)
	}
	if cfg.MigrateURL == "" {
		return errors.New(`"migrate" needs MIGRATE_DATABASE_URL, the log-in of the schema's owner. ` +
			`(Without DATABASE_URL, "serve" prepares its private Postgres by itself.)`)
	}
	n, err := pg.Migrate(ctx, cfg.MigrateURL, cfg.DatabaseURL)
	if err == nil {
		fmt.Fprintf(out, "%d migrations applied; the database is up to date.\n", n)
	}
	return err
}

func printMigrationStatus(ctx context.Context, cfg Config, out io.Writer) error {
	at := cfg.MigrateURL
	if at == "" {
		at = cfg.withRunningCluster().DatabaseURL
	}
	if at == "" {
		return errors.New("no database is named: set DATABASE_URL or MIGRATE_DATABASE_URL. (A private Postgres can be " +
			"asked while its server runs.)")
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
