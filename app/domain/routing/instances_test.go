package routing_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// Three processes, conversations without end, agents who answer, close, pick, transfer, come and go, and processes that die: no
// agent ever has more than allowed, no conversation two agents, and none is forgotten.
func TestInvariantsOfThreeInstances(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var mu sync.Mutex
	running := []*instance{newInstance(t, time.Second), newInstance(t, time.Second), newInstance(t, time.Second)}
	p := newFixture(t, running[0], 6, 3)
	system := testkit.DB(t).As(access.System(p.ID, "test"))
	any := func() *instance {
		mu.Lock()
		defer mu.Unlock()
		return running[rand.IntN(3)]
	}
	for n, a := range p.agents {
		running[n%3].presence.Connect(a)
	}
	stop := make(chan struct{})
	var players sync.WaitGroup
	play := func(every time.Duration, act func()) {
		players.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(rand.ExpFloat64() * float64(every))):
					act()
				}
			}
		})
	}
	fine := func(what string, err error) {
		var e *fail.Error
		if err != nil && !errors.As(err, &e) && !pg.IsOverCapacity(err) && !strings.Contains(err.Error(), "PAR01") {
			t.Errorf("%s: %v", what, err)
		}
	}
	begun := 0
	play(12*time.Millisecond, func() {
		p.startConversation(t, any(), "Hello")
		mu.Lock()
		begun++
		mu.Unlock()
	})
	own := func(a access.Actor) uuid.UUID {
		return chooseOpen(ctx, t, system, a)
	}
	playAgents(ctx, p, any, play, fine, own)
	play(150*time.Millisecond, func() { // a supervisor assigns
		c := own(p.agents[rand.IntN(6)])
		if c != uuid.Nil {
			_, err := any().routing.Assign(ctx, p.As(access.Supervisor), c, p.agents[rand.IntN(6)].ID())
			fine("hand", err)
		}
	})
	play(700*time.Millisecond, func() { // a process dies, another starts
		n := rand.IntN(3)
		fresh := newInstance(t, time.Second)
		mu.Lock()
		gone := running[n]
		running[n] = fresh
		mu.Unlock()
		gone.abandon()
	})
	play(10*time.Millisecond, func() { // at any time
		checkMaxChats(t, p)
	})
	time.Sleep(6 * time.Second)
	close(stop)
	players.Wait()
	checkInvariants(t, p)
	// No conversation is forgotten: with all agents online and nothing new, the queue empties.
	if _, err := system.Exec(ctx, "update conversations set offered_until = now() where offered_until is not null"); err != nil {
		// nobody waits a minute here
		t.Fatal(err)
	}
	emptyQueue(ctx, t, p, any, fine, own)
	t.Logf("%d conversations, %v assignments, %v by the rule", begun,
		p.queryNumber(t, "select count(*) from assignments"),
		p.queryNumber(t, "select count(*) from assignments where method = 'routing'"))
}

// chooseOpen returns one of an agent's open conversations, by chance; uuid.Nil if there is none.
func chooseOpen(ctx context.Context, t *testing.T, system *pg.Tenant, a access.Actor) (id uuid.UUID) {
	t.Helper()
	err := system.QueryRow(ctx,
		"select id from conversations where state = 'open' and agent_id = $1 order by random() limit 1", a.ID()).Scan(&id)
	if err != nil && !pg.IsNoRows(err) {
		t.Error(err)
	}
	return id
}

// checkInvariants checks what is always true of the stored conversations and assignments.
func checkInvariants(t *testing.T, p *fixture) {
	t.Helper()
	for _, check := range []struct{ what, sql string }{
		{"agents whose number of conversations is wrong", "select count(*) from agents a where open_chats <> (select count(*) from conversations c where c.agent_id = a.user_id and c.state = 'open')"},
		{"conversations with two agents at a time", "select count(*) from (select conversation_id from assignments where ended_at is null group by conversation_id having count(*) > 1) x"},
		{"open conversations without an assignment", "select count(*) from conversations c where state = 'open' and not exists (select from assignments a where a.conversation_id = c.id and a.agent_id = c.agent_id and a.ended_at is null)"},
		{"assignments that last though the conversation does not", "select count(*) from assignments a join conversations c on c.id = a.conversation_id where a.ended_at is null and (c.state <> 'open' or c.agent_id <> a.agent_id)"},
		{"messages out of number", "select count(*) from (select conversation_id from messages group by conversation_id having count(*) <> max(seq)) x"},
		{"routing's assignments without reasons", "select count(*) from assignments where method = 'routing' and explanation is null"},
	} {
		if n := p.queryNumber(t, check.sql); n != 0 {
			t.Errorf("%v %s", n, check.what)
		}
	}
}

// emptyQueue checks that the queue empties with all agents online and nothing new.
func emptyQueue(ctx context.Context, t *testing.T, p *fixture, any func() *instance, fine func(what string, err error), own func(a access.Actor) (id uuid.UUID)) {
	t.Helper()
	last := any()
	for _, a := range p.agents {
		last.presence.Connect(a)
		p.setStatus(t, last, a, presence.Online)
	}
	waitUntil(t, "the line is empty", func() bool {
		for _, a := range p.agents {
			if c := own(a); c != uuid.Nil {
				_, err := last.conversations.Close(ctx, a, c)
				fine("close", err)
			}
		}
		return p.queryNumber(t, "select count(*) from conversations where state = 'waiting'") == 0
	})
}

// playAgents has each agent answer, close, transfer, take and change its status at random.
func playAgents(ctx context.Context, p *fixture, any func() *instance, play func(every time.Duration, act func()), fine func(what string, err error), own func(a access.Actor) (id uuid.UUID)) {
	for _, a := range p.agents {
		play(30*time.Millisecond, func() {
			i, c := any(), own(a)
			if c == uuid.Nil {
				return
			}
			switch rand.IntN(8) {
			case 0, 1, 2:
				_, err := i.conversations.SendAsAgent(ctx, a, c, uuid.New(), conversation.Text, "Answer")
				fine("answer", err)
			case 3, 4, 5:
				_, err := i.conversations.Close(ctx, a, c)
				fine("close", err)
			case 6:
				fine("transfer", i.routing.Transfer(ctx, a, "A", c, p.group, uuid.Nil, ""))
			case 7:
				fine("offer", i.routing.Transfer(ctx, a, "A", c, uuid.Nil, p.agents[rand.IntN(6)].ID(), ""))
			}
		})
		play(25*time.Millisecond, func() { // besides what is assigned automatically
			_, err := any().routing.Take(ctx, a, "A", uuid.Nil)
			fine("take", err)
		})
		play(400*time.Millisecond, func() {
			fine("status",
				any().presence.SetStatus(ctx, a,
					[]presence.Status{presence.Online, presence.Online, presence.Away, presence.Offline}[rand.IntN(4)],
					""))
		})
	}
}

// checkMaxChats checks that no agent has more conversations than allowed, as counted and as assigned.
func checkMaxChats(t *testing.T, p *fixture) {
	t.Helper()
	if n := p.queryNumber(t, "select count(*) from agents where open_chats > max_chats"); n > 0 {
		t.Errorf("%v agents have more than allowed", n)
	}
	if n := p.queryNumber(t,
		"select count(*) from (select agent_id from conversations where state = 'open' group by agent_id having count(*) > "+
			"(select max_chats from agents a where a.user_id = agent_id)) x"); n > 0 {
		t.Errorf("%v agents really have more than allowed", n)
	}
}
