package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

// ListMessagesBefore returns the newest messages with numbers below one, in order, at most limit and at most
// MessagePageSize. fail.NotFound if the actor does not see the conversation.
func (s *Service) ListMessagesBefore(
	ctx context.Context, actor access.Actor, conversation uuid.UUID, before, limit int,
) ([]Message, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil {
		return nil, err
	}
	if _, err := s.Get(ctx, actor, conversation); err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListMessagesBefore(ctx, conversationdb.ListMessagesBeforeParams{
		ConversationID: conversation,
		Before:         int32(before),
		Most:           int32(min(limit, MessagePageSize)),
	})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[len(rows)-1-i] = toMessage(row)
	}
	return list, err
}

// Question is a visitor's message that suggestions are for.
type Question struct {
	Seq  int
	Text string
}

// LastQuestions returns the newest text of each conversation's visitor, where there is one.
func (s *Service) LastQuestions(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]Question, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil || len(conversations) == 0 {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListLastQuestions(ctx, conversations)
	last := map[uuid.UUID]Question{}
	for _, row := range rows {
		last[row.ConversationID] = Question{int(row.Seq), row.Body}
	}
	return last, err
}

// QuestionAt returns the visitor's newest text up to a number. fail.NotFound if there is none.
func (s *Service) QuestionAt(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) (Question, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil {
		return Question{}, err
	}
	row, err := conversationdb.New(t).GetLastQuestion(ctx, conversationdb.GetLastQuestionParams{
		ConversationID: conversation,
		Upto:           int32(seq),
	})
	if pg.IsNoRows(err) {
		return Question{}, fail.Missing("message")
	}
	return Question{int(row.Seq), row.Body}, err
}

// GetMessage returns the message with a number. fail.NotFound if the actor does not see it.
func (s *Service) GetMessage(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) (Message, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetMessage(ctx, conversationdb.GetMessageParams{
		ConversationID: conversation,
		Seq:            int32(seq),
	})
	if pg.IsNoRows(err) {
		return Message{}, fail.Missing("message")
	}
	return toMessage(row), err
}

// MessagePageSize is how many messages ListMessagesAfter returns at most.
const MessagePageSize = 200

// ListMessagesAfter returns the messages with numbers above cursor that the actor may see, in order, at most
// MessagePageSize.
func (s *Service) ListMessagesAfter(ctx context.Context, actor access.Actor, conversation uuid.UUID, cursor int) ([]Message, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListMessagesAfter(ctx, conversationdb.ListMessagesAfterParams{
		ConversationID: conversation,
		After:          int32(cursor),
		Most:           MessagePageSize,
	})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[i] = toMessage(row)
	}
	return list, err
}

// messagePageBytes is about how much text ListMessagePage returns at most, in bytes; a single message may have more.
const messagePageBytes = 128 << 10

// ListMessagePage returns a page of messages, as ListMessagesAfter does, that ends early at messagePageBytes. more
// reports that there may be further messages.
func (s *Service) ListMessagePage(
	ctx context.Context, actor access.Actor, conversation uuid.UUID, cursor int,
) (list []Message, more bool, err error) {
	list, err = s.ListMessagesAfter(ctx, actor, conversation, cursor)
	more = len(list) == MessagePageSize
	bytes := 0
	for i, m := range list {
		if bytes += len(m.Body); bytes > messagePageBytes && i > 0 {
			return list[:i:i], true, err
		}
	}
	return list, more, err
}

// DeskThreadLimit is how many messages of a conversation a desk shows at first, the newest ones.
const DeskThreadLimit = 60

// Threads returns, by conversation, the messages after its cursor, or the newest DeskThreadLimit where that is 0, in one round trip.
func (s *Service) Threads(ctx context.Context, actor access.Actor, cursors map[uuid.UUID]int) (map[uuid.UUID][]Message, error) {
	threads := make(map[uuid.UUID][]Message, len(cursors))
	if len(cursors) == 0 {
		return threads, nil
	}
	p := conversationdb.ListThreadsParams{Most: DeskThreadLimit}
	for id, after := range cursors {
		p.Conversations, p.Cursors = append(p.Conversations, id), append(p.Cursors, int32(after))
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListThreads(ctx, p)
	for _, row := range rows {
		m := toMessage(row.MessageRow)
		threads[m.Conversation] = append(threads[m.Conversation], m)
	}
	return threads, err
}
