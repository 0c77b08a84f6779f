package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

// Close closes the agent's conversation. Closing twice is closing once.
func (s *Service) Close(ctx context.Context, actor access.Actor, conversation uuid.UUID) (Conversation, error) {
	t, err := s.db.Authorize(actor, access.ConversationClose)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := conversationdb.New(t), actor.ID()
	row, err := q.CloseConversation(ctx, conversationdb.CloseConversationParams{
		ConversationID: conversation,
		AgentID:        &agent,
		MessageID:      uuid.New(),
	})
	if err == nil {
		event := toMessageEvent(eventRow(row))
		s.publish(actor.Org(), event)
		s.flushEvents(ctx)
		return event.Snapshot, nil
	}
	if !pg.IsNoRows(err) {
		return Conversation{}, err
	}
	refusal := s.explainRefusal(ctx, q, actor, conversation)
	if refusal == error(ErrClosed) {
		got, err := q.GetConversation(ctx, conversation)
		if err == nil && got.AgentID != nil && *got.AgentID == agent {
			return toConversation(got), nil
		}
	}
	return Conversation{}, refusal
}

// Bodies of system messages about a visitor who left or is idle.
const (
	SystemVisitorLeft = "left"   // the visitor has ended the conversation
	SystemIdleCheck   = "silent" // the visitor is asked whether it is still there
	SystemIdleClosed  = "lapsed" // the visitor did not answer, and the conversation was closed
)

// CloseByVisitor closes the visitor's own conversation. One that is closed already is no error.
func (s *Service) CloseByVisitor(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only the visitor can end a conversation here.")
	}
	visitor := actor.ID()
	return s.closeAsSystem(ctx, actor.Org(), conversationdb.EndConversationParams{
		ConversationID: conversation,
		VisitorID:      &visitor,
		Body:           SystemVisitorLeft,
	})
}

// CloseIdle closes a conversation whose newest message is seq. One with a newer message stays as it is, without an error.
func (s *Service) CloseIdle(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	n := int32(seq)
	return s.closeAsSystem(ctx, org, conversationdb.EndConversationParams{ConversationID: conversation, Seq: &n, Body: SystemIdleClosed})
}

func (s *Service) closeAsSystem(ctx context.Context, org uuid.UUID, p conversationdb.EndConversationParams) error {
	p.MessageID = uuid.New()
	row, err := conversationdb.New(s.db.As(access.System(org, "end a conversation"))).EndConversation(ctx, p)
	return s.publishSystemMessage(org, conversationdb.PostSystemMessageRow(row), err)
}

// SendIdleCheck asks the visitor whether it is still there, if seq is the newest message and an agent wrote last.
func (s *Service) SendIdleCheck(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	q := conversationdb.New(s.db.As(access.System(org, "ask whether a visitor is still there")))
	row, err := q.PostSystemMessage(ctx, conversationdb.PostSystemMessageParams{
		ConversationID: conversation,
		Seq:            int32(seq),
		MessageID:      uuid.New(),
		Body:           SystemIdleCheck,
	})
	return s.publishSystemMessage(org, row, err)
}

// publishSystemMessage publishes what a statement of the program has written; that its conditions let nothing through is no error.
func (s *Service) publishSystemMessage(org uuid.UUID, row conversationdb.PostSystemMessageRow, err error) error {
	if pg.IsNoRows(err) {
		return nil
	}
	if err == nil {
		s.publish(org, toMessageEvent(eventRow(row)))
	}
	return err
}
