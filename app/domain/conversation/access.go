package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// The rule of access to a conversation. The database holds it for every statement (its policies); CanSee and CanWrite repeat it for
// screens, which know the participants without a query.
//
//   - Nobody sees a conversation of a customer whom it does not serve.
//   - An agent sees what is assigned to it, what it is a participant of, what waits in the queues of its groups or is offered to it, and
//     the earlier conversations of a visitor whom it serves.
//   - An agent changes (tags, drafts, files, notes, replies) what is assigned to it and what it is a participant of.
//   - Supervisors, managers and owners see and change every conversation of the customers whom they serve.

// Involvement is how a team member is connected with a conversation.
type Involvement struct {
	IsParticipant bool // was added by its agent, or watches
	InQueueGroup  bool // belongs to the group in whose queue it is
}

// CanSee reports whether a team member sees a conversation. offered is the agent to whom it is offered now; zero: nobody.
func CanSee(actor access.Actor, c Conversation, involvement Involvement, offered uuid.UUID) bool {
	switch {
	case !actor.Serves(c.Customer):
		return false
	case actor.CanFully(access.ConversationRead) || CanWrite(actor, c, involvement.IsParticipant):
		return true
	case c.State != Waiting:
		return false
	case offered != uuid.Nil:
		return offered == actor.ID()
	}
	return involvement.InQueueGroup
}

// CanWrite reports whether a team member may change what belongs to a conversation.
func CanWrite(actor access.Actor, c Conversation, participant bool) bool {
	if !actor.Can(access.ConversationReply) || !actor.Serves(c.Customer) {
		return false
	}
	return actor.CanFully(access.ConversationReply) || c.Agent == actor.ID() && c.Agent != uuid.Nil || participant
}

// CheckWriteAccess returns nil if the actor may change what belongs to a conversation. It returns fail.NotFound for one that the actor does
// not see, and fail.Forbidden for one that it only sees.
func (s *Service) CheckWriteAccess(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.ConversationReply)
	if err != nil {
		return err
	}
	row, err := conversationdb.New(t).GetWriteAccess(ctx, conversationdb.GetWriteAccessParams{ID: conversation, UserID: actor.ID()})
	if pg.IsNoRows(err) {
		return fail.Missing("conversation")
	}
	if err != nil {
		return err
	}
	c := Conversation{Customer: row.CustomerID}
	if row.AgentID != nil {
		c.Agent = *row.AgentID
	}
	if !CanWrite(actor, c, row.Participant) {
		return fail.New(fail.Forbidden, "This conversation is not assigned to you. Take it first, or ask to be added to it.")
	}
	return nil
}

var errCustomerNotServed = fail.New(fail.Conflict, "This team member does not serve this customer. Choose another one.")
