package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/app/platform/access"
)

// LoadMonitor reads the live monitor.
func (s *Service) LoadMonitor(ctx context.Context, actor access.Actor) (routing.Monitor, error) {
	return s.routing.GetMonitor(ctx, actor)
}

// AssignmentHistory is which agents have had a conversation, and why.
type AssignmentHistory struct {
	Conversation conversation.Conversation
	Records      []routing.AssignmentRecord
}

// LoadAssignmentHistory reads which agents have had a conversation. It is for managers, because it tells how fast people work.
func (s *Service) LoadAssignmentHistory(ctx context.Context, actor access.Actor, id uuid.UUID) (h AssignmentHistory, err error) {
	if h.Conversation, err = s.conversations.Get(ctx, actor, id); err != nil {
		return h, err
	}
	h.Records, err = s.routing.ListAssignments(ctx, actor, id)
	return h, err
}
