package team

import (
	"context"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// Disable ends a team member's log-in and its sessions. Its conversations go back into their queues, where others see them.
func (s *Service) Disable(ctx context.Context, actor access.Actor, user uuid.UUID) error {
	if err := actor.Require(access.TeamMemberDisable); err != nil {
		return err
	}
	retry, requeue, publish := s.presence.PrepareTakeOffline(ctx, actor.Org(), user)
	err := retry(func() error {
		return s.identity.DisableMember(ctx, actor, user, requeue, s.conversations.RemoveFromAll(ctx, user))
	})
	if err == nil {
		publish()
	}
	return err
}

// LogOut is to be called before the actor's session ends. An agent goes offline, unless another of its desks is open, and gets no more
// notifications.
func (s *Service) LogOut(ctx context.Context, actor access.Actor) error {
	if !actor.Can(access.PresenceSet) {
		return nil
	}
	if err := s.presence.GoOfflineAtLogout(ctx, actor); err != nil {
		return err
	}
	return s.identity.UnsubscribeAllPush(ctx, actor)
}
