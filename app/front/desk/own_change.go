package desk

import (
	"context"

	"parley/app/domain/conversation"
	"parley/app/domain/routing"
	"parley/app/platform/access"
)

// Taken is a conversation that the agent has just taken.
type Taken struct {
	Pane  Pane
	Today routing.DayTotals
}

// LoadTaken reads what changes on the desk of an agent that has just taken a conversation.
func (s *Service) LoadTaken(ctx context.Context, actor access.Actor, c conversation.Conversation) (t Taken, err error) {
	if t.Pane, err = s.LoadPaneOf(ctx, actor, c); err != nil {
		return t, err
	}
	t.Today, err = s.routing.GetDayTotals(ctx, actor)
	return t, err
}

// Closed is a conversation that the agent has just closed.
type Closed struct {
	Conversation conversation.Conversation
	Messages     []conversation.Message // the last ones
	Today        routing.DayTotals
}

// closingMessages is how many of the last messages are read of a conversation that was closed: what the page may not show yet.
const closingMessages = 20

// LoadClosed reads what changes on the desk of an agent that has just closed a conversation.
func (s *Service) LoadClosed(ctx context.Context, actor access.Actor, c conversation.Conversation) (r Closed, err error) {
	r.Conversation = c
	if r.Messages, err = s.conversations.ListMessagesAfter(ctx, actor, c.ID, max(0, c.LastSeq-closingMessages)); err != nil {
		return r, err
	}
	r.Today, err = s.routing.GetDayTotals(ctx, actor)
	return r, err
}
