package faq

import (
	"github.com/google/uuid"

	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service has the operations on FAQ entries, snippets and suggestions.
type Service struct {
	db      *pg.DB
	bus     *bus.Bus
	engines engineSet
}

// Options is how an installation wants its suggestions.
type Options struct {
	Budget MemoryBudget // of the engines; the zero value: DefaultMemoryBudget
}

// New returns the service. It hears of what other processes change.
func New(db *pg.DB, b *bus.Bus, options Options) *Service {
	if options.Budget == (MemoryBudget{}) {
		options.Budget = DefaultMemoryBudget()
	}
	r := &Service{db: db, bus: b, engines: engineSet{byOrg: map[uuid.UUID]*engine{}, budget: options.Budget}}
	b.Subscribe(r)
	return r
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}
