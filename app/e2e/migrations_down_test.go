package e2e

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/db"
)

// TestMigrationsDownWithData shows that every migration can be undone on a database with rows of all kinds, and
// applied again; the schema is then what it was. Only the first takes the rows with it, and leaves nothing. It is
// not parallel, so that few other tests' rows have to be copied.
func TestMigrationsDownWithData(t *testing.T) { // not parallel: few other tests' rows are there to be copied
	ctx := context.Background()
	s := startServer(t, nil)
	for range 2 {
		addMoreRows(t, s, fillOrganization(t, s))
	}
	ownerURL := copyDatabase(t, "downs")
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	sqlDB := stdlib.OpenDB(*cfg)
	defer sqlDB.Close()
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, sqlDB, files)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	all, err := pgx.Connect(ctx, superURL(t, "downs")) // sees the rows of all organizations
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close(ctx)
	count := func(table string) int64 { return column[int64](t, all, "select count(*) from "+table)[0] }
	lasting, rows := []string{"organizations", "users", "conversations", "messages", "visitors", "websites"}, map[string]int64{}
	for _, table := range lasting {
		rows[table] = count(table)
	}
	newest, err := p.GetDBVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	down := func(to int64) {
		t.Helper()
		if _, err := p.DownTo(ctx, to); err != nil {
			t.Fatalf("down to %d: %v", to, err)
		}
	}
	up := func(to int64) {
		t.Helper()
		if _, err := p.UpTo(ctx, to); err != nil {
			t.Fatalf("up to %d: %v", to, err)
		}
	}
	for version := newest; version > 0; version-- {
		before := schemaOf(t, conn)
		down(version - 1)
		up(version) // on what the way down has left
		after := schemaOf(t, conn)
		compareSchemas(t, version, before, after)
		down(version - 1)
		if version == 1 {
			if left := tables(t, all); !slices.Equal(left, []string{"goose_db_version"}) {
				t.Errorf("without any migration there are tables: %v", left)
			}
			break
		}
		for _, table := range lasting {
			if n := count(table); n != rows[table] {
				t.Errorf("at %d, %s has %d rows of %d", version-1, table, n, rows[table])
			}
		}
	}
	up(newest)
}

// addMoreRows fills tables and columns that fillOrganization leaves empty.
func addMoreRows(t *testing.T, s *serve.Server, f orgData) {
	t.Helper()
	ctx := context.Background()
	agent := f.As(access.Agent)
	m, err := s.Conversations.SendAsAgent(ctx, agent, f.conversation, uuid.New(), "text", "To be taken back")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.EditReply(ctx, agent, f.conversation, m.Seq, uuid.New(), ""); err != nil {
		t.Fatal(err)
	}
	f.AddMember(t, access.Supervisor, f.Customer)
	for _, sql := range []string{
		`insert into snippets (org_id, id, customer_id, name, body) select org_id, gen_random_uuid(), id, 'hello', 'Hello' from customers`,
		`insert into snippets (org_id, id, name, body, file_id) select org_id, gen_random_uuid(), 'file', 'Look', id from files limit 1`,
		`insert into invitations (org_id, id, email, role, limited, customers, token_hash, invited_by, expires_at)
			select u.org_id, gen_random_uuid(), 'limited@b.example', 'agent', true, array(select id from customers), sha256(u.id::text::bytea), u.id, now() + interval '1 day'
			from users u where u.role = 'owner'`,
		`insert into blocks (org_id, id, visitor_id) select org_id, gen_random_uuid(), visitor_id from conversations limit 1`,
		`update visitors set external_id = 'customer 7', email = 'v@b.example'`,
		`update conversations set data = '{"plan": "Pro"}', trail = '[{"url": "/"}]', country = 'DE', read_by_agent = 2, ip_address = '203.0.113.9'`,
		`update groups set overflow_id = (select id from groups where not main limit 1) where main`,
		`update conversations set offered_to = agent_id, offered_until = now()`,
		`insert into message_history (org_id, conversation_id, seq, previous_body) select org_id, conversation_id, seq, 'x' from messages where kind = 'text' limit 1`,
		`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
			select org_id, id, last_seq + 1, gen_random_uuid(), visitor_id, 'file', 'visitor', visitor_id, e'a.txt\ntext/plain 3', now() from conversations`,
		`update conversations set last_seq = last_seq + 1`,
		// A closed one, and one that waits.
		`insert into visitors (org_id, id, website_id) select org_id, gen_random_uuid(), id from websites, generate_series(1, 2)`,
		`insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, last_seq, last_text, last_at, created_at, closed_at)
			select v.org_id, gen_random_uuid(), w.id, w.customer_id, v.id, case when row_number() over () = 1 then 'closed' else 'waiting' end, 0, '', now(), now(),
				case when row_number() over () = 1 then now() end
			from visitors v join websites w on w.id = v.website_id
			where not exists (select from conversations c where c.visitor_id = v.id)`,
	} {
		if _, err := s.DB.As(access.System(f.ID, "test")).Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{ // what is of no organization
		`insert into attempts (key, count, resets_at) values ($1::text::bytea, 1, now())`,
		`insert into signups (token_hash, email, organization, name, expires_at) values ($1::text::bytea, 'new@b.example', 'New', 'New', now())`,
		`insert into address_resets (token_hash, email, verifies_email, expires_at) values ($1::text::bytea, 'new@b.example', true, now())`,
		`insert into sessions (token, data, expires_at) values ($1, 'x', now() + interval '1 hour')`,
	} {
		if _, err := owner(t).Exec(ctx, sql, f.Name); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// copyDatabase copies the test database, as it is at one moment, into another one of its cluster, and returns its owner's address.
func copyDatabase(t *testing.T, name string) (ownerURL string) {
	t.Helper()
	ctx := context.Background()
	_, source := testkit.DatabaseURLs(t)
	connect := func(url string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(ctx) })
		return conn
	}
	exec := func(conn *pgx.Conn, sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(connect(testkit.SuperuserURL(t)), "create database "+name+" owner parley_owner")
	ownerURL = strings.Replace(source, "/parley?", "/"+name+"?", 1)
	if _, err := pg.Migrate(ctx, ownerURL, ""); err != nil {
		t.Fatal(err)
	}
	from := connect(superURL(t, "parley"))
	to := connect(superURL(t, name))
	exec(from, "begin isolation level repeatable read")
	exec(to, "set session_replication_role = replica") // no triggers, no foreign keys: the rows are right
	for _, table := range tables(t, from) {
		if table == "goose_db_version" {
			continue
		}
		columns := strings.Join(columnsOf(t, from, table), ", ")
		r, w := io.Pipe()
		go func() {
			_, err := from.PgConn().CopyTo(ctx, w, fmt.Sprintf("copy (select %s from %s) to stdout binary", columns, table))
			w.CloseWithError(err)
		}()
		if _, err := to.PgConn().CopyFrom(ctx, r, fmt.Sprintf("copy %s (%s) from stdin binary", table, columns)); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	return ownerURL
}

func superURL(t *testing.T, database string) string {
	return strings.Replace(testkit.SuperuserURL(t), "/postgres?", "/"+database+"?", 1)
}

// schemaOf lists what a schema consists of, without the order of columns.
func schemaOf(t *testing.T, conn *pgx.Conn) []string {
	return column[string](t, conn, `
		select format('column %s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl)
			from pg_class c
			join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
			left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
			where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
		union all
		select format('table %s %s %s %s %s', relname, relrowsecurity, relforcerowsecurity, array(select acl::text from unnest(relacl) acl where acl::text not like 'parley_owner=%' order by 1), reloptions)
			from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
		union all
		select format('index %s', pg_get_indexdef(indexrelid)) from pg_index where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
		union all
		select format('constraint %s.%s %s', conrelid::regclass, conname, replace(pg_get_constraintdef(oid), ' NOT VALID', '')) from pg_constraint where connamespace = 'public'::regnamespace
		union all
		select format('policy %s.%s %s %s %s %s %s', polrelid::regclass, polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy
		union all
		select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
		union all
		select format('function %s %s %s', pg_get_functiondef(oid), proowner::regrole, proacl) from pg_proc where pronamespace = 'app'::regnamespace`)
}

// compareSchemas checks that a schema is the same after a migration was undone and applied again.
func compareSchemas(t *testing.T, version int64, before, after []string) {
	t.Helper()
	for _, line := range before {
		if !slices.Contains(after, line) {
			t.Errorf("%d, down and up again, has lost: %s", version, line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			t.Errorf("%d, down and up again, has more: %s", version, line)
		}
	}
}
