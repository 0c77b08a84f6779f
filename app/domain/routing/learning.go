package routing

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/pg"
)

// LearnAlongside queues what routing learns from messages, in the transaction that stores them: the arrival of the
// conversations that start, and how long the replies took their agents. It returns functions that read the results, in the
// order of queueing.
func LearnAlongside(ctx context.Context, t *pg.Tenant, started []uuid.UUID, replies []conversation.Reply) (read []func() error) {
	q := routingdb.New(t)
	if len(started) > 0 {
		read = append(read, readError(q.CountArrivals(ctx, [][]uuid.UUID{started})))
	}
	if len(replies) > 0 {
		var p routingdb.LearnReplyTimesParams
		for _, m := range replies {
			p.ConversationIds, p.MessageIds = append(p.ConversationIds, m.Conversation), append(p.MessageIds, m.Message)
		}
		read = append(read, readError(q.LearnReplyTimes(ctx, []routingdb.LearnReplyTimesParams{p})))
	}
	return read
}

// readError returns a function that reads the result of one queued statement for its error only.
func readError(results interface {
	Query(func(int, []uuid.UUID, error))
}) func() error {
	return func() (failed error) {
		results.Query(func(_ int, _ []uuid.UUID, err error) { failed = err })
		return failed
	}
}
