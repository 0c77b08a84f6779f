package org

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// CreateOrganization creates an organization with its first customer, which is itself.
func (s *Service) CreateOrganization(ctx context.Context, name string) (uuid.UUID, error) {
	name, err := validate.Name("a name for the organization", name, 200)
	if err != nil {
		return uuid.Nil, fail.Field("organization", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = s.db.As(access.System(id, "found an organization")).Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		if err := q.CreateOrganization(ctx, orgdb.CreateOrganizationParams{ID: id, Name: name}); err != nil {
			return err
		}
		if _, err := q.CreateCustomer(ctx, orgdb.CreateCustomerParams{ID: uuid.Must(uuid.NewV7()), Name: name, Most: maxCustomers}); err != nil {
			return err
		}
		return events.Record(ctx, tx, tx.Actor(), organizationCreated(id, name))
	})
	return id, err
}

// OrganizationName returns the organization's name as it is stored now.
func (s *Service) OrganizationName(ctx context.Context, who access.Actor) (string, error) {
	t, err := s.db.Authorize(who, access.OrganizationRead)
	if err != nil {
		return "", err
	}
	return orgdb.New(t).GetOrganizationName(ctx)
}

// RenameOrganization changes the organization's name.
func (s *Service) RenameOrganization(ctx context.Context, who access.Actor, name string) error {
	t, err := s.db.Authorize(who, access.OrganizationRename)
	if err != nil {
		return err
	}
	if name, err = validate.Name("a name for the organization", name, 200); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		before, err := orgdb.New(tx).RenameOrganization(ctx, name)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, organizationRenamed(who.Org(), before, name))
	})
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Organization, Org: who.Org()})
	}
	return err
}
