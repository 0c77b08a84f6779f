package chat

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// How a conversation changes hands. Each way is one guarded statement; the database sees to it that nobody gets more than it
// may have (migration 00007).

// ErrLineEmpty says that nobody is waiting.
var ErrLineEmpty = fail.New(fail.NotFound, "Nobody is waiting.")

// ErrFull refuses a conversation to an agent who has all it may have.
var ErrFull = fail.New(fail.Conflict, "That would be one conversation more than you may have at once. Close one first, or ask a manager to raise your limit.")

var errColleagueFull = fail.New(fail.Conflict, "This colleague has as many conversations as allowed. Choose somebody else.")

// Take gives a waiting conversation to the agent: the chosen one, or, for the zero id, the one of its lines that has waited
// longest. name is what the visitor will see.
func (r *Room) Take(ctx context.Context, who access.Actor, name string, conversation uuid.UUID, lines Lines) (Conversation, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := chatdb.New(t), who.ID()
	p := chatdb.TakeParams{ConversationID: optional(conversation), AgentID: agent, AgentName: name, MessageID: uuid.New(), Anywhere: lines.Anywhere, Groups: lines.Groups}
	row, err := q.Take(ctx, p)
	for try := 0; pg.None(err) && conversation != uuid.Nil && try < 3; try++ { // it may be held for a moment, by a message of its visitor
		time.Sleep(time.Duration(20+20*try) * time.Millisecond)
		row, err = q.Take(ctx, p)
	}
	if err == nil {
		s := said(row)
		r.ring(who.Org(), s)
		r.told(ctx)
		return s.In, nil
	}
	if pg.Refused(err) {
		return Conversation{}, ErrFull
	}
	if !pg.None(err) {
		return Conversation{}, err
	}
	if conversation == uuid.Nil {
		return Conversation{}, ErrLineEmpty
	}
	got, err := q.GetConversation(ctx, conversation)
	switch {
	case pg.None(err):
		return Conversation{}, r.tooLate(ctx, who, conversation, lines)
	case err != nil:
		return Conversation{}, err
	case got.AgentID != nil && *got.AgentID == agent && State(got.State) == Open:
		return fromRow(got), nil // taken by this agent already: the same answer again
	case State(got.State) == Closed:
		return Conversation{}, ErrClosed
	case got.AgentID == nil && fromRow(got).offered(time.Now()) && *got.OfferedTo != agent:
		return Conversation{}, fail.New(fail.Conflict, "This conversation is offered to a colleague just now.")
	case got.AgentID == nil && !lines.Has(got.GroupID):
		return Conversation{}, fail.New(fail.Forbidden, "This conversation is in the line of a group that you do not belong to.")
	case got.AgentID == nil:
		return Conversation{}, fail.New(fail.Conflict, "This conversation cannot be chosen. Take the next one instead; if you just did, please try again.")
	}
	return Conversation{}, fail.New(fail.Conflict, "%s was quicker and has this conversation now.", nameOr(got.AgentName, "A colleague"))
}

// tooLate says why a conversation could not be picked that the actor does not see: it has just left a queue that the actor sees.
func (r *Room) tooLate(ctx context.Context, who access.Actor, conversation uuid.UUID, lines Lines) error {
	known, err := r.known(ctx, who, conversation)
	switch {
	case err != nil:
		return err
	case !lines.Has(known.GroupID):
		return fail.Missing("conversation")
	case State(known.State) == Closed:
		return ErrClosed
	case known.AgentID == nil:
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

// Gift gives one conversation to one agent.
type Gift struct{ Conversation, Agent uuid.UUID }

// Give gives conversations to agents, inside the caller's transaction; by is ByRouting, ByOrder or ByTakeOver, from the agent
// they have (zero: they wait). What is not there any more is left out. The caller rings after the commit.
func (r *Room) Give(ctx context.Context, tx *pg.Tenant, gifts []Gift, by string, from uuid.UUID) ([]Said, error) {
	p := chatdb.GiveParams{CameBy: by, FromAgent: optional(from)}
	for _, g := range gifts {
		p.ConversationIds, p.AgentIds, p.MessageIds = append(p.ConversationIds, g.Conversation), append(p.AgentIds, g.Agent), append(p.MessageIds, uuid.New())
	}
	q := chatdb.New(tx)
	if len(gifts) > 1 { // conversations before agents, and in one order everywhere
		if _, err := q.LockWaiting(ctx, p.ConversationIds); err != nil {
			return nil, err
		}
	}
	rows, err := q.Give(ctx, p)
	return saids(rows), err
}

func saids[R chatdb.GiveRow | chatdb.RequeueRow | chatdb.RelineRow](rows []R) []Said {
	list := make([]Said, len(rows))
	for i, row := range rows {
		list[i] = said(chatdb.TakeRow(row))
	}
	return list
}

// Ring tells every screen what Give, Requeue or Reline has said.
func (r *Room) Ring(ctx context.Context, org uuid.UUID, list []Said) {
	events := make([]bus.Event, len(list))
	for i, s := range list {
		events[i] = event(org, s)
	}
	r.bus.Publish(events...)
	r.told(ctx)
}

// Hand gives a conversation to an agent because somebody says so: from the line (from is zero) or from the agent who has it.
func (r *Room) Hand(ctx context.Context, who access.Actor, conversation, to, from uuid.UUID) (Conversation, error) {
	t, err := r.db.For(who, access.Watch)
	if err != nil {
		return Conversation{}, err
	}
	by := ByOrder
	if from != uuid.Nil && to == who.ID() {
		by = ByTakeOver
	}
	var list []Said
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := chatdb.New(tx)
		if err := q.LockBetween(ctx, chatdb.LockBetweenParams{ConversationID: conversation, Agents: []uuid.UUID{to, from}}); err != nil {
			return err
		}
		list, err = r.Give(ctx, tx, []Gift{{conversation, to}}, by, from)
		return err
	})
	switch {
	case pg.Beyond(err):
		return Conversation{}, errBeyond
	case pg.Refused(err) && to == who.ID():
		return Conversation{}, ErrFull
	case pg.Refused(err):
		return Conversation{}, errColleagueFull
	case err != nil:
		return Conversation{}, err
	}
	if len(list) == 0 {
		return Conversation{}, r.moved(ctx, t, conversation, to)
	}
	r.Ring(ctx, who.Org(), list)
	return list[0].In, nil
}

// moved finds out why a conversation was not where it was thought to be.
func (r *Room) moved(ctx context.Context, t *pg.Tenant, conversation, to uuid.UUID) error {
	got, err := chatdb.New(t).GetConversation(ctx, conversation)
	switch {
	case pg.None(err):
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

// Requeue is how open conversations go back into a line.
type Requeue struct {
	Conversations []uuid.UUID   // nil: all of the agent's
	Agent         uuid.UUID     // only if it has them; zero: whoever
	By            string        // one of the words above
	Group         uuid.UUID     // into this group's line; zero: the one they came from
	OfferTo       uuid.UUID     // kept for this agent for OfferLasts
	Lost          bool          // it was with an agent already: comes a little before others
	Unanswered    bool          // only where the visitor waits
	HadFor        time.Duration // only where the agent has had it for so long; 0: anyway
	OfferNote     string        // who offers it, and why
	Note          string        // for colleagues, by NoteBy
	NoteBy        string
}

// OfferLasts is how long a colleague has to accept a conversation.
const OfferLasts = 60 * time.Second

// Requeue puts open conversations back into a line, inside the caller's transaction. The caller rings after the commit.
func (r *Room) Requeue(ctx context.Context, tx *pg.Tenant, in Requeue) ([]Said, error) {
	var hadFor *int32
	if in.HadFor > 0 {
		seconds := int32(in.HadFor / time.Second)
		hadFor = &seconds
	}
	rows, err := chatdb.New(tx).Requeue(ctx, chatdb.RequeueParams{HadFor: hadFor, AgentID: optional(in.Agent), AllOfAgent: in.Conversations == nil, ConversationIds: in.Conversations,
		Unanswered: in.Unanswered, CameBy: in.By, GroupID: optional(in.Group), Lost: in.Lost, OfferedTo: optional(in.OfferTo), OfferSeconds: int32(OfferLasts.Seconds()),
		OfferNote: in.OfferNote, Note: in.Note, NoteBy: in.NoteBy})
	return saids(rows), err
}

// Reline moves waiting conversations into another group's line, inside the caller's transaction.
func (r *Room) Reline(ctx context.Context, tx *pg.Tenant, conversations []uuid.UUID, group uuid.UUID, note string) ([]Said, error) {
	rows, err := chatdb.New(tx).Reline(ctx, chatdb.RelineParams{ConversationIds: conversations, GroupID: optional(group), CameBy: ByOverflow, Note: note})
	return saids(rows), err
}

// Lapse ends offers that were not accepted in time, inside the caller's transaction.
func (r *Room) Lapse(ctx context.Context, tx *pg.Tenant) ([]Said, error) {
	rows, err := chatdb.New(tx).Reline(ctx, chatdb.RelineParams{Expired: true, CameBy: ByLapse, Note: "Not accepted in time: the conversation is in the line."})
	return saids(rows), err
}

// Decline ends the offer of a conversation to the actor.
func (r *Room) Decline(ctx context.Context, who access.Actor, name string, conversation uuid.UUID) error {
	if _, err := r.db.For(who, access.Answer); err != nil {
		return err
	}
	// As the system: the agent does not see the queue into which it goes. The statement takes nothing but what is offered to the agent.
	rows, err := chatdb.New(r.db.As(who.AsSystem("decline an offer"))).Reline(ctx, chatdb.RelineParams{ConversationIds: []uuid.UUID{conversation}, OfferedTo: optional(who.ID()),
		CameBy: ByLapse, NoteBy: name, Note: name + " could not take it: the conversation is in the line."})
	if err == nil && len(rows) == 0 {
		return fail.New(fail.Conflict, "This conversation is no longer offered to you.")
	}
	r.Ring(ctx, who.Org(), saids(rows))
	return err
}

// Handover is a transfer by the agent who has a conversation, or by somebody who may watch.
type Handover struct {
	Conversation uuid.UUID
	Group        uuid.UUID // to this group's line, or
	Person       uuid.UUID // offered to this colleague
	To           string    // its name, for the note
	Comment      string    // for the colleagues; may be empty
}

// Transfer hands a conversation over: to a group's line, or to a person, who has OfferLasts to accept it.
func (r *Room) Transfer(ctx context.Context, who access.Actor, name string, in Handover) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	if in.Comment, err = fail.OptionalText("the comment", in.Comment, 1000); err != nil {
		return fail.Field("comment", "%s", err.Error())
	}
	note := "Handed over to " + in.To
	if in.Person != uuid.Nil {
		note = "Offered to " + in.To
	}
	if in.Comment != "" {
		note += ": " + in.Comment
	}
	q := Requeue{Conversations: []uuid.UUID{in.Conversation}, Agent: who.ID(), By: ByTransfer, Group: in.Group, OfferTo: in.Person, Note: note, NoteBy: name,
		OfferNote: strings.TrimSuffix(name+": "+in.Comment, ": "), Lost: true}
	if who.May(access.Watch) {
		q.Agent = uuid.Nil
	}
	if _, err := r.Get(ctx, who, in.Conversation); fail.KindOf(err) == fail.NotFound {
		return r.Refusal(ctx, who, in.Conversation)
	} else if err != nil {
		return err
	}
	// As the system: the agent may not see where it goes. The statement takes nothing but what the agent has.
	list, err := r.Requeue(ctx, r.db.As(who.AsSystem("transfer a conversation")), q)
	if pg.Beyond(err) {
		return errBeyond
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return r.refusal(ctx, chatdb.New(t), who, in.Conversation)
	}
	r.Ring(ctx, who.Org(), list)
	return nil
}

// Close ends the agent's conversation. Closing twice is closing once.
func (r *Room) Close(ctx context.Context, who access.Actor, conversation uuid.UUID) (Conversation, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Conversation{}, err
	}
	q, agent := chatdb.New(t), who.ID()
	row, err := q.Close(ctx, chatdb.CloseParams{ConversationID: conversation, AgentID: &agent, MessageID: uuid.New()})
	if err == nil {
		s := said(chatdb.TakeRow(row))
		r.ring(who.Org(), s)
		r.told(ctx)
		return s.In, nil
	}
	if !pg.None(err) {
		return Conversation{}, err
	}
	why := r.refusal(ctx, q, who, conversation)
	if why == error(ErrClosed) {
		got, err := q.GetConversation(ctx, conversation)
		if err == nil && got.AgentID != nil && *got.AgentID == agent {
			return fromRow(got), nil
		}
	}
	return Conversation{}, why
}
