package pg_test

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"parley/app/platform/pg"
)

// newestMigration returns the version and the name of the newest of our migrations.
func newestMigration(t *testing.T) (version int64, name string) {
	t.Helper()
	ours, err := fs.Glob(pg.MigrationFiles(), "*.sql")
	if err != nil || len(ours) == 0 {
		t.Fatal(ours, err)
	}
	name = strings.TrimSuffix(ours[len(ours)-1], ".sql")
	number, _, _ := strings.Cut(name, "_")
	if version, err = strconv.ParseInt(number, 10, 64); err != nil {
		t.Fatal(err)
	}
	return version, name
}

// laterMigrations are ours and, after them, three made up ones that stand for those of releases to come: they change the tables that
// servers use most, add a table, and write every conversation.
func laterMigrations(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	ours, err := fs.Glob(pg.MigrationFiles(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range ours {
		text, err := fs.ReadFile(pg.MigrationFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range map[string]string{
		"90001_columns.sql": `-- +goose Up
alter table conversations add test_count integer not null default 0;
alter table messages add test_note text;
alter table agents add test_since timestamptz;
alter table users add test_flag boolean not null default false;
alter table groups drop constraint groups_overflow_after_check, add check (overflow_after between 0 and 90000);
create index conversations_test on conversations (org_id, test_count) where state = 'waiting';
grant update (test_count) on conversations to parley_app;
-- +goose Down
drop index conversations_test;
alter table groups drop constraint groups_overflow_after_check, add check (overflow_after between 0 and 86400);
alter table users drop test_flag;
alter table agents drop test_since;
alter table messages drop test_note;
alter table conversations drop test_count;
`,
		"90002_table.sql": `-- +goose Up
create table test_rows (
  org_id          uuid not null,
  conversation_id uuid not null,
  primary key (org_id, conversation_id),
  foreign key (org_id, conversation_id) references conversations
);
call app.protect_tenant('test_rows');
call app.restrict_to_conversation('test_rows');
-- +goose Down
drop table test_rows;
`,
		"90003_rows.sql": `-- +goose Up
alter table conversations no force row level security;
update conversations set test_count = 1;
alter table conversations force row level security;
alter table sessions add test_at timestamptz;
alter table routing add test_rounds integer not null default 0;
alter policy visible on customers using (coalesce(id = any ((select app.permitted_customers())::uuid[]), true) and true);
-- +goose Down
alter policy visible on customers using (coalesce(id = any ((select app.permitted_customers())::uuid[]), true));
alter table routing drop test_rounds;
alter table sessions drop test_at;
`,
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}
