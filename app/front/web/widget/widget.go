// Package widget answers requests of the widget on customers' websites, as widget/PROTOCOL.md describes them.
//
// Owns: what a website's settings become for a visitor, and what the widget sends without a socket.
//
// Must not touch: cookies; SQL; business rules.
//
// Always true: a website is found by its key and the domain of the page; a visitor is known by a signed token only.
package widget

import (
	"parley/app/domain/attachment"
	"parley/app/domain/files"
	"parley/app/domain/notification"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/domain/visitor"
	"parley/app/front/live"
	"parley/app/front/web/upload"
)

// Options is what the handlers need.
type Options struct {
	Attachments *attachment.Service
	Mails       *notification.Mails
	Org         *org.Service
	Routing     *routing.Service
	Live        *live.Hub
	Links       files.Links
	Tokens      visitor.Tokens
	Uploads     *upload.Service
}

// Handlers answers the requests of this package.
type Handlers struct {
	attachments *attachment.Service
	mails       *notification.Mails
	org         *org.Service
	routing     *routing.Service
	live        *live.Hub
	links       files.Links
	tokens      visitor.Tokens
	uploads     *upload.Service
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{
		attachments: o.Attachments,
		mails:       o.Mails,
		org:         o.Org,
		routing:     o.Routing,
		live:        o.Live,
		links:       o.Links,
		tokens:      o.Tokens,
		uploads:     o.Uploads,
	}
}
