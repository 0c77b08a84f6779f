package visitor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// Tokens signs and checks what a visitor's browser keeps. A token names organization, website and visitor; it is made
// before the visitor has any row and costs no query to check.
type Tokens struct{ key []byte }

// NewTokens returns a signer. secret is the installation's SECRET_KEY.
func NewTokens(secret string) Tokens {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("visitor token 1"))
	return Tokens{mac.Sum(nil)}
}

// TokenLifetime is how long a visitor's token is good after it was last renewed; TokenRenews is the age at which it is
// replaced on connecting.
const (
	TokenLifetime   = 90 * 24 * time.Hour
	TokenRenewalAge = 24 * time.Hour
)

const tokenSize = 3*16 + 8 + 16

// Sign returns a token for a visitor, issued now.
func (t Tokens) Sign(visitor access.Actor, now time.Time) string {
	b := make([]byte, 0, tokenSize)
	for _, id := range []uuid.UUID{visitor.Org(), visitor.ScopeID(), visitor.ID()} {
		b = append(b, id[:]...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(now.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, t.mac(b)...))
}

func (t Tokens) mac(b []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write(b)
	return mac.Sum(nil)[:16]
}

// NewAnonymous returns a visitor that nobody has met.
func NewAnonymous(org, website uuid.UUID) access.Actor {
	return access.Visitor(org, website, uuid.Must(uuid.NewV7()))
}

var errInvalidToken = fail.New(fail.Unauthenticated, "The chat session has expired. Reconnect without the token to start a new one.")

// Verify returns the visitor a token was signed for, if it is genuine, has not expired, and is this website's; renew says
// that it should be replaced by a fresh one.
func (t Tokens) Verify(token string, org, website uuid.UUID, now time.Time) (actor access.Actor, renew bool, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenSize || !hmac.Equal(t.mac(b[:tokenSize-16]), b[tokenSize-16:]) {
		return access.Actor{}, false, errInvalidToken
	}
	id := func(i int) uuid.UUID { return uuid.UUID(b[16*i : 16*i+16]) }
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(b[48:56])), 0))
	if id(0) != org || id(1) != website || age > TokenLifetime {
		return access.Actor{}, false, errInvalidToken
	}
	return access.Visitor(org, website, id(2)), age > TokenRenewalAge, nil
}

// DeriveKey returns a key for another purpose, the same on every server of the installation.
func (t Tokens) DeriveKey(purpose string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
