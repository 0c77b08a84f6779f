package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/routing"
	"parley/app/platform/access"
)

// TransferTargets are to whom a conversation can be transferred.
type TransferTargets struct {
	Conversation uuid.UUID
	TeamMembers  []routing.Teammate
	Groups       []group.Ref
}

// LoadTransferTargets reads to whom a conversation can be transferred. fail.NotFound if the actor does not see it.
func (s *Service) LoadTransferTargets(ctx context.Context, actor access.Actor, id uuid.UUID) (t TransferTargets, err error) {
	c, err := s.conversations.Get(ctx, actor, id)
	if err != nil {
		return t, err
	}
	t.Conversation = id
	t.TeamMembers, t.Groups, err = s.routing.ListTransferTargets(ctx, actor, c.Customer)
	return t, err
}
