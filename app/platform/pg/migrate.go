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
func provider(conn *sql.DB, files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectPostgres, conn, lockingFS{FS: files, wait: maxLockWait})
}

// Migrate brings the schema up to date as the owner, one process at a time, and makes the application's role (the user of
// appURL; may be empty) a member of parley_app. It returns the number of migrations applied.
//
// Servers may be at work meanwhile. Each migration is one transaction that takes its locks before it changes anything; one
// that does not get them is tried again, with growing pauses, for some minutes in all. An error says which migration was not
// applied, who was in its way, and what to do. A database from before the first release is refused with ErrPreRelease.
func Migrate(ctx context.Context, ownerURL, appURL string) (int, error) {
	return migrateWithin(ctx, migrations(), ownerURL, appURL, migrationPatience)
}

func migrateWithin(ctx context.Context, files fs.FS, ownerURL, appURL string, patience time.Duration) (int, error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return 0, fmt.Errorf("MIGRATE_DATABASE_URL is not a Postgres address: %w", err)
	}
	m := newMigrator(cfg, files, patience)
	defer m.db.Close()
	if err := m.db.PingContext(ctx); err != nil {
		return 0, fmt.Errorf("migrate: the database cannot be reached: %w", err)
	}
	if err := m.refusePreRelease(ctx); err != nil {
		return 0, err
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
	return fmt.Sprintf(
		`the database is at migration %s; not applied yet: %s. Run "parley migrate" (again, if it gave up): it goes on with %s`,
		e.Version, strings.Join(e.Missing, ", "), e.Missing[0])
}

// ErrPreRelease is the error of a database that was made before the first release. Its migrations were numbered from 1, too, and are
// not those of today.
var ErrPreRelease = errors.New("this database was made by a version of Parley from before the first release, whose tables are others. " +
	"It cannot be upgraded: start with an empty database (a private one: move the folder of DATA_DIR away), or go on " +
	"with the version that made it")

// preRelease is whether a database is such a one: the procedure is in all of theirs and in none of today's.
const preRelease = "to_regproc('app.lock_down') is not null"

// refusePreRelease returns ErrPreRelease for a database from before the first release.
func (m *migrator) refusePreRelease(ctx context.Context) error {
	var refused bool
	if err := m.db.QueryRowContext(ctx, "select "+preRelease).Scan(&refused); err != nil {
		return fmt.Errorf("migrate: the database cannot be asked: %w", err)
	}
	if refused {
		return fmt.Errorf("migrate: %w", ErrPreRelease)
	}
	return nil
}

// schemaState is what a database says about its schema, in the columns of schemaStateColumns.
type schemaState struct {
	applied    []int64 // versions of migrations
	preRelease bool
}

const schemaStateColumns = "coalesce(array_agg(version_id) filter (where is_applied), '{}'), " + preRelease

// CheckSchema returns an error unless every migration of this binary has been applied: a *SchemaBehind that names those that were not, or
// ErrPreRelease.
func (d *DB) CheckSchema(ctx context.Context) error {
	state, err := d.schemaState(ctx)
	return checkSchema(migrations(), state, err)
}

func (d *DB) schemaState(ctx context.Context) (state schemaState, err error) {
	err = d.unscoped.QueryRow(ctx, "select "+schemaStateColumns+" from goose_db_version").Scan(&state.applied, &state.preRelease)
	return state, err
}

// checkSchema judges what a database says about its schema, or the error of asking.
func checkSchema(files fs.FS, state schemaState, err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == "42P01" || e.Code == "3F000" || e.Code == "42501") { // no such table, no right to it
		return &SchemaBehind{}
	}
	if err != nil {
		return fmt.Errorf("the database cannot be asked: %w", err)
	}
	if state.preRelease {
		return ErrPreRelease
	}
	b := &SchemaBehind{}
	for _, m := range listMigrations(files) {
		if slices.Contains(state.applied, m.version) {
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

// listMigrations is the migrations of a folder, in their order.
func listMigrations(in fs.FS) (list []migration) {
	files, _ := fs.Glob(in, "*.sql")
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
