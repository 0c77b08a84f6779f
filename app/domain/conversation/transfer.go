package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
	"strings"

	"github.com/google/uuid"
)

// TransferRequest says what is transferred and where to: to a group, or to a team member.
type TransferRequest struct {
	Conversation uuid.UUID
	Group        uuid.UUID // into this group's queue, or
	Agent        uuid.UUID // offered to this team member
	ToName       string    // name of the group or team member, for the note
	Comment      string    // for the note; may be empty
}

// Transfer transfers a conversation of the actor, or any if the actor may monitor: into a group's queue, or as an offer
// to a team member, who has OfferTimeout to accept it.
func (s *Service) Transfer(ctx context.Context, actor access.Actor, name string, in TransferRequest) error {
	t, err := s.db.Authorize(actor, access.ConversationTransfer)
	if err != nil {
		return err
	}
	if in.Comment, err = validate.OptionalText("the comment", in.Comment, 1000); err != nil {
		return fail.Field("comment", "%s", err.Error())
	}
	note := name + " transferred the conversation to " + in.ToName
	if in.Agent != uuid.Nil {
		note = name + " offered the conversation to " + in.ToName
	}
	if in.Comment != "" {
		note += ": " + in.Comment
	}
	q := RequeueOptions{
		Conversations: []uuid.UUID{in.Conversation},
		Agent:         actor.ID(),
		Reason:        ReasonTransfer,
		Group:         in.Group,
		OfferTo:       in.Agent,
		Note:          note,
		NoteBy:        name,
		OfferNote:     strings.TrimSuffix(name+": "+in.Comment, ": "),
		WasAssigned:   true,
	}
	if actor.CanFully(access.ConversationTransfer) {
		q.Agent = uuid.Nil
	}
	if _, err := s.Get(ctx, actor, in.Conversation); fail.KindOf(err) == fail.NotFound {
		return s.ExplainRefusal(ctx, actor, in.Conversation)
	} else if err != nil {
		return err
	}
	// As the system: the agent may not see where it goes. The statement takes nothing but what the agent has.
	list, err := s.Requeue(ctx, s.db.As(actor.AsSystem("transfer a conversation")), q)
	if pg.IsOutsideLimits(err) {
		return errCustomerNotServed
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return s.explainRefusal(ctx, conversationdb.New(t), actor, in.Conversation)
	}
	s.PublishAll(ctx, actor.Org(), list)
	return nil
}
