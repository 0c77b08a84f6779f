package presence

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence/internal/presencedb"
	"parley/app/platform/access"
	"parley/app/platform/pg"
)

// storeConnected stores that an agent has a desk here. It tries until it succeeds or the desk is gone.
func (s *Service) storeConnected(actor access.Actor, agent *connectedAgent) {
	agent.storing.Lock()
	defer agent.storing.Unlock()
	for try := 1; ; try++ {
		s.connections.mu.Lock()
		gone := agent.desks == 0 && agent.graceTimer == nil || s.connections.closed
		s.connections.mu.Unlock()
		if gone {
			return
		}
		err := s.tryStoreConnected(actor)
		if err == nil {
			return
		}
		slog.Warn("an agent comes online", "user", actor.ID(), "error", err)
		time.Sleep(time.Duration(min(try, 10)) * 300 * time.Millisecond)
	}
}

func (s *Service) tryStoreConnected(actor access.Actor) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.connections.renew(ctx, onlyIfDue); err != nil {
		return err
	}
	t, err := s.db.Authorize(actor, access.PresenceSet)
	if err != nil {
		return err
	}
	var now presencedb.SetAgentOnlineRow
	var added int64
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := presencedb.New(tx)
		desk := presencedb.AddPresenceParams{UserID: actor.ID(), Instance: s.connections.instance}
		if added, err = q.AddPresence(ctx, desk); err != nil {
			return err
		}
		now, err = q.SetAgentOnline(ctx, actor.ID())
		return err
	})
	switch {
	case err != nil:
	case now.Changed:
		s.publishAvailability(actor.Org(), actor.ID())
	case added > 0: // the process that the agent was at before may have died with what it was about to do
		s.notify(actor.Org())
	}
	return err
}

// storeDisconnected stores that an agent's desks in a process are closed, and reports whether it could. It tries five times.
func (s *Service) storeDisconnected(org, user, instance uuid.UUID) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for try := range 5 {
		err := s.tryStoreDisconnected(ctx, org, user, instance)
		if err == nil {
			return true
		}
		slog.Warn("an agent's connection is lost", "user", user, "error", err)
		time.Sleep(time.Duration(try+1) * 500 * time.Millisecond)
	}
	return false
}

func (s *Service) tryStoreDisconnected(ctx context.Context, org, user, instance uuid.UUID) error {
	var posted []conversation.MessageEvent
	offline, open := false, newLockedConversations(user)
	system := s.db.As(access.System(org, "an agent's connection is lost"))
	err := open.retry(func() error {
		return system.Tx(ctx, func(tx *pg.Tenant) (err error) {
			offline, posted, err = s.disconnect(ctx, tx, open, instance)
			return err
		})
	})
	if err == nil && offline {
		s.conversations.PublishAll(ctx, org, posted)
		s.publishAvailability(org, user)
	}
	return err
}

// disconnect removes an agent's presence in a process. An agent without presence in another one is offline, and the
// conversations are requeued.
func (s *Service) disconnect(
	ctx context.Context, tx *pg.Tenant, open *lockedConversations, instance uuid.UUID,
) (offline bool, posted []conversation.MessageEvent, err error) {
	q := presencedb.New(tx)
	desk := presencedb.RemovePresenceParams{UserID: open.agent, Instance: instance}
	if err := q.RemovePresence(ctx, desk); err != nil {
		return false, nil, err
	}
	if err := open.lock(ctx, q); err != nil {
		return false, nil, err
	}
	a, err := q.LockAgent(ctx, open.agent)
	if err != nil {
		return false, nil, err
	}
	elsewhere, err := q.HasPresence(ctx, open.agent)
	if err != nil || elsewhere || a.Status == string(Offline) && len(open.ids) == 0 && a.OpenChats == 0 {
		return false, nil, err
	}
	if err := open.verify(ctx, q); err != nil {
		return false, nil, err
	}
	status := presencedb.SetAgentStatusParams{UserID: open.agent, Status: string(Offline)}
	if _, err := q.SetAgentStatus(ctx, status); err != nil {
		return false, nil, err
	}
	posted, err = s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{
		Agent:       open.agent,
		Reason:      conversation.ReasonConnectionLost,
		WasAssigned: true,
	})
	return true, posted, err
}
