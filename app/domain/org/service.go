package org

import (
	"github.com/google/uuid"

	"parley/app/domain/settings"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service has the operations on organizations, customers, websites and domains.
type Service struct {
	db       *pg.DB
	bus      *bus.Bus
	settings *settings.Service
	cache    websiteCache
}

// New returns the service. It hears of changes made by other processes.
func New(db *pg.DB, b *bus.Bus, s *settings.Service) *Service {
	r := &Service{db: db, bus: b, settings: s}
	r.cache.init()
	b.Subscribe(r)
	return r
}

func (s *Service) publishChange(org, website uuid.UUID, key string) {
	s.bus.Publish(bus.Event{Kind: bus.Website, Org: org, Website: website, Text: key})
}
