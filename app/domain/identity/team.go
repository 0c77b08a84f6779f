package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// InvitationTTL is how long an invitation's link is good.
const InvitationTTL = 7 * 24 * time.Hour

// PendingInvitation is one that nobody has accepted yet.
type PendingInvitation struct {
	ID           uuid.UUID
	Email        string
	Role         access.Role
	CustomerName string
	ExpiresAt    time.Time

	CustomerNames []string // to which the team member will be limited; none: it will not be
}

// ListInvitations lists the open invitations, newest first.
func (s *Service) ListInvitations(ctx context.Context, who access.Actor) ([]PendingInvitation, error) {
	t, err := s.db.Authorize(who, access.TeamMemberRead)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListInvitations(ctx)
	list := make([]PendingInvitation, len(rows))
	for i, v := range rows {
		list[i] = PendingInvitation{v.ID, v.Email, access.Role(v.Role), v.CustomerName, v.ExpiresAt, v.CustomerNames}
	}
	return list, err
}

// NewInvitation is who is invited, and as what.
type NewInvitation struct {
	Email     string
	Role      access.Role
	Customer  uuid.UUID   // a reviewer's; zero for every other role
	Customers []uuid.UUID // to which another team member will be limited; none: it will not be
}

// Invite creates an invitation and returns the secret of its link, and the address that it is for. A new one for the same
// address replaces the old. Nothing depends on whether the address is known in other organizations. customer is a reviewer's; customers
// are those to which another team member will be limited (none: it will not be).
func (s *Service) Invite(
	ctx context.Context, who access.Actor, email string, role access.Role, customer uuid.UUID, d Delivery,
	customers ...uuid.UUID,
) (secret, to string, err error) {
	return s.invite(ctx, who, NewInvitation{email, role, customer, customers}, d, func(*pg.Tenant, uuid.UUID) error { return nil })
}

// InviteByMail creates an invitation as Invite does, and returns the address that it is for. Nobody knows the secret of its link yet:
// insertMail, which runs in the same transaction, inserts the job that sends the mail (see RenewInvitation).
func (s *Service) InviteByMail(
	ctx context.Context, actor access.Actor, in NewInvitation,
	insertMail func(tx *pg.Tenant, invitation uuid.UUID) error,
) (to string, err error) {
	_, to, err = s.invite(ctx, actor, in, SentByMail, insertMail)
	return to, err
}

func (s *Service) invite(
	ctx context.Context, who access.Actor, in NewInvitation, d Delivery, alsoInTx func(*pg.Tenant, uuid.UUID) error,
) (secret, to string, err error) {
	t, err := s.db.Authorize(who, access.TeamMemberInvite)
	if err != nil {
		return "", "", err
	}
	var checks fail.Checks
	email, err := validate.Email(in.Email)
	checks.AddError("email", err)
	checks.AddError("role", checkRoleGrant(who, in.Role))
	only, err := checkReviewerCustomer(who, in.Role, in.Customer)
	if in.Customer != uuid.Nil && in.Role.Valid() && !in.Role.NeedsCustomer() {
		err = fail.New(fail.Invalid, "Only reviewers have a customer here. Choose the role “Reviewer”, or no customer.")
	}
	checks.AddError("customer", err)
	checks.AddError("customers", checkMayLimitTo(who, in.Role, in.Customers))
	if err := checks.Result(); err != nil {
		return "", "", err
	}
	there, err := identitydb.New(t).HasUserWithEmail(ctx, email)
	if err != nil {
		return "", "", err
	}
	if there {
		return "", "", fail.Field("email", "This person is already on your team.")
	}
	secret, hash := newToken()
	id := uuid.Must(uuid.NewV7())
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		if err := q.DeleteInvitationsByEmail(ctx, email); err != nil {
			return err
		}
		made := identitydb.CreateInvitationParams{
			ID:            id,
			Email:         email,
			Role:          string(in.Role),
			CustomerID:    only,
			Customers:     append([]uuid.UUID{}, in.Customers...),
			TokenHash:     hash,
			VerifiesEmail: d == SentByMail,
			InvitedBy:     who.ID(),
			ExpiresAt:     time.Now().Add(InvitationTTL),
		}
		if err := q.CreateInvitation(ctx, made); err != nil {
			return err
		}
		if err := alsoInTx(tx, id); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, memberInvited(made))
	})
	if pg.IsMissingReference(err) {
		return "", "", fail.Field("customer", "Choose one of your customers.")
	}
	return secret, email, err
}

// RevokeInvitation takes an invitation back.
func (s *Service) RevokeInvitation(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.TeamMemberRevokeInvitation)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := identitydb.New(tx).DeleteInvitation(ctx, id)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, invitationRevoked(id, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("invitation")
	}
	return err
}

// checkRoleGrant allows managers to give every role but owner; owners may give every role.
func checkRoleGrant(who access.Actor, role access.Role) error {
	switch {
	case !role.Valid():
		return fail.New(fail.Invalid, "Choose a role.")
	case role.IsOwner() && !who.Can(access.TeamMemberManageOwner):
		return fail.New(fail.Invalid, "Only owners can make someone an owner. Choose another role.")
	}
	return nil
}

func checkReviewerCustomer(who access.Actor, role access.Role, customer uuid.UUID) (*uuid.UUID, error) {
	if !role.NeedsCustomer() {
		return nil, nil
	}
	if customer == uuid.Nil || !who.Serves(customer) {
		return nil, fail.New(fail.Invalid, "Choose the customer whose archive the reviewer can read.")
	}
	return &customer, nil
}

// ErrLinkInvalid is the one answer for a link that was used, replaced, has expired or never existed.
var ErrLinkInvalid = fail.New(fail.NotFound,
	"This link is no longer valid: it was used or replaced, or has expired. Ask for a new one.")

// ChangeRole gives a user another role and ends its sessions.
func (s *Service) ChangeRole(
	ctx context.Context, who access.Actor, user uuid.UUID, role access.Role, customer uuid.UUID,
	alsoInTx ...func(*pg.Tenant) error,
) error {
	only, err := checkReviewerCustomer(who, role, customer)
	if err != nil {
		return fail.Field("customer", "%s", err.Error())
	}
	if err := checkRoleGrant(who, role); err != nil {
		return fail.Field("role", "%s", err.Error())
	}
	err = s.changeMember(ctx, who, access.TeamMemberChangeRole, user, !role.IsOwner(), func(tx *pg.Tenant, u identitydb.GetUserRow) error {
		q := identitydb.New(tx)
		if err := revokeAccess(ctx, q, user); err != nil {
			return err
		}
		if err := q.SetUserRole(ctx, identitydb.SetUserRoleParams{ID: user, Role: string(role), CustomerID: only}); err != nil {
			return err
		}
		var err error
		switch {
		case !role.CanBeLimited():
			err = q.DeleteUserCustomers(ctx, user)
		case u.CustomerID != nil: // who was a reviewer of one customer has the others only when somebody gives them
			err = saveCustomerLimits(ctx, q, user, []uuid.UUID{*u.CustomerID})
		}
		if err != nil {
			return err
		}
		if err := runAll(tx, alsoInTx); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, roleChanged(u, role, only))
	})
	if pg.IsMissingReference(err) {
		return fail.Field("customer", "Choose one of your customers.")
	}
	return err
}

// DisableMember ends a user's log-in and all its sessions, sockets too.
func (s *Service) DisableMember(ctx context.Context, who access.Actor, user uuid.UUID, alsoInTx ...func(*pg.Tenant) error) error {
	if user == who.ID() {
		return fail.New(fail.Conflict, "You cannot disable yourself. Ask another manager.")
	}
	return s.changeMember(ctx, who, access.TeamMemberDisable, user, true, func(tx *pg.Tenant, u identitydb.GetUserRow) error {
		q := identitydb.New(tx)
		if _, err := q.DisableUser(ctx, user); err != nil {
			return err
		}
		if err := revokeAccess(ctx, q, user); err != nil {
			return err
		}
		if err := runAll(tx, alsoInTx); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, memberDisabled(u))
	})
}

// runAll runs what is to be done in the same transaction.
func runAll(tx *pg.Tenant, steps []func(*pg.Tenant) error) error {
	for _, run := range steps {
		if err := run(tx); err != nil {
			return err
		}
	}
	return nil
}

// revokeAccess makes the links worthless by which a user could come back, and those that it made for others (invitations, new passwords),
// and ends its browsers' subscriptions. To be called in the transaction of whatever takes a right from the user.
func revokeAccess(ctx context.Context, q *identitydb.Queries, user uuid.UUID) error {
	if err := q.DeleteInvitationsByInviter(ctx, user); err != nil {
		return err
	}
	if err := q.DeletePushSubscriptions(ctx, user); err != nil {
		return err
	}
	return q.VoidPasswordResets(ctx, user)
}

// EnableMember lets a disabled user log in again.
func (s *Service) EnableMember(ctx context.Context, who access.Actor, user uuid.UUID) error {
	return s.changeMember(ctx, who, access.TeamMemberEnable, user, false, func(tx *pg.Tenant, u identitydb.GetUserRow) error {
		if _, err := identitydb.New(tx).EnableUser(ctx, user); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, memberEnabled(u))
	})
}

// changeMember runs a change on a user, under the rules that hold for all of them: owners are changed by owners only, the last one cannot
// be lost, and who is limited to customers changes only who sees nothing beyond them. The change runs as the system: it may reach
// what the actor does not see, such as invitations that the user has made.
func (s *Service) changeMember(
	ctx context.Context, who access.Actor, action access.Action, user uuid.UUID, losesOwner bool,
	run func(*pg.Tenant, identitydb.GetUserRow) error,
) error {
	t, err := s.db.Authorize(who, action)
	if err != nil {
		return err
	}
	if err := checkMayManage(ctx, identitydb.New(t), who, user); err != nil {
		return err
	}
	err = s.db.As(who.AsSystem("change a team member")).Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		owners, err := q.LockOwners(ctx)
		if err != nil {
			return err
		}
		u, err := q.GetUser(ctx, user)
		if pg.IsNoRows(err) {
			return fail.Missing("team member")
		}
		if err != nil {
			return err
		}
		if access.Role(u.Role).IsOwner() {
			if !who.Can(access.TeamMemberManageOwner) {
				return fail.New(fail.Forbidden, "Only owners can change an owner. Ask an owner.")
			}
			if losesOwner && u.DisabledAt == nil && len(owners) == 1 {
				return fail.New(fail.Conflict, "This is the only owner. Make someone else an owner first.")
			}
		}
		return run(tx, u)
	})
	if err == nil {
		s.publishMember(who.Org(), user)
		s.publishTeam(who.Org())
	}
	return err
}
