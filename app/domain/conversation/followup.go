package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

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
