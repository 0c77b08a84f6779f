package visitor

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor/internal/visitordb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// IdentityClaims is what a website has signed about its visitor.
type IdentityClaims struct {
	Subject     string // the website's own id of the visitor
	Name, Email string // empty: not said
	ExpiresAt   time.Time
}

// ErrIdentityReused refuses a signature that was used before.
var ErrIdentityReused = fail.New(fail.Unauthenticated, "This sign-in token has already been used. The page must request a new one from its server.")

// Identify returns the visitor whom a website has signed, and stores its name and address. current is who the browser
// was so far; the zero actor: nobody. former is current if its conversations are to become the known visitor's, else
// the zero actor: current was nobody, is that visitor already, or is another known visitor, whose conversations stay
// its own. signed is the signature that was presented, from a network address: it is used up, unless current is that
// visitor already. ErrIdentityReused if it was used before.
func (s *Service) Identify(
	ctx context.Context, org, website uuid.UUID, current access.Actor, claims IdentityClaims, signed, address string,
) (known, former access.Actor, err error) {
	t := s.db.As(access.System(org, "recognize a visitor"))
	if current.Valid() {
		subject, err := visitordb.New(t).GetVisitorExternalID(ctx, current.ID())
		switch {
		case err == nil && subject == claims.Subject:
			return current, former, nil
		case err == nil && subject != "":
			current = access.Actor{}
		case err != nil && !pg.IsNoRows(err):
			return current, former, err
		}
	}
	var id uuid.UUID
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		id, err = useSignature(ctx, visitordb.New(tx), website, claims, signed, address)
		return err
	})
	known = access.Visitor(org, website, id)
	if err == nil && current.Valid() && current.ID() != id {
		former = current
	}
	return known, former, err
}

// useSignature uses a signature up and returns the visitor that it is for, which may be new.
func useSignature(
	ctx context.Context, q *visitordb.Queries, website uuid.UUID, claims IdentityClaims, signed, address string,
) (uuid.UUID, error) {
	p := visitordb.GetOrCreateKnownVisitorParams{WebsiteID: website, ExternalID: &claims.Subject, NewID: uuid.Must(uuid.NewV7())}
	id, err := q.GetOrCreateKnownVisitor(ctx, p)
	if pg.IsNoRows(err) { // another transaction has just created it
		id, err = q.GetOrCreateKnownVisitor(ctx, p)
	}
	if err != nil {
		return id, err
	}
	hash := sha256.Sum256([]byte(signed))
	_, err = q.UseIdentityToken(ctx, visitordb.UseIdentityTokenParams{
		Hash:      hash[:],
		VisitorID: id,
		IPAddress: address,
		Until:     claims.ExpiresAt,
	})
	if pg.IsNoRows(err) {
		return id, ErrIdentityReused
	}
	if err != nil {
		return id, err
	}
	if err := q.DeleteExpiredIdentityTokens(ctx); err != nil {
		return id, err
	}
	return id, q.UpdateVisitor(ctx, visitordb.UpdateVisitorParams{ID: id, Name: claims.Name, Email: claims.Email})
}
