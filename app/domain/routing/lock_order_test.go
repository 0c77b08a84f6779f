package routing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// An agent goes offline, by choice or by loss of its connection, while it is given a conversation in which somebody writes: who
// writes locks the conversation and then the agent, and nobody waits for the other in a circle.
func TestOfflineDuringMessageDoesNotDeadlock(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, leave := range map[string]func(*instance, access.Actor) error{
		"by choice": func(i *instance, agent access.Actor) error {
			return i.routing.SetStatus(ctx, agent, routing.Offline, "")
		},
		"by loss": func(i *instance, agent access.Actor) error { return i.routing.LoseConnection(ctx, agent) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t, 10*time.Second)
			p := newFixture(t, i, 1, 1)
			agent := p.agents[0]
			c, _ := p.startConversation(t, i, "Hello")
			i.routing.Abandon() // no rounds
			p.setStatus(t, i, agent, routing.Online)
			system := testkit.DB(t).As(access.System(p.ID, "test"))
			left, wrote := make(chan error, 1), make(chan error, 1)
			waiting := func(n float64) {
				t.Helper()
				waitUntil(t, "they wait", func() bool {
					return p.queryNumber(t, `select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid where not l.granted and a.query not like '%pg_locks%'
						and a.pid in (select pid from pg_locks where relation = 'conversations'::regclass or relation = 'agents'::regclass)`) >= n
				})
			}
			err := system.Tx(ctx, func(tx *pg.Tenant) error {
				_, err := i.conversations.Assign(ctx, tx, []conversation.Assignment{{Conversation: c, Agent: agent.ID()}}, conversation.ReasonRouting, uuid.Nil)
				if err != nil {
					return err
				}
				go func() { left <- leave(i, agent) }()
				go func() {
					wrote <- system.Tx(ctx, func(tx *pg.Tenant) error {
						if _, err := tx.Exec(ctx, "update conversations set last_text = 'Written' where id = $1", c); err != nil {
							return err
						}
						time.Sleep(300 * time.Millisecond) // the other one is at the agent by now
						_, err := tx.Exec(ctx, "update agents set last_reply_at = now() where user_id = $1", agent.ID())
						return err
					})
				}()
				waiting(2)
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
			if got := p.getConversation(t, i, c); got.State != conversation.Waiting {
				t.Errorf("the conversation is %s", got.State)
			}
		})
	}
}
