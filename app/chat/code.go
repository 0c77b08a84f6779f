package chat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// CodeLasts is how long the code of a mailed link can be used.
const CodeLasts = 30 * 24 * time.Hour

const codeSize = 20 // bytes: 160 random bits

// errCode refuses a code. Whether it was used, has expired or never existed is not told apart: who guesses learns nothing.
var errCode = fail.New(fail.NotFound, "This link was used before or has expired. You can go on writing here.").Because("code")

// NewCode returns a one-time code that leads back to a visitor's conversations on a website, for a link in a mail to that visitor.
// Only its hash is stored.
func (r *Room) NewCode(ctx context.Context, org, website, visitor uuid.UUID) (string, error) {
	var b [codeSize]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	code := base64.RawURLEncoding.EncodeToString(b[:])
	hash := sha256.Sum256([]byte(code))
	q := chatdb.New(r.db.As(access.System(org, "mail a link back")))
	return code, q.AddCode(ctx, chatdb.AddCodeParams{
		Hash: hash[:], WebsiteID: website, VisitorID: visitor, ExpiresAt: time.Now().Add(CodeLasts),
	})
}

// Return uses a mailed link's code up and gives the visitor's conversations to whoever has come by it, as a new visitor: from then
// on the visitor's former token leads to nothing, so that a link that somebody else has sent does not let that person listen. The
// visitor's other unused codes and blocks go with the conversations. fail.NotFound if the code is not one of this website, was used
// before or has expired, or if the visitor is one whom the site signs in: no code becomes that visitor.
func (r *Room) Return(ctx context.Context, org, website uuid.UUID, code string) (access.Actor, error) {
	if b, err := base64.RawURLEncoding.Strict().DecodeString(code); err != nil || len(b) != codeSize {
		return access.Actor{}, errCode
	}
	unknown, settle, err := r.codes.Ask(ctx, website.String()+code)
	if err != nil {
		return access.Actor{}, err
	}
	if unknown {
		return access.Actor{}, errCode
	}
	bad := false
	defer func() { settle(bad) }()
	hash := sha256.Sum256([]byte(code))
	t := r.db.As(access.System(org, "take over a visitor's conversations"))
	var from, into uuid.UUID
	for {
		found, err := chatdb.New(t).VisitorOfCode(ctx, chatdb.VisitorOfCodeParams{Hash: hash[:], WebsiteID: website})
		if pg.None(err) || err == nil && found == from { // the same again: it has no conversation any more
			bad = true
			return access.Actor{}, errCode
		}
		if err != nil {
			return access.Actor{}, err
		}
		from = found
		err = t.Tx(ctx, func(tx *pg.Tenant) error {
			q := chatdb.New(tx)
			if _, err := q.LockVisitor(ctx, from); err != nil {
				return err
			}
			into, err = q.TakeOver(ctx, chatdb.TakeOverParams{
				Hash: hash[:], WebsiteID: website, FromID: from, IntoID: uuid.Must(uuid.NewV7()),
			})
			return err
		})
		if pg.None(err) { // another was quicker, with this code or with another one of the same visitor: look again
			continue
		}
		if err != nil {
			return access.Actor{}, err
		}
		r.bus.Publish(bus.Event{Kind: bus.Visitor, Org: org, Visitor: from}, bus.Event{Kind: bus.Block, Org: org})
		return access.Visitor(org, website, into), nil
	}
}
