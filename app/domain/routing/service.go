package routing

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/presence"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service assigns conversations to agents as things happen, and answers what agents, supervisors and visitors ask about it.
type Service struct {
	db            *pg.DB
	bus           *bus.Bus
	conversations *conversation.Service
	groups        *group.Service
	presence      *presence.Service
	observer      Observer

	mu        sync.Mutex // of what follows
	stopped   bool
	schedules map[uuid.UUID]*schedule  // by organization
	typing    map[uuid.UUID]lastTyping // by conversation
	rounds    sync.WaitGroup

	websiteAvailability availabilityCache
}

// Round is one round of decisions for an organization.
type Round struct {
	Org      uuid.UUID
	Duration time.Duration
	Assigned int // conversations
	Err      error
}

// Observer sees every round, for whoever measures. RoundDone is called by the round's goroutine: it must return at once.
type Observer interface{ RoundDone(Round) }

type noObserver struct{}

func (noObserver) RoundDone(Round) {}

// Options are what a Service is made with besides what it works on.
type Options struct {
	Observer Observer // nil: nobody
}

// New returns the service, subscribed to the bus and to presence: it assigns conversations from now on. What it learns from
// messages is LearnAlongside.
func New(
	db *pg.DB, b *bus.Bus, conversations *conversation.Service, groups *group.Service, p *presence.Service, o Options,
) *Service {
	s := &Service{
		db:            db,
		bus:           b,
		conversations: conversations,
		groups:        groups,
		presence:      p,
		observer:      o.Observer,
		schedules:     map[uuid.UUID]*schedule{},
		typing:        map[uuid.UUID]lastTyping{},
	}
	if s.observer == nil {
		s.observer = noObserver{}
	}
	p.Subscribe(s.Trigger)
	b.Subscribe(s)
	return s
}

// Run waits until ctx ends; then no more rounds start in this process, and it returns when the running ones are done.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.stopped = true
	for _, a := range s.schedules {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	s.mu.Unlock()
	s.rounds.Wait()
	return nil
}
