package visitor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor/internal/visitordb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// ReturnCodeLifetime is how long the code of a mailed link can be used.
const ReturnCodeLifetime = 30 * 24 * time.Hour

const returnCodeSize = 20 // bytes: 160 random bits

// errInvalidCode refuses a code. Whether it was used, has expired or never existed is not told apart: who guesses learns nothing.
var errInvalidCode = fail.New(fail.NotFound, "This link has already been used or has expired. You can continue the chat here.").WithReason("code")

// CreateReturnCode returns a one-time code that leads back to a visitor's conversations on a website, for a link in a mail to that visitor.
// Only its hash is stored.
func (s *Service) CreateReturnCode(ctx context.Context, org, website, visitor uuid.UUID) (string, error) {
	var b [returnCodeSize]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	code := base64.RawURLEncoding.EncodeToString(b[:])
	hash := sha256.Sum256([]byte(code))
	q := visitordb.New(s.db.As(access.System(org, "mail a link back")))
	return code, q.AddVisitorCode(ctx, visitordb.AddVisitorCodeParams{
		Hash: hash[:], WebsiteID: website, VisitorID: visitor, ExpiresAt: time.Now().Add(ReturnCodeLifetime),
	})
}

// RedeemReturnCode uses a mailed link's code up and gives the visitor's conversations to whoever has come by it, as a
// new visitor: from then on the visitor's former token leads to nothing, so that a link that somebody else has sent
// does not let that person listen. The visitor's other unused codes and blocks go with the conversations. fail.NotFound
// if the code is not one of this website, was used before or has expired, or if the visitor is one whom the site signs
// in: no code becomes that visitor.
func (s *Service) RedeemReturnCode(ctx context.Context, org, website uuid.UUID, code string) (access.Actor, error) {
	if b, err := base64.RawURLEncoding.Strict().DecodeString(code); err != nil || len(b) != returnCodeSize {
		return access.Actor{}, errInvalidCode
	}
	unknown, settle, err := s.unknownCodes.Begin(ctx, website.String()+code)
	if err != nil {
		return access.Actor{}, err
	}
	if unknown {
		return access.Actor{}, errInvalidCode
	}
	invalid := false
	defer func() { settle(invalid) }()
	hash := sha256.Sum256([]byte(code))
	t := s.db.As(access.System(org, "take over a visitor's conversations"))
	var from, into uuid.UUID
	for {
		found, err := visitordb.New(t).GetVisitorByCode(ctx, visitordb.GetVisitorByCodeParams{Hash: hash[:], WebsiteID: website})
		if pg.IsNoRows(err) || err == nil && found == from { // the same again: it has no conversation any more
			invalid = true
			return access.Actor{}, errInvalidCode
		}
		if err != nil {
			return access.Actor{}, err
		}
		from = found
		err = t.Tx(ctx, func(tx *pg.Tenant) error {
			q := visitordb.New(tx)
			if _, err := q.LockVisitor(ctx, from); err != nil {
				return err
			}
			into, err = q.TakeOverConversations(ctx, visitordb.TakeOverConversationsParams{
				Hash: hash[:], WebsiteID: website, FromID: from, IntoID: uuid.Must(uuid.NewV7()),
			})
			return err
		})
		if pg.IsNoRows(err) { // another was quicker, with this code or with another one of the same visitor: look again
			continue
		}
		if err != nil {
			return access.Actor{}, err
		}
		s.bus.Publish(bus.Event{Kind: bus.VisitorIdentified, Org: org, Visitor: from}, bus.Event{Kind: bus.Blocks, Org: org})
		return access.Visitor(org, website, into), nil
	}
}
