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
func (db *DB) Doors() Doors { return Doors{doorsdb.New(db.pool)} }

// Website is what a widget's key stands for.
type Website = doorsdb.WebsiteByKeyRow

// Login is one log-in that an e-mail address may stand for.
type Login = doorsdb.LoginsByEmailRow

// User is who a session belongs to.
type User = doorsdb.UserByIDRow

// Invitation is what an invitation's token stands for.
type Invitation = doorsdb.InvitationByTokenRow

// Reset is what a password-reset token stands for.
type Reset = doorsdb.ResetByTokenRow

// Website finds a website and its allowed hosts by the widget's key.
func (d Doors) Website(ctx context.Context, key string) (Website, error) {
	return d.q.WebsiteByKey(ctx, key)
}

// Logins finds the enabled log-ins of an address, at most ten.
func (d Doors) Logins(ctx context.Context, email string) ([]Login, error) {
	return d.q.LoginsByEmail(ctx, email)
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

// Attempt counts one attempt at key and returns the attempts of the present window and how long it still lasts.
func (d Doors) Attempt(ctx context.Context, key []byte, window time.Duration) (int, time.Duration, error) {
	row, err := d.q.CountAttempt(ctx, doorsdb.CountAttemptParams{Key: key, Seconds: int32(window / time.Second)})
	return int(row.Attempts), time.Duration(row.SecondsLeft) * time.Second, err
}

// Forgive forgets the attempts at key.
func (d Doors) Forgive(ctx context.Context, key []byte) error { return d.q.ForgiveAttempts(ctx, key) }

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
