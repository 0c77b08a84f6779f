package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestPgBouncer shows two servers behind a PgBouncer in transaction mode: messages come through in both directions,
// what was done at one is seen at the other, and organizations that share the sessions see nothing of each other.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pooled, direct := testkit.PgBouncer(t), ""
	direct, _ = testkit.DatabaseURLs(t)
	set := func(c *serve.Config) { c.DatabaseURL, c.DirectURL = pooled, direct }
	both := []*serve.Server{startServer(t, set), startServer(t, set)}
	awaitPeers(t, both)

	o := testkit.NewOrg(t)
	agent := logInAgent(t, both[0], o, access.Agent)
	desk := openDesk(t, agent)
	visitors := make([]*visitorClient, 5)
	for i := range visitors {
		v, err := visitorSite(both[1], o).Open(ctx, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.Close)
		visitors[i] = newVisitorClient(t, v)
		visitors[i].await("welcome")
		text := fmt.Sprintf("Question number %d through a pooler", i)
		visitors[i].send(text)
		desk.until(text)
		if err := agent.Take(ctx, visitors[i].conversation); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range visitors {
		reply := fmt.Sprintf("Answer number %d through a pooler", i)
		if err := agent.Reply(ctx, v.conversation, reply); err != nil {
			t.Fatal(err)
		}
		v.awaitText(reply)
	}
	checkAgreement(t, both, 2)

	db, err := pg.OpenPooled(ctx, pooled, direct)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	orgs := []testkit.Org{o, testkit.NewOrg(t), testkit.NewOrg(t)}
	checkOrganizationsApart(ctx, t, db, orgs)
	// Nothing of a scope stays in a session: whoever comes without one sees nothing.
	if pooled, err := db.IsPooled(ctx); err != nil || !pooled {
		t.Errorf("a pooler is not noticed: %v %v", pooled, err)
	}
	if err := db.CheckNotifications(ctx); err != nil {
		t.Errorf("notifications through the pooler: %v", err)
	}
	scopes, err := db.FindLeakedScopes(ctx, 40)
	if err != nil || len(scopes) > 0 {
		t.Errorf("left in sessions: %v %v", scopes, err)
	}
	if _, err := traffic.LogIn(ctx, both[0].URL, o.Users[access.Owner].Email, testkit.Password); err != nil {
		t.Error(err)
	}
	// A statement that hangs is ended by the role's time-outs, which sessions of the pooler have.
	if got, err := db.StatementTimeout(ctx); err != nil || got != 20*time.Second {
		t.Errorf("sessions end statements after %v: %v", got, err)
	}
}

// checkOrganizationsApart has more read at once than there are sessions; each sees its own organization and nothing else.
func checkOrganizationsApart(ctx context.Context, t *testing.T, db *pg.DB, orgs []testkit.Org) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			own := orgs[i%len(orgs)]
			for n := range 30 {
				var id uuid.UUID
				var count int
				ask := func(tx *pg.Tenant) error {
					return tx.QueryRow(ctx, "select (array_agg(org_id))[1], count(distinct org_id) from websites").Scan(&id, &count)
				}
				var err error
				if who := db.As(access.System(own.ID, "test")); n%2 == 0 {
					err = ask(who)
				} else {
					err = who.Tx(ctx, ask)
				}
				if err != nil || id != own.ID || count != 1 {
					t.Errorf("%d organizations, one of them %v (own: %v): %v", count, id, id == own.ID, err)
					return
				}
			}
		})
	}
	all.Wait()
}
