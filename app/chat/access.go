package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// The one rule of access to a conversation. The database holds it for every statement (migration 00012); the two functions here say
// the same to screens, which know who takes part without asking.
//
//   - Nobody sees a conversation of a customer whom it does not serve.
//   - An agent sees what is assigned to it, what it takes part in, what waits in the queues of its groups or is offered to it, and the
//     earlier conversations of a visitor whom it serves.
//   - An agent changes (tags, drafts, files, notes, replies) what is assigned to it and what it takes part in.
//   - Supervisors, managers and owners see and change every conversation of the customers whom they serve.

// Part is what connects a team member with a conversation.
type Part struct {
	Participant bool // was brought in, or watches
	Queue       bool // belongs to the group in whose queue it is
}

// Sees reports whether a team member sees a conversation at a time. offered is whom it is offered to then (zero: nobody).
func Sees(who access.Actor, c Conversation, part Part, offered uuid.UUID) bool {
	switch {
	case !who.Serves(c.Customer):
		return false
	case who.May(access.Watch) || Writes(who, c, part.Participant):
		return true
	case c.State != Waiting:
		return false
	case offered != uuid.Nil:
		return offered == who.ID()
	}
	return part.Queue
}

// Writes reports whether a team member may change what belongs to a conversation.
func Writes(who access.Actor, c Conversation, participant bool) bool {
	if !who.May(access.Answer) || !who.Serves(c.Customer) {
		return false
	}
	return who.May(access.Watch) || c.Agent == who.ID() && c.Agent != uuid.Nil || participant
}

// MayWrite returns nil if the actor may change what belongs to a conversation. It returns fail.NotFound for one that the actor does
// not see, and fail.Forbidden for one that it only sees.
func (r *Room) MayWrite(ctx context.Context, who access.Actor, conversation uuid.UUID) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	row, err := chatdb.New(t).Reach(ctx, chatdb.ReachParams{ID: conversation, UserID: who.ID()})
	if pg.None(err) {
		return fail.Missing("conversation")
	}
	if err != nil {
		return err
	}
	c := Conversation{Customer: row.CustomerID}
	if row.AgentID != nil {
		c.Agent = *row.AgentID
	}
	if !Writes(who, c, row.Participant) {
		return fail.New(fail.Forbidden, "This conversation is not assigned to you. Take it first, or ask to be added to it.")
	}
	return nil
}

var errBeyond = fail.New(fail.Conflict, "This team member does not serve this customer. Choose somebody else.")
