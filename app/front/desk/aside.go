package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// Aside is the column beside the panes: what is known around a conversation.
type Aside struct {
	Conversation conversation.Conversation
	conversation.Details
	AllTags         []conversation.Tag // of the organization
	ModelConfigured bool               // there is a language model

	CanBlock  bool // the reader may block the visitor
	IsBlocked bool // known only if CanBlock
}

// LoadAside reads what is known around a conversation. fail.NotFound if the actor does not see it.
func (s *Service) LoadAside(ctx context.Context, actor access.Actor, id uuid.UUID) (a Aside, err error) {
	if a, err = s.LoadAsideVisitor(ctx, actor, id); err != nil {
		return a, err
	}
	if a.AllTags, err = s.conversations.Tags(ctx, actor); err != nil {
		return a, err
	}
	if a.CanBlock {
		if a.IsBlocked, err = s.visitors.IsBlocked(ctx, actor, a.Conversation.Visitor); err != nil {
			return a, err
		}
	}
	a.ModelConfigured, err = s.assist.HasModel(ctx, actor)
	return a, err
}

// LoadAsideVisitor reads the part of an Aside that changes while the visitor goes from page to page: its Details.
func (s *Service) LoadAsideVisitor(ctx context.Context, actor access.Actor, id uuid.UUID) (a Aside, err error) {
	if a.Conversation, err = s.conversations.Get(ctx, actor, id); err != nil {
		return a, err
	}
	a.CanBlock = actor.Can(access.BlockCreate)
	a.Details, err = s.conversations.GetDetails(ctx, actor, id)
	return a, err
}

// EarlierConversation is another conversation of the same visitor.
type EarlierConversation struct {
	Conversation uuid.UUID
	Messages     []conversation.Message
}

// LoadEarlier reads another conversation of the visitor of a conversation.
func (s *Service) LoadEarlier(ctx context.Context, actor access.Actor, id, other uuid.UUID) (EarlierConversation, error) {
	messages, err := s.conversations.PreviousThread(ctx, actor, id, other)
	return EarlierConversation{Conversation: other, Messages: messages}, err
}
