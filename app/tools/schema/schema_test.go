package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"parley/app/tools/testkit"
	"parley/db"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestSchemaFileIsFresh(t *testing.T) {
	_, owner := testkit.DatabaseURLs(t)
	conn, err := pgx.Connect(context.Background(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	want, err := draw(context.Background(), conn, db.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../../db/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	wantLines, haveLines := strings.Split(want, "\n"), strings.Split(string(have), "\n")
	for i := range min(len(wantLines), len(haveLines)) {
		if wantLines[i] != haveLines[i] {
			t.Fatalf(
				"db/schema.sql is not what the migrations make: run \"go run ./app/tools/schema\" and commit it.\nLine "+
					"%d is\n%s\ninstead of\n%s",
				i+1, haveLines[i], wantLines[i])
		}
	}
	if len(wantLines) != len(haveLines) {
		t.Errorf("db/schema.sql has %d lines instead of %d: run \"go run ./app/tools/schema\" and commit it",
			len(haveLines), len(wantLines))
	}
}

func TestReadRemarks(t *testing.T) {
	ruler := strings.Repeat("-", 120)
	r, err := readRemarks(fstest.MapFS{
		"migrations/00001_first.sql": {Data: []byte(ruler + `
-- People
` + ruler + `

-- Who is
-- there.
create table people (
  id   uuid primary key,
  name text not null default '', -- as others see it
  -- Of both.
  age  integer check (age > 0)   -- in years; null: unknown
);
-- By name.
create index people_name on people (name);
-- +goose StatementBegin
-- Whether.
create function app.is_there(_id uuid) returns boolean language sql as $$ select true $$;
-- +goose StatementEnd
-- +goose Down
drop table people;
`)},
		"migrations/00002_second.sql": {Data: []byte(`-- +goose Up
alter table people
  add column email text not null, -- in lower case
  add seen timestamptz;

-- What they have.
create table things (
  id uuid
);
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ have, want string }{
		{r.tables["people"], "Who is there."}, {r.tables["things"], "What they have."}, {r.indexes["people_name"], "By name."},
		{r.columns["people.name"], "as others see it"}, {r.columns["people.age"], "in years; null: unknown"},
		{r.columns["people.email"], "in lower case"}, {r.columns["people.seen"], ""}, {r.columns["people.id"], ""},
		{r.routines["app.is_there"], "Whether."}, {r.sections[0].title, "People"}, {r.sections[1].title, "Later migrations"},
		{strings.Join(r.sections[0].tables, " "), "people"}, {strings.Join(r.sections[1].tables, " "), "things"},
	} {
		if c.have != c.want {
			t.Errorf("%q instead of %q", c.have, c.want)
		}
	}
}
