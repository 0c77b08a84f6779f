package chat

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Guest is a colleague in a conversation that is another's.
type Guest struct {
	ID       uuid.UUID
	Name     string
	MayWrite bool // to the visitor, too; notes it may write anyway
	Watching bool // came by itself
}

// Guests returns who is a guest, by conversation.
func (r *Room) Guests(ctx context.Context, who access.Actor, conversations []uuid.UUID) (map[uuid.UUID][]Guest, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil || len(conversations) == 0 {
		return nil, err
	}
	rows, err := chatdb.New(t).ListGuests(ctx, conversations)
	guests := map[uuid.UUID][]Guest{}
	for _, g := range rows {
		guests[g.ConversationID] = append(guests[g.ConversationID], Guest{g.UserID, g.Name, g.MayWrite, g.Watching})
	}
	return guests, err
}

// Invitation brings a colleague into a conversation.
type Invitation struct {
	Conversation uuid.UUID
	Guest        uuid.UUID
	GuestName    string
	MayWrite     bool
	Comment      string
}

// Consult brings a colleague into the actor's conversation: it reads, writes notes, and to the visitor where it may.
func (r *Room) Consult(ctx context.Context, who access.Actor, name string, in Invitation) error {
	var err error
	if in.Comment, err = fail.OptionalText("the comment", in.Comment, 1000); err != nil {
		return fail.Field("comment", "%s", err.Error())
	}
	note := in.GuestName + " is asked to help"
	if in.MayWrite {
		note = in.GuestName + " is asked to help and may write to the visitor"
	}
	if in.Comment != "" {
		note += ": " + in.Comment
	}
	return r.invite(ctx, who, access.Answer, chatdb.InviteParams{ConversationID: in.Conversation, UserID: in.Guest, MayWrite: in.MayWrite,
		ByID: optional(who.ID()), ByName: name, Note: note, Anyone: who.May(access.Watch)})
}

// Look makes somebody who may watch a guest of any running conversation.
func (r *Room) Look(ctx context.Context, who access.Actor, name string, conversation uuid.UUID) error {
	return r.invite(ctx, who, access.Watch, chatdb.InviteParams{ConversationID: conversation, UserID: who.ID(), Watching: true, ByID: optional(who.ID()), ByName: name,
		Note: name + " is watching", Anyone: true})
}

func (r *Room) invite(ctx context.Context, who access.Actor, right access.Right, p chatdb.InviteParams) error {
	t, err := r.db.For(who, right)
	if err != nil {
		return err
	}
	q := chatdb.New(t)
	row, err := q.Invite(ctx, p)
	if pg.Beyond(err) {
		return errBeyond
	}
	if pg.None(err) {
		guests, err := r.Guests(ctx, who, []uuid.UUID{p.ConversationID})
		if err == nil && slices.ContainsFunc(guests[p.ConversationID], func(g Guest) bool { return g.ID == p.UserID }) {
			return nil // is there already
		}
		got, err := q.GetConversation(ctx, p.ConversationID)
		if err == nil && got.AgentID != nil && *got.AgentID == p.UserID {
			return fail.New(fail.Conflict, "%s has this conversation.", got.AgentName)
		}
		if err == nil && State(got.State) == Waiting {
			return fail.New(fail.Conflict, "This conversation is in the line: it can be taken, or given to somebody.")
		}
		if err == nil && got.AgentID != nil && *got.AgentID == who.ID() {
			return fail.New(fail.NotFound, "This colleague does not exist, or cannot answer any more.")
		}
		return r.refusal(ctx, q, who, p.ConversationID)
	}
	if err == nil {
		r.visit(ctx, who.Org(), p.UserID, said(chatdb.TakeRow(row)))
	}
	return err
}

// visit tells that a guest came or left.
func (r *Room) visit(ctx context.Context, org, guest uuid.UUID, s Said) {
	r.bus.Publish(event(org, s), bus.Event{Kind: bus.Guests, Org: org, Conversation: s.In.ID, User: guest})
	r.told(ctx)
}

// Leave ends a guest's visit: by itself, by the agent who has the conversation, or by somebody who may watch.
func (r *Room) Leave(ctx context.Context, who access.Actor, name string, conversation, guest uuid.UUID) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	q := chatdb.New(t)
	if guest != who.ID() && !who.May(access.Watch) {
		if c, err := q.GetConversation(ctx, conversation); pg.None(err) || err == nil && (c.AgentID == nil || *c.AgentID != who.ID()) {
			return fail.Missing("guest")
		} else if err != nil {
			return err
		}
	}
	note := name + " has left"
	if guest != who.ID() {
		there, err := r.Guests(ctx, who, []uuid.UUID{conversation})
		if err != nil {
			return err
		}
		for _, g := range there[conversation] {
			if g.ID == guest && g.Watching && !who.May(access.Watch) {
				return fail.New(fail.Forbidden, "%s is watching and may stay.", g.Name)
			}
			if g.ID == guest {
				note = name + " has ended the visit of " + g.Name
			}
		}
	}
	row, err := q.Uninvite(ctx, chatdb.UninviteParams{ConversationID: conversation, UserID: guest, ByID: optional(who.ID()), ByName: name, Note: note})
	if pg.None(err) {
		return nil // gone already
	}
	if err == nil {
		r.visit(ctx, who.Org(), guest, said(chatdb.TakeRow(row)))
	}
	return err
}

// EndVisits returns what takes a user out of everybody's conversations, to be run inside a transaction as the system: it may no longer
// watch, or answer.
func (r *Room) EndVisits(ctx context.Context, user uuid.UUID) func(*pg.Tenant) error {
	return func(tx *pg.Tenant) error { return chatdb.New(tx).EndVisits(ctx, user) }
}

// LeaveBeyondLimits returns what takes a team member out of the conversations of customers whom it no longer serves, to be run inside
// a transaction as the system: those that it has go back into their queues, and it takes part in none. tell is to be called after the
// commit.
func (r *Room) LeaveBeyondLimits(ctx context.Context, org, user uuid.UUID) (run func(*pg.Tenant) error, tell func()) {
	var list []Said
	run = func(tx *pg.Tenant) error {
		q := chatdb.New(tx)
		own, err := q.OwnBeyondLimits(ctx, &user)
		if err == nil && len(own) > 0 {
			list, err = r.Requeue(ctx, tx, Requeue{Conversations: own, Agent: user, By: ByReturn, Lost: true})
		}
		if err != nil {
			return err
		}
		return q.LeaveBeyondLimits(ctx, user)
	}
	return run, func() { r.Ring(ctx, org, list) }
}
