package identity

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/identity/internal/identitydb"
	"parley/app/pg"
)

// Delivery says how a one-time link reaches the person that it is for.
type Delivery int

const (
	// Shown links are seen by whoever asked for them, who hands them over: that somebody has one proves nothing.
	Shown Delivery = iota
	// Mailed links go to the address and nowhere else: whoever opens one can read the address's mail.
	Mailed
)

// newcomer is a user that is about to be created.
type newcomer struct {
	org     uuid.UUID
	purpose string
	SignUp                                             // an empty password: of the proven identity, whatever its password
	proven  bool                                       // the link that led here was only mailed to the address
	first   func(*identitydb.Queries) (becomes, error) // runs in the same transaction
}

// becomes is what a newcomer is going to be.
type becomes struct {
	role      access.Role
	customer  *uuid.UUID  // a reviewer's
	customers []uuid.UUID // to which it is limited; none: it is not
}

// errWrong is what a person reads who has proven the address, but does not know the password of its log-in.
var errWrong = fail.Field("password", "You have a Parley log-in with this address already, and this is not its password. Enter its password, "+
	"or set a new one with “Forgot your password?” below and open this link again.")

// otherSalts bounds how often a password is hashed anew because its address was used for the first time meanwhile.
const otherSalts = 3

var errBusy = fail.New(fail.Busy, "Somebody else uses this address just now. Please try again.")

// enroll creates a user and makes it one of an identity's (door_join in migration 00013 says which). matched says that the
// password was one of the address's already. The caller holds a slot, or there is no password.
func (r *Room) enroll(ctx context.Context, n newcomer) (id uuid.UUID, matched bool, err error) {
	for range otherSalts {
		var hash *string
		if n.Password != "" {
			h, err := r.hashFor(ctx, n.Email, n.Password, newPrefix(r.argon))
			if err != nil {
				return uuid.Nil, false, err
			}
			hash = &h
		}
		id = uuid.Must(uuid.NewV7())
		err = r.db.AsEntering(access.System(n.org, n.purpose)).Tx(ctx, func(tx *pg.Tenant) error {
			q := identitydb.New(tx)
			is, err := n.first(q)
			if err != nil {
				return err
			}
			err = q.CreateUser(ctx, identitydb.CreateUserParams{ID: id, Email: n.Email, Name: n.Name, Role: string(is.role), CustomerID: is.customer})
			if pg.Duplicate(err, "users_org_id_email_key") {
				return fail.New(fail.Conflict, "There is a log-in for this address in the organization already. Please log in.")
			}
			if err == nil && len(is.customers) > 0 {
				err = limitTo(ctx, q, id, is.customers)
			}
			if err != nil {
				return err
			}
			outcome, err := q.JoinIdentity(ctx, identitydb.JoinIdentityParams{IdentityID: uuid.Must(uuid.NewV7()), Email: n.Email, Hash: hash,
				Proven: n.proven, UserID: id})
			if err == nil && outcome == "wrong" {
				return errWrong
			}
			matched = outcome == "matched"
			return err
		})
		if err == nil {
			r.membersChanged(n.org)
		}
		if !pg.OtherSalt(err) {
			return id, matched, err
		}
	}
	return uuid.Nil, false, errBusy
}

// Create adds a user without an invitation: for demo data and for the command line.
func (r *Room) Create(ctx context.Context, org uuid.UUID, in SignUp, role access.Role, customer *uuid.UUID) (uuid.UUID, error) {
	if err := r.Check(&in); err != nil {
		return uuid.Nil, err
	}
	release, err := slot(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	defer release()
	id, _, err := r.enroll(ctx, newcomer{org: org, purpose: "create a user", SignUp: in, first: as(role, customer)})
	return id, err
}

func as(role access.Role, customer *uuid.UUID) func(*identitydb.Queries) (becomes, error) {
	return func(*identitydb.Queries) (becomes, error) { return becomes{role: role, customer: customer}, nil }
}

// Invited returns what an invitation's link stands for, or ErrLink.
func (r *Room) Invited(ctx context.Context, secret string) (pg.Invitation, error) {
	return behindLink(ctx, r, forInvitation, secret, r.db.Doors().Invitation)
}

// Join accepts an invitation: creates the user that it was for. With a link that proves the address, the user belongs to the
// proven log-in of the address, whose password has to be entered, or to a new one. With another link, it belongs to the log-in
// of the address that has this password, or to a new one beside it: somebody who invites an address to an organization of its
// own and opens the link gets into no other and learns nothing. from is the network address that asks.
func (r *Room) Join(ctx context.Context, secret, name, password, from string) (id uuid.UUID, err error) {
	err = r.withLink(ctx, forInvitation, secret, from, func(ctx context.Context) error {
		inv, err := r.Invited(ctx, secret)
		if err != nil {
			return err
		}
		in := SignUp{Name: name, Email: inv.Email, Password: password}
		if err := r.Check(&in); err != nil {
			return err
		}
		accept := func(q *identitydb.Queries) (becomes, error) {
			row, err := q.AcceptInvitation(ctx, inv.InvitationID)
			if pg.None(err) {
				return becomes{}, ErrLink
			}
			return becomes{access.Role(row.Role), row.CustomerID, row.Customers}, err
		}
		return r.guarded(ctx, r.ofAccount(in.Email, from), func() (bool, error) {
			var matched bool
			defer func() {
				if errors.Is(err, error(errWrong)) {
					r.noteRefused(in.Email, from, err)
				}
			}()
			id, matched, err = r.enroll(ctx, newcomer{org: inv.OrgID, purpose: "accept an invitation", SignUp: in, proven: inv.Proves, first: accept})
			return wrongGuess(matched, inv.Proves, err), err
		})
	})
	return id, err
}

// wrongGuess reports whether a password that was typed with a link counts as a failed guess at the address's. Without a proof
// every password that is new counts, whether or not the address was known: otherwise one could try passwords by joining
// organizations of one's own, uncounted.
func wrongGuess(matched, proven bool, err error) bool {
	if err != nil {
		return errors.Is(err, error(errWrong))
	}
	return !matched && !proven
}
