package desk

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence"
	"parley/app/platform/access"
)

// Screen is what the lists of a desk show, and what its panes begin with.
type Screen struct {
	Lists
	QueueScope   conversation.QueueScope // the queues that the agent sees
	Availability presence.Availability
	Participants map[uuid.UUID][]conversation.Participant // by conversation, of those in Open
	Suggestions  map[uuid.UUID]Suggestions                // by conversation, of those whose panes are whole
}

// MaxWholePanes is how many open conversations come with their messages. Where there are more, only MaxVisiblePanes of
// them do, which is how many fit the widest screen; the panes of the others are light.
const (
	MaxWholePanes   = 20
	MaxVisiblePanes = 6
)

// FirstWholePanes returns those of the open conversations that a page is loaded with their messages of.
func FirstWholePanes(open []conversation.Conversation) []conversation.Conversation {
	if len(open) <= MaxWholePanes {
		return open
	}
	return open[:MaxVisiblePanes]
}

// ReadAsOf returns, by conversation, as of which message each one on the screen was read.
func (r Screen) ReadAsOf() map[uuid.UUID]int {
	asOf := make(map[uuid.UUID]int, len(r.Queue)+len(r.Own)+len(r.Participating))
	for _, list := range [][]conversation.Conversation{r.Queue, r.Own, r.Participating} {
		for _, c := range list {
			asOf[c.ID] = c.LastSeq
		}
	}
	return asOf
}

// LoadScreen reads an agent's screen. whole picks those of the open conversations whose panes are to have suggestions.
func (s *Service) LoadScreen(
	ctx context.Context, actor access.Actor, whole func(open []conversation.Conversation) []conversation.Conversation,
) (r Screen, err error) {
	if r.QueueScope, err = s.routing.VisibleQueues(ctx, actor); err != nil {
		return r, err
	}
	if r.Queue, r.Own, r.Participating, err = s.conversations.ListForDesk(ctx, actor, r.QueueScope); err != nil {
		return r, err
	}
	if r.More, err = s.conversations.CountQueuedBeyond(ctx, actor, r.QueueScope, r.Queue); err != nil {
		return r, err
	}
	if r.Availability, err = s.presence.GetAvailability(ctx, actor); err != nil {
		return r, err
	}
	for _, list := range [][]conversation.Conversation{r.Queue, r.Own, r.Participating} {
		s.routing.SetGroupNames(actor.Org(), list)
	}
	open := r.Open()
	if r.Participants, err = s.conversations.ListParticipants(ctx, actor, conversationIDs(open)); err != nil {
		return r, err
	}
	r.Suggestions = s.LoadSuggestions(ctx, actor, whole(open))
	return r, nil
}

// LoadMissing reads what panes have not shown yet: the messages after a number, by conversation, and up to which message the visitors of
// conversations have read (0: not known).
func (s *Service) LoadMissing(ctx context.Context, actor access.Actor, after map[uuid.UUID]int, conversations []uuid.UUID) (messages map[uuid.UUID][]conversation.Message,
	visitorRead map[uuid.UUID]int, err error) {
	if messages, err = s.conversations.Threads(ctx, actor, after); err != nil {
		return nil, nil, err
	}
	states, err := s.conversations.ReadStates(ctx, actor, conversations)
	if err != nil {
		return nil, nil, err
	}
	visitorRead = make(map[uuid.UUID]int, len(states))
	for id, state := range states {
		visitorRead[id] = state.ByVisitor
	}
	return messages, visitorRead, nil
}
