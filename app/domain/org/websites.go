package org

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Website is one embedding of the widget.
type Website struct {
	ID            uuid.UUID
	CustomerID    uuid.UUID
	CustomerName  string
	Key           string // names the website in the page's two lines; not a secret
	Name          string
	Greeting      string // what the panel says on opening
	TypingPreview bool   // the agent sees the visitor's text while it is being typed
	Domains       []Domain
	Settings      Settings
	IdentityKey   string // signs visitors whom the site knows (HS256); empty: it signs none
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
		err := q.CreateWebsite(ctx, orgdb.CreateWebsiteParams{ID: id, CustomerID: customer, Key: key, Name: in.Name,
			Greeting: "Hello! How can we help you?"})
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
		Greeting: row.Greeting, TypingPreview: row.TypingPreview, IdentityKey: row.IdentityKey}
	if err := json.Unmarshal(row.Settings, &w.Settings); err != nil {
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

// WebsiteUpdate is what a manager may change of a website.
type WebsiteUpdate struct {
	Name          string
	Greeting      string
	TypingPreview bool
}

// UpdateWebsite changes a website's settings; open widgets see them at their next load.
func (s *Service) UpdateWebsite(ctx context.Context, who access.Actor, id uuid.UUID, in WebsiteUpdate) error {
	t, err := s.db.Authorize(who, access.WebsiteUpdate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	in.Name, err = validate.Name("the website's name", in.Name, 200)
	checks.AddError("name", err)
	in.Greeting, err = validate.OptionalText("the greeting", in.Greeting, 1000)
	if err == nil {
		err = rejectPlaceholders("the greeting", in.Greeting)
	}
	checks.AddError("greeting", err)
	if err := checks.Result(); err != nil {
		return err
	}
	var row orgdb.UpdateWebsiteRow
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		row, err = orgdb.New(tx).UpdateWebsite(ctx, orgdb.UpdateWebsiteParams{ID: id, Name: in.Name, Greeting: in.Greeting, TypingPreview: in.TypingPreview})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, websiteChanged(id, row, in))
	})
	if pg.IsDuplicate(err, "websites_same_name") {
		return errWebsiteExists
	}
	if pg.IsNoRows(err) {
		return fail.Missing("website")
	}
	if err == nil {
		s.publishChange(who.Org(), id, row.Key)
	}
	return err
}

// UpdateSettings changes how a website's widget looks and behaves: change is given what holds now. What it leaves must be something
// that a widget can follow, else nothing is changed, and the error says of each field what is wrong with it, with what change said.
// Open panels come back with it.
func (s *Service) UpdateSettings(ctx context.Context, who access.Actor, id uuid.UUID, change func(*Settings) error) error {
	t, err := s.db.Authorize(who, access.WebsiteUpdate)
	if err != nil {
		return err
	}
	var key string
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		now, err := q.LockWebsiteSettings(ctx, id)
		if pg.IsNoRows(err) {
			return fail.Missing("website")
		}
		var settings Settings
		if err == nil {
			err = json.Unmarshal(now, &settings)
		}
		var before Settings
		if err == nil {
			err = json.Unmarshal(now, &before)
		}
		if err != nil {
			return err
		}
		var checks fail.Checks
		if err = checks.Merge(change(&settings)); err == nil {
			err = checks.Merge(settings.check(&before))
		}
		if err == nil {
			err = checks.Result()
		}
		if err != nil {
			return err
		}
		b, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		row, err := q.SetWebsiteSettings(ctx, orgdb.SetWebsiteSettingsParams{ID: id, Settings: b})
		if err != nil {
			return err
		}
		key = row.Key
		return events.Record(ctx, tx, who, widgetChanged(id, row, before, settings))
	})
	if err == nil {
		s.publishChange(who.Org(), id, key)
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
