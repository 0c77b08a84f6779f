// Package manage draws the management pages: customers, websites, groups, team, FAQ and settings.
package manage

import (
	"time"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/templates/ui"
)

// Viewer is who looks at the page.
type Viewer struct {
	ui.Viewer
	ID uuid.UUID
}

// CustomersPage lists the customers.
type CustomersPage struct {
	Viewer
	Customers []org.Customer
	Form      ui.Form

	Unanswered []group.UnstaffedWebsite
	Unfinished []org.Website
}

// CustomerPage shows one customer with its websites.
type CustomerPage struct {
	Viewer
	Customer   org.Customer
	Websites   []org.Website
	Rename     ui.Form
	AddWebsite ui.Form
}

// WebsitePage shows one website.
type WebsitePage struct {
	Viewer
	Website        org.Website
	State          settings.State
	EmbedCode      string // two lines for the page's head
	TagManagerCode string // one line instead, for tools that remove attributes
	Settings       ui.Form
	Domain         ui.Form
	Topics         []group.WebsiteGroup
	Groups         []group.Ref
	Topic          ui.Form

	Unanswered []group.UnstaffedWebsite // groups of nobody that answer for it

	TopicOf uuid.UUID // the group whose form was refused; zero: the form that adds one
	Now     time.Time
}

// origins is where the website's settings come from.
func (p WebsitePage) origins() Origins { return Origins{p.State, p.Website.CustomerName} }

// TeamPage shows who can log in.
type TeamPage struct {
	Viewer
	Members     []identity.TeamListItem
	Invitations []identity.PendingInvitation
	Customers   []org.Customer
	Invite      ui.Form
	Link        OneTimeLink
	Form        ui.Form

	RoleOf   uuid.UUID // the user whose change of role was refused
	RoleForm ui.Form
}

// OneTimeLink is an invitation or a link for a new password that was just made; the zero value is none.
type OneTimeLink struct {
	What string
	For  string // the address
	Link string // empty: it was mailed, and nobody else sees it
}

// OrganizationPage shows the organization's own settings.
type OrganizationPage struct {
	Viewer
	Form    ui.Form
	Storage files.StorageUse
}

// role is the form of a user's role.
func (p TeamPage) role(user uuid.UUID) ui.Form {
	if p.RoleOf == user {
		return p.RoleForm
	}
	return ui.Form{}
}

// topic is the form of a group that answers for the website; the zero id is the form that adds one.
func (p WebsitePage) topic(group uuid.UUID) ui.Form {
	if p.TopicOf == group {
		return p.Topic
	}
	return ui.Form{}
}

func roleOptions(may bool) []ui.Option {
	var list []ui.Option
	for i := len(access.Roles) - 1; i >= 0; i-- {
		r := access.Roles[i]
		if r.IsOwner() && !may {
			continue
		}
		list = append(list, ui.Option{Value: string(r), Label: roleLabel[r]})
	}
	list[0], list[1] = list[1], list[0] // agent first: the usual one
	return list
}

var roleLabel = map[access.Role]string{
	access.Owner:      "Owner – everything, including the organization",
	access.Manager:    "Manager – customers, websites, team",
	access.Supervisor: "Supervisor – answers, live monitor and archive",
	access.Agent:      "Agent – answers at the desk",
	access.Reviewer:   "Reviewer – archive of one customer",
}

func customerOptions(customers []org.Customer) []ui.Option {
	list := []ui.Option{{Value: "", Label: "– reviewers only –"}}
	for _, c := range customers {
		list = append(list, ui.Option{Value: c.ID.String(), Label: c.Name})
	}
	return list
}

func recentlySeen(d org.Domain, now time.Time) bool {
	return d.SeenAt != nil && now.Sub(*d.SeenAt) < 24*time.Hour
}
