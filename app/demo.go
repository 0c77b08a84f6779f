package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/identity"
	"parley/app/org"
	"parley/templates/public"
)

// demo is what serve --demo adds for a first look.
type demo struct {
	public.Demo
	shopKey string
}

const demoPassword = "parley demo"

var demoPeople = []struct {
	name string
	role access.Role
	what string
}{
	{"Olga", access.Owner, "owner: everything"},
	{"Max", access.Manager, "manager: customers, websites, people"},
	{"Sara", access.Supervisor, "supervisor"},
	{"Mia", access.Agent, "agent: sits at the desk"},
	{"Tom", access.Agent, "another agent, to see two desks at once"},
	{"Rita", access.Reviewer, "reviewer of Harbour Tea: reads its past conversations"},
}

func demoEmail(name string) string { return strings.ToLower(name) + identity.DemoDomain }

// makeDemo finds the demo's organization or creates it.
func makeDemo(ctx context.Context, h *house, url string) (*demo, error) {
	d := &demo{Demo: public.Demo{Password: demoPassword, ShopURL: url + "/demo/shop"}}
	for _, p := range demoPeople {
		d.Logins = append(d.Logins, public.DemoLogin{Email: demoEmail(p.name), What: p.what})
	}
	logins, err := h.db.Doors().Logins(ctx, demoEmail(demoPeople[0].name))
	if err != nil {
		return nil, err
	}
	if len(logins) == 0 {
		if err := createDemo(ctx, h); err != nil {
			return nil, err
		}
		if logins, err = h.db.Doors().Logins(ctx, demoEmail(demoPeople[0].name)); err != nil {
			return nil, err
		}
	}
	who := access.System(logins[0].OrgID, "demo data")
	customers, err := h.org.Customers(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range customers {
		_, websites, err := h.org.Customer(ctx, who, c.ID)
		if err != nil {
			return nil, err
		}
		for _, w := range websites {
			if c.Name == "Harbour Tea" && d.shopKey == "" {
				full, err := h.org.Website(ctx, who, w.ID)
				if err != nil {
					return nil, err
				}
				d.shopKey = full.Key
				host := org.OriginHost(url)
				if !slices.ContainsFunc(full.Domains, func(d org.Domain) bool { return d.Host == host }) {
					if err := h.org.AddDomain(ctx, who, w.ID, host); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return d, nil
}

func createDemo(ctx context.Context, h *house) error {
	id, err := h.org.Found(ctx, "Brightline Support")
	if err != nil {
		return err
	}
	who := access.System(id, "demo data")
	tea, err := h.org.AddCustomer(ctx, who, "Harbour Tea")
	if err != nil {
		return err
	}
	website, err := h.org.AddWebsite(ctx, who, tea, org.NewWebsite{Name: "Harbour Tea shop", Host: "localhost"})
	if err != nil {
		return err
	}
	if err := h.org.AddDomain(ctx, who, website, "127.0.0.1"); err != nil {
		return err
	}
	err = h.org.UpdateWebsite(ctx, who, website, org.WebsiteSettings{Name: "Harbour Tea shop", TypingPreview: true,
		Greeting: "Ahoy! Ask us anything about tea, your order or delivery."})
	if err != nil {
		return err
	}
	err = h.org.ChangeSettings(ctx, who, website, func(x *org.Settings) error {
		x.Zone = "Europe/Berlin"
		x.Greetings = []org.Greeting{
			{Language: "de", Text: "Ahoi! Fragen Sie uns alles über Tee, Ihre Bestellung oder die Lieferung."},
			{States: []org.Presence{org.Offline, org.Away}, Text: "Ahoy! Nobody is at the counter just now. Leave your question, and we will write to you."},
			{States: []org.Presence{org.Online, org.Busy}, Status: "We usually answer within minutes", Text: "Ahoy! Ask us anything about tea, your order or delivery."},
		}
		x.Rating.Reasons = []string{"Friendly", "Quick", "Knew the answer", "Took too long"}
		x.Files.Shots = true
		x.Privacy = "We keep what is said here for two years, and tell **nobody**. [More](https://tea.example/privacy)"
		return nil
	})
	if err != nil {
		return err
	}
	if err := furnish(ctx, h, who, tea); err != nil {
		return err
	}
	for i := len(demoPeople) - 1; i >= 0; i-- { // the owner last: the sign that all of it is there
		p := demoPeople[i]
		var customer *uuid.UUID
		if p.role == access.Reviewer {
			customer = &tea
		}
		if _, err := h.identity.Create(ctx, id, identity.SignUp{Name: p.name, Email: demoEmail(p.name), Password: demoPassword}, p.role, customer); err != nil {
			return err
		}
	}
	return nil
}

// banner is what is printed at start.
func (d *demo) banner(url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nParley is running with demo data.\n\n  The shop with the chat  %s\n  The desk (agents)       %s/desk\n  The management          %s/admin\n\n", d.ShopURL, url, url)
	fmt.Fprintf(&b, "  Log-ins, all with the password %q:\n", demoPassword)
	for _, l := range d.Logins {
		fmt.Fprintf(&b, "    %-20s %s\n", l.Email, l.What)
	}
	b.WriteString("\n  Real visitors' messages: make traffic     Stop: Ctrl+C\n\n")
	return b.String()
}
