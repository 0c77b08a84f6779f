package conversation

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Participant is a team member in a conversation that is assigned to another.
type Participant struct {
	ID       uuid.UUID
	Name     string
	CanReply bool // to the visitor; every participant may write notes
	Watching bool // joined without being asked
}

// ListParticipants returns the participants, by conversation.
func (s *Service) ListParticipants(
	ctx context.Context, actor access.Actor, conversations []uuid.UUID,
) (map[uuid.UUID][]Participant, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil || len(conversations) == 0 {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListParticipants(ctx, conversations)
	participants := map[uuid.UUID][]Participant{}
	for _, p := range rows {
		participants[p.ConversationID] = append(participants[p.ConversationID], Participant{p.UserID, p.Name, p.MayWrite, p.Watching})
	}
	return participants, err
}

// Invitation asks a team member to take part in a conversation.
type Invitation struct {
	Conversation    uuid.UUID
	Participant     uuid.UUID
	ParticipantName string
	CanReply        bool
	Comment         string
}

// Consult adds a team member as a participant of the actor's conversation.
func (s *Service) Consult(ctx context.Context, actor access.Actor, name string, in Invitation) error {
	var err error
	if in.Comment, err = validate.OptionalText("the comment", in.Comment, 1000); err != nil {
		return fail.Field("comment", "%s", err.Error())
	}
	note := name + " asked " + in.ParticipantName + " for help"
	if in.CanReply {
		note += " and let them reply to the visitor"
	}
	if in.Comment != "" {
		note += ": " + in.Comment
	}
	return s.addParticipant(ctx, actor, access.ConversationConsult, conversationdb.AddParticipantParams{
		ConversationID: in.Conversation,
		UserID:         in.Participant,
		MayWrite:       in.CanReply,
		ByID:           optional(actor.ID()),
		ByName:         name,
		Note:           note,
		Anyone:         actor.CanFully(access.ConversationConsult),
	})
}

// Watch makes the actor a participant of an open conversation, for those who may monitor.
func (s *Service) Watch(ctx context.Context, actor access.Actor, name string, conversation uuid.UUID) error {
	return s.addParticipant(ctx, actor, access.ConversationWatch, conversationdb.AddParticipantParams{
		ConversationID: conversation,
		UserID:         actor.ID(),
		Watching:       true,
		ByID:           optional(actor.ID()),
		ByName:         name,
		Note:           name + " is watching",
		Anyone:         true,
	})
}

func (s *Service) addParticipant(ctx context.Context, actor access.Actor, action access.Action, p conversationdb.AddParticipantParams) error {
	t, err := s.db.Authorize(actor, action)
	if err != nil {
		return err
	}
	q := conversationdb.New(t)
	row, err := q.AddParticipant(ctx, p)
	if pg.IsOutsideLimits(err) {
		return errCustomerNotServed
	}
	if pg.IsNoRows(err) {
		participants, err := s.ListParticipants(ctx, actor, []uuid.UUID{p.ConversationID})
		if err == nil && slices.ContainsFunc(participants[p.ConversationID], func(participant Participant) bool {
			return participant.ID == p.UserID
		}) {
			return nil // takes part already
		}
		got, err := q.GetConversation(ctx, p.ConversationID)
		if err == nil && got.AgentID != nil && *got.AgentID == p.UserID {
			return fail.New(fail.Conflict, "This conversation is assigned to %s.", got.AgentName)
		}
		if err == nil && State(got.State) == Waiting {
			return fail.New(fail.Conflict, "This conversation is in the queue. Take it or assign it first.")
		}
		if err == nil && got.AgentID != nil && *got.AgentID == actor.ID() {
			return fail.New(fail.NotFound, "This team member does not exist or can no longer reply. Choose someone else.")
		}
		return s.explainRefusal(ctx, q, actor, p.ConversationID)
	}
	if err == nil {
		s.publishParticipant(ctx, actor.Org(), p.UserID, toMessageEvent(eventRow(row)))
	}
	return err
}

// publishParticipant publishes that a participant came or left.
func (s *Service) publishParticipant(ctx context.Context, org, participant uuid.UUID, event MessageEvent) {
	s.bus.Publish(busEvent(org, event), bus.Event{Kind: bus.Participants, Org: org, Conversation: event.Snapshot.ID, User: participant})
	s.flushEvents(ctx)
}

// RemoveParticipant removes a participant: itself, or another if the actor has the conversation or may monitor. One that is not there is no
// error.
func (s *Service) RemoveParticipant(ctx context.Context, actor access.Actor, name string, conversation, participant uuid.UUID) error {
	t, err := s.db.Authorize(actor, access.ConversationRemoveParticipant)
	if err != nil {
		return err
	}
	q := conversationdb.New(t)
	if participant != actor.ID() && !actor.CanFully(access.ConversationRemoveParticipant) {
		if c, err := q.GetConversation(ctx, conversation); pg.IsNoRows(err) ||
			err == nil && (c.AgentID == nil || *c.AgentID != actor.ID()) {
			return fail.Missing("participant")
		} else if err != nil {
			return err
		}
	}
	note := name + " left"
	if participant != actor.ID() {
		present, err := s.ListParticipants(ctx, actor, []uuid.UUID{conversation})
		if err != nil {
			return err
		}
		for _, p := range present[conversation] {
			if p.ID == participant && p.Watching && !actor.CanFully(access.ConversationRemoveParticipant) {
				return fail.New(fail.Forbidden, "%s is watching this conversation. Only a supervisor can remove them.", p.Name)
			}
			if p.ID == participant {
				note = name + " removed " + p.Name
			}
		}
	}
	row, err := q.RemoveParticipant(ctx, conversationdb.RemoveParticipantParams{
		ConversationID: conversation,
		UserID:         participant,
		ByID:           optional(actor.ID()),
		ByName:         name,
		Note:           note,
	})
	if pg.IsNoRows(err) {
		return nil // gone already
	}
	if err == nil {
		s.publishParticipant(ctx, actor.Org(), participant, toMessageEvent(eventRow(row)))
	}
	return err
}

// RemoveFromAll returns what removes a team member from all conversations of others, to be run inside a transaction as the system.
func (s *Service) RemoveFromAll(ctx context.Context, user uuid.UUID) func(*pg.Tenant) error {
	return func(tx *pg.Tenant) error { return conversationdb.New(tx).RemoveParticipations(ctx, user) }
}

// RemoveFromUnservedCustomers returns what removes a team member from the conversations of customers whom it no longer serves, to be run
// inside a transaction as the system: its own are requeued, and it is a participant of none. notify is to be called after the commit.
func (s *Service) RemoveFromUnservedCustomers(ctx context.Context, org, user uuid.UUID) (run func(*pg.Tenant) error, notify func()) {
	var list []MessageEvent
	run = func(tx *pg.Tenant) error {
		q := conversationdb.New(tx)
		own, err := q.LockUnpermittedConversations(ctx, &user)
		if err == nil && len(own) > 0 {
			list, err = s.Requeue(ctx, tx, RequeueOptions{Conversations: own, Agent: user, Reason: ReasonReturned, WasAssigned: true})
		}
		if err != nil {
			return err
		}
		return q.RemoveUnpermittedParticipations(ctx, user)
	}
	return run, func() { s.PublishAll(ctx, org, list) }
}
