package settings

import (
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service has the operations on settings.
type Service struct {
	db        *pg.DB
	bus       *bus.Bus
	textNames TextNames
}

// New returns the service. names are those of the widget's texts; nil: every text is accepted.
func New(db *pg.DB, b *bus.Bus, names TextNames) *Service {
	return &Service{db: db, bus: b, textNames: names}
}
