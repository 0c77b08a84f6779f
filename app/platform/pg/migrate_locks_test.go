package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// Every migration is one transaction: what stops in the middle of it leaves nothing.
func TestMigrationsAreTransactions(t *testing.T) {
	files, err := fs.Glob(pg.MigrationFiles(), "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(pg.MigrationFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToUpper(string(text)), "NO TRANSACTION") {
			t.Errorf("%s is not one transaction: stopped in the middle, it would leave a schema that no version knows", name)
		}
		if with := pg.WithLocks(string(text)); strings.Count(with, "in access exclusive mode") != 2 {
			t.Errorf("%s does not take its locks first in both directions", name)
		}
	}
}

func TestLocksOfAMigration(t *testing.T) {
	for _, c := range []struct{ up, locks string }{
		{"create table a (org_id uuid references websites); -- not users\ncreate index on blocks (id);", "'{a,blocks,create,id,index,on,org_id,references,table,uuid,websites}'"},
		{"drop policy p on users; drop trigger t on users;", "'{drop,on,p,policy,t,trigger,users}'"},
		{"alter table users drop column name;", "and true"},
		{"drop index i;", "and true"},
		{"do $$ begin perform from pg_policy; end $$;", "and true"},
	} {
		with := pg.WithLocks("-- +goose Up\n" + c.up + "\n-- +goose Down\n")
		if !strings.Contains(with, c.locks) || strings.Index(with, "lock table") > strings.Index(with, c.up) ||
			strings.Count(with, "lock table") != 1 {
			t.Errorf("%s: %s", c.up, with)
		}
	}
}

// A migration that does not get its locks changes nothing, says which it is, who is in its way and what to do, and can be repeated.
func TestMigrateGivesUp(t *testing.T) {
	ctx := context.Background()
	c := emptyCluster(t)
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil { // the roles
		t.Fatal(err)
	}
	files := laterMigrations(t)
	ownerURL, appURL, super := emptyDatabase(t, c, "busy")
	newest, newestName := newestMigration(t)
	if err := pg.MigrateTo(ctx, files, ownerURL, newest); err != nil {
		t.Fatal(err)
	}
	tx, err := super.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "select from conversations"); err != nil {
		t.Fatal(err)
	}
	n, err := pg.MigrateWithin(ctx, files, ownerURL, appURL, time.Second)
	for _, want := range []string{
		"migration 90001_columns was not applied",
		"table conversations was in use",
		fmt.Sprintf("process %d of ", super.PgConn().PID()),
		"the database is at migration " + newestName,
		`run "parley migrate" again`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d migrations; %q is missing in: %v", n, want, err)
		}
	}
	db, err := pg.Open(ctx, appURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var behind *pg.SchemaBehind
	if err := db.CheckSchemaOf(ctx, files); !errors.As(err, &behind) || behind.Version != newestName ||
		behind.Missing[0] != "90001_columns" ||
		!strings.Contains(err.Error(), "90001_columns, 90002_table") || !strings.Contains(err.Error(), "parley migrate") {
		t.Errorf("a server on such a database: %v", err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := pg.MigrateWithin(ctx, files, ownerURL, appURL, time.Minute); err != nil || n != 3 {
		t.Errorf("again: %d, %v", n, err)
	}
	if err := db.CheckSchemaOf(ctx, files); err != nil {
		t.Error(err)
	}
	if err := db.CheckSchema(ctx); err != nil { // as a server of this release, which does not know the later ones
		t.Error(err)
	}
}

// Migrations that are started at the same time are applied once.
func TestConcurrentMigrations(t *testing.T) {
	ctx := context.Background()
	c := emptyCluster(t)
	ownerURL, appURL, super := emptyDatabase(t, c, "together")
	var wg sync.WaitGroup
	counts, failures := make([]int, 3), make([]error, 3)
	for i := range counts {
		wg.Go(func() { counts[i], failures[i] = pg.Migrate(ctx, ownerURL, appURL) })
	}
	wg.Wait()
	total := 0
	for i, err := range failures {
		if total += counts[i]; err != nil {
			t.Error(err)
		}
	}
	files, _ := fs.Glob(pg.MigrationFiles(), "*.sql")
	if total != len(files) {
		t.Errorf("%v migrations were applied, of %d", counts, len(files))
	}

	// One that waits for another says so.
	if _, err := super.Exec(ctx, "select pg_advisory_lock(4097083626)"); err != nil {
		t.Fatal(err)
	}
	_, err := pg.MigrateWithin(ctx, laterMigrations(t), ownerURL, appURL, time.Second)
	if err == nil || !strings.Contains(err.Error(), `another "parley migrate"`) ||
		!strings.Contains(err.Error(), fmt.Sprint("process ", super.PgConn().PID())) {
		t.Errorf("while another is at work: %v", err)
	}
}

// A migration that fails is undone as a whole and named; what was applied before it stays.
func TestMigrateFails(t *testing.T) {
	ctx := context.Background()
	c := emptyCluster(t)
	ownerURL, appURL, super := emptyDatabase(t, c, "failing")
	files := laterMigrations(t)
	newest, _ := newestMigration(t)
	if err := pg.MigrateTo(ctx, files, ownerURL, newest); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(ctx, "create table test_rows ()"); err != nil { // somebody's own, in the way of 90002
		t.Fatal(err)
	}
	n, err := pg.MigrateWithin(ctx, files, ownerURL, appURL, time.Minute)
	if n != 1 || err == nil || !strings.Contains(err.Error(), "migration 90002_table failed and was undone") ||
		!strings.Contains(err.Error(), "is at migration 90001_columns") {
		t.Errorf("%d migrations; %v", n, err)
	}
	if _, err := super.Exec(ctx, "drop table test_rows"); err != nil {
		t.Fatal(err)
	}
	if n, err := pg.MigrateWithin(ctx, files, ownerURL, appURL, time.Minute); err != nil || n != 2 {
		t.Errorf("after the cause was mended: %d, %v", n, err)
	}
}

// A migrator that vanishes does not hold its locks for long, and limits that are set for its role do not cut migrations short.
func TestMigratorSession(t *testing.T) {
	t.Parallel()
	_, ownerURL := testkit.DatabaseURLs(t)
	for name, want := range map[string]string{
		"idle_in_transaction_session_timeout": "20s",
		"idle_session_timeout":                "1min",
		"client_connection_check_interval":    "5s",
		"statement_timeout":                   "0",
		"application_name":                    "parley migrate",
	} {
		if have, err := pg.MigratorSetting(context.Background(), ownerURL, name); err != nil || have != want {
			t.Errorf("%s is %q, not %q (%v)", name, have, want, err)
		}
	}
}
