package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/outside"
	"parley/app/pg"
)

// SignUpLasts is how long the link is good that was mailed to somebody who wants to found an organization.
const SignUpLasts = 24 * time.Hour

// SignUp is what somebody who founds an organization enters.
type SignUp struct{ Name, Email, Password string }

// Check cleans what somebody entered and says field by field what is wrong with it.
func (r *Room) Check(in *SignUp) error {
	checks := r.check(in)
	checks.Err("password", checkPassword(in.Password))
	return checks.Result()
}

// CheckAddress is Check for a sign-up that has no password yet.
func (r *Room) CheckAddress(in *SignUp) error {
	checks := r.check(in)
	return checks.Result()
}

func (r *Room) check(in *SignUp) (checks fail.Checks) {
	var err error
	in.Name, err = fail.Name("your name", in.Name, 100)
	checks.Err("name", err)
	in.Email, err = fail.Email(in.Email)
	checks.Err("email", err)
	if !r.allowed(in.Email) {
		checks.Add("email", "Addresses that end in %s are for the demo only.", DemoDomain)
	}
	return checks
}

// Found creates an organization and returns its id.
type Found func(ctx context.Context) (uuid.UUID, error)

// SignUpAtOnce founds an organization whose owner has entered a password, where no mail can be sent that proves the address.
// The owner belongs to the log-in of the address that has this password, or to a new one beside it. from is the network address
// that asks.
func (r *Room) SignUpAtOnce(ctx context.Context, in SignUp, from string, found Found) (id uuid.UUID, err error) {
	if err := r.Check(&in); err != nil {
		return uuid.Nil, err
	}
	ctx = outside.With(ctx, from)
	err = r.guarded(ctx, r.ofAccount(in.Email, from), func() (bool, error) {
		org, err := found(ctx)
		if err != nil {
			return false, err
		}
		var matched bool
		id, matched, err = r.enroll(ctx, newcomer{org: org, purpose: "first owner", SignUp: in, first: as(access.Owner, nil)})
		return wrongGuess(matched, false, err), err
	})
	return id, err
}

// SignUpLink is a secret that founds an organization. Send it to the address and show it to nobody.
type SignUpLink struct {
	Secret string // empty: too many were asked for
	Known  bool   // the address has a proven log-in, to which the organization is added
}

// AskSignUp keeps what somebody wants to found until the link is opened. It is called after the answer was given, which must not
// depend on what it returns.
func (r *Room) AskSignUp(ctx context.Context, organization string, in SignUp) (SignUpLink, error) {
	if err := r.Limited(ctx, "sign up as", in.Email, 3); err != nil {
		if fail.KindOf(err) == fail.Busy {
			return SignUpLink{}, nil
		}
		return SignUpLink{}, err
	}
	secret, hash := token()
	known, err := r.db.Doors().KeepSignUp(ctx, hash, in.Email, organization, in.Name, SignUpLasts)
	return SignUpLink{secret, known}, err
}

// SignUpOf returns what a sign-up's link stands for, or ErrLink.
func (r *Room) SignUpOf(ctx context.Context, secret string) (pg.SignUp, error) {
	return behindLink(ctx, r, forSignUp, secret, r.db.Doors().SignUp)
}

// FinishSignUp founds the organization that a mailed link is for. If the address has a proven log-in, the owner belongs to that
// and no password is needed; otherwise to a new one with this password. A password that was typed before the address was proven
// is good for nothing new. from is the network address that asks; d says how links reach people here: those that are not mailed
// prove nothing.
func (r *Room) FinishSignUp(ctx context.Context, secret, password, from string, d Delivery, found func(ctx context.Context, name string) (uuid.UUID, error)) (id uuid.UUID, err error) {
	err = r.withLink(ctx, forSignUp, secret, from, func(ctx context.Context) error {
		s, err := r.SignUpOf(ctx, secret)
		if err != nil {
			return err
		}
		in := SignUp{Name: s.Name, Email: s.Email}
		if !s.Verified {
			if err := checkPassword(password); err != nil {
				return fail.Field("password", "%s", err.Error())
			}
			in.Password = password
		}
		return r.guarded(ctx, nil, func() (bool, error) {
			used, err := r.db.Doors().UseSignUp(ctx, tokenHash(secret))
			if err == nil && !used {
				err = ErrLink
			}
			if err != nil {
				return false, err
			}
			ctx := context.WithoutCancel(ctx) // the link is used up: what it is for is done, also when the browser hangs up
			org, err := found(ctx, s.Organization)
			if err != nil {
				return false, err
			}
			n := newcomer{org: org, purpose: "first owner", SignUp: in, proven: d == Mailed || s.Verified, first: as(access.Owner, nil)}
			if id, _, err = r.enroll(ctx, n); errors.Is(err, error(errWrong)) { // proven by another link at the same moment
				n.Password = ""
				id, _, err = r.enroll(ctx, n)
			}
			return false, err
		})
	})
	return id, err
}

// NewOwner is what has become of an address that is to own a new organization.
type NewOwner struct {
	User  uuid.UUID
	Known bool // it has a proven log-in already, whose password is good for the new organization, too
}

// NewOwner founds an organization for an address, for the operator: whoever can read the address's mail, or gets a link from the
// operator, chooses the password. An address with a proven log-in keeps it.
func (r *Room) NewOwner(ctx context.Context, email string, found Found) (made NewOwner, err error) {
	in := SignUp{Name: strings.Split(email, "@")[0], Email: email}
	if err := r.CheckAddress(&in); err != nil {
		return NewOwner{}, err
	}
	err = r.guarded(ctx, nil, func() (bool, error) {
		address, err := r.db.Doors().Address(ctx, in.Email)
		if err != nil {
			return false, err
		}
		if made.Known = address.Verified; !made.Known {
			in.Password = rand.Text() // nobody knows it
		}
		org, err := found(ctx)
		if err != nil {
			return false, err
		}
		made.User, _, err = r.enroll(ctx, newcomer{org: org, purpose: "first owner", SignUp: in, proven: made.Known, first: as(access.Owner, nil)})
		return false, err
	})
	return made, err
}

// InviteSignUp is AskSignUp for the operator, as often as it likes.
func (r *Room) InviteSignUp(ctx context.Context, organization string, in SignUp) (SignUpLink, error) {
	secret, hash := token()
	known, err := r.db.Doors().KeepSignUp(ctx, hash, in.Email, organization, in.Name, SignUpLasts)
	return SignUpLink{secret, known}, err
}
