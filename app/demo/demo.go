// Package demo makes the demo organization: its team, its customer's shop, FAQ entries, snippets and tags.
package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/templates/account"
)

// Data is what serve --demo adds for a first look.
type Data struct {
	account.Demo
	ShopKey string
}

// Services is what creates the demo's data.
type Services struct {
	DB            *pg.DB
	Settings      *settings.Service
	Org           *org.Service
	Identity      *identity.Service
	Conversations *conversation.Service
	FAQ           *faq.Service
}

// Password is the password of all logins of the demo.
const Password = "parley demo"

var team = []struct {
	name string
	role access.Role
	what string
}{
	{"Olga", access.Owner, "owner: full access"},
	{"Max", access.Manager, "manager: customers, websites, team"},
	{"Sara", access.Supervisor, "supervisor: desk and live monitor"},
	{"Mia", access.Agent, "agent: answers at the desk"},
	{"Tom", access.Agent, "second agent, to try two desks at once"},
	{"Rita", access.Reviewer, "reviewer: reads the archive of Harbour Tea"},
}

func emailOf(name string) string { return strings.ToLower(name) + identity.DemoDomain }

// Ensure finds the demo's organization or creates it.
func Ensure(ctx context.Context, h Services, url string) (*Data, error) {
	d := &Data{Demo: account.Demo{Password: Password, ShopURL: url + "/demo/shop"}}
	for _, p := range team {
		d.Logins = append(d.Logins, account.DemoLogin{Email: emailOf(p.name), What: p.what})
	}
	logins, err := h.DB.Unscoped().ListLogIns(ctx, emailOf(team[0].name))
	if err != nil {
		return nil, err
	}
	if len(logins) == 0 {
		if err := create(ctx, h); err != nil {
			return nil, err
		}
		if logins, err = h.DB.Unscoped().ListLogIns(ctx, emailOf(team[0].name)); err != nil {
			return nil, err
		}
	}
	who := access.System(logins[0].OrgID, "demo data")
	customers, err := h.Org.ListCustomers(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, c := range customers {
		_, websites, err := h.Org.GetCustomer(ctx, who, c.ID)
		if err != nil {
			return nil, err
		}
		for _, w := range websites {
			if c.Name == "Harbour Tea" && d.ShopKey == "" {
				full, err := h.Org.GetWebsite(ctx, who, w.ID)
				if err != nil {
					return nil, err
				}
				d.ShopKey = full.Key
				host := org.OriginHost(url)
				if !slices.ContainsFunc(full.Domains, func(d org.Domain) bool { return d.Host == host }) {
					if err := h.Org.AddDomain(ctx, who, w.ID, host); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return d, nil
}

func create(ctx context.Context, h Services) error {
	id, err := h.Org.CreateOrganization(ctx, "Brightline Support")
	if err != nil {
		return err
	}
	who := access.System(id, "demo data")
	tea, err := h.Org.AddCustomer(ctx, who, "Harbour Tea")
	if err != nil {
		return err
	}
	website, err := h.Org.AddWebsite(ctx, who, tea, org.WebsiteInput{Name: "Harbour Tea shop", Host: "localhost"})
	if err != nil {
		return err
	}
	if err := h.Org.AddDomain(ctx, who, website, "127.0.0.1"); err != nil {
		return err
	}
	err = h.Org.UpdateWebsite(ctx, who, website, org.WebsiteUpdate{Name: "Harbour Tea shop", TypingPreview: true,
		Greeting: "Ahoy! Ask us anything about tea, your order or delivery."})
	if err != nil {
		return err
	}
	err = h.Settings.Update(ctx, who, settings.ForWebsite(website), settings.Change{Set: func(x *settings.Widget) error {
		x.General.Zone = "Europe/Berlin"
		x.Greetings.List = []settings.Greeting{
			{Language: "de", Text: "Ahoi! Fragen Sie uns alles über Tee, Ihre Bestellung oder die Lieferung."},
			{
				States: []settings.Availability{settings.Offline, settings.Away},
				Text:   "Ahoy! We are away from the counter right now. Leave your question, and we will write to you.",
			},
			{
				States: []settings.Availability{settings.Online, settings.Busy},
				Status: "We usually reply within minutes",
				Text:   "Ahoy! Ask us anything about tea, your order or delivery.",
			},
		}
		x.Closing.Reasons = []string{"Friendly", "Quick", "Knew the answer", "Took too long"}
		x.Files.Screenshots = true
		x.PreChat.Privacy = "We store this conversation for two years and share it with **nobody**. [Learn more](https://tea.example/privacy)"
		return nil
	}})
	if err != nil {
		return err
	}
	if err := AddContent(ctx, h, who, tea); err != nil {
		return err
	}
	for i := len(team) - 1; i >= 0; i-- { // the owner last: the sign that all of it is there
		p := team[i]
		var customer *uuid.UUID
		if p.role == access.Reviewer {
			customer = &tea
		}
		if _, err := h.Identity.CreateMember(ctx, id,
			identity.SignUp{Name: p.name, Email: emailOf(p.name), Password: Password}, p.role, customer); err != nil {
			return err
		}
	}
	return nil
}

// Banner is what is printed at start.
func (d *Data) Banner(url string) string {
	var b strings.Builder
	fmt.Fprintf(&b,
		"\nParley is running with demo data.\n\n  Shop with the chat  %s\n  Desk (agents)       %s/desk\n  "+
			"Management          %s/admin\n\n",
		d.ShopURL, url, url)
	fmt.Fprintf(&b, "  Logins (password: %q):\n", Password)
	for _, l := range d.Logins {
		fmt.Fprintf(&b, "    %-20s %s\n", l.Email, l.What)
	}
	b.WriteString("\n  Simulate visitors: make traffic     Stop: Ctrl+C\n\n")
	return b.String()
}
