package visitor

import (
	"time"

	"github.com/google/uuid"

	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/pg"
)

// Service has the operations of visitors. It is safe for concurrent use.
type Service struct {
	db           *pg.DB
	bus          *bus.Bus
	unknownCodes *cache.NegativeCache // return codes that lead nowhere
}

// New returns a Service on a database, which publishes changes on a bus.
func New(db *pg.DB, b *bus.Bus) *Service {
	return &Service{db, b, cache.NewNegativeCache(time.Minute, 60, 0.2)}
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
