package org

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Website is one embedding of the widget.
type Website struct {
	ID           uuid.UUID
	CustomerID   uuid.UUID
	CustomerName string
	Key          string // names the website in the page's two lines; not a secret
	Name         string
	Domains      []Domain
	Settings     settings.Widget
	IdentityKey  string // signs visitors whom the site knows (HS256); empty: it signs none
}

// WebsiteInput is what the wizard asks for.
type WebsiteInput struct {
	Name string
	Host string // the first domain
}

// AddWebsite creates a website of a customer with its first domain.
func (s *Service) AddWebsite(ctx context.Context, who access.Actor, customer uuid.UUID, in WebsiteInput) (uuid.UUID, error) {
	t, err := s.db.Authorize(who, access.WebsiteCreate)
	if err != nil {
		return uuid.Nil, err
	}
	var checks fail.Checks
	in.Name, err = validate.Name("the website's name", in.Name, 200)
	checks.AddError("name", err)
	in.Host, err = ParseHost(in.Host)
	checks.AddError("host", err)
	if err := checks.Result(); err != nil {
		return uuid.Nil, err
	}
	id, key := uuid.Must(uuid.NewV7()), newWebsiteKey()
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		if _, err := q.GetCustomer(ctx, customer); pg.IsNoRows(err) {
			return fail.Missing("customer")
		} else if err != nil {
			return err
		}
		err := q.CreateWebsite(ctx, orgdb.CreateWebsiteParams{ID: id, CustomerID: customer, Key: key, Name: in.Name})
		if err != nil {
			return err
		}
		if err := q.AddDomain(ctx, orgdb.AddDomainParams{ID: uuid.Must(uuid.NewV7()), WebsiteID: id, Host: in.Host}); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, websiteCreated(id, customer, in))
	})
	if pg.IsDuplicate(err, "websites_same_name") {
		return uuid.Nil, errWebsiteExists
	}
	if err == nil { // every process that was asked for the key before knows it from now on
		s.publishChange(who.Org(), id, key)
	}
	return id, err
}

// newWebsiteKey returns 16 characters of a-z and 2-7 (80 bits).
func newWebsiteKey() string { return strings.ToLower(rand.Text())[:16] }

// GetWebsite returns a website with its domains.
func (s *Service) GetWebsite(ctx context.Context, who access.Actor, id uuid.UUID) (Website, error) {
	t, err := s.db.Authorize(who, access.WebsiteRead)
	if err != nil {
		return Website{}, err
	}
	q := orgdb.New(t)
	row, err := q.GetWebsite(ctx, id)
	if pg.IsNoRows(err) {
		return Website{}, fail.Missing("website")
	}
	if err != nil {
		return Website{}, err
	}
	w := Website{ID: row.ID, CustomerID: row.CustomerID, CustomerName: row.CustomerName, Key: row.Key, Name: row.Name,
		IdentityKey: row.IdentityKey}
	if w.Settings, err = settings.Decode(row.Settings); err != nil {
		return w, err
	}
	domains, err := q.ListDomains(ctx, id)
	for _, d := range domains {
		w.Domains = append(w.Domains, Domain{d.ID, d.Host, d.SeenAt})
	}
	return w, err
}

// ListWebsitesWithoutDomain lists websites without a domain, which are shown nowhere; at most 100.
func (s *Service) ListWebsitesWithoutDomain(ctx context.Context, who access.Actor) ([]Website, error) {
	t, err := s.db.Authorize(who, access.WebsiteRead)
	if err != nil {
		return nil, err
	}
	rows, err := orgdb.New(t).ListWebsitesWithoutDomain(ctx)
	list := make([]Website, len(rows))
	for i, w := range rows {
		list[i] = Website{ID: w.ID, CustomerName: w.CustomerName, Name: w.Name}
	}
	return list, err
}

// ListWebsites lists every customer's, by the customer's name.
func (s *Service) ListWebsites(ctx context.Context, who access.Actor) ([]Website, error) {
	t, err := s.db.Authorize(who, access.WebsiteRead)
	if err != nil {
		return nil, err
	}
	rows, err := orgdb.New(t).ListAllWebsites(ctx)
	list := make([]Website, len(rows))
	for i, w := range rows {
		list[i] = Website{ID: w.ID, CustomerID: w.CustomerID, CustomerName: w.CustomerName, Name: w.Name}
	}
	return list, err
}

// WebsiteUpdate is what the page of a website changes.
type WebsiteUpdate struct {
	Name          string
	Greeting      string
	TypingPreview bool

	Inherit []settings.Field // that come from the customer, the organization or the default from now on, whatever stands above
}

// UpdateWebsite changes a website's name, and the settings that stand beside it.
func (s *Service) UpdateWebsite(ctx context.Context, actor access.Actor, id uuid.UUID, in WebsiteUpdate) error {
	t, err := s.db.Authorize(actor, access.WebsiteUpdate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	in.Name, err = validate.Name("the website's name", in.Name, 200)
	checks.AddError("name", err)
	change := settings.Change{Reset: in.Inherit, Set: func(w *settings.Widget) error {
		w.Greetings.Standard, w.General.TypingPreview = in.Greeting, in.TypingPreview
		return checks.Result()
	}}
	var row orgdb.RenameWebsiteRow
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		applied, err := s.settings.Apply(ctx, tx, settings.ForWebsite(id), change)
		if err != nil {
			return err
		}
		row, err = orgdb.New(tx).RenameWebsite(ctx, orgdb.RenameWebsiteParams{ID: id, Name: in.Name})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, actor, websiteChanged(id, row, in.Name, applied))
	})
	if pg.IsDuplicate(err, "websites_same_name") {
		return errWebsiteExists
	}
	if pg.IsNoRows(err) {
		return fail.Missing("website")
	}
	if err == nil {
		s.publishChange(actor.Org(), id, row.Key)
	}
	return err
}

// RotateIdentityKey gives a website a new key to sign its visitors with; what was signed with the one before is refused.
func (s *Service) RotateIdentityKey(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.WebsiteRotateKey)
	if err != nil {
		return err
	}
	var row orgdb.SetIdentityKeyRow
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		row, err = orgdb.New(tx).SetIdentityKey(ctx, orgdb.SetIdentityKeyParams{ID: id, IdentityKey: rand.Text() + rand.Text()})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, identityKeyRotated(id, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("website")
	}
	if err == nil {
		s.publishChange(who.Org(), id, row.Key)
	}
	return err
}
