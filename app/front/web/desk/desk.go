// Package desk answers requests of agents at their desk, and of supervisors at the live monitor.
//
// Owns: the desk's page and every fragment that its script asks for.
//
// Must not touch: SQL, business rules.
//
// Always true: what a request changes comes to the open desks by events, as every change does; the answer shows it at once to who asked.
package desk

import (
	"parley/app/domain/assist"
	"parley/app/domain/attachment"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/domain/visitor"
	screens "parley/app/front/desk"
	"parley/app/front/live"
	"parley/app/front/web/upload"
	"parley/app/platform/push"
)

// Options is what the handlers need.
type Options struct {
	Assist        *assist.Service
	Attachments   *attachment.Service
	Conversations *conversation.Service
	FAQ           *faq.Service
	Groups        *group.Service
	Identity      *identity.Service
	Presence      *presence.Service
	Push          *push.Sender
	Routing       *routing.Service
	Screens       *screens.Service
	Visitors      *visitor.Service
	Live          *live.Hub
	Uploads       *upload.Service
}

// Handlers answers the requests of this package.
type Handlers struct {
	assist        *assist.Service
	attachments   *attachment.Service
	conversations *conversation.Service
	faq           *faq.Service
	groups        *group.Service
	identity      *identity.Service
	presence      *presence.Service
	push          *push.Sender
	routing       *routing.Service
	screens       *screens.Service
	visitors      *visitor.Service
	live          *live.Hub
	uploads       *upload.Service
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{
		assist:        o.Assist,
		attachments:   o.Attachments,
		visitors:      o.Visitors,
		conversations: o.Conversations,
		faq:           o.FAQ,
		groups:        o.Groups,
		identity:      o.Identity,
		presence:      o.Presence,
		push:          o.Push,
		routing:       o.Routing,
		screens:       o.Screens,
		live:          o.Live,
		uploads:       o.Uploads,
	}
}
