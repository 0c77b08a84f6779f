package team

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/pg"
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

// Invite makes an invitation and has its link mailed, or returns it where no mail can be sent. The answer does not
// depend on whether the address is known elsewhere. It returns fail.Busy if the organization invites too often.
func (s *Service) Invite(ctx context.Context, by identity.TeamMember, in Invitation) (Link, error) {
	if err := by.Actor.Require(access.TeamMemberInvite); err != nil {
		return Link{}, err
	}
	org := by.Actor.Org().String()
	if err := s.identity.CountAttempt(ctx, "invite", org, s.identity.Limits().Invitations); err != nil {
		return Link{}, err
	}
	if err := s.identity.CountAttempt(ctx, "invite to", org+" "+strings.ToLower(strings.TrimSpace(in.Email)),
		maxMailsPerPerson); err != nil {
		return Link{}, err
	}
	if _, wrong := validate.Email(in.Email); wrong == nil { // otherwise it is refused below, and no mail is sent
		if err := s.admitMail(ctx, by); err != nil {
			return Link{}, err
		}
	}
	if s.mails.IsOff() {
		secret, email, err := s.identity.Invite(ctx, by.Actor, in.Email, in.Role, in.Customer, identity.ShownToRequester, in.Customers...)
		return Link{Email: email, URL: s.options.PublicURL + "/join/" + secret}, err
	}
	email, err := s.identity.InviteByMail(ctx, by.Actor, identity.NewInvitation(in), func(tx *pg.Tenant, invitation uuid.UUID) error {
		return s.mails.SendInvitation(ctx, tx, invitation)
	})
	return Link{Email: email}, err
}
