package pg_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/platform/access"
	"parley/app/platform/pg"
)

// emptyCluster is an empty one.
func emptyCluster(t *testing.T) *pg.Cluster {
	t.Helper()
	parent, err := os.MkdirTemp("/tmp", "parley-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	os.Chmod(parent, 0o755)
	c, err := pg.StartCluster(context.Background(), parent+"/data", pg.ClusterOptions{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// The groups come to an installation that is in use: every organization has one, every conversation is in it, agents have as many
// as they have; servers of the version before go on writing; and back again.
func TestMigrationAddsGroups(t *testing.T) {
	ctx := context.Background()
	c := emptyCluster(t)
	if err := pg.MigrateTo(ctx, c.OwnerURL, 6); err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(ctx, strings.Replace(c.SuperURL, "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	org, other, user := uuid.New(), uuid.New(), uuid.New()
	script := `insert into organizations (id, name) values ('ORG', 'A'), ('OTHER', 'B');
		insert into customers (org_id, id, name) values ('ORG', 'ORG', 'A');
		insert into websites (org_id, id, customer_id, key, name) values ('ORG', 'ORG', 'ORG', 'abcdefghijklmnop', 'W');
		insert into users (org_id, id, email, name, role, password_hash) values ('ORG', 'USER', 'a@b.example', 'Mia', 'agent', 'x');
		insert into visitors (org_id, id, website_id) select 'ORG', gen_random_uuid(), 'ORG' from generate_series(1, 12);
		insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_id, last_seq, last_text, last_at, waiting_since, created_at)
			select 'ORG', gen_random_uuid(), 'ORG', 'ORG', id, case when n < 10 then 'open' else 'waiting' end, case when n < 10 then 'USER'::uuid end, 1, 'x', now(), now(), now()
			from (select id, row_number() over () as n from visitors) v`
	script = strings.NewReplacer("'ORG'", "'"+org.String()+"'", "'OTHER'", "'"+other.String()+"'", "'USER'", "'"+user.String()+"'").Replace(script)
	if _, err := super.Exec(ctx, script); err != nil {
		t.Fatal(err)
	}
	ask := func(sql string) (n int) {
		t.Helper()
		if err := super.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return n
	}
	for range 2 {
		if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
			t.Fatal(err)
		}
		for _, check := range []struct {
			sql  string
			want int
		}{
			{"select count(*) from groups where main and everyone", 2},
			{"select count(*) from routing", 2},
			{"select open_chats from agents", 9},
			{"select max_chats from agents", 9},
			{"select count(*) from conversations c join groups g on g.id = c.group_id and g.org_id = c.org_id", 12},
			{"select count(*) from conversations where state = 'waiting' and queued_at is null", 0},
			{"select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relforcerowsecurity and relname not in ('sessions', 'attempts', 'instances', 'goose_db_version', 'identities', 'memberships', 'signups', 'address_resets', 'public_submitted_forms', 'link_requests')", 0},
		} {
			if n := ask(check.sql); n != check.want {
				t.Errorf("%s: %d, not %d", check.sql, n, check.want)
			}
		}
		if err := pg.MigrateTo(ctx, c.OwnerURL, 6); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	// As a server of the version before writes it.
	db, err := pg.Open(ctx, c.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	system := db.As(access.System(org, "test"))
	for _, sql := range []string{
		"insert into visitors (org_id, id, website_id) select app.org_id(), app.org_id(), app.org_id()",
		`insert into conversations (org_id, id, website_id, customer_id, visitor_id, last_seq, last_text, last_at, waiting_since, created_at)
			select app.org_id(), app.org_id(), app.org_id(), app.org_id(), app.org_id(), 1, 'x', now(), now(), now()`,
		"update conversations set state = 'closed', closed_at = now(), waiting_since = null where state = 'open'",
	} {
		if _, err := system.Exec(ctx, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n := ask("select open_chats from agents"); n != 0 {
		t.Errorf("the agent has %d conversations", n)
	}
}
