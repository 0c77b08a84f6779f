package identity

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// A team member can be limited to customers. Who is limited manages only those who see nothing beyond the same customers, so that
// nobody reaches further by way of somebody else.

// checkMayManage returns nil if the actor may change a user at all; fail.NotFound otherwise.
func checkMayManage(ctx context.Context, q *identitydb.Queries, who access.Actor, user uuid.UUID) error {
	if !who.IsLimited() {
		return nil
	}
	within, err := q.CanManageUser(ctx, user)
	if err == nil && !within {
		return fail.Missing("team member")
	}
	return err
}

// checkMayLimitTo returns nil if the actor may give somebody with a role these customers (none: all of them).
func checkMayLimitTo(who access.Actor, role access.Role, customers []uuid.UUID) error {
	switch {
	case !role.CanBeLimited():
		if len(customers) > 0 {
			return fail.New(fail.Invalid, "Only managers, supervisors and agents can be limited to customers. Choose another role.")
		}
	case who.IsLimited() && len(customers) == 0:
		return fail.New(fail.Invalid, "Select at least one customer. You are limited to some customers yourself.")
	}
	for _, c := range customers {
		if !who.Serves(c) {
			return fail.New(fail.Invalid, "Select from your own customers.")
		}
	}
	return nil
}

// SetCustomers limits a team member to customers, or with none lets it serve all of them, and ends its sessions. also runs in the same
// transaction as the system, for what the team member has to leave; it is called after the change.
func (s *Service) SetCustomers(
	ctx context.Context, who access.Actor, user uuid.UUID, customers []uuid.UUID, alsoInTx func(*pg.Tenant) error,
) error {
	if user == who.ID() {
		return fail.Field("customers", "You cannot change your own customers. Ask another manager.")
	}
	err := s.changeMember(ctx, who, access.TeamMemberSetCustomers, user, false, func(tx *pg.Tenant, u identitydb.GetUserRow) error {
		if err := checkMayLimitTo(who, access.Role(u.Role), customers); err != nil {
			return fail.Field("customers", "%s", err.Error())
		}
		q := identitydb.New(tx)
		before, err := q.ListUserCustomers(ctx, user)
		if err != nil {
			return err
		}
		if err := revokeAccess(ctx, q, user); err != nil {
			return err
		}
		if err := saveCustomerLimits(ctx, q, user, customers); err != nil {
			return err
		}
		if err := alsoInTx(tx); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, customersChanged(u, before, customers))
	})
	if pg.IsMissingReference(err) {
		return fail.Field("customers", "A selected customer no longer exists. Select again.")
	}
	return err
}

// saveCustomerLimits writes to which customers a user is limited; none: it is not.
func saveCustomerLimits(ctx context.Context, q *identitydb.Queries, user uuid.UUID, customers []uuid.UUID) error {
	if err := q.SetUserLimited(ctx, identitydb.SetUserLimitedParams{ID: user, Limited: len(customers) > 0}); err != nil {
		return err
	}
	if err := q.DeleteUserCustomers(ctx, user); err != nil || len(customers) == 0 {
		return err
	}
	return q.AddUserCustomers(ctx, identitydb.AddUserCustomersParams{UserID: user, Customers: customers})
}
