package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Bodies of system messages that nobody says.
const (
	SystemVisitorLeft = "left"   // the visitor has ended the conversation
	SystemIdleCheck   = "silent" // the visitor is asked whether it is still there
	SystemIdleClosed  = "lapsed" // it was not, and the conversation has ended
)

// CloseByVisitor ends the visitor's own conversation. One that has ended already is no error.
func (s *Service) CloseByVisitor(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only the visitor can leave a conversation.")
	}
	visitor := actor.ID()
	return s.closeAsSystem(ctx, actor.Org(), conversationdb.EndConversationParams{ConversationID: conversation, VisitorID: &visitor, Body: SystemVisitorLeft})
}

// CloseIdle ends a conversation in which nothing was said after a message.
func (s *Service) CloseIdle(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	n := int32(seq)
	return s.closeAsSystem(ctx, org, conversationdb.EndConversationParams{ConversationID: conversation, Seq: &n, Body: SystemIdleClosed})
}

func (s *Service) closeAsSystem(ctx context.Context, org uuid.UUID, p conversationdb.EndConversationParams) error {
	p.MessageID = uuid.New()
	row, err := conversationdb.New(s.db.As(access.System(org, "end a conversation"))).EndConversation(ctx, p)
	return s.publishSystemMessage(org, conversationdb.PostSystemMessageRow(row), err)
}

// SendIdleCheck asks the visitor whether it is still there, if nothing was said after a message and it is its turn.
func (s *Service) SendIdleCheck(ctx context.Context, org, conversation uuid.UUID, seq int) error {
	row, err := conversationdb.New(s.db.As(access.System(org, "ask whether a visitor is still there"))).PostSystemMessage(ctx, conversationdb.PostSystemMessageParams{ConversationID: conversation, Seq: int32(seq), MessageID: uuid.New(), Body: SystemIdleCheck})
	return s.publishSystemMessage(org, row, err)
}

// publishSystemMessage rings for what a statement of the program's own has said; that its guards let nothing through is no error.
func (s *Service) publishSystemMessage(org uuid.UUID, row conversationdb.PostSystemMessageRow, err error) error {
	if pg.IsNoRows(err) {
		return nil
	}
	if err == nil {
		s.publish(org, toMessageEvent(eventRow(row)))
	}
	return err
}

// MarkRead notes that the actor, a visitor or the agent who has the conversation, has read it up to a message, and tells the other side.
func (s *Service) MarkRead(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) error {
	q := conversationdb.New(s.db.As(access.System(actor.Org(), "note what was read")))
	var visitor, user uuid.UUID
	var err error
	var upTo int32
	if id := actor.ID(); actor.IsVisitor() {
		upTo, err = q.MarkReadByVisitor(ctx, conversationdb.MarkReadByVisitorParams{ConversationID: conversation, VisitorID: id, Seq: int32(seq)})
		visitor = id
	} else {
		var row conversationdb.MarkReadByAgentRow
		row, err = q.MarkReadByAgent(ctx, conversationdb.MarkReadByAgentParams{ConversationID: conversation, AgentID: &id, Seq: int32(seq)})
		upTo, visitor, user = row.ReadByAgent, row.VisitorID, id
	}
	if pg.IsNoRows(err) {
		return nil
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Read, Org: actor.Org(), Conversation: conversation, Visitor: visitor, User: user, Seq: int(upTo)})
	}
	return err
}

// ReadState is up to which message each side has read a conversation.
type ReadState struct{ ByVisitor, ByAgent int }

// ReadStates returns it for conversations that the actor may see.
func (s *Service) ReadStates(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]ReadState, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListReadMarks(ctx, conversations)
	read := make(map[uuid.UUID]ReadState, len(rows))
	for _, row := range rows {
		read[row.ConversationID] = ReadState{int(row.ReadByVisitor), int(row.ReadByAgent)}
	}
	return read, err
}

// UnreadInfo is what a visitor has not been told of yet.
type UnreadInfo struct {
	Visitor       uuid.UUID
	Email         string // empty: not known
	Verified      bool   // the site signs this visitor in
	Website       uuid.UUID
	WebsiteName   string
	Host          string // the website's first domain; it may begin with *. Empty: it has none
	PageURL       string
	Language      string // that the visitor's widget speaks, as the browser says it; empty: not known
	TimeZone      string // the visitor's time zone, as the browser says it; empty: not known
	GroupTimeZone string // the time zone of the group that answers
	State         State
	DeliveredSeq  int // up to which message it has read or been mailed
	LastSeq       int
}

// GetUnread returns it.
func (s *Service) GetUnread(ctx context.Context, actor access.Actor, conversation uuid.UUID) (UnreadInfo, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetUnread(ctx, conversation)
	if pg.IsNoRows(err) {
		return UnreadInfo{}, fail.Missing("conversation")
	}
	return UnreadInfo{row.VisitorID, row.Email, row.Signed, row.WebsiteID, row.WebsiteName, row.Host, row.PageUrl, row.Language, row.TimeZone, row.GroupZone,
		State(row.State), int(row.Known), int(row.LastSeq)}, err
}

// MarkMailed notes that the visitor was sent everything up to a message; false: somebody else has done so.
func (s *Service) MarkMailed(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) (bool, error) {
	n, err := conversationdb.New(s.db.As(actor)).MarkMailed(ctx, conversationdb.MarkMailedParams{ConversationID: conversation, Seq: int32(seq)})
	return n > 0, err
}

// CountTranscript counts a transcript that a visitor has mailed to itself; a conversation that no agent had, and more than three, are
// refused.
func (s *Service) CountTranscript(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	system := access.System(actor.Org(), "count transcripts")
	n, err := conversationdb.New(s.db.As(system)).CountTranscript(ctx, conversationdb.CountTranscriptParams{ConversationID: conversation, VisitorID: actor.ID()})
	if err == nil && n == 0 {
		return fail.New(fail.Conflict, "This conversation cannot be mailed: nobody has answered yet, or it was mailed three times.").WithReason("mailed")
	}
	return err
}

// AwaitingVisitor is a conversation in which the visitor has the word.
type AwaitingVisitor struct {
	Conversation Conversation // as far as ID, Website, State and LastSeq
	Unread       bool         // its visitor can be written to, and has not read all
	IdleChecked  bool         // whether it is still there
}

// ListAwaitingVisitor returns those of the last day.
func (s *Service) ListAwaitingVisitor(ctx context.Context, actor access.Actor) ([]AwaitingVisitor, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListAnsweredConversations(ctx)
	list := make([]AwaitingVisitor, len(rows))
	for i, row := range rows {
		list[i] = AwaitingVisitor{Conversation{ID: row.ID, Website: row.WebsiteID, State: State(row.State), LastSeq: int(row.LastSeq)}, row.Unread, row.LastSaid == SystemIdleCheck}
	}
	return list, err
}
