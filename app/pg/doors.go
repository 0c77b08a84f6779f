package pg

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/pg/internal/doorsdb"
)

// Doors is what may be asked before a tenant is known. db/queries/doors.sql is the whole list.
type Doors struct{ q *doorsdb.Queries }

// Doors returns the doors.
func (db *DB) Doors() Doors { return Doors{doorsdb.New(db.doors)} }

// Website is what a widget's key stands for.
type Website = doorsdb.WebsiteByKeyRow

// Login is one user whose log-in an e-mail address may be.
type Login = doorsdb.UsersByEmailRow

// Address is with what a password that is typed for an e-mail address is hashed, and whether the address is proven.
type Address = doorsdb.AddressByEmailRow

// Opened is one user that an address and its password open.
type Opened = doorsdb.LogInRow

// Untried is an identity of an address on which a password may be tried.
type Untried = doorsdb.UntriedIdentitiesRow

// User is who a session belongs to.
type User = doorsdb.UserByIDRow

// Invitation is what an invitation's token stands for.
type Invitation = doorsdb.InvitationByTokenRow

// Reset is what a password-reset token stands for: a user, or (with zero ids) an address.
type Reset = doorsdb.ResetByTokenRow

// Changed is one user whose password was set by a link.
type Changed = doorsdb.SetPasswordRow

// SignUp is what a sign-up's token stands for.
type SignUp = doorsdb.SignUpByTokenRow

// Website finds a website and its allowed hosts by the widget's key.
func (d Doors) Website(ctx context.Context, key string) (Website, error) {
	return d.q.WebsiteByKey(ctx, key)
}

// Logins finds the enabled users of an address, at most twenty, whatever their passwords.
func (d Doors) Logins(ctx context.Context, email string) ([]Login, error) {
	return d.q.UsersByEmail(ctx, email)
}

// Address says how passwords that are typed for an address are hashed. An unknown address has an empty prefix.
func (d Doors) Address(ctx context.Context, email string) (Address, error) {
	return d.q.AddressByEmail(ctx, email)
}

// LogIn finds the enabled users that an address and the hash of its password open.
func (d Doors) LogIn(ctx context.Context, email, hash string) ([]Opened, error) {
	return d.q.LogIn(ctx, doorsdb.LogInParams{Email: email, Hash: hash})
}

// Untried lists the identities of an identity's address that have salts of their own, at most twenty.
func (d Doors) Untried(ctx context.Context, identity uuid.UUID) ([]Untried, error) {
	return d.q.UntriedIdentities(ctx, identity)
}

// Tried notes that an identity's password was tried on another one; if it matched, the two become one.
func (d Doors) Tried(ctx context.Context, identity, other uuid.UUID, matched bool) error {
	return d.q.Tried(ctx, doorsdb.TriedParams{Identity: identity, Other: other, Matched: matched})
}

// User finds an enabled user.
func (d Doors) User(ctx context.Context, id uuid.UUID) (User, error) { return d.q.UserByID(ctx, id) }

// Invitation finds an open invitation by the hash of its token.
func (d Doors) Invitation(ctx context.Context, tokenHash []byte) (Invitation, error) {
	return d.q.InvitationByToken(ctx, tokenHash)
}

// Reset finds an open password reset by the hash of its token.
func (d Doors) Reset(ctx context.Context, tokenHash []byte) (Reset, error) {
	return d.q.ResetByToken(ctx, tokenHash)
}

// ResetAddress keeps a link that sets an address's password, if the address can log in anywhere, and says whether it did.
// proves says that the link is only mailed to the address.
func (d Doors) ResetAddress(ctx context.Context, tokenHash []byte, email string, proves bool, lasts time.Duration) (bool, error) {
	return d.q.ResetAddress(ctx, doorsdb.ResetAddressParams{TokenHash: tokenHash, Email: email, Proves: proves, Seconds: int32(lasts / time.Second)})
}

// SetPassword uses a link up and sets the password; identity is the id of a new identity, should one be needed. It returns the
// users whose sessions have ended; none if the link is not good. OtherSalt says that the hash has to be made anew.
func (d Doors) SetPassword(ctx context.Context, tokenHash []byte, identity uuid.UUID, hash string) ([]Changed, error) {
	return d.q.SetPassword(ctx, doorsdb.SetPasswordParams{TokenHash: tokenHash, Identity: identity, Hash: hash})
}

// KeepSignUp keeps what somebody wants to found until the link is opened, and says whether the address is proven already.
func (d Doors) KeepSignUp(ctx context.Context, tokenHash []byte, email, organization, name string, lasts time.Duration) (bool, error) {
	return d.q.KeepSignUp(ctx, doorsdb.KeepSignUpParams{TokenHash: tokenHash, Email: email, Organization: organization, Name: name,
		Seconds: int32(lasts / time.Second)})
}

// SignUp finds an open sign-up by the hash of its token.
func (d Doors) SignUp(ctx context.Context, tokenHash []byte) (SignUp, error) {
	return d.q.SignUpByToken(ctx, tokenHash)
}

// UseSignUp uses a sign-up's link up, and says whether it was good until now.
func (d Doors) UseSignUp(ctx context.Context, tokenHash []byte) (bool, error) {
	return d.q.UseSignUp(ctx, tokenHash)
}

// Attempts is how many attempts were counted at a key in its present window, and how long that still lasts.
type Attempts struct {
	Count int
	Left  time.Duration
}

// Attempts returns what was counted at each key, and counts nothing.
func (d Doors) Attempts(ctx context.Context, keys [][]byte) ([]Attempts, error) {
	rows, err := d.q.AttemptsAt(ctx, keys)
	list := make([]Attempts, len(keys))
	for _, row := range rows {
		list[row.Place-1] = Attempts{int(row.Attempts), time.Duration(row.SecondsLeft) * time.Second}
	}
	return list, err
}

// Failed counts one failure at each key.
func (d Doors) Failed(ctx context.Context, keys [][]byte, window time.Duration) error {
	return d.q.CountFailure(ctx, doorsdb.CountFailureParams{Keys: keys, Seconds: int32(window / time.Second)})
}

// Attempt counts one attempt at key and returns the attempts of the present window and how long it still lasts.
func (d Doors) Attempt(ctx context.Context, key []byte, window time.Duration) (int, time.Duration, error) {
	row, err := d.q.CountAttempt(ctx, doorsdb.CountAttemptParams{Key: key, Seconds: int32(window / time.Second)})
	return int(row.Attempts), time.Duration(row.SecondsLeft) * time.Second, err
}

// Verified reports whether an owner of an organization has proven the address.
func (d Doors) Verified(ctx context.Context, org uuid.UUID) (bool, error) {
	return d.q.OrganizationVerified(ctx, org)
}

// SessionStore keeps log-in sessions in Postgres. Tokens arrive hashed.
type SessionStore struct{ db *DB }

// Sessions returns the store of log-in sessions.
func (db *DB) Sessions() *SessionStore { return &SessionStore{db} }

// FindCtx returns the session's data, if there is one that has not expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := s.db.Doors().q.SessionByToken(ctx, token)
	return data, data != nil, err
}

// CommitCtx writes the session.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.Doors().q.SaveSession(ctx, doorsdb.SaveSessionParams{Token: token, Data: data, ExpiresAt: expiry})
}

// DeleteCtx removes the session.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Doors().q.EndSession(ctx, token)
}

// Gone is a desk that was open at a process which no longer lives.
type Gone struct{ Org, User, Instance uuid.UUID }

// Lease says that a process lives for a time more. It returns the desks of processes that no longer do, and after how long the
// next one will be missed if it stays silent (0: there is none).
func (d Doors) Lease(ctx context.Context, instance uuid.UUID, lasts time.Duration) (gone []Gone, next time.Duration, err error) {
	rows, err := d.q.Lease(ctx, doorsdb.LeaseParams{Instance: instance, Seconds: int32(max(1, lasts/time.Second))})
	for _, row := range rows {
		if row.OrgID == uuid.Nil {
			next = time.Duration(row.NextIn * float64(time.Second))
			continue
		}
		gone = append(gone, Gone{row.OrgID, row.UserID, row.Instance})
	}
	return gone, next, err
}

// Untidy returns organizations, at most a hundred, with uploads or unused files that are older than age.
func (d Doors) Untidy(ctx context.Context, age time.Duration) ([]uuid.UUID, error) {
	return d.q.Untidy(ctx, int32(age/time.Second))
}

// BeginForm says whether the work of a form that somebody sent who is not logged in is to be done now; if it was done, what was answered.
// Work that is under way elsewhere is neither.
func (d Doors) BeginForm(ctx context.Context, hash []byte) (fresh bool, answer string, err error) {
	row, err := d.q.BeginForm(ctx, hash)
	return row.Fresh, row.Answer, err
}

// AnswerForm notes what was answered to such a form; empty: its work was not done.
func (d Doors) AnswerForm(ctx context.Context, hash []byte, answer string) error {
	return d.q.AnswerForm(ctx, doorsdb.AnswerFormParams{Hash: hash, Answer: answer})
}
