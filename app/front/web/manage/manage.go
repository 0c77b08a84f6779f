// Package manage answers requests about what an organization sets up: customers, websites, team, groups, FAQ, snippets, the widget.
//
// Owns: the pages of management, and how their forms are read.
//
// Must not touch: SQL, business rules: it reads forms, calls one function of the domain, and shows what was refused beside the field.
//
// Always true: a form that was refused shows everything that was typed.
package manage

import (
	"parley/app/domain/assist"
	"parley/app/domain/attachment"
	"parley/app/domain/audit"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/notification"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/domain/settings"
	"parley/app/domain/team"
	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/front/web/session"
	"parley/app/front/web/upload"
	"parley/app/front/web/widget"
	"parley/app/platform/fair"
)

// Options is what the handlers need.
type Options struct {
	Assist        *assist.Service
	Attachments   *attachment.Service
	Audit         *audit.Service
	Conversations *conversation.Service
	FAQ           *faq.Service
	Files         *files.Service
	Groups        *group.Service
	Identity      *identity.Service
	Mails         *notification.Mails
	Org           *org.Service
	Settings      *settings.Service
	Routing       *routing.Service
	Teams         *team.Service
	Visitors      *visitor.Service
	Live          *live.Hub
	Sessions      *session.Manager
	Uploads       *upload.Service
	Widget        *widget.Handlers
	HeavyWork     *fair.Slots // of searches, exports and imports
	Imports       *fair.Slots // of catalogs that are held in memory
	PublicURL     string      // how browsers reach this server, without a slash at the end
}

// Handlers answers the requests of this package.
type Handlers struct {
	assist        *assist.Service
	attachments   *attachment.Service
	audit         *audit.Service
	conversations *conversation.Service
	faq           *faq.Service
	files         *files.Service
	groups        *group.Service
	identity      *identity.Service
	mails         *notification.Mails
	org           *org.Service
	settings      *settings.Service
	routing       *routing.Service
	teams         *team.Service
	visitors      *visitor.Service
	live          *live.Hub
	sessions      *session.Manager
	uploads       *upload.Service
	widget        *widget.Handlers
	heavyWork     *fair.Slots
	imports       *fair.Slots
	publicURL     string
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{assist: o.Assist, attachments: o.Attachments, audit: o.Audit, conversations: o.Conversations, faq: o.FAQ, files: o.Files,
		groups: o.Groups, identity: o.Identity, mails: o.Mails, org: o.Org, settings: o.Settings, routing: o.Routing, teams: o.Teams, visitors: o.Visitors,
		live: o.Live, sessions: o.Sessions, uploads: o.Uploads, widget: o.Widget, heavyWork: o.HeavyWork,
		imports: o.Imports, publicURL: o.PublicURL}
}
