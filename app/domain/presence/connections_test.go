package presence_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/bus"
)

// The desks of one agent count once; after the last one has closed, the agent is offline and its conversations are queued.
func TestLastDeskBringsOfflineAfterGracePeriod(t *testing.T) {
	t.Parallel()
	i := newInstance(t, 300*time.Millisecond)
	p := newFixture(t, 1)
	mia := p.agents[0]
	i.presence.Connect(mia)
	i.presence.Connect(mia)
	waitUntil(t, "Mia is online", func() bool { return p.statusOf(t, i, mia) == presence.Online })
	c := p.startConversation(t, i)
	p.assign(t, i, c, mia)
	i.presence.Disconnect(mia)
	time.Sleep(500 * time.Millisecond)
	if a := p.availabilityOf(t, i, mia); a.Status != presence.Online || a.OpenChats != 1 {
		t.Errorf("one of two desks closed: %+v", a)
	}
	i.presence.Disconnect(mia)
	waitUntil(t, "Mia is offline", func() bool { return p.statusOf(t, i, mia) == presence.Offline })
	if state := p.stateOf(t, i, c); state != conversation.Waiting {
		t.Errorf("the conversation of an agent who is offline is %s", state)
	}
	if n := p.queryNumber(t, "select count(*) from presence"); n != 0 || i.presence.HasAgents(p.ID) {
		t.Errorf("%v desks are stored", n)
	}
}

// A desk that opens again within the grace period changes nothing.
func TestShortLossChangesNothing(t *testing.T) {
	t.Parallel()
	i := newInstance(t, 300*time.Millisecond)
	p := newFixture(t, 1)
	mia := p.agents[0]
	i.presence.Connect(mia)
	waitUntil(t, "Mia is online", func() bool { return p.statusOf(t, i, mia) == presence.Online })
	c := p.startConversation(t, i)
	p.assign(t, i, c, mia)
	i.presence.Disconnect(mia)
	i.presence.Connect(mia)
	time.Sleep(500 * time.Millisecond)
	if a := p.availabilityOf(t, i, mia); a.Status != presence.Online || a.OpenChats != 1 {
		t.Errorf("after a short loss: %+v", a)
	}
}

// A process that dies without a word: its agents are offline when its lease has run out, and their conversations wait.
func TestDeadInstanceBringsAgentsOffline(t *testing.T) {
	t.Parallel()
	alive, dead := newInstance(t, time.Second), newInstance(t, time.Hour)
	p := newFixture(t, 1)
	mia := p.agents[0]
	dead.presence.Connect(mia)
	waitUntil(t, "Mia is online", func() bool { return p.statusOf(t, alive, mia) == presence.Online })
	c := p.startConversation(t, alive)
	p.assign(t, alive, c, mia)
	dead.presence.Abandon()
	waitUntil(t, "the conversation waits", func() bool { return p.stateOf(t, alive, c) == conversation.Waiting })
	if status := p.statusOf(t, alive, mia); status != presence.Offline {
		t.Errorf("the agent of a dead process is %s", status)
	}
}

// A process that was silent for longer than its lease, and lives: its agents come online again.
func TestStalledInstanceRecoversPresence(t *testing.T) {
	t.Parallel()
	quick, slow := newInstance(t, 10*time.Second), newInstance(t, 10*time.Second)
	p := newFixture(t, 2)
	quick.presence.Connect(p.agents[0])
	slow.presence.Connect(p.agents[1])
	status := func(n int) presence.Status { return p.statusOf(t, quick, p.agents[n]) }
	waitUntil(t, "both are online", func() bool { return status(0) == presence.Online && status(1) == presence.Online })
	slow.presence.StallHeartbeat(4 * time.Second)
	waitUntil(t, "it is taken for dead", func() bool { return status(1) == presence.Offline })
	waitUntil(t, "its agent is online again", func() bool { return status(1) == presence.Online })
	time.Sleep(3 * time.Second)
	if status(0) != presence.Online || status(1) != presence.Online || p.queryNumber(t, "select count(*) from presence") != 2 {
		t.Errorf("afterwards: %s, %s", status(0), status(1))
	}
}

// Subscribers are called after what publishes events, and also when only the process of an agent has changed.
func TestSubscribersHearOfChanges(t *testing.T) {
	t.Parallel()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 1)
	mia := p.agents[0]
	var changes atomic.Int64
	i.presence.Subscribe(func(org uuid.UUID) {
		if org == p.ID {
			changes.Add(1)
		}
	})
	published := make(availabilityEvents, 100)
	i.bus.Subscribe(published)
	i.presence.Connect(mia)
	waitUntil(t, "the subscriber is called", func() bool { return changes.Load() == 1 })
	if e := <-published; e.User != mia.ID() || e.Org != p.ID {
		t.Errorf("published: %+v", e)
	}
	other := newInstance(t, time.Minute)
	var elsewhere atomic.Int64
	other.presence.Subscribe(func(uuid.UUID) { elsewhere.Add(1) })
	other.presence.Connect(mia) // is online already
	waitUntil(t, "the subscriber of the other process is called", func() bool { return elsewhere.Load() == 1 })
}

// availabilityEvents are the events of bus.Availability.
type availabilityEvents chan bus.Event

func (c availabilityEvents) HandleEvents(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Availability {
			c <- e
		}
	}
}

func (availabilityEvents) Resync(uuid.UUID) {}

// An organization sees and changes its own agents only.
func TestPresenceOfOtherOrganizations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p, other := newFixture(t, 1), newFixture(t, 1)
	p.connect(t, i, p.agents[0])
	if err := i.presence.TakeOffline(ctx, other.As(access.Owner), p.agents[0].ID()); err == nil {
		t.Error("the owner of another organization takes an agent offline")
	}
	forged := access.User(other.ID, p.agents[0].ID(), access.Agent, uuid.Nil)
	if _, err := i.presence.GetAvailability(ctx, forged); err == nil {
		t.Error("another organization reads an agent's availability")
	}
	if status := p.statusOf(t, i, p.agents[0]); status != presence.Online {
		t.Errorf("the agent is %s", status)
	}
}
