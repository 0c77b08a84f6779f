package team

import (
	"context"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// ChangeRole gives a team member another role and ends its sessions; customer is a reviewer's. Its conversations go
// back into their queues if it may not answer any more, and it leaves those in which it takes part.
func (s *Service) ChangeRole(ctx context.Context, actor access.Actor, user uuid.UUID, role access.Role, customer uuid.UUID) error {
	if err := actor.Require(access.TeamMemberChangeRole); err != nil {
		return err
	}
	leave := s.conversations.RemoveFromAll(ctx, user)
	if role.Can(access.ConversationReply) {
		return s.identity.ChangeRole(ctx, actor, user, role, customer, leave)
	}
	retry, requeue, publish := s.presence.PrepareTakeOffline(ctx, actor.Org(), user)
	err := retry(func() error {
		return s.identity.ChangeRole(ctx, actor, user, role, customer, requeue, leave)
	})
	if err == nil {
		publish()
	}
	return err
}

// LimitToCustomers limits a team member to customers and ends its sessions. Its conversations with other customers go
// back into their queues.
func (s *Service) LimitToCustomers(ctx context.Context, actor access.Actor, user uuid.UUID, customers []uuid.UUID) error {
	if len(customers) == 0 {
		return fail.Field("customers", "Select at least one customer, or choose “All customers”.")
	}
	return s.setCustomers(ctx, actor, user, customers)
}

// ServeAllCustomers lets a team member serve every customer, and ends its sessions.
func (s *Service) ServeAllCustomers(ctx context.Context, actor access.Actor, user uuid.UUID) error {
	return s.setCustomers(ctx, actor, user, nil)
}

func (s *Service) setCustomers(ctx context.Context, actor access.Actor, user uuid.UUID, customers []uuid.UUID) error {
	if err := actor.Require(access.TeamMemberSetCustomers); err != nil {
		return err
	}
	requeue, publish := s.conversations.RemoveFromUnservedCustomers(ctx, actor.Org(), user)
	err := s.identity.SetCustomers(ctx, actor, user, customers, requeue)
	if err == nil {
		publish()
	}
	return err
}
