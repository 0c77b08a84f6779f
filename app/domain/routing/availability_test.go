package routing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/domain/settings"
	"parley/app/platform/access"
)

// Conversations are assigned to agents who are online only, and requeued when they are away for long, offline or lost.
func TestAvailability(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, 300*time.Millisecond)
	p := newFixture(t, i, 2, 5)
	mia, tom := p.agents[0], p.agents[1]
	agentOf := func(c uuid.UUID) uuid.UUID { return p.getConversation(t, i, c).Agent }

	// No agent is online; then Mia's desk opens twice: two tabs count once.
	c, v := p.startConversation(t, i, "Hello")
	i.presence.Connect(mia)
	i.presence.Connect(mia)
	waitUntil(t, "Mia has it", func() bool { return agentOf(c) == mia.ID() })
	i.presence.Disconnect(mia)
	time.Sleep(500 * time.Millisecond)
	if a, err := i.presence.GetAvailability(ctx, mia); err != nil || a.Status != presence.Online || a.OpenChats != 1 {
		t.Errorf("one of two tabs closed: %+v, %v", a, err)
	}
	if _, err := i.conversations.SendAsAgent(ctx, mia, c, uuid.New(), conversation.Text, "Hello!"); err != nil {
		t.Fatal(err)
	}
	// The connection is lost: after the grace period the conversation waits, and Mia is preferred to others.
	i.presence.Disconnect(mia)
	waitUntil(t, "it waits again", func() bool { return p.getConversation(t, i, c).State == conversation.Waiting })
	if a, err := i.presence.GetAvailability(ctx, mia); err != nil || a.Status != presence.Offline || a.OpenChats != 0 {
		t.Errorf("after the loss: %+v, %v", a, err)
	}
	i.presence.Connect(mia)
	waitUntil(t, "Mia has it again", func() bool { return agentOf(c) == mia.ID() })
	// A short loss costs nothing.
	i.presence.Disconnect(mia)
	time.Sleep(50 * time.Millisecond)
	i.presence.Connect(mia)
	time.Sleep(500 * time.Millisecond)
	if got := p.getConversation(t, i, c); got.Agent != mia.ID() || got.StateReason != conversation.ReasonRouting {
		t.Errorf("after a short loss: %+v", got)
	}
	// Away: nothing new is assigned, and what she has is requeued after the time allowed.
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), settings.Routing{AwayRequeueAfter: time.Minute}); err != nil {
		t.Fatal(err)
	}
	p.setStatus(t, i, mia, presence.Away)
	c2, _ := p.startConversation(t, i, "Another")
	time.Sleep(300 * time.Millisecond)
	if got := p.getConversation(t, i, c2); got.State != conversation.Waiting {
		t.Errorf("given to somebody who is away: %+v", got)
	}
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), settings.Routing{}); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "she has given back", func() bool { return p.getConversation(t, i, c).State == conversation.Waiting })
	i.presence.Connect(tom)
	waitUntil(t, "Tom has both", func() bool { return agentOf(c) == tom.ID() && agentOf(c2) == tom.ID() })
	checkOfflineByChoice(t, i, p, tom, c, c2)
	// A visitor who returns goes to its former agent.
	p.setStatus(t, i, mia, presence.Online)
	if _, err := i.conversations.Close(ctx, tom, c); err != nil {
		t.Fatal(err)
	}
	if err := i.routing.UpdateSettings(ctx, p.As(access.Owner), settings.Routing{FormerAgentWindow: time.Hour}); err != nil {
		t.Fatal(err)
	}
	again, err := i.conversations.SendAsVisitor(ctx, v, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     "Once more",
		Customer: p.Customer,
		Group:    p.group,
	})
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "Tom has it once more", func() bool { return agentOf(again.Conversation) == tom.ID() })
}

// checkOfflineByChoice checks that an agent who chose to be offline stays so at the next desk, and that one who logged out does not.
// Tom has both conversations before, and the first of them after.
func checkOfflineByChoice(t *testing.T, i *instance, p *fixture, tom access.Actor, c, c2 uuid.UUID) {
	t.Helper()
	ctx := context.Background()
	// Offline by choice stays offline at the next desk; logging out does not.
	p.setStatus(t, i, tom, presence.Offline)
	waitUntil(t, "both wait", func() bool {
		return p.getConversation(t, i, c).State == conversation.Waiting && p.getConversation(t, i, c2).State == conversation.Waiting
	})
	i.presence.Connect(tom)
	time.Sleep(200 * time.Millisecond)
	if a, err := i.presence.GetAvailability(ctx, tom); err != nil || a.Status != presence.Offline {
		t.Errorf("offline by choice, at the next desk: %+v %v", a, err)
	}
	i.presence.Disconnect(tom) // one desk is left, and that is where he logs out
	if err := i.presence.GoOfflineAtLogout(ctx, tom); err != nil {
		t.Fatal(err)
	}
	i.presence.Connect(tom)
	waitUntil(t, "Tom has them again", func() bool { return p.getConversation(t, i, c).Agent == tom.ID() })
}

// A process dies without a word: its agents' conversations are requeued when its lease has run out.
func TestDeadInstanceReleasesConversations(t *testing.T) {
	t.Parallel()
	alive, dead := newInstance(t, time.Second), newInstance(t, time.Hour)
	p := newFixture(t, alive, 2, 5)
	dead.presence.Connect(p.agents[0])
	waitUntil(t, "the agent is online", func() bool {
		a, err := alive.presence.GetAvailability(context.Background(), p.agents[0])
		return err == nil && a.Status == presence.Online
	})
	c, _ := p.startConversation(t, dead, "Hello")
	waitUntil(t, "it is given", func() bool { return p.getConversation(t, alive, c).State == conversation.Open })
	dead.abandon()
	alive.presence.Connect(p.agents[1])
	waitUntil(t, "a colleague at another process has it", func() bool { return p.getConversation(t, alive, c).Agent == p.agents[1].ID() })
}
