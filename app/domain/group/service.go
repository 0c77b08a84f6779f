package group

import (
	"sync"

	"github.com/google/uuid"

	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service changes and lists groups, and names them without a statement.
type Service struct {
	db  *pg.DB
	bus *bus.Bus

	mu           sync.Mutex              // of what follows
	names        map[uuid.UUID]nameCache // by organization
	namesVersion int                     // counts the invalidations of names
	loadingNames map[uuid.UUID]bool      // organizations whose names are being read beside
}

// New returns the service, subscribed to the bus. Subscribers are called in the order of subscription: services that name
// groups in their own handlers are made after this one, so that they never see a name that has just been changed.
func New(db *pg.DB, b *bus.Bus) *Service {
	s := &Service{db: db, bus: b, names: map[uuid.UUID]nameCache{}, loadingNames: map[uuid.UUID]bool{}}
	b.Subscribe(s)
	return s
}

// HandleEvents forgets the names of an organization whose groups have changed.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Groups {
			s.forgetNames(e.Org)
		}
	}
}

// Resync forgets all names when events of any organization may have been lost. A loss of one organization's events leaves
// its names to nameCacheTTL.
func (s *Service) Resync(only uuid.UUID) {
	if only != uuid.Nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.names)
	s.namesVersion++
}

// PublishChanged notifies every process that groups or memberships of an organization may have changed. Packages that change
// a membership in other ways, such as by a new team member, call it after their commit.
func (s *Service) PublishChanged(org uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Groups, Org: org}, bus.Event{Kind: bus.Queue, Org: org})
}
