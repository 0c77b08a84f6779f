package e2e

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// tablesWithoutOrg are the tables that do not belong to one organization, each with the reason why that is right.
var tablesWithoutOrg = map[string]string{
	"goose_db_version": "goose's record of migrations; the application may only read it",
	"sessions": "a log-in session is looked up before anyone is known; the application has no right on it " +
		"and uses security-definer functions",
	"instances": "processes that live; the application has no right on it and uses a security-definer function",
	"attempts":  "limits on strangers' attempts; the application has no right on it and uses security-definer functions",
	"identities": "a person is the same in every organization, and logs in before one is known; the " +
		"application has no right on it and uses security-definer functions",
	"memberships": "which users an identity is; found before an organization is known, so the application " +
		"has no right on it and uses security-definer functions",
	"signups": "organizations that are not founded yet; the application has no right on it and uses " +
		"security-definer functions",
	"link_requests": "links that people who are not logged in asked for; the application has no right on it " +
		"and uses security-definer functions",
	"public_submitted_forms": "forms of people who are not logged in; the application has no right on it and uses " +
		"security-definer functions",
	"address_resets": "links for a new password of an address, whatever its organizations; the application has no right " +
		"on it and uses security-definer functions",
}

func owner(t testing.TB) *pgx.Conn {
	t.Helper()
	_, url := testkit.DatabaseURLs(t)
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func column[V any](t testing.TB, conn *pgx.Conn, sql string, args ...any) []V {
	t.Helper()
	rows, err := conn.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[V])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func tables(t testing.TB, conn *pgx.Conn) []string {
	return column[string](t, conn,
		`select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`)
}

// columnsOf names the columns of a table that can be written.
func columnsOf(t testing.TB, conn *pgx.Conn, table string) []string {
	return column[string](t, conn,
		`select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
		table)
}

// TestIsolationByTable writes every table as one organization and tries every operation on it as each role of
// another, and as the first one's own visitor and reviewer where they may see only a part.
func TestIsolationByTable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	a, b := fillOrganization(t, s), fillOrganization(t, s)
	conn, db := owner(t), testkit.DB(t)
	others := []access.Actor{b.visitor, access.System(b.ID, "test")}
	for _, role := range access.Roles {
		others = append(others, b.As(role))
	}
	for _, table := range tables(t, conn) {
		if _, there := tablesWithoutOrg[table]; there {
			continue
		}
		org := "org_id"
		if table == "organizations" {
			org = "id"
		}
		mine := func(who access.Actor, sql string, args ...any) int64 {
			t.Helper()
			tag, err := db.As(who).Exec(ctx, sql, args...)
			if err != nil && !strings.Contains(err.Error(), "permission denied") && !strings.Contains(err.Error(), "row-level security") {
				t.Errorf("%s, %s: %v", table, sql, err)
			}
			return tag.RowsAffected()
		}
		if n := mine(access.System(a.ID, "test"), "select from "+table+" where "+org+" = $1", a.ID); n == 0 {
			t.Errorf("%s: no row of A to look for; fill it in fill()", table)
		}
		columns := columnsOf(t, conn, table)
		writable := column[string](t, conn,
			`select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and has_column_privilege('parley_app', $1, attname, 'update')`,
			table)
		checkOtherOrganization(ctx, t, a, db, others, table, org, mine, columns, writable)
	}
	checkRowsWithin(ctx, t, s, a, db)
	checkWritesWithin(ctx, t, a, b, db)
}

// checkOtherOrganization checks that nobody of another organization sees, changes, deletes or writes a row of a table.
func checkOtherOrganization(ctx context.Context, t *testing.T, a orgData, db *pg.DB, others []access.Actor, table, org string, mine func(who access.Actor, sql string, args ...any) int64, columns, writable []string) {
	t.Helper()
	for _, who := range others {
		name := fmt.Sprintf("%s of B on %s", who.Role(), table)
		if n := mine(who, "select from "+table+" where "+org+" = $1", a.ID); n != 0 {
			t.Errorf("%s: sees %d rows of A", name, n)
		}
		for _, c := range writable {
			if n := mine(who, "update "+table+" set "+c+" = "+c+" where "+org+" = $1", a.ID); n != 0 {
				t.Errorf("%s: changes %d rows of A", name, n)
			}
		}
		if n := mine(who, "delete from "+table+" where "+org+" = $1", a.ID); n != 0 {
			t.Errorf("%s: deletes %d rows of A", name, n)
		}
		// B writes a row that claims to be A's: a copy of one of its own, under A's id.
		values := slices.Clone(columns)
		values[slices.Index(values, org)] = "$1::uuid"
		tag, err := db.As(who).Exec(ctx,
			"insert into "+table+" ("+strings.Join(columns, ", ")+") select "+strings.Join(values, ", ")+" from "+table+" limit 1",
			a.ID)
		if err == nil && (tag.RowsAffected() > 0 || who.Role() == "system") {
			t.Errorf("%s: writes a row for A", name)
		}
	}
}

// TestUnscopedStatementsFail shows that a statement without a scope is an error, not an empty result, and that a
// handle for nobody sends nothing.
func TestUnscopedStatementsFail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	testkit.NewOrg(t) // an empty table is read without looking at its policy
	app, _ := testkit.DatabaseURLs(t)
	super, err := pgx.Connect(ctx, superURL(t, "parley"))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	conn, err := pgx.Connect(ctx, app)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, table := range tables(t, owner(t)) {
		if _, there := tablesWithoutOrg[table]; there {
			continue
		}
		if column[int](t, super, "select count(*)::int from (select from "+table+" limit 1) x")[0] == 0 {
			continue
		}
		if _, err := conn.Exec(ctx, "select from "+table); err == nil {
			t.Errorf("%s can be asked without a scope", table)
		}
	}
	if _, err := testkit.DB(t).As(access.Actor{}).Exec(ctx, "select 1"); err == nil {
		t.Error("a handle for nobody runs a statement")
	}
	// After a scoped batch the same connection has no scope left.
	var b pgx.Batch
	b.Queue(
		"select set_config('app.org_id', $1, true), set_config('app.role', 'system', true), set_config('app.actor_id', "+
			"'', true), set_config('app.narrow_id', '', true)",
		uuid.NewString())
	b.Queue("select from organizations")
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(testkit.SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	config.Database = conn.Config().Database
	super, err = pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	for _, table := range tables(t, owner(t)) {
		if _, there := tablesWithoutOrg[table]; there {
			continue
		}
		for _, scan := range []string{"on", "off"} {
			if _, err := conn.Exec(ctx,
				"set enable_indexscan = "+scan+"; set enable_bitmapscan = "+scan+"; set enable_indexonlyscan = "+scan); err != nil {
				t.Fatal(err)
			}
			var used bool // of an empty table a plain scan asks no policy
			if err := super.QueryRow(ctx, "select exists (select from "+table+")").Scan(&used); err != nil {
				t.Fatal(err)
			}
			if tag, err := conn.Exec(ctx, "select from "+table); err == nil && used {
				t.Errorf("%s can be asked on a connection whose scope has ended (index scans %s): %d rows", table, scan, tag.RowsAffected())
			}
		}
	}
}

// TestServeRefusesStrongRoles shows that a server refuses a role that row-level security does not bind, and says
// what to do.
func TestServeRefusesStrongRoles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	appURL, ownerURL := testkit.DatabaseURLs(t)
	super, err := pgx.Connect(ctx, testkit.SuperuserURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	login := func(name, rights string) string {
		t.Helper()
		if _, err := super.Exec(ctx, "create role "+name+" login password 'x' "+rights); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(appURL)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(name, "x")
		return u.String()
	}
	for _, c := range []struct{ name, url, says string }{
		{"the owner", ownerURL, "owns Parley's tables"},
		{"a superuser", login("test_super", "superuser"), "is a superuser"},
		{"one with BYPASSRLS", login("test_bypass", "bypassrls in role parley_app"), "has BYPASSRLS"},
		{"a member of one with BYPASSRLS", login("test_member", "in role parley_app, test_bypass"), "has BYPASSRLS"},
		{"a door", login("test_door", "in role parley_app, parley_door"), "is a member of parley_door"},
		{"a stranger", login("test_stranger", ""), "grant parley_app to"},
	} {
		_, err := serve.Start(ctx, serve.Config{DatabaseURL: c.url, SecretKey: testSecret, DataDir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("on the role of %s: %v", c.name, err)
		} else if c.name != "a stranger" && !strings.Contains(err.Error(), "create role parley login") {
			t.Errorf("on the role of %s: does not say how to mend it: %v", c.name, err)
		}
	}
}

// rowsWithin is how many rows people of one organization see of what fillOrganization has written.
var rowsWithin = []struct {
	who  string
	what string
	want int
}{
	{"the visitor", "messages", 4},
	{"the visitor", "messages where kind = 'note'", 0},
	{"the visitor", "conversations", 1},
	{"the visitor", "users", 0},
	{"the visitor", "customers", 0},
	{"the visitor", "domains", 0},
	{"another visitor", "messages", 0},
	{"another visitor", "conversations", 0},
	{"another visitor", "visitors", 0},
	{"the customer's reviewer", "messages", 4},
	{"the customer's reviewer", "messages where kind = 'note'", 0},
	{"the customer's reviewer", "customers", 1},
	{"the customer's reviewer", "invitations", 0},
	{"another customer's reviewer", "messages", 0},
	{"another customer's reviewer", "conversations", 0},
	{"another customer's reviewer", "visitors", 0},
	{"another customer's reviewer", "websites", 0},
	{"the customer's reviewer", "agents", 0},
	{"the customer's reviewer", "assignments", 0},
	{"the visitor", "groups", 0},
	{"the visitor", "participants", 0},
	{"the visitor", "message_history", 0},
	{"the visitor", "faq_entries", 0},
	{"the visitor", "files", 1},
	{"the visitor", "ratings", 1},
	{"the visitor", "blocks", 0},
	{"the visitor", "pictures", 0},
	{"the visitor", "visitor_codes", 0},
	{"the owner", "visitor_codes", 0},
	{"the visitor", "uploads", 0},
	{"the visitor", "storage_usage", 0},
	{"the owner", "storage_usage", 0},
	{"the visitor", "form_edits", 0},
	{"the owner", "form_edits", 0},
	{"the customer's reviewer", "form_edits", 0},
	{"the visitor", "submitted_forms", 0},
	{"the owner", "submitted_forms", 0},
	{"another visitor", "files", 0},
	{"another visitor", "ratings", 0},
	{"the customer's reviewer", "files", 1},
	{"the customer's reviewer", "ratings", 1},
	{"the customer's reviewer", "blocks", 0},
	{"another customer's reviewer", "files", 0},
	{"another customer's reviewer", "ratings", 0},
	{"the visitor", "conversation_tags", 0},
	{"the customer's reviewer", "message_history", 0},
	{"the customer's reviewer", "faq_choices", 0},
	{"the customer's reviewer", "conversation_tags", 0},
	{"the customer's reviewer", "language_models", 0},
	{"an agent", "messages", 6},
	{"the visitor", "archive_words", 0},
	{"the customer's reviewer", "archive_words", 1},
	{"the customer's reviewer", "archive_words where staff", 0},
	{"another customer's reviewer", "archive_words", 0},
}

// checkRowsWithin checks how many rows people of one organization see: a visitor itself and no note, a reviewer its customer and no note,
// and neither a user.
func checkRowsWithin(ctx context.Context, t *testing.T, s *serve.Server, a orgData, db *pg.DB) {
	t.Helper()
	count := func(who access.Actor, what string) (n int) {
		t.Helper()
		if err := db.As(who).QueryRow(ctx, "select count(*) from "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	stranger := a.Visitor()
	otherCustomer, err := s.Org.AddCustomer(ctx, a.As(access.Owner), "Another customer")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := access.User(a.ID, uuid.New(), access.Reviewer, otherCustomer)
	actors := map[string]access.Actor{
		"the visitor":                 a.visitor,
		"another visitor":             stranger,
		"the customer's reviewer":     a.As(access.Reviewer),
		"another customer's reviewer": elsewhere,
		"the owner":                   a.As(access.Owner),
		"an agent":                    a.As(access.Agent),
	}
	for _, c := range rowsWithin {
		actor, known := actors[c.who]
		if !known {
			t.Fatalf("there is no actor %q", c.who)
		}
		if n := count(actor, c.what); n != c.want {
			t.Errorf("%s sees %d of %s, not %d", c.who, n, c.what, c.want)
		}
	}
}

// checkWritesWithin checks that a visitor writes nothing that is not its own, whatever the statement, and a reviewer nothing.
func checkWritesWithin(ctx context.Context, t *testing.T, a, b orgData, db *pg.DB) {
	t.Helper()
	for what, sql := range map[string]string{
		"a note": "insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, " +
			"author_id, body, created_at) select org_id, id, 90, gen_random_uuid(), visitor_id, 'note', 'visitor', " +
			"visitor_id, 'x', now() from conversations",
		"an agent's message": "insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, " +
			"author_id, body, created_at) select org_id, id, 91, gen_random_uuid(), visitor_id, 'text', 'agent', " +
			"visitor_id, 'x', now() from conversations",
		"to a conversation of B": fmt.Sprintf(
			"insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, "+
				"created_at) values ('%s', '%s', 92, gen_random_uuid(), '%s', 'text', 'visitor', '%s', 'x', now())",
			a.ID, b.conversation, a.visitor.ID(), a.visitor.ID()),
		"a website's settings": "with x as (update websites set name = 'taken over' returning 1) select 1/count(*) from x",
	} {
		if _, err := db.As(a.visitor).Exec(ctx, sql); err == nil {
			t.Errorf("a visitor writes %s", what)
		}
	}
	if _, err := db.As(a.As(access.Reviewer)).Exec(ctx,
		"with x as (update conversations set last_text = 'x' returning 1) select 1/count(*) from x"); err == nil {
		t.Error("a reviewer changes a conversation")
	}
}
