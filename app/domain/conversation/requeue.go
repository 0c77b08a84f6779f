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

// RequeueOptions says which open conversations are requeued, and how.
type RequeueOptions struct {
	Conversations  []uuid.UUID   // nil: all of the agent's
	Agent          uuid.UUID     // only if it has them; zero: whoever
	Reason         string        // one of the Reason constants
	Group          uuid.UUID     // into this group's queue; zero: the one they came from
	OfferTo        uuid.UUID     // offered to this agent for OfferTimeout; zero: to nobody
	WasAssigned    bool          // it was with an agent already: comes a little before others
	OnlyUnanswered bool          // only those with an unanswered message
	MinHeld        time.Duration // only those that the agent has had for so long; 0: all
	OfferNote      string        // who offers it, and why
	Note           string        // internal note, by NoteBy; empty: none
	NoteBy         string
}

// OfferTimeout is how long a team member has to accept an offered conversation.
const OfferTimeout = 60 * time.Second

// Requeue moves open conversations into a queue, inside the caller's transaction. The caller publishes the events after the commit.
func (s *Service) Requeue(ctx context.Context, tx *pg.Tenant, in RequeueOptions) ([]MessageEvent, error) {
	var minHeld *int32
	if in.MinHeld > 0 {
		seconds := int32(in.MinHeld / time.Second)
		minHeld = &seconds
	}
	rows, err := conversationdb.New(tx).RequeueConversations(ctx, conversationdb.RequeueConversationsParams{
		HadFor:          minHeld,
		AgentID:         optional(in.Agent),
		AllOfAgent:      in.Conversations == nil,
		ConversationIds: in.Conversations,
		Unanswered:      in.OnlyUnanswered,
		StateReason:     in.Reason,
		GroupID:         optional(in.Group),
		AgentLost:       in.WasAssigned,
		OfferedTo:       optional(in.OfferTo),
		OfferSeconds:    int32(OfferTimeout.Seconds()),
		OfferNote:       in.OfferNote,
		Note:            in.Note,
		NoteBy:          in.NoteBy,
	})
	return toMessageEvents(rows), err
}

// MoveToQueue moves waiting conversations into another group's queue, inside the caller's transaction.
func (s *Service) MoveToQueue(
	ctx context.Context, tx *pg.Tenant, conversations []uuid.UUID, group uuid.UUID, note string,
) ([]MessageEvent, error) {
	rows, err := conversationdb.New(tx).MoveInQueue(ctx, conversationdb.MoveInQueueParams{
		ConversationIds: conversations,
		GroupID:         optional(group),
		StateReason:     ReasonOverflow,
		Note:            note,
	})
	return toMessageEvents(rows), err
}

// ExpireOffers ends offers that were not accepted in time, inside the caller's transaction.
func (s *Service) ExpireOffers(ctx context.Context, tx *pg.Tenant) ([]MessageEvent, error) {
	rows, err := conversationdb.New(tx).MoveInQueue(ctx, conversationdb.MoveInQueueParams{
		Expired:     true,
		StateReason: ReasonOfferExpired,
		Note:        "The offer expired. The conversation is back in the queue.",
	})
	return toMessageEvents(rows), err
}

// DeclineOffer ends the offer of a conversation to the actor. fail.Conflict if it is no longer offered.
func (s *Service) DeclineOffer(ctx context.Context, actor access.Actor, name string, conversation uuid.UUID) error {
	if _, err := s.db.Authorize(actor, access.ConversationDecline); err != nil {
		return err
	}
	// As the system: the agent does not see the queue into which it goes. The statement takes nothing but what is offered to the agent.
	rows, err := conversationdb.New(s.db.As(actor.AsSystem("decline an offer"))).MoveInQueue(ctx, conversationdb.MoveInQueueParams{
		ConversationIds: []uuid.UUID{conversation},
		OfferedTo:       optional(actor.ID()),
		StateReason:     ReasonOfferExpired,
		NoteBy:          name,
		Note:            name + " declined. The conversation is back in the queue.",
	})
	if err == nil && len(rows) == 0 {
		return fail.New(fail.Conflict, "This conversation is no longer offered to you.")
	}
	s.PublishAll(ctx, actor.Org(), toMessageEvents(rows))
	return err
}
