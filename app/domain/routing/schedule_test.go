package routing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// The only process restarts while somebody waits: the next one knows nothing, and serves the line all the same.
func TestRestartServesQueue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	before := newInstance(t, 10*time.Second)
	p := newFixture(t, before, 1, 1)
	agent := p.agents[0]
	before.presence.Connect(agent)
	first, _ := p.startConversation(t, before, "First")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, before, first).State == conversation.Open })
	second, _ := p.startConversation(t, before, "Second")
	before.stop()
	after := newInstance(t, 10*time.Second)
	after.presence.Connect(agent)
	waitUntil(t, "the desk is noted", func() bool { return p.queryNumber(t, "select count(*) from presence") == 2 })
	if _, err := after.conversations.Close(ctx, agent, first); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the second is given", func() bool { return p.getConversation(t, after, second).Agent == agent.ID() })
}

// While no agent of an organization is connected, its queue costs nothing.
func TestNoRoundsWithoutAgents(t *testing.T) {
	t.Parallel()
	var rounds roundCounter
	i := newIdleInstance(t, time.Minute, &rounds)
	p := newFixture(t, i, 1, 5)
	p.startConversation(t, i, "Hello")
	waitUntil(t, "a round has run", func() bool { return rounds.n.Load() > 0 })
	if !rounds.end() {
		t.Error("rounds go on, though no agent of the organization is connected")
	}
}

// The queue of a closed group waits for the opening, though agents are online.
func TestNoRoundsForClosedGroup(t *testing.T) {
	t.Parallel()
	var rounds roundCounter
	i := newInstance(t, time.Minute, &rounds)
	p := newFixture(t, i, 1, 5)
	owner := p.As(access.Owner)
	today := time.Now().UTC()
	days := []string{today.Format(time.DateOnly), today.Add(24 * time.Hour).Format(time.DateOnly)}
	closed := group.Settings{Name: "Orders", Automatic: true, Hours: group.Hours{Zone: time.UTC, Holidays: days}}
	if err := i.groups.Update(context.Background(), owner, p.group, closed); err != nil {
		t.Fatal(err)
	}
	i.presence.Connect(p.agents[0])
	c, _ := p.startConversation(t, i, "Hello")
	waitUntil(t, "a round has run", func() bool { return rounds.n.Load() > 0 })
	if !rounds.end() || p.getConversation(t, i, c).State != conversation.Waiting {
		t.Error("rounds go on for a group that is closed")
	}
}

// Two groups overflow into each other, and a customer has used its capacity share: nothing is moved to and fro.
func TestMutualOverflowDoesNotLoop(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, i, 2, 5)
	owner := p.As(access.Owner)
	second, err := i.groups.Create(ctx, owner, "Second")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		i.groups.SetMember(ctx, owner, second, group.Member{ID: p.agents[1].ID(), IsMember: true, MaxChats: 5}),
		i.groups.SetMember(ctx, owner, p.group, group.Member{ID: p.agents[1].ID(), MaxChats: 5}),
		i.groups.Update(ctx, owner, p.group, group.Settings{Name: "Orders", Automatic: true, Overflow: second}),
		i.groups.Update(ctx, owner, second, group.Settings{Name: "Second", Automatic: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := i.groups.Update(ctx, owner, second, group.Settings{
		Name:      "Second",
		Automatic: true,
		Overflow:  p.group,
	}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a circle: %v", err)
	}
	for _, sql := range []string{
		"update customers set capacity_share = 1",
		"update groups set overflow_id = (select x.id from groups x where x.name = 'Orders') where name = 'Second'",
	} { // an old circle
		if _, err := testkit.DB(t).As(access.System(p.ID, "test")).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range p.agents {
		i.presence.Connect(a)
	}
	first, _ := p.startConversation(t, i, "First")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, i, first).State == conversation.Open })
	c, _ := p.startConversation(t, i, "Second")
	time.Sleep(time.Second)
	if n := p.queryNumber(t, "select count(*) from messages where conversation_id = $1", c); n != 1 {
		t.Errorf("%v messages in a conversation in which one was written", n)
	}
	// A conversation whose visitor has the reply does not wait for another when it is requeued.
	agent := access.User(p.ID, p.getConversation(t, i, first).Agent, access.Agent, uuid.Nil)
	if _, err := i.conversations.SendAsAgent(ctx, agent, first, uuid.New(), conversation.Text, "Answer"); err != nil {
		t.Fatal(err)
	}
	p.setStatus(t, i, agent, presence.Offline)
	if got := p.getConversation(t, i, first); !got.WaitingSince.IsZero() || got.State == conversation.Waiting && got.QueuedAt.IsZero() {
		t.Errorf("in line with its answer: %+v", got)
	}
}
