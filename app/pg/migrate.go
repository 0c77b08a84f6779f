package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"parley/db"
)

func migrations() fs.FS {
	sub, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		panic(err) // the embedded tree has no such folder: a broken build
	}
	return sub
}

func provider(conn *sql.DB, opts ...goose.ProviderOption) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectPostgres, conn, migrations(), opts...)
}

// Migrate brings the schema up to date as the owner, one process at a time, and makes the application's role (the user of
// appURL; may be empty) a member of parley_app. It returns the number of migrations applied.
func Migrate(ctx context.Context, ownerURL, appURL string) (int, error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return 0, fmt.Errorf("MIGRATE_DATABASE_URL is not a Postgres address: %w", err)
	}
	conn := stdlib.OpenDB(*cfg)
	defer conn.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return 0, err
	}
	p, err := provider(conn, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	if appURL == "" {
		return len(done), nil
	}
	app, err := pgx.ParseConfig(appURL)
	if err != nil {
		return 0, fmt.Errorf("DATABASE_URL is not a Postgres address: %w", err)
	}
	if app.User == cfg.User {
		return len(done), nil // Guard will say what is wrong with that
	}
	_, err = conn.ExecContext(ctx, "grant parley_app to "+pgx.Identifier{app.User}.Sanitize())
	return len(done), err
}

// Current returns an error unless every migration of this binary has been applied.
func (d *DB) Current(ctx context.Context) error {
	var have int64
	err := d.doors.QueryRow(ctx, "select coalesce(max(version_id) filter (where is_applied), 0) from goose_db_version").Scan(&have)
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == "42P01" || e.Code == "3F000" || e.Code == "42501") { // no such table, no right to it
		return fmt.Errorf("the database has not been prepared (run \"parley migrate\"): %w", err)
	}
	if err != nil {
		return fmt.Errorf("the database cannot be asked: %w", err)
	}
	want, err := newest(migrations())
	if err != nil {
		return err
	}
	if have < want {
		return fmt.Errorf("the database is at migration %d, this program needs %d: run \"parley migrate\"", have, want)
	}
	return nil
}

// newest is the highest version among migrations. Versions may have gaps.
func newest(in fs.FS) (highest int64, err error) {
	files, err := fs.Glob(in, "*.sql")
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("the migration %s has no version: %w", name, err)
		}
		highest = max(highest, version)
	}
	return highest, err
}
