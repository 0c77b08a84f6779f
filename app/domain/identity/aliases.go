package identity

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Alias is the name under which a user answers for a customer (empty: its own), and its picture.
type Alias struct {
	Customer     uuid.UUID
	CustomerName string
	Name         string
	Picture      uuid.UUID // the file; zero: none
}

// ListAliases returns a user's, one for each customer.
func (s *Service) ListAliases(ctx context.Context, who access.Actor, user uuid.UUID) ([]Alias, error) {
	t, err := s.db.Authorize(who, access.TeamMemberRead)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListAliases(ctx, user)
	list := make([]Alias, len(rows))
	for i, row := range rows {
		list[i] = Alias{Customer: row.CustomerID, CustomerName: row.CustomerName, Name: row.Alias}
		if row.FileID != nil {
			list[i].Picture = *row.FileID
		}
	}
	return list, err
}

// SetAlias stores one; an empty name takes it away. It holds for conversations taken from now on.
func (s *Service) SetAlias(ctx context.Context, who access.Actor, user, customer uuid.UUID, name string) error {
	return s.SetAliases(ctx, who, user, []AliasChange{{Customer: customer, Name: &name}})
}

// AliasChange is what becomes of a user's name and picture for a customer; nil: nothing.
type AliasChange struct {
	Customer uuid.UUID
	Name     *string
	Picture  *uuid.UUID
}

// SetAliases changes names and pictures of a user for several customers, all or none of them. Fields of the error are named alias-ID,
// by customer.
func (s *Service) SetAliases(ctx context.Context, who access.Actor, user uuid.UUID, changes []AliasChange) error {
	t, err := s.db.Authorize(who, access.TeamMemberSetAliases)
	if err != nil {
		return err
	}
	var checks fail.Checks
	names := make([]string, len(changes))
	for i, c := range changes {
		if c.Name != nil {
			names[i], err = validate.OptionalName("the name", *c.Name, 100)
			checks.AddError("alias-"+c.Customer.String(), err)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	if err := checkMayManage(ctx, identitydb.New(t), who, user); err != nil {
		return err
	}
	defer s.bus.Publish(bus.Event{Kind: bus.Organization, Org: who.Org()})
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		u, err := q.GetUser(ctx, user)
		if pg.IsNoRows(err) {
			return fail.Missing("team member")
		}
		if err != nil {
			return err
		}
		before, err := aliasesState(ctx, q, user, changes)
		if err != nil {
			return err
		}
		for i, c := range changes {
			if err := applyAlias(ctx, q, user, c, names[i]); err != nil {
				return err
			}
		}
		now, err := aliasesState(ctx, q, user, changes)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, aliasesChanged(u, before, now))
	})
	if pg.IsMissingReference(err) {
		return fail.Missing("team member or customer")
	}
	return err
}

// applyAlias stores one change. name is the checked one.
func applyAlias(ctx context.Context, q *identitydb.Queries, user uuid.UUID, c AliasChange, name string) (err error) {
	switch {
	case c.Name == nil:
	case name == "":
		err = q.DeleteAlias(ctx, identitydb.DeleteAliasParams{UserID: user, CustomerID: c.Customer})
	default:
		err = q.SaveAlias(ctx, identitydb.SaveAliasParams{UserID: user, CustomerID: c.Customer, Name: name})
	}
	switch {
	case err != nil || c.Picture == nil:
		return err
	case *c.Picture == uuid.Nil:
		return q.DeletePicture(ctx, identitydb.DeletePictureParams{UserID: user, CustomerID: c.Customer})
	default:
		return q.SavePicture(ctx, identitydb.SavePictureParams{UserID: user, CustomerID: c.Customer, FileID: *c.Picture})
	}
}

// aliasesState returns what is stored of those customers that changes are about.
func aliasesState(ctx context.Context, q *identitydb.Queries, user uuid.UUID, changes []AliasChange) (events.AliasesState, error) {
	rows, err := q.ListAliases(ctx, user)
	var state events.AliasesState
	for _, row := range rows {
		if slices.ContainsFunc(changes, func(c AliasChange) bool { return c.Customer == row.CustomerID }) {
			state.Aliases = append(state.Aliases,
				events.Alias{Customer: row.CustomerID, CustomerName: row.CustomerName, Name: row.Alias, Picture: row.FileID})
		}
	}
	return state, err
}
