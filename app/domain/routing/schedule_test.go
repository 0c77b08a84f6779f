package routing_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// The only process restarts while somebody waits: the next one knows nothing, and serves the line all the same.
func TestRestartServesQueue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	before := newInstance(t, 10*time.Second)
	p := newFixture(t, before, 1, 1)
	agent := p.agents[0]
	before.routing.Connect(agent)
	first, _ := p.startConversation(t, before, "First")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, before, first).State == conversation.Open })
	second, _ := p.startConversation(t, before, "Second")
	before.stop()
	after := newInstance(t, 10*time.Second)
	after.routing.Connect(agent)
	waitUntil(t, "the desk is noted", func() bool { return p.queryNumber(t, "select count(*) from presence") == 2 })
	if _, err := after.conversations.Close(ctx, agent, first); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the second is given", func() bool { return p.getConversation(t, after, second).Agent == agent.ID() })
}

// A process that was silent for longer than its lease, and lives: who sits there is not gone.
func TestStalledInstanceRecoversPresence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	quick, slow := newInstance(t, 10*time.Second), newInstance(t, 10*time.Second)
	p := newFixture(t, quick, 2, 1)
	quick.routing.Connect(p.agents[0])
	slow.routing.Connect(p.agents[1])
	status := func(n int) routing.Status {
		a, err := quick.routing.GetAvailability(ctx, p.agents[n])
		if err != nil {
			t.Fatal(err)
		}
		return a.Status
	}
	waitUntil(t, "both are online", func() bool { return status(0) == routing.Online && status(1) == routing.Online })
	slow.routing.StallHeartbeat(4 * time.Second)
	waitUntil(t, "it is taken for gone", func() bool { return status(1) == routing.Offline })
	waitUntil(t, "it is there again", func() bool { return status(1) == routing.Online })
	time.Sleep(3 * time.Second)
	if status(0) != routing.Online || status(1) != routing.Online || p.queryNumber(t, "select count(*) from presence") != 2 {
		t.Errorf("afterwards: %s, %s", status(0), status(1))
	}
}

// Going offline while a round is just giving: what is given meanwhile goes back with the rest.
func TestOfflineDuringAssignment(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, 10*time.Second)
	p := newFixture(t, i, 1, 1)
	agent := p.agents[0]
	c, _ := p.startConversation(t, i, "Hello")
	i.routing.Abandon() // no rounds but the one below
	p.setStatus(t, i, agent, routing.Online)
	done := make(chan error, 1)
	err := testkit.DB(t).As(access.System(p.ID, "test")).Tx(ctx, func(tx *pg.Tenant) error {
		_, err := i.conversations.Assign(ctx, tx, []conversation.Assignment{{Conversation: c, Agent: agent.ID()}}, conversation.ReasonRouting, uuid.Nil)
		go func() { done <- i.routing.SetStatus(ctx, agent, routing.Offline, "") }()
		time.Sleep(200 * time.Millisecond)
		return err
	})
	if err == nil {
		err = <-done
	}
	if a, mine := i.routing.GetAvailability(ctx, agent); err != nil || mine != nil || a.Status != routing.Offline || a.OpenChats != 0 {
		t.Errorf("offline by choice: %+v %v %v", a, err, mine)
	}
}

// While nobody is there who could come to take it, a line costs nothing.
func TestNoRoundsWithoutAgents(t *testing.T) {
	t.Parallel()
	b := bus.New(nil)
	chats := conversation.New(testkit.DB(t), b, conversation.Options{Alongside: []conversation.Alongside{routing.LearnAlongside}})
	r := routing.New(testkit.DB(t), b, chats)
	var rounds atomic.Int64
	r.OnRound = func(routing.Round) { rounds.Add(1) }
	i := &instance{conversations: chats, routing: r}
	p := newFixture(t, i, 1, 5)
	p.startConversation(t, i, "Hello")
	waitUntil(t, "it was looked at", func() bool { return rounds.Load() > 0 })
	time.Sleep(4 * time.Second) // the bell of the line itself is looked after once
	before := rounds.Load()
	time.Sleep(7 * time.Second)
	if n := rounds.Load() - before; n > 0 {
		t.Errorf("%d rounds in seven seconds, though nobody of the organization is there", n)
	}
}

// A line of a closed group waits for the hour, though agents sit there.
func TestNoRoundsForClosedGroup(t *testing.T) {
	t.Parallel()
	i := newInstance(t, time.Minute)
	var rounds atomic.Int64
	i.routing.OnRound = func(routing.Round) { rounds.Add(1) }
	p := newFixture(t, i, 1, 5)
	owner := p.As(access.Owner)
	today := time.Now().UTC()
	closed := routing.Settings{Name: "Orders", Automatic: true, Hours: group.Hours{Zone: time.UTC, Holidays: []string{today.Format(time.DateOnly), today.Add(24 * time.Hour).Format(time.DateOnly)}}}
	if err := i.routing.UpdateGroup(context.Background(), owner, p.group, closed); err != nil {
		t.Fatal(err)
	}
	i.routing.Connect(p.agents[0])
	c, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "it was looked at", func() bool { return rounds.Load() > 0 })
	time.Sleep(4 * time.Second) // the bells of the desk and of the line are looked after once
	before := rounds.Load()
	time.Sleep(7 * time.Second)
	if n := rounds.Load() - before; n > 0 || p.getConversation(t, i, c).State != conversation.Waiting {
		t.Errorf("%d rounds in seven seconds for a group that is closed", n)
	}
}

// Two groups that take over from each other, and a customer that has all of its share: nothing goes to and fro.
func TestMutualOverflowDoesNotLoop(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 2, 5)
	owner := p.As(access.Owner)
	second, err := i.routing.CreateGroup(ctx, owner, "Second")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		i.routing.SetMember(ctx, owner, second, routing.Member{ID: p.agents[1].ID(), IsMember: true, MaxChats: 5}),
		i.routing.SetMember(ctx, owner, p.group, routing.Member{ID: p.agents[1].ID(), MaxChats: 5}),
		i.routing.UpdateGroup(ctx, owner, p.group, routing.Settings{Name: "Orders", Automatic: true, Overflow: second}),
		i.routing.UpdateGroup(ctx, owner, second, routing.Settings{Name: "Second", Automatic: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := i.routing.UpdateGroup(ctx, owner, second, routing.Settings{Name: "Second", Automatic: true, Overflow: p.group}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a circle: %v", err)
	}
	for _, sql := range []string{"update customers set capacity_share = 1", "update groups set overflow_id = (select x.id from groups x where x.name = 'Orders') where name = 'Second'"} { // an old circle
		if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range p.agents {
		i.routing.Connect(a)
	}
	first, _ := p.startConversation(t, i, "First")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, first).State == conversation.Open })
	c, _ := p.startConversation(t, i, "Second")
	time.Sleep(time.Second)
	if n := p.queryNumber(t, "select count(*) from messages where conversation_id = $1", c); n != 1 {
		t.Errorf("%v messages in a conversation in which one was written", n)
	}
	// Who has the answer does not wait for another when it goes back into the line.
	agent := access.User(p.ID, p.getConversation(t, i, first).Agent, access.Agent, uuid.Nil)
	if _, err := i.conversations.SendAsAgent(ctx, agent, first, uuid.New(), conversation.Text, "Answer"); err != nil {
		t.Fatal(err)
	}
	p.setStatus(t, i, agent, routing.Offline)
	if got := p.getConversation(t, i, first); !got.WaitingSince.IsZero() || got.State == conversation.Waiting && got.QueuedAt.IsZero() {
		t.Errorf("in line with its answer: %+v", got)
	}
}
