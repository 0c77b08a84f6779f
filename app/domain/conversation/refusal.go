package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

// ExplainRefusal returns an error that says why the actor cannot change a conversation: its present state, if the actor
// sees it, has had it or has written in it; else fail.NotFound.
func (s *Service) ExplainRefusal(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	return s.explainRefusal(ctx, conversationdb.New(s.db.As(actor)), actor, conversation)
}

// explainRefusal is ExplainRefusal with the actor's queries at hand.
func (s *Service) explainRefusal(ctx context.Context, q *conversationdb.Queries, actor access.Actor, conversation uuid.UUID) error {
	row, err := q.GetConversation(ctx, conversation)
	switch {
	case pg.IsNoRows(err):
		status, err := s.lookUpStatus(ctx, actor, conversation)
		switch {
		case err != nil:
			return err
		case !status.Had:
			return fail.Missing("conversation")
		case State(status.State) == Closed:
			return ErrClosed
		case status.AgentID == nil:
			return fail.New(fail.Conflict, "This conversation is no longer assigned to you. It is back in the queue.")
		}
		return fail.New(fail.Conflict, "This conversation is now assigned to %s.", nameOr(status.AgentName, "another agent"))
	case err != nil:
		return err
	case State(row.State) == Closed:
		return ErrClosed
	case row.AgentID == nil:
		return fail.New(fail.Conflict, "This conversation is in the queue. Take it before you reply.")
	case *row.AgentID != actor.ID():
		return fail.New(fail.Conflict,
			"This conversation is assigned to %s. You can write internal notes, and reply to the visitor only if you were invited to.",
			row.AgentName)
	}
	return fail.New(fail.Conflict, "The conversation has just changed. Try again.")
}

// lookUpStatus returns the state of a conversation that the actor may no longer see. fail.NotFound if the actor does
// not serve its customer.
func (s *Service) lookUpStatus(
	ctx context.Context, actor access.Actor, conversation uuid.UUID,
) (conversationdb.GetFormerConversationRow, error) {
	q := conversationdb.New(s.db.As(actor.AsSystem("say what has become of a conversation")))
	row, err := q.GetFormerConversation(ctx, conversationdb.GetFormerConversationParams{ID: conversation, UserID: actor.ID()})
	if pg.IsNoRows(err) || err == nil && !actor.Serves(row.CustomerID) {
		return row, fail.Missing("conversation")
	}
	return row, err
}
