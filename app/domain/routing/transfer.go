package routing

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Teammate is another team member to whom a conversation can be transferred.
type Teammate struct {
	ID         uuid.UUID
	Name       string
	Status     presence.Status
	AtCapacity bool // has as many conversations as the concurrent-chat limit allows
}

var errNoTeammate = fail.Missing("teammate")

// ListTransferTargets lists the team members but the actor who may answer a customer's visitors, those online first, and all
// groups.
func (s *Service) ListTransferTargets(
	ctx context.Context, actor access.Actor, customer uuid.UUID,
) ([]Teammate, []group.Ref, error) {
	list, err := s.listTeammates(ctx, actor, customer)
	if err != nil {
		return nil, nil, err
	}
	groups, err := s.groups.List(ctx, actor)
	return list, groups, err
}

func (s *Service) listTeammates(ctx context.Context, actor access.Actor, customer uuid.UUID) ([]Teammate, error) {
	t, err := s.db.Authorize(actor, access.ConversationTransfer)
	if err != nil {
		return nil, err
	}
	of := routingdb.ListTransferTargetsParams{But: actor.ID(), CustomerID: customer}
	rows, err := routingdb.New(t).ListTransferTargets(ctx, of)
	list := make([]Teammate, len(rows))
	for i, r := range rows {
		list[i] = Teammate{r.ID, r.Name, presence.Status(r.Status), r.OpenChats >= r.MaxChats}
	}
	return list, err
}

// findTeammate returns a team member who may answer the visitor of a conversation, or errNoTeammate.
func (s *Service) findTeammate(ctx context.Context, actor access.Actor, conversationID, id uuid.UUID) (Teammate, error) {
	c, err := s.conversations.Get(ctx, actor, conversationID)
	if fail.KindOf(err) == fail.NotFound {
		return Teammate{}, s.conversations.ExplainRefusal(ctx, actor, conversationID)
	}
	if err != nil {
		return Teammate{}, err
	}
	list, err := s.listTeammates(ctx, actor, c.Customer)
	if err != nil {
		return Teammate{}, err
	}
	for _, teammate := range list {
		if teammate.ID == id {
			return teammate, nil
		}
	}
	return Teammate{}, errNoTeammate
}

// Transfer moves a conversation of the actor's into the queue of a group, or offers it to a teammate, who has
// conversation.OfferTimeout to accept. The zero id of the teammate means the group. It returns fail.Invalid with field "to"
// for a group that does not exist and for a teammate who is not online or at capacity.
func (s *Service) Transfer(
	ctx context.Context, actor access.Actor, name string, conversationID, groupID, teammate uuid.UUID, comment string,
) error {
	in := conversation.TransferRequest{Conversation: conversationID, Group: groupID, Agent: teammate, Comment: comment}
	var err error
	if teammate != uuid.Nil {
		in.ToName, err = s.nameOfFreeTeammate(ctx, actor, conversationID, teammate)
	} else if in.ToName, err = s.groups.FindName(ctx, actor.Org(), groupID); err == nil && in.ToName == "" {
		err = fail.Field("to", "This group does not exist. Choose a teammate or a group.")
	}
	if err != nil {
		return err
	}
	return s.conversations.Transfer(ctx, actor, name, in)
}

func (s *Service) nameOfFreeTeammate(ctx context.Context, actor access.Actor, conversationID, id uuid.UUID) (string, error) {
	teammate, err := s.findTeammate(ctx, actor, conversationID, id)
	switch {
	case err != nil:
		return "", err
	case teammate.Status != presence.Online:
		return "", fail.Field("to", "%s is not online. Choose another teammate or a group.", teammate.Name)
	case teammate.AtCapacity:
		return "", fail.Field("to", "%s is at the chat limit. Choose another teammate or a group.", teammate.Name)
	}
	return teammate.Name, nil
}

// Consult makes a teammate a participant of a conversation of the actor's; the participant's name is filled in here. It returns
// fail.Invalid with field "to" if there is no such teammate.
func (s *Service) Consult(ctx context.Context, actor access.Actor, name string, in conversation.Invitation) error {
	teammate, err := s.findTeammate(ctx, actor, in.Conversation, in.Participant)
	if errors.Is(err, errNoTeammate) {
		return fail.Field("to", "This teammate cannot be asked. Choose another one.")
	}
	if err != nil {
		return err
	}
	in.ParticipantName = teammate.Name
	return s.conversations.Consult(ctx, actor, name, in)
}

// Assign assigns a conversation to a teammate, or to the actor, who takes it over. It returns fail.Forbidden for those who may
// not, fail.NotFound if there is no such teammate, fail.Conflict for one who is offline or at capacity.
func (s *Service) Assign(
	ctx context.Context, actor access.Actor, conversationID, to uuid.UUID,
) (conversation.Conversation, error) {
	if !actor.Can(access.ConversationAssign) {
		return conversation.Conversation{}, fail.New(fail.Forbidden,
			"Your role cannot assign conversations. Ask a supervisor.")
	}
	c, err := s.conversations.Get(ctx, actor, conversationID)
	if err != nil {
		return c, err
	}
	if to != actor.ID() {
		teammate, err := s.findTeammate(ctx, actor, conversationID, to)
		if err != nil {
			return c, err
		}
		if teammate.Status == presence.Offline {
			return c, fail.New(fail.Conflict, "%s is offline. Choose another teammate.", teammate.Name)
		}
	}
	return s.conversations.AssignManually(ctx, actor, conversationID, to, c.Agent)
}
