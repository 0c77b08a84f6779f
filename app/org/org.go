package org

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/org/internal/orgdb"
	"parley/app/pg"
)

// Room is the place of organizations, customers, websites and domains.
type Room struct {
	db    *pg.DB
	bus   *bus.Bus
	sites sites
}

// New returns the room and lets it hear of changes made by other processes.
func New(db *pg.DB, b *bus.Bus) *Room {
	r := &Room{db: db, bus: b}
	r.sites.init()
	b.Subscribe(r)
	return r
}

// Customer is whom an organization answers for.
type Customer struct {
	ID       uuid.UUID
	Name     string
	Websites int // filled by Customers
	Share    int // conversations its agents may have at once; 0: no limit. Filled by Customer
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

// Found creates an organization with its first customer, which is itself.
func (r *Room) Found(ctx context.Context, name string) (uuid.UUID, error) {
	name, err := fail.Name("a name for the organization", name, 200)
	if err != nil {
		return uuid.Nil, fail.Field("organization", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	err = r.db.As(access.System(id, "found an organization")).Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		if err := q.CreateOrganization(ctx, orgdb.CreateOrganizationParams{ID: id, Name: name}); err != nil {
			return err
		}
		_, err := q.CreateCustomer(ctx, orgdb.CreateCustomerParams{ID: uuid.Must(uuid.NewV7()), Name: name, Most: customersMost})
		return err
	})
	return id, err
}

// Name returns the organization's name as it is stored now.
func (r *Room) Name(ctx context.Context, who access.Actor) (string, error) {
	t, err := r.db.For(who, access.Appoint)
	if err != nil {
		return "", err
	}
	return orgdb.New(t).OrganizationName(ctx)
}

// Rename changes the organization's name.
func (r *Room) Rename(ctx context.Context, who access.Actor, name string) error {
	t, err := r.db.For(who, access.Appoint)
	if err != nil {
		return err
	}
	if name, err = fail.Name("a name for the organization", name, 200); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	if _, err = orgdb.New(t).RenameOrganization(ctx, name); err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Organization, Org: who.Org()})
	}
	return err
}

// Customers lists the organization's customers by name.
func (r *Room) Customers(ctx context.Context, who access.Actor) ([]Customer, error) {
	t, err := r.db.For(who, access.Manage)
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
func (r *Room) AddCustomer(ctx context.Context, who access.Actor, name string) (uuid.UUID, error) {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return uuid.Nil, err
	}
	if name, err = fail.Name("the customer's name", name, 200); err != nil {
		return uuid.Nil, fail.Field("name", "%s", err.Error())
	}
	id := uuid.Must(uuid.NewV7())
	n, err := orgdb.New(t).CreateCustomer(ctx, orgdb.CreateCustomerParams{ID: id, Name: name, Most: customersMost})
	switch {
	case pg.Duplicate(err, ""):
		return uuid.Nil, errSameCustomer
	case err == nil && n == 0:
		return uuid.Nil, fail.Field("name", "An organization can have %d customers. Rename one that is no longer served.", customersMost)
	}
	return id, err
}

var (
	errSameCustomer = fail.Field("name", "A customer with this name already exists. Choose another name.")
	errSameWebsite  = fail.Field("name", "This customer has a website with this name already. Choose another name.")
)

// customersMost is how many customers an organization can have: lists of all of them are on many pages.
const customersMost = 2000

// RenameCustomer changes a customer's name.
func (r *Room) RenameCustomer(ctx context.Context, who access.Actor, id uuid.UUID, name string) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	if name, err = fail.Name("the customer's name", name, 200); err != nil {
		return fail.Field("name", "%s", err.Error())
	}
	n, err := orgdb.New(t).RenameCustomer(ctx, orgdb.RenameCustomerParams{ID: id, Name: name})
	if pg.Duplicate(err, "") {
		return errSameCustomer
	}
	if err == nil && n == 0 {
		return fail.Missing("customer")
	}
	return err
}

// Customer returns a customer with its websites, each with its domains' hosts.
func (r *Room) Customer(ctx context.Context, who access.Actor, id uuid.UUID) (Customer, []Website, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return Customer{}, nil, err
	}
	q := orgdb.New(t)
	row, err := q.GetCustomer(ctx, id)
	if pg.None(err) {
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
	if row.Share != nil {
		c.Share = int(*row.Share)
	}
	return c, list, err
}

// SetShare limits how many conversations of a customer agents may have at once; 0 is no limit. Those beyond it wait.
func (r *Room) SetShare(ctx context.Context, who access.Actor, id uuid.UUID, share int) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	if share < 0 || share > 1_000_000 {
		return fail.Field("share", "Please give a number from 1 on, or leave it empty.")
	}
	p := orgdb.SetShareParams{ID: id}
	if share > 0 {
		most := int32(share)
		p.Share = &most
	}
	n, err := orgdb.New(t).SetShare(ctx, p)
	if err == nil && n == 0 {
		return fail.Missing("customer")
	}
	if err == nil {
		r.bus.Publish(bus.Event{Kind: bus.Groups, Org: who.Org()})
	}
	return err
}

// NewWebsite is what the wizard asks for.
type NewWebsite struct {
	Name string
	Host string // the first domain
}

// AddWebsite creates a website of a customer with its first domain.
func (r *Room) AddWebsite(ctx context.Context, who access.Actor, customer uuid.UUID, in NewWebsite) (uuid.UUID, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return uuid.Nil, err
	}
	var checks fail.Checks
	in.Name, err = fail.Name("the website's name", in.Name, 200)
	checks.Err("name", err)
	in.Host, err = Host(in.Host)
	checks.Err("host", err)
	if err := checks.Result(); err != nil {
		return uuid.Nil, err
	}
	id, key := uuid.Must(uuid.NewV7()), newKey()
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		if _, err := q.GetCustomer(ctx, customer); pg.None(err) {
			return fail.Missing("customer")
		} else if err != nil {
			return err
		}
		err := q.CreateWebsite(ctx, orgdb.CreateWebsiteParams{ID: id, CustomerID: customer, Key: key, Name: in.Name,
			Greeting: "Hello! How can we help you?"})
		if err != nil {
			return err
		}
		return q.AddDomain(ctx, orgdb.AddDomainParams{ID: uuid.Must(uuid.NewV7()), WebsiteID: id, Host: in.Host})
	})
	if pg.Duplicate(err, "websites_same_name") {
		return uuid.Nil, errSameWebsite
	}
	if err == nil { // every process that was asked for the key before knows it from now on
		r.changed(who.Org(), id, key)
	}
	return id, err
}

// newKey returns 16 characters of a-z and 2-7 (80 bits).
func newKey() string { return strings.ToLower(rand.Text())[:16] }

// Website returns a website with its domains.
func (r *Room) Website(ctx context.Context, who access.Actor, id uuid.UUID) (Website, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return Website{}, err
	}
	q := orgdb.New(t)
	row, err := q.GetWebsite(ctx, id)
	if pg.None(err) {
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

// Unfinished lists websites without a domain, which are shown nowhere; at most 100.
func (r *Room) Unfinished(ctx context.Context, who access.Actor) ([]Website, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := orgdb.New(t).Unfinished(ctx)
	list := make([]Website, len(rows))
	for i, w := range rows {
		list[i] = Website{ID: w.ID, CustomerName: w.CustomerName, Name: w.Name}
	}
	return list, err
}

// AllWebsites lists every customer's, by the customer's name.
func (r *Room) AllWebsites(ctx context.Context, who access.Actor) ([]Website, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := orgdb.New(t).AllWebsites(ctx)
	list := make([]Website, len(rows))
	for i, w := range rows {
		list[i] = Website{ID: w.ID, CustomerID: w.CustomerID, CustomerName: w.CustomerName, Name: w.Name}
	}
	return list, err
}

// WebsiteSettings is what a manager may change of a website.
type WebsiteSettings struct {
	Name          string
	Greeting      string
	TypingPreview bool
}

// UpdateWebsite changes a website's settings; open widgets see them at their next load.
func (r *Room) UpdateWebsite(ctx context.Context, who access.Actor, id uuid.UUID, in WebsiteSettings) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	in.Name, err = fail.Name("the website's name", in.Name, 200)
	checks.Err("name", err)
	in.Greeting, err = fail.OptionalText("the greeting", in.Greeting, 1000)
	if err == nil {
		err = unfilled("the greeting", in.Greeting)
	}
	checks.Err("greeting", err)
	if err := checks.Result(); err != nil {
		return err
	}
	key, err := orgdb.New(t).UpdateWebsite(ctx, orgdb.UpdateWebsiteParams{ID: id, Name: in.Name, Greeting: in.Greeting, TypingPreview: in.TypingPreview})
	if pg.Duplicate(err, "websites_same_name") {
		return errSameWebsite
	}
	if pg.None(err) {
		return fail.Missing("website")
	}
	if err == nil {
		r.changed(who.Org(), id, key)
	}
	return err
}

// ChangeSettings changes how a website's widget looks and behaves: change is given what holds now. What it leaves must be something
// that a widget can follow, else nothing is changed, and the error says of each field what is wrong with it, with what change said.
// Open panels come back with it.
func (r *Room) ChangeSettings(ctx context.Context, who access.Actor, id uuid.UUID, change func(*Settings) error) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	var key string
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := orgdb.New(tx)
		now, err := q.SettingsForChange(ctx, id)
		if pg.None(err) {
			return fail.Missing("website")
		}
		var s Settings
		if err == nil {
			err = json.Unmarshal(now, &s)
		}
		var before Settings
		if err == nil {
			err = json.Unmarshal(now, &before)
		}
		if err != nil {
			return err
		}
		var checks fail.Checks
		if err = checks.Take(change(&s)); err == nil {
			err = checks.Take(s.check(&before))
		}
		if err == nil {
			err = checks.Result()
		}
		if err != nil {
			return err
		}
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		key, err = q.SetSettings(ctx, orgdb.SetSettingsParams{ID: id, Settings: b})
		return err
	})
	if err == nil {
		r.changed(who.Org(), id, key)
	}
	return err
}

// RenewIdentityKey gives a website a new key to sign its visitors with; what was signed with the one before is refused.
func (r *Room) RenewIdentityKey(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	key, err := orgdb.New(t).SetIdentityKey(ctx, orgdb.SetIdentityKeyParams{ID: id, IdentityKey: rand.Text() + rand.Text()})
	if pg.None(err) {
		return fail.Missing("website")
	}
	if err == nil {
		r.changed(who.Org(), id, key)
	}
	return err
}

// AddDomain allows another host to show the website's widget.
func (r *Room) AddDomain(ctx context.Context, who access.Actor, website uuid.UUID, host string) error {
	w, err := r.Website(ctx, who, website)
	if err != nil {
		return err
	}
	if host, err = Host(host); err != nil {
		return fail.Field("host", "%s", err.Error())
	}
	if len(w.Domains) >= 100 {
		return fail.Field("host", "A website can have 100 domains. Remove one first, or use a pattern such as *.shop.example")
	}
	err = orgdb.New(r.db.As(who)).AddDomain(ctx, orgdb.AddDomainParams{ID: uuid.Must(uuid.NewV7()), WebsiteID: website, Host: host})
	if pg.Duplicate(err, "") {
		return fail.Field("host", "This domain is in the list already.")
	}
	if err == nil {
		r.changed(who.Org(), website, w.Key)
	}
	return err
}

// RemoveDomain takes a host's permission back. Open panels on it end at their next connection.
func (r *Room) RemoveDomain(ctx context.Context, who access.Actor, website, domain uuid.UUID) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	key, err := orgdb.New(t).RemoveDomain(ctx, orgdb.RemoveDomainParams{ID: domain, WebsiteID: website})
	if pg.None(err) {
		return fail.Missing("domain")
	}
	if err == nil {
		r.changed(who.Org(), website, key)
	}
	return err
}

func (r *Room) changed(org, website uuid.UUID, key string) {
	r.bus.Publish(bus.Event{Kind: bus.Website, Org: org, Website: website, Text: key})
}
