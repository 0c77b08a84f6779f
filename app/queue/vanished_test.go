package queue_test

import (
	"context"
	"testing"
	"time"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/pg"
	"parley/app/queue"
)

// A process vanishes while it holds the locks of several organizations' routing, in the middle of a transaction. Another
// organization's conversations are assigned at once, and theirs before long.
func TestVanishedProcessHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	url, _ := apptest.URLs(t)
	vanished, err := pg.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	i := newInstance(t, 10*time.Second)
	held := make([]*place, 5)
	end := make(chan struct{})
	for n := range held {
		held[n] = newPlace(t, i, 1, 1)
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
		p.status(t, i, p.agents[0], queue.Online)
	}
	free := newPlace(t, i, 1, 1)
	free.status(t, i, free.agents[0], queue.Online)
	for _, p := range held {
		p.begin(t, i, "Hello?")
	}
	c, _ := free.begin(t, i, "Hello?")
	until(t, "the other organization's is assigned", func() bool { return free.get(t, i, c).State == chat.Open })
	for _, p := range held {
		until(t, "those of the held ones are assigned", func() bool { return p.ask(t, "select count(*) from conversations where state = 'open'") == 1 })
	}
}
