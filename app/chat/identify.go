package chat

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Claims is what a site has signed of its visitor.
type Claims struct {
	Subject     string // the site's own name for it
	Name, Email string
	Until       time.Time // the signature is good
}

// ErrUsed refuses what a visitor was signed with a second time.
var ErrUsed = fail.New(fail.Unauthenticated, "This sign-in was used before. The page has to ask its server for a new one.")

// Identify returns the visitor whom a website has signed. asking is who the browser was so far (it may be nobody): its talks become
// the known visitor's, and its other panels come back as that. signed is what was presented; it is taken once, but for who is that
// visitor already.
func (r *Room) Identify(ctx context.Context, org, website uuid.UUID, asking access.Actor, c Claims, signed, address string) (access.Actor, error) {
	t := r.db.As(access.System(org, "recognize a visitor"))
	q := chatdb.New(t)
	if asking.Valid() {
		subject, err := q.SubjectOf(ctx, asking.ID())
		switch {
		case err == nil && subject == c.Subject:
			return asking, nil
		case err == nil && subject != "": // somebody else is known: its talk stays its own
			asking = access.Actor{}
		case err != nil && !pg.None(err):
			return asking, err
		}
	}
	id := uuid.Must(uuid.NewV7())
	err := t.Tx(ctx, func(tx *pg.Tenant) error {
		q := chatdb.New(tx)
		p := chatdb.KnowVisitorParams{WebsiteID: website, Subject: &c.Subject, NewID: id}
		var err error
		if id, err = q.KnowVisitor(ctx, p); pg.None(err) { // two at once
			id, err = q.KnowVisitor(ctx, p)
		}
		if err != nil {
			return err
		}
		hash := sha256.Sum256([]byte(signed))
		if _, err := q.UseIdentity(ctx, chatdb.UseIdentityParams{Hash: hash[:], VisitorID: id, Address: address, Until: c.Until}); pg.None(err) {
			return ErrUsed
		} else if err != nil {
			return err
		}
		if err := q.ForgetIdentities(ctx); err != nil {
			return err
		}
		return q.Introduce(ctx, chatdb.IntroduceParams{ID: id, Name: c.Name, Email: c.Email})
	})
	known := access.Visitor(org, website, id)
	if err != nil || !asking.Valid() || asking.ID() == id {
		return known, err
	}
	return known, r.unite(ctx, q, asking, known)
}

// unite makes the talks of who was nobody the known visitor's. Of two that run, the nobody's ends.
func (r *Room) unite(ctx context.Context, q *chatdb.Queries, from, into access.Actor) error {
	one, err := q.CurrentOfVisitor(ctx, from.ID())
	if pg.None(err) {
		return nil
	}
	if err == nil && State(one.State) != Closed {
		other, err := q.CurrentOfVisitor(ctx, into.ID())
		if err != nil && !pg.None(err) {
			return err
		}
		if err == nil && State(other.State) != Closed {
			if err := r.EndByVisitor(ctx, from, one.ConversationID); err != nil {
				return err
			}
		}
	}
	if err == nil {
		err = q.Unite(ctx, chatdb.UniteParams{FromID: from.ID(), IntoID: into.ID()})
	}
	if err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Visitor, Org: from.Org(), Visitor: from.ID()})
	}
	return err
}
