package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Bodies of system messages that nobody says.
const (
	Left   = "left"   // the visitor has ended the conversation
	Silent = "silent" // the visitor is asked whether it is still there
	Lapsed = "lapsed" // it was not, and the conversation has ended
)

// EndByVisitor ends the visitor's own conversation. One that has ended already is no error.
func (r *Room) EndByVisitor(ctx context.Context, who access.Actor, conversation uuid.UUID) error {
	if !who.IsVisitor() {
		return fail.New(fail.Forbidden, "Only the visitor can leave a conversation.")
	}
	visitor := who.ID()
	return r.end(ctx, who.Org(), chatdb.EndParams{ConversationID: conversation, VisitorID: &visitor, Body: Left})
}

// EndBySilence ends a conversation in which nothing was said after a message.
func (r *Room) EndBySilence(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	n := int32(seq)
	return r.end(ctx, org, chatdb.EndParams{ConversationID: conversation, Seq: &n, Body: Lapsed})
}

func (r *Room) end(ctx context.Context, org uuid.UUID, p chatdb.EndParams) error {
	p.MessageID = uuid.New()
	row, err := chatdb.New(r.db.As(access.System(org, "end a conversation"))).End(ctx, p)
	return r.rung(org, chatdb.RemarkRow(row), err)
}

// AskIfThere asks the visitor whether it is still there, if nothing was said after a message and it is its turn.
func (r *Room) AskIfThere(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	row, err := chatdb.New(r.db.As(access.System(org, "ask whether a visitor is still there"))).Remark(ctx, chatdb.RemarkParams{ConversationID: conversation, Seq: int32(seq), MessageID: uuid.New(), Body: Silent})
	return r.rung(org, row, err)
}

// rung rings for what a statement of the program's own has said; that its guards let nothing through is no error.
func (r *Room) rung(org uuid.UUID, row chatdb.RemarkRow, err error) error {
	if pg.None(err) {
		return nil
	}
	if err == nil {
		r.ring(org, said(chatdb.TakeRow(row)))
	}
	return err
}

// Seen notes that the actor, a visitor or the agent who has the conversation, has read it up to a message, and tells the other side.
func (r *Room) Seen(ctx context.Context, who access.Actor, conversation uuid.UUID, seq int) error {
	q := chatdb.New(r.db.As(access.System(who.Org(), "note what was read")))
	var visitor, user uuid.UUID
	var err error
	var upTo int32
	if id := who.ID(); who.IsVisitor() {
		upTo, err = q.SeenByVisitor(ctx, chatdb.SeenByVisitorParams{ConversationID: conversation, VisitorID: id, Seq: int32(seq)})
		visitor = id
	} else {
		var row chatdb.SeenByAgentRow
		row, err = q.SeenByAgent(ctx, chatdb.SeenByAgentParams{ConversationID: conversation, AgentID: &id, Seq: int32(seq)})
		upTo, visitor, user = row.ReadByAgent, row.VisitorID, id
	}
	if pg.None(err) {
		return nil
	}
	if err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Seen, Org: who.Org(), Conversation: conversation, Visitor: visitor, User: user, Seq: int(upTo)})
	}
	return err
}

// Read is up to which message each side has read a conversation.
type Read struct{ ByVisitor, ByAgent int }

// ReadUpTo returns it for conversations that the actor may see.
func (r *Room) ReadUpTo(ctx context.Context, who access.Actor, conversations []uuid.UUID) (map[uuid.UUID]Read, error) {
	rows, err := chatdb.New(r.db.As(who)).ReadUpTo(ctx, conversations)
	read := make(map[uuid.UUID]Read, len(rows))
	for _, row := range rows {
		read[row.ConversationID] = Read{int(row.ReadByVisitor), int(row.ReadByAgent)}
	}
	return read, err
}

// Unread is what a visitor has not been told of yet.
type Unread struct {
	Visitor     uuid.UUID
	Email       string // empty: not known
	Signed      bool   // the site signs this visitor in
	Website     uuid.UUID
	WebsiteName string
	Host        string // the website's first domain; it may begin with *. Empty: it has none
	PageURL     string
	Language    string // that the visitor's widget speaks, as the browser says it; empty: not known
	Zone        string // the visitor's time zone, as the browser says it; empty: not known
	GroupZone   string // the time zone of the group that answers
	State       State
	Known       int // up to which message it has read or been mailed
	Newest      int
}

// Unread returns it.
func (r *Room) Unread(ctx context.Context, who access.Actor, conversation uuid.UUID) (Unread, error) {
	row, err := chatdb.New(r.db.As(who)).Unread(ctx, conversation)
	if pg.None(err) {
		return Unread{}, fail.Missing("conversation")
	}
	return Unread{row.VisitorID, row.Email, row.Signed, row.WebsiteID, row.WebsiteName, row.Host, row.PageUrl, row.Language, row.Zone, row.GroupZone,
		State(row.State), int(row.Known), int(row.LastSeq)}, err
}

// Mailed notes that the visitor was sent everything up to a message; false: somebody else has done so.
func (r *Room) Mailed(ctx context.Context, who access.Actor, conversation uuid.UUID, seq int) (bool, error) {
	n, err := chatdb.New(r.db.As(who)).Mailed(ctx, chatdb.MailedParams{ConversationID: conversation, Seq: int32(seq)})
	return n > 0, err
}

// TakeTranscript counts a transcript that a visitor has mailed to itself; a conversation that no agent had, and more than three, are
// refused.
func (r *Room) TakeTranscript(ctx context.Context, who access.Actor, conversation uuid.UUID) error {
	system := access.System(who.Org(), "count transcripts")
	n, err := chatdb.New(r.db.As(system)).TakeTranscript(ctx, chatdb.TakeTranscriptParams{ConversationID: conversation, VisitorID: who.ID()})
	if err == nil && n == 0 {
		return fail.New(fail.Conflict, "This conversation cannot be mailed: nobody has answered yet, or it was mailed three times.").Because("mailed")
	}
	return err
}

// Answered is a conversation in which the visitor has the word.
type Answered struct {
	In     Conversation // as far as ID, Website, State and LastSeq
	Unread bool         // its visitor can be written to, and has not read all
	Asked  bool         // whether it is still there
}

// Answered returns those of the last day.
func (r *Room) Answered(ctx context.Context, who access.Actor) ([]Answered, error) {
	rows, err := chatdb.New(r.db.As(who)).Answered(ctx)
	list := make([]Answered, len(rows))
	for i, row := range rows {
		list[i] = Answered{Conversation{ID: row.ID, Website: row.WebsiteID, State: State(row.State), LastSeq: int(row.LastSeq)}, row.Unread, row.LastSaid == Silent}
	}
	return list, err
}
