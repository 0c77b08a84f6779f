package conversation

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/platform/access"
)

// AgentMessage is what a team member writes on its desk.
type AgentMessage struct {
	ID           uuid.UUID // named by the sender
	Conversation uuid.UUID
	Kind         Kind   // Text, Note, or Edit
	TargetSeq    int    // Edit: the number of the reply that is changed
	Body         string // of an Edit: the new text; empty: the reply is erased
	ShownSeq     int    // number of the newest message that the sender's page shows; negative: not known
}

// PostAsAgent stores a team member's message, as SendAsAgent or EditReply does, and returns it together with what the
// sender's page has to add: the message, and before it the messages that came since ShownSeq. A message that is sent
// again returns what it returned first, without the messages that came later, which may be another agent's.
func (s *Service) PostAsAgent(ctx context.Context, actor access.Actor, in AgentMessage) (posted Message, missing []Message, err error) {
	if in.Kind == Edit {
		posted, err = s.EditReply(ctx, actor, in.Conversation, in.TargetSeq, in.ID, in.Body)
	} else {
		posted, err = s.SendAsAgent(ctx, actor, in.Conversation, in.ID, in.Kind, in.Body)
	}
	if err != nil || in.ShownSeq < 0 || in.ShownSeq >= posted.Seq-1 {
		return posted, []Message{posted}, err
	}
	missing, err = s.ListMessagesAfter(ctx, actor, in.Conversation, in.ShownSeq)
	return posted, slices.DeleteFunc(missing, func(m Message) bool { return m.Seq > posted.Seq }), err
}
