// Package archive answers requests about closed conversations: the list with its filters, a transcript, an export.
//
// Owns: how filters and places in the list are written in addresses.
//
// Must not touch: SQL, and who may see which conversation: package archive of the domain decides.
//
// Always true: it changes nothing.
package archive

import (
	"parley/app/domain/archive"
	"parley/app/platform/fair"
)

// Options is what the handlers need.
type Options struct {
	Archive   *archive.Service
	HeavyWork *fair.Slots // of searches, exports and imports
}

// Handlers answers the requests of this package.
type Handlers struct {
	archive   *archive.Service
	heavyWork *fair.Slots
}

// New returns the handlers.
func New(o Options) *Handlers {
	return &Handlers{archive: o.Archive, heavyWork: o.HeavyWork}
}
