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

// Customer is whom an organization answers for.
type Customer struct {
	ID            uuid.UUID
	Name          string
	Websites      int // filled by Customers
	CapacityShare int // conversations its agents may have at once; 0: no limit. Filled by Customer
}

// ListCustomers lists the organization's customers by name.
func (s *Service) ListCustomers(ctx context.Context, who access.Actor) ([]Customer, error) {
	t, err := s.db.Authorize(who, access.CustomerRead)
	if err != nil {
		return nil, err
	}
	rows, err := orgdb.New(t).ListCustomers(ctx)
	list := make([]Customer, len(rows))
	for i, row := range rows {
		list[i] = Customer{ID: row.ID, Name: row.Name, Websites: int(row.Websites)}
	}
	return list, err
}

// AddCustomer creates a customer; names are unique within the organization.
func (s *Service) AddCustomer(ctx context.Context, who access.Actor, name string) (uuid.UUID, error) {
	t, err := s.db.Authorize(who, access.CustomerCreate)
	if err != nil {
		return uuid.Nil, err
	}
	if name, err = validate.Name("the customer's name", name, 200); err != nil {
		return uuid.Nil, fail.Field("name", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		n, err := orgdb.New(tx).CreateCustomer(ctx, orgdb.CreateCustomerParams{ID: id, Name: name, Most: maxCustomers})
		if err != nil {
			return err
		}
		if n == 0 {
			return fail.Field("name", "An organization can have %d customers. Rename one that you no longer need.", maxCustomers)
		}
		return events.Record(ctx, tx, who, customerCreated(id, name))
	})
	if pg.IsDuplicate(err, "") {
		err = errCustomerExists
	}
	if err != nil {
		return uuid.Nil, err
	}
	return id, nil
}

var (
	errCustomerExists = fail.Field("name", "A customer with this name already exists. Choose another name.")
	errWebsiteExists  = fail.Field("name", "This customer already has a website with this name. Choose another name.")
)

// maxCustomers is how many customers an organization can have: lists of all of them are on many pages.
const maxCustomers = 2000

// RenameCustomer changes a customer's name.
func (s *Service) RenameCustomer(ctx context.Context, who access.Actor, id uuid.UUID, name string) error {
	t, err := s.db.Authorize(who, access.CustomerRename)
	if err != nil {
		return err
	}
	if name, err = validate.Name("the customer's name", name, 200); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		before, err := orgdb.New(tx).RenameCustomer(ctx, orgdb.RenameCustomerParams{ID: id, Name: name})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, customerRenamed(id, before, name))
	})
	if pg.IsDuplicate(err, "") {
		return errCustomerExists
	}
	if pg.IsNoRows(err) {
		return fail.Missing("customer")
	}
	return err
}

// GetCustomer returns a customer with its websites, each with its domains' hosts.
func (s *Service) GetCustomer(ctx context.Context, who access.Actor, id uuid.UUID) (Customer, []Website, error) {
	t, err := s.db.Authorize(who, access.CustomerRead)
	if err != nil {
		return Customer{}, nil, err
	}
	q := orgdb.New(t)
	row, err := q.GetCustomer(ctx, id)
	if pg.IsNoRows(err) {
		return Customer{}, nil, fail.Missing("customer")
	}
	if err != nil {
		return Customer{}, nil, err
	}
	rows, err := q.ListWebsites(ctx, id)
	list := make([]Website, len(rows))
	for i, w := range rows {
		list[i] = Website{ID: w.ID, CustomerID: id, Name: w.Name}
		for _, host := range w.Hosts {
			list[i].Domains = append(list[i].Domains, Domain{Host: host})
		}
	}
	c := Customer{ID: row.ID, Name: row.Name, Websites: len(rows)}
	if row.CapacityShare != nil {
		c.CapacityShare = int(*row.CapacityShare)
	}
	return c, list, err
}

// SetCapacityShare limits how many conversations of a customer agents may have at once; 0 is no limit. Those beyond it wait.
func (s *Service) SetCapacityShare(ctx context.Context, who access.Actor, id uuid.UUID, share int) error {
	t, err := s.db.Authorize(who, access.CustomerSetCapacity)
	if err != nil {
		return err
	}
	if share < 0 || share > 1_000_000 {
		return fail.Field("share", "Enter a number, 1 or more, or leave the field empty.")
	}
	p := orgdb.SetCapacityShareParams{ID: id}
	if share > 0 {
		most := int32(share)
		p.CapacityShare = &most
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		row, err := orgdb.New(tx).SetCapacityShare(ctx, p)
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, capacityShareChanged(id, row, share))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("customer")
	}
	if err == nil {
		s.bus.Publish(bus.Event{Kind: bus.Groups, Org: who.Org()})
	}
	return err
}
