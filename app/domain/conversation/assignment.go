package conversation

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// How a conversation changes hands. Each way is one guarded statement; the database sees to it that nobody gets more than it
// may have (migration 00007).

// ErrQueueEmpty says that nobody is waiting.
var ErrQueueEmpty = fail.New(fail.NotFound, "Nobody is waiting.")

// ErrLimitReached refuses a conversation to an agent who has all it may have.
var ErrLimitReached = fail.New(fail.Conflict, "That would be one conversation more than you may have at once. Close one first, or ask a manager to raise your limit.")

var errTeammateLimitReached = fail.New(fail.Conflict, "This colleague has as many conversations as allowed. Choose somebody else.")

// Take gives a waiting conversation to the agent: the chosen one, or, for the zero id, the one of its lines that has waited
// longest. name is what the visitor will see.
func (s *Service) Take(ctx context.Context, actor access.Actor, name string, conversation uuid.UUID, scope QueueScope) (Conversation, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := conversationdb.New(t), actor.ID()
	p := conversationdb.TakeConversationParams{ConversationID: optional(conversation), AgentID: agent, AgentName: name, MessageID: uuid.New(), Anywhere: scope.AllGroups, Groups: scope.Groups}
	row, err := q.TakeConversation(ctx, p)
	for try := 0; pg.IsNoRows(err) && conversation != uuid.Nil && try < 3; try++ { // it may be held for a moment, by a message of its visitor
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
		return toConversation(got), nil // taken by this agent already: the same answer again
	case State(got.State) == Closed:
		return Conversation{}, ErrClosed
	case got.AgentID == nil && toConversation(got).isOffered(time.Now()) && *got.OfferedTo != agent:
		return Conversation{}, fail.New(fail.Conflict, "This conversation is offered to a colleague just now.")
	case got.AgentID == nil && !scope.Has(got.GroupID):
		return Conversation{}, fail.New(fail.Forbidden, "This conversation is in the line of a group that you do not belong to.")
	case got.AgentID == nil:
		return Conversation{}, fail.New(fail.Conflict, "This conversation cannot be chosen. Take the next one instead; if you just did, please try again.")
	}
	return Conversation{}, fail.New(fail.Conflict, "%s was quicker and has this conversation now.", nameOr(got.AgentName, "A colleague"))
}

// explainMissedPick says why a conversation could not be picked that the actor does not see: it has just left a queue that the actor sees.
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
		return fail.New(fail.Conflict, "This conversation is offered to a colleague just now.")
	}
	return fail.New(fail.Conflict, "A colleague was quicker and has this conversation now.")
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// Assignment gives one conversation to one agent.
type Assignment struct{ Conversation, Agent uuid.UUID }

// Assign gives conversations to agents, inside the caller's transaction; by is ByRouting, ByOrder or ByTakeOver, from the agent
// they have (zero: they wait). What is not there any more is left out. The caller rings after the commit.
func (s *Service) Assign(ctx context.Context, tx *pg.Tenant, assignments []Assignment, reason string, from uuid.UUID) ([]MessageEvent, error) {
	p := conversationdb.AssignConversationsParams{StateReason: reason, FromAgent: optional(from)}
	for _, a := range assignments {
		p.ConversationIds, p.AgentIds, p.MessageIds = append(p.ConversationIds, a.Conversation), append(p.AgentIds, a.Agent), append(p.MessageIds, uuid.New())
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

func toMessageEvents[R conversationdb.AssignConversationsRow | conversationdb.RequeueConversationsRow | conversationdb.MoveInQueueRow](rows []R) []MessageEvent {
	list := make([]MessageEvent, len(rows))
	for i, row := range rows {
		list[i] = toMessageEvent(eventRow(row))
	}
	return list
}

// PublishAll tells every screen what Give, Requeue or Reline has said.
func (s *Service) PublishAll(ctx context.Context, org uuid.UUID, list []MessageEvent) {
	events := make([]bus.Event, len(list))
	for i, event := range list {
		events[i] = busEvent(org, event)
	}
	s.bus.Publish(events...)
	s.flushEvents(ctx)
}

// AssignManually gives a conversation to an agent because somebody says so: from the line (from is zero) or from the agent who has it.
func (s *Service) AssignManually(ctx context.Context, actor access.Actor, conversation, to, from uuid.UUID) (Conversation, error) {
	t, err := s.db.Authorize(actor, access.Monitor)
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
		if err := q.LockForTransfer(ctx, conversationdb.LockForTransferParams{ConversationID: conversation, Agents: []uuid.UUID{to, from}}); err != nil {
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

// explainFailedAssign finds out why a conversation was not where it was thought to be.
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

// RequeueOptions is how open conversations go back into a line.
type RequeueOptions struct {
	Conversations  []uuid.UUID   // nil: all of the agent's
	Agent          uuid.UUID     // only if it has them; zero: whoever
	Reason         string        // one of the words above
	Group          uuid.UUID     // into this group's line; zero: the one they came from
	OfferTo        uuid.UUID     // kept for this agent for OfferLasts
	WasAssigned    bool          // it was with an agent already: comes a little before others
	OnlyUnanswered bool          // only where the visitor waits
	MinHeld        time.Duration // only where the agent has had it for so long; 0: anyway
	OfferNote      string        // who offers it, and why
	Note           string        // for colleagues, by NoteBy
	NoteBy         string
}

// OfferTimeout is how long a colleague has to accept a conversation.
const OfferTimeout = 60 * time.Second

// Requeue puts open conversations back into a line, inside the caller's transaction. The caller rings after the commit.
func (s *Service) Requeue(ctx context.Context, tx *pg.Tenant, in RequeueOptions) ([]MessageEvent, error) {
	var minHeld *int32
	if in.MinHeld > 0 {
		seconds := int32(in.MinHeld / time.Second)
		minHeld = &seconds
	}
	rows, err := conversationdb.New(tx).RequeueConversations(ctx, conversationdb.RequeueConversationsParams{HadFor: minHeld, AgentID: optional(in.Agent), AllOfAgent: in.Conversations == nil, ConversationIds: in.Conversations,
		Unanswered: in.OnlyUnanswered, StateReason: in.Reason, GroupID: optional(in.Group), AgentLost: in.WasAssigned, OfferedTo: optional(in.OfferTo), OfferSeconds: int32(OfferTimeout.Seconds()),
		OfferNote: in.OfferNote, Note: in.Note, NoteBy: in.NoteBy})
	return toMessageEvents(rows), err
}

// MoveToQueue moves waiting conversations into another group's line, inside the caller's transaction.
func (s *Service) MoveToQueue(ctx context.Context, tx *pg.Tenant, conversations []uuid.UUID, group uuid.UUID, note string) ([]MessageEvent, error) {
	rows, err := conversationdb.New(tx).MoveInQueue(ctx, conversationdb.MoveInQueueParams{ConversationIds: conversations, GroupID: optional(group), StateReason: ReasonOverflow, Note: note})
	return toMessageEvents(rows), err
}

// ExpireOffers ends offers that were not accepted in time, inside the caller's transaction.
func (s *Service) ExpireOffers(ctx context.Context, tx *pg.Tenant) ([]MessageEvent, error) {
	rows, err := conversationdb.New(tx).MoveInQueue(ctx, conversationdb.MoveInQueueParams{Expired: true, StateReason: ReasonOfferExpired, Note: "Not accepted in time: the conversation is in the line."})
	return toMessageEvents(rows), err
}

// DeclineOffer ends the offer of a conversation to the actor.
func (s *Service) DeclineOffer(ctx context.Context, actor access.Actor, name string, conversation uuid.UUID) error {
	if _, err := s.db.Authorize(actor, access.Answer); err != nil {
		return err
	}
	// As the system: the agent does not see the queue into which it goes. The statement takes nothing but what is offered to the agent.
	rows, err := conversationdb.New(s.db.As(actor.AsSystem("decline an offer"))).MoveInQueue(ctx, conversationdb.MoveInQueueParams{ConversationIds: []uuid.UUID{conversation}, OfferedTo: optional(actor.ID()),
		StateReason: ReasonOfferExpired, NoteBy: name, Note: name + " could not take it: the conversation is in the line."})
	if err == nil && len(rows) == 0 {
		return fail.New(fail.Conflict, "This conversation is no longer offered to you.")
	}
	s.PublishAll(ctx, actor.Org(), toMessageEvents(rows))
	return err
}

// TransferRequest is a transfer by the agent who has a conversation, or by somebody who may watch.
type TransferRequest struct {
	Conversation uuid.UUID
	Group        uuid.UUID // to this group's line, or
	Agent        uuid.UUID // offered to this colleague
	ToName       string    // its name, for the note
	Comment      string    // for the colleagues; may be empty
}

// Transfer hands a conversation over: to a group's line, or to a person, who has OfferLasts to accept it.
func (s *Service) Transfer(ctx context.Context, actor access.Actor, name string, in TransferRequest) error {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return err
	}
	if in.Comment, err = validate.OptionalText("the comment", in.Comment, 1000); err != nil {
		return fail.Field("comment", "%s", err.Error())
	}
	note := "Handed over to " + in.ToName
	if in.Agent != uuid.Nil {
		note = "Offered to " + in.ToName
	}
	if in.Comment != "" {
		note += ": " + in.Comment
	}
	q := RequeueOptions{Conversations: []uuid.UUID{in.Conversation}, Agent: actor.ID(), Reason: ReasonTransfer, Group: in.Group, OfferTo: in.Agent, Note: note, NoteBy: name,
		OfferNote: strings.TrimSuffix(name+": "+in.Comment, ": "), WasAssigned: true}
	if actor.Can(access.Monitor) {
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

// Close ends the agent's conversation. Closing twice is closing once.
func (s *Service) Close(ctx context.Context, actor access.Actor, conversation uuid.UUID) (Conversation, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := conversationdb.New(t), actor.ID()
	row, err := q.CloseConversation(ctx, conversationdb.CloseConversationParams{ConversationID: conversation, AgentID: &agent, MessageID: uuid.New()})
	if err == nil {
		event := toMessageEvent(eventRow(row))
		s.publish(actor.Org(), event)
		s.flushEvents(ctx)
		return event.Snapshot, nil
	}
	if !pg.IsNoRows(err) {
		return Conversation{}, err
	}
	refusal := s.explainRefusal(ctx, q, actor, conversation)
	if refusal == error(ErrClosed) {
		got, err := q.GetConversation(ctx, conversation)
		if err == nil && got.AgentID != nil && *got.AgentID == agent {
			return toConversation(got), nil
		}
	}
	return Conversation{}, refusal
}
