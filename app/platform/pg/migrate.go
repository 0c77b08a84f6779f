package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"parley/db"
)

func migrations() fs.FS {
	sub, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		panic(err) // the embedded tree has no such folder: a broken build
	}
	return sub
}

// provider runs migrations on a database; each takes its locks first.
func provider(conn *sql.DB, opts ...goose.ProviderOption) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectPostgres, conn, lockingFS{FS: migrations(), wait: maxLockWait}, opts...)
}

// Migrate brings the schema up to date as the owner, one process at a time, and makes the application's role (the user of
// appURL; may be empty) a member of parley_app. It returns the number of migrations applied.
//
// Servers may be at work meanwhile. Each migration is one transaction that takes its locks before it changes anything; one
// that does not get them is tried again, with growing pauses, for some minutes in all. An error says which migration was not
// applied, who was in its way, and what to do.
func Migrate(ctx context.Context, ownerURL, appURL string) (int, error) {
	return migrateWithin(ctx, ownerURL, appURL, migrationPatience)
}

func migrateWithin(ctx context.Context, ownerURL, appURL string, patience time.Duration) (int, error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return 0, fmt.Errorf("MIGRATE_DATABASE_URL is not a Postgres address: %w", err)
	}
	m := newMigrator(cfg, patience)
	defer m.db.Close()
	if err := m.db.PingContext(ctx); err != nil {
		return 0, fmt.Errorf("migrate: the database cannot be reached: %w", err)
	}
	done, err := m.up(ctx)
	if err != nil || appURL == "" {
		return done, err
	}
	app, err := pgx.ParseConfig(appURL)
	if err != nil {
		return done, fmt.Errorf("DATABASE_URL is not a Postgres address: %w", err)
	}
	if app.User == cfg.User {
		return done, nil // Guard will say what is wrong with that
	}
	return done, m.grantAppRole(ctx, app.User)
}

// SchemaBehind is the error of a schema that lacks migrations of this program.
type SchemaBehind struct {
	Version string   // the newest migration that was applied; empty: none
	Missing []string // those that were not, in their order
}

// Error says how far the schema is and how to go on.
func (e *SchemaBehind) Error() string {
	if e.Version == "" {
		return `the database has not been prepared: run "parley migrate"`
	}
	return fmt.Sprintf(`the database is at migration %s; not applied yet: %s. Run "parley migrate" (again, if it gave up): it goes on with %s`,
		e.Version, strings.Join(e.Missing, ", "), e.Missing[0])
}

// CheckSchema returns an error unless every migration of this binary has been applied: a *Behind that names those that were not.
func (d *DB) CheckSchema(ctx context.Context) error {
	var applied []int64
	err := d.unscoped.QueryRow(ctx, "select coalesce(array_agg(version_id) filter (where is_applied), '{}') from goose_db_version").Scan(&applied)
	return checkApplied(applied, err)
}

// checkApplied judges which migrations a database says it has.
func checkApplied(applied []int64, err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == "42P01" || e.Code == "3F000" || e.Code == "42501") { // no such table, no right to it
		return &SchemaBehind{}
	}
	if err != nil {
		return fmt.Errorf("the database cannot be asked: %w", err)
	}
	b := &SchemaBehind{}
	for _, m := range listMigrations() {
		if slices.Contains(applied, m.version) {
			b.Version = m.name
		} else {
			b.Missing = append(b.Missing, m.name)
		}
	}
	if len(b.Missing) == 0 {
		return nil
	}
	return b
}

type migration struct {
	version int64
	name    string // as its file, without the ending
}

// listMigrations is the migrations of this binary, in their order.
func listMigrations() (list []migration) {
	files, _ := fs.Glob(migrations(), "*.sql")
	for _, file := range files {
		if version, err := goose.NumericComponent(file); err == nil {
			list = append(list, migration{version, migrationName(file)})
		}
	}
	slices.SortFunc(list, func(a, b migration) int { return int(a.version - b.version) })
	return list
}

func migrationName(file string) string { return strings.TrimSuffix(path.Base(file), ".sql") }

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
