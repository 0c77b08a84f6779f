package org

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Service is the place of organizations, customers, websites and domains.
type Service struct {
	db    *pg.DB
	bus   *bus.Bus
	cache websiteCache
}

// New returns the room and lets it hear of changes made by other processes.
func New(db *pg.DB, b *bus.Bus) *Service {
	r := &Service{db: db, bus: b}
	r.cache.init()
	b.Subscribe(r)
	return r
}

// Customer is whom an organization answers for.
type Customer struct {
	ID            uuid.UUID
	Name          string
	Websites      int // filled by Customers
	CapacityShare int // conversations its agents may have at once; 0: no limit. Filled by Customer
}

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

// Domain is a host name that may show a website's widget.
type Domain struct {
	ID     uuid.UUID
	Host   string
	SeenAt *time.Time // the widget was last loaded from there; within a minute
}

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
			return fail.Field("name", "An organization can have %d customers. Rename one that is no longer served.", maxCustomers)
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
	errWebsiteExists  = fail.Field("name", "This customer has a website with this name already. Choose another name.")
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
		return fail.Field("share", "Please give a number from 1 on, or leave it empty.")
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

// AddDomain allows another host to show the website's widget.
func (s *Service) AddDomain(ctx context.Context, who access.Actor, website uuid.UUID, host string) error {
	t, err := s.db.Authorize(who, access.DomainAdd)
	if err != nil {
		return err
	}
	w, err := s.GetWebsite(ctx, who, website)
	if err != nil {
		return err
	}
	if host, err = ParseHost(host); err != nil {
		return fail.Field("host", "%s", err.Error())
	}
	if len(w.Domains) >= 100 {
		return fail.Field("host", "A website can have 100 domains. Remove one first, or use a pattern such as *.shop.example")
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		err := orgdb.New(tx).AddDomain(ctx, orgdb.AddDomainParams{ID: uuid.Must(uuid.NewV7()), WebsiteID: website, Host: host})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, domainAdded(w, host))
	})
	if pg.IsDuplicate(err, "") {
		return fail.Field("host", "This domain is in the list already.")
	}
	if err == nil {
		s.publishChange(who.Org(), website, w.Key)
	}
	return err
}

// RemoveDomain takes a host's permission back. Open panels on it end at their next connection.
func (s *Service) RemoveDomain(ctx context.Context, who access.Actor, website, domain uuid.UUID) error {
	t, err := s.db.Authorize(who, access.DomainRemove)
	if err != nil {
		return err
	}
	var row orgdb.RemoveDomainRow
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		row, err = orgdb.New(tx).RemoveDomain(ctx, orgdb.RemoveDomainParams{ID: domain, WebsiteID: website})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, domainRemoved(website, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("domain")
	}
	if err == nil {
		s.publishChange(who.Org(), website, row.Key)
	}
	return err
}

func (s *Service) publishChange(org, website uuid.UUID, key string) {
	s.bus.Publish(bus.Event{Kind: bus.Website, Org: org, Website: website, Text: key})
}
