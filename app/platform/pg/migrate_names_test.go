package pg_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"parley/app/platform/pg"
)

// Names that differ in case, form or spaces only become different: the oldest stays, later ones are numbered, in another
// organization nothing changes. Afterwards no such name can be stored.
func TestMigrationMakesNamesUnique(t *testing.T) {
	ctx, c := context.Background(), emptyCluster(t)
	if err := pg.MigrateTo(ctx, c.OwnerURL, 19); err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(ctx, strings.Replace(c.SuperURL, "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := super.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	names := func(sql string) []string {
		t.Helper()
		rows, err := super.Query(ctx, sql)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	exec("insert into organizations (id, name) values ('00000000-0000-0000-0000-0000000000a1', 'A'), ('00000000-0000-0000-0000-0000000000a2', 'B')")
	const a, b = "00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000a2"
	long := strings.Repeat("x", 200)
	for i, name := range []string{"Straße", "STRASSE", "strasse (2)", "strasse", "Zoe\u0308", "zoë", "Two  words", "two\u00a0words", long, strings.ToUpper(long), "Other"} {
		exec("insert into customers (org_id, id, name, created_at) values ($1, gen_random_uuid(), $2, now() + make_interval(secs => $3))", a, name, i)
	}
	exec("insert into customers (org_id, id, name) values ($1, gen_random_uuid(), 'STRASSE')", b)
	exec(`insert into websites (org_id, id, customer_id, key, name, created_at)
		select $1, gen_random_uuid(), c.id, left(translate(c.id::text, '-', ''), 15) || n, case n when 1 then 'Shop' else 'shop' end, now() + make_interval(secs => n)
		from customers c, generate_series(1, 2) n where c.org_id = $1 and c.name in ('Other', 'Straße')`, a)
	exec("insert into groups (org_id, id, name, created_at) values ($1, gen_random_uuid(), 'general', now() + interval '1 day')", a)
	for _, name := range []string{"vip", "VIP", "ViP"} {
		exec("insert into tags (org_id, id, name) values ($1, gen_random_uuid(), $2)", a, name)
	}
	for _, name := range []string{"one", "two"} {
		exec("insert into snippets (org_id, id, name, keys, body) values ($1, gen_random_uuid(), $2, 'Ctrl+F2', 'x')", a, name)
	}
	if err := pg.MigrateTo(ctx, c.OwnerURL, 20); err != nil {
		t.Fatal(err)
	}
	want := []string{"Straße", "STRASSE (3)", "strasse (2)", "strasse (4)", "Zoe\u0308", "zoë (2)", "Two  words", "two\u00a0words (2)", long, strings.ToUpper(long)[:196] + " (2)", "Other"}
	if got := names("select name from customers where org_id = '" + a + "' order by created_at"); !slices.Equal(got, want) {
		t.Errorf("customers: %q", got)
	}
	if got := names("select name from customers where org_id = '" + b + "'"); !slices.Equal(got, []string{"STRASSE"}) {
		t.Errorf("another organization's: %q", got)
	}
	if got := names("select name from websites order by customer_id, created_at"); !slices.Equal(got, []string{"Shop", "shop (2)", "Shop", "shop (2)"}) {
		t.Errorf("websites: %q", got)
	}
	if got := names("select name from groups where org_id = '" + a + "' order by created_at"); !slices.Equal(got, []string{"General", "general (2)"}) {
		t.Errorf("groups: %q", got)
	}
	if got := names("select lower(name) from tags order by length(name), name"); len(got) != 3 || got[0] != "vip" || !strings.HasPrefix(got[1], "vip (") {
		t.Errorf("tags: %q", got)
	}
	if got := names("select name from snippets where keys <> ''"); len(got) != 1 {
		t.Errorf("snippets with keys: %q", got)
	}
	for _, sql := range []string{
		"insert into customers (org_id, id, name) values ('" + a + "', gen_random_uuid(), 'straSSe')",
		"insert into groups (org_id, id, name) values ('" + a + "', gen_random_uuid(), ' GENERAL ')",
		"insert into tags (org_id, id, name) values ('" + a + "', gen_random_uuid(), 'VIP')",
	} {
		if _, err := super.Exec(ctx, sql); !pg.IsDuplicate(err, "") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
