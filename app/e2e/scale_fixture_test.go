package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// fillQueue adds conversations to a group's queue (zero: the main group), each with its visitor and a first message,
// as if they had come one second after another and the last one just now. It returns their ids, the longest-waiting
// first.
func fillQueue(t testing.TB, o testkit.Org, group uuid.UUID, n int) (ids []uuid.UUID) {
	t.Helper()
	ctx := context.Background()
	visitors := make([]uuid.UUID, n)
	ids = make([]uuid.UUID, n)
	for i := range ids {
		visitors[i], ids[i] = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	}
	system := testkit.DB(t).As(access.System(o.ID, "test"))
	for _, sql := range []string{
		`insert into visitors (org_id, id, website_id) select app.org_id(), v, $4 from unnest($1::uuid[]) v where $2::uuid[] is not null and $3::uuid is not null and $5::uuid is not null`,
		`insert into conversations (org_id, id, website_id, customer_id, visitor_id, visitor_name, last_seq, last_text, last_at, waiting_since, page_url, page_title,
		   referrer, user_agent, language, ip_address, created_at, group_id, queued_at)
		 select app.org_id(), d.c, $4, $3, d.v, '', 1, 'Where is my parcel? I was told it would be here on Tuesday.', d.at, d.at, 'https://shop.example/orders', 'Orders', '', 'Firefox', 'en', '',
		   d.at, coalesce(nullif($5, '00000000-0000-0000-0000-000000000000'::uuid), (select g.id from groups g where g.main)), d.at
		 from (select v, c, now() - (cardinality($1::uuid[]) - n) * interval '1 second' as at from unnest($1::uuid[], $2::uuid[]) with ordinality x(v, c, n)) d`,
		`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
		 select c.org_id, c.id, 1, gen_random_uuid(), c.visitor_id, 'text', 'visitor', c.visitor_id, c.last_text, c.last_at
		 from conversations c where c.id = any($2::uuid[]) and $1::uuid[] is not null and $3::uuid is not null and $4::uuid is not null and $5::uuid is not null`,
	} {
		if _, err := system.Exec(ctx, sql, visitors, ids, o.Customer, o.Website, group); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// fetchPage gets a page and returns its text.
func fetchPage(t testing.TB, a *traffic.Agent, address string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", a.Cookie())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err, fmt.Sprintf("%.300s", raw))
	}
	return string(raw)
}

// newGroups returns the groups of the test database on a bus, without a server.
func newGroups(t testing.TB, b *bus.Bus) *group.Service { return group.New(testkit.DB(t), b) }

// groupSettings are those of a group from whose queue agents take conversations themselves.
func groupSettings(name string) group.Settings {
	return group.Settings{Name: name, Picking: true}
}

// analyze updates the planner's statistics of tables, as autovacuum does in time.
func analyze(t testing.TB, tables string) {
	t.Helper()
	ctx := context.Background()
	_, owner := testkit.DatabaseURLs(t)
	db, err := pg.Open(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.As(access.System(uuid.New(), "test")).Exec(ctx, "analyze "+tables); err != nil {
		t.Fatal(err)
	}
}

// memberOf is the membership of a user in a group.
func memberOf(user uuid.UUID) group.Member {
	return group.Member{ID: user, IsMember: true, MaxChats: 1000}
}

// otherCustomerOf adds a customer to an organization.
func otherCustomerOf(t testing.TB, s *serve.Server, o testkit.Org) uuid.UUID {
	t.Helper()
	id, err := s.Org.AddCustomer(context.Background(), o.As(access.Owner), "Another customer of "+o.Name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
