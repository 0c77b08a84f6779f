// Package page answers requests of people with pages and fragments, and reads their forms.
//
// Owns: the request of somebody who is logged in, how a page is written, the one map from kinds of error to HTTP, and what every form
// has: it does its work once however often it is sent, and nobody saves over what somebody else has changed meanwhile.
//
// Must not touch: SQL, what a page shows, which page is at which address (Site says so), business rules.
//
// Always true: an internal error shows a reference number and is logged once with it; a form that is refused shows everything that was
// typed, but for secrets; what a form changes is committed together with the note that it was sent.
package page

import (
	"os"
	"strings"

	"parley/app/front/web/body"
	"parley/app/front/web/session"
	"parley/app/platform/fair"
	"parley/app/platform/forms"
)

// Options is what a Service needs.
type Options struct {
	PublicURL string // how browsers reach this server, without a slash at the end
	Secret    string // of the installation: signs what forms have shown
	Sessions  *session.Manager
	Forms     *forms.Service
	Uploads   *body.Slots
	// CreateTemp returns a new file on this machine's disk for a file of a form. The caller closes and removes it.
	CreateTemp func() (*os.File, error)
}

// Service writes pages and reads forms.
type Service struct {
	sessions    *session.Manager
	forms       *forms.Service
	uploads     *body.Slots
	createTemp  func() (*os.File, error)
	snapshotKey snapshotKey
	hugePages   *fair.Slots
	secure      bool // browsers come by HTTPS
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{sessions: o.Sessions, forms: o.Forms, uploads: o.Uploads, createTemp: o.CreateTemp,
		snapshotKey: newSnapshotKey(o.Secret),
		hugePages:   fair.New(hugePageLimits), secure: strings.HasPrefix(o.PublicURL, "https://")}
}
