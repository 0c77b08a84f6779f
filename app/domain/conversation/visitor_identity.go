package conversation

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// IdentityClaims is what a site has signed of its visitor.
type IdentityClaims struct {
	Subject     string // the site's own name for it
	Name, Email string
	ExpiresAt   time.Time // the signature is good
}

// ErrIdentityReused refuses what a visitor was signed with a second time.
var ErrIdentityReused = fail.New(fail.Unauthenticated, "This sign-in was used before. The page has to ask its server for a new one.")

// Identify returns the visitor whom a website has signed. asking is who the browser was so far (it may be nobody): its talks become
// the known visitor's, and its other panels come back as that. signed is what was presented; it is taken once, but for who is that
// visitor already.
func (s *Service) Identify(ctx context.Context, org, website uuid.UUID, current access.Actor, c IdentityClaims, signed, address string) (access.Actor, error) {
	t := s.db.As(access.System(org, "recognize a visitor"))
	q := conversationdb.New(t)
	if current.Valid() {
		subject, err := q.GetVisitorExternalID(ctx, current.ID())
		switch {
		case err == nil && subject == c.Subject:
			return current, nil
		case err == nil && subject != "": // somebody else is known: its talk stays its own
			current = access.Actor{}
		case err != nil && !pg.IsNoRows(err):
			return current, err
		}
	}
	id := uuid.Must(uuid.NewV7())
	err := t.Tx(ctx, func(tx *pg.Tenant) error {
		q := conversationdb.New(tx)
		p := conversationdb.GetOrCreateKnownVisitorParams{WebsiteID: website, ExternalID: &c.Subject, NewID: id}
		var err error
		if id, err = q.GetOrCreateKnownVisitor(ctx, p); pg.IsNoRows(err) { // two at once
			id, err = q.GetOrCreateKnownVisitor(ctx, p)
		}
		if err != nil {
			return err
		}
		hash := sha256.Sum256([]byte(signed))
		if _, err := q.UseIdentityToken(ctx, conversationdb.UseIdentityTokenParams{Hash: hash[:], VisitorID: id, IPAddress: address, Until: c.ExpiresAt}); pg.IsNoRows(err) {
			return ErrIdentityReused
		} else if err != nil {
			return err
		}
		if err := q.DeleteExpiredIdentityTokens(ctx); err != nil {
			return err
		}
		return q.UpdateVisitor(ctx, conversationdb.UpdateVisitorParams{ID: id, Name: c.Name, Email: c.Email})
	})
	known := access.Visitor(org, website, id)
	if err != nil || !current.Valid() || current.ID() == id {
		return known, err
	}
	return known, s.mergeVisitors(ctx, q, current, known)
}

// mergeVisitors makes the talks of who was nobody the known visitor's. Of two that run, the nobody's ends.
func (s *Service) mergeVisitors(ctx context.Context, q *conversationdb.Queries, from, into access.Actor) error {
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
