package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

// MarkRead records that the actor, a visitor or the conversation's agent, has read up to a message, and publishes it.
func (s *Service) MarkRead(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) error {
	q := conversationdb.New(s.db.As(access.System(actor.Org(), "note what was read")))
	var visitor, user uuid.UUID
	var err error
	var upTo int32
	if id := actor.ID(); actor.IsVisitor() {
		upTo, err = q.MarkReadByVisitor(ctx, conversationdb.MarkReadByVisitorParams{
			ConversationID: conversation,
			VisitorID:      id,
			Seq:            int32(seq),
		})
		visitor = id
	} else {
		var row conversationdb.MarkReadByAgentRow
		row, err = q.MarkReadByAgent(ctx, conversationdb.MarkReadByAgentParams{ConversationID: conversation, AgentID: &id, Seq: int32(seq)})
		upTo, visitor, user = row.ReadByAgent, row.VisitorID, id
	}
	if pg.IsNoRows(err) {
		return nil
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Read, Org: actor.Org(), Conversation: conversation, Visitor: visitor, User: user, Seq: int(upTo)})
	}
	return err
}

// ReadState is the number of the last message that each side has read.
type ReadState struct{ ByVisitor, ByAgent int }

// ReadStates returns the read state of those conversations that the actor sees.
func (s *Service) ReadStates(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]ReadState, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListReadMarks(ctx, conversations)
	read := make(map[uuid.UUID]ReadState, len(rows))
	for _, row := range rows {
		read[row.ConversationID] = ReadState{int(row.ReadByVisitor), int(row.ReadByAgent)}
	}
	return read, err
}
