package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/pg"

	"github.com/google/uuid"
)

// queueAlongside queues the statements of Options.Alongside for one organization's drafts and returns how to read their results.
func (s *Service) queueAlongside(ctx context.Context, t *pg.Tenant, drafts []*draft) (read []func() error) {
	var started []uuid.UUID
	var replies []Reply
	for _, d := range drafts {
		switch {
		case d.begins:
			started = append(started, d.conversation)
		case d.author == ByAgent && d.kind != Note:
			replies = append(replies, Reply{d.conversation, d.id})
		}
	}
	if started == nil && replies == nil {
		return nil
	}
	for _, queue := range s.alongside {
		read = append(read, queue(ctx, t, started, replies)...)
	}
	return read
}

// queueStatements queues one organization's drafts and returns how to read their results.
func queueStatements(ctx context.Context, q *conversationdb.Queries, drafts []*draft) (read []func() error) {
	var begin conversationdb.StartConversationsParams
	var send conversationdb.SendMessagesParams
	in := make(map[uuid.UUID]*draft, len(drafts)) // by conversation: ids of messages are their senders' choice
	for _, d := range drafts {
		in[d.conversation] = d
		if d.begins {
			begin.MessageIds = append(begin.MessageIds, d.id)
			begin.ConversationIds = append(begin.ConversationIds, d.conversation)
			begin.VisitorIds = append(begin.VisitorIds, d.authorID)
			begin.WebsiteIds = append(begin.WebsiteIds, d.website)
			begin.CustomerIds = append(begin.CustomerIds, d.customer)
			begin.GroupIds = append(begin.GroupIds, d.group)
			begin.Kinds = append(begin.Kinds, string(d.kind))
			begin.Bodies = append(begin.Bodies, d.body)
			begin.PageUrls = append(begin.PageUrls, d.page.URL)
			begin.PageTitles = append(begin.PageTitles, d.page.Title)
			begin.Referrers = append(begin.Referrers, d.page.Referrer)
			begin.UserAgents = append(begin.UserAgents, d.page.UserAgent)
			begin.IPAddresses = append(begin.IPAddresses, d.page.Address)
			begin.Languages = append(begin.Languages, d.page.Language)
			continue
		}
		send.MessageIds = append(send.MessageIds, d.id)
		send.ConversationIds = append(send.ConversationIds, d.conversation)
		send.Authors = append(send.Authors, string(d.author))
		send.AuthorIds = append(send.AuthorIds, d.authorID)
		send.Kinds = append(send.Kinds, string(d.kind))
		send.Bodies = append(send.Bodies, d.body)
	}
	stored := func(row eventRow) {
		if d := in[row.MessageRow.ConversationID]; d != nil && d.id == row.MessageRow.MessageID {
			d.event, d.stored = toMessageEvent(row), true
		}
	}
	if len(begin.MessageIds) > 0 {
		results := q.StartConversations(ctx, []conversationdb.StartConversationsParams{begin})
		read = append(read, func() (failed error) {
			results.Query(func(_ int, rows []conversationdb.StartConversationsRow, err error) {
				failed = err
				for _, row := range rows {
					stored(eventRow(row))
				}
			})
			return failed
		})
	}
	if len(send.MessageIds) > 0 {
		results := q.SendMessages(ctx, []conversationdb.SendMessagesParams{send})
		read = append(read, func() (failed error) {
			results.Query(func(_ int, rows []conversationdb.SendMessagesRow, err error) {
				failed = err
				for _, row := range rows {
					stored(toEventRow(row))
				}
			})
			return failed
		})
	}
	return read
}
