package team

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/mail"
	"parley/app/platform/validate"
)

// SendPasswordReset mails a team member a link that sets a new password, or returns the link where no mail can be sent. It returns fail.Busy
// if that was done too often.
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
	made, err := s.identity.CreateResetLink(ctx, by.Actor, user, s.delivery())
	if err != nil {
		return Link{}, err
	}
	organization, person := mail.SafeName(by.OrgName, mail.MaxOrganizationName, "your organization"), mail.SafeName(by.Name, mail.MaxPersonName, "A manager")
	return s.deliver(by, made.Email, s.options.PublicURL+"/reset/"+made.Secret, "A new password for Parley", bidi.Isolate(person)+" of "+
		bidi.Isolate(organization)+" has asked for a new password for your Parley log-in. "+
		"It will be the password in all organizations that know you by this address.\nSet it here within an hour:")
}

// PasswordRequest is of somebody who has forgotten its password.
type PasswordRequest struct {
	Email    string
	Network  string // that asks, as limits count it
	Repeated bool   // the same form was sent before: no second mail
}

// RequestPasswordReset mails a link that sets a new password, if the address is known. It returns the same for a known and an unknown address,
// and as quickly: the looking up and the mail come afterwards. It returns fail.Busy if the network asks too often.
func (s *Service) RequestPasswordReset(ctx context.Context, in PasswordRequest) error {
	email, err := validate.Email(in.Email)
	if err != nil {
		return fail.Field("email", "%s", err.Error())
	}
	if err := s.identity.CountAttempt(ctx, "reset from", in.Network, s.identity.Limits().Resets); err != nil {
		return err
	}
	if s.mail.IsOff() || in.Repeated {
		return nil
	}
	return s.mailLater(func(ctx context.Context) { s.mailForgottenPassword(ctx, email) })
}

func (s *Service) mailForgottenPassword(ctx context.Context, email string) {
	link, err := s.identity.CreateForgottenPasswordLink(ctx, email)
	if err != nil {
		slog.Error("make a link for a new password", "error", err)
	}
	if link.Secret == "" {
		return
	}
	err = s.mail.Send(mail.Message{To: link.Email, Subject: "A new password for Parley", Text: "Somebody, probably you, asked for a new password for your Parley log-in. " +
		"It will be the password in all organizations that know you by this address.\nSet it here within an hour:\n\n" +
		s.options.PublicURL + "/reset/" + link.Secret + "\n\nIf it was not you, do nothing.\n"})
	if err != nil {
		slog.Error("mail a link for a new password", "error", err)
	}
}
