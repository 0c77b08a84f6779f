package identity

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// MailedLink is a link with a fresh secret, and what the mail says in which it goes out.
type MailedLink struct {
	Secret       string
	To           string // address
	Organization string // name
	FromName     string // of the team member who wants the mail sent
	FromEmail    string
}

// RenewInvitation gives an invitation a fresh secret, for the mail that is sent now; secrets of earlier attempts are worthless.
// fail.NotFound if it was accepted, revoked or replaced, or has expired. The actor is the organization's system.
func (s *Service) RenewInvitation(ctx context.Context, actor access.Actor, invitation uuid.UUID) (MailedLink, error) {
	t, err := s.db.Authorize(actor, access.TeamMemberInvite)
	if err != nil {
		return MailedLink{}, err
	}
	secret, hash := newToken()
	row, err := identitydb.New(t).RenewInvitationToken(ctx, identitydb.RenewInvitationTokenParams{ID: invitation, TokenHash: hash})
	if pg.IsNoRows(err) {
		return MailedLink{}, fail.Missing("invitation")
	}
	return MailedLink{secret, row.Email, row.Organization, row.InviterName, row.InviterEmail}, err
}

// RenewReset gives a password reset that a manager wants mailed a fresh secret, as RenewInvitation does. fail.NotFound if it was used or
// revoked, or has expired, or its user is disabled.
func (s *Service) RenewReset(ctx context.Context, actor access.Actor, reset uuid.UUID) (MailedLink, error) {
	t, err := s.db.Authorize(actor, access.TeamMemberResetPassword)
	if err != nil {
		return MailedLink{}, err
	}
	secret, hash := newToken()
	row, err := identitydb.New(t).RenewPasswordResetToken(ctx, identitydb.RenewPasswordResetTokenParams{ID: reset, TokenHash: hash})
	if pg.IsNoRows(err) {
		return MailedLink{}, fail.Missing("password reset")
	}
	return MailedLink{secret, row.Email, row.Organization, row.RequesterName, row.RequesterEmail}, err
}
