package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"time"

	"github.com/google/uuid"
)

// UnreadInfo is what a visitor has not read, and how it can be reached.
type UnreadInfo struct {
	Visitor       uuid.UUID
	Email         string // empty: not known
	Verified      bool   // the website signs this visitor in
	Website       uuid.UUID
	WebsiteName   string
	Host          string // the website's first domain; it may begin with *. Empty: it has none
	PageURL       string
	Language      string // that the visitor's widget speaks, as the browser says it; empty: not known
	TimeZone      string // the visitor's time zone, as the browser says it; empty: not known
	GroupTimeZone string // the time zone of the group that answers
	State         State
	ReadSeq       int // up to which message it has read
	DeliveredSeq  int // up to which message it has read or been mailed
	LastSeq       int
}

// GetUnread returns what the visitor of a conversation has not read. fail.NotFound if there is no such conversation.
func (s *Service) GetUnread(ctx context.Context, actor access.Actor, conversation uuid.UUID) (UnreadInfo, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetUnread(ctx, conversation)
	if pg.IsNoRows(err) {
		return UnreadInfo{}, fail.Missing("conversation")
	}
	return UnreadInfo{
		row.VisitorID,
		row.Email,
		row.Signed,
		row.WebsiteID,
		row.WebsiteName,
		row.Host,
		row.PageUrl,
		row.Language,
		row.TimeZone,
		row.GroupZone,
		State(row.State),
		int(row.ReadByVisitor),
		int(row.Known),
		int(row.LastSeq),
	}, err
}

// MarkMailed records that the visitor is mailed everything up to a message, and runs alsoInTx in the same transaction;
// first is false if that was recorded before, and then alsoInTx is not run.
func (s *Service) MarkMailed(
	ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int, alsoInTx func(*pg.Tenant) error,
) (first bool, err error) {
	err = s.db.As(actor).Tx(ctx, func(tx *pg.Tenant) error {
		n, err := conversationdb.New(tx).MarkMailed(ctx, conversationdb.MarkMailedParams{ConversationID: conversation, Seq: int32(seq)})
		if first = n > 0; err != nil || !first {
			return err
		}
		return alsoInTx(tx)
	})
	return first && err == nil, err
}

// CountTranscript counts a transcript that a visitor has mailed to itself. fail.Conflict for a conversation without a
// reply, and after three.
func (s *Service) CountTranscript(ctx context.Context, actor access.Actor, conversation uuid.UUID) error {
	system := access.System(actor.Org(), "count transcripts")
	n, err := conversationdb.New(s.db.As(system)).CountTranscript(ctx, conversationdb.CountTranscriptParams{
		ConversationID: conversation,
		VisitorID:      actor.ID(),
	})
	if err == nil && n == 0 {
		return fail.New(fail.Conflict,
			"This conversation cannot be emailed: no one has replied yet, or it was emailed three times already.").WithReason("mailed")
	}
	return err
}

// AwaitingVisitor is a conversation in which an agent wrote last.
type AwaitingVisitor struct {
	Conversation Conversation // only ID, Website, State and LastSeq are set
	Since        time.Time    // time of its last message
	Unread       bool         // its visitor has an address and has not read everything
	IdleChecked  bool         // the visitor was asked whether it is still there
}

// ListAwaitingVisitor returns those of the last day, at most 5,000, the newest first.
func (s *Service) ListAwaitingVisitor(ctx context.Context, actor access.Actor) ([]AwaitingVisitor, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListAnsweredConversations(ctx)
	list := make([]AwaitingVisitor, len(rows))
	for i, row := range rows {
		list[i] = AwaitingVisitor{
			Conversation{ID: row.ID, Website: row.WebsiteID, State: State(row.State), LastSeq: int(row.LastSeq)},
			row.LastAt,
			row.Unread,
			row.LastSaid == SystemIdleCheck,
		}
	}
	return list, err
}
