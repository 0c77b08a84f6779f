package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// Pane is a conversation side by side with others.
type Pane struct {
	conversation.Conversation
	Viewer         uuid.UUID // whose desk it is on
	Visibility     Visibility
	Participants   []conversation.Participant
	Messages       []conversation.Message // the newest ones, in order
	Suggestions    Suggestions
	VisitorReadSeq int  // up to which message the visitor has read; 0: not known
	Light          bool // it shows only the visitor and the state; the rest is loaded when it comes into view
}

// Row returns the pane's conversation as a row of the lists.
func (p Pane) Row() Row { return Row{p.Conversation, p.Visibility} }

// LoadPane reads a conversation's pane on an agent's desk. fail.NotFound if the agent does not see it.
func (s *Service) LoadPane(ctx context.Context, actor access.Actor, id uuid.UUID) (Pane, error) {
	c, err := s.conversations.Get(ctx, actor, id)
	if err != nil {
		return Pane{}, err
	}
	return s.LoadPaneOf(ctx, actor, c)
}

// LoadPaneOf is LoadPane for a conversation that was just read.
func (s *Service) LoadPaneOf(ctx context.Context, actor access.Actor, c conversation.Conversation) (Pane, error) {
	c.GroupName = s.groups.Name(actor.Org(), c.Group)
	p := Pane{Conversation: c, Viewer: actor.ID()}
	ids := []uuid.UUID{c.ID}
	participants, err := s.conversations.ListParticipants(ctx, actor, ids)
	if err != nil {
		return p, err
	}
	messages, read, err := s.LoadMissing(ctx, actor, map[uuid.UUID]int{c.ID: 0}, ids)
	if err != nil {
		return p, err
	}
	p.Participants, p.Visibility = participants[c.ID], VisibilityInPane(actor.ID(), c, participants[c.ID])
	p.Messages, p.VisitorReadSeq = messages[c.ID], read[c.ID]
	p.Suggestions = s.LoadSuggestions(ctx, actor, []conversation.Conversation{c})[c.ID]
	return p, nil
}

// LoadParticipants reads a conversation and who takes part in it.
func (s *Service) LoadParticipants(
	ctx context.Context, actor access.Actor, id uuid.UUID,
) (conversation.Conversation, []conversation.Participant, error) {
	c, err := s.conversations.Get(ctx, actor, id)
	if err != nil {
		return c, nil, err
	}
	participants, err := s.conversations.ListParticipants(ctx, actor, []uuid.UUID{id})
	c.GroupName = s.groups.Name(actor.Org(), c.Group)
	return c, participants[id], err
}
