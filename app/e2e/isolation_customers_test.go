package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/front/web"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// Isolation of customers inside an organization: the cases of TestEveryRoute again, with the ids of another customer of
// the same organization, as team members who are limited to the first one, as an agent who does not have the
// conversation, and as the first customer's reviewer.

// customerFixture is an organization with two customers, and everybody who may see only the first one.
type customerFixture struct {
	own, other, foreign ids // of the first and of the second customer, and of another organization
	members             []customerMember
}

type customerMember struct {
	name string
	testkit.Member
	restricted   bool // sees nothing of the other customer; else nothing of its conversations
	unrestricted bool // sees all of the organization
}

func newCustomerFixture(t testing.TB, s *serve.Server) customerFixture {
	t.Helper()
	w := customerFixture{own: collectIDs(t, s), foreign: collectIDs(t, s)}
	first := w.own.Customer
	w.other = otherCustomer(t, s, w.own)
	w.members = []customerMember{
		{name: "owner", Member: w.own.Users[access.Owner], unrestricted: true},
		{name: "manager", Member: w.own.Users[access.Manager], unrestricted: true},
		{name: "supervisor", Member: w.own.Users[access.Supervisor], unrestricted: true},
		{name: "agent", Member: w.own.Users[access.Agent]},
		{name: "reviewer", Member: w.own.Users[access.Reviewer], restricted: true},
		{name: "limited agent", Member: w.own.AddMember(t, access.Agent, first), restricted: true},
		{name: "limited supervisor", Member: w.own.AddMember(t, access.Supervisor, first), restricted: true},
		{name: "limited manager", Member: w.own.AddMember(t, access.Manager, first), restricted: true},
	}
	s.Groups.PublishChanged(w.own.ID)
	return w
}

// ownershipCondition says for each table which rows are a customer's, by the columns that the table has.
func ownershipCondition(columns []string) string {
	for _, c := range []struct{ column, sql string }{
		{"customers", "$1 = any(%s)"}, // invitations
		{"customer_id", "%s = $1"},
		{"conversation_id", "%s = any($2)"},
		{"website_id", "%s = any($3)"},
		{"visitor_id", "%s = any($4)"},
		{"entry_id", "%s = any($5)"},
	} {
		if slices.Contains(columns, c.column) {
			return fmt.Sprintf(c.sql, c.column)
		}
	}
	return ""
}

// customerArguments are the ids of what a customer has, in the order in which ownershipCondition names them.
func customerArguments(t testing.TB, s *serve.Server, x ids) []any {
	t.Helper()
	args := []any{x.Customer}
	for _, sql := range []string{"select id from conversations where customer_id = $1", "select id from websites where customer_id = $1",
		"select visitor_id from conversations where customer_id = $1", "select id from faq_entries where customer_id = $1"} {
		var list []uuid.UUID
		err := s.DB.As(access.System(x.ID, "test")).QueryRow(context.Background(), "select array("+sql+")", x.Customer).Scan(&list)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, list)
	}
	return args
}

// customerSnapshot returns everything of a customer, as one text.
func customerSnapshot(t testing.TB, s *serve.Server, x ids, args []any) string {
	t.Helper()
	conn := owner(t)
	defer conn.Close(context.Background())
	var all strings.Builder
	for _, table := range tables(t, conn) {
		columns := columnsOf(t, conn, table)
		where := ownershipCondition(columns)
		if _, there := tablesWithoutOrg[table]; there || where == "" || table == "arrivals" {
			continue
		}
		var sum string
		err := s.DB.As(access.System(x.ID, "test")).QueryRow(context.Background(),
			"select coalesce(md5(string_agg(x::text, '' order by "+
				"x::text)), '') from "+table+" x where ("+where+") and ($1::uuid, $2::uuid[], $3::uuid[], $4::uuid[], "+
				"$5::uuid[]) is not null", args...).Scan(&sum)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		all.WriteString(table + " " + sum + "\n")
	}
	return all.String()
}

// TestEveryRouteByCustomer calls every route as everybody who may not see the other customer: nothing of it is
// shown, and nothing changes.
func TestEveryRouteByCustomer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	w := newCustomerFixture(t, s)
	args := customerArguments(t, s, w.other)
	before := customerSnapshot(t, s, w.other, args)
	foreign := snapshot(t, s, w.foreign.ID)
	calls, shown := 0, 0
	for _, p := range w.members {
		browser, err := traffic.LogIn(ctx, s.URL, p.Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		call := func(r web.Route, c routeCase, x ids) (int, string) {
			t.Helper()
			calls++
			return requestRoute(t, browser, r, c, x)
		}
		role := p.Actor.Role()
		for _, r := range web.Routes {
			name := r.Method + " " + r.Path
			c := routeCases[name]
			if c.open || c.path == nil || strings.HasPrefix(r.Path, "/live/") {
				continue
			}
			// Pages that the route is for show themselves with the own ids.
			editor := r.Path != "/faq/new" || p.Actor.CanFully(access.FAQEntryUpdate)
			if r.Method == http.MethodGet && (role.Can(c.needs) || c.everyone) && editor && !forUnrestricted(r.Path, p) {
				if code, body := call(r, c, w.own); code >= 400 &&
					!(role == access.Agent && strings.HasPrefix(r.Path, "/desk/") && p.restricted) && code != http.StatusNotFound {
					t.Errorf("%s as %s with its own ids: %d %.200s", name, p.name, code, body)
				} else if code < 400 {
					shown++
				}
			}
			if code, body := call(r, c, w.foreign); strings.Contains(body, w.foreign.Name) || code >= 500 {
				t.Errorf("%s as %s with another organization's ids: %d %.300s", name, p.name, code, excerpt(body, w.foreign.Name))
			}
			if p.unrestricted || !p.restricted && !strings.Contains(r.Path, "conversations/:id") &&
				!strings.Contains(r.Path, "/files/") && !strings.HasPrefix(r.Path, "/review") {
				continue
			}
			code, body := call(r, c, w.other)
			if strings.Contains(body, w.other.Name) {
				t.Errorf("%s as %s shows something of another customer (%d): %.300s", name, p.name, code, excerpt(body, w.other.Name))
			}
			if code >= 500 {
				t.Errorf("%s as %s with another customer's ids: %d %.200s", name, p.name, code, body)
			}
			if strings.Contains(r.Path, ":id") && r.Method == http.MethodGet && code < 400 && code != http.StatusMovedPermanently { // where a page has moved to is no secret
				t.Errorf("%s as %s with another customer's ids: %d", name, p.name, code)
			}
			if r.Method != http.MethodGet {
				if after := customerSnapshot(t, s, w.other, args); after != before {
					t.Errorf("%s as %s changed another customer's data (%d): %v", name, p.name, code, changedLines(before, after))
					before = after
				}
			}
		}
	}
	if after := snapshot(t, s, w.foreign.ID); after != foreign {
		t.Errorf("another organization's data have changed: %v", changedLines(foreign, after))
	}
	t.Logf(
		"%d calls: %d routes, %d roles, ids of the own customer, of another one, of another organization; %d pages shown with the own ids",
		calls, len(web.Routes), len(w.members), shown)
}

// requestRoute requests a route with ids in its path and its form.
func requestRoute(t *testing.T, browser *traffic.Agent, r web.Route, c routeCase, x ids) (code int, body string) {
	t.Helper()
	var err error
	if r.Method == http.MethodGet {
		code, body, err = browser.Get(context.Background(), c.path(x))
	} else {
		form := url.Values{}
		if c.form != nil {
			form = c.form(x)
		}
		code, body, err = browser.Post(context.Background(), c.path(x), form)
	}
	if err != nil {
		t.Fatal(err)
	}
	return code, body
}

// changedLines names the tables whose sums differ.
func changedLines(before, after string) (list []string) {
	was := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		if i >= len(was) || line != was[i] {
			table, _, _ := strings.Cut(line, " ")
			list = append(list, table)
		}
	}
	return list
}

// forUnrestricted reports whether a page is about the whole organization, which team members limited to customers do
// not see.
func forUnrestricted(path string, p customerMember) bool {
	return p.Actor.IsLimited() && (strings.HasPrefix(path, "/admin/groups") || strings.HasPrefix(path, "/admin/tags") || strings.HasPrefix(path, "/admin/settings") ||
		strings.HasPrefix(path, "/admin/desk"))
}

// excerpt returns the part of a text around something.
func excerpt(text, what string) string {
	at := max(0, strings.Index(text, what))
	return text[max(0, at-150):min(len(text), at+150)]
}

// TestEveryTableByCustomer shows for every table that whoever may not see the other customer sees, changes and
// deletes no row of it, and writes none for it.
func TestEveryTableByCustomer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	w := newCustomerFixture(t, s)
	args := customerArguments(t, s, w.other)
	conn, statements := owner(t), 0
	for _, table := range tables(t, conn) {
		columns := columnsOf(t, conn, table)
		where := ownershipCondition(columns)
		if _, there := tablesWithoutOrg[table]; there || where == "" {
			continue
		}
		where = "(" + where + ") and ($1::uuid, $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[]) is not null"
		run := func(who access.Actor, sql string, args ...any) int64 {
			t.Helper()
			statements++
			tag, err := s.DB.As(who).Exec(ctx, sql, args...)
			if err != nil && !strings.Contains(err.Error(), "permission denied") && !strings.Contains(err.Error(), "row-level security") {
				t.Errorf("%s, %s: %v", table, sql, err)
			}
			return tag.RowsAffected()
		}
		if n := run(access.System(w.own.ID, "test"), "select from "+table+" where "+where, args...); n == 0 {
			t.Errorf("%s: no row of the other customer to look for; fill it in otherCustomer()", table)
		}
		writable := column[string](t, conn,
			`select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and has_column_privilege('parley_app', $1, attname, 'update')`,
			table)
		for _, p := range w.members {
			who := p.Actor
			if p.unrestricted || !p.restricted && !slices.Contains(columns, "conversation_id") && table != "conversations" {
				continue
			}
			if n := run(who, "select from "+table+" where "+where, args...); n != 0 {
				t.Errorf("%s on %s: sees %d rows of the other customer", p.name, table, n)
			}
			for _, c := range writable {
				if n := run(who, "update "+table+" set "+c+" = "+c+" where "+where, args...); n != 0 {
					t.Errorf("%s on %s: changes %d rows of the other customer", p.name, table, n)
				}
			}
			if n := run(who, "delete from "+table+" where "+where, args...); n != 0 {
				t.Errorf("%s on %s: deletes %d rows of the other customer", p.name, table, n)
			}
			// A copy of a row of its own that claims to be the other customer's.
			if at := slices.Index(columns, "customer_id"); at >= 0 && slices.Contains(columns, "id") {
				values := slices.Clone(columns)
				values[at], values[slices.Index(columns, "id")] = "$1::uuid", "gen_random_uuid()"
				if n := run(who,
					"insert into "+table+" ("+strings.Join(columns, ", ")+") select "+strings.Join(values, ", ")+" from "+table+" where customer_id = $2 limit 1 on conflict do nothing",
					w.other.Customer, w.own.Customer); n != 0 {
					t.Errorf("%s on %s: writes a row for the other customer", p.name, table)
				}
			}
		}
	}
	t.Logf("%d statements by %d roles", statements, len(w.members))
	if _, _, err := s.Files.Open(ctx, w.own.As(access.Agent), w.other.file); err == nil {
		t.Error("an agent opens a file of a conversation that it does not see")
	}
}
