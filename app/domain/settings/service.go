package settings

import (
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service has the operations on settings.
type Service struct {
	db  *pg.DB
	bus *bus.Bus
}

// New returns the service.
func New(db *pg.DB, b *bus.Bus) *Service { return &Service{db: db, bus: b} }
