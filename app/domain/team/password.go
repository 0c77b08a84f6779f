package team

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// SendPasswordReset mails a team member a link that sets a new password, or returns the link where no mail can be sent.
// It returns fail.Busy if that was done too often.
func (s *Service) SendPasswordReset(ctx context.Context, by identity.TeamMember, user uuid.UUID) (Link, error) {
	if err := by.Actor.Require(access.TeamMemberResetPassword); err != nil {
		return Link{}, err
	}
	if err := s.identity.CountAttempt(ctx, "reset for", by.Actor.Org().String()+" "+user.String(), maxMailsPerPerson); err != nil {
		return Link{}, err
	}
	if err := s.admitMail(ctx, by); err != nil {
		return Link{}, err
	}
	if s.mails.IsOff() {
		made, err := s.identity.CreateResetLink(ctx, by.Actor, user, identity.ShownToRequester)
		return Link{Email: made.Email, URL: s.options.PublicURL + "/reset/" + made.Secret}, err
	}
	email, err := s.identity.CreateResetLinkByMail(ctx, by.Actor, user, func(tx *pg.Tenant, reset uuid.UUID) error {
		return s.mails.SendReset(ctx, tx, reset)
	})
	return Link{Email: email}, err
}

// PasswordRequest is of somebody who has forgotten its password.
type PasswordRequest struct {
	Email    string
	Network  string // that asks, as limits count it
	Repeated bool   // the same form was sent before: no second mail
}

// RequestPasswordReset mails a link that sets a new password, if the address is known. It returns the same for a known
// and an unknown address, and as quickly: the address is looked up when the mail is sent. It returns fail.Busy if the
// network asks too often.
func (s *Service) RequestPasswordReset(ctx context.Context, in PasswordRequest) error {
	email, err := validate.Email(in.Email)
	if err != nil {
		return fail.Field("email", "%s", err.Error())
	}
	if err := s.identity.CountAttempt(ctx, "reset from", in.Network, s.identity.Limits().Resets); err != nil {
		return err
	}
	if s.mails.IsOff() || in.Repeated {
		return nil
	}
	return s.mails.RequestPasswordLink(ctx, email)
}
