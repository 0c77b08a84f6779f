package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"time"

	"github.com/google/uuid"
)

// ErrQueueEmpty refuses to take the next conversation because none waits.
var ErrQueueEmpty = fail.New(fail.NotFound, "The queue is empty.")

// ErrLimitReached refuses a conversation to an agent at its concurrent-chat limit.
var ErrLimitReached = fail.New(fail.Conflict,
	"You are at your concurrent-chat limit. Close a conversation first, or ask a manager to raise your limit.")

// Take assigns a waiting conversation to the actor: the picked one, or, for the zero id, the one that has waited longest in the queues of
// scope. name is what the visitor will see. ErrQueueEmpty, ErrLimitReached or ErrClosed; fail.Conflict if another agent was quicker.
func (s *Service) Take(
	ctx context.Context, actor access.Actor, name string, conversation uuid.UUID, scope QueueScope,
) (Conversation, error) {
	t, err := s.db.Authorize(actor, access.ConversationTake)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := conversationdb.New(t), actor.ID()
	p := conversationdb.TakeConversationParams{
		ConversationID: optional(conversation),
		AgentID:        agent,
		AgentName:      name,
		MessageID:      uuid.New(),
		Anywhere:       scope.AllGroups,
		Groups:         scope.Groups,
	}
	row, err := q.TakeConversation(ctx, p)
	for try := 0; pg.IsNoRows(err) && conversation != uuid.Nil && try < 3; try++ { // a message of its visitor may lock it for a moment
		time.Sleep(time.Duration(20+20*try) * time.Millisecond)
		row, err = q.TakeConversation(ctx, p)
	}
	if err == nil {
		event := toMessageEvent(row)
		s.publish(actor.Org(), event)
		s.flushEvents(ctx)
		return event.Snapshot, nil
	}
	if pg.IsOverCapacity(err) {
		return Conversation{}, ErrLimitReached
	}
	if !pg.IsNoRows(err) {
		return Conversation{}, err
	}
	if conversation == uuid.Nil {
		return Conversation{}, ErrQueueEmpty
	}
	got, err := q.GetConversation(ctx, conversation)
	switch {
	case pg.IsNoRows(err):
		return Conversation{}, s.explainMissedPick(ctx, actor, conversation, scope)
	case err != nil:
		return Conversation{}, err
	case got.AgentID != nil && *got.AgentID == agent && State(got.State) == Open:
		return toConversation(got), nil // taken by this agent before: the same result again
	case State(got.State) == Closed:
		return Conversation{}, ErrClosed
	case got.AgentID == nil && toConversation(got).isOffered(time.Now()) && *got.OfferedTo != agent:
		return Conversation{}, fail.New(fail.Conflict, "This conversation is being offered to another team member.")
	case got.AgentID == nil && !scope.Has(got.GroupID):
		return Conversation{}, fail.New(fail.Forbidden, "This conversation is in the queue of a group you are not a member of.")
	case got.AgentID == nil:
		return Conversation{}, fail.New(fail.Conflict,
			"You cannot pick this conversation. Take the next one from the queue, or try again.")
	}
	return Conversation{}, fail.New(fail.Conflict, "This conversation is already assigned to %s.", nameOr(got.AgentName, "another agent"))
}

// explainMissedPick returns why a conversation could not be picked that the actor does not see: it has just left a
// queue that the actor sees.
func (s *Service) explainMissedPick(ctx context.Context, actor access.Actor, conversation uuid.UUID, scope QueueScope) error {
	status, err := s.lookUpStatus(ctx, actor, conversation)
	switch {
	case err != nil:
		return err
	case !scope.Has(status.GroupID):
		return fail.Missing("conversation")
	case State(status.State) == Closed:
		return ErrClosed
	case status.AgentID == nil:
		return fail.New(fail.Conflict, "This conversation is being offered to another team member.")
	}
	return fail.New(fail.Conflict, "This conversation is already assigned to another agent.")
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}
