package pg

import (
	"context"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Newest is the highest version among migrations.
var Newest = newest

// MigrateTo brings a schema to a version of some migrations, up or down.
func MigrateTo(ctx context.Context, files fs.FS, ownerURL string, version int64) error {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return err
	}
	conn := stdlib.OpenDB(*cfg)
	defer conn.Close()
	p, err := provider(conn, files)
	if err != nil {
		return err
	}
	now, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if now > version {
		_, err = p.DownTo(ctx, version)
	} else {
		_, err = p.UpTo(ctx, version)
	}
	return err
}

// MigrateWithin is Migrate with other migrations and another patience.
var MigrateWithin = migrateWithin

// WithLocks is a migration's text with the statements that take its locks.
func WithLocks(text string) string { return lockingFS{}.withLocks(text) }

// MigrationFiles are the embedded migrations.
var MigrationFiles = migrations

// DiskFull reports whether a statement has failed because the disk was full.
func (db *DB) DiskFull() bool { return db.diskFull.Load() }

// MigratorSetting is a setting of the sessions in which migrations run.
func MigratorSetting(ctx context.Context, ownerURL, name string) (value string, err error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return "", err
	}
	m := newMigrator(cfg, migrations(), 0)
	defer m.db.Close()
	err = m.db.QueryRowContext(ctx, "select current_setting($1)", name).Scan(&value)
	return value, err
}

// Held says how many connections organizations hold, and how many of their callers wait.
func (db *DB) Held() (held, waiting int) { return db.slots.Held() }

// CheckSchemaOf is CheckSchema against other migrations.
func (d *DB) CheckSchemaOf(ctx context.Context, files fs.FS) error {
	state, err := d.schemaState(ctx)
	return checkSchema(files, state, err)
}
