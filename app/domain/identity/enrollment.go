package identity

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Delivery says how a one-time link reaches the person that it is for.
type Delivery int

const (
	// ShownToRequester links are seen by whoever asked for them, who hands them over: that somebody has one proves nothing.
	ShownToRequester Delivery = iota
	// SentByMail links go to the address and nowhere else: whoever opens one can read the address's mail.
	SentByMail
)

// newMember is a user that is about to be created.
type newMember struct {
	org     uuid.UUID
	purpose string
	SignUp                                                // an empty password: of the proven identity, whatever its password
	proven  bool                                          // the link that led here was only mailed to the address
	prepare func(*identitydb.Queries) (memberRole, error) // runs in the same transaction
}

// memberRole is what a newcomer is going to be.
type memberRole struct {
	role      access.Role
	customer  *uuid.UUID  // a reviewer's
	customers []uuid.UUID // to which it is limited; none: it is not
}

// errWrongPassword is what a person reads who has proven the address, but does not know the password of its log-in.
var errWrongPassword = fail.Field("password", "You already have a Parley account with this email address, and this is not its "+
	"password. Enter its password, "+
	"or set a new one with “Forgot your password?” below and open this link again.")

// maxSaltRetries bounds how often a password is hashed anew because its address was used for the first time meanwhile.
const maxSaltRetries = 3

var errAddressBusy = fail.New(fail.Busy, "Someone else is using this email address at the moment. Try again.")

// enroll creates a user and makes it one of an identity's (app.door_join_identity says which). matched says that the
// password was one of the address's already. The caller holds a slot, or there is no password.
func (s *Service) enroll(ctx context.Context, n newMember) (id uuid.UUID, matched bool, err error) {
	for range maxSaltRetries {
		var hash *string
		if n.Password != "" {
			h, err := s.hashForAddress(ctx, n.Email, n.Password, newHashPrefix(s.argon))
			if err != nil {
				return uuid.Nil, false, err
			}
			hash = &h
		}
		id = uuid.Must(uuid.NewV7())
		err = s.db.AsLogIn(access.System(n.org, n.purpose)).Tx(ctx, func(tx *pg.Tenant) error {
			q := identitydb.New(tx)
			is, err := n.prepare(q)
			if err != nil {
				return err
			}
			err = q.CreateUser(ctx, identitydb.CreateUserParams{
				ID:         id,
				Email:      n.Email,
				Name:       n.Name,
				Role:       string(is.role),
				CustomerID: is.customer,
			})
			if pg.IsDuplicate(err, "users_org_id_email_key") {
				return fail.New(fail.Conflict, "You are already a member of this organization. Log in.")
			}
			if err == nil && len(is.customers) > 0 {
				err = saveCustomerLimits(ctx, q, id, is.customers)
			}
			if err != nil {
				return err
			}
			outcome, err := q.JoinIdentity(ctx, identitydb.JoinIdentityParams{
				IdentityID: uuid.Must(uuid.NewV7()),
				Email:      n.Email,
				Hash:       hash,
				Proven:     n.proven,
				UserID:     id,
			})
			if err == nil && outcome == "wrong" {
				return errWrongPassword
			}
			matched = outcome == "matched"
			if err != nil {
				return err
			}
			return recordJoined(ctx, tx, id, n, is)
		})
		if err == nil {
			s.publishTeam(n.org)
		}
		if !pg.IsSaltChanged(err) {
			return id, matched, err
		}
	}
	return uuid.Nil, false, errAddressBusy
}

// CreateMember adds a user without an invitation: for demo data and for the command line.
func (s *Service) CreateMember(ctx context.Context, org uuid.UUID, in SignUp, role access.Role, customer *uuid.UUID) (uuid.UUID, error) {
	if err := s.CheckSignUp(&in); err != nil {
		return uuid.Nil, err
	}
	release, err := acquireHashSlot(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	defer release()
	id, _, err := s.enroll(ctx, newMember{org: org, purpose: "create a user", SignUp: in, prepare: withRole(role, customer)})
	return id, err
}

func withRole(role access.Role, customer *uuid.UUID) func(*identitydb.Queries) (memberRole, error) {
	return func(*identitydb.Queries) (memberRole, error) { return memberRole{role: role, customer: customer}, nil }
}

// GetInvitation returns what an invitation's link stands for, or ErrLinkInvalid.
func (s *Service) GetInvitation(ctx context.Context, secret string) (pg.Invitation, error) {
	return lookUpLink(ctx, s, linkInvitation, secret, s.db.Unscoped().LookUpInvitation)
}

// AcceptInvitation accepts an invitation: creates the user that it was for. With a link that proves the address, the user belongs to the
// proven log-in of the address, whose password has to be entered, or to a new one. With another link, it belongs to the log-in
// of the address that has this password, or to a new one beside it: somebody who invites an address to an organization of its
// own and opens the link gets into no other and learns nothing. from is the network address that asks.
func (s *Service) AcceptInvitation(ctx context.Context, secret, name, password, from string) (id uuid.UUID, err error) {
	err = s.limitedLink(ctx, linkInvitation, secret, from, func(ctx context.Context) error {
		inv, err := s.GetInvitation(ctx, secret)
		if err != nil {
			return err
		}
		in := SignUp{Name: name, Email: inv.Email, Password: password}
		if err := s.CheckSignUp(&in); err != nil {
			return err
		}
		accept := func(q *identitydb.Queries) (memberRole, error) {
			row, err := q.AcceptInvitation(ctx, inv.InvitationID)
			if pg.IsNoRows(err) {
				return memberRole{}, ErrLinkInvalid
			}
			return memberRole{access.Role(row.Role), row.CustomerID, row.Customers}, err
		}
		return s.limitedAttempt(ctx, s.accountLimits(in.Email, from), func() (bool, error) {
			var matched bool
			defer func() {
				if errors.Is(err, error(errWrongPassword)) {
					s.logRefusal(in.Email, from, err)
				}
			}()
			id, matched, err = s.enroll(ctx, newMember{
				org:     inv.OrgID,
				purpose: "accept an invitation",
				SignUp:  in,
				proven:  inv.VerifiesEmail,
				prepare: accept,
			})
			return countsAsGuess(matched, inv.VerifiesEmail, err), err
		})
	})
	return id, err
}

// countsAsGuess reports whether a password that was typed with a link counts as a failed guess at the address's. Without a proof
// every password that is new counts, whether or not the address was known: otherwise one could try passwords by joining
// organizations of one's own, uncounted.
func countsAsGuess(matched, proven bool, err error) bool {
	if err != nil {
		return errors.Is(err, error(errWrongPassword))
	}
	return !matched && !proven
}
