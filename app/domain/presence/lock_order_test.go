package presence_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// waitingForLocks counts the statements that wait for a lock in transactions that use conversations or agents.
const waitingForLocks = `select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
	where not l.granted and a.query not like '%pg_locks%'
	  and a.pid in (select pid from pg_locks where relation = 'conversations'::regclass or relation = 'agents'::regclass)`

// lockWaits returns a function that counts them for an organization, on connections of its own: those of the tests' pool are
// taken by the statements that wait.
func (p *fixture) lockWaits(t *testing.T) func() int {
	t.Helper()
	url, _ := testkit.DatabaseURLs(t)
	db, err := pg.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return func() (n int) {
		if err := db.As(access.System(p.ID, "test")).QueryRow(context.Background(), waitingForLocks).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
}

// An agent goes offline while a conversation is assigned to it in which somebody writes: the writer locks the conversation and
// then the agent, and nobody waits for the other in a circle.
func TestOfflineDuringMessageDoesNotDeadlock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, leave := range map[string]func(*instance, access.Actor) error{
		"by choice": func(i *instance, agent access.Actor) error {
			return i.presence.SetStatus(ctx, agent, presence.Offline, "")
		},
		"by loss": func(i *instance, agent access.Actor) error { return i.presence.LoseConnection(ctx, agent) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t, 10*time.Second)
			p := newFixture(t, 1)
			agent := p.agents[0]
			c := p.startConversation(t, i)
			i.presence.Abandon() // nothing else locks the agent
			p.setStatus(t, i, agent, presence.Online)
			left, wrote, waits := make(chan error, 1), make(chan error, 1), p.lockWaits(t)
			err := p.system(t).Tx(ctx, func(tx *pg.Tenant) error {
				if err := assignIn(tx, i, c, agent); err != nil {
					return err
				}
				go func() { left <- leave(i, agent) }()
				go func() { wrote <- p.write(t, c, agent) }()
				waitUntil(t, "both wait", func() bool { return waits() >= 2 })
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-left; err != nil {
				t.Errorf("leaving: %v", err)
			}
			if err := <-wrote; err != nil {
				t.Errorf("writing: %v", err)
			}
			if got := p.stateOf(t, i, c); got != conversation.Waiting {
				t.Errorf("the conversation is %s", got)
			}
		})
	}
}

// write changes a conversation and then its agent, as a reply does, with time between the two for others to lock the agent.
func (p *fixture) write(t *testing.T, c uuid.UUID, agent access.Actor) error {
	ctx := context.Background()
	return p.system(t).Tx(ctx, func(tx *pg.Tenant) error {
		if _, err := tx.Exec(ctx, "update conversations set last_text = 'Written' where id = $1", c); err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond)
		_, err := tx.Exec(ctx, "update agents set last_reply_at = now() where user_id = $1", agent.ID())
		return err
	})
}

// An agent goes offline while a conversation is being assigned to it: it is requeued with the others.
func TestOfflineDuringAssignment(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, 10*time.Second)
	p := newFixture(t, 1)
	agent := p.agents[0]
	first, second := p.startConversation(t, i), p.startConversation(t, i)
	i.presence.Abandon() // nothing else locks the agent
	p.setStatus(t, i, agent, presence.Online)
	p.assign(t, i, first, agent)
	left, waits := make(chan error, 1), p.lockWaits(t)
	err := testkit.DB(t).As(access.System(p.ID, "test")).Tx(ctx, func(tx *pg.Tenant) error {
		err := assignIn(tx, i, second, agent)
		go func() { left <- i.presence.SetStatus(ctx, agent, presence.Offline, "") }()
		waitUntil(t, "it waits", func() bool { return waits() >= 1 })
		return err
	})
	if err == nil {
		err = <-left
	}
	if a := p.availabilityOf(t, i, agent); err != nil || a.Status != presence.Offline || a.OpenChats != 0 {
		t.Errorf("offline by choice: %+v %v", a, err)
	}
	for _, c := range []uuid.UUID{first, second} {
		if got := p.stateOf(t, i, c); got != conversation.Waiting {
			t.Errorf("a conversation of an agent who is offline is %s", got)
		}
	}
}
