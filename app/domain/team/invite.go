package team

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/mail"
	"parley/app/platform/validate"
)

// maxMailsPerPerson is how many mails of a kind an organization may have sent to one person within 15 minutes.
const maxMailsPerPerson = 10

// Invitation is who is invited, and as what.
type Invitation struct {
	Email     string
	Role      access.Role
	Customer  uuid.UUID   // a reviewer's; zero for every other role
	Customers []uuid.UUID // to which another team member will be limited; none: it serves all
}

// Invite makes an invitation and mails its link, or returns it where no mail can be sent. The answer does not depend on whether the address is
// known elsewhere. It returns fail.Busy if the organization invites too often.
func (s *Service) Invite(ctx context.Context, by identity.TeamMember, in Invitation) (Link, error) {
	if err := by.Actor.Require(access.TeamMemberInvite); err != nil {
		return Link{}, err
	}
	org := by.Actor.Org().String()
	if err := s.identity.CountAttempt(ctx, "invite", org, s.identity.Limits().Invitations); err != nil {
		return Link{}, err
	}
	if err := s.identity.CountAttempt(ctx, "invite to", org+" "+strings.ToLower(strings.TrimSpace(in.Email)), maxMailsPerPerson); err != nil {
		return Link{}, err
	}
	if _, wrong := validate.Email(in.Email); wrong == nil { // otherwise it is refused below, and no mail is sent
		if err := s.admitMail(ctx, by); err != nil {
			return Link{}, err
		}
	}
	secret, email, err := s.identity.Invite(ctx, by.Actor, in.Email, in.Role, in.Customer, s.delivery(), in.Customers...)
	if err != nil {
		return Link{}, err
	}
	organization, person := mail.SafeName(by.OrgName, mail.MaxOrganizationName, "an organization"), mail.SafeName(by.Name, mail.MaxPersonName, "Somebody")
	return s.deliver(by, email, s.options.PublicURL+"/join/"+secret, "Join "+organization+" on Parley",
		bidi.Isolate(person)+" has invited you to "+bidi.Isolate(organization)+".\nEnter your name and a password here within seven days:")
}

// footer says at the end of a mail who has sent it, and where it can be reported.
func (s *Service) footer(by identity.TeamMember) string {
	return "\n--\nSent for " + bidi.Isolate(mail.SafeName(by.OrgName, mail.MaxOrganizationName, "an organization")) + " by " + by.Email +
		".\nIf you do not know them, do nothing. To report this mail, forward it to " + s.mail.AbuseAddress() + ".\n"
}
