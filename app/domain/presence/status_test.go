package presence_test

import (
	"context"
	"testing"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

func TestOfflineByChoiceStaysOffline(t *testing.T) {
	t.Parallel()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 1)
	mia := p.agents[0]
	p.connect(t, i, mia)
	p.setStatus(t, i, mia, presence.Offline)
	p.connect(t, i, mia)
	if status := p.statusOf(t, i, mia); status != presence.Offline {
		t.Errorf("offline by choice, and %s when a desk opens", status)
	}
}

// A log-out is ignored while another desk is open, and the next desk that opens brings the agent online again.
func TestOfflineAtLogoutUntilNextDesk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 1)
	mia := p.agents[0]
	p.connect(t, i, mia)
	p.connect(t, i, mia)
	if err := i.presence.GoOfflineAtLogout(ctx, mia); err != nil || p.statusOf(t, i, mia) != presence.Online {
		t.Errorf("logged out at one of two desks: %s, %v", p.statusOf(t, i, mia), err)
	}
	i.presence.Disconnect(mia)
	if err := i.presence.GoOfflineAtLogout(ctx, mia); err != nil || p.statusOf(t, i, mia) != presence.Offline {
		t.Errorf("logged out at the last desk: %s, %v", p.statusOf(t, i, mia), err)
	}
	p.connect(t, i, mia)
	if status := p.statusOf(t, i, mia); status != presence.Online {
		t.Errorf("at the next desk: %s", status)
	}
}

func TestSetStatusChecksInput(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 1)
	mia := p.agents[0]
	if err := i.presence.SetStatus(ctx, mia, "asleep", ""); fail.KindOf(err) != fail.Invalid {
		t.Errorf("an unknown status: %v", err)
	}
	if err := i.presence.SetStatus(ctx, mia, presence.Away, "Lunch that lasts for much longer than fifty characters do"); err == nil {
		t.Error("a reason that is too long is stored")
	}
	if err := i.presence.SetStatus(ctx, mia, presence.Away, "Lunch"); err != nil || p.availabilityOf(t, i, mia).AwayReason != "Lunch" {
		t.Errorf("away with a reason: %+v %v", p.availabilityOf(t, i, mia), err)
	}
	if err := i.presence.SetStatus(ctx, mia, presence.Online, "Lunch"); err != nil || p.availabilityOf(t, i, mia).AwayReason != "" {
		t.Errorf("online with a reason: %+v %v", p.availabilityOf(t, i, mia), err)
	}
	if err := i.presence.SetStatus(ctx, p.As(access.Reviewer), presence.Online, ""); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a reviewer comes online: %v", err)
	}
}

// A manager takes an agent offline, alone or in a transaction of its own; the conversations wait when it has committed.
func TestTakeOfflineRequeues(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 2)
	mia, tom := p.agents[0], p.agents[1]
	c := p.startConversation(t, i)
	p.connect(t, i, mia)
	p.assign(t, i, c, mia)
	if err := i.presence.TakeOffline(ctx, tom, mia.ID()); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("by an agent: %v", err)
	}
	retry, apply, publish := i.presence.PrepareTakeOffline(ctx, p.ID, mia.ID())
	err := retry(func() error {
		return p.system(t).Tx(ctx, func(tx *pg.Tenant) error {
			if err := apply(tx); err != nil {
				return err
			}
			if state := p.stateOf(t, i, c); state != conversation.Open {
				t.Errorf("before the commit the conversation is %s", state)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	publish()
	if state := p.stateOf(t, i, c); state != conversation.Waiting || p.statusOf(t, i, mia) != presence.Offline {
		t.Errorf("taken offline: the agent is %s, the conversation %s", p.statusOf(t, i, mia), state)
	}
	p.connect(t, i, tom)
	p.assign(t, i, c, tom)
	if err := i.presence.TakeOffline(ctx, p.As(access.Manager), tom.ID()); err != nil || p.stateOf(t, i, c) != conversation.Waiting {
		t.Errorf("by a manager: %s %v", p.stateOf(t, i, c), err)
	}
	if err := i.presence.TakeOffline(ctx, p.As(access.Manager), p.Visitor().ID()); fail.KindOf(err) != fail.NotFound {
		t.Errorf("a user who is none: %v", err)
	}
}

// An agent who was found to be unresponsive gets conversations again when the desk was used.
func TestConfirmPresence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	i := newInstance(t, time.Minute)
	p := newFixture(t, 1)
	mia := p.agents[0]
	p.connect(t, i, mia)
	if _, err := p.system(t).Exec(ctx, "update agents set unresponsive_since = now() where user_id = $1", mia.ID()); err != nil {
		t.Fatal(err)
	}
	if !p.availabilityOf(t, i, mia).Unresponsive {
		t.Fatal("the agent is responsive")
	}
	if err := i.presence.ConfirmPresence(ctx, mia); err != nil || p.availabilityOf(t, i, mia).Unresponsive {
		t.Errorf("after a sign of presence: %+v %v", p.availabilityOf(t, i, mia), err)
	}
}
