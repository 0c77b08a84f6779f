package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Get returns a conversation. fail.NotFound if the actor does not see it.
func (s *Service) Get(ctx context.Context, actor access.Actor, id uuid.UUID) (Conversation, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetConversation(ctx, id)
	if pg.IsNoRows(err) {
		return Conversation{}, fail.Missing("conversation")
	}
	return toConversation(row), err
}

// CurrentOfVisitor returns the visitor's running conversation, else the last one; ok is false if there is none.
func (s *Service) CurrentOfVisitor(ctx context.Context, actor access.Actor) (c Conversation, ok bool, err error) {
	row, err := conversationdb.New(s.db.As(actor)).GetCurrentConversation(ctx, actor.ID())
	if pg.IsNoRows(err) {
		return Conversation{}, false, nil
	}
	return Conversation{
		ID:          row.ConversationID,
		State:       State(row.State),
		AgentName:   row.AgentName,
		LastSeq:     int(row.LastSeq),
		ReadByAgent: int(row.ReadByAgent),
	}, err == nil, err
}

// LastSeqs returns the number of the newest message of each conversation that the actor sees.
func (s *Service) LastSeqs(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]int, error) {
	newest := make(map[uuid.UUID]int, len(conversations))
	if len(conversations) == 0 {
		return newest, nil
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListLastSeqs(ctx, conversations)
	for _, row := range rows {
		newest[row.ConversationID] = int(row.LastSeq)
	}
	return newest, err
}

// LatestByVisitor returns the newest conversation of each visitor who has one.
func (s *Service) LatestByVisitor(ctx context.Context, actor access.Actor, visitors []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	last := make(map[uuid.UUID]uuid.UUID, len(visitors))
	if len(visitors) == 0 {
		return last, nil
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListLatestConversations(ctx, visitors)
	for _, row := range rows {
		last[row.VisitorID] = row.ConversationID
	}
	return last, err
}
