package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// SignUpTTL is how long the link is good that was mailed to somebody who wants to create an organization.
const SignUpTTL = 24 * time.Hour

// SignUp is what somebody who creates an organization enters.
type SignUp struct{ Name, Email, Password string }

// CheckSignUp cleans what somebody entered and says field by field what is wrong with it.
func (s *Service) CheckSignUp(in *SignUp) error {
	checks := s.checkNameAndAddress(in)
	checks.AddError("password", checkPassword(in.Password))
	return checks.Result()
}

// CheckSignUpAddress is CheckSignUp for a sign-up that has no password yet.
func (s *Service) CheckSignUpAddress(in *SignUp) error {
	checks := s.checkNameAndAddress(in)
	return checks.Result()
}

func (s *Service) checkNameAndAddress(in *SignUp) (checks fail.Checks) {
	var err error
	in.Name, err = validate.Name("your name", in.Name, 100)
	checks.AddError("name", err)
	in.Email, err = validate.Email(in.Email)
	checks.AddError("email", err)
	if !s.isAddressAllowed(in.Email) {
		checks.Add("email", "Addresses that end in %s are for the demo only.", DemoDomain)
	}
	return checks
}

// CreateOrganization creates an organization and returns its id.
type CreateOrganization func(ctx context.Context) (uuid.UUID, error)

// SignUpWithoutMail creates an organization whose owner has entered a password, where no mail can be sent that proves the address.
// The owner belongs to the log-in of the address that has this password, or to a new one beside it. from is the network address
// that asks.
func (s *Service) SignUpWithoutMail(ctx context.Context, in SignUp, from string, create CreateOrganization) (id uuid.UUID, err error) {
	if err := s.CheckSignUp(&in); err != nil {
		return uuid.Nil, err
	}
	ctx = clientnet.WithAddress(ctx, from)
	err = s.limitedAttempt(ctx, s.accountLimits(in.Email, from), func() (bool, error) {
		org, err := create(ctx)
		if err != nil {
			return false, err
		}
		var matched bool
		id, matched, err = s.enroll(ctx, newMember{org: org, purpose: "first owner", SignUp: in, prepare: withRole(access.Owner, nil)})
		return countsAsGuess(matched, false, err), err
	})
	return id, err
}

// SignUpLink is a secret that creates an organization. Send it to the address and show it to nobody.
type SignUpLink struct {
	Secret string // empty: too many were asked for
	Known  bool   // the address has a proven log-in, to which the organization is added
}

// RequestSignUp stores what somebody wants to create until the link is opened. It is called after the answer was given, which must not
// depend on what it returns.
func (s *Service) RequestSignUp(ctx context.Context, organization string, in SignUp) (SignUpLink, error) {
	if err := s.CountAttempt(ctx, "sign up as", in.Email, 3); err != nil {
		if fail.KindOf(err) == fail.Busy {
			return SignUpLink{}, nil
		}
		return SignUpLink{}, err
	}
	secret, hash := newToken()
	known, err := s.db.Unscoped().CreateSignUp(ctx, hash, in.Email, organization, in.Name, SignUpTTL)
	return SignUpLink{secret, known}, err
}

// GetSignUp returns what a sign-up's link stands for, or ErrLinkInvalid.
func (s *Service) GetSignUp(ctx context.Context, secret string) (pg.SignUp, error) {
	return lookUpLink(ctx, s, linkSignUp, secret, s.db.Unscoped().LookUpSignUp)
}

// FinishSignUp creates the organization that a mailed link is for. If the address has a proven log-in, the owner belongs to that
// and no password is needed; otherwise to a new one with this password. A password that was typed before the address was proven
// is good for nothing new. from is the network address that asks; d says how links reach people here: those that are not mailed
// prove nothing.
func (s *Service) FinishSignUp(
	ctx context.Context, secret, password, from string, d Delivery,
	create func(ctx context.Context, name string) (uuid.UUID, error),
) (id uuid.UUID, err error) {
	err = s.limitedLink(ctx, linkSignUp, secret, from, func(ctx context.Context) error {
		pending, err := s.GetSignUp(ctx, secret)
		if err != nil {
			return err
		}
		in := SignUp{Name: pending.Name, Email: pending.Email}
		if !pending.Verified {
			if err := checkPassword(password); err != nil {
				return fail.Field("password", "%s", err.Error())
			}
			in.Password = password
		}
		return s.limitedAttempt(ctx, nil, func() (bool, error) {
			used, err := s.db.Unscoped().UseSignUp(ctx, hashToken(secret))
			if err == nil && !used {
				err = ErrLinkInvalid
			}
			if err != nil {
				return false, err
			}
			ctx := context.WithoutCancel(ctx) // the link is used up: what it is for is done, also when the browser hangs up
			org, err := create(ctx, pending.Organization)
			if err != nil {
				return false, err
			}
			n := newMember{
				org:     org,
				purpose: "first owner",
				SignUp:  in,
				proven:  d == SentByMail || pending.Verified,
				prepare: withRole(access.Owner, nil),
			}
			if id, _, err = s.enroll(ctx, n); errors.Is(err, error(errWrongPassword)) { // proven by another link at the same moment
				n.Password = ""
				id, _, err = s.enroll(ctx, n)
			}
			return false, err
		})
	})
	return id, err
}

// CreatedOwner is what has become of an address that is to own a new organization.
type CreatedOwner struct {
	User  uuid.UUID
	Known bool // it has a proven log-in already, whose password is good for the new organization, too
}

// CreateOwner creates an organization for an address, for the operator: whoever can read the address's mail, or gets a link from the
// operator, chooses the password. An address with a proven log-in keeps it.
func (s *Service) CreateOwner(ctx context.Context, email string, create CreateOrganization) (owner CreatedOwner, err error) {
	in := SignUp{Name: strings.Split(email, "@")[0], Email: email}
	if err := s.CheckSignUpAddress(&in); err != nil {
		return CreatedOwner{}, err
	}
	err = s.limitedAttempt(ctx, nil, func() (bool, error) {
		address, err := s.db.Unscoped().GetAddress(ctx, in.Email)
		if err != nil {
			return false, err
		}
		if owner.Known = address.Verified; !owner.Known {
			in.Password = rand.Text() // nobody knows it
		}
		org, err := create(ctx)
		if err != nil {
			return false, err
		}
		owner.User, _, err = s.enroll(ctx, newMember{
			org:     org,
			purpose: "first owner",
			SignUp:  in,
			proven:  owner.Known,
			prepare: withRole(access.Owner, nil),
		})
		return false, err
	})
	return owner, err
}

// InviteOwner is RequestSignUp for the operator, as often as it likes.
func (s *Service) InviteOwner(ctx context.Context, organization string, in SignUp) (SignUpLink, error) {
	secret, hash := newToken()
	known, err := s.db.Unscoped().CreateSignUp(ctx, hash, in.Email, organization, in.Name, SignUpTTL)
	return SignUpLink{secret, known}, err
}
