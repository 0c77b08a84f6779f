package routing

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// VisibleQueues returns the queues that the actor may see and take from, as of now: those of the actor's groups, or all for
// those who may monitor.
func (s *Service) VisibleQueues(ctx context.Context, actor access.Actor) (conversation.QueueScope, error) {
	groups, err := s.groups.ListOf(ctx, actor)
	return conversation.QueueScope{Groups: groups, AllGroups: actor.CanFully(access.QueueRead)}, err
}

// Take assigns the actor a conversation of a visible queue: a chosen one, or for the zero id the next. It returns what
// conversation.Service.Take returns.
func (s *Service) Take(
	ctx context.Context, actor access.Actor, name string, conversationID uuid.UUID,
) (conversation.Conversation, error) {
	queues, err := s.VisibleQueues(ctx, actor)
	if err != nil {
		return conversation.Conversation{}, err
	}
	return s.conversations.Take(ctx, actor, name, conversationID, queues)
}

// SetGroupNames fills in the names of the conversations' groups, as group.Service.Name gives them.
func (s *Service) SetGroupNames(org uuid.UUID, list []conversation.Conversation) {
	if len(list) == 0 {
		return
	}
	s.groups.EnsureNames(org)
	for i := range list {
		list[i].GroupName = s.groups.Name(org, list[i].Group)
	}
}
