package conversation

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Identify returns the visitor whom a website has signed, as visitor.Service.Identify does, and makes the conversations of the anonymous
// visitor that the browser was so far the known visitor's. Its other panels come back as that.
func (s *Service) Identify(
	ctx context.Context, org, website uuid.UUID, current access.Actor, claims visitor.IdentityClaims,
	signed, address string,
) (access.Actor, error) {
	known, former, err := s.visitors.Identify(ctx, org, website, current, claims, signed, address)
	if err == nil && former.Valid() {
		err = s.mergeVisitors(ctx, former, known)
	}
	return known, err
}

// mergeVisitors makes the conversations of an anonymous visitor the known visitor's. If both have a running conversation, the anonymous
// visitor's is closed.
func (s *Service) mergeVisitors(ctx context.Context, from, into access.Actor) error {
	q := conversationdb.New(s.db.As(access.System(from.Org(), "recognize a visitor")))
	one, err := q.GetCurrentConversation(ctx, from.ID())
	if pg.IsNoRows(err) {
		return nil
	}
	if err == nil && State(one.State) != Closed {
		other, err := q.GetCurrentConversation(ctx, into.ID())
		if err != nil && !pg.IsNoRows(err) {
			return err
		}
		if err == nil && State(other.State) != Closed {
			if err := s.CloseByVisitor(ctx, from, one.ConversationID); err != nil {
				return err
			}
		}
	}
	if err == nil {
		err = q.MergeConversations(ctx, conversationdb.MergeConversationsParams{FromID: from.ID(), IntoID: into.ID()})
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.VisitorIdentified, Org: from.Org(), Visitor: from.ID()})
	}
	return err
}
