package pg

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/pg/internal/doorsdb"
)

// Unscoped sends the statements that may be sent before a tenant is known: calls of security-definer functions. db/queries/doors.sql is the
// whole list.
type Unscoped struct{ q *doorsdb.Queries }

// Unscoped returns the handle for statements that need no tenant.
func (db *DB) Unscoped() Unscoped { return Unscoped{doorsdb.New(db.unscoped)} }

// Website is what a widget's key stands for.
type Website = doorsdb.GetWebsiteByKeyRow

// LogIn is one user whose log-in an e-mail address may be.
type LogIn = doorsdb.ListUsersByEmailRow

// Address is with what a password that is typed for an e-mail address is hashed, and whether the address is proven.
type Address = doorsdb.GetEmailStatusRow

// LogInMatch is one user that an address and its password open.
type LogInMatch = doorsdb.LogInRow

// UntriedIdentity is an identity of an address on which a password may be tried.
type UntriedIdentity = doorsdb.ListUntriedIdentitiesRow

// User is who a session belongs to.
type User = doorsdb.GetUserByIDRow

// Invitation is what an invitation's token stands for.
type Invitation = doorsdb.GetInvitationByTokenRow

// Reset is what a password-reset token stands for: a user, or (with zero ids) an address.
type Reset = doorsdb.GetResetByTokenRow

// PasswordChange is one user whose password was set by a link.
type PasswordChange = doorsdb.SetPasswordRow

// SignUp is what a sign-up's token stands for.
type SignUp = doorsdb.GetSignUpByTokenRow

// LookUpWebsite finds a website and its allowed hosts by the widget's key.
func (u Unscoped) LookUpWebsite(ctx context.Context, key string) (Website, error) {
	return u.q.GetWebsiteByKey(ctx, key)
}

// ListLogIns finds the enabled users of an address, at most twenty, whatever their passwords.
func (u Unscoped) ListLogIns(ctx context.Context, email string) ([]LogIn, error) {
	return u.q.ListUsersByEmail(ctx, email)
}

// GetAddress says how passwords that are typed for an address are hashed. An unknown address has an empty prefix.
func (u Unscoped) GetAddress(ctx context.Context, email string) (Address, error) {
	return u.q.GetEmailStatus(ctx, email)
}

// LogIn finds the enabled users that an address and the hash of its password open.
func (u Unscoped) LogIn(ctx context.Context, email, hash string) ([]LogInMatch, error) {
	return u.q.LogIn(ctx, doorsdb.LogInParams{Email: email, Hash: hash})
}

// ListUntriedIdentities lists the identities of an identity's address that have salts of their own, at most twenty.
func (u Unscoped) ListUntriedIdentities(ctx context.Context, identity uuid.UUID) ([]UntriedIdentity, error) {
	return u.q.ListUntriedIdentities(ctx, identity)
}

// RecordTriedIdentity notes that an identity's password was tried on another one; if it matched, the two become one.
func (u Unscoped) RecordTriedIdentity(ctx context.Context, identity, other uuid.UUID, matched bool) error {
	return u.q.RecordIdentityTry(ctx, doorsdb.RecordIdentityTryParams{Identity: identity, Other: other, Matched: matched})
}

// GetUser finds an enabled user.
func (u Unscoped) GetUser(ctx context.Context, id uuid.UUID) (User, error) {
	return u.q.GetUserByID(ctx, id)
}

// LookUpInvitation finds an open invitation by the hash of its token.
func (u Unscoped) LookUpInvitation(ctx context.Context, tokenHash []byte) (Invitation, error) {
	return u.q.GetInvitationByToken(ctx, tokenHash)
}

// LookUpReset finds an open password reset by the hash of its token.
func (u Unscoped) LookUpReset(ctx context.Context, tokenHash []byte) (Reset, error) {
	return u.q.GetResetByToken(ctx, tokenHash)
}

// CreateAddressReset stores a link that sets an address's password, if the address can log in anywhere, and says whether it did.
// proves says that the link is only mailed to the address.
func (u Unscoped) CreateAddressReset(ctx context.Context, tokenHash []byte, email string, proves bool, lasts time.Duration) (bool, error) {
	return u.q.CreateAddressReset(ctx, doorsdb.CreateAddressResetParams{
		TokenHash:     tokenHash,
		Email:         email,
		VerifiesEmail: proves,
		Seconds:       int32(lasts / time.Second),
	})
}

// PasswordReset is what a link changes.
type PasswordReset struct {
	TokenHash []byte
	Identity  uuid.UUID // id of a new identity, should one be needed
	Hash      string    // of the new password

	Via, Address, UserAgent string // where the change comes from, for the event that is recorded with it
}

// SetPassword uses a link up, sets the password and records that for each user whom it changes. It returns the users whose sessions have
// ended; none if the link is not good. An error for which IsSaltChanged is true says that the password has to be hashed anew.
func (u Unscoped) SetPassword(ctx context.Context, in PasswordReset) ([]PasswordChange, error) {
	return u.q.SetPassword(ctx, doorsdb.SetPasswordParams{TokenHash: in.TokenHash, Identity: in.Identity, Hash: in.Hash,
		Via: in.Via, Address: in.Address, UserAgent: in.UserAgent})
}

// RecordRefusedLogIn records an event for each user who has proven the address with which somebody tried to log in.
func (u Unscoped) RecordRefusedLogIn(ctx context.Context, email, reason, via, clientAddress string) error {
	return u.q.RecordRefusedLogIn(ctx, doorsdb.RecordRefusedLogInParams{Email: email, Reason: reason, Via: via, Address: clientAddress})
}

// CreateSignUp stores the organization that somebody wants to create until the link is opened, and says whether the address is proven
// already.
func (u Unscoped) CreateSignUp(ctx context.Context, tokenHash []byte, email, organization, name string, lasts time.Duration) (bool, error) {
	return u.q.CreateSignUp(ctx, doorsdb.CreateSignUpParams{TokenHash: tokenHash, Email: email, Organization: organization, Name: name,
		Seconds: int32(lasts / time.Second)})
}

// LookUpSignUp finds an open sign-up by the hash of its token.
func (u Unscoped) LookUpSignUp(ctx context.Context, tokenHash []byte) (SignUp, error) {
	return u.q.GetSignUpByToken(ctx, tokenHash)
}

// UseSignUp uses a sign-up's link up, and says whether it was good until now.
func (u Unscoped) UseSignUp(ctx context.Context, tokenHash []byte) (bool, error) {
	return u.q.UseSignUp(ctx, tokenHash)
}

// LinkRequest is a link that somebody who is not logged in asked for: to set a new password, or, with an Organization, to create that.
type LinkRequest = doorsdb.GetLinkRequestRow

// CreateLinkRequest stores a request until its mail was sent. An empty organization asks for a new password. false: too much waits.
func (u Unscoped) CreateLinkRequest(ctx context.Context, id uuid.UUID, email, organization, name string) (bool, error) {
	in := doorsdb.CreateLinkRequestParams{ID: id, Email: email}
	if organization != "" {
		in.Organization, in.Name = &organization, &name
	}
	return u.q.CreateLinkRequest(ctx, in)
}

// GetLinkRequest returns a request; no row (see IsNoRows) if its mail was sent, or it is older than a day.
func (u Unscoped) GetLinkRequest(ctx context.Context, id uuid.UUID) (LinkRequest, error) {
	return u.q.GetLinkRequest(ctx, id)
}

// DeleteLinkRequest forgets a request.
func (u Unscoped) DeleteLinkRequest(ctx context.Context, id uuid.UUID) error {
	return u.q.DeleteLinkRequest(ctx, id)
}

// Attempts is how many attempts were counted at a key in its present window, and how long that still lasts.
type Attempts struct {
	Count int
	Left  time.Duration
}

// GetAttempts returns what was counted at each key, and counts nothing.
func (u Unscoped) GetAttempts(ctx context.Context, keys [][]byte) ([]Attempts, error) {
	rows, err := u.q.ListAttempts(ctx, keys)
	list := make([]Attempts, len(keys))
	for _, row := range rows {
		list[row.Place-1] = Attempts{int(row.Attempts), time.Duration(row.SecondsLeft) * time.Second}
	}
	return list, err
}

// CountFailures counts one failure at each key.
func (u Unscoped) CountFailures(ctx context.Context, keys [][]byte, window time.Duration) error {
	return u.q.CountFailures(ctx, doorsdb.CountFailuresParams{Keys: keys, Seconds: int32(window / time.Second)})
}

// CountAttempt counts one attempt at key and returns the attempts of the present window and how long it still lasts.
func (u Unscoped) CountAttempt(ctx context.Context, key []byte, window time.Duration) (int, time.Duration, error) {
	row, err := u.q.CountAttempt(ctx, doorsdb.CountAttemptParams{Key: key, Seconds: int32(window / time.Second)})
	return int(row.Attempts), time.Duration(row.SecondsLeft) * time.Second, err
}

// IsOrganizationVerified reports whether an owner of an organization has proven the address.
func (u Unscoped) IsOrganizationVerified(ctx context.Context, org uuid.UUID) (bool, error) {
	return u.q.IsOrganizationVerified(ctx, org)
}

// SessionStore stores log-in sessions in Postgres. Tokens are passed as hashes.
type SessionStore struct{ db *DB }

// Sessions returns the store of log-in sessions.
func (db *DB) Sessions() *SessionStore { return &SessionStore{db} }

// FindCtx returns the session's data, if there is one that has not expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := s.db.Unscoped().q.GetSessionByToken(ctx, token)
	return data, data != nil, err
}

// CommitCtx writes the session.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.Unscoped().q.SaveSession(ctx, doorsdb.SaveSessionParams{Token: token, Data: data, ExpiresAt: expiry})
}

// DeleteCtx removes the session.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Unscoped().q.DeleteSession(ctx, token)
}

// LostDesk is a desk that was open at a process which no longer lives.
type LostDesk struct{ Org, User, Instance uuid.UUID }

// RenewLease says that a process lives for a time more. It returns the desks of processes that no longer do, and after how long the
// next one will be missed if it stays silent (0: there is none).
func (u Unscoped) RenewLease(
	ctx context.Context, instance uuid.UUID, lasts time.Duration,
) (gone []LostDesk, next time.Duration, err error) {
	rows, err := u.q.RenewLease(ctx, doorsdb.RenewLeaseParams{Instance: instance, Seconds: int32(max(1, lasts/time.Second))})
	for _, row := range rows {
		if row.OrgID == uuid.Nil {
			next = time.Duration(row.NextIn * float64(time.Second))
			continue
		}
		gone = append(gone, LostDesk{row.OrgID, row.UserID, row.Instance})
	}
	return gone, next, err
}

// ListOrganizationsToTidy returns organizations, at most a hundred, with uploads or unused files that are older than age.
func (u Unscoped) ListOrganizationsToTidy(ctx context.Context, age time.Duration) ([]uuid.UUID, error) {
	return u.q.ListOrganizationsToClean(ctx, int32(age/time.Second))
}

// BeginForm reports whether the work of a form that somebody sent who is not logged in is to be done now; if it was
// done, what was answered. Work that is under way elsewhere is neither.
func (u Unscoped) BeginForm(ctx context.Context, hash []byte) (fresh bool, answer string, err error) {
	row, err := u.q.BeginPublicForm(ctx, hash)
	return row.Fresh, row.Answer, err
}

// FinishForm stores what was answered to such a form; empty: its work was not done.
func (u Unscoped) FinishForm(ctx context.Context, hash []byte, answer string) error {
	return u.q.SavePublicFormAnswer(ctx, doorsdb.SavePublicFormAnswerParams{Hash: hash, Answer: answer})
}
