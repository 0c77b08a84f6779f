// Package account answers requests about logging in (log-in, sign-up, invitations, forgotten passwords) and about a team member's own
// preferences.
//
// Owns: the pages that people see before they are logged in, and what they set for themselves.
//
// Must not touch: SQL; sessions but by package session.
//
// Always true: no answer says whether an address is known, to somebody who does not own it.
package account

import (
	"parley/app/domain/identity"
	"parley/app/domain/notification"
	"parley/app/domain/team"
	"parley/app/front/web/page"
	"parley/app/front/web/session"
	view "parley/templates/account"
)

// Options is what the handlers need.
type Options struct {
	Identity *identity.Service
	Mails    *notification.Mails
	Teams    *team.Service
	Pages    *page.Service
	Sessions *session.Manager
	Demo     view.Demo // log-ins that the log-in page offers; zero outside demo mode
}

// Handlers answers the requests of this package.
type Handlers struct {
	identity *identity.Service
	mails    *notification.Mails
	teams    *team.Service
	pages    *page.Service
	sessions *session.Manager
	demo     view.Demo
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{identity: o.Identity, mails: o.Mails, teams: o.Teams, pages: o.Pages,
		sessions: o.Sessions, demo: o.Demo}
}
