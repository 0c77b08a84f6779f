package presence

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// Service brings agents online and offline.
type Service struct {
	db            *pg.DB
	bus           *bus.Bus
	conversations *conversation.Service
	connections   *connections
	subscribers   []func(org uuid.UUID)
}

const (
	// DefaultGracePeriod is how long an agent whose connection is lost stays online and keeps its conversations.
	DefaultGracePeriod = 30 * time.Second
	// DefaultLease is how long a process counts as alive after its last renewal.
	DefaultLease = 30 * time.Second
)

// Options are how long presence waits. A zero field is the default; tests use less.
type Options struct {
	GracePeriod time.Duration // after an agent's last desk has closed
	Lease       time.Duration // after the last renewal of a process; whole seconds
}

// New returns the service. Its Run has to be called for the agents of processes that die to go offline.
func New(db *pg.DB, b *bus.Bus, conversations *conversation.Service, o Options) *Service {
	s := &Service{db: db, bus: b, conversations: conversations}
	s.connections = newConnections(s, cmp.Or(o.GracePeriod, DefaultGracePeriod), cmp.Or(o.Lease, DefaultLease))
	return s
}

// Subscribe has changed called after every commit that changes who of an organization is online, or which process an agent is
// at. Subscribe is called before the first desk opens; changed must not block.
func (s *Service) Subscribe(changed func(org uuid.UUID)) {
	s.subscribers = append(s.subscribers, changed)
}

func (s *Service) notify(org uuid.UUID) {
	for _, changed := range s.subscribers {
		changed(org)
	}
}

// publishAvailability publishes that an agent's availability has changed, and then notifies the subscribers.
func (s *Service) publishAvailability(org, user uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Availability, Org: org, User: user}, bus.Event{Kind: bus.Queue, Org: org})
	s.notify(org)
}

// Run renews the lease of this process while desks are open in it, and brings agents of dead processes offline, until ctx
// ends. Then it leaves the agents of this process the grace period to open their desks elsewhere.
func (s *Service) Run(ctx context.Context) error {
	s.connections.run(ctx)
	s.connections.close()
	return nil
}

// HasAgents reports whether a desk of the organization is open in this process.
func (s *Service) HasAgents(org uuid.UUID) bool {
	c := s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agentsByOrg[org] > 0
}

// Abandon stops this process from storing anything further, as if it had died. It is for tests.
func (s *Service) Abandon() {
	c := s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, agent := range c.agents {
		agent.stopGracePeriod()
	}
}
