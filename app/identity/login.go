package identity

import (
	"context"
	"crypto/sha256"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/identity/internal/identitydb"
	"parley/app/pg"
)

// Limits on attempts. They are counted per network address (wide, because an office shares one), per account from one network
// address (narrow), and per account from everywhere (wide: a stranger must not lock a person out by a handful of attempts).
const (
	attemptWindow      = 15 * time.Minute
	attemptsPerAddress = 100
	attemptsPerAccount = 10
	attemptsEverywhere = 200
)

// Parameters of argon2id: OWASP's recommendation (19 MiB, two passes, one lane).
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds how many hashes are computed at once, so that a flood of log-ins cannot take the memory.
var hashing = make(chan struct{}, runtime.NumCPU())

// nobody is compared with when an address is unknown, so that the answer takes as long.
var nobody = sync.OnceValue(func() string {
	h, err := argon2id.CreateHash("nobody has this password", argon)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return h
})

func checkPassword(p string) error {
	switch n := utf8.RuneCountInString(p); {
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0):
		return fail.New(fail.Invalid, "There are characters in the password that are not valid text.")
	case n < 10:
		return fail.New(fail.Invalid, "Please use at least 10 characters.")
	case len(p) > 200:
		return fail.New(fail.Invalid, "Please use at most 200 characters.")
	}
	return nil
}

func hashPassword(ctx context.Context, p string) (string, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
		return argon2id.CreateHash(p, argon)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func matches(ctx context.Context, p, hash string) (bool, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
		return argon2id.ComparePasswordAndHash(p, hash)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// Match is one log-in that an address and password open.
type Match struct {
	User    uuid.UUID
	OrgName string
}

// LogIn returns the log-ins that the address and password open: usually one, more if a person works for several
// organizations under the same address and password. from is the network address that asks.
func (r *Room) LogIn(ctx context.Context, email, password, from string) ([]Match, error) {
	wrong := fail.New(fail.Unauthenticated, "E-mail address and password do not match a log-in. Please check both.")
	email, err := fail.Email(email)
	if err != nil {
		return nil, fail.Field("email", "%s", err.Error())
	}
	if password == "" || len(password) > 200 {
		return nil, wrong
	}
	account := key("login", email, from)
	if err := r.limit(ctx, key("login from", from), attemptsPerAddress); err != nil {
		return nil, err // who is over this limit does not count against anybody
	}
	if err := r.limit(ctx, account, attemptsPerAccount); err != nil {
		return nil, err
	}
	if err := r.limit(ctx, key("login", email), attemptsEverywhere); err != nil {
		return nil, err
	}
	logins, err := r.db.Doors().Logins(ctx, email)
	if err != nil {
		return nil, err
	}
	if len(logins) == 0 || !r.allowed(email) {
		if _, err := matches(ctx, password, nobody()); err != nil {
			return nil, err
		}
		return nil, wrong
	}
	var found []Match
	for _, l := range logins {
		ok, err := matches(ctx, password, l.PasswordHash)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, Match{l.UserID, l.OrgName})
		}
	}
	if len(found) == 0 {
		return nil, wrong
	}
	if len(found) < len(logins) {
		return found, nil // not all of the address's log-ins are this person's, for all we know: nothing is forgiven
	}
	return found, r.db.Doors().Forgive(ctx, account)
}

func key(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

func (r *Room) limit(ctx context.Context, key []byte, most int) error {
	n, left, err := r.db.Doors().Attempt(ctx, key, attemptWindow)
	if err != nil {
		return err
	}
	if n > most {
		return &fail.Error{Kind: fail.Busy, RetryAfter: left, Message: "Too many attempts. Please wait " + minutes(left) + " and try again."}
	}
	return nil
}

func minutes(d time.Duration) string {
	if d <= time.Minute {
		return "a minute"
	}
	return strconv.Itoa(int(math.Ceil(d.Minutes()))) + " minutes"
}

// Limited counts one attempt at something a stranger can do (signing up, asking for a reset) and refuses when there were
// too many from the address.
func (r *Room) Limited(ctx context.Context, what, from string, most int) error {
	return r.limit(ctx, key(what, from), most)
}

// ResetLasts is how long a password-reset link is good.
const ResetLasts = time.Hour

// ResetLink is a secret that sets a new password for a user.
type ResetLink struct {
	Secret, Email, OrgName string
}

// ResetLinks makes a link for each log-in of an address (none if it is unknown). They are for the address's owner only:
// send them there, never show them.
func (r *Room) ResetLinks(ctx context.Context, email string) ([]ResetLink, error) {
	email, err := fail.Email(email)
	if err != nil {
		return nil, fail.Field("email", "%s", err.Error())
	}
	if err := r.limit(ctx, key("reset", email), 5); err != nil {
		return nil, nil // who asks too often learns nothing and sends nothing
	}
	logins, err := r.db.Doors().Logins(ctx, email)
	if err != nil {
		return nil, err
	}
	var links []ResetLink
	for _, l := range logins {
		secret, err := r.newReset(ctx, r.db.As(access.System(l.OrgID, "password reset")), l.UserID)
		if err != nil {
			return nil, err
		}
		links = append(links, ResetLink{secret, email, l.OrgName})
	}
	return links, nil
}

// ResetLinkFor makes a link for a colleague who cannot log in, for a manager to hand over.
func (r *Room) ResetLinkFor(ctx context.Context, who access.Actor, user uuid.UUID) (ResetLink, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return ResetLink{}, err
	}
	u, err := identitydb.New(t).GetUser(ctx, user)
	if pg.None(err) || err == nil && u.DisabledAt != nil {
		return ResetLink{}, fail.Missing("user")
	}
	if err != nil {
		return ResetLink{}, err
	}
	if u.Role == string(access.Owner) && !who.May(access.Appoint) {
		return ResetLink{}, fail.New(fail.Forbidden, "Only an owner can reset an owner's password.")
	}
	secret, err := r.newReset(ctx, t, user)
	return ResetLink{Secret: secret, Email: u.Email}, err
}

func (r *Room) newReset(ctx context.Context, t *pg.Tenant, user uuid.UUID) (string, error) {
	secret, hash := token()
	return secret, identitydb.New(t).CreateReset(ctx, identitydb.CreateResetParams{ID: uuid.Must(uuid.NewV7()), UserID: user,
		TokenHash: hash, ExpiresAt: time.Now().Add(ResetLasts)})
}

// ResetFor returns whose password a link resets, or ErrLink.
func (r *Room) ResetFor(ctx context.Context, secret string) (email string, err error) {
	reset, err := r.db.Doors().Reset(ctx, tokenHash(secret))
	if pg.None(err) {
		return "", ErrLink
	}
	return reset.Email, err
}

// Reset sets the password by a link's secret, ends all sessions of the user and uses the link up.
func (r *Room) Reset(ctx context.Context, secret, password string) (uuid.UUID, error) {
	reset, err := r.db.Doors().Reset(ctx, tokenHash(secret))
	if pg.None(err) {
		return uuid.Nil, ErrLink
	}
	if err != nil {
		return uuid.Nil, err
	}
	if err := checkPassword(password); err != nil {
		return uuid.Nil, fail.Field("password", "%s", err.Error())
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return uuid.Nil, err
	}
	err = r.db.As(access.System(reset.OrgID, "password reset")).Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		user, err := q.UseReset(ctx, tokenHash(secret))
		if pg.None(err) {
			return ErrLink
		}
		if err != nil {
			return err
		}
		if err := q.VoidResets(ctx, user); err != nil {
			return err
		}
		return q.SetPassword(ctx, identitydb.SetPasswordParams{ID: user, PasswordHash: hash})
	})
	if err == nil {
		r.changed(reset.OrgID, reset.UserID)
	}
	return reset.UserID, err
}
