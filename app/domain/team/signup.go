package team

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// SignUpPolicy is who can create an organization.
type SignUpPolicy string

const (
	SignUpOpen   SignUpPolicy = "open"   // everybody
	SignUpInvite SignUpPolicy = "invite" // who has a link that an operator has made
	SignUpClosed SignUpPolicy = "closed" // nobody
)

// errSignUpClosed is what people read where not everybody can create an organization.
var errSignUpClosed = fail.New(fail.Forbidden, "You cannot create an organization here. To join one, ask its manager for an invitation. "+
	"To create one, contact the operator of this server.")

// maxSignUpsPerAddress is how often an address may sign up within 15 minutes.
const maxSignUpsPerAddress = 3

// SignUpPolicy returns who can create an organization here.
func (s *Service) SignUpPolicy() SignUpPolicy { return s.options.SignUp }

// SignUpRequest is of somebody who wants to create an organization.
type SignUpRequest struct {
	Organization          string
	Name, Email, Password string // Password counts only where no mail can be sent
	Address, Network      string // that asks; Network as limits count it
	Repeated              bool   // the same form was sent before: no second mail
}

// SignedUp is what has become of a sign-up.
type SignedUp struct {
	Owner    uuid.UUID // of the new organization; zero: a link was mailed that creates it
	MailedTo string
}

// SignUp creates an organization, or, where mail can be sent, mails a link that does. With mail the answer says nothing
// about the address: it is the same for all, and the address is looked up when the mail is sent. It returns
// fail.Forbidden unless everybody can sign up here, fail.Busy if the network or the address asks too often, and names
// the fields organization, name, email and password in fail.Invalid.
func (s *Service) SignUp(ctx context.Context, in SignUpRequest) (SignedUp, error) {
	if s.options.SignUp != SignUpOpen {
		return SignedUp{}, errSignUpClosed
	}
	owner := identity.SignUp{Name: in.Name, Email: in.Email}
	if s.mails.IsOff() {
		owner.Password = in.Password
	}
	organization, err := s.checkSignUp(in.Organization, &owner)
	if err != nil {
		return SignedUp{}, err
	}
	if err := s.identity.CountAttempt(ctx, "sign up", in.Network, s.identity.Limits().SignUps); err != nil {
		return SignedUp{}, err
	}
	if s.mails.IsOff() {
		if err := s.identity.CountAttempt(ctx, "sign up as", owner.Email, maxSignUpsPerAddress); err != nil {
			return SignedUp{}, err
		}
		id, err := s.identity.SignUpWithoutMail(ctx, owner, in.Address, func(ctx context.Context) (uuid.UUID, error) {
			return s.org.CreateOrganization(ctx, organization)
		})
		return SignedUp{Owner: id}, err
	}
	if !in.Repeated {
		err = s.mails.RequestSignUpLink(ctx, organization, owner)
	}
	return SignedUp{MailedTo: owner.Email}, err
}

// checkSignUp cleans what somebody entered, and says field by field what is wrong with it.
func (s *Service) checkSignUp(organization string, owner *identity.SignUp) (string, error) {
	check := s.identity.CheckSignUpAddress
	if s.mails.IsOff() {
		check = s.identity.CheckSignUp
	}
	var checks fail.Checks
	organization, err := validate.Name("a name for the organization", organization, 200)
	checks.AddError("organization", err)
	if e := fail.As(check(owner)); e != nil {
		for field, message := range e.Fields {
			checks.Add(field, "%s", message)
		}
	}
	return organization, checks.Result()
}

// GetSignUp returns what a sign-up's link stands for, without using it up: programs that check mails open links, too.
// It returns fail.Forbidden where nobody can sign up, and identity.ErrLinkInvalid for a link that is no longer good.
func (s *Service) GetSignUp(ctx context.Context, secret string) (pg.SignUp, error) {
	if s.options.SignUp == SignUpClosed {
		return pg.SignUp{}, errSignUpClosed
	}
	return s.identity.GetSignUp(ctx, secret)
}

// FinishSignUp creates the organization that a link is for, and returns its owner. address is the network address that
// asks. The password is needed unless the address has a proven log-in.
func (s *Service) FinishSignUp(ctx context.Context, secret, password, address string) (uuid.UUID, error) {
	if s.options.SignUp == SignUpClosed {
		return uuid.Nil, errSignUpClosed
	}
	return s.identity.FinishSignUp(ctx, secret, password, address, s.delivery(), s.org.CreateOrganization)
}
