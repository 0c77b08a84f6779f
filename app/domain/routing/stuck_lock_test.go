package routing_test

import (
	"context"
	"testing"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// A process vanishes while it holds the locks of several organizations' routing, in the middle of a transaction. Another
// organization's conversations are assigned at once, and theirs before long.
func TestStuckLockDelaysNoOtherOrganization(t *testing.T) {
	t.Parallel()
	url, _ := testkit.DatabaseURLs(t)
	vanished, err := pg.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	i := newInstance(t, 10*time.Second)
	held := make([]*fixture, 5)
	end := make(chan struct{})
	for n := range held {
		held[n] = newFixture(t, i, 1, 1)
		holds := make(chan error)
		go vanished.As(access.System(held[n].ID, "test")).Tx(context.Background(), func(tx *pg.Tenant) error {
			_, err := tx.Exec(context.Background(), "select pg_advisory_xact_lock(7201, hashtext(app.org_id()::text))")
			holds <- err
			<-end
			return err
		})
		if err := <-holds; err != nil {
			t.Fatal(err)
		}
	}
	defer vanished.Close()
	defer close(end)
	for _, p := range held {
		p.setStatus(t, i, p.agents[0], presence.Online)
	}
	free := newFixture(t, i, 1, 1)
	free.setStatus(t, i, free.agents[0], presence.Online)
	for _, p := range held {
		p.startConversation(t, i, "Hello?")
	}
	c, _ := free.startConversation(t, i, "Hello?")
	waitUntil(t, "the other organization's is assigned", func() bool { return free.getConversation(t, i, c).State == conversation.Open })
	for _, p := range held {
		waitUntil(t, "those of the held ones are assigned", func() bool {
			return p.queryNumber(t, "select count(*) from conversations where state = 'open'") == 1
		})
	}
}
