package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

var errTeammateLimitReached = fail.New(fail.Conflict, "This teammate is at the chat limit. Choose another teammate.")

// Assignment is one conversation for one agent.
type Assignment struct{ Conversation, Agent uuid.UUID }

// Assign assigns conversations to agents inside the caller's transaction. reason is ReasonRouting, ReasonAssigned or
// ReasonTakeOver; from is the agent who has them; zero: they are in a queue. A conversation that is no longer there is
// left out. The caller publishes the events after the commit. The database refuses an agent at its concurrent-chat
// limit.
func (s *Service) Assign(
	ctx context.Context, tx *pg.Tenant, assignments []Assignment, reason string, from uuid.UUID,
) ([]MessageEvent, error) {
	p := conversationdb.AssignConversationsParams{StateReason: reason, FromAgent: optional(from)}
	for _, a := range assignments {
		p.ConversationIds = append(p.ConversationIds, a.Conversation)
		p.AgentIds = append(p.AgentIds, a.Agent)
		p.MessageIds = append(p.MessageIds, uuid.New())
	}
	q := conversationdb.New(tx)
	if len(assignments) > 1 { // conversations before agents, and in one order everywhere
		if _, err := q.LockQueuedConversations(ctx, p.ConversationIds); err != nil {
			return nil, err
		}
	}
	rows, err := q.AssignConversations(ctx, p)
	return toMessageEvents(rows), err
}

// AssignManually assigns a conversation to an agent on the actor's order: from the queue (from is zero) or from the agent who has it.
// fail.NotFound if there is no such conversation; fail.Conflict if it is closed, no longer where it was, or the agent cannot get it.
func (s *Service) AssignManually(ctx context.Context, actor access.Actor, conversation, to, from uuid.UUID) (Conversation, error) {
	action := access.ConversationAssign
	if to == actor.ID() {
		action = access.ConversationTakeOver
	}
	t, err := s.db.Authorize(actor, action)
	if err != nil {
		return Conversation{}, err
	}
	reason := ReasonAssigned
	if from != uuid.Nil && to == actor.ID() {
		reason = ReasonTakeOver
	}
	var list []MessageEvent
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := conversationdb.New(tx)
		if err := q.LockForTransfer(ctx, conversationdb.LockForTransferParams{
			ConversationID: conversation,
			Agents:         []uuid.UUID{to, from},
		}); err != nil {
			return err
		}
		list, err = s.Assign(ctx, tx, []Assignment{{conversation, to}}, reason, from)
		return err
	})
	switch {
	case pg.IsOutsideLimits(err):
		return Conversation{}, errCustomerNotServed
	case pg.IsOverCapacity(err) && to == actor.ID():
		return Conversation{}, ErrLimitReached
	case pg.IsOverCapacity(err):
		return Conversation{}, errTeammateLimitReached
	case err != nil:
		return Conversation{}, err
	}
	if len(list) == 0 {
		return Conversation{}, s.explainFailedAssign(ctx, t, conversation, to)
	}
	s.PublishAll(ctx, actor.Org(), list)
	return list[0].Snapshot, nil
}

// explainFailedAssign returns why a conversation could not be assigned.
func (s *Service) explainFailedAssign(ctx context.Context, t *pg.Tenant, conversation, to uuid.UUID) error {
	got, err := conversationdb.New(t).GetConversation(ctx, conversation)
	switch {
	case pg.IsNoRows(err):
		return fail.Missing("conversation")
	case err != nil:
		return err
	case State(got.State) == Closed:
		return ErrClosed
	case got.AgentID != nil && *got.AgentID == to:
		return fail.New(fail.Conflict, "%s has this conversation already.", got.AgentName)
	}
	return fail.New(fail.Conflict, "The conversation has just changed hands, or this colleague cannot answer any more. Please look again.")
}
